"""Facts about the case as it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from cinctl.calendar import age_months, age_years
from cinctl.case import Case
from cinctl.events import KINDS
from cinctl.facts.model import Fact, Moment, Scope, present, unknown
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


def _age(moment: Moment, measure: Callable[[date, date], int]) -> int | None:
    case = the_case(moment)
    if case.born is not None:
        return measure(case.born, moment.event.on)
    return None if case.expected is None else -1


def _turns_eighteen(moment: Moment) -> date | None:
    born = the_case(moment).born
    if born is None or born.year + 18 > date.max.year:
        return None
    if (born.month, born.day) == (2, 29):
        return date(born.year + 18, 3, 1)
    return born.replace(year=born.year + 18)


CASE_FACTS: dict[str, tuple[str, Callable[[Moment], Any], tuple[tuple[str, str], ...]]] = {
    "id": ("text", lambda m: the_case(m).id or None, ()),
    "child": ("text", lambda m: the_case(m).child, (("refer", "child"),)),
    "family": ("text", lambda m: the_case(m).family, (("refer", "family"),)),
    "state": ("text", lambda m: the_case(m).state, (("close", "at"),)),
    "tier": ("code", lambda m: the_case(m).tier, (("decide", "outcome"),)),
    "outcome": ("code", lambda m: the_case(m).outcome, (("decide", "outcome"),)),
    "age": ("number", lambda m: _age(m, age_years), (("refer", "born"),)),
    "age_months": ("number", lambda m: _age(m, age_months), (("refer", "born"),)),
    "turns_18": ("date", lambda m: _turns_eighteen(m), (("refer", "born"),)),
    "born": ("date", lambda m: the_case(m).born, (("refer", "born"),)),
    "expected": ("date", lambda m: the_case(m).expected, (("refer", "expected"),)),
    "need": ("code", lambda m: the_case(m).need, (("refer", "need"),)),
    "source": ("code", lambda m: the_case(m).source, (("refer", "source"),)),
    "disabled": ("flag", lambda m: the_case(m).disabled, (("refer", "disabled"),)),
    "agencies": ("list", lambda m: the_case(m).agencies, (("refer", "agencies"),)),
    "scope": ("list", lambda m: the_case(m).scope, (("allocate", "scope"),)),
    "coworkers": ("list", lambda m: the_case(m).coworkers, (("cowork.add", "with"),)),
    "lead_roles": ("list", lambda m: the_case(m).lead_roles, (("allocate", "to"),)),
    "manager": ("person", lambda m: the_case(m).manager, (("allocate", "manager"),)),
    "unit": ("text", lambda m: the_case(m).unit, (("decide", "by"),)),
    "legal_status": ("list", lambda m: the_case(m).legal_status, (("legal.start", "status"),)),
    "cp_since": ("date", lambda m: the_case(m).cp_since, (("plan.start", "at"),)),
    "referred": ("date", lambda m: the_case(m).referred, (("refer", "at"),)),
    "received": ("date", lambda m: the_case(m).received, (("refer", "at"),)),
    "ended": ("date", lambda m: the_case(m).ended_on, (("close", "at"),)),
    "escalated": ("flag", lambda m: the_case(m).escalated, (("escalate.raise", "at"),)),
}


_CASE_CODES = {"tier": "tier", "outcome": "outcome", "need": "need", "source": "source", "scope": "scope"}


def case_fact(name: str, rest: str, scope: Scope, _kinds: tuple[str, ...]) -> Fact:
    """Compile a fact about the case. Raises FactError."""
    first, _, deeper = rest.partition(".")
    if first == "consent" and deeper:
        purpose = deeper
        if purpose not in KINDS["consent"].phases:
            raise unknown(name, purpose, KINDS["consent"].phases)
        reads = frozenset({(f"consent.{purpose}", "answer")})
        return Fact(name, "code", lambda m: the_case(m).consent.get(purpose), reads, codes="answer")
    if first not in CASE_FACTS:
        raise unknown(name, first, [*CASE_FACTS, "consent"])
    type_, get, feeders = CASE_FACTS[first]
    if deeper and type_ == "person":
        return person_fact(name, deeper, scope, get, frozenset(feeders), own=False)
    if deeper:
        raise unknown(name, deeper, [])
    return Fact(name, type_, lambda m: present(get(m)), frozenset(feeders), codes=_CASE_CODES.get(first))
