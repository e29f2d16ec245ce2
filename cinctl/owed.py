"""What is owed: running obligations as they stand at the head of a log, and as rows of `due` on a given day.

Imports next to nothing: `due` answers from these alone when it need not look at the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import NamedTuple

from cinctl.calendar import Calendar

COLUMNS = (
    "case", "rule", "clause", "what", "owner", "lead", "unit", "start", "due", "status", "late_days", "late",
    "late_unit", "covers",
)  # fmt: skip
CASE, RULE, CLAUSE, WHAT, OWNER, LEAD, UNIT, START, DUE, STATUS = range(10)
COVERS = COLUMNS.index("covers")
NO_LIMIT = "~"
"""Stands for the day of what has none: it sorts after every date."""

Row = tuple[
    str | None, str, str | None, str, str | None, str | None, str | None, str | None, str | None, str, int | None,
    int | None, str | None, str | None,
]  # fmt: skip


class Absent(NamedTuple):
    """How somebody is away on a given day: until which day, `NO_LIMIT` where that is open, and who covers."""

    last: str
    cover: str | None


Away = Mapping[str, Absent]
"""Who is away on a given day."""
NOBODY: Away = MappingProxyType({})


def stand_in(owner: str | None, due: str | None, away: Away) -> str | None:
    """Return who owns, while *owner* is away, what they owe and is *due* then; None where it stays theirs.

    What is due while they are away, or has no limit, passes to who covers; from one who is away then too, to who covers
    for them. It stays where nobody who is there covers.
    """
    who, passed = owner, {owner}
    while who is not None and (absent := away.get(who)) is not None and (due or "") <= absent.last:
        who = absent.cover
        if who is None or who in passed:
            return None
        passed.add(who)
    return who if who != owner else None


class Label(NamedTuple):
    """What a clock's rows say alike. *calendar* is set where its limit counts working days: list and closures."""

    rule: str
    clause: str | None
    what: str
    calendar: tuple[str, tuple[str, ...]] | None

    def text(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(self, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Label:
        """Return what `text` wrote down."""
        rule, clause, what, calendar = json.loads(text)
        return cls(rule, clause, what, calendar and (calendar[0], tuple(calendar[1])))


class Owed(NamedTuple):
    """One running obligation, whatever the day. Dates are ISO text; *due* is None where there is no limit.

    *hidden* is the last day on which a waiver keeps it out of `due`, *since* the first day on which it is there at all.
    *case* is None for what a practitioner or the service owes. *seq* is the event that started it, *cycle* the number
    of its cycle: with the rule and whose it is, these name it for good.
    """

    case: str | None
    label: Label
    owner: str | None
    lead: str | None
    unit: str | None
    start: str | None
    due: str | None
    hidden: str | None = None
    since: str | None = None
    seq: int = 0
    cycle: int = 0

    def urgency(self) -> tuple[bool, str, str, str]:
        """Return the key by which `due` is ordered: the most overdue first, what has no limit last."""
        return (self.due is None, self.due or "", self.case or self.owner or "", self.label.rule)


_MARKS = (" [assumption ", " [external: ")


def unmarked(what: str) -> str:
    """Return *what* is to be done without the mark of the reading that it rests on, which `protocol explain` tells."""
    for mark in _MARKS:
        at = what.find(mark)
        if at > 0 and what.endswith("]"):
            return what[:at]
    return what


_HEAD = f'{{"{COLUMNS[CASE]}": %s, %s, ' + ", ".join(f'"{name}": %s' for name in COLUMNS[OWNER:DUE])
_ALIKE = ", ".join(f'"{name}": %s' for name in COLUMNS[RULE:OWNER])
_TAIL = ", " + ", ".join(f'"{name}": %s' for name in COLUMNS[DUE:]) + "}"
_NO_LIMIT = ("null", '"outstanding"', "null", "null", "null")


def head(owed: Owed) -> str:
    """Return what a row of `due` as one line of JSON begins with, whatever the day; `tail` ends it."""
    case, label, *others = owed[:6]
    return _HEAD % (_text(case), _alike(label), *map(_text, others))


@cache
def _alike(label: Label) -> str:
    """Return the part that all rows of one clock say alike."""
    return _ALIKE % tuple(map(_text, label[:3]))


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


def tail(due: str | None, label: Label, today: date, soon: date, covers: str | None = None) -> str:
    """Return what ends a row of `due` on *today* as one line of JSON; *covers* is for whom its owner stands in."""
    if due is None:
        return _TAIL % (*_NO_LIMIT, _text(covers))
    days, late, unit = late_on(due, label.calendar, today)
    status = _status(due, today.isoformat(), soon.isoformat())
    # A date and the words of this module need no escape.
    return _TAIL % (f'"{due}"', f'"{status}"', days, late, f'"{unit}"', _text(covers))


Plain = tuple[
    str | None, Label, str | None, str | None, str | None, str | None, str | None, str | None, str | None, int, int
]  # fmt: skip
"""An `Owed` as a plain tuple."""
Name = tuple[str, str, int, int]
"""What names an obligation for good: its rule, whose it is, the event that started it, the number of its cycle."""


def rows(owed: Iterable[Plain], today: date, soon: date, away: Away = NOBODY) -> Iterator[Row]:
    """Yield the row of `due` for each of *owed*, in the order given.

    *soon* is the last day of `due_soon`; *away* says who is away on *today*. What a practitioner owes of no case, such
    as their training, nobody can do for them.
    """
    now, near = today.isoformat(), soon.isoformat()
    known: dict[tuple[str, tuple[str, tuple[str, ...]] | None], tuple[str, int, int, str]] = {}
    for case, label, owner, lead, unit, start, due, hidden, since, _, _ in owed:
        if (hidden is not None and now <= hidden) or (since is not None and now < since):
            continue
        rule, clause, what, calendar = label
        covers = None
        if away and case is not None and (other := stand_in(owner, due, away)) is not None:
            owner, covers = other, owner
        if due is None:
            yield (case, rule, clause, what, owner, lead, unit, start, None, "outstanding", None, None, None, covers)
            continue
        found = known.get((due, calendar))
        if found is None:
            found = known[due, calendar] = (_status(due, now, near), *late_on(due, calendar, today))
        yield (case, rule, clause, what, owner, lead, unit, start, due, *found, covers)


def owned_by(owner: str | None, covers: str | None) -> str:
    """Return whose it is in words: `sw2 for kw1` while sw2 covers for kw1."""
    return f"{owner} for {covers}" if covers is not None else owner or ""


def named_rows(owed: Iterable[Plain], today: date, soon: date, away: Away = NOBODY) -> Iterator[tuple[Row, Name]]:
    """Yield the same rows, each with what names its obligation for good."""
    for one in owed:
        for row in rows((one,), today, soon, away):
            case, label, owner, *_, seq, cycle = one
            yield row, (label.rule, case or owner or "", seq, cycle)


def _status(due: str, now: str, near: str) -> str:
    if due < now:
        return "overdue"
    return "due_soon" if due <= near else "pending"


def late_on(due: str, calendar: tuple[str, tuple[str, ...]] | None, today: date) -> tuple[int, int, str]:
    """Return how late what was *due* is on *today*: in days, and in the unit of its limit; negative with time left.

    *calendar* is that of its `Label`.
    """
    day = date.fromisoformat(due)
    days = (today - day).days
    if calendar is None:
        return days, days, "days"
    count = calendar_of(*calendar).working_days_between
    return days, (count(day, today) if today >= day else -count(today, day)), "working days"


_calendars: dict[tuple[str, tuple[str, ...]], Calendar] = {}


def calendar_of(name: str, closures: tuple[str, ...]) -> Calendar:
    """Return the calendar of the bundled list *name* with *closures*, made once."""
    found = _calendars.get((name, closures))
    if found is None:
        found = _calendars[name, closures] = Calendar.load(name, map(date.fromisoformat, closures))
    return found
