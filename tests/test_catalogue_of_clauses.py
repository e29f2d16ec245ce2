"""Clauses that no rule keeps: what a role, a code, a field or a table says in their name is there, and can be used."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cinctl.explain import homes
from cinctl.protocol import load
from tests.histories import History

NATIONAL = "working-together-2023"
STANDARDS = {
    "WT-64": "full_picture",
    "WT-65": "challenge",
    "WT-66": "significant_harm",
    "WT-67": "child_voice",
    "WT-68": "parents_and_network",
    "WT-69": "adults",
    "WT-70": "who_know_the_child",
    "WT-71": "shared_reasoning",
    "WT-72": "family_help",
    "WT-73": "explained_to_parents",
    "WT-74": "new_information",
    "WT-75": "plan_strengthened",
}


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Return a store with a cast, and no case yet."""
    return History(tmp_path)


def listed(history: History, protocol: str, today: str = "2025-06-30") -> dict[str, Any]:
    """Return R1 as `cinctl list` shows it."""
    return history.workspace(protocol, today).book().case_row("R1")


@pytest.mark.parametrize(
    ("clause", "role"),
    [
        ("WT-04", "youth_worker"),
        ("WT-04", "family_support_worker"),
        ("WT-04", "domestic_abuse_worker"),
        ("WT-04", "drug_alcohol_practitioner"),
        ("WT-30", "mental_health_worker"),
        ("WT-30", "family_support_worker"),
        ("WT-30", "domestic_abuse_worker"),
        ("WT-30", "drug_alcohol_practitioner"),
    ],
)
def test_a_role_that_the_guidance_names_may_lead(history: History, clause: str, role: str) -> None:
    """WT-04, WT-30: each role stands in the national protocol under its clause, and may lead."""
    assert f"role {role}" in homes(load(NATIONAL))[clause]
    history.step("staff.join", "2024-01-08", case=None, staff="w1", role=role)
    history.taken_on()
    assert history.against(history.led_by("w1"), NATIONAL) == set()


@pytest.mark.parametrize("clause", STANDARDS)
def test_an_audit_that_leaves_one_standard_out_is_found(history: History, clause: str) -> None:
    """WT-64 to WT-75: each standard is a word of its own, and WT-63 misses it."""
    word = STANDARDS[clause]
    assert homes(load(NATIONAL))[clause] == [f"code standard.{word}"]
    told: dict[str, Any] = {"case": None, "scope": ["child_protection"]}
    rest = [one for one in STANDARDS.values() if one != word]
    short = history.step("fileaudit.audit", "2025-06-02", "tm1", standards=rest, **told)
    whole = history.step("fileaudit.audit", "2025-06-03", "tm1", standards=[*rest, word], **told)
    assert "WT-63" in history.against(short, NATIONAL, "warn")
    assert history.against(whole, NATIONAL, "warn") == set()


def test_who_leads_can_be_counted_by_role(history: History) -> None:
    """WT-10, BRI-91: the list of cases says in which role the lead is."""
    history.taken_on()
    history.led_by("kw1")
    assert homes(load(NATIONAL))["WT-10"] == homes(load("bristol"))["BRI-91"] == ["report:list"]
    assert listed(history, "bristol")["lead_role"] == "family_help_key_worker"


def test_who_answers_for_a_case_and_for_what_is_found(history: History) -> None:
    """BRI-47, BRI-50: each case names its Team Manager as supervisor; findings come with the case."""
    history.taken_on()
    history.led_by("kw1")
    assert listed(history, "bristol")["supervisor"] == "tm1"
    assert {f.case for f in history.audit("bristol", "2025-06-30").findings if f.clause == "BRI-32"} == {"R1"}


def test_a_family_is_stepped_in_from_early_help(history: History) -> None:
    """BRI-57, TSS-41: where a referral comes from is told, and nothing is held against it."""
    early_help = history.step("refer", "2025-06-02", source="5D", born="2015-06-01")
    elsewhere = history.step("refer", "2025-06-02", case="R2", source="5C", born="2015-06-01")
    assert "code source.5D" in homes(load("bristol"))["BRI-57"]
    assert history.against(early_help, "bristol") == set()
    assert history.against(elsewhere, "torbay") == set()


def test_a_manager_joins_a_visit_and_meets_the_family(history: History) -> None:
    """WT-22: it is told of the visit."""
    history.taken_on()
    history.led_by("yw1")
    visit = history.step("visit", "2025-06-10", "yw1", seen=["child", "family"], attendees=["tm1"])
    assert homes(load(NATIONAL))["WT-22"] == ["field:visit.attendees"]
    assert history.against(visit, NATIONAL) | history.against(visit, NATIONAL, "warn") == set()


def test_training_in_spotting_risk_is_recorded(history: History) -> None:
    """WT-35: as a topic, in the national protocol and in Bristol's list."""
    history.step("staff.train", "2024-02-02", case=None, staff="kw1", topic=["risk_recognition"])
    assert "field:staff.topic" in homes(load(NATIONAL))["WT-35"]
    assert "code topic.risk_recognition" in homes(load("bristol"))["WT-35"]
    book = history.workspace("bristol", "2024-02-02").book()
    assert book.staff_row("kw1", date(2024, 2, 2))["training"] == ["risk_recognition"]


def test_goals_and_feedback_are_recorded(history: History) -> None:
    """BRI-72, BRI-84: goals in supervision, and feedback that nobody complained in."""
    history.taken_on()
    history.led_by("kw1")
    told: dict[str, Any] = {"with_": "kw1", "direction": "go on", "goals": "lead a review", "feedback_discussed": True}
    steps = [
        history.step("feedback.received", "2025-06-10", "kw1", type="compliment", from_="family", channel="letter"),
        history.step("supervise.formal", "2025-06-20", "tm1", **told),
    ]
    assert [history.against(step, "bristol") for step in steps] == [set(), set()]


@pytest.mark.parametrize(("lead", "refused"), [("scp1", True), ("sw1", False)])
def test_an_enquiry_is_led_by_a_social_worker(history: History, lead: str, refused: bool) -> None:
    """HAM-40 is kept by WT-03, which no protocol may set aside."""
    history.taken_on()
    history.led_by(lead)
    step = history.step("enquire.start", "2025-06-10", lead)
    assert homes(load("hampshire"))["HAM-40"] == ["gate:WT-03"]
    assert ("WT-03" in history.against(step, "hampshire")) == refused
