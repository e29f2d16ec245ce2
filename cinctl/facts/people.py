"""Facts about practitioners: who they were on the day of the event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import attrgetter
from typing import Any

from cinctl.facts.model import Fact, Get, Moment, Reads, Scope, unknown
from cinctl.staff import Person

_Of = Callable[[Person, date], Any] | None

PERSON_FACTS: dict[str, tuple[str, _Of]] = {
    "id": ("text", None),
    "role": ("code", None),
    "unit": ("text", None),
    "employer": ("code", None),
    "qualified": ("flag", None),
    "registered": ("flag", lambda p, on: p.registered(on) if p.in_post else None),
    "registered_until": ("date", None),
    "background": ("code", None),
    "practice_experience": ("text", None),
    "service": ("code", None),
    "manager": ("text", None),
    "training_plan": ("text", None),
    "since": ("date", None),
    "joined": ("date", lambda p, on: p.joined if p.in_post else None),
    "left": ("flag", None),
}
"""The type of each fact, and what works it out where a person does not simply have it under that name."""


_PERSON_CODES = {"role": "role", "employer": "employer", "background": "background", "service": "service"}


def person_fact(name: str, attr: str, scope: Scope, who: Get, reads: Reads, own: bool) -> Fact:
    """Compile *attr* of the practitioner that *who* gives the id of. Raises FactError."""
    first, _, rest = attr.partition(".")
    if first == "training":
        return _training_fact(name, rest, scope, who, reads, own)
    if first not in PERSON_FACTS or rest:
        raise unknown(name, attr, [*PERSON_FACTS, "training"])
    type_, of = PERSON_FACTS[first]
    get = _held(who, first) if of is None else _worked_out(who, of)
    return Fact(name, type_, get, reads, own, codes=_PERSON_CODES.get(first), holder=who)


def _held(who: Get, attr: str) -> Get:
    of = attrgetter(attr)

    def get(moment: Moment) -> Any:
        id_ = who(moment)
        if id_ is None:
            return None
        value = of(moment.people.get(id_) or moment.person(id_))
        return None if value.__class__ is str and (not value or value.isspace()) else value

    return get


def _worked_out(who: Get, of: Callable[[Person, date], Any]) -> Get:
    def get(moment: Moment) -> Any:
        id_ = who(moment)
        return None if id_ is None else of(moment.person(id_), moment.event.on)

    return get


def _training_fact(name: str, rest: str, scope: Scope, who: Get, reads: Reads, own: bool) -> Fact:
    programme, _, what = rest.partition(".")
    if programme not in scope.trainings:
        raise unknown(name, programme, scope.trainings)
    topics, valid_for = scope.trainings[programme]
    if what not in ("done", "missing"):
        raise unknown(name, what, ("done", "missing"))

    def holds(completed: date | None, moment: Moment) -> bool:
        on = moment.event.on
        if completed is None or completed > on:
            return False
        return valid_for is None or on <= valid_for.after(completed, moment.calendar)

    def missing(moment: Moment) -> list[str] | None:
        id_ = who(moment)
        person = None if id_ is None else moment.person(id_)
        if person is None or not person.in_post:
            return None
        return [t for t in topics if not holds(person.training.get(t), moment)]

    if what == "missing":
        return Fact(name, "list", missing, reads, own, holder=who, missing=missing)

    def done(moment: Moment) -> bool | None:
        lacking = missing(moment)
        return None if lacking is None else not lacking

    return Fact(name, "flag", done, reads, own, holder=who, missing=missing)


def role_fact(who: Get, reads: Reads, since: Get | None, own: bool) -> Callable[..., Fact]:
    """Return a maker of facts about one person: `lead.role`, and `lead` alone for the id."""

    def make(name: str, rest: str, scope: Scope, _kinds: tuple[str, ...]) -> Fact:
        if not rest:
            return Fact(name, "person", who, reads, own)
        if rest == "since" and since is not None:
            return Fact(name, "date", since, reads, own, holder=who)
        return person_fact(name, rest, scope, who, reads, own)

    return make
