"""What of a history may leave the authority, and as what: ids hashed, no free text, characteristics only if asked for.

Which fields hold what is read from the specs of the events, so that a field that is added later is free text until its
spec says otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, Literal, NamedTuple

from cinctl.calendar import utc_time
from cinctl.discretion import VITAL, characteristic_rules, vital_fields, vital_rules
from cinctl.events import KINDS, Field
from cinctl.history import Event, day_of
from cinctl.masking import Mask
from cinctl.rules import RuleBook

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
def _vital_codes(base: str) -> tuple[tuple[str, str], ...]:
    """Return the fields of a kind, each with a code that tells of a birth or a death."""
    return tuple((f.name, code) for f in KINDS[base].fields.values() for code, what in f.tells if what in VITAL)


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
        if field.holds in VITAL:
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

    *kept_back* counts by what they are, such as findings, the rows that would have told of a characteristic.

    A code that the protocol does not list can be anything that somebody typed, and so can what names no rule of it.
    """

    def __init__(self, mask: Mask, rules: RuleBook, *, characteristics: bool) -> None:
        self.mask = mask
        self.characteristics = characteristics
        self.withheld: set[str] = set()
        self.kept_back: Counter[str] = Counter()
        self._rules = rules
        self._known: dict[str, frozenset[str]] = {}
        self._vital_rules = vital_rules(rules)
        self._telling_rules = frozenset() if characteristics else characteristic_rules(rules)
        self._rule_ids = frozenset(rule for edition in rules.editions for rule in edition.rule_ids())

    def ids(self, cases: Sequence[str]) -> list[str]:
        """Return *cases* in an order that tells nothing of ids which are hashed."""
        return sorted(cases, key=self.mask.case) if self.mask.on else sorted(cases)

    def dated_by_life(self, event: Event) -> bool:
        """Return whether the date of *event* is that of the birth or death which it tells of, and that is hidden.

        A referral on the day of birth is a referral of that day like any other. What tells of a death by a code, as a
        closure does, gives no other day for it.
        """
        if not self.mask.on or event.base == "refer":
            return False
        if any(event.get(name) == event.on.isoformat() for name in vital_fields(event.base)):
            return True
        return any(code in _many(event.get(name)) for name, code in _vital_codes(event.base))

    def recorded(self, event: Event) -> date | datetime | None:
        """Return when *event* was written down; only the day where ids are hashed.

        The time would give the order of recording, and so which hash is case C-000001.
        """
        if not event.recorded:
            return None
        return day_of(event.recorded) if self.mask.on else moment_of(event.recorded)[0]

    def ended_on(self, day: date | None, events: Sequence[Event]) -> date | None:
        """Return *day*, on which a case of *events* ended, as it leaves: for a death, the first of its month."""
        if day is None or not any(e.on == day and e.base == "close" and self.dated_by_life(e) for e in events):
            return day
        return day.replace(day=1)

    def may_tell(self, rule: str, what: str) -> bool:
        """Return whether *what*, such as a finding, of *rule* may leave; one that tells of a disability is counted."""
        if rule not in self._telling_rules:
            return True
        self.kept_back[what] += 1
        return False

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
            elif field.holds in VITAL:
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
            if not self.characteristics and (value, "characteristic") in field.tells:
                return None
            return self.code(field.codes or "", str(value))
        return self._named(field, str(value))

    def _named(self, field: Field, text: str) -> str | None:
        if field.holds == "rule":
            return self._rule(text)
        hashed = {"child": self.mask.child, "family": self.mask.family, "upn": self.mask.upn}.get(field.holds or "")
        return hashed(text) if hashed is not None else text

    def _rule(self, id_: str) -> str | None:
        if id_ in self._telling_rules:
            return None
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
