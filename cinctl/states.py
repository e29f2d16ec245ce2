"""The states that a case can be in, and the steps that move it from one to another, under a protocol.

Found by taking steps: what a step makes of a case's state, the case itself says; which steps a state shuts out, the
protocol's gates on that state do.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from cinctl.case import Case
from cinctl.conditions import Conditions
from cinctl.events import KINDS
from cinctl.facts import Moment
from cinctl.history import Event
from cinctl.rules import Edition
from cinctl.staff import Register

__all__ = ["Move", "moves"]

_DAY = "2025-06-02"
_OUTCOMES = ("section_17", "no_further_action")
STATE = "case.state"


class Move(NamedTuple):
    """One step that changes the state of a case. *outcomes* are those of a decision that lead there.

    *gates* are the rules that are asked then, *refusing* how many of them can refuse. *before* is None for no case yet.
    """

    before: str | None
    step: str
    outcomes: tuple[str, ...]
    after: str
    gates: tuple[str, ...]
    refusing: int


def moves(edition: Edition) -> list[Move]:
    """Return every move that a case can make under *edition*, in the order in which states are come to."""
    found: dict[tuple[str | None, str, str], list[str]] = {}
    waiting: list[tuple[str | None, Case]] = [(None, Case("case"))]
    seen: set[str | None] = {None}
    while waiting:
        before, case = waiting.pop(0)
        for kind, outcome in _steps(edition, before):
            event = _event(kind, outcome)
            if _shut_out(edition, case, event):
                continue
            moved = copy.deepcopy(case)
            moved.advance(event, Register())
            if moved.state is None or moved.state == before:
                continue
            found.setdefault((before, kind, moved.state), []).extend([outcome] if outcome else [])
            if moved.state not in seen:
                seen.add(moved.state)
                waiting.append((moved.state, moved))
    return [_move(edition, *key, tuple(outcomes)) for key, outcomes in found.items()]


def _move(edition: Edition, before: str | None, kind: str, after: str, outcomes: tuple[str, ...]) -> Move:
    gates = [gate.gate for gate in edition.gates.get(kind, ())]
    refusing = sum(gate.level == "deny" for gate in gates)
    return Move(before, kind, outcomes, after, tuple(gate.id for gate in gates), refusing)


def _steps(edition: Edition, state: str | None) -> Iterator[tuple[str, str | None]]:
    """Yield the full kinds of the steps that can be taken, a decision once for each outcome."""
    for kind in KINDS.values():
        if kind.subject != "case" or (kind.name == "refer") is not (state is None):
            continue
        outcomes: tuple[str | None, ...] = (None,)
        if kind.name == "decide":
            outcomes = tuple(edition.codes("outcome")) or _OUTCOMES
        yield from ((full, outcome) for full in kind.full_names() for outcome in outcomes)


def _event(kind: str, outcome: str | None) -> Event:
    data: dict[str, Any] = {} if outcome is None else {"outcome": outcome}
    return Event(seq=1, kind=kind, case="case", at=_DAY, by=None, data=data)


def _shut_out(edition: Edition, case: Case, event: Event) -> bool:
    """Return whether a gate refuses *event* for the state of *case* alone."""
    moment = Moment(event, case, Register(), calendar=edition.calendar)
    gates = (gate for gate in edition.gates.get(event.kind, ()) if gate.gate.level == "deny")
    return any(_asked(gate.when, moment) and _fails(gate.require, moment) for gate in gates)


def _asked(when: Conditions, moment: Moment) -> bool:
    """Return whether *when* holds, whatever else is on record: it asks for the state alone, or for nothing."""
    return not when.tables or any(
        all(line.fact.name == STATE and line.holds(moment) for line in table) for table in when.tables
    )


def _fails(require: Conditions, moment: Moment) -> bool:
    """Return whether *require* cannot hold in this state, whatever else is on record."""
    return all(any(line.fact.name == STATE and not line.holds(moment) for line in table) for table in require.tables)
