"""Waivers: which findings they cover, until when, and what of one that nothing used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.domain.world import World, clock, gate


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A case in which a note needs an author, and a visit is due in five days."""
    toml = gate("L-1", '"note"', '{ "event.by" = { present = true } }') + clock("K", "refer", "visit", within="5 days")
    made = World(
        tmp_path, toml + gate("L-2", '"map"', '{ "event.by" = { present = true } }', locked="x").replace('"x"', "true")
    )
    made.staff("b1", role="boss")
    made.refer()
    return made


def _waive(world: World, rule: str, until: str, on: str = "2026-02-24", **data: Any) -> int:
    given = {"rule": rule, "until": until, "reason": "it is better so", "approved_by": "b1"} | data
    return world.ok("waive", "R1", on, "b1", **given)


def test_a_gate_is_waived_up_to_the_last_day(world: World) -> None:
    """A gate's finding is waived when its event is dated on or before the waiver's last day."""
    assert world.refused("note", "R1", "2026-02-26", text="x") == ["L-1"]
    _waive(world, "L-1", "2026-02-26")
    verdict = world.step("note", "R1", "2026-02-26", text="x")
    assert [(f.rule, f.waived, f.level) for f in verdict.findings] == [("L-1", True, "deny")]
    assert world.refused("note", "R1", "2026-02-27", text="x") == ["L-1"]
    assert [(f.rule, f.waived) for f in world.findings("L-1")] == [("L-1", True)]


def test_a_waiver_is_of_one_rule_on_one_case(world: World) -> None:
    """A waiver covers its rule and its case alone."""
    _waive(world, "L-1", "2026-12-31")
    world.refer("R2")
    assert world.refused("note", "R2", "2026-02-26", text="x") == ["L-1"]


def test_a_clock_is_waived_while_it_runs(world: World) -> None:
    """A clock's finding is waived while it runs and today is on or before the last day; then it stands again."""
    _waive(world, "K", "2026-03-10")
    assert world.due("K", today="2026-03-10") == []
    assert [f.waived for f in world.findings("K", "2026-03-10")] == [True]
    assert [r["status"] for r in world.due("K", today="2026-03-11")] == ["overdue"]
    assert [f.waived for f in world.findings("K", "2026-03-11")] == [False]


@pytest.mark.parametrize(("day", "waived"), [("2026-03-10", True), ("2026-03-11", False)])
def test_a_clock_finished_under_a_waiver_stays_waived(world: World, day: str, waived: bool) -> None:
    """A clock's finding is waived when it was finished on or before the waiver's last day, in the verdict too."""
    _waive(world, "K", "2026-03-10")
    found = world.step("visit", "R1", day).findings
    assert [(f.rule, f.waived) for f in found] == [("K", waived)]
    assert [f.waived for f in world.findings("K")] == [waived]


def test_a_waiver_that_nothing_used_is_a_finding(world: World) -> None:
    """A waiver still unused when its last day has passed is a finding at warn."""
    seq = _waive(world, "L-1", "2026-03-10")
    assert world.findings("CORE-09", "2026-03-10") == []
    assert [(f.seq, f.level) for f in world.findings("CORE-09", "2026-03-11")] == [(seq, "warn")]
    world.ok("note", "R1", "2026-03-01", text="x")
    assert world.findings("CORE-09", "2026-03-11") == []


def test_a_waiver_of_a_clock_that_was_needed_counts_as_used(world: World) -> None:
    """A waiver under which a clock was late is used, also once the clock was finished after its last day."""
    _waive(world, "K", "2026-03-10")
    world.ok("visit", "R1", "2026-03-12")
    assert world.findings("CORE-09") == []


def test_waivers_are_not_shown_as_due(world: World) -> None:
    """The core's clock of a waiver is no duty of anybody."""
    _waive(world, "L-1", "2026-03-10")
    assert world.due("CORE-09") == []


def test_a_locked_rule_cannot_be_waived(world: World) -> None:
    """A locked rule cannot be waived: the waiver is refused by it."""
    given = {"until": "2026-12-31", "reason": "x", "approved_by": "b1"}
    assert world.refused("waive", "R1", "2026-02-24", "b1", rule="CORE-02", **given) == ["CORE-02"]
    assert world.refused("waive", "R1", "2026-02-24", "b1", rule="L-2", **given) == ["L-2"]
    assert "L-1" in world.wrong("waive", "R1", "2026-02-24", "b1", rule="L-11", **given)


@pytest.mark.parametrize("field", ["rule", "reason", "until", "approved_by"])
@pytest.mark.parametrize("blank", [None, " "])
def test_a_waiver_needs_all_four(world: World, field: str, blank: str | None) -> None:
    """Rule, reason, last day and approver are all required, and blank text is none."""
    given = {"rule": "L-1", "until": "2026-12-31", "reason": "x", "approved_by": "b1"} | {field: blank}
    world.wrong("waive", "R1", "2026-02-24", "b1", **given)


def test_a_voided_waiver_waives_nothing(world: World) -> None:
    """Once a waiver is voided, the finding stands again."""
    seq = _waive(world, "L-1", "2026-03-10")
    world.ok("note", "R1", "2026-02-26", text="x")
    world.ok("correct", None, "2026-03-01", of=seq, void=True, reason="typo")
    assert [f.waived for f in world.findings("L-1")] == [False]
    assert world.refused("note", "R1", "2026-02-26", text="x") == ["L-1"]
