"""The core's gates and those of a protocol, as they meet a step."""

from __future__ import annotations

from pathlib import Path

import pytest

from cinctl.workspace import Workspace
from tests.domain.world import World, gate


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A case under the core alone."""
    made = World(tmp_path)
    made.staff("kw1")
    made.staff("kw2")
    made.staff("b1", role="boss")
    made.refer()
    return made


def test_one_lead_at_a_time(world: World) -> None:
    """Allocating a case that has a lead takes the present lead's name."""
    world.ok("allocate", "R1", "2026-02-24", to="kw1")
    assert world.refused("allocate", "R1", "2026-02-25", to="kw2") == ["CORE-01"]
    assert world.refused("allocate", "R1", "2026-02-25", to="kw2", from_="kw2") == ["CORE-01"]
    world.ok("allocate", "R1", "2026-02-25", to="kw2", from_="kw1")
    assert world.book().case_row("R1")["lead"] == "kw2"


def test_nothing_before_the_referral(world: World) -> None:
    """Nothing on a case is dated before its referral; on its day it may be."""
    assert world.refused("note", "R1", "2026-02-22", text="x") == ["CORE-02"]
    world.ok("note", "R1", "2026-02-23", text="x")


@pytest.mark.parametrize("end", ["close", "stepdown"])
def test_after_the_end_only_what_may_follow(world: World, end: str) -> None:
    """After closing or stepping down only what belongs to a closed case is recorded, until it is reopened."""
    world.ok(end, "R1", "2026-03-02", **({"to": "level_2"} if end == "stepdown" else {}))
    for kind in ("map", "visit", "assess.start", "plan.draft", "escalate.raise", "close", "child", "update"):
        assert "CORE-03" in world.refused(kind, "R1", "2026-03-03"), kind
    for kind, data in (
        ("inform", {}),
        ("summarise", {}),
        ("note", {"text": "x"}),
        ("feedback.received", {}),
        ("fileaudit.audit", {}),
        ("dissent", {}),
    ):
        world.ok(kind, "R1", "2026-03-03", **data)
    world.ok("reopen", "R1", "2026-03-04")
    world.ok("map", "R1", "2026-03-05")
    assert world.refused("reopen", "R1", "2026-03-06") == ["CORE-10"]


def test_the_end_keeps_the_lead_and_reopening_clears_it(world: World) -> None:
    """Closing and stepping down keep the lead; reopening clears it."""
    world.ok("allocate", "R1", "2026-02-24", to="kw1")
    world.ok("stepdown", "R1", "2026-03-02", to="level_2")
    assert (world.book().case_row("R1")["lead"], world.book().case_row("R1")["state"]) == ("kw1", "stepped_down")
    world.ok("reopen", "R1", "2026-03-04")
    assert world.book().case_row("R1")["lead"] is None
    world.ok("allocate", "R1", "2026-03-04", to="kw2")


def test_nobody_approves_endorses_or_supervises_themselves(world: World) -> None:
    """No approving or endorsing one's own proposal, no supervising oneself."""
    world.ok("assess.start", "R1", "2026-02-24", "kw1")
    world.ok("assess.complete", "R1", "2026-02-25", "kw1")
    assert world.refused("approve.assessment", "R1", "2026-02-26", "kw1") == ["CORE-04"]
    assert world.refused("approve.assessment", "R1", "2026-02-26") == ["CORE-04"]
    world.ok("plan.draft", "R1", "2026-02-25", "kw1")
    assert world.refused("approve.plan", "R1", "2026-02-26", "kw1") == ["CORE-05"]
    assert world.refused("endorse", "R1", "2026-02-26", "kw1", to="kw2", proposed_by="kw1") == ["CORE-06"]
    assert world.refused("supervise.formal", "R1", "2026-02-26", "kw1", with_="kw1") == ["CORE-07"]
    world.ok("approve.assessment", "R1", "2026-02-26", "b1")
    world.ok("approve.plan", "R1", "2026-02-26", "b1")


def test_feedback_and_file_audits_without_a_case(world: World) -> None:
    """Feedback and file audits may belong to no case: nothing about a case stands in their way."""
    world.ok("feedback.received", None, "2026-02-24", type="compliment")
    world.ok("fileaudit.audit", None, "2026-02-24", practitioner="kw1")


def test_a_warn_gate_records_with_a_finding(tmp_path: Path) -> None:
    """A gate at warn records the step and tells the finding, now and in the audit."""
    world = World(
        tmp_path, gate("L-1", '"note"', '{ "event.by" = { present = true } }', level="warn", say="who wrote it")
    )
    world.refer()
    verdict = world.step("note", "R1", "2026-02-24", text="x")
    assert [(f.rule, f.level, f.waived, f.hindsight) for f in verdict.findings] == [("L-1", "warn", False, False)]
    assert [f.fingerprint for f in world.findings("L-1")] == [verdict.findings[0].fingerprint]


def test_a_refusal_names_every_rule(tmp_path: Path) -> None:
    """A refused step is told every rule that refuses it, one line each, with its clause."""
    rules = gate("L-1.a", '"note"', '{ "event.by" = { present = true } }', say="who wrote it")
    world = World(tmp_path, rules + gate("L-2", '"note"', '{ "event.type" = { present = true } }', say="what sort"))
    world.refer()
    verdict = world.step("note", "R1", "2026-02-24", text="x")
    assert [line.split(":")[0] for line in verdict.refusals] == ["refused by L-1.a (local)", "refused by L-2 (local)"]
    assert [(f.clause, f.clauses) for f in verdict.findings] == [("L-1", ("L-1",)), ("L-2", ("L-2",))]


def test_assumptions_and_external_sources_are_told(tmp_path: Path) -> None:
    """`assumption` and `external` are printed wherever the rule is."""
    rule = gate("L-1", '"note"', '{ "event.by" = { present = true } }', assumption="A-25", external="general guidance")
    world = World(tmp_path, rule)
    world.refer()
    message = world.step("note", "R1", "2026-02-24", text="x").findings[0].message
    assert "A-25" in message
    assert "general guidance" in message


def test_escalation_is_never_blocked_by_the_core(world: World) -> None:
    """Raising need is open at every stage of an open case, whoever leads it."""
    world.ok("escalate.raise", "R1", "2026-02-23")
    world.ok("allocate", "R1", "2026-02-24", to="kw1")
    world.ok("escalate.raise", "R1", "2026-02-24", "kw1", to="b1")


def test_workspaces_without_a_protocol_say_so(tmp_path: Path) -> None:
    """No protocol chosen is an error of the config."""
    from cinctl.errors import ConfigError

    settings = World(tmp_path).workspace().settings._replace(protocol=None)
    with pytest.raises(ConfigError, match="no protocol"):
        Workspace(settings).book()
