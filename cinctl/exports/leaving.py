"""What of a history may leave the authority, and as what: ids hashed, no free text, characteristics only if asked for.

Which fields hold what is read from the specs of the events, so that a field that is added later is free text until its
spec says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, Literal, NamedTuple

from cinctl.calendar import utc_time
from cinctl.events import KINDS, Field
from cinctl.facts import Fact
from cinctl.history import Event
from cinctl.masking import Mask
from cinctl.rules import ClockRule, RuleBook

__all__ = [
    "BOOKKEEPING",
    "Column",
    "ColumnType",
    "Outward",
    "Value",
    "columns_of",
    "field_columns",
    "link_columns",
    "moment_of",
    "month",
]

ColumnType = Literal["text", "date", "time", "flag", "number", "list"]
Value = str | bool | int | date | datetime | list[str]

NOON = time(12, tzinfo=UTC)
"""The time of what is only a date: noon in UTC is the same day in London all year, and nearly everywhere else."""

_MOST = 2**63
"""What no reader's whole number has room for."""

_ONLY_WHEN_ASKED = frozenset({"upn", "death", "characteristic"})
_VITAL = frozenset({"birth", "death"})
_TYPES: Mapping[str, ColumnType] = {"date": "date", "flag": "flag", "number": "number"}
"""The types of columns whose fields hold no text or ids."""


class Column(NamedTuple):
    """One column of a table: its name, and the type of all that stands in it."""

    name: str
    type: ColumnType


def moment_of(at: str) -> tuple[datetime, bool]:
    """Return *at*, as the log has it, in UTC, and whether it says the time: a mere date becomes noon."""
    if len(at) <= 10:
        return datetime.combine(date.fromisoformat(at), NOON), False
    return utc_time(at), True


def _may_leave(field: Field) -> bool:
    return field.type != "text" or field.holds is not None


@cache
def _column_name(name: str, type_: str) -> str:
    """Return the name of a field's column: the field's own, with its type where fields of one name differ in it."""
    types = {f.type for kind in KINDS.values() for f in kind.fields.values() if f.name == name and _may_leave(f)}
    return name if len(types) == 1 else f"{name}_{type_}"


@cache
def _vital_fields(base: str) -> tuple[str, ...]:
    """Return the fields of a kind that hold the day of a birth or a death."""
    kind = KINDS.get(base)
    return tuple(field.name for field in kind.fields.values() if field.holds in _VITAL) if kind is not None else ()


def _reads_vital(clock: ClockRule) -> bool:
    """Return whether a clock counts from the day of a birth or a death, or ends by it."""
    facts = [*clock.from_, *([clock.limit] if isinstance(clock.limit, Fact) else ())]
    reads = {read for fact in facts for read in fact.reads}
    return any(field in _vital_fields(kind.partition(".")[0]) for kind, field in reads)


@cache
def _leaving(base: str, characteristics: bool) -> tuple[tuple[Field, str], ...]:
    """Return the fields of a kind that may leave, each with the name of its column."""
    return tuple(
        (field, _column_name(field.name, field.type))
        for field in KINDS[base].fields.values()
        if _may_leave(field) and (characteristics or field.holds not in _ONLY_WHEN_ASKED)
    )


def columns_of(base: str, *, characteristics: bool) -> Iterator[Column]:
    """Yield the columns of the fields of kind *base* that may leave."""
    for field, name in _leaving(base, characteristics):
        yield Column(name, "list" if field.many else _TYPES.get(field.type, "text"))
        if field.holds in _VITAL:
            yield Column(f"{name}_month", "text")


@cache
def link_columns(base: str) -> frozenset[str]:
    """Return the columns of kind *base* that hold ids of practitioners, units, children or families."""
    return frozenset(name for field, name in _leaving(base, False) if _sort(field) is not None)


def _sort(field: Field) -> str | None:
    """Return what sort of thing the ids in *field* name, where it holds ids."""
    if field.type == "staff":
        return "practitioner"
    return field.holds if field.holds in ("unit", "child", "family") else None


BOOKKEEPING = frozenset({"correct", "redact", "import"})
"""Kinds that tell of the record: what they do shows in the events that count."""


def field_columns(*, characteristics: bool) -> tuple[Column, ...]:
    """Return a column for each field of any kind that may leave, by name."""
    found: dict[str, Column] = {}
    for base in KINDS:
        if base not in BOOKKEEPING:
            for column in columns_of(base, characteristics=characteristics):
                found.setdefault(column.name, column)
    return tuple(found[name] for name in sorted(found))


class Outward:
    """Shows what may leave, through *mask*. *withheld* names the lists that lack words which stayed for that.

    A code that the protocol does not list can be anything that somebody typed, and so can what names no rule of it.
    """

    def __init__(self, mask: Mask, rules: RuleBook, *, characteristics: bool) -> None:
        self.mask = mask
        self.characteristics = characteristics
        self.withheld: set[str] = set()
        self._rules = rules
        self._known: dict[str, frozenset[str]] = {}
        clocks = (clock for edition in rules.editions for clock in edition.clock_rules.values())
        self._vital_rules = frozenset(clock.id for clock in clocks if _reads_vital(clock))
        self._rule_ids = frozenset(rule for edition in rules.editions for rule in edition.rule_ids())

    def ids(self, cases: Sequence[str]) -> list[str]:
        """Return *cases* in an order that tells nothing of ids which are hashed."""
        return sorted(cases, key=self.mask.case) if self.mask.on else sorted(cases)

    def dated_by_life(self, event: Event) -> bool:
        """Return whether the date of *event* is that of the birth or death which it tells of, and that is hidden.

        A referral on the day of birth is a referral of that day like any other.
        """
        if not self.mask.on or event.base == "refer":
            return False
        return any(event.get(name) == event.on.isoformat() for name in _vital_fields(event.base))

    def counts_by_life(self, rule: str) -> bool:
        """Return whether the dates of the clock *rule* would tell a day of birth or death that is hidden."""
        return self.mask.on and rule in self._vital_rules

    def day(self, day: date | None) -> date | None:
        """Return *day*, of a birth or a death, where it may leave as it is."""
        return None if self.mask.on else day

    def case(self, id_: str | None) -> str | None:
        """Return a case's id, where there is one, as it leaves."""
        return None if id_ is None else self.mask.case(id_)

    def child(self, id_: str | None) -> str | None:
        """Return a child's reference, where there is one, as it leaves."""
        return None if id_ is None else self.mask.child(id_)

    def family(self, id_: str | None) -> str | None:
        """Return a family's id, where there is one, as it leaves."""
        return None if id_ is None else self.mask.family(id_)

    def staff(self, id_: str | None) -> str | None:
        """Return a practitioner's id, where there is one, as it leaves."""
        return None if id_ is None else self.mask.staff(id_)

    def event(self, seq: int | None) -> str | None:
        """Return the place of an event in the log, where there is one, as it leaves."""
        return None if seq is None else self.mask.event(seq)

    def code(self, codes: str, value: str | None) -> str | None:
        """Return *value*, a word of the list *codes*, where it may leave."""
        if value is None or not self.mask.on or value in self._listed(codes):
            return value
        self.withheld.add(codes)
        return None

    def fields(self, event: Event) -> Iterator[tuple[str, Value]]:
        """Yield what *event* says that may leave: the name of its column, and the value."""
        data = event.data
        for field, name in _leaving(event.base, self.characteristics) if data else ():
            given = data.get(field.name) if data is not None else None
            if given is None:
                continue
            if field.many:
                shown = [one for one in (self._one(field, value) for value in _many(given)) if one is not None]
                if shown:
                    yield name, [str(one) for one in shown]
            elif field.holds in _VITAL:
                yield from self._vital(name, given)
            else:
                one = self._one(field, given)
                if one is not None:
                    yield name, one

    def links(self, event: Event, shown: Mapping[str, Value]) -> Iterator[tuple[str, str, str]]:
        """Yield whom and what *event*, whose fields are *shown*, names: the sort of thing, its id, and the column."""
        for field, name in _leaving(event.base, False):
            sort = _sort(field)
            if sort is not None and name in shown:
                for id_ in _many(shown[name]):
                    yield sort, str(id_), name

    def _vital(self, name: str, given: Any) -> Iterator[tuple[str, Value]]:
        day = _day(given)
        if day is not None:
            yield f"{name}_month", month(day)
            if not self.mask.on:
                yield name, day

    def _one(self, field: Field, value: Any) -> Value | None:
        """Return one value of *field* as it leaves; None where it is not what the spec says, and may be anything."""
        if field.type == "staff":
            return self.mask.staff(str(value))
        if field.type == "event":
            return self.mask.event(value) if isinstance(value, int) else None
        if field.type == "date":
            return _day(value)
        if field.type == "flag":
            return value if isinstance(value, bool) else None
        if field.type == "number":
            return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST else None
        if field.type == "code":
            return self.code(field.codes or "", str(value))
        return self._named(field, str(value))

    def _named(self, field: Field, text: str) -> str | None:
        if field.holds == "rule":
            return self._rule(text)
        hashed = {"child": self.mask.child, "family": self.mask.family, "upn": self.mask.upn}.get(field.holds or "")
        return hashed(text) if hashed is not None else text

    def _rule(self, id_: str) -> str | None:
        if not self.mask.on or id_ in self._rule_ids:
            return id_
        self.withheld.add("rule")
        return None

    def _listed(self, codes: str) -> frozenset[str]:
        found = self._known.get(codes)
        if found is None:
            found = frozenset(code for edition in self._rules.editions for code in edition.codes(codes))
            self._known[codes] = found
        return found


def month(day: date) -> str:
    """Return the month of *day*, such as 2015-06."""
    return day.isoformat()[:7]


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
