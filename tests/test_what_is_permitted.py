"""What clauses permit or fix: each of these fails when a refusal is added, or when a date comes to depend on a role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cinctl.protocol import bundled, load, patch
from cinctl.rules import RuleBook
from tests.histories import History

LEADS = {"working-together-2023": "yw1", "torbay": "ccw1", "bristol": "kw1", "hampshire": "scp1"}
DUTIES = {"assess", "visit", "plan", "review", "enquire", "conference", "coregroup"}


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Return a store with a cast, and no case yet."""
    return History(tmp_path)


def trained(history: History) -> None:
    """Let the Key Worker complete Bristol's induction."""
    topics = list(load("bristol").training["induction"].topics)
    history.step("staff.train", "2024-02-02", case=None, staff="kw1", topic=topics)


def proposed(history: History) -> None:
    """Let a social worker lead, a Team Manager propose another worker of Torbay's, and a Service Manager endorse."""
    history.led_by("sw1")
    said: dict[str, Any] = {"with_": "sw1", "direction": "go on", "identified_for": "community_care_worker"}
    history.step("supervise.formal", "2025-06-04", "tm1", **said)
    history.step("endorse", "2025-06-05", "sm1", to="ccw1", proposed_by="tm1", rationale="housing comes first")


@pytest.mark.parametrize("protocol", LEADS)
def test_no_gate_asks_a_lead_of_a_child_in_need_for_registration(history: History, protocol: str) -> None:
    """TOR-04, WT-01, BRI-10, HAM-01: nothing stands against a lead who is neither qualified nor registered."""
    history.taken_on(need="N4")
    trained(history)
    proposed(history)
    more: dict[str, Any] = {"from_": "sw1", "scope": ["housing_primary"], "stage": "support"}
    assert history.against(history.led_by(LEADS[protocol], "2025-06-06", **more), protocol) == set()


@pytest.mark.parametrize("protocol", LEADS)
def test_no_due_date_depends_on_who_leads(tmp_path: Path, protocol: str) -> None:
    """TOR-10, BRI-49: what is due to be seen, assessed, planned and reviewed, and when, is the same whoever leads."""
    owed = {}
    for lead in ("sw1", LEADS[protocol]):
        (tmp_path / lead).mkdir()
        owed[lead] = duties(History(tmp_path / lead), lead, protocol)
    assert len(owed["sw1"]) > 1
    assert owed["sw1"] == owed[LEADS[protocol]]


def duties(history: History, lead: str, protocol: str) -> set[tuple[str, str, str | None]]:
    """Return what is due of the duties to the child as a case that *lead* leads goes on: when told, rule, date."""
    clocks = RuleBook(load(protocol)).newest.clock_rules
    asked = {id_ for id_, rule in clocks.items() if {kind.partition(".")[0] for kind in rule.stop_kinds} & DUTIES}
    found: set[tuple[str, str, str | None]] = set()

    def note(on: str) -> None:
        found.update((on, rule, due) for rule, due in history.due(protocol, on).items() if rule in asked)

    history.taken_on()
    history.step("consent.assessment", "2025-06-02", "tm1", answer="given", given_by="mother")
    history.step("consent.plan", "2025-06-02", "tm1", answer="given", given_by="mother")
    history.led_by(lead)
    history.step("direct", "2025-06-03", "tm1", focus="a", see_child_by="2025-06-10", complete_by="2025-07-10")
    history.step("assess.start", "2025-06-04", lead)
    note("2025-06-04")
    history.step("plan.draft", "2025-06-20", lead, part={"outcomes": "at school"}, review_on="2025-09-19")
    history.step("approve.plan", "2025-06-20", "tm1")
    history.step("change", "2025-06-23", lead, what="the family moves")
    note("2025-06-23")
    return found


@pytest.mark.parametrize("stage", ["assessment", "plan", "support"])
def test_a_social_worker_may_lead_at_every_stage(history: History, stage: str) -> None:
    """BRI-09: assessment, planning and support."""
    history.taken_on()
    assert history.against(history.led_by("sw1", stage=stage), "bristol") == set()


def test_a_key_worker_leads_assessment_plan_and_support(history: History) -> None:
    """BRI-13, D-02: from the first allocation to work under the plan, nothing stands in a Key Worker's way."""
    trained(history)
    history.taken_on()
    steps = [history.led_by("kw1", stage="assessment")]
    history.step("direct", "2025-06-03", "tm1", focus="a", see_child_by="2025-06-10", complete_by="2025-07-10")
    steps.append(history.step("assess.start", "2025-06-04", "kw1"))
    told: dict[str, Any] = {"finding": "a", "decision": "b", "next_steps": "c", "interviewed": ["child", "mother"]}
    steps.append(history.step("assess.complete", "2025-06-20", "kw1", **told))
    steps.append(history.step("plan.draft", "2025-06-23", "kw1", part={"outcomes": "at school"}))
    history.step("approve.plan", "2025-06-24", "tm1")
    steps.append(history.step("plan.start", "2025-06-25", "kw1"))
    assert [history.against(step, "bristol") for step in steps] == [set()] * len(steps)


@pytest.mark.parametrize("employer", ["authority", "agency", "partner", "other_authority"])
def test_a_lead_may_come_from_outside_the_authority(history: History, employer: str) -> None:
    """WT-01, WT-46: nationally other backgrounds may lead, and other employers' people too."""
    post: dict[str, Any] = {"role": "domestic_abuse_worker", "employer": employer}
    history.step("staff.join", "2024-01-08", case=None, staff="w1", **post)
    history.taken_on()
    assert history.against(history.led_by("w1"), "working-together-2023") == set()


@pytest.mark.parametrize("name", bundled())
def test_a_protocol_says_who_may_lead(name: str) -> None:
    """WT-14: by roles that exist."""
    protocol = load(name)
    assert protocol.sets["lead"]
    assert set(protocol.sets["lead"]) <= set(protocol.roles)


@pytest.mark.parametrize("below", bundled())
def test_social_workers_only_can_be_said(history: History, below: str) -> None:
    """WT-40: an authority that keeps section 17 for social workers restates one set, whatever it builds on."""
    only = patch(below, {"sets": {"lead": ["social_worker"]}})
    assert only.sets["lead"] == ("social_worker",)
    text = f'[protocol]\nid = "ours"\nextends = "{below}"\n[sets]\nlead = ["social_worker"]\n'
    ours = history.write("ours.toml", text)
    history.taken_on()
    trained(history)
    other = history.led_by(LEADS[below])
    social_worker = history.led_by("sw1", from_=LEADS[below])
    assert "WT-01" in history.against(other, ours)
    assert history.against(social_worker, ours) == set()


@pytest.mark.parametrize("lead", ["sw1", "scp1"])
def test_a_social_care_practitioner_may_lead(history: History, lead: str) -> None:
    """HAM-01: a social worker or another practitioner of social care."""
    history.taken_on()
    assert history.against(history.led_by(lead), "hampshire") == set()


@pytest.mark.parametrize("agency", ["school", "other"])
@pytest.mark.parametrize("protocol", LEADS)
def test_no_gate_stands_before_escalating(history: History, protocol: str, agency: str) -> None:
    """HAM-26, HAM-27: need is raised at any stage, for any agency, whatever was consented to."""
    asks: dict[str, Any] = {"to": "tm1", "factor": ["risk"], "requested_by": agency}
    history.step("refer", "2025-06-02", source="1A", born="2015-06-01")
    steps = [history.step("escalate.raise", "2025-06-02", "yw1", **asks)]
    said: dict[str, Any] = {"outcome": "section_17", "limb": ["health_or_development"], "next_steps": "assess"}
    history.step("decide", "2025-06-03", "tm1", **said)
    steps.append(history.step("escalate.raise", "2025-06-03", **asks))
    for purpose in ("assessment", "plan", "fgc"):
        history.step(f"consent.{purpose}", "2025-06-04", "sw1", answer="withdrawn", given_by="mother")
    history.led_by(LEADS[protocol], "2025-06-05")
    steps.append(history.step("escalate.raise", "2025-06-06", LEADS[protocol], **asks))
    history.step("plan.draft", "2025-06-20", "sw1", part={"outcomes": "at school"})
    steps.append(history.step("escalate.raise", "2025-06-23", LEADS[protocol], **asks))
    assert [history.against(step, protocol) for step in steps] == [set()] * len(steps)
