"""Indicators of a synthetic authority against other ways to count: plain loops over its log, its audit, its `due`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cinctl.calendar import Calendar
from cinctl.cli import run
from cinctl.indicators.measures import MEASURES
from cinctl.indicators.rows import Row
from cinctl.indicators.tally import BY, By
from cinctl.workspace import Settings, Workspace
from cinctl.workspace.auditing import audit_store
from tests.indicators.support import frame, numbers, reported

TODAY = date(2026, 3, 2)
EVER = "2000-01-03..2026-03-02"
YEAR = "2025-04-01..2026-02-28"
WORKING_DAYS = Calendar.load().working_days_between


@pytest.fixture(scope="module", name="store")
def _store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 300 cases."""
    store = tmp_path_factory.mktemp("demo") / "cases.jsonl"
    place = ["--store", str(store), "--protocol", "bristol", "--today", TODAY.isoformat()]
    assert 0 == run([*place, "demo", "--cases", "300", "--seed", "7"])
    return store


@pytest.fixture(scope="module", name="workspace")
def _workspace(store: Path) -> Workspace:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return Workspace(Settings(store=store, protocol="bristol", today=TODAY, now=now))


@pytest.fixture(scope="module", name="cases")
def _cases(store: Path) -> dict[str, list[dict[str, Any]]]:
    """The lines of each case in order, with what was corrected put right."""
    lines = {line["seq"]: line for line in map(json.loads, store.read_text(encoding="utf-8").splitlines())}
    for change in [line for line in lines.values() if line["kind"] == "correct"]:
        target = lines[change["data"]["of"]]
        if change["data"].get("void"):
            del lines[target["seq"]]
        else:
            target["at"] = change["data"]["set"].pop("at", target["at"])
            target["data"].update(change["data"]["set"])
    cases: dict[str, list[dict[str, Any]]] = {}
    for line in sorted(lines.values(), key=_order):
        assert line["kind"] not in ("redact", "reopen")
        if line["case"] is not None:
            cases.setdefault(line["case"], []).append(line)
    return cases


def _order(line: dict[str, Any]) -> tuple[bool, str, int]:
    return line["kind"] != "refer", line["at"][:10], line["seq"]


def _days(lines: list[dict[str, Any]], kind: str) -> list[date]:
    return [date.fromisoformat(line["at"][:10]) for line in lines if line["kind"] == kind]


def _typed(cases: dict[str, list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    return (lines for lines in cases.values() if lines[0]["under"] is not None)


def test_decisions(workspace: Workspace, cases: dict[str, list[dict[str, Any]]]) -> None:
    """Decisions in time are those by the next working day after the referral; others are late once that is past."""
    hits = total = 0
    for lines in _typed(cases):
        referred, decided = _days(lines, "refer")[0], _days(lines, "decide")
        late = WORKING_DAYS(referred, decided[0] if decided else TODAY) > 1
        total += bool(decided) or late
        hits += bool(decided) and not late

    assert (hits, total) == numbers(reported(workspace, frame(EVER, TODAY)), "decision_in_time")[:2]
    assert total > 200 > total - hits > 0


def test_assessments(workspace: Workspace, cases: dict[str, list[dict[str, Any]]]) -> None:
    """Working days from referral, and from the start, to the latest completion of each assessment."""
    found = reported(workspace, frame(EVER, TODAY))
    taken, own = [], []
    for lines in cases.values():
        for done in _days(lines, "assess.complete"):
            taken.append(WORKING_DAYS(_days(lines, "refer")[0], done))
            own.append(WORKING_DAYS(_days(lines, "assess.start")[0], done))

    assert (sum(taken), len(taken), 0) == numbers(found, "assessment_from_referral")
    assert (sum(own), len(own), 0) == numbers(found, "assessment_from_start")
    band = numbers(found, "assessment_from_start", band="11-20")
    assert (sum(10 < days <= 20 for days in own), len(own), 0) == band
    assert band[0] > 0


def test_first_leads(workspace: Workspace, cases: dict[str, list[dict[str, Any]]]) -> None:
    """Working days from the referral to the first `allocate`; changes of lead are all others to somebody else."""
    found = reported(workspace, frame(EVER, TODAY))
    taken, changes = [], 0
    for lines in _typed(cases):
        leads = [line["data"]["to"] for line in lines if line["kind"] == "allocate"]
        changes += sum(one != other for one, other in pairwise(leads))
        if leads:
            taken.append(WORKING_DAYS(_days(lines, "refer")[0], _days(lines, "allocate")[0]))

    assert (sum(taken), len(taken)) == numbers(found, "time_to_allocation")[:2]
    assert (changes, len(list(_typed(cases)))) == numbers(found, "lead_changes")[:2]
    assert changes > 0


def test_what_is_late_is_what_the_audit_finds(workspace: Workspace) -> None:
    """Over all time an indicator is as often late as the audit finds fault with its clocks."""
    audited = audit_store(workspace)
    found = reported(workspace, frame(EVER, TODAY))
    late = 0
    for row in found:
        if row["rules"] and row["by"] == "all" and not MEASURES[row["indicator"]].by:
            findings = [f for f in audited.findings if f.rule in row["rules"] and f.due is not None]
            assert len(findings) == row["denominator"] - row["numerator"], row["indicator"]
            late += len(findings)

    assert late > 50


def test_what_is_overdue_is_among_what_is_late(workspace: Workspace) -> None:
    """What `due` says is overdue was late on its due date, in the month of that."""
    rows, _ = workspace.due()
    overdue = [row for row in rows if row[1] == "BRI-40" and row[9] == "overdue"]
    months = {str(row[8])[:7] for row in overdue}
    found = reported(workspace, frame(EVER, TODAY, by="month"))

    for month in months:
        (row,) = [r for r in found if (r["indicator"], r["group"]) == ("supervision_in_time", month)]
        assert row["denominator"] - row["numerator"] >= sum(str(r[8])[:7] == month for r in overdue)
    assert months


def _adds(row: Row, by: By) -> bool:
    """Return whether the groups of an indicator add up to its whole."""
    if by == "rule":
        return bool(MEASURES[row["indicator"]].stops)
    return by != "month" or not MEASURES[row["indicator"]].windowed


@pytest.mark.parametrize("by", BY)
def test_groups_add_up(workspace: Workspace, by: By) -> None:
    """Numerators, denominators and what is not judged of all groups are those of the whole, in both periods."""
    found = reported(workspace, frame("2026-01-01..2026-02-28", TODAY, by=by, before=YEAR.replace("02-28", "01-31")))
    fields = ("numerator", "denominator", "not_judged", *(f"previous_{n}" for n in ("numerator", "denominator")))
    checked = 0
    for whole in (row for row in found if row["by"] == "all" and _adds(row, by)):
        parts = [
            r for r in found if r["by"] == by and (r["indicator"], r["band"]) == (whole["indicator"], whole["band"])
        ]
        for field in fields[:3] if by == "month" else fields:
            assert whole[field] == sum(row[field] or 0 for row in parts), (whole["indicator"], field)
        checked += whole["denominator"] > 0

    assert checked > (2 if by == "rule" else 10)


def test_bands_add_up(workspace: Workspace) -> None:
    """Each thing that took some days is in one band."""
    found = reported(workspace, frame(YEAR, TODAY, by="lead"))
    banded = {(r["indicator"], r["by"], r["group"]): r["denominator"] for r in found if r["band"] is not None}

    for (indicator, by, group), denominator in banded.items():
        bands = [r for r in found if (r["indicator"], r["by"], r["group"]) == (indicator, by, group) and r["band"]]
        assert denominator == sum(row["numerator"] for row in bands)
    assert any(banded.values())


def test_processes_and_periods_make_no_difference(workspace: Workspace) -> None:
    """Several processes count what one counts; a period counts the same whether asked about or held against."""
    asked = frame("2026-02", TODAY, by="unit", before="2026-01")
    one, two = reported(workspace, asked), reported(workspace, asked, jobs=2)
    january = {
        (r["indicator"], r["band"], r["by"], r["group"]): r
        for r in reported(workspace, frame("2026-01", TODAY, by="unit"))
    }

    assert one == two
    for row in one:
        other = january.get((row["indicator"], row["band"], row["by"], row["group"]))
        if other is not None:
            assert other["numerator"] == row["previous_numerator"]
            assert other["value"] == row["previous_value"]


def test_a_past_period_is_as_it_was(workspace: Workspace, store: Path) -> None:
    """As of a later day, what was in time or late in a period that was over is the same."""
    then = Workspace(workspace.settings._replace(today=date(2026, 1, 5)))
    asked = frame("2025-12", date(2026, 1, 5))
    before, after = reported(then, asked), reported(workspace, asked._replace(today=TODAY))

    for name in ("decision_in_time", "visit_in_time", "supervision_in_time"):
        assert numbers(before, name)[:2] == numbers(after, name)[:2]
        assert numbers(before, name)[1] > 0


@pytest.mark.parametrize("by", [None, *BY])
def test_no_small_number_is_left(workspace: Workspace, by: By | None) -> None:
    """With a threshold no count from 1 to below it stands anywhere, nor the rest of a share."""
    found = reported(workspace, frame("2026-02", TODAY, by=by, before="2026-01"), least=5)
    shown = 0
    for row in found:
        for side in ("", "previous_"):
            number, total = row[f"{side}numerator"], row[f"{side}denominator"]
            assert total is None or total == 0 or total >= 5
            assert row[f"{side}not_judged"] in (None, 0) or row[f"{side}not_judged"] >= 5
            if number is not None and (row["unit"] == "%"):
                assert {number, total - number}.isdisjoint(range(1, 5))
            assert (row[f"{side}numerator"] is None) == (f"{side}numerator" in row["suppressed"])
            shown += total is not None

    assert shown > len(found)
