"""Clocks: what starts, stops, repeats, resumes and ends them, and what is due when."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain.world import World, clock, gate


def _world(folder: Path, *rules: str, on: str = "2026-02-23") -> World:
    world = World(folder, "\n".join(rules))
    world.staff("kw1")
    world.staff("b1", role="boss")
    world.refer(on=on)
    return world


@pytest.mark.parametrize(
    ("on", "within", "due"),
    [
        ("2026-02-23", "1 working day", "2026-02-24"),
        ("2026-02-27", "1 working day", "2026-03-02"),
        ("2026-02-28", "1 working day", "2026-03-02"),
        ("2026-04-02", "1 working day", "2026-04-07"),
        ("2026-02-23", "0 days", "2026-02-23"),
        ("2026-02-23", "4 weeks", "2026-03-23"),
        ("2026-01-31", "1 month", "2026-02-28"),
        ("2026-01-31", "1 year", "2027-01-31"),
        ("2024-02-29", "1 year", "2025-02-28"),
    ],
)
def test_the_due_day(tmp_path: Path, on: str, within: str, due: str) -> None:
    """The trigger day is day 0; a day off counts the next working day as day 1; months clamp; weeks do not roll."""
    assert _world(tmp_path, clock("K", "refer", "visit", within=within), on=on).dues("K") == [due]


def test_on_the_due_day_is_in_time(tmp_path: Path) -> None:
    """What is done on its due day is in time, and the day after is late by one."""
    world = _world(tmp_path, clock("K", "refer", "visit", within="5 days"))
    assert [r["status"] for r in world.due("K", today="2026-02-28")] == ["due_soon"]
    assert [r["status"] for r in world.due("K", today="2026-02-27")] == ["pending"]
    assert [(r["status"], r["late_days"]) for r in world.due("K", today="2026-03-01")] == [("overdue", 1)]
    world.refer("R2")
    world.ok("visit", "R1", "2026-02-28")
    found = world.step("visit", "R2", "2026-03-01").findings
    assert [(f.rule, f.case, f.due, f.late_days, f.level) for f in found] == [("K", "R2", "2026-02-28", 1, "warn")]
    assert [f.case for f in world.findings("K")] == ["R2"]


def test_a_clock_never_refuses(tmp_path: Path) -> None:
    """Lateness is a finding and never a refusal, even of a clock whose level is deny."""
    world = _world(tmp_path, clock("K", "refer", "visit", within="1 day", level="deny"))
    world.ok("note", "R1", "2026-06-01", text="x")
    assert [f.level for f in world.findings("K")] == ["deny"]


def test_a_limit_rolls_when_told(tmp_path: Path) -> None:
    """Weeks and months roll off a day off only when they are told to."""
    world = _world(
        tmp_path, *(clock(f"K-{r}", "refer", "visit", within="5 days", roll=r) for r in ("none", "next", "previous"))
    )
    assert [world.dues(f"K-{r}") for r in ("none", "next", "previous")] == [
        ["2026-02-28"],
        ["2026-03-02"],
        ["2026-02-27"],
    ]


def test_a_stop_counts_on_the_start_day_whichever_line_came_first(tmp_path: Path) -> None:
    """A stop finishes what started no later than its day, whichever line came first; an earlier day's does not."""
    world = _world(tmp_path, clock("K", "map", "visit", within="5 days"))
    world.ok("visit", "R1", "2026-03-02")
    world.ok("map", "R1", "2026-03-02")
    assert world.due("K") == []
    world.ok("map", "R1", "2026-03-03")
    assert world.dues("K") == ["2026-03-08"]


def test_a_stop_before_a_start_that_counts_from_further_back(tmp_path: Path) -> None:
    """What counts is the day from which the obligation runs, not the event that started it."""
    world = _world(tmp_path, clock("K", "map", "visit", within="5 days", from_="case.referred"))
    world.ok("visit", "R1", "2026-02-25")
    world.ok("map", "R1", "2026-03-02")
    assert world.due("K") == []
    assert world.findings("K") == []


def test_early_lets_a_stop_precede_the_start(tmp_path: Path) -> None:
    """`early = true` lets a stop in the same episode come before the start."""
    told = clock("K", "close", "inform", within="0 days", early=True)
    world = _world(tmp_path, told)
    world.ok("inform", "R1", "2026-02-25")
    world.ok("close", "R1", "2026-03-02")
    assert world.due("K") == []
    world.ok("reopen", "R1", "2026-03-05")
    world.ok("close", "R1", "2026-03-10")
    assert world.dues("K") == ["2026-03-10"]


def test_from_with_a_fallback(tmp_path: Path) -> None:
    """A clock counts from the first of `from` that is present."""
    counted = clock("K", "refer", "visit", within="2 days", from_='["event.received_by_team", "event.on"]')
    world = _world(tmp_path, counted)
    world.refer("R2", received_by_team="2026-02-25")
    assert world.dues("K") == ["2026-02-25", "2026-02-27"]


def test_a_limit_that_is_a_date_fact(tmp_path: Path) -> None:
    """A limit may be a date fact; without one there is no limit."""
    world = _world(tmp_path, clock("K", "direct", "visit", within="event.see_child_by", again="another"))
    world.ok("direct", "R1", "2026-02-24", see_child_by="2026-03-03")
    world.ok("direct", "R1", "2026-02-25")
    assert [(r["due"], r["status"]) for r in world.due("K")] == [("2026-03-03", "overdue"), (None, "outstanding")]


def test_no_limit_is_outstanding(tmp_path: Path) -> None:
    """Where a source has no number there is no limit: outstanding, and done at any time without a finding."""
    world = _world(tmp_path, clock("K", "refer", "visit"))
    assert [(r["due"], r["status"], r["late_days"]) for r in world.due("K")] == [(None, "outstanding", None)]
    assert world.findings("K") == []
    world.ok("visit", "R1", "2026-12-01")
    assert world.findings("K") == []


def test_every_repeats_from_the_stop(tmp_path: Path) -> None:
    """With `every`, a stop begins the next cycle at its own date, and a silent year is one finding."""
    world = _world(tmp_path, clock("K", "refer", "supervise.formal", every="1 month"))
    assert len(world.findings("K")) == 1
    world.ok("supervise.formal", "R1", "2026-03-31", "b1", with_="kw1")
    assert world.dues("K") == ["2026-04-30"]
    assert [f.due for f in world.findings("K", "2026-04-30")] == ["2026-03-23"]
    world.ok("supervise.formal", "R1", "2026-04-30", "b1", with_="kw1")
    assert world.dues("K") == ["2026-05-30"]


def test_two_stops_on_one_day_are_two_cycles_of_one_series(tmp_path: Path) -> None:
    """An obligation begun by a cycle is stopped only by a later stop: the fingerprint tells the cycles apart."""
    world = _world(tmp_path, clock("K", "refer", "supervise.formal", every="1 month"))
    world.ok("supervise.formal", "R1", "2026-04-10", "b1", with_="kw1")
    assert world.dues("K") == ["2026-05-10"]
    world.ok("supervise.formal", "R1", "2026-06-20", "b1", with_="kw1")
    found = world.findings("K", "2026-06-21")
    assert [f.due for f in found] == ["2026-03-23", "2026-05-10"]
    assert len({f.fingerprint for f in found}) == 2


def test_a_stop_recorded_late_but_dated_before_a_cycle_does_not_stop_it(tmp_path: Path) -> None:
    """A back-dated stop is folded in its place: the cycle that a later stop began stands."""
    world = _world(tmp_path, clock("K", "refer", "supervise.formal", every="1 month"))
    world.ok("supervise.formal", "R1", "2026-03-20", "b1", with_="kw1")
    world.ok("supervise.formal", "R1", "2026-03-10", "b1", with_="kw1")
    assert world.dues("K") == ["2026-04-20"]


@pytest.mark.parametrize(
    ("stops", "due"),
    [
        ([], "2026-02-28"),
        (["2026-02-10"], "2026-03-31"),
        (["2026-02-10", "2026-02-11"], "2026-03-31"),
        (["2026-02-28"], "2026-03-31"),
        (["2026-02-28", "2026-03-31"], "2026-04-30"),
        (["2026-03-10"], "2026-03-31"),
    ],
)
def test_a_grid_goes_on_from_the_start(tmp_path: Path, stops: list[str], due: str) -> None:
    """With `anchor = "start"` the grid from the start goes on, clamped to each month's end, however late a stop is."""
    world = _world(tmp_path, clock("K", "refer", "visit", every="1 month", anchor="start"), on="2026-01-31")
    for day in stops:
        world.ok("visit", "R1", day)
    assert world.dues("K") == [due]


def test_so_many_times_in_each_period(tmp_path: Path) -> None:
    """`times = N` asks for N stops in each `every`."""
    world = _world(tmp_path, clock("K", "refer", "visit", every="2 weeks", times=2))
    world.ok("visit", "R1", "2026-02-25")
    assert world.dues("K") == ["2026-03-09"]
    world.ok("visit", "R1", "2026-03-01")
    assert world.dues("K") == ["2026-03-15"]
    assert world.findings("K", "2026-03-15") == []


def test_a_series_lasts(tmp_path: Path) -> None:
    """`lasts` ends the series."""
    world = _world(tmp_path, clock("K", "refer", "visit", every="1 week", lasts="3 weeks"))
    for day, due in (("2026-03-02", ["2026-03-09"]), ("2026-03-09", ["2026-03-16"]), ("2026-03-16", [])):
        world.ok("visit", "R1", day)
        assert world.dues("K") == due


def test_again(tmp_path: Path) -> None:
    """Started again while running: `keep` lets the first start stand, `restart` begins anew, `another` adds one."""
    world = _world(
        tmp_path,
        *(clock(again, "change", "visit", within="5 days", again=again) for again in ("keep", "restart", "another")),
    )
    world.ok("change", "R1", "2026-03-02")
    world.ok("change", "R1", "2026-03-04")
    assert world.dues("keep") == ["2026-03-07"]
    assert world.dues("restart") == ["2026-03-09"]
    assert world.dues("another") == ["2026-03-07", "2026-03-09"]
    world.ok("visit", "R1", "2026-03-05")
    assert world.due() == []


def test_restarting_in_time_leaves_no_finding(tmp_path: Path) -> None:
    """A clock that was started anew before it was due, or that has no limit, leaves no finding of the first start."""
    world = _world(
        tmp_path,
        clock("K", "change", "visit", within="5 days", again="restart"),
        clock("J", "change", "visit", again="restart"),
    )
    world.ok("change", "R1", "2026-03-02")
    world.ok("change", "R1", "2026-03-04")
    world.ok("visit", "R1", "2026-03-05")
    assert [f.rule for f in world.audit().findings] == []


def test_only_a_stop_after_a_restart_in_order_counts(tmp_path: Path) -> None:
    """What was restarted is stopped only by what comes after it in order."""
    world = _world(tmp_path, clock("K", "change", "visit", within="5 days", again="restart", times=1))
    world.ok("change", "R1", "2026-03-02")
    world.ok("change", "R1", "2026-03-04")
    assert world.dues("K") == ["2026-03-09"]
    world.ok("visit", "R1", "2026-03-04")
    assert world.due("K") == []


def test_reallocation_moves_nothing(tmp_path: Path) -> None:
    """A change of lead moves no due date."""
    world = _world(
        tmp_path,
        clock("K", "allocate", "supervise.formal", every="1 month"),
        clock("J", "allocate", "assess.complete", within="45 working days"),
    )
    world.staff("kw2")
    world.ok("allocate", "R1", "2026-03-02", to="kw1", supervisor="b1")
    before = [(r["rule"], r["due"], r["start"]) for r in world.due()]
    world.ok("allocate", "R1", "2026-03-20", to="kw2", from_="kw1")
    assert [(r["rule"], r["due"], r["start"]) for r in world.due()] == before


def test_resuming_runs_again_with_the_same_due_date(tmp_path: Path) -> None:
    """`resumes` runs a finished obligation again with the same due date, until a stop after it in order."""
    rule = clock("K", "refer", "assess.complete", within="10 days", resumes="approve.assessment_returned")
    world = _world(tmp_path, rule)
    world.ok("assess.start", "R1", "2026-02-24")
    world.ok("assess.complete", "R1", "2026-03-01", "kw1")
    world.ok("approve.assessment_returned", "R1", "2026-03-01", "b1")
    assert world.dues("K") == ["2026-03-05"]
    world.ok("assess.complete", "R1", "2026-03-07", "kw1")
    assert [(f.due, f.late_days) for f in world.findings("K")] == [("2026-03-05", 2)]


def test_until_in_time_leaves_nothing_and_after_it_a_finding(tmp_path: Path) -> None:
    """Ended on its due date an obligation leaves no finding; after it, or without a limit, it leaves one."""
    world = _world(tmp_path, clock("K", "refer", "visit", within="5 days"), clock("J", "refer", "visit"))
    world.refer("R2")
    world.ok("close", "R1", "2026-02-28")
    world.ok("close", "R2", "2026-03-01")
    assert [(f.case, f.late_days) for f in world.findings("K")] == [("R2", 1)]
    assert [f.case for f in world.findings("J")] == ["R1", "R2"]
    assert world.due() == []


def test_what_ends_a_clock_never_ends_what_it_starts(tmp_path: Path) -> None:
    """An obligation is never ended by the event that started it."""
    world = _world(tmp_path, clock("K", "close", "inform", within="5 days"))
    world.ok("close", "R1", "2026-03-02")
    assert world.dues("K") == ["2026-03-07"]


def test_one_event_stops_then_ends_then_starts(tmp_path: Path) -> None:
    """When one event is several things to a clock: it stops, then ends, then starts."""
    world = _world(tmp_path, clock("K", "visit", "visit", within="5 days"))
    world.ok("visit", "R1", "2026-03-02")
    world.ok("visit", "R1", "2026-03-10")
    assert world.dues("K") == ["2026-03-15"]
    assert [f.late_days for f in world.findings("K", "2026-03-11")] == [3]


def test_a_clock_sees_the_case_just_after(tmp_path: Path) -> None:
    """A gate sees the case just before the event, a clock and a named event just after it."""
    world = _world(
        tmp_path,
        clock("K", "allocate", "visit", within="5 days", when='{ "lead.id" = "kw1" }'),
        gate("L-1", '"allocate"', '{ "lead.id" = { absent = true } }'),
    )
    world.ok("allocate", "R1", "2026-03-02", to="kw1")
    assert world.dues("K") == ["2026-03-07"]
    world.staff("kw2")
    assert world.refused("allocate", "R1", "2026-03-03", to="kw2", from_="kw1") == ["L-1"]


def test_owners(tmp_path: Path) -> None:
    """An owner is live, or fixed at the start, or a role with its unit."""
    owners = ["lead", "supervisor", "manager", "lead_at_start", "start.by", "start.to", "@boss"]
    rules = [clock(f"K{n}", "allocate", "visit", within="1 month", owner=o) for n, o in enumerate(owners)]
    world = _world(tmp_path, '[sets]\nboss = ["boss"]\n', *rules)
    world.staff("kw2")
    world.ok("allocate", "R1", "2026-03-02", "b1", to="kw1", supervisor="b1", manager="b1", unit="A")
    world.ok("allocate", "R1", "2026-03-03", "kw2", to="kw2", from_="kw1", supervisor="kw1", manager="kw1")
    assert [r["owner"] for r in sorted(world.due(), key=lambda r: r["rule"])] == [
        *("kw2", "kw1", "kw1", "kw1", "b1", "kw1", "boss, unit A")
    ]


ASSESSED = clock(
    "K", "assess.start", "assess.complete", within="10 days", again="another", resumes="approve.assessment_returned"
)


def test_two_assessments_are_two_threads(tmp_path: Path) -> None:
    """A clock started in a thread is stopped and resumed only from it; `--of` names the thread."""
    world = _world(tmp_path, ASSESSED)
    first = world.ok("assess.start", "R1", "2026-03-02")
    second = world.ok("assess.start", "R1", "2026-03-05")
    assert world.dues("K") == ["2026-03-12", "2026-03-15"]
    world.ok("assess.complete", "R1", "2026-03-06", "kw1", of=second)
    assert world.dues("K") == ["2026-03-12"]
    world.ok("approve.assessment_returned", "R1", "2026-03-07", "b1", of=second)
    assert world.dues("K") == ["2026-03-12", "2026-03-15"]
    world.ok("assess.complete", "R1", "2026-03-08", "kw1", of=first)
    assert world.dues("K") == ["2026-03-15"]


def test_without_of_the_only_open_thread_is_meant(tmp_path: Path) -> None:
    """Without `--of` a later event means the only open thread."""
    world = _world(tmp_path, ASSESSED)
    world.ok("assess.start", "R1", "2026-03-02")
    second = world.ok("assess.start", "R1", "2026-03-05")
    world.ok("assess.complete", "R1", "2026-03-06", "kw1", of=second)
    world.ok("approve.assessment", "R1", "2026-03-07", "b1", of=second)
    world.ok("assess.complete", "R1", "2026-03-08", "kw1")
    assert world.due("K") == []


def test_a_thread_that_names_another_stops_its_clock(tmp_path: Path) -> None:
    """A conference that names its enquiry stops that enquiry's clock and no other's."""
    world = _world(
        tmp_path, clock("K", "enquire.start", "conference.initial", within="15 working days", again="another")
    )
    first = world.ok("enquire.start", "R1", "2026-03-02")
    world.ok("enquire.start", "R1", "2026-03-03")
    world.ok("conference.initial", "R1", "2026-03-10", enquiry=first)
    assert world.dues("K") == ["2026-03-24"]


def test_practitioner_clocks(tmp_path: Path) -> None:
    """A practitioner's clock listens to staff events, names the practitioner, and ends when they leave."""
    toml = '[training.induction]\ntopics = ["law"]\n[events.inducted]\non = "staff.train"\n'
    toml += 'when = { "subject.training.induction.done" = true }\n'
    toml += clock("K", "staff.join", "inducted", within="4 weeks", for_="practitioner", owner="subject")
    world = World(tmp_path, toml)
    world.staff("kw1", "2026-02-02", unit="A")
    world.staff("kw2", "2026-02-03")
    world.staff("kw3", "2026-02-04")
    world.ok("staff.train", None, "2026-02-10", staff="kw2", topic=["law"])
    world.ok("staff.leave", None, "2026-02-20", staff="kw3")
    assert [(r["owner"], r["due"], r["unit"], r["case"]) for r in world.due("K")] == [("kw1", "2026-03-02", "A", None)]
    found = world.findings("K")
    assert [(f.staff, f.case, f.due) for f in found] == [("kw1", None, "2026-03-02")]


def test_service_clocks(tmp_path: Path) -> None:
    """A clock of the service has the service for subject."""
    world = World(
        tmp_path, clock("K", "govern.locality_meeting", "govern.locality_meeting", every="1 month", for_="service")
    )
    world.ok("govern.locality_meeting", None, "2026-02-02", unit="A")
    assert world.dues("K") == ["2026-03-02"]
    assert [(f.rule, f.case) for f in world.findings("K")] == [("K", None)]


def test_a_fingerprint_stays(tmp_path: Path) -> None:
    """The fingerprint hashes rule, subject, start and cycle, and nothing that may change."""
    world = _world(tmp_path, clock("K", "refer", "visit", within="5 days"))
    before = world.findings("K", "2026-03-10")[0].fingerprint
    world.ok("visit", "R1", "2026-03-12")
    seq = next(line["seq"] for line in world.lines() if line["kind"] == "refer")
    world.ok("correct", None, "2026-03-13", of=seq, set={"at": "2026-02-20"}, reason="typo")
    assert [f.fingerprint for f in world.findings("K")] == [before]


def test_a_clock_of_the_service_starts_with_the_protocol(tmp_path: Path) -> None:
    """What a service owes from the day that its protocol comes into force starts with `protocol`."""
    toml = '[protocol]\nid = "local"\neffective_from = 2026-01-01\n'
    world = World(tmp_path, toml + clock("K", "protocol", "govern.report", within="1 year", for_="service"))
    assert world.dues("K") == ["2027-01-01"]


@pytest.mark.parametrize(("value", "due"), [("2 days", ["2026-02-25"]), (None, [])])
def test_a_limit_may_be_a_parameter(tmp_path: Path, value: str | None, due: list[str]) -> None:
    """A duration that an authority fills in is a limit like one that is written; unfilled, the clock is not judged."""
    filled = f', value = "{value}"' if value else ""
    toml = f'[params]\nsoon = {{ type = "duration", say = "how soon"{filled} }}\n'
    world = World(tmp_path, toml + clock("K", "refer", "note", within="params.soon"))
    world.refer()
    assert world.dues("K") == due
