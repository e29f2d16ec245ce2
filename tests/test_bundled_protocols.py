"""The bundled protocols: complete, clean, and right where no command can yet type the step that a story would tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cinctl.explain import lint
from cinctl.history import Draft
from cinctl.notes import rules_of
from cinctl.protocol import bundled, load
from cinctl.protocol.registers import reading_of, readings
from cinctl.rules import RuleBook
from cinctl.store.log import Log
from cinctl.workspace import Settings, Verdict, Workspace

TODAY = date(2025, 7, 31)
BUNDLED = bundled()
STAFF: dict[str, dict[str, Any]] = {
    "csw1": {"role": "consultant_social_worker", "qualified": True, "registered_until": "2028-11-30"},
    "sw1": {"role": "social_worker", "qualified": True, "registered_until": "2028-11-30"},
    "sw2": {"role": "social_worker", "qualified": True, "registered_until": "2025-05-31"},
    "kw1": {"role": "family_help_key_worker", "practice_experience": "nine years"},
}
RATIONALE = {"skills_experience": "a", "need_and_best_placed": "b", "s47_risk": "c"}
Step = Callable[..., Verdict]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a store under Bristol's protocol with its cast and one referral, R1, decided and mapped."""
    Log.create(tmp_path / "cases.jsonl")
    now = datetime(2025, 7, 31, 12, tzinfo=UTC)
    made = Workspace(Settings(store=tmp_path / "cases.jsonl", protocol="bristol", today=TODAY, now=now))
    topics = list(load("bristol").training["induction"].topics)
    cast = [Draft("staff.join", None, "2024-01-08", data={"staff": s, "unit": "A", **d}) for s, d in STAFF.items()]
    cast.append(Draft("staff.train", None, "2024-01-31", data={"staff": "kw1", "topic": topics}))
    decision = {"outcome": "section_17", "limb": ["health_or_development"], "next_steps": "assess"}
    opening = [
        Draft("refer", "R1", "2025-06-02", data={"source": "1A", "born": "2015-06-01"}),
        Draft("decide", "R1", "2025-06-02", by="csw1", data=decision),
        Draft("map", "R1", "2025-06-02", by="csw1", data={"strengths": "a"}),
    ]
    assert all(v.accepted for v in made.record([*cast, *opening]))
    return made


@pytest.fixture
def step(workspace: Workspace) -> Step:
    """Return a function that records one step on R1 and returns the verdict."""

    def record(kind: str, on: str, by: str | None = "csw1", **data: Any) -> Verdict:
        [verdict] = workspace.record([Draft(kind, "R1", on, by=by, data=data)])
        assert verdict.error is None
        return verdict

    return record


def allocate(step: Step, to: str, on: str = "2025-06-03", **more: Any) -> Verdict:
    """Record an allocation of R1 to *to* that is complete."""
    return step("allocate", on, to=to, supervisor="csw1", rationale=RATIONALE, **more)


def refusing(verdict: Verdict) -> set[str]:
    """Return the rules that refuse the step."""
    return {f.rule for f in verdict.findings if f.denies}


@pytest.mark.parametrize("name", BUNDLED)
def test_lint_finds_only_what_an_authority_must_fill_in(name: str) -> None:
    """What is bundled compiles and looks right; only an authority knows the day of inception, and who agreed when."""
    protocol = load(name)
    unfilled = {param for param, value in protocol.params.items() if value.value is None}
    known = {f"is not judged: params.{param} has no value" for param in unfilled}
    left = [note for note in lint(RuleBook(protocol).newest) if note.message not in known]
    assert [note for note in left if note.rule not in ("BRI-01", "TOR-02")] == []
    assert unfilled == ({"inception"} if name == "bristol" else set())


@pytest.mark.parametrize("name", BUNDLED)
def test_every_rule_says_what_it_asks(name: str) -> None:
    """Every gate and clock has plain words of its own, and a clock an owner."""
    protocol = load(name)
    assert [rule.id for rule in rules_of(protocol) if not rule.say] == []
    assert [clock.id for clock in protocol.clocks.values() if not clock.owner] == []


def test_every_assumption_is_told_in_words() -> None:
    """Each mark that a rule carries stands for something, and nothing stands for a mark that no rule carries."""
    rules = [rule for name in BUNDLED for rule in rules_of(load(name)) if rule.assumption]
    marks = {(rule.assumption or "").partition(":")[0].partition(",")[0] for rule in rules}

    assert [] == [rule.id for rule in rules if reading_of(rule.assumption) is None]
    assert set(readings()) == marks


def test_what_no_protocol_may_set_aside_is_locked() -> None:
    """The core's gates, section 47 under a registered social worker, and complaint never a reason to close."""
    protocol = load("bristol")
    locked = {rule.id for rule in rules_of(protocol) if rule.locked}
    core = {rule for rule in protocol.gates if rule.startswith("CORE-")} | {"CORE-09"}
    assert locked == core | {"WT-03", "WT-03.lead", "WT-03.plan", "WT-23", "BRI-89"}


@pytest.mark.parametrize("kind", ["enquire.start", "conference.initial", "coregroup"])
@pytest.mark.parametrize(("lead", "refused"), [("kw1", True), ("sw1", False)])
def test_child_protection_is_led_by_a_registered_social_worker(step: Step, kind: str, lead: str, refused: bool) -> None:
    """WT-03: refused while a Key Worker leads, accepted once a registered social worker does."""
    assert allocate(step, lead).accepted
    assert refusing(step(kind, "2025-06-05")) == ({"WT-03"} if refused else set())


def test_an_enquiry_keeps_the_lead_with_a_registered_social_worker(step: Step) -> None:
    """WT-03.lead: while an enquiry is open a Key Worker cannot take over; once it is concluded one can."""
    assert allocate(step, "sw1").accepted
    assert step("enquire.start", "2025-06-05", by="sw1").accepted
    change = {"to": "kw1", "on": "2025-06-10", "from": "sw1"}
    assert refusing(allocate(step, **change)) == {"WT-03.lead"}
    assert step("enquire.conclude", "2025-06-09", by="sw1").accepted
    assert allocate(step, **change).accepted


def test_registration_that_ran_out_does_not_count(step: Step) -> None:
    """BRI-05: a social worker off the register on that day does not lead."""
    assert refusing(allocate(step, "sw2")) == {"BRI-05"}


def test_nobody_endorses_their_own_proposal(step: Step) -> None:
    """CORE-06."""
    assert refusing(step("endorse", "2025-06-03", to="kw1", proposed_by="csw1")) == {"CORE-06"}
    assert step("endorse", "2025-06-03", to="kw1", proposed_by="sw1").accepted


def test_only_what_ended_can_be_reopened(step: Step) -> None:
    """CORE-10; and reopening starts a new episode without a lead and without a mapping."""
    assert allocate(step, "kw1").accepted
    assert refusing(step("reopen", "2025-06-10")) == {"CORE-10"}
    assert step("close", "2025-06-20", reason="RC7", signed_by="csw1").accepted
    assert step("reopen", "2025-06-30", reason="new worry").accepted
    assert refusing(allocate(step, "sw1", on="2025-07-01")) == {"BRI-29"}
    assert step("map", "2025-07-01", strengths="a").accepted
    assert allocate(step, "sw1", on="2025-07-01").accepted


def test_a_complaint_is_answered_even_after_closing(workspace: Workspace, step: Step) -> None:
    """BRI-87 has no number and outlives the case; BRI-88 asks what the person wants."""
    assert allocate(step, "kw1").accepted
    verdict = step("feedback.received", "2025-06-10", type="complaint")
    assert {f.rule for f in verdict.findings} == {"BRI-88"}
    assert step("close", "2025-06-20", reason="RC7", signed_by="csw1").accepted
    open_rules = {row["rule"]: row["status"] for row in workspace.book().due_rows(TODAY)}
    assert open_rules["BRI-87"] == "outstanding"
    assert step("feedback.answered", "2025-06-25", answer="sorry").accepted
    assert "BRI-87" not in {row["rule"] for row in workspace.book().due_rows(TODAY)}


def test_feedback_is_talked_over_in_supervision(workspace: Workspace, step: Step) -> None:
    """BRI-85: outstanding until a supervision in which feedback was discussed."""

    def open_rules() -> set[str]:
        return {row["rule"] for row in workspace.book().due_rows(TODAY)}

    assert allocate(step, "kw1").accepted
    assert step("feedback.received", "2025-06-10", type="compliment", wanted="nothing").accepted
    assert step("supervise.formal", "2025-06-20", direction="go on", **{"with": "kw1"}).accepted
    assert "BRI-85" in open_rules()
    discussed = {"with": "kw1", "feedback_discussed": True}
    assert step("supervise.formal", "2025-07-18", direction="go on", **discussed).accepted
    assert "BRI-85" not in open_rules()


@pytest.mark.parametrize("kind", ["feedback.received", "fileaudit.audit"])
def test_what_concerns_no_case_needs_no_referral(workspace: Workspace, kind: str) -> None:
    """CORE-02 asks for a referral only where there is a case."""
    [verdict] = workspace.record([Draft(kind, None, "2025-06-10", by="csw1", data={"note": "the service as a whole"})])
    assert verdict.accepted
