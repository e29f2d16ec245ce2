"""Facts about the case as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from operator import attrgetter
from typing import Any

from cinctl.calendar import age_months, age_years
from cinctl.case import Case
from cinctl.events import KINDS
from cinctl.facts.model import Fact, Get, Moment, Scope, present, unknown
from cinctl.facts.people import person_fact

_NO_CASE = Case("")


def the_case(moment: Moment) -> Case:
    """Return the case at hand. For the event that opens a case it is read from that event.

    What belongs to no case has one of which everything is absent.
    """
    case, event = moment.case, moment.event
    if case is None:
        return _NO_CASE
    if case.opener is not None or event.base != "refer":
        return case
    if moment.opening is None:
        moment.opening = Case(case.id)
        moment.opening.advance(event, moment.register, moment.before_seq)
    return moment.opening


def at_hand(kinds: Iterable[str]) -> Callable[[Moment], Case]:
    """Return what finds the case at hand of events of *kinds*: only a referral may have to be read for it."""
    return the_case if "refer" in kinds else lambda m: m.case or _NO_CASE


def held(attr: str, kinds: Iterable[str]) -> Get:
    """Return what reads *attr* of the case at hand of events of *kinds*, as it is."""
    of = attrgetter(attr)
    if "refer" in kinds:
        return lambda m: of(the_case(m))
    return lambda m: of(m.case or _NO_CASE)


def _told(attr: str, kinds: Iterable[str]) -> Get:
    """Return what reads *attr* as `held` does; blank text is absent."""
    of = attrgetter(attr)
    if "refer" in kinds:
        return lambda m: present(of(the_case(m)))

    def get(moment: Moment) -> Any:
        value = of(moment.case or _NO_CASE)
        return None if value.__class__ is str and (not value or value.isspace()) else value

    return get


def _worked_out(of: Callable[[Case, date], Any]) -> Get:
    return lambda m: of(the_case(m), m.event.on)


def _age(case: Case, on: date, measure: Callable[[date, date], int]) -> int | None:
    if case.born is not None:
        return measure(case.born, on)
    return None if case.expected is None else -1


def _turns_eighteen(case: Case) -> date | None:
    born = case.born
    if born is None or born.year + 18 > date.max.year:
        return None
    if (born.month, born.day) == (2, 29):
        return date(born.year + 18, 3, 1)
    return born.replace(year=born.year + 18)


_Of = str | Callable[[Case, date], Any]

CASE_FACTS: dict[str, tuple[str, _Of, tuple[tuple[str, str], ...]]] = {
    "id": ("text", "id", ()),
    "child": ("text", "child", (("refer", "child"),)),
    "family": ("text", "family", (("refer", "family"),)),
    "state": ("text", "state", (("close", "at"),)),
    "tier": ("code", "tier", (("decide", "outcome"),)),
    "outcome": ("code", "outcome", (("decide", "outcome"),)),
    "age": ("number", lambda c, on: _age(c, on, age_years), (("refer", "born"),)),
    "age_months": ("number", lambda c, on: _age(c, on, age_months), (("refer", "born"),)),
    "turns_18": ("date", lambda c, on: _turns_eighteen(c), (("refer", "born"),)),
    "born": ("date", "born", (("refer", "born"),)),
    "expected": ("date", "expected", (("refer", "expected"),)),
    "need": ("code", "need", (("refer", "need"),)),
    "source": ("code", "source", (("refer", "source"),)),
    "disabled": ("flag", "disabled", (("refer", "disabled"),)),
    "agencies": ("list", "agencies", (("refer", "agencies"),)),
    "scope": ("list", "scope", (("allocate", "scope"),)),
    "coworkers": ("list", "coworkers", (("cowork.add", "with"),)),
    "lead_roles": ("list", "lead_roles", (("allocate", "to"),)),
    "manager": ("person", "manager", (("allocate", "manager"),)),
    "unit": ("text", "unit", (("decide", "by"),)),
    "legal_status": ("list", "legal_status", (("legal.start", "status"),)),
    "cp_since": ("date", "cp_since", (("plan.start", "at"),)),
    "referred": ("date", "referred", (("refer", "at"),)),
    "received": ("date", "received", (("refer", "at"),)),
    "ended": ("date", "ended_on", (("close", "at"),)),
    "escalated": ("flag", "escalated", (("escalate.raise", "at"),)),
}
"""The type of each fact, what holds it (or works it out as of a day), and what feeds it."""


_CASE_CODES = {"tier": "tier", "outcome": "outcome", "need": "need", "source": "source", "scope": "scope"}


def case_fact(name: str, rest: str, scope: Scope, kinds: tuple[str, ...]) -> Fact:
    """Compile a fact about the case. Raises FactError."""
    first, _, deeper = rest.partition(".")
    if first == "consent" and deeper:
        purpose = deeper
        if purpose not in KINDS["consent"].phases:
            raise unknown(name, purpose, KINDS["consent"].phases)
        reads = frozenset({(f"consent.{purpose}", "answer")})
        case = at_hand(kinds)
        return Fact(name, "code", lambda m: case(m).consent.get(purpose), reads, codes="answer")
    if first not in CASE_FACTS:
        raise unknown(name, first, [*CASE_FACTS, "consent"])
    type_, of, feeders = CASE_FACTS[first]
    if deeper and type_ == "person" and isinstance(of, str):
        return person_fact(name, deeper, scope, held(of, kinds), frozenset(feeders), own=False)
    if deeper:
        raise unknown(name, deeper, [])
    get = _told(of, kinds) if isinstance(of, str) else _worked_out(of)
    return Fact(name, type_, get, frozenset(feeders), codes=_CASE_CODES.get(first))
