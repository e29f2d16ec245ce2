"""What the board shows, as plain values: what is owed, the timeline of each case, the months.

Nothing in them has a place for free text or for a characteristic of a child. What would tell a day of birth or death by
its own date, or a characteristic by its rule, is counted and left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from cinctl.board.months import Month, count, merged, months_until
from cinctl.calendar import Duration
from cinctl.casebook import Casebook
from cinctl.discretion import characteristic_rules, vital_fields, vital_rules
from cinctl.errors import CalendarError
from cinctl.history import Event
from cinctl.indicators.timeline import lived
from cinctl.obligations import NOT_JUDGED, Duty, duties_of
from cinctl.owed import Away, Owed, named_rows, owned_by, stand_in
from cinctl.queries import Book
from cinctl.results import Obligation
from cinctl.shelf import OPEN
from cinctl.standing import owed_by_office, owed_on

__all__ = ["Board", "Happening", "Horizon", "Line", "Made", "Part", "board_of", "gathered", "kept_back_rules"]

WORKING_DAYS_AHEAD = Duration.parse("5 working days")
DAYS_AHEAD = timedelta(days=7)


class Happening(NamedTuple):
    """One event that counts: its day, its kind, and who did it."""

    on: date
    kind: str
    by: str | None


class Line(NamedTuple):
    """A case's timeline: how it stands, what happened, and all its clocks, finished ones too."""

    id: str
    state: str | None
    lead: str | None
    supervisor: str | None
    unit: str | None
    referred: date | None
    happened: Sequence[Happening]
    duties: Sequence[Duty]


class Part(NamedTuple):
    """What some cases come to; *units* are all units that they name, *dated* the `seq` of what is dated by a life."""

    owed: list[Owed]
    lines: list[Line]
    months: list[Month]
    open: int
    units: set[str]
    dated: set[int]


class Horizon(NamedTuple):
    """The last day of what falls due next, and what that span is called."""

    last: date
    words: str


class Made(NamedTuple):
    """What the board was made from: protocol with its hash and calendar, the store's length and head, the version."""

    protocol: str
    protocol_hash: str
    calendar: str
    length: int
    head: str
    version: str


class Board(NamedTuple):
    """A board on *today*. *rows* are those of `due`, most overdue first; *open* is how many cases are.

    *kept_back* obligations are not among them, *kept_back_overdue* of which are overdue. *unit* is the only one that it
    is about; None for all.
    """

    title: str
    today: date
    ahead: Horizon
    rows: Sequence[Obligation]
    lines: Sequence[Line]
    months: Sequence[Month]
    open: int
    kept_back: int
    kept_back_overdue: int
    unit: str | None
    made: Made


def kept_back_rules(book: Casebook) -> frozenset[str]:
    """Return the rules that the board says nothing of: what they say of a case would tell more than a page may."""
    return vital_rules(book.rules) | characteristic_rules(book.rules)


def gathered(
    book: Casebook, ids: Sequence[str], today: date, soon: date, kept_back: frozenset[str], unit: str | None
) -> Part:
    """Return what the cases *ids* come to, of *unit* only where one is given; none is kept in memory.

    *soon* is the last day of `due_soon`.
    """
    part = Part([], [], [Month(days) for days in months_until(today)], 0, set(), set())
    number = 0
    for id_ in ids:
        life = lived(book, id_)
        if not life.events:
            continue
        assert life.tracker is not None
        book.hold(id_, life.case, life.tracker)
        part.units.update(state.unit for state in life.states if state.unit is not None)
        count(part.months, life, today, kept_back, unit)
        if unit in (None, life.case.unit):
            owed = owed_on(book, id_)
            part.owed.extend(owed)
            dated = {event.seq for event in life.events if _is_dated_by_life(event)}
            part.dated.update(dated)
            number += life.case.open
            if owed or life.case.open:
                part.lines.append(_line(book, id_, life.events, today, soon, kept_back, dated))
        book.let_go(id_)
    return part._replace(open=number)


def _line(
    book: Casebook,
    id_: str,
    events: Iterable[Event],
    today: date,
    soon: date,
    kept_back: frozenset[str],
    dated: set[int],
) -> Line:
    case, _ = book.folded(id_)
    duties = [_told(duty, today) for duty in duties_of(book, id_, today, soon) if duty.status != NOT_JUDGED]
    return Line(
        id=id_,
        state=case.state,
        lead=case.lead,
        supervisor=case.supervisor,
        unit=case.unit,
        referred=case.referred,
        happened=list(_happenings(events)),
        duties=[d for d in duties if d.label.rule not in kept_back and dated.isdisjoint({d.begun, d.ended})],
    )


def _told(duty: Duty, today: date) -> Duty:
    """Return *duty* with the waiver that holds for it *today*: none does for what is finished."""
    until = duty.waived_until
    return duty if until is None or (duty.finished is None and today <= until) else duty._replace(waived_until=None)


def _covered(line: Line, away: Away) -> Line:
    """Return *line* with who stands in, as `due` says it, for the owners of what runs who are *away*."""
    return line._replace(duties=[_by_whom(duty, away) for duty in line.duties]) if away else line


def _by_whom(duty: Duty, away: Away) -> Duty:
    if duty.finished is not None:
        return duty
    other = stand_in(duty.owner, None if duty.due is None else duty.due.isoformat(), away)
    return duty if other is None else duty._replace(owner=owned_by(other, duty.owner))


def _happenings(events: Iterable[Event]) -> Iterator[Happening]:
    """Yield the events of a case, without those that tell of its child: by what they are, or by their day."""
    for event in events:
        if event.base != "child" and not _is_dated_by_life(event):
            yield Happening(event.on, event.kind, event.by)


def _is_dated_by_life(event: Event) -> bool:
    """Return whether *event* stands on the day of the birth or death that it tells of; a referral is one anyhow."""
    told = event.on.isoformat()
    return event.base != "refer" and any(event.get(name) == told for name in vital_fields(event.base))


def board_of(
    book: Book, parts: Sequence[Part], today: date, *, title: str, unit: str | None, made: Made
) -> tuple[Board, set[str]]:
    """Return the board that *parts*, all cases of *book*, make together; and every unit that there is."""
    kept_back = kept_back_rules(book)
    owed = [one for part in parts for one in part.owed]
    owed += [one for one in owed_by_office(book, today) if unit in (None, one.unit)]
    owed.sort(key=Owed.urgency)
    away = book.away_on(today)
    dated = set[int]().union(*(part.dated for part in parts))
    found = [(Obligation(*row), name) for row, name in named_rows(owed, today, book.soon(today), away)]
    back = [row for row, (rule, _, seq, _) in found if rule in kept_back or seq in dated]
    shown = [row for row, (rule, _, seq, _) in found if rule not in kept_back and seq not in dated]
    owing = {row.case for row in shown}
    board = Board(
        title=title,
        today=today,
        ahead=_ahead(book, today),
        rows=shown,
        lines=[_covered(line, away) for part in parts for line in part.lines if line.state in OPEN or line.id in owing],
        months=merged([part.months for part in parts]) if parts else [Month(days) for days in months_until(today)],
        open=sum(part.open for part in parts),
        kept_back=len(back),
        kept_back_overdue=sum(row.status == "overdue" for row in back),
        unit=unit,
        made=made,
    )
    return board, _units(book, parts, today)


def _units(book: Casebook, parts: Iterable[Part], today: date) -> set[str]:
    staff = (book.register.as_of(person, today).unit for person in book.register)
    return {unit for part in parts for unit in part.units}.union(unit for unit in staff if unit is not None)


def _ahead(book: Casebook, today: date) -> Horizon:
    """Return the next 5 working days; where the calendar does not reach so far, the next 7 days."""
    try:
        return Horizon(WORKING_DAYS_AHEAD.after(today, book.rules.calendar), "next 5 working days")
    except CalendarError:
        return Horizon(today + min(DAYS_AHEAD, date.max - today), "next 7 days")
