"""Every obligation there was: running, done, late, ended, of a case, a practitioner and the service."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cinctl.obligations import Duty, duties_of, office_duties
from tests.domain.world import World, clock

TODAY = date(2026, 3, 2)
ROLES = '[roles.worker]\ntitle = "Worker"\n[sets]\nsenior = ["worker"]\n'


def _duties(world: World, id_: str = "R1", soon: date = TODAY) -> list[Duty]:
    return list(duties_of(world.book(TODAY.isoformat()), id_, TODAY, soon))


def _told(duties: list[Duty]) -> list[tuple[str, str, str | None, int | None]]:
    return [(d.label.rule, d.status, d.finished.isoformat() if d.finished else None, d.late_days) for d in duties]


def test_what_came_of_each(tmp_path: Path) -> None:
    """Done in time, done late, overdue, to be done yet, without a limit: each says so, and by how much."""
    toml = ROLES + "".join(
        clock(rule, "refer", stop, **({"within": within} if within else {}))
        for rule, stop, within in (
            ("A-1", "decide", "5 days"),
            ("A-2", "map", "1 day"),
            ("A-3", "visit", "3 days"),
            ("A-4", "review", "9 weeks"),
            ("A-5", "close", None),
        )
    )
    world = World(tmp_path, toml, today=TODAY.isoformat())
    begun = world.refer(on="2026-02-23")
    done = world.ok("decide", "R1", "2026-02-24")
    world.ok("map", "R1", "2026-02-27")

    duties = _duties(world)

    assert [
        ("A-1", "done", "2026-02-24", None),
        ("A-2", "late", "2026-02-27", 3),
        ("A-3", "overdue", None, 4),
        ("A-4", "pending", None, None),
        ("A-5", "outstanding", None, None),
    ] == _told(duties)
    assert {begun} == {duty.begun for duty in duties}
    assert (done, date(2026, 2, 23), date(2026, 2, 28)) == (duties[0].ended, duties[0].start, duties[0].due)


def test_soon_is_told(tmp_path: Path) -> None:
    """What is due by the last day of `due_soon` is due soon."""
    world = World(tmp_path, clock("A-1", "refer", "decide", within="9 days"), today=TODAY.isoformat())
    world.refer(on="2026-02-23")

    assert ["pending"] == [duty.status for duty in _duties(world)]
    assert ["due_soon"] == [duty.status for duty in _duties(world, soon=date(2026, 3, 4))]


def test_what_ended_undone(tmp_path: Path) -> None:
    """A clock that ends with the case has ended; how late it was by then is told."""
    toml = clock("A-1", "refer", "visit", within="2 days", until='["close"]')
    world = World(tmp_path, toml, today=TODAY.isoformat())
    world.refer(on="2026-02-20")
    world.ok("close", "R1", "2026-02-27")

    assert [("A-1", "ended", "2026-02-27", 5)] == _told(_duties(world))


def test_each_cycle_is_one(tmp_path: Path) -> None:
    """A clock that repeats leaves an obligation for each time round."""
    world = World(tmp_path, clock("A-1", "refer", "visit", every="7 days"), today=TODAY.isoformat())
    world.refer(on="2026-02-09")
    world.ok("visit", "R1", "2026-02-12")
    world.ok("visit", "R1", "2026-02-22")

    assert [(0, "done"), (1, "late"), (2, "overdue")] == [(duty.cycle, duty.status) for duty in _duties(world)]


def test_who_owes_it(tmp_path: Path) -> None:
    """A person where one is determined, else a role; the unit is told beside it."""
    toml = ROLES + clock("A-1", "refer", "visit", within="9 days", owner="lead")
    toml += clock("A-2", "refer", "review", within="9 days", owner="@senior")
    world = World(tmp_path, toml, today=TODAY.isoformat())
    world.staff("w1", unit="A")
    world.refer(on="2026-02-23", unit="A")

    before = [(duty.owner, duty.owner_role, duty.unit) for duty in _duties(world)]
    world.ok("allocate", "R1", "2026-02-24", to="w1")
    after = [(duty.owner, duty.owner_role, duty.lead) for duty in _duties(world)]

    assert [(None, "lead", "A"), (None, "senior", "A")] == before
    assert [("w1", None, "w1"), (None, "senior", "w1")] == after


def test_a_waiver_is_told(tmp_path: Path) -> None:
    """An obligation that is waived is there, and until when the waiver holds."""
    world = World(tmp_path, ROLES + clock("A-1", "refer", "visit", within="2 days"), today=TODAY.isoformat())
    world.staff("w1")
    world.refer(on="2026-02-23")
    world.ok("waive", "R1", "2026-02-24", rule="A-1", reason="T", until="2026-04-01", approved_by="w1")

    [duty] = _duties(world)

    assert ("overdue", date(2026, 4, 1)) == (duty.status, duty.waived_until)


def test_those_of_the_office(tmp_path: Path) -> None:
    """A practitioner's name them, the service's name whoever answers for it."""
    toml = ROLES + clock("A-1", "staff.join", "staff.train", within="4 weeks", for_="practitioner")
    world = World(tmp_path, toml, today=TODAY.isoformat())
    world.staff("w1", on="2026-01-05", unit="A")

    [duty] = office_duties(world.book(TODAY.isoformat()), TODAY, TODAY)

    assert (None, "w1", "w1", "A", "overdue", 28) == (
        duty.case, duty.staff, duty.owner, duty.unit, duty.status, duty.late_days,
    )  # fmt: skip
