"""How a case, the practitioners and the service stand at the head of a log: what is owed, whatever the day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from cinctl.case import Case
from cinctl.casebook import Casebook
from cinctl.clocks import Obligation
from cinctl.compiled import ClockRule
from cinctl.events import KINDS
from cinctl.gates import marks
from cinctl.history import Event
from cinctl.owed import Label, Owed
from cinctl.protocol.model import WAIVER_USED
from cinctl.waivers import Waivers


def owed_on(book: Casebook, id_: str) -> list[Owed]:
    """Return what is owed on case *id_*. Raises UsageError for an unknown id."""
    case, tracker = book.folded(id_)
    running = [o for obligations in tracker.running.values() for o in obligations]
    if not running:
        return []
    waivers = Waivers(book.effective(book.track(id_).events))
    return [
        Owed(
            case=case.id,
            label=label(obligation.rule),
            owner=owner_of(case, obligation),
            lead=case.lead,
            unit=case.unit,
            start=_iso(obligation.start),
            due=_iso(obligation.due),
            hidden=_iso(waivers.last_day(obligation.rule.id)) if waivers else None,
            seq=obligation.start_seq,
            cycle=obligation.cycle,
        )
        for obligation in running
        if obligation.judgeable(case) and obligation.rule.stop_kinds != {WAIVER_USED}
    ]


def owed_by_office(book: Casebook, today: date) -> list[Owed]:
    """Return what practitioners owe, who are in the units where they are *today*, and what the service owes."""
    made = []
    for person, tracker in book.practitioners().items():
        running = [o for obligations in tracker.running.values() for o in obligations if o.judged]
        if running:
            unit = book.register.as_of(person, today).unit
            made += [_of_no_case(o, person, unit) for o in running]
    service = [o for obligations in book.service().running.values() for o in obligations if o.judged]
    return made + [_of_no_case(o, _service_owner(o), None) for o in service]


def _of_no_case(obligation: Obligation, owner: str, unit: str | None) -> Owed:
    # What begins with a protocol rather than with an event is not there before the protocol is in force.
    since = None if obligation.start_seq else _iso(obligation.origin)
    start, due = _iso(obligation.start), _iso(obligation.due)
    seq, cycle = obligation.start_seq, obligation.cycle
    return Owed(None, label(obligation.rule), owner, None, unit, start, due, since=since, seq=seq, cycle=cycle)


def _service_owner(obligation: Obligation) -> str:
    owner = obligation.rule.clock.owner
    return owner.removeprefix("@") if owner else "service"


@cache
def label(rule: ClockRule) -> Label:
    """Return what the rows of the clock *rule* say alike."""
    clock, calendar = rule.clock, rule.calendar
    working = getattr(rule.limit or rule.every, "in_working_days", False)
    closures = tuple(day.isoformat() for day in calendar.closures)
    return Label(
        clock.id,
        clock.clauses[0] if clock.clauses else None,
        clock.say + marks(clock),
        (calendar.name, closures) if working else None,
    )


def owner_of(case: Case, obligation: Obligation) -> str | None:
    """Return who owes it: a person where one is determined, else a role with the unit."""
    owner = obligation.rule.clock.owner
    if owner is None or owner == "lead":
        return case.lead or ("lead" if owner else None)
    if owner == "supervisor":
        return case.supervisor or "supervisor"
    if owner == "manager":
        # The supervisor of the lead answers for a case that names no manager.
        return case.manager or case.supervisor or "manager"
    if owner == "subject":
        return obligation.subject
    if owner.startswith("@"):
        return f"{owner[1:]}, unit {case.unit}" if case.unit else owner[1:]
    return obligation.owner or owner


def people_of(events: Iterable[Event]) -> set[str]:
    """Return the ids of all practitioners in *events*: who did them, whom they name, and whom a correction puts in."""
    found = {e.by for e in events if e.by is not None}
    for event in events:
        data = event.data or {}
        fields = _staff_fields(event.base)
        if event.base == "correct":
            data, fields = data.get("set") or {}, _any_staff_fields()
        for field in fields:
            value = data.get(field)
            found.update((value,) if isinstance(value, str) else value or ())
    return found


@cache
def _staff_fields(base: str) -> tuple[str, ...]:
    """Return the fields of a kind that hold practitioners."""
    return tuple(field.name for field in KINDS[base].fields.values() if field.type == "staff")


@cache
def _any_staff_fields() -> tuple[str, ...]:
    """Return the fields that hold practitioners in any kind, and who did it."""
    return ("by", *dict.fromkeys(name for base in KINDS for name in _staff_fields(base)))


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
