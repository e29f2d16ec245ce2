"""Where the documents disagree, D-01 to D-25: the same history, and what each protocol makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cinctl.protocol import load
from tests.histories import POSTS, History

NATIONAL, TORBAY, BRISTOL, HAMPSHIRE = "working-together-2023", "torbay", "bristol", "hampshire"
ALL = (NATIONAL, TORBAY, BRISTOL, HAMPSHIRE)


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Return a store with a cast, and no case yet."""
    return History(tmp_path)


def test_d01_who_may_lead(history: History) -> None:
    """D-01: a youth worker leads nationally and nowhere else; each authority has its own other worker."""
    history.taken_on()
    youth_worker = history.led_by("yw1")
    key_worker = history.led_by("kw1", from_="yw1")
    practitioner = history.led_by("scp1", from_="kw1")
    assert {p for p in ALL if "WT-01" not in history.against(youth_worker, p)} == {NATIONAL}
    assert {p for p in ALL if "WT-01" not in history.against(key_worker, p)} == {BRISTOL}
    assert {p for p in ALL if "WT-01" not in history.against(practitioner, p)} == {HAMPSHIRE}


def test_d02_at_which_stage_another_than_a_social_worker_comes_in(history: History) -> None:
    """D-02: from the start in Bristol, only after a social worker in Torbay."""
    history.taken_on()
    first = history.led_by("kw1")
    history.led_by("sw1", from_="kw1")
    later = history.led_by("kw1", from_="sw1")
    assert "TOR-39" in history.against(first, TORBAY)
    assert "TOR-39" not in history.against(later, TORBAY)
    assert "WT-01" not in history.against(first, BRISTOL)


def test_d03_the_credential_of_who_supervises(history: History) -> None:
    """D-03: qualified is enough in Bristol; in Torbay whoever supervises is registered on that day."""
    history.taken_on()
    history.led_by("ccw1")
    session = history.step("supervise.formal", "2025-06-20", "tm2", with_="ccw1", direction="go on")
    assert "TOR-25" in history.against(session, TORBAY)
    assert history.against(session, BRISTOL) == set()


def test_d04_how_often_supervision_is(history: History) -> None:
    """D-04: four weeks in Torbay and there not of social workers, a month in Bristol, nothing nationally."""
    history.taken_on()
    history.led_by("ccw1", "2025-06-03")
    assert history.due(TORBAY, "2025-06-03")["TOR-26"] == "2025-07-01"
    assert history.due(BRISTOL, "2025-06-03")["BRI-40"] == "2025-07-03"
    assert not {"TOR-26", "BRI-40"} & set(history.due(NATIONAL, "2025-06-03"))
    history.led_by("sw1", "2025-06-04", from_="ccw1")
    assert "TOR-26" not in history.due(TORBAY, "2025-06-04")
    assert history.due(BRISTOL, "2025-06-04")["BRI-40"] == "2025-07-03"


def test_d05_a_second_signature(history: History) -> None:
    """D-05: Torbay wants a Service Manager's endorsement of another lead than a social worker; nobody else does."""
    history.taken_on()
    step = history.led_by("ccw1")
    assert {p for p in ALL if "TOR-14" in history.against(step, p)} == {TORBAY}


def test_d06_what_the_rationale_says(history: History) -> None:
    """D-06: four things nationally, as a finding; three others in Bristol, or it is refused."""
    history.taken_on()
    parts = {"skills": "a", "knowledge": "b", "competence": "c", "experience": "d"}
    step = history.led_by("sw1", rationale=parts)
    assert "WT-12" not in history.against(step, NATIONAL, "warn")
    assert history.against(step, BRISTOL) >= {"BRI-26", "BRI-27", "BRI-28"}
    local = history.led_by("sw2", from_="sw1", rationale={"skills_experience": "a", "s47_risk": "none"})
    assert "WT-12" in history.against(local, NATIONAL, "warn")
    assert history.against(local, BRISTOL) == {"BRI-27"}


def test_d07_how_long_an_assessment_may_take(history: History) -> None:
    """D-07: 45 working days nationally, in Torbay and in Bristol; 15 in Hampshire."""
    history.taken_on("2025-06-02")
    assert {p: history.due(p, "2025-06-02").get("WT-45WD") for p in ALL} == {
        NATIONAL: "2025-08-04",
        TORBAY: "2025-08-04",
        BRISTOL: "2025-08-04",
        HAMPSHIRE: None,
    }
    assert history.due(HAMPSHIRE, "2025-06-02")["HAM-03"] == "2025-06-23"


def test_d08_the_decision_on_a_referral(history: History) -> None:
    """D-08: a day everywhere, but only Bristol says whose decision it is."""
    decision = history.taken_on("2025-06-02", by="sw1")
    assert history.against(decision, BRISTOL) >= {"BRI-22"}
    assert history.against(decision, NATIONAL) == set()
    history.step("refer", "2025-06-06", case="R2", source="1A", born="2015-06-01")
    assert history.due(BRISTOL, "2025-06-06")["BRI-21"] == "2025-06-09"
    assert history.due(NATIONAL, "2025-06-06")["WT-1WD"] == "2025-06-09"


def test_d09_who_takes_over_when_need_rises(history: History) -> None:
    """D-09: any social worker of the unit in Bristol; in Torbay first the one who had the child before."""
    history.taken_on()
    history.led_by("sw1")
    history.led_by("ccw1", "2025-06-10", from_="sw1")
    history.step("escalate.raise", "2025-06-20", "ccw1", to="tm1", factor=["risk"])
    history.step("escalate.agree", "2025-06-20", "tm1")
    another = history.led_by("sw2", "2025-06-20", from_="ccw1")
    assert "TOR-36" in history.against(another, TORBAY)
    assert history.against(another, BRISTOL) == set()
    assert history.against(another, HAMPSHIRE) == set()


def test_d10_whether_the_other_worker_stays_on(history: History) -> None:
    """D-10: Bristol lets the Key Worker stay under a Social Worker only; the others say nothing of it."""
    history.taken_on()
    history.led_by("kw1")
    history.step("escalate.raise", "2025-06-20", "kw1", to="tm1", factor=["risk"])
    too_soon = history.step("cowork.add", "2025-06-20", "tm1", with_="kw1", reason="trust")
    assert "BRI-55" in history.against(too_soon, BRISTOL)
    assert history.against(too_soon, TORBAY) == history.against(too_soon, NATIONAL) == set()
    history.led_by("sw1", "2025-06-20", from_="kw1")
    kept = history.step("cowork.add", "2025-06-20", "tm1", with_="kw1", reason="trust")
    assert history.against(kept, BRISTOL) == history.against(kept, TORBAY) == set()


def test_d11_who_raises_need_and_with_whom(history: History) -> None:
    """D-11: in Torbay with an Advanced Social Worker or Team Manager; elsewhere with anybody, for any agency."""
    history.taken_on()
    history.led_by("ccw1")
    step = history.step("escalate.raise", "2025-06-20", "ccw1", to="sw2", factor=["risk"], requested_by="school")
    assert "TOR-34" in history.against(step, TORBAY)
    assert history.against(step, HAMPSHIRE) == history.against(step, BRISTOL) == set()


def test_d11_who_agrees(history: History) -> None:
    """D-11: in Bristol a Team Manager; Hampshire leaves it to social care."""
    history.taken_on()
    history.led_by("sw1")
    history.step("escalate.raise", "2025-06-20", "sw1", to="tm1", factor=["risk"])
    step = history.step("escalate.agree", "2025-06-20", "sw2", reason="harm is likely")
    assert "BRI-59" in history.against(step, BRISTOL)
    assert history.against(step, HAMPSHIRE) == set()


def test_d12_who_runs_a_strategy_discussion(history: History) -> None:
    """D-12: always a Team Manager in Bristol; the others do not say."""
    history.taken_on()
    step = history.step("strategy", "2025-06-20", "sw1", chair="sw1", outcome="section_47")
    assert "BRI-53" in history.against(step, BRISTOL)
    assert history.against(step, HAMPSHIRE) == history.against(step, TORBAY) == set()


def test_d13_who_ends_a_case_and_on_what(history: History) -> None:
    """D-13: Bristol wants a Team Manager's signature; Hampshire a decision, evidence and early help considered."""
    history.taken_on()
    history.led_by("sw1")
    said: dict[str, Any] = {"decision": "no longer in need", "evidence": "three visits", "early_help": "considered"}
    unsigned = history.step("close", "2025-07-01", "sw1", reason="RC7", **said)
    history.step("reopen", "2025-07-02", "tm1")
    signed = history.step("close", "2025-07-03", "sw1", reason="RC7", signed_by="tm1")
    assert "BRI-64" in history.against(unsigned, BRISTOL)
    assert history.against(signed, BRISTOL) == set()
    assert not {"HAM-33", "HAM-34"} & history.against(unsigned, HAMPSHIRE)
    assert history.against(signed, HAMPSHIRE) >= {"HAM-33", "HAM-34"}


def test_d14_where_a_step_down_leads(history: History) -> None:
    """D-14: to level 2 or 3 through a meeting in Bristol, to early help elsewhere."""
    history.taken_on()
    history.led_by("sw1")
    said: dict[str, Any] = {"reason": "the plan has worked", "signed_by": "tm1", "early_help": "offered"}
    early_help = history.step("stepdown", "2025-07-01", "sw1", to="early_help", meeting="2025-06-30", **said)
    history.step("reopen", "2025-07-02", "tm1")
    level_2 = history.step("stepdown", "2025-07-03", "sw1", to="level_2", meeting="2025-06-30", **said)
    assert "BRI-61" in history.against(early_help, BRISTOL)
    assert "HAM-34" not in history.against(early_help, HAMPSHIRE)
    assert "TSS-10" not in history.against(early_help, TORBAY, "warn")
    assert history.against(level_2, BRISTOL) == set()
    assert "HAM-34" in history.against(level_2, HAMPSHIRE) | history.against(level_2, HAMPSHIRE, "warn")
    assert "TSS-10" in history.against(level_2, TORBAY, "warn")


def test_d15_consent(history: History) -> None:
    """D-15: Hampshire asks for consent to the assessment; Bristol does not speak of it."""
    history.taken_on()
    history.led_by("sw1")
    history.step("direct", "2025-06-03", "tm1", focus="a", see_child_by="2025-06-10", complete_by="2025-07-10")
    history.step("consent.assessment", "2025-06-04", "sw1", answer="declined", given_by="mother")
    step = history.step("assess.start", "2025-06-05", "sw1")
    assert "HAM-04" in history.against(step, HAMPSHIRE)
    assert history.against(step, BRISTOL) == history.against(step, NATIONAL) == set()


def test_d15_consent_to_a_family_group_conference(history: History) -> None:
    """D-15: in Torbay it needs that of an adult who holds parental responsibility."""
    history.taken_on()
    history.led_by("sw1")
    step = history.step("service.start", "2025-06-20", "sw1", service="fgc")
    assert "TSS-33" in history.against(step, TORBAY)
    assert history.against(step, NATIONAL) == set()


def test_d16_quality_assurance(history: History) -> None:
    """D-16: six weeks, two months, two a year, a year in Bristol once inception is filled in; elsewhere none."""
    text = '[protocol]\nid = "ours"\nextends = "bristol"\n[params]\ninception = 2025-09-01\n'
    owed = history.due(history.write("ours.toml", text), "2025-09-01")
    assert "BRI-68" in owed
    assert {rule: owed[rule] for rule in ("BRI-75", "BRI-80", "BRI-81")} == {
        "BRI-75": "2025-11-01",
        "BRI-80": "2026-09-01",
        "BRI-81": "2026-09-01",
    }
    assert not any(rule.startswith("BRI-") for p in (NATIONAL, HAMPSHIRE) for rule in history.due(p, "2025-09-01"))


def test_d17_a_lead_from_outside(history: History) -> None:
    """D-17: allowed nationally, and not in Torbay, Bristol or Hampshire."""
    history.step("staff.join", "2024-01-08", case=None, staff="sw7", **{**POSTS["sw1"], "employer": "partner"})
    history.taken_on()
    step = history.led_by("sw7")
    assert history.against(step, NATIONAL) == set()
    assert "BRI-05" in history.against(step, BRISTOL)
    assert "HAM-01" in history.against(step, HAMPSHIRE)
    youth_worker = history.led_by("yw1", from_="sw7")
    assert history.against(youth_worker, NATIONAL) == set()
    assert "TOR-11" in history.against(youth_worker, TORBAY)


def test_d18_who_is_told_of_a_new_lead(history: History) -> None:
    """D-18: Torbay owes child, family and agencies word of it; Bristol and Hampshire owe none at that moment."""
    history.taken_on()
    history.led_by("sw1")
    history.step("endorse", "2025-06-10", "sm1", to="ccw1", proposed_by="tm1", rationale="fits")
    history.led_by("ccw1", "2025-06-10", from_="sw1")
    told = {"TOR-16", "TOR-17", "TOR-22", "TOR-23"}
    assert told <= set(history.due(TORBAY, "2025-06-10"))
    assert not told & (set(history.due(BRISTOL, "2025-06-10")) | set(history.due(HAMPSHIRE, "2025-06-10")))


def test_d18_who_is_told_of_the_end(history: History) -> None:
    """D-18: Bristol's family, with the reason, on the day; nationally nobody says when."""
    history.taken_on()
    history.led_by("sw1")
    history.step("close", "2025-07-01", "sw1", reason="RC7", signed_by="tm1")
    assert history.due(BRISTOL, "2025-07-02")["BRI-66"] == "2025-07-01"
    assert "BRI-66" not in history.due(NATIONAL, "2025-07-02")


def test_d19_training(history: History) -> None:
    """D-19: ten topics before a Key Worker leads, and only in Bristol."""
    history.taken_on()
    step = history.led_by("kw1")
    assert {p for p in ALL if "BRI-18" in history.against(step, p)} == {BRISTOL}
    topics = list(load(BRISTOL).training["induction"].topics)
    history.step("staff.train", "2025-06-10", case=None, staff="kw1", topic=topics)
    history.led_by("sw1", "2025-06-11", from_="kw1")
    assert "BRI-18" not in history.against(history.led_by("kw1", "2025-06-12", from_="sw1"), BRISTOL)


def test_d20_what_a_plan_says(history: History) -> None:
    """D-20: six parts in Hampshire; Bristol asks whether a Team Manager agreed to it before work began."""
    history.taken_on()
    history.led_by("sw1")
    history.step("consent.plan", "2025-06-19", "sw1", answer="given", given_by="mother")
    drawn_up = history.step("plan.draft", "2025-06-20", "sw1", part={"outcomes": "at school"})
    begun = history.step("plan.start", "2025-06-23", "sw1")
    assert history.against(drawn_up, HAMPSHIRE) >= {"HAM-15", "HAM-16", "HAM-17", "HAM-18", "HAM-20"}
    assert history.against(drawn_up, BRISTOL) == set()
    assert "BRI-44" in history.against(begun, BRISTOL)


@pytest.mark.parametrize("protocol", ALL)
def test_d21_departing_from_the_guidance(history: History, protocol: str) -> None:
    """D-21: no authority has a say in it: everywhere a reason, and the approval of somebody else."""
    history.taken_on()
    own = history.step("waive", "2025-06-03", "tm1", rule="WT-18", reason="a", until="2025-07-01", approved_by="tm1")
    other = history.step("waive", "2025-06-03", "tm1", rule="WT-18", reason="a", until="2025-07-01", approved_by="sm1")
    assert "WT-23" in history.against(own, protocol)
    assert history.against(other, protocol) == set()


def test_d22_torbay_then_and_now(history: History) -> None:
    """D-22: the newer process says who leads, the older description is the catalogue of services and no more."""
    torbay = load(TORBAY)
    assert "community_care_worker" in torbay.sets["lead"]
    leading = [gate for gate in torbay.gates.values() if "allocate" in gate.on and gate.level == "deny"]
    assert [gate.id for gate in leading if any(clause.startswith("TSS-") for clause in gate.clauses)] == []
    assert any(c.startswith("TSS-") for code in torbay.codes["service"].values() for c in code.clauses)
    history.taken_on()
    step = history.led_by("ccw1")
    assert "WT-01" not in history.against(step, TORBAY)


def test_d23_what_a_team_is(history: History) -> None:
    """D-23: Torbay's team and Bristol's small unit are one field, so both turn away a social worker of another."""
    history.taken_on()
    history.led_by("sw1")
    history.led_by("ccw1", "2025-06-10", from_="sw1")
    history.step("escalate.raise", "2025-06-20", "ccw1", to="tm1", factor=["risk"])
    history.step("escalate.agree", "2025-06-20", "tm1")
    elsewhere = history.led_by("sw9", "2025-06-20", from_="ccw1", why_not_previous="on leave")
    assert "TOR-36" in history.against(elsewhere, TORBAY)
    assert "BRI-52" in history.against(elsewhere, BRISTOL)
    assert history.against(elsewhere, NATIONAL) == set()


def test_d24_when_a_plan_is_reviewed(history: History) -> None:
    """D-24: in Hampshire on the date that the plan sets; in Bristol progress is looked at each month."""
    history.taken_on()
    history.led_by("sw1")
    history.step("plan.draft", "2025-06-20", "sw1", part={"outcomes": "at school"}, review_on="2025-09-19")
    history.step("approve.plan", "2025-06-20", "tm1")
    assert history.due(HAMPSHIRE, "2025-06-20")["HAM-22"] == "2025-09-19"
    assert history.due(BRISTOL, "2025-06-20")["BRI-45"] == "2025-07-20"
    assert not {"HAM-22", "BRI-45"} & set(history.due(NATIONAL, "2025-06-20"))


def test_d25_when_an_enquiry_is_concluded(history: History) -> None:
    """D-25: Hampshire counts 15 working days from the referral; the conference counts from the discussion."""
    history.taken_on("2025-06-02")
    history.led_by("sw1")
    discussion = history.step("strategy", "2025-06-10", "tm1", chair="tm1", outcome="section_47")
    history.step("enquire.start", "2025-06-10", "sw1", strategy=discussion)
    assert history.due(HAMPSHIRE, "2025-06-10")["HAM-42"] == "2025-06-23"
    assert history.due(HAMPSHIRE, "2025-06-10")["HAM-45"] == "2025-07-01"
    assert history.due(BRISTOL, "2025-06-10")["WT-ICPC"] == "2025-07-01"
    assert "HAM-42" not in history.due(BRISTOL, "2025-06-10")
