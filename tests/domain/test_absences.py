"""Absences: who is away when, who owns meanwhile what falls due, and what cannot be recorded."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.absences import spans
from cinctl.owed import Absent, stand_in
from cinctl.staff import Absence
from tests.cache.support import replayed, rows
from tests.domain.world import World, clock

START = date(2026, 8, 1)
AWAY = {"from_": "2026-08-03", "until": "2026-08-14", "cover": "kw2"}
Told = tuple[int, int | None, str | None]


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> World:
    """A case that kw1 leads and b1 supervises; it is the middle of July, and kw2 and kw3 are there too."""
    toml = clock("SOON", "allocate", "visit", within="20 days", owner="lead")
    toml += clock("LATE", "allocate", "assess.complete", within="3 days", owner="lead")
    toml += clock("FAR", "allocate", "review", within="90 days", owner="lead")
    toml += clock("NONE", "allocate", "summarise", owner="lead")
    toml += clock("SUP", "allocate", "supervise", within="30 days", owner="supervisor")
    toml += clock("OWN", "staff.join", "staff.train", for_="practitioner", owner="subject")
    made = World(tmp_path, toml, today="2026-07-20")
    for person in ("kw1", "kw2", "kw3", "b1"):
        made.staff(person, unit="A")
    made.refer("R1", "2026-07-15")
    made.ok("allocate", "R1", "2026-07-15", to="kw1", supervisor="b1")
    return made


def owners(world: World, today: str) -> dict[str, tuple[str | None, str | None]]:
    """Return who owns what on the case on *today* and for whom, which every way of reading says alike."""
    world.today = date.fromisoformat(today)
    expected = replayed(world)
    told = world.workspace().due_lines()

    assert expected == rows(world)
    assert expected == world.book().due_rows(world.today)
    assert expected == ([json.loads(line) for line in told[0][0]] if told else expected)
    return {row["rule"]: (row["owner"], row["covers"]) for row in expected if row["case"] is not None}


def test_who_covers_owns_what_falls_due_meanwhile(world: World) -> None:
    """What is overdue, due by the last day away, or without a limit is with who covers; what is due later is not."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)

    assert {
        "LATE": ("kw2", "kw1"),
        "SOON": ("kw2", "kw1"),
        "NONE": ("kw2", "kw1"),
        "FAR": ("kw1", None),
        "SUP": ("b1", None),
    } == owners(world, "2026-08-03")


def test_before_and_after_it_is_theirs(world: World) -> None:
    """Until an absence begins, and once it is over, everything is with whom it was: they may still do it before."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)

    assert owners(world, "2026-08-02") == owners(world, "2026-08-15")
    assert {("kw1", None), ("b1", None)} == set(owners(world, "2026-08-15").values())
    assert ("kw2", "kw1") == owners(world, "2026-08-14")["LATE"]


def test_open_ended(world: World) -> None:
    """Of one who is away nobody knows until when, everything is with who covers."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", cover="kw2")

    assert ("kw2", "kw1") == owners(world, "2026-07-20")["FAR"]
    assert ("kw2", "kw1") == owners(world, "2027-07-20")["FAR"]


def test_without_cover_it_stays(world: World) -> None:
    """Where nobody covers, nobody is guessed."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", until="2026-08-14")

    assert {("kw1", None), ("b1", None)} == set(owners(world, "2026-07-25").values())


def test_a_cover_who_is_away_is_covered_in_turn(world: World) -> None:
    """It passes on to whom they named; what is due after the cover's return stays with the cover."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)
    world.ok("staff.away", None, "2026-07-20", staff="kw2", from_="2026-08-03", until="2026-08-03", cover="kw3")

    found = owners(world, "2026-08-03")
    assert (("kw3", "kw1"), ("kw2", "kw1")) == (found["LATE"], found["SOON"])
    assert ("kw2", "kw1") == owners(world, "2026-08-04")["LATE"]


@pytest.mark.parametrize("back_to", ["kw1", "kw2", None])
def test_who_covers_in_a_ring_or_not_at_all(back_to: str | None, world: World) -> None:
    """Where everybody who covers is away, too, it stays with whom it was."""
    for person, cover in (("kw1", "kw2"), ("kw2", "kw3"), ("kw3", back_to)):
        said = {"cover": cover} if cover else {}
        world.ok("staff.away", None, "2026-07-20", staff=person, from_="2026-08-03", **said)

    assert ("kw1", None) == owners(world, "2026-08-03")["LATE"]


def test_a_cover_who_left_covers_nobody(world: World) -> None:
    """Who has left the service owns nothing of others; and nobody is away who has left."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)
    world.ok("staff.leave", None, "2026-07-20", staff="kw2")
    assert ("kw1", None) == owners(world, "2026-08-03")["LATE"]
    world.today = date(2026, 8, 4)
    world.ok("staff.join", None, "2026-08-04", staff="kw2", role="worker")
    assert ("kw2", "kw1") == owners(world, "2026-08-04")["LATE"]
    world.ok("staff.leave", None, "2026-08-04", staff="kw1")

    assert ("kw1", None) == owners(world, "2026-08-05")["LATE"]


def test_the_register_names_no_cover_who_left(world: World) -> None:
    """Who has left is not shown as covering either."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)
    world.ok("staff.leave", None, "2026-07-20", staff="kw2")

    row = world.book().staff_row("kw1", world.today)
    assert ("2026-08-14", None) == (row["away_until"], row["cover"])


def test_what_a_practitioner_owes_of_their_own_stays_theirs(world: World) -> None:
    """Nobody can complete another's training."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", cover="kw2")

    own = [row for row in rows(world) if row["case"] is None]
    assert [("b1", None), ("kw1", None), ("kw2", None), ("kw3", None)] == [(r["owner"], r["covers"]) for r in own]


def test_told_anew_from_the_same_day(world: World) -> None:
    """An absence that begins on the same day is the same one, told anew: so it is ended early, or prolonged."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **{**AWAY, "until": "2026-08-05", "cover": "kw3"})

    assert ("kw3", "kw1") == owners(world, "2026-08-05")["LATE"]
    assert ("kw1", None) == owners(world, "2026-08-06")["LATE"]


def test_one_within_another(world: World) -> None:
    """What was told last counts for its days; around them what was told before does, and until the last of all."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)
    world.ok("staff.away", None, "2026-07-20", staff="kw1", from_="2026-08-05", until="2026-08-06", cover="kw3")

    assert ["kw2", "kw3", "kw3", "kw2"] == [owners(world, f"2026-08-{d:02}")["LATE"][0] for d in (4, 5, 6, 7)]
    # SUP is due on 14 August: that kw3 covers two days does not bring kw1 back before.
    world.ok("staff.away", None, "2026-07-20", staff="b1", **AWAY)
    world.ok("staff.away", None, "2026-07-20", staff="b1", from_="2026-08-05", until="2026-08-06", cover="kw3")
    assert ("kw3", "b1") == owners(world, "2026-08-05")["SUP"]


def test_corrections_are_honoured(world: World) -> None:
    """An absence that is voided was none; one whose last day is amended ends then; its date is when it was told."""
    seq = world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)
    world.ok("correct", None, "2026-07-20", of=seq, set={"until": "2026-08-04"}, reason="back early")
    assert ("kw2", "kw1") == owners(world, "2026-08-04")["LATE"]
    assert ("kw1", None) == owners(world, "2026-08-05")["LATE"]
    world.ok("correct", None, "2026-08-05", of=seq, void=True, reason="was in after all")

    assert ("kw1", None) == owners(world, "2026-08-05")["LATE"]
    assert ("kw2", "kw1") == owners(world, "2026-08-04")["LATE"]


def test_as_of_a_day_before_it_was_told(world: World) -> None:
    """An absence that is told afterwards is not known of on the days before."""
    world.today = date(2026, 8, 10)
    world.ok("staff.away", None, "2026-08-10", staff="kw1", **AWAY)

    assert ("kw1", None) == owners(world, "2026-08-09")["LATE"]
    assert ("kw2", "kw1") == owners(world, "2026-08-10")["LATE"]


def test_the_register_says_when(world: World) -> None:
    """`staff` tells the present absence, else the next, and none that is over."""
    world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)
    world.ok("staff.away", None, "2026-07-20", staff="kw1", from_="2026-09-01", cover="kw3")

    def told(today: str) -> tuple[Any, ...]:
        row = world.book(today).staff_row("kw1", date.fromisoformat(today))
        return row["away_from"], row["away_until"], row["cover"]

    assert ("2026-08-03", "2026-08-14", "kw2") == told("2026-07-20") == told("2026-08-14")
    assert ("2026-09-01", None, "kw3") == told("2026-08-15")
    assert {"away_from": None, "away_until": None, "cover": None}.items() <= (
        world.book().staff_row("kw2", world.today).items()
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"from_": "2026-08-03", "until": "2026-08-02"}, "--until 2026-08-02 lies before --from 2026-08-03"),
        ({"until": "2026-07-19"}, "--until 2026-07-19 lies before 2026-07-20, the day on which it begins"),
        ({"cover": "kw1"}, "kw1 cannot cover for themselves"),
        ({"cover": "kw9"}, "'kw9' is not in the staff register"),
        ({"cover": "kw3"}, "kw3 is not in post on 2026-07-20"),
        ({"staff": "kw3"}, "kw3 is not in post on 2026-07-20"),
    ],
)
def test_what_is_no_absence(said: dict[str, str], why: str, world: World) -> None:
    """One that ends before it begins, of nobody who is there, or with nobody to cover who is, is wrong usage."""
    world.ok("staff.leave", None, "2026-07-19", staff="kw3")

    assert why in world.wrong("staff.away", None, "2026-07-20", **{"staff": "kw1", **said})


@pytest.mark.parametrize("change", [{"until": "2026-08-02"}, {"cover": "kw1"}, {"from": "2026-08-15"}])
def test_an_amendment_leaves_an_absence(change: dict[str, str], world: World) -> None:
    """What could not be told cannot be amended to be either."""
    seq = world.ok("staff.away", None, "2026-07-20", staff="kw1", **AWAY)

    said = world.wrong("correct", None, "2026-07-20", of=seq, set=change, reason="r")
    assert "lies before" in said or "themselves" in said


def _told(first: int, last: int | None, cover: str | None) -> Absence:
    return Absence(START + timedelta(first), None if last is None else START + timedelta(last), cover)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.none() | st.integers(0, 15), st.none() | st.sampled_from(["a", "b"])),
        max_size=6,
        unique_by=lambda told: told[0],
    )
)
def test_spans_say_of_each_day_what_was_told_of_it_last(told: list[Told]) -> None:
    """Day by day, they say what the last absence does that has the day, and on which day somebody is still away."""
    absences = [_told(*one) for one in told]
    found = spans(absences)
    days = [START + timedelta(n) for n in range(20)]

    def away(day: date) -> Absence | None:
        return next((a for a in reversed(absences) if a.first <= day <= (a.last or date.max)), None)

    for day in days:
        said = [span for span in found if span.first <= day <= span.last]
        expected = away(day)
        assert ([expected.cover] if expected else []) == [span.cover for span in said]
        if expected is not None:
            there = next((later for later in days if later > day and away(later) is None), None)
            (span,) = said
            assert (date.max if there is None else there - timedelta(1)) == span.back_after


def test_stand_ins_of_a_day_on_which_nobody_is_away() -> None:
    """What has no owner has no stand-in, and who is there needs none."""
    assert stand_in(None, None, {"a": Absent("2026-08-14", "b")}) is None
    assert stand_in("b", None, {"a": Absent("2026-08-14", "b")}) is None
    assert stand_in("a", "2026-08-15", {"a": Absent("2026-08-14", "b")}) is None
    assert "b" == stand_in("a", "2026-08-14", {"a": Absent("2026-08-14", "b")})
