"""Which rules tell of a child what is kept back: a day of birth or death, or a characteristic such as a disability.

A clock does by its dates, where it counts from such a day; a gate or a clock does by what it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from cinctl.compiled import ClockRule, at_kinds
from cinctl.conditions import Conditions, Line
from cinctl.events import KINDS
from cinctl.facts import OWN, Fact
from cinctl.rules import Edition, RuleBook

__all__ = ["VITAL", "characteristic_rules", "vital_fields", "vital_rules"]

VITAL = frozenset({"birth", "death"})
"""What the fields hold that are the day of a birth or a death."""


@cache
def vital_fields(base: str) -> tuple[str, ...]:
    """Return the fields of a kind that hold the day of a birth or a death."""
    kind = KINDS.get(base)
    return tuple(field.name for field in kind.fields.values() if field.holds in VITAL) if kind is not None else ()


def vital_rules(rules: RuleBook) -> frozenset[str]:
    """Return the clocks whose dates tell the day of a birth or a death.

    They count from that day or end by it, or begin with the event that tells of it, often recorded on that very day.
    """
    return frozenset(rule for edition in rules.editions for rule in _counting_from_life(edition))


def characteristic_rules(rules: RuleBook) -> frozenset[str]:
    """Return the gates and clocks that look at a characteristic: that one concerns a case may tell it."""
    return frozenset(rule for edition in rules.editions for rule in _looking_at_characteristics(edition))


def _counting_from_life(edition: Edition) -> Iterator[str]:
    for clock in edition.clock_rules.values():
        if any(_is_vital(*pair) for fact in _dates(clock) for pair in fact.reads):
            yield clock.id
    for by_kind in edition.hooks.values():
        for kind, hooks in by_kind.items():
            # A referral is one, whatever else it tells.
            for hook in hooks if kind != "refer" else ():
                told = at_kinds(frozenset(pair for c in hook.conditions for pair in c.reads if pair[0] == OWN), (kind,))
                if hook.role == "start" and any(_is_vital(*pair) for pair in told):
                    yield hook.clock.id


def _is_vital(kind: str, field: str) -> bool:
    return field in vital_fields(kind.partition(".")[0])


def _dates(clock: ClockRule) -> list[Fact]:
    return [*clock.from_, *([clock.limit] if isinstance(clock.limit, Fact) else ())]


def _looking_at_characteristics(edition: Edition) -> Iterator[str]:
    for gate in edition.gate_rules.values():
        if _any_tells((gate.when, gate.require), gate.kinds):
            yield gate.gate.id
    for by_kind in edition.hooks.values():
        for kind, hooks in by_kind.items():
            yield from (hook.clock.id for hook in hooks if _any_tells(hook.conditions, (kind,)))


def _any_tells(conditions: tuple[Conditions, ...], kinds: tuple[str, ...]) -> bool:
    return any(_tells(line, kinds) for one in conditions for line in one.lines)


def _tells(line: Line, kinds: tuple[str, ...]) -> bool:
    """Return whether *line*, looked at from events of *kinds*, depends on a characteristic.

    Whether the step itself gives a field some of whose codes tell one, whichever code it is, tells nothing.
    """
    silent = line.operator in ("present", "absent") and all(kind == OWN for kind, _ in line.reads)
    return any(
        _is_characteristic(kind.partition(".")[0], field, codes=not silent)
        for kind, field in at_kinds(line.reads, kinds)
    )


@cache
def _is_characteristic(base: str, name: str, *, codes: bool) -> bool:
    """Return whether a field is a characteristic, or with *codes* whether one of its codes tells one."""
    kind = KINDS.get(base)
    field = kind.fields.get(name) if kind is not None else None
    if field is None:
        return False
    return field.holds == "characteristic" or (codes and any(what == "characteristic" for _, what in field.tells))
