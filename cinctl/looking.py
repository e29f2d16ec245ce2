"""What a rule looks at and listens to: facts, params and events, through named events too; and when it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cinctl.conditions import Conditions
from cinctl.facts import expand
from cinctl.protocol import Clock, Condition, Gate, Protocol, Rule, Trigger
from cinctl.rules import Edition
from cinctl.words import satisfy

__all__ = ["asked_when", "facts_of", "heard_by", "params_of", "triggers_of"]

_OF_FACTS = ("same_as", "differs_from", "on_or_before", "on_or_after")
PARAMS = "params."


def triggers_of(clock: Clock) -> dict[str, tuple[Trigger, ...]]:
    """Return what *clock* listens for, by the key that says so."""
    return {"starts": clock.starts, "stops": clock.stops, "resumes": clock.resumes, "until": clock.until}


def heard_by(rule: Rule, protocol: Protocol) -> list[str]:
    """Return the full kinds of the events that *rule* listens to."""
    named = rule.on if isinstance(rule, Gate) else _named(rule)
    return list(dict.fromkeys(kind for name in named for kind in _kinds(name, protocol, ())))


def _named(clock: Clock) -> list[str]:
    return [name for triggers in triggers_of(clock).values() for trigger in triggers for name in trigger.on]


def _kinds(name: str, protocol: Protocol, ring: tuple[str, ...]) -> Iterator[str]:
    if name in protocol.events and name not in ring:
        for on in protocol.events[name].on:
            yield from _kinds(on, protocol, (*ring, name))
    else:
        yield from expand(name) or (name,)


def facts_of(rule: Rule, protocol: Protocol) -> list[str]:
    """Return every fact that *rule* looks at, sorted: those of the named events that it listens to among them."""
    found = {fact for condition in _conditions(rule, protocol) for fact in _facts(condition)}
    if isinstance(rule, Clock):
        limit = rule.within if rule.within and not rule.within[:1].isdigit() else None
        found |= {*rule.from_, *([limit] if limit else [])}
    return sorted(found)


def params_of(rule: Rule, protocol: Protocol) -> list[str]:
    """Return the params that *rule* rests on."""
    return [fact.removeprefix(PARAMS) for fact in facts_of(rule, protocol) if fact.startswith(PARAMS)]


def _conditions(rule: Rule, protocol: Protocol) -> Iterator[Condition]:
    yield rule.when
    if isinstance(rule, Gate):
        yield rule.require
        return
    for trigger in (trigger for triggers in triggers_of(rule).values() for trigger in triggers):
        yield trigger.when
        yield from _of_events(trigger.on, protocol, ())


def _of_events(names: Iterable[str], protocol: Protocol, ring: tuple[str, ...]) -> Iterator[Condition]:
    for name in names:
        if name in protocol.events and name not in ring:
            yield protocol.events[name].when
            yield from _of_events(protocol.events[name].on, protocol, (*ring, name))


def _facts(condition: Condition) -> Iterator[str]:
    for table in condition:
        for fact, test in table.items():
            yield fact
            yield from _other_facts(test)


def _other_facts(test: Any) -> Iterator[str]:
    """Yield the facts that what a line asks names on its other side."""
    if isinstance(test, str) and test.startswith("@") and "." in test:
        yield test[1:]
    elif isinstance(test, list):
        yield from (fact for one in test for fact in _other_facts(one))
    elif isinstance(test, dict):
        for operator, operand in test.items():
            if operator in _OF_FACTS and isinstance(operand, str) and "." in operand:
                yield operand.removeprefix("@")
            else:
                yield from _other_facts(operand)


def asked_when(rule: Rule, edition: Edition) -> str | None:
    """Return in words when *rule* is asked, or begins to run; None for always, or where it is not judged."""
    if isinstance(rule, Gate):
        gate = edition.gate_rules.get(rule.id)
        return satisfy(gate.when) or None if gate is not None else None
    hooks = (hook for found in edition.hooks[rule.subject].values() for hook in found)
    ways = [_together(h.conditions) for h in hooks if h.clock.id == rule.id and h.role == "start"]
    return None if not all(ways) else "; or ".join(dict.fromkeys(ways)) or None


def _together(conditions: Sequence[Conditions]) -> str:
    return ", and ".join(satisfy(one) for one in conditions if one.tables)
