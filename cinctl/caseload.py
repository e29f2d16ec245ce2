"""Who leads how many open cases, and which unit holds how many, against the limits that a protocol sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from cinctl.absences import away_fields
from cinctl.casebook import Casebook
from cinctl.owed import CASE, LEAD, STATUS, UNIT
from cinctl.owed import Row as DueRow
from cinctl.protocol.model import CaseloadSpec
from cinctl.shelf import Load

__all__ = ["caseload_rows"]

Row = dict[str, Any]
_COUNTED = ("overdue", "due_soon", "outstanding")


def caseload_rows(
    book: Casebook, loads: Iterable[Load], owed: Iterable[DueRow], today: date, by: str = "lead", *, idle: bool = False
) -> list[Row]:
    """Return a row for each lead, or *by* unit, of the open cases that *loads* tell of, and one for those without.

    *idle*: also for each practitioner in post who leads none, or each of their units that holds none. *owed* are the
    rows of `due`; limits are those in force on *today*.
    """
    group, make = _GROUPS[by]
    made: dict[str | None, Row] = {}
    leads: dict[str | None, set[str]] = {}
    for load in loads:
        name = group(load)
        row = made.get(name) or made.setdefault(name, make(book, name, today))
        row["cases"] += 1
        row["lead_changes"] += load.changes
        leads.setdefault(name, set()).update([load.lead] if load.lead is not None else [])
    for due in owed:
        whose, status = due[LEAD] if by == "lead" else due[UNIT], due[STATUS]
        if due[CASE] is not None and whose in made and status in _COUNTED:
            made[whose][status] += 1
    for name in _names(book, by, today) if idle else ():
        made.setdefault(name, make(book, name, today))
    for name, row in made.items():
        row["leads"] = len(leads.get(name, ()))
        row["over"] = None if row["limit"] is None else max(0, row["cases"] - row["limit"])
    return sorted(made.values(), key=lambda row: (row[by] is None, -row["overdue"], row[by] or ""))


def _names(book: Casebook, by: str, today: date) -> set[str]:
    """Return the practitioners in post, or their units."""
    people = (book.register.as_of(id_, today) for id_ in book.register)
    return {name for p in people if p.in_post and (name := p.id if by == "lead" else p.unit) is not None}


def _row(**told: Any) -> Row:
    row = {"lead": None, "role": None, "unit": None, **dict.fromkeys(("cases", *_COUNTED, "lead_changes"), 0)}
    return row | {"leads": 0, "limit": None, "over": None, "away_from": None, "away_until": None, "cover": None} | told


def _of_lead(book: Casebook, lead: str | None, today: date) -> Row:
    if lead is None:
        return _row()
    person = book.register.as_of(lead, today)
    limit = _limits(book, today).of_practitioner(person.role)
    return _row(lead=lead, role=person.role, unit=person.unit, limit=limit, **away_fields(book, person, today))


def _of_unit(book: Casebook, unit: str | None, today: date) -> Row:
    return _row(unit=unit, limit=_limits(book, today).of_unit(unit))


def _limits(book: Casebook, today: date) -> CaseloadSpec:
    return (book.rules.in_force(today) or book.rules.newest).protocol.caseload


_Group = tuple[Callable[[Load], "str | None"], Callable[[Casebook, "str | None", date], Row]]
_GROUPS: dict[str, _Group] = {"lead": (lambda load: load.lead, _of_lead), "unit": (lambda load: load.unit, _of_unit)}
