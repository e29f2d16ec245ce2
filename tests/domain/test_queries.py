"""Rows: due, list, history, next, caseload."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import UsageError
from tests.domain.world import World, clock, gate

DAY = date(2026, 3, 10)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two cases at different points, one of them led."""
    toml = clock("W", "refer", "visit", within="5 working days") + clock(
        "D", "refer", "map", within="40 days", owner="lead"
    )
    toml += clock("N", "refer", "summarise") + gate("L-1", '"allocate"', '{ "last.map.on" = { present = true } }')
    toml += gate("L-2", '"note"', '{ "event.type" = { present = true } }')
    made = World(tmp_path, toml)
    made.staff("kw1", unit="A")
    made.staff("b1", role="boss", unit="B")
    made.refer("R1", child="X1", family="F1", need="N1")
    made.refer("R2", on="2026-03-02")
    made.ok("map", "R1", "2026-02-24")
    made.ok("decide", "R1", "2026-02-24", "b1", outcome="section_17")
    made.ok("allocate", "R1", "2026-02-25", to="kw1", supervisor="b1")
    return made


def test_due_is_ordered_most_overdue_first(world: World) -> None:
    """The order never saturates, and what has no limit comes last."""
    rows = world.book("2026-03-10").due_rows(DAY)
    assert [(r["case"], r["rule"], r["status"]) for r in rows] == [
        *(("R1", "W", "overdue"), ("R2", "W", "overdue"), ("R2", "D", "pending")),
        *(("R1", "N", "outstanding"), ("R2", "N", "outstanding")),
    ]
    assert set(rows[0]) == {
        "case",
        "rule",
        "clause",
        "what",
        "owner",
        "lead",
        "unit",
        "start",
        "due",
        "status",
        "late_days",
        "late",
        "late_unit",
        "covers",
    }


def test_late_is_in_the_unit_of_the_limit(world: World) -> None:
    """`late_days` counts calendar days, `late` the unit of the limit."""
    row = world.book("2026-03-10").due_rows(DAY)[0]
    assert (row["due"], row["late_days"], row["late"], row["late_unit"]) == ("2026-03-02", 8, 6, "working days")


def test_due_soon_is_today_unless_widened(world: World) -> None:
    """`due_soon` is today unless told otherwise."""
    from cinctl.workspace import Workspace

    settings = world.workspace("2026-03-06").settings._replace(due_soon="2 days")
    rows = Workspace(settings).book().due_rows(date(2026, 3, 7))
    assert {r["case"]: r["status"] for r in rows if r["rule"] == "W"} == {"R1": "overdue", "R2": "due_soon"}
    rows = world.book("2026-03-07").due_rows(date(2026, 3, 7))
    assert {r["case"]: r["status"] for r in rows if r["rule"] == "W"} == {"R1": "overdue", "R2": "pending"}


def test_a_case_row(world: World) -> None:
    """A row of `list` says where the case stands."""
    assert world.book().case_row("R1") == {
        "case": "R1", "child": "X1", "family": "F1", "born": "2015-06-01", "expected": None, "state": "open",
        "tier": "section_17", "need": "N1", "lead": "kw1", "lead_role": "worker", "supervisor": "b1", "unit": "B",
        "referred": "2026-02-23", "closed": None,
    }  # fmt: skip


def test_unknown_ids_are_wrong_usage(world: World) -> None:
    """An unknown case or practitioner is wrong usage, with a suggestion."""
    book = world.book()
    with pytest.raises(UsageError, match=r"Did you mean 'R[12]'\?"):
        book.case_row("R11")
    with pytest.raises(UsageError, match=r"Did you mean 'kw1'\?"):
        book.staff_row("kw2", DAY)
    with pytest.raises(UsageError):
        book.history_rows("nope")
    with pytest.raises(UsageError):
        book.next_rows("nope", DAY)


def test_next_says_what_fails_whatever_the_step_says(world: World) -> None:
    """`next` says refused when a rule fails whatever the step's own fields hold; what they must hold is `satisfy`."""
    rows = {r["step"]: r for r in world.book().next_rows("R2", world.today)}
    assert (rows["allocate"]["refused"], rows["allocate"]["rules"]) == (True, ["L-1"])
    assert "map" in rows["allocate"]["why"]
    assert (rows["note"]["refused"], rows["note"]["rules"]) == (False, [])
    assert "--type" in rows["note"]["satisfy"]
    assert rows["reopen"]["rules"] == ["CORE-10"]


def test_the_caseload(world: World) -> None:
    """The caseload counts each lead's open cases and what is overdue, and the cases without a lead."""
    rows = {r["lead"]: r for r in world.book("2026-03-10").caseload_rows(DAY)}
    assert (rows["kw1"]["cases"], rows["kw1"]["overdue"], rows["kw1"]["outstanding"]) == (1, 1, 1)
    assert (rows[None]["cases"], rows[None]["overdue"]) == (1, 1)


def test_the_caseload_counts_changes_of_lead(world: World) -> None:
    """How often the cases of a lead have changed hands, which is to be kept low (TOR-07, BRI-31)."""
    world.staff("kw9")
    world.ok("allocate", "R1", "2026-03-04", to="kw9", **{"from": "kw1"})
    rows = {r["lead"]: r for r in world.book("2026-03-10").caseload_rows(DAY)}
    assert (rows["kw9"]["cases"], rows["kw9"]["lead_changes"]) == (1, 1)
    assert "kw1" not in rows


def test_history_is_in_the_order_of_the_log(world: World) -> None:
    """`history` shows every line of the case as it was recorded."""
    rows = world.book().history_rows("R1")
    assert [r["kind"] for r in rows] == ["refer", "map", "decide", "allocate"]
    assert set(rows[0]) == {"seq", "kind", "at", "recorded", "by", "case", "data", "corrected_by"}


def test_next_looks_at_each_thread_that_a_step_may_name(tmp_path: Path) -> None:
    """A step that is accepted once it names another assessment is not called refused: `satisfy` says which to name."""
    world = World(tmp_path, gate("L-1", '"approve.assessment"', '{ "assessment.completed_on" = { present = true } }'))
    world.refer()
    first = world.ok("assess.start", "R1", "2026-03-02")
    assert _next(world, "approve.assessment")["refused"]
    world.ok("assess.complete", "R1", "2026-03-03")
    world.ok("assess.start", "R1", "2026-03-04")
    row = _next(world, "approve.assessment")
    assert (row["refused"], row["satisfy"].split(";")[0]) == (False, f"--of is {first}")


def _next(world: World, step: str) -> dict[str, Any]:
    return next(row for row in world.book().next_rows("R1", DAY) if row["step"] == step)
