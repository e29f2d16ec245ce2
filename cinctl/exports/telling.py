"""Cases and events as values that may leave the authority: what every export to analysts is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from cinctl.casebook import Casebook
from cinctl.exports.leaving import Column, Outward, Value, moment_of, month
from cinctl.history import Event

__all__ = ["CASE_COLUMNS", "Told", "case_row", "case_told", "event_told", "events_of", "office_events"]

CASE_COLUMNS = (
    Column("case", "text"),
    Column("child", "text"),
    Column("family", "text"),
    Column("born", "date"),
    Column("born_month", "text"),
    Column("expected", "date"),
    Column("expected_month", "text"),
    Column("source", "text"),
    Column("need", "text"),
    Column("state", "text"),
    Column("tier", "text"),
    Column("lead", "text"),
    Column("lead_role", "text"),
    Column("supervisor", "text"),
    Column("unit", "text"),
    Column("referred", "date"),
    Column("closed", "date"),
    Column("lead_changes", "number"),
    Column("events", "number"),
)


class Told(NamedTuple):
    """One event as it may leave. *timed*: the record says the time, and *moment* is not merely noon of its day.

    What is dated by the birth or death that it tells of stands on the first of that month, where such days are hidden.
    """

    id: str
    kind: str
    on: date
    moment: datetime
    timed: bool
    recorded: date | datetime | None
    by: str | None
    role: str | None
    unit: str | None
    imported: bool
    amended: bool
    fields: Mapping[str, Value]


def event_told(book: Casebook, outward: Outward, event: Event) -> Told:
    """Return *event*, which counts, as it may leave."""
    on, at = event.on, event.at
    if outward.dated_by_life(event):
        on = event.on.replace(day=1)
        at = on.isoformat()
    moment, timed = moment_of(at)
    person = book.register.as_of(event.by, event.on) if event.by is not None else None
    return Told(
        id=outward.mask.event(event.seq),
        kind=event.kind,
        on=on,
        moment=moment,
        timed=timed,
        recorded=outward.recorded(event),
        by=outward.staff(event.by),
        role=outward.code("role", person.role) if person else None,
        unit=person.unit if person else None,
        imported=event.imported,
        amended=event.amended_by is not None,
        fields=dict(outward.fields(event)),
    )


def events_of(book: Casebook, id_: str) -> list[Event]:
    """Return the events of case *id_* that count, in order, as corrections leave them."""
    return book.effective(book.track(id_).events)


def office_events(book: Casebook) -> Iterator[Event]:
    """Yield the events that count and belong to no case: staff, audits, governance and feedback."""
    for event in book.effective(book.office):
        if event.case is None:
            yield event


def case_row(book: Casebook, outward: Outward, id_: str) -> dict[str, Any]:
    """Return case *id_* as it stands and may leave: a value, or None, for each of `CASE_COLUMNS`."""
    case, _ = book.folded(id_)
    last = book.track(id_).last_place
    role = book.register.as_of(case.lead, last[1]).role if case.lead and last else None
    events = events_of(book, id_)
    return {
        "case": outward.mask.case(id_),
        "child": outward.child(case.child),
        "family": outward.family(case.family),
        **_vital("born", case.born, outward),
        **_vital("expected", case.expected, outward),
        "source": outward.code("source", case.source),
        "need": outward.code("need", case.need),
        "state": case.state,
        "tier": outward.code("tier", case.tier),
        "lead": outward.staff(case.lead),
        "lead_role": outward.code("role", role),
        "supervisor": outward.staff(case.supervisor),
        "unit": case.unit,
        "referred": case.referred,
        "closed": outward.ended_on(case.ended_on, events),
        "lead_changes": len(case.former_leads),
        "events": len(events),
    }


def _vital(name: str, day: date | None, outward: Outward) -> dict[str, Any]:
    return {name: outward.day(day), f"{name}_month": None if day is None else month(day)}


def case_told(book: Casebook, outward: Outward, id_: str) -> dict[str, Value]:
    """Return what is known of case *id_* and may leave, without what is not known, and without its id."""
    row = case_row(book, outward, id_)
    return {name: value for name, value in row.items() if value is not None and name not in ("case", "events")}
