"""Flat typed tables for analysts: events, cases, obligations and findings, a row each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cinctl.casebook import Casebook
from cinctl.exports.leaving import Column, Outward, field_columns
from cinctl.exports.telling import CASE_COLUMNS, Told, case_row, event_told, events_of, office_events
from cinctl.gates import Finding
from cinctl.history import day_of
from cinctl.obligations import Duty, duties_of, office_duties

__all__ = ["Row", "Rows", "columns"]

Row = dict[str, Any]

EVENTS = (
    Column("event", "text"),
    Column("case", "text"),
    Column("place", "number"),
    Column("kind", "text"),
    Column("on", "date"),
    Column("at", "time"),
    Column("recorded", "time"),
    Column("by", "text"),
    Column("by_role", "text"),
    Column("by_unit", "text"),
    Column("imported", "flag"),
    Column("amended", "flag"),
)
OBLIGATIONS = (
    Column("case", "text"),
    Column("staff", "text"),
    Column("rule", "text"),
    Column("clause", "text"),
    Column("what", "text"),
    Column("status", "text"),
    Column("start", "date"),
    Column("due", "date"),
    Column("finished", "date"),
    Column("late_days", "number"),
    Column("waived_until", "date"),
    Column("owner", "text"),
    Column("owner_role", "text"),
    Column("lead", "text"),
    Column("unit", "text"),
    Column("started_by", "text"),
    Column("finished_by", "text"),
    Column("cycle", "number"),
)
FINDINGS = (
    Column("fingerprint", "text"),
    Column("case", "text"),
    Column("staff", "text"),
    Column("rule", "text"),
    Column("clause", "text"),
    Column("level", "text"),
    Column("say", "text"),
    Column("how", "text"),
    Column("event", "text"),
    Column("on", "date"),
    Column("due", "date"),
    Column("late_days", "number"),
    Column("waived", "flag"),
    Column("hindsight", "flag"),
    Column("lead", "text"),
    Column("unit", "text"),
)
_RECORDED_ON = Column("recorded", "date")
"""In place of the time, which would give the order in which cases were opened, and so their numbers."""
_ORDER = ("case", "staff", "on", "rule", "event", "fingerprint")


def columns(*, characteristics: bool, hashed: bool) -> dict[str, tuple[Column, ...]]:
    """Return the columns of each table: those of events end with one for each field that an event can have.

    Where ids are *hashed*, an event says the day on which it was recorded, not the time.
    """
    taken = {column.name for column in EVENTS}
    own = [
        column._replace(name=f"{column.name}_field") if column.name in taken else column
        for column in field_columns(characteristics=characteristics)
    ]
    events = (_RECORDED_ON if hashed and column.name == "recorded" else column for column in EVENTS)
    return {"events": (*events, *own), "cases": CASE_COLUMNS, "obligations": OBLIGATIONS, "findings": FINDINGS}


class Rows:
    """Rows of the tables, as *outward* shows them. Ask for `findings` last: they leave out days that cases hide."""

    def __init__(self, book: Casebook, outward: Outward, today: date, soon: date) -> None:
        self._book, self._outward, self._today, self._soon = book, outward, today, soon
        self._by_life: set[int] = set()
        self._ended_by_life: set[tuple[str | None, str, int | None]] = set()

    def of_case(self, id_: str) -> Iterator[tuple[str, Row]]:
        """Yield what case *id_* adds to the tables: the name of the table, and a row of it."""
        book, outward = self._book, self._outward
        yield "cases", case_row(book, outward, id_)
        for place, event in enumerate(events_of(book, id_), 1):
            if outward.dated_by_life(event):
                self._by_life.add(event.seq)
            yield "events", {**_event(event_told(book, outward, event)), "case": outward.mask.case(id_), "place": place}
        for duty in duties_of(book, id_, self._today, self._soon):
            if outward.may_tell(duty.label.rule, "obligation"):
                yield "obligations", self._obligation(duty)

    def of_office(self) -> Iterator[tuple[str, Row]]:
        """Yield what the staff register and the service add to the tables."""
        for event in office_events(self._book):
            yield "events", _event(event_told(self._book, self._outward, event))
        rows = [self._obligation(duty) for duty in office_duties(self._book, self._today, self._soon)]
        # In an order that tells nothing of ids which are hashed.
        rows.sort(key=lambda row: (row["staff"] or "", row["start"], row["rule"], row["cycle"]))
        yield from (("obligations", row) for row in rows)

    def of_findings(self, findings: Sequence[Finding]) -> list[Row]:
        """Return a row for each of *findings*, by case."""
        rows = [self._finding(one) for one in findings if self._outward.may_tell(one.rule, "finding")]
        return sorted(rows, key=lambda row: [str(row[name] or "") for name in _ORDER])

    def _obligation(self, duty: Duty) -> Row:
        row = _obligation(duty, self._outward)
        if duty.ended in self._by_life:
            self._ended_by_life.add((duty.case, duty.label.rule, duty.begun))
        if self._outward.counts_by_life(duty.label.rule) or {duty.begun, duty.ended} & self._by_life:
            row |= dict.fromkeys(("start", "due", "finished", "late_days"))
        return row

    def _finding(self, found: Finding) -> Row:
        row = _finding(found, self._outward)
        ended = (found.case, found.rule, found.seq) in self._ended_by_life
        if ended or self._outward.counts_by_life(found.rule) or found.seq in self._by_life:
            row |= dict.fromkeys(("on", "due", "late_days", "how"))
        return row


def _event(told: Told) -> Row:
    taken = {column.name for column in EVENTS}
    own: Mapping[str, Any] = {f"{name}_field" if name in taken else name: v for name, v in told.fields.items()}
    return {
        **own,
        "event": told.id,
        "kind": told.kind,
        "on": told.on,
        "at": told.moment if told.timed else None,
        "recorded": told.recorded,
        "by": told.by,
        "by_role": told.role,
        "by_unit": told.unit,
        "imported": told.imported,
        "amended": told.amended,
    }


def _obligation(duty: Duty, outward: Outward) -> Row:
    return {
        "case": outward.case(duty.case),
        "staff": outward.staff(duty.staff),
        "rule": duty.label.rule,
        "clause": duty.label.clause,
        "what": duty.label.what,
        "status": duty.status,
        "start": duty.start,
        "due": duty.due,
        "finished": duty.finished,
        "late_days": duty.late_days,
        "waived_until": duty.waived_until,
        "owner": outward.staff(duty.owner),
        "owner_role": duty.owner_role,
        "lead": outward.staff(duty.lead),
        "unit": duty.unit,
        "started_by": outward.event(duty.begun),
        "finished_by": outward.event(duty.ended),
        "cycle": duty.cycle,
    }


def _finding(found: Finding, outward: Outward) -> Row:
    """Return *found* without its message, which may quote the record: the protocol's words do, and a clock's dates."""
    text = found.at or found.due
    return {
        "fingerprint": outward.mask.fingerprint(found.fingerprint),
        "case": outward.case(found.case),
        "staff": outward.staff(found.staff),
        "rule": found.rule,
        "clause": found.clause,
        "level": found.level,
        "say": found.say,
        "how": found.how,
        "event": outward.event(found.seq or None),
        "on": None if text is None else day_of(text),
        "due": None if found.due is None else date.fromisoformat(found.due),
        "late_days": found.late_days,
        "waived": found.waived,
        "hindsight": found.hindsight,
        "lead": outward.staff(found.lead),
        "unit": found.unit,
    }
