"""What is compiled, sorted or looked up only as far as it must be comes to the same as all of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import ProtocolError
from cinctl.events import KINDS
from cinctl.history import Event, effective, in_order
from cinctl.protocol import bundled, load
from cinctl.protocol.checks import IN_FORCE, WAIVER_USED
from cinctl.rules import Edition, RuleBook
from cinctl.staff import Register
from tests.domain.world import protocol

EVERY_KIND = [*(full for kind in KINDS.values() for full in kind.full_names()), IN_FORCE, WAIVER_USED]


def _told(edition: Edition, kind: str) -> dict[str, Any]:
    hooks = {sort: edition.hooks_on(sort, kind) for sort in ("case", "practitioner", "service")}
    return {
        "gates": [(rule.gate.id, sorted(rule.reads)) for rule in edition.gates_on[kind]],
        "named": [(named.key, sorted(named.reads)) for named in edition.named_on(kind)],
        "hooks": {sort: [(h.clock.id, h.role, sorted(h.reads)) for h in found] for sort, found in hooks.items()},
        "stops": [(h.clock.id, sorted(h.clock.stop_reads)) for h in hooks["case"]],
    }


@pytest.mark.parametrize("name", bundled())
def test_a_vetted_protocol_has_the_same_rules_in_the_same_order(name: str) -> None:
    """Rules that are compiled when they are asked for, last kind first, are those that are compiled at once."""
    whole = RuleBook(load(name)).newest
    vetted = RuleBook(load(name), vetted=True).newest

    told = {kind: _told(vetted, kind) for kind in reversed(EVERY_KIND)}

    assert told == {kind: _told(whole, kind) for kind in EVERY_KIND}


@pytest.mark.parametrize("name", bundled())
def test_what_was_compiled_rule_by_rule_makes_the_same_tables(name: str) -> None:
    """Asked for everything after some of it, a vetted protocol says what one says that was compiled at once."""
    whole = RuleBook(load(name)).newest
    vetted = RuleBook(load(name), vetted=True).newest
    for kind in ("supervise.formal", "close", "inform"):
        _told(vetted, kind)

    assert list(whole.gate_rules) == list(vetted.gate_rules)
    assert list(whole.clock_rules) == list(vetted.clock_rules)
    assert {k: [n.key for n in v] for k, v in whole.named_by_kind.items()} == {
        k: [n.key for n in v] for k, v in vetted.named_by_kind.items()
    }
    assert {k: [g.gate.id for g in v] for k, v in whole.gates.items()} == {
        k: [g.gate.id for g in v] for k, v in vetted.gates.items()
    }
    assert whole.unfilled == vetted.unfilled


def test_a_fault_in_a_vetted_protocol_is_told_once_its_rule_is_asked_for(tmp_path: Path) -> None:
    """What was called vetted and is not is an error once the rule matters, never a rule that is not judged."""
    local = protocol(
        tmp_path,
        """
        [[gate]]
        id = "L-1"
        on = "note"
        require = { "event.nonsense" = { present = true } }
    """,
    )
    edition = RuleBook(local, vetted=True).newest

    assert all(rule.gate.id != "L-1" for rule in edition.gates_on["visit"])
    with pytest.raises(ProtocolError, match="there is no 'nonsense' there"):
        edition.gates_on["note"]
    with pytest.raises(ProtocolError, match="there is no 'nonsense' there"):
        RuleBook(local)


def _event(seq: int, kind: str, on: str, **data: Any) -> Event:
    return Event(seq=seq, kind=kind, case=None, at=on, by=None, data=data)


def test_events_in_order_stay_as_they_are_and_others_are_sorted() -> None:
    """Only a history whose lines count and stand in date order, its referral first, is left as it is."""
    refer, note = _event(1, "refer", "2026-03-02"), _event(2, "note", "2026-03-01")
    late, early = _event(3, "note", "2026-03-05"), _event(4, "note", "2026-03-04")

    assert in_order([])
    assert in_order([refer, note, late])
    assert not in_order([note, refer])
    assert not in_order([refer, late, early])
    assert not in_order([refer, _event(2, "redact", "2026-03-05", of=1)])
    assert effective([refer, late, early]) == [refer, early, late]


def test_the_register_tells_who_somebody_was_by_the_lines_before_one() -> None:
    """As of a line, only earlier lines count; the register is stale where a later one would have said otherwise."""
    join = _event(1, "staff.join", "2026-01-05", staff="w", role="worker")
    change = _event(5, "staff.change", "2026-02-01", staff="w", role="boss")
    mend = _event(9, "correct", "2026-03-01", of=1, set={"role": "clerk"})
    register = Register([join, change])

    def asked(on: str, before: int | None) -> tuple[str | None, bool]:
        register.stale = False
        return register.as_of("w", date.fromisoformat(on), before).role, register.stale

    assert asked("2026-01-31", 5) == ("worker", False)
    assert asked("2026-02-01", 5) == ("worker", True)
    assert asked("2026-02-01", 6) == ("boss", False)

    register.add(mend)

    assert asked("2026-01-31", 6) == ("worker", True)
    assert asked("2026-01-31", None) == ("clerk", False)
    assert register.as_of("nobody", date(2026, 1, 31)).role is None
