"""Order, back-dating, hindsight, and corrections."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain.world import World, clock, gate

MAPPED = gate("L-1", '"allocate"', '{ "last.map.on" = { on_or_before = "event.on" } }')


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A case in which a mapping must precede allocation, and a visit follows the referral within five days."""
    made = World(tmp_path, MAPPED + clock("K", "refer", "visit", within="5 days"))
    made.staff("kw1")
    made.staff("kw2")
    made.refer()
    return made


def test_events_of_one_day_stand_in_the_order_of_the_log(world: World) -> None:
    """Of two events of one day the later line is the later event, whatever the hour says."""
    assert world.refused("allocate", "R1", "2026-02-24", to="kw1") == ["L-1"]
    world.ok("map", "R1", "2026-02-24T17:00:00+00:00")
    world.ok("allocate", "R1", "2026-02-24T09:00:00+00:00", to="kw1")
    assert world.findings("L-1") == []


def test_a_back_dated_step_is_judged_against_what_was_before_it(world: World) -> None:
    """A step dated before the mapping does not see it, though the mapping was recorded first."""
    world.ok("map", "R1", "2026-02-27")
    assert world.refused("allocate", "R1", "2026-02-26", to="kw1") == ["L-1"]
    world.ok("map", "R1", "2026-02-25")
    world.ok("allocate", "R1", "2026-02-26", to="kw1")


def test_a_back_dated_step_may_break_a_later_one_in_hindsight(tmp_path: Path) -> None:
    """What a back-dated step shows of others is told at once and in the audit, at level warn, as hindsight."""
    world = World(tmp_path, gate("L-1", '"note"', '{ "count.map" = { at_most = 1 } }'))
    world.refer()
    world.ok("map", "R1", "2026-03-01")
    note = world.ok("note", "R1", "2026-03-05", text="x")
    found = world.step("map", "R1", "2026-03-02").findings
    assert [(f.rule, f.seq, f.level, f.hindsight) for f in found] == [("L-1", note, "warn", True)]
    assert [(f.seq, f.level, f.hindsight) for f in world.findings("L-1")] == [(note, "warn", True)]


def test_a_warn_finding_as_recorded_stays_when_hindsight_clears_it(tmp_path: Path) -> None:
    """The audit repeats the judgement that a step had when it was recorded, whatever came later."""
    world = World(tmp_path, gate("L-1", '"allocate"', '{ "last.map.on" = { present = true } }', level="warn"))
    world.staff("kw1")
    world.refer()
    seq = world.ok("allocate", "R1", "2026-03-05", to="kw1")
    world.ok("map", "R1", "2026-03-01")
    assert [(f.seq, f.hindsight) for f in world.findings("L-1")] == [(seq, False)]


def test_amending_moves_the_date_and_is_judged_there(world: World) -> None:
    """An amendment is judged by the gates of the kind that it amends, at the amended date."""
    mapped = world.ok("map", "R1", "2026-02-25")
    seq = world.ok("allocate", "R1", "2026-02-26", to="kw1")
    assert world.refused("correct", None, "2026-03-01", of=seq, set={"at": "2026-02-24"}, reason="typo") == ["L-1"]
    world.ok("correct", None, "2026-03-01", of=seq, set={"at": "2026-02-25"}, reason="typo")
    assert world.findings("L-1") == []
    found = world.step("correct", None, "2026-03-02", of=mapped, set={"at": "2026-02-26"}, reason="typo").findings
    assert [(f.rule, f.seq, f.hindsight, f.level) for f in found] == [("L-1", seq, True, "warn")]


def test_an_amendment_is_judged_by_the_author_of_the_event(tmp_path: Path) -> None:
    """A correction is judged with the amended event's own `by`, not with that of the correction."""
    world = World(tmp_path, gate("L-1", '"note"', '{ "actor.role" = "boss" }'))
    world.staff("b1", role="boss")
    world.staff("kw1")
    world.refer()
    seq = world.ok("note", "R1", "2026-03-01", "b1", text="x")
    world.ok("correct", None, "2026-03-02", "kw1", of=seq, set={"text": "y"}, reason="typo")
    assert world.findings("L-1") == []
    assert world.refused("correct", None, "2026-03-02", "b1", of=seq, set={"by": "kw1"}, reason="typo") == ["L-1"]


def test_an_amended_event_keeps_its_seq(world: World) -> None:
    """The amended event keeps its `seq`, and so its place among events of its day."""
    seq = world.ok("map", "R1", "2026-03-02")
    world.ok("allocate", "R1", "2026-03-03", to="kw1")
    world.ok("correct", None, "2026-03-04", of=seq, set={"at": "2026-03-03"}, reason="typo")
    assert world.findings("L-1") == []


def test_two_amendments_add_up(tmp_path: Path) -> None:
    """An event amended twice stands as amended by both, in the audit's repeated judgement too."""
    world = World(tmp_path, gate("L-1", '"close"', '{ "event.signed_by.role" = "boss" }'))
    world.staff("b1", role="boss")
    world.staff("b2", role="boss")
    world.ok("staff.change", None, "2026-03-10", staff="b1", role="worker")
    world.refer()
    seq = world.ok("close", "R1", "2026-03-05", signed_by="b1")
    world.ok("correct", None, "2026-04-01", of=seq, set={"signed_by": "b2"}, reason="it was b2")
    world.ok("correct", None, "2026-04-01", of=seq, set={"at": "2026-03-12"}, reason="it was later")
    assert world.findings("L-1") == []


def test_voiding_a_start_removes_the_obligation(tmp_path: Path) -> None:
    """Voiding the event that started a clock removes its obligation."""
    world = World(tmp_path, clock("K", "map", "visit", within="5 days"))
    world.refer()
    seq = world.ok("map", "R1", "2026-03-02")
    assert world.dues("K") == ["2026-03-07"]
    void = world.ok("correct", None, "2026-03-03", of=seq, void=True, reason="never happened")
    assert world.due("K") == []
    assert world.findings("K") == []
    world.ok("correct", None, "2026-03-04", of=void, void=True, reason="it did")
    assert world.dues("K") == ["2026-03-07"]


def test_voiding_a_stop_makes_it_run_again(world: World) -> None:
    """Voiding the event that stopped a clock makes it run again, and voiding the correction undoes that."""
    seq = world.ok("visit", "R1", "2026-02-24")
    assert world.due("K") == []
    verdict = world.step("correct", None, "2026-03-03", of=seq, void=True, reason="never happened")
    assert [(f.rule, f.hindsight) for f in verdict.findings] == [("K", False)]
    assert world.dues("K") == ["2026-02-28"]
    assert verdict.event is not None
    world.ok("correct", None, "2026-03-04", of=verdict.event["seq"], void=True, reason="it did")
    assert world.due("K") == []


def test_voiding_an_amendment_undoes_it(world: World) -> None:
    """Voiding a correction that amended brings back the event as it was."""
    seq = world.ok("visit", "R1", "2026-03-10")
    assert len(world.findings("K")) == 1
    change = world.ok("correct", None, "2026-03-11", of=seq, set={"at": "2026-02-25"}, reason="typo")
    assert world.findings("K") == []
    world.ok("correct", None, "2026-03-11", of=change, void=True, reason="it was right")
    assert len(world.findings("K")) == 1


def test_an_amendment_into_the_future_is_wrong_usage(world: World) -> None:
    """An `at` later than today is wrong usage, also of what a correction sets."""
    seq = world.ok("visit", "R1", "2026-02-24")
    assert "today" in world.wrong("correct", None, "2026-03-01", of=seq, set={"at": "2027-01-15"}, reason="typo")


def test_an_amendment_cannot_take_away_what_a_step_needs(world: World) -> None:
    """What a step means nothing without cannot be amended away."""
    seq = next(line["seq"] for line in world.lines() if line["kind"] == "refer")
    assert "--born" in world.wrong("correct", None, "2026-03-01", of=seq, set={"born": ""}, reason="typo")
    seq = world.ok("note", "R1", "2026-02-24", text="x")
    assert "--text" in world.wrong("correct", None, "2026-03-01", of=seq, set={"text": ""}, reason="typo")


def test_history_shows_both(world: World) -> None:
    """`history` shows the event as first recorded, and which correction stands over it."""
    seq = world.ok("visit", "R1", "2026-02-24")
    change = world.ok("correct", None, "2026-03-01", of=seq, set={"at": "2026-02-25"}, reason="typo")
    rows = {r["seq"]: r for r in world.book().history_rows("R1")}
    assert (rows[seq]["at"], rows[seq]["corrected_by"]) == ("2026-02-24", change)
    assert rows[change]["kind"] == "correct"


def test_correcting_takes_either_set_or_void(world: World) -> None:
    """A correction amends or voids, of an event that there is."""
    seq = world.ok("visit", "R1", "2026-02-24")
    assert "--void" in world.wrong("correct", None, "2026-03-01", of=seq, reason="typo")
    assert "--void" in world.wrong(
        "correct", None, "2026-03-01", of=seq, void=True, set={"at": "2026-02-25"}, reason="x"
    )
    assert "99" in world.wrong("correct", None, "2026-03-01", of=99, void=True, reason="x")
    assert "seen" in world.wrong("correct", None, "2026-03-01", of=seq, set={"sene": "child"}, reason="x")


def test_amending_the_referral_moves_the_clock(world: World) -> None:
    """An obligation counts from the amended date of the event that started it."""
    seq = next(line["seq"] for line in world.lines() if line["kind"] == "refer")
    world.ok("correct", None, "2026-03-01", of=seq, set={"at": "2026-02-20"}, reason="typo")
    assert world.dues("K") == ["2026-02-25"]


REDACTED = (
    gate("L-1", '"allocate"', '{ "last.map.strengths" = { present = true } }')
    + gate("L-2", '"map"', '{ "event.strengths" = { present = true } }')
    + gate("L-3", '"note"', '{ "lead.role" = "worker" }')
)


@pytest.mark.parametrize(("kind", "rule"), [("map", "L-2"), ("map", "L-1"), ("allocate", "L-3")])
def test_a_gate_that_needs_redacted_data_is_not_judged(tmp_path: Path, kind: str, rule: str) -> None:
    """A gate whose conditions need what was redacted is not judged, whether of the event itself or of a later one."""
    from cinctl.conformance import audit

    world = World(tmp_path, REDACTED)
    world.staff("kw1")
    world.refer()
    world.ok("map", "R1", "2026-02-25", strengths="s")
    world.ok("allocate", "R1", "2026-02-26", to="kw1")
    world.ok("note", "R1", "2026-02-27", text="x")
    lines = world.lines()
    for line in lines:
        if line["kind"] == kind:
            del line["data"]
    made = audit(world.folded(lines), world.today)
    assert [f.rule for f in made.findings if f.rule == rule] == []
    assert made.not_judged >= 1


def test_a_redacted_stop_stops_and_a_redacted_start_with_a_condition_does_not(tmp_path: Path) -> None:
    """Redacted data holds as a stop's condition and fails as a start's; kind, case, at and by are kept."""
    toml = '[events.seen]\non = "visit"\nwhen = { "event.seen" = "child" }\n'
    toml += clock("K", "refer", "seen", within="5 days") + clock("J", "seen", "note", within="5 days")
    world = World(tmp_path, toml)
    world.refer()
    world.ok("visit", "R1", "2026-02-25", seen=["child"])
    lines = world.lines()
    del lines[-1]["data"]
    rows = world.folded(lines).folded("R1")[1]
    assert {o.rule.id: o.state for o in rows.all()} == {"K": "done"}
