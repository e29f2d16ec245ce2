"""What a rule may look at: dotted names, compiled once to accessors that are evaluated on demand.

A fact is absent when its accessor returns None; blank text counts as absent. Each fact also knows what it *reads*,
as (kind, field) pairs, so that history imported from a source that cannot speak of them is not judged by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from cinctl.case import Case
from cinctl.errors import did_you_mean
from cinctl.facts.cases import CASE_FACTS, at_hand, case_fact, held
from cinctl.facts.model import OWN, Fact, FactError, Get, Moment, Reads, Scope, expand, unknown
from cinctl.facts.people import PERSON_FACTS, role_fact
from cinctl.facts.recorded import EVENT_FACTS, own_event, own_field, past_fact
from cinctl.facts.threads import thread_fact
from cinctl.threads import THREADS

__all__ = [
    "CASE_FACTS",
    "EVENT_FACTS",
    "OWN",
    "PERSON_FACTS",
    "ROOTS",
    "Fact",
    "FactError",
    "Get",
    "Moment",
    "Reads",
    "Scope",
    "compile_fact",
    "expand",
]

ROOTS = (
    *("event", "actor", "to", "lead", "previous_lead", "previous_social_worker", "supervisor", "subject", "case"),
    *("last", "first", "count", "open", "due", "params", "service", *THREADS),
)


def compile_fact(name: str, scope: Scope, kinds: Iterable[str]) -> Fact:
    """Compile the dotted *name*, as looked at from events of the full *kinds*. Raises FactError."""
    root, _, rest = name.partition(".")
    if root not in ROOTS:
        raise FactError(f"'{name}' is not a fact.{did_you_mean(root, ROOTS)}")
    if root in THREADS:
        return thread_fact(name, root, rest, scope)
    maker = _MAKERS[root]
    return maker(name, rest, scope, tuple(kinds))


def _clock_fact(which: str) -> Callable[..., Fact]:
    def make(name: str, rest: str, scope: Scope, _kinds: tuple[str, ...]) -> Fact:
        if rest not in scope.clocks:
            raise unknown(name, rest, scope.clocks)
        reads = scope.clocks[rest]

        def dues(moment: Moment) -> list[date | None]:
            return [] if moment.running is None else moment.running.open_dues(rest)

        if which == "open":
            return Fact(name, "flag", lambda m: bool(dues(m)), reads)

        def earliest(moment: Moment) -> date | None:
            known = [d for d in dues(moment) if d is not None]
            return min(known) if known else None

        return Fact(name, "date", earliest, reads)

    return make


_PARAM_TYPES = {"duration": "text"}


def _param_fact(name: str, rest: str, scope: Scope, _kinds: tuple[str, ...]) -> Fact:
    if rest not in scope.params:
        raise unknown(name, rest, scope.params)
    type_, value = scope.params[rest]
    return Fact(name, _PARAM_TYPES.get(type_, type_), lambda m: value, frozenset({("params", rest)}))


def _service_fact(name: str, rest: str, scope: Scope, kinds: tuple[str, ...]) -> Fact:
    if rest != "open_families":
        raise unknown(name, rest, ("open_families",))
    service = own_event(name, "service", scope, kinds) if any(k.startswith("service.") for k in kinds) else None
    if service is None:
        raise FactError(f"'{name}' can be asked of service events only")

    asked = thread_fact("commission.service", "commission", "service", scope)

    def families(moment: Moment) -> int | None:
        which = service.get(moment) or asked.get(moment)
        return None if which is None or moment.open_families is None else moment.open_families(which, moment.event)

    return Fact(name, "number", families, service.reads | {("service.start", "service"), ("service.end", "at")})


_LEAD = frozenset({("allocate", "to")})


def _role(attr: str, reads: Reads, since: str) -> Callable[..., Fact]:
    """Return a maker of facts about whoever holds a role on the case."""

    def make(name: str, rest: str, scope: Scope, kinds: tuple[str, ...]) -> Fact:
        return role_fact(held(attr, kinds), reads, held(since, kinds), own=False)(name, rest, scope, kinds)

    return make


def _former(who: Callable[[Case], str | None]) -> Callable[..., Fact]:
    def make(name: str, rest: str, scope: Scope, kinds: tuple[str, ...]) -> Fact:
        case = at_hand(kinds)
        return role_fact(lambda m: who(case(m)), _LEAD, None, own=False)(name, rest, scope, kinds)

    return make


_MAKERS: dict[str, Callable[..., Fact]] = {
    "event": own_event,
    "actor": own_field("by"),
    "to": own_field("to"),
    "case": case_fact,
    "last": past_fact("last"),
    "first": past_fact("first"),
    "count": past_fact("count"),
    "open": _clock_fact("open"),
    "due": _clock_fact("due"),
    "params": _param_fact,
    "service": _service_fact,
    "lead": _role("lead", _LEAD, "lead_since"),
    "supervisor": _role("supervisor", frozenset({("allocate", "supervisor")}), "supervisor_since"),
    "previous_lead": _former(Case.previous_lead),
    "previous_social_worker": _former(Case.previous_social_worker),
    "subject": role_fact(lambda m: m.subject, frozenset({("staff", "")}), None, own=False),
}
