"""Imported history: recorded as it is, judged only by what its source can speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cinctl.history import Draft
from tests.domain.world import World, clock, draft, gate

SPEAKS = {"refer": ["at", "born", "source"], "decide": ["at", "outcome"], "close": ["at", "reason"]}
RULES = (
    gate("G-reason", '"close"', '{ "event.reason" = { present = true } }')
    + gate("G-signed", '"close"', '{ "event.signed_by" = { present = true } }')
    + gate("G-actor", '"close"', '{ "actor.role" = "boss" }')
    + gate("G-mapped", '"close"', '{ "last.map.on" = { present = true } }')
    + gate("G-decided", '"close"', '{ "last.decide.on" = { present = true } }')
    + gate("G-note", '"note"', '{ "event.by" = { present = true } }')
    + clock("K-decide", "refer", "decide", within="1 working day")
    + clock("K-visit", "refer", "visit", within="5 days")
    + clock("K-from", "refer", "decide", within="event.received_by_team")
)


def _bring(world: World, *steps: tuple[str, str, dict[str, Any]], speaks: dict[str, list[str]] | None = None) -> None:
    drafts: list[tuple[Draft, dict[str, str]]] = [
        (draft(kind, "R1", at, key=f"k{n}-{kind}-{at}", **data), {}) for n, (kind, at, data) in enumerate(steps)
    ]
    about = {"source": "a return", "digest": "d", "speaks": SPEAKS if speaks is None else speaks}
    world.workspace().bring_in(about, drafts)


REFERRED = ("refer", "2026-02-23", {"source": "1A", "born": "2015-06-01"})


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A store into which a case was imported that was decided late and closed without anything else."""
    made = World(tmp_path, RULES)
    made.staff("b1", role="boss")
    _bring(made, REFERRED, ("decide", "2026-03-02", {"outcome": "section_17"}), ("close", "2026-04-01", {}))
    return made


def test_imported_history_is_recorded_as_it_is(world: World) -> None:
    """An import is never refused; its events carry null for what they were judged under."""
    lines = world.lines()
    assert [line["kind"] for line in lines[1:]] == ["import", "refer", "decide", "close"]
    assert [line["under"] for line in lines[1:]] == [None] * 4
    assert world.book().case_row("R1")["state"] == "closed"


def test_gates_judge_what_the_source_can_speak_of(world: World) -> None:
    """A gate that reads a field, an actor or a kind that the source cannot speak of is not judged."""
    made = world.audit()
    assert {f.rule for f in made.findings if f.rule.startswith("G-")} == {"G-reason"}
    assert made.not_judged > 0


def test_clocks_run_on_what_the_source_can_speak_of(world: World) -> None:
    """An obligation is not judged that such a source can neither start, stop nor date."""
    assert [(f.rule, f.late_days) for f in world.audit().findings if f.rule.startswith("K-")] == [("K-decide", 6)]


def test_what_is_not_judged_is_absent_from_due(tmp_path: Path) -> None:
    """What is not judged is not due."""
    world = World(tmp_path, RULES)
    _bring(world, REFERRED)
    assert {r["rule"] for r in world.due()} == {"K-decide"}


def test_what_is_typed_on_an_imported_case_is_judged(world: World) -> None:
    """What is typed by hand later is judged as any other."""
    assert world.refused("note", "R1", "2026-04-02", text="x") == ["G-note"]
    world.ok("note", "R1", "2026-04-02", "b1", text="x")
    assert world.refused("map", "R1", "2026-04-02", "b1") == ["CORE-03"]
    world.ok("reopen", "R1", "2026-04-02", "b1")
    assert set(world.refused("close", "R1", "2026-04-03")) == {
        "G-reason",
        "G-signed",
        "G-actor",
        "G-mapped",
        "G-decided",
    }


def test_an_obligation_started_by_hand_is_judged_though_the_case_is_imported(tmp_path: Path) -> None:
    """A clock that a typed event starts is judged, whatever the case came from."""
    world = World(tmp_path, clock("K", "map", "visit", within="5 days"))
    _bring(world, REFERRED)
    world.ok("map", "R1", "2026-03-02")
    assert world.dues("K") == ["2026-03-07"]


def test_importing_again_adds_nothing(world: World) -> None:
    """A draft whose key is in the log already is left out."""
    before = world.store.read_bytes()
    _bring(world, REFERRED, ("decide", "2026-03-02", {"outcome": "section_17"}), ("close", "2026-04-01", {}))
    assert world.store.read_bytes() == before


def test_a_source_that_says_nothing_is_not_judged(tmp_path: Path) -> None:
    """Of a source that can speak of nothing, nothing is judged."""
    world = World(tmp_path, RULES)
    _bring(world, REFERRED, ("close", "2026-04-01", {}), speaks={})
    assert world.audit().findings == []
    assert world.due() == []


def test_dates_outside_the_calendar_are_not_judged(tmp_path: Path) -> None:
    """Imported dates outside the calendar are not judged and never an error; typed by hand they are refused."""
    from cinctl.errors import CalendarError

    toml = RULES + '[events.on_duty]\non = "refer"\nwhen = { "event.working_day" = true }\n'
    toml += clock("K-duty", "on_duty", "decide", within="1 working day") + clock(
        "K-month", "refer", "close", every="1 month"
    )
    toml += clock("K-wd", "refer", "decide", every="5 working days")
    world = World(tmp_path, toml)
    born = {"source": "1A", "born": "1985-06-01"}
    _bring(world, ("refer", "1995-02-23", born), ("decide", "1995-03-02", {}), ("close", "1996-03-02", {}))
    made = world.audit()
    assert made.findings == []
    assert made.not_judged > 0
    assert world.due() == []
    with pytest.raises(CalendarError, match="bank holiday"):
        world.step("refer", "R2", "1995-02-23", **born)


def test_dates_before_the_protocol_are_not_judged(tmp_path: Path) -> None:
    """Imported dates before `effective_from` are not judged; typed by hand they are refused."""
    world = World(tmp_path, '[protocol]\nid = "local"\neffective_from = 2026-03-01\n' + RULES)
    _bring(world, REFERRED, ("decide", "2026-03-02", {"outcome": "section_17"}), ("close", "2026-04-01", {}))
    made = world.audit()
    assert [f.rule for f in made.findings] == ["G-reason"]
    assert made.not_judged > 0
    assert world.due() == []
    assert world.refused("refer", "R2", "2026-02-23", source="1A", born="2015-06-01") == ["effective_from"]
    world.ok("refer", "R2", "2026-03-01", source="1A", born="2015-06-01")


def test_an_import_may_lie_in_the_future_and_is_left_out_till_then(tmp_path: Path) -> None:
    """Only an import may be dated after today; questions leave it out and say so."""
    world = World(tmp_path, RULES, today="2026-03-01")
    _bring(world, REFERRED, ("close", "2026-04-01", {}))
    book = world.book()
    assert book.case_row("R1")["state"] == "referred"
    assert any("1 event" in notice for notice in book.notices)


OLD = (
    '[protocol]\nid = "old"\n'
    + gate("V", '"note"', '{ "event.text" = "old" }')
    + clock("C", "map", "visit", within="10 days")
)
NEW = '[protocol]\nid = "new"\neffective_from = 2026-03-01\nsupersedes = "old.toml"\n'


def _versions(folder: Path) -> World:
    (folder / "old.toml").write_text(OLD, encoding="utf-8")
    rules = gate("V", '"note"', '{ "event.text" = "new" }') + clock(
        "C", "map", "visit", within="2 days", again="another"
    )
    return World(folder, NEW + rules)


def test_a_gate_is_judged_by_the_version_of_its_day(tmp_path: Path) -> None:
    """A gate is judged by the version in force on the event's date."""
    world = _versions(tmp_path)
    world.refer(on="2026-02-23")
    world.ok("note", "R1", "2026-02-28", text="old")
    assert world.refused("note", "R1", "2026-02-28", text="new") == ["V"]
    assert world.refused("note", "R1", "2026-03-01", text="old") == ["V"]
    world.ok("note", "R1", "2026-03-01", text="new")
    assert world.findings("V") == []


def test_an_obligation_is_judged_by_the_version_of_its_start(tmp_path: Path) -> None:
    """An obligation is judged by the version in force at its start."""
    world = _versions(tmp_path)
    world.refer("R1", on="2026-02-20")
    world.refer("R2", on="2026-02-20")
    world.ok("map", "R1", "2026-02-28")
    world.ok("map", "R2", "2026-03-01")
    assert world.dues("C") == ["2026-03-03", "2026-03-10"]
    world.ok("visit", "R1", "2026-03-10")
    assert world.dues("C") == ["2026-03-03"]


def test_a_practitioners_obligation_is_judged_by_the_version_of_its_start(tmp_path: Path) -> None:
    """The version in force at its start judges an obligation of a practitioner too."""
    (tmp_path / "old.toml").write_text(
        '[protocol]\nid = "old"\n' + clock("P", "staff.join", "staff.train", within="10 days", for_="practitioner"),
        encoding="utf-8",
    )
    world = World(tmp_path, NEW + clock("Q", "staff.join", "staff.train", within="2 days", for_="practitioner"))
    world.staff("kw1", "2026-02-23")
    world.staff("kw2", "2026-03-02")
    assert [(r["rule"], r["owner"], r["due"]) for r in world.due()] == [
        ("Q", "kw2", "2026-03-04"),
        ("P", "kw1", "2026-03-05"),
    ]


def test_closures_of_the_version_count(tmp_path: Path) -> None:
    """The calendar is part of the version: an old obligation counts by the old closures."""
    old = '[protocol]\nid = "old"\n[calendar]\nclosures = [2026-02-26]\n' + clock(
        "C", "map", "visit", within="2 working days"
    )
    (tmp_path / "old.toml").write_text(old, encoding="utf-8")
    world = World(tmp_path, NEW + clock("C", "map", "visit", within="2 working days"))
    world.refer(on="2026-02-23")
    world.ok("map", "R1", "2026-02-25")
    assert world.dues("C") == ["2026-03-02"]


def test_a_training_of_the_old_version_alone(tmp_path: Path) -> None:
    """A named event of an old version looks at the training programmes of that version."""
    old = '[protocol]\nid = "old"\n[training.induction]\ntopics = ["law"]\n'
    old += '[events.told]\non = "note"\nwhen = { "lead.training.induction.done" = true }\n'
    (tmp_path / "old.toml").write_text(old + clock("C", "told", "visit", within="2 days"), encoding="utf-8")
    world = World(tmp_path, NEW)
    world.staff("kw1")
    world.ok("staff.train", None, "2026-01-06", staff="kw1", topic=["law"])
    world.refer(on="2026-02-23")
    world.ok("allocate", "R1", "2026-02-24", to="kw1")
    world.ok("note", "R1", "2026-02-25", text="x")
    assert world.dues("C") == ["2026-02-27"]
