"""The audit: what it finds, counts, filters and in which order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cinctl.conformance import audit
from tests.domain.world import World, clock, gate


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two cases: one late and with a warning, one clean."""
    toml = gate("L-1", '"note"', '{ "event.by" = { present = true } }', level="warn")
    made = World(tmp_path, toml + clock("K", "refer", "visit", within="5 days"))
    made.staff("b1", role="boss")
    made.refer("R1")
    made.refer("R2")
    made.ok("note", "R1", "2026-03-20", text="x")
    made.ok("visit", "R2", "2026-02-24")
    return made


def test_the_object_says_what_it_was_judged_by(world: World) -> None:
    """The audit says as of which day, by which protocol and calendar, of which store, and what was filtered."""
    told = world.audit().as_object()
    protocol = world.workspace().protocol
    assert told["today"] == "2026-12-31"
    assert told["protocol"] == {"id": "local", "hash": protocol.hash}
    assert told["calendar"] == "england-and-wales"
    assert told["store"] == {"head": world.lines()[-1]["hash"], "length": 5}
    assert told["counts"]["warn"] == 2
    assert told["counts"]["cases"] == 2
    assert [sorted(f) for f in told["findings"]] == [
        sorted(
            [
                "rule",
                "clause",
                "clauses",
                "level",
                "case",
                "seq",
                "at",
                "message",
                "due",
                "late_days",
                "waived",
                "hindsight",
                "fingerprint",
            ]
        )
    ] * 2


def test_an_absence_carries_the_start_of_its_clock(world: World) -> None:
    """A finding about something that never came carries the `seq` of the event that started its clock."""
    refer = next(line["seq"] for line in world.lines() if line["kind"] == "refer")
    assert [(f.seq, f.at, f.due, f.late_days) for f in world.findings("K", "2026-03-10")] == [
        (refer, None, "2026-02-28", 10)
    ]


def test_cases_and_days_narrow_it(world: World) -> None:
    """An audit of some cases, or of some days, finds only what lies in them."""
    book, day = world.book(), world.today
    assert audit(book, day, ["R2"]).findings == []
    assert [f.rule for f in audit(book, day, since=date(2026, 3, 1)).findings] == ["L-1"]
    assert [f.rule for f in audit(book, day, until=date(2026, 3, 1)).findings] == ["K"]


def test_the_same_store_and_day_give_the_same_findings(world: World) -> None:
    """Nothing but store, protocol and day counts."""
    assert world.audit().as_object() == world.audit().as_object()


def test_an_accepted_step_has_no_deny_finding_of_its_own(tmp_path: Path) -> None:
    """Corrections, back-dated lines and staff lines later on never turn an accepted step into a deny finding."""
    toml = gate(
        "L-1",
        '"allocate"',
        '{ "to.role" = "worker", "last.map.on" = { present = true }, "case.agencies" = { present = true } }',
    )
    world = World(tmp_path, toml)
    world.staff("kw1")
    world.refer(agencies=["police"])
    mapped = world.ok("map", "R1", "2026-02-24")
    world.ok("allocate", "R1", "2026-02-25", to="kw1")
    world.ok("correct", None, "2026-03-01", of=mapped, void=True, reason="x")
    world.ok("staff.change", None, "2026-02-24", staff="kw1", role="boss")
    found = world.findings("L-1")
    assert [(f.level, f.hindsight) for f in found] == [("warn", True)]


def test_a_line_before_a_correction_of_another_is_judged_as_then_known(tmp_path: Path) -> None:
    """The audit repeats each judgement with the lines before it only, corrections included."""
    world = World(tmp_path, gate("L-1", '"close"', '{ "last.map.strengths" = "good" }'))
    world.refer()
    mapped = world.ok("map", "R1", "2026-02-24", strengths="bad")
    assert world.refused("close", "R1", "2026-03-01") == ["L-1"]
    world.ok("correct", None, "2026-03-01", of=mapped, set={"strengths": "good"}, reason="x")
    world.ok("close", "R1", "2026-03-01")
    assert world.findings("L-1") == []


def test_a_void_of_a_file_audit_or_feedback_counts(tmp_path: Path) -> None:
    """Corrections of lines that belong to no case are honoured by practitioner clocks too."""
    world = World(tmp_path, clock("P", "staff.join", "fileaudit.audit", within="10 days", for_="practitioner"))
    world.staff("kw1", "2026-02-02")
    world.refer()
    seq = world.ok("fileaudit.audit", "R1", "2026-02-24", practitioner="kw1")
    assert world.due("P") == []
    world.ok("correct", None, "2026-02-25", of=seq, void=True, reason="x")
    assert world.dues("P") == ["2026-02-12"]


def test_a_finding_has_words_that_quote_nothing(world: World) -> None:
    """Beside the message there are the protocol's own words, and for a clock how late it was, in dates."""
    late, noted = world.findings("K", "2026-03-25") + world.findings("L-1", "2026-03-25")
    assert late.message == f"{late.say}: {late.how}"
    assert late.how == "was due Sat 28 Feb 2026, 25 days late"
    assert (noted.say, noted.how) == ("--by is given", "")
    assert noted.message == "--by is not given"


def test_a_finding_knows_who_holds_the_case(tmp_path: Path) -> None:
    """Unit and lead are the case's as it stands, and stay out of its row."""
    world = World(tmp_path, clock("K", "refer", "visit", within="5 days"))
    world.staff("b1", role="boss", unit="A")
    world.refer("R1")
    world.ok("allocate", "R1", "2026-03-02", "b1", to="b1")
    world.ok("update", "R1", "2026-03-02", "b1", unit="B")
    [found] = world.audit().findings
    assert (found.unit, found.lead) == ("B", "b1")
    assert not {"unit", "lead", "say", "how", "waiver"} & found.row().keys()


def test_a_waived_finding_knows_its_waiver(world: World) -> None:
    """Which event waived it, until when and by whose approval: of several, the one that runs longest."""
    for until in ("2026-08-01", "2026-09-01", "2026-05-01"):
        world.ok("waive", "R1", "2026-03-20", rule="L-1", reason="r", until=until, approved_by="b1")
    [found] = world.findings("L-1", "2026-03-25")
    assert found.waived
    assert found.waiver == (7, date(2026, 9, 1), "b1")
