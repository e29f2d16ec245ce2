"""The staff register: who somebody was on a day, and what late lines about them do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain.world import World, gate

BOSS = gate("L-1", '"decide"', '{ "actor.role" = "boss" }')


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An authority in which a boss decides."""
    made = World(tmp_path, BOSS)
    made.staff("b1", role="boss")
    made.staff("kw1")
    made.refer()
    return made


def test_an_unknown_practitioner_is_wrong_usage(world: World) -> None:
    """An id that is not in the register is wrong usage wherever a staff id stands, with a suggestion."""
    assert "Did you mean 'kw1'?" in world.wrong("allocate", "R1", "2026-02-24", to="kw2")
    assert "--by" in world.wrong("note", "R1", "2026-02-24", "nobody", text="x")
    assert "nobody" in world.wrong("staff.leave", None, "2026-02-24", staff="nobody")
    assert "nobody" in world.wrong("map", "R1", "2026-02-24", attendees=["kw1", "nobody"])


def test_a_change_counts_from_its_day(world: World) -> None:
    """A change of role counts from its day, whatever is recorded first."""
    world.ok("staff.change", None, "2026-03-10", staff="kw1", role="boss")
    assert world.refused("decide", "R1", "2026-03-09", "kw1") == ["L-1"]
    world.ok("decide", "R1", "2026-03-10", "kw1")


def test_a_back_dated_staff_line_is_hindsight(world: World) -> None:
    """A back-dated staff line never makes a deny finding of a step accepted before it: it is hindsight."""
    seq = world.ok("decide", "R1", "2026-03-10", "b1")
    world.ok("staff.change", None, "2026-03-01", staff="b1", role="worker")
    assert [(f.seq, f.level, f.hindsight) for f in world.findings("L-1")] == [(seq, "warn", True)]


def test_a_back_dated_staff_line_tells_at_once_what_it_shows(world: World) -> None:
    """A back-dated step prints at once the hindsight findings that it causes; a staff line is a step."""
    seq = world.ok("decide", "R1", "2026-03-10", "b1")
    found = world.step("staff.leave", None, "2026-03-01", staff="b1").findings
    assert [(f.rule, f.seq, f.hindsight) for f in found] == [("L-1", seq, True)]


def test_a_refused_step_does_not_become_lawful_by_a_later_line(world: World) -> None:
    """A warn finding that a later staff line explains stays: it is the judgement as recorded."""
    assert world.refused("decide", "R1", "2026-03-10", "kw1") == ["L-1"]
    world.ok("staff.change", None, "2026-03-01", staff="kw1", role="boss")
    world.ok("decide", "R1", "2026-03-10", "kw1")
    assert world.findings("L-1") == []


def test_who_left_cannot_lead(world: World) -> None:
    """Whoever has left is nobody to lead a case, whatever is said of them afterwards, until they join again."""
    world.ok("staff.leave", None, "2026-03-01", staff="kw1")
    assert world.refused("allocate", "R1", "2026-03-05", to="kw1") == ["CORE-08"]
    assert "not in post" in world.wrong("staff.change", None, "2026-03-06", staff="kw1", unit="B", role="worker")
    assert world.refused("allocate", "R1", "2026-03-07", to="kw1") == ["CORE-08"]
    world.ok("staff.join", None, "2026-03-08", staff="kw1", role="worker")
    world.ok("allocate", "R1", "2026-03-08", to="kw1")


def test_staff_lines_can_be_corrected_and_corrections_undone(world: World) -> None:
    """A staff line can be amended and voided, and voiding the correction undoes it."""
    seq = world.ok("staff.change", None, "2026-03-01", staff="kw1", role="boss")
    void = world.ok("correct", None, "2026-03-02", of=seq, void=True, reason="typo")
    assert world.refused("decide", "R1", "2026-03-10", "kw1") == ["L-1"]
    world.ok("correct", None, "2026-03-03", of=void, void=True, reason="it was right")
    world.ok("decide", "R1", "2026-03-10", "kw1")


def test_a_staff_line_can_be_amended(world: World) -> None:
    """An amended staff line counts from its amended day."""
    seq = world.ok("staff.change", None, "2026-03-05", staff="kw1", role="boss")
    assert world.refused("decide", "R1", "2026-03-03", "kw1") == ["L-1"]
    world.ok("correct", None, "2026-03-06", of=seq, set={"at": "2026-03-02"}, reason="typo")
    world.ok("decide", "R1", "2026-03-03", "kw1")


def test_staff_rows_are_as_of_the_day(world: World) -> None:
    """The register is shown as of today."""
    world.ok("staff.change", None, "2026-03-05", staff="kw1", role="boss", unit="B")
    book = world.book()
    from datetime import date

    assert book.staff_row("kw1", date(2026, 3, 4))["role"] == "worker"
    assert book.staff_row("kw1", date(2026, 3, 5))["unit"] == "B"
    assert [r["staff"] for r in book.staff_rows(date(2026, 3, 5))] == ["b1", "kw1"]


def test_gates_on_staff_lines_are_in_the_audit(tmp_path: Path) -> None:
    """A finding about staff has no case and names the practitioner; the audit repeats it."""
    world = World(tmp_path, gate("L-1", '"staff.join"', '{ "event.background" = { present = true } }', level="warn"))
    verdict = world.step("staff.join", None, "2026-01-05", staff="kw1", role="worker")
    assert [f.rule for f in verdict.findings] == ["L-1"]
    assert [(f.rule, f.case, f.staff) for f in world.audit().findings] == [("L-1", None, "kw1")]
