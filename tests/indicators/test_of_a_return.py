"""Indicators of an imported census return against the true counts of whoever made it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cinctl.cli import run
from cinctl.indicators.national import ASSESSMENT_BANDS, CONFERENCE_BANDS, Band
from cinctl.indicators.rows import Row
from cinctl.workspace import Settings, Workspace
from tests.indicators.support import frame, numbers, reported

TOOL = Path(__file__).resolve().parent.parent.parent / "tools" / "make_census_return.py"
TODAY = date(2026, 5, 20)
PROTOCOL = "working-together-2023"


@pytest.fixture(scope="module", name="returned", params=[2, 5])
def _returned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Row], dict[str, Any]]:
    """The report on a return of 200 children for the year to March 2026, and its true counts."""
    folder = tmp_path_factory.mktemp("return")
    asked = ["--children", "200", "--seed", str(request.param), "--output", str(folder / "return.xml")]
    made = subprocess.run([sys.executable, str(TOOL), *asked], capture_output=True, check=True)
    store = folder / "cases.jsonl"
    place = ["--store", str(store), "--protocol", PROTOCOL, "--today", TODAY.isoformat()]
    assert 0 == run([*place, "import", "census", str(folder / "return.xml")])
    now = datetime(2026, 5, 20, 12, tzinfo=UTC)
    workspace = Workspace(Settings(store=store, protocol=PROTOCOL, today=TODAY, now=now))
    return reported(workspace, frame("2025-04-01..2026-03-31", TODAY)), json.loads(made.stdout)


def over(found: list[Row], indicator: str, bands: tuple[Band, ...], days: int) -> int:
    """Return how many took more working days than *days*, by the bands."""
    return sum(numbers(found, indicator, band=b.name)[0] for b in bands if b.first > days)


def test_assessments(returned: tuple[list[Row], dict[str, Any]]) -> None:
    """As many were completed, and as many late from the referral, as were made so."""
    found, true = returned

    assert (true["assessments_authorised"], 0) == numbers(found, "assessment_from_referral")[1:]
    assert true["assessments_authorised_late"] == over(found, "assessment_from_referral", ASSESSMENT_BANDS, 45)


def test_conferences(returned: tuple[list[Row], dict[str, Any]]) -> None:
    """As many conferences came of an enquiry, late, and to a plan, as were made so."""
    found, true = returned
    held, late = true["icpc_after_s47"], true["icpc_late"]

    assert (held, 0) == numbers(found, "conference_from_enquiry")[1:]
    assert late == over(found, "conference_from_enquiry", CONFERENCE_BANDS, 15)
    assert held - late == numbers(found, "conference_in_time")[0]
    assert (held, held + true["s47_no_conference_required"], 0) == numbers(found, "enquiry_to_conference")
    assert (true["cp_plans_started_in_year"], true["icpc"], 0) == numbers(found, "conference_to_plan")


def test_what_a_return_does_not_speak_of(returned: tuple[list[Row], dict[str, Any]]) -> None:
    """Decisions, leads and what was before the year are not judged, and counted."""
    found, true = returned

    assert (0, 0, true["referrals_in_year"]) == numbers(found, "rereferral")
    assert (0, 0, true["referrals_in_year"]) == numbers(found, "time_to_allocation")
    assert (0, 0, true["open_at_year_end"]) == numbers(found, "without_lead") == numbers(found, "led_by_others")
    assert (0, 0, true["referrals_in_year"]) == numbers(found, "decision_in_time")
