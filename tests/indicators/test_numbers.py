"""Indicators against small histories, in which anybody can count."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cinctl.history import Draft
from tests.domain.world import World, draft
from tests.indicators.support import PROTOCOL, frame, numbers, reported

TODAY = "2026-06-30"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A store under the small protocol, with a manager, two social workers and a key worker."""
    made = World(tmp_path, PROTOCOL, today=TODAY)
    made.staff("tm1", "2020-01-06", role="team_manager", unit="A")
    made.staff("sw1", "2020-01-06", role="social_worker", unit="A")
    made.staff("sw2", "2020-01-06", role="consultant", unit="B", registered_until="2030-11-30")
    made.staff("kw1", "2020-01-06", role="key_worker", unit="A")
    return made


def told(world: World, text: str, **asked: Any) -> list[dict[str, Any]]:
    """Return the report on *world*, as of its today unless told."""
    today = date.fromisoformat(asked.pop("today", TODAY))
    return reported(world.workspace(today.isoformat()), frame(text, today, **asked))


def test_decisions_in_time(world: World) -> None:
    """Of four referrals in March two are decided by the next working day, one late, one never.

    | case | referred   | due        | decided    |                           |
    |------|------------|------------|------------|---------------------------|
    | R1   | Mon 2 Mar  | Tue 3 Mar  | Tue 3 Mar  | in time                   |
    | R2   | Fri 6 Mar  | Mon 9 Mar  | Mon 9 Mar  | in time, over the weekend |
    | R3   | Mon 9 Mar  | Tue 10 Mar | Wed 1 Apr  | late, and of March        |
    | R4   | Tue 10 Mar | Wed 11 Mar | never      | late, and of March        |
    | R5   | Tue 31 Mar | Wed 1 Apr  | Tue 31 Mar | in time, and of March     |
    """
    for case, referred, decided in (
        ("R1", "2026-03-02", "2026-03-03"),
        ("R2", "2026-03-06", "2026-03-09"),
        ("R3", "2026-03-09", "2026-04-01"),
        ("R4", "2026-03-10", None),
        ("R5", "2026-03-31", "2026-03-31"),
    ):
        world.refer(case, referred)
        if decided:
            world.ok("decide", case, decided, "tm1", outcome="section_17")

    assert (3, 5, 0) == numbers(told(world, "2026-03"), "decision_in_time")
    assert (0, 0, 0) == numbers(told(world, "2026-04"), "decision_in_time")
    # On the day on which the fourth is due nobody knows yet.
    assert (2, 3, 0) == numbers(told(world, "2026-03", today="2026-03-11"), "decision_in_time")
    assert (2, 4, 0) == numbers(told(world, "2026-03", today="2026-03-12"), "decision_in_time")


def test_assessments_by_the_days_they_took(world: World) -> None:
    """Three assessments, from the referral and from their own start; one that was sent back counts when it is done.

    | case | referred | started | completed      | since referral | since start |
    |------|----------|---------|----------------|----------------|-------------|
    | R1   | 2 Mar    | 16 Mar  | 16 Mar         | 10             | 0           |
    | R2   | 2 Mar    | 3 Mar   | 17 Mar         | 11             | 10          |
    | R3   | 2 Mar    | 9 Mar   | 27 Mar, 7 May  | 45             | 40          |

    Good Friday, Easter Monday and the early May holiday are no working days.
    """
    for case, started, completed in (
        ("R1", "2026-03-16", "2026-03-16"),
        ("R2", "2026-03-03", "2026-03-17"),
        ("R3", "2026-03-09", "2026-03-27"),
    ):
        world.refer(case, "2026-03-02")
        world.ok("decide", case, "2026-03-02", "tm1", outcome="section_17")
        world.ok("assess.start", case, started, "sw1")
        world.ok("assess.complete", case, completed, "sw1")
    world.ok("approve.assessment_returned", "R3", "2026-03-30", "tm1")
    world.ok("assess.complete", "R3", "2026-05-07", "sw1")
    found = told(world, "2026-03-01..2026-05-31")

    assert (66, 3, 0) == numbers(found, "assessment_from_referral")
    assert (50, 3, 0) == numbers(found, "assessment_from_start")
    bands = {"1-10": 1, "11-20": 1, "41-45": 1}
    for band in ("same day", "1-10", "11-20", "21-30", "31-40", "41-45", "46-50", "51-60", "61+"):
        assert (bands.get(band, 0), 3, 0) == numbers(found, "assessment_from_referral", band=band)
    assert [(1, 3, 0)] * 3 == [
        numbers(found, "assessment_from_start", band=band) for band in ("same day", "1-10", "31-40")
    ]
    (mean,) = [r for r in found if r["indicator"] == "assessment_from_referral" and r["band"] is None]
    assert (22.0, 11, "working days") == (mean["value"], mean["median"], mean["unit"])
    assert (3, 3, 0) == numbers(found, "assessment_in_time")


def test_the_limit_is_that_of_the_protocol(tmp_path: Path) -> None:
    """Under a protocol that allows ten working days, what took eleven is late: no limit stands in the code."""
    world = World(tmp_path, PROTOCOL.replace("45 working days", "10 working days"), today=TODAY)
    for case, completed in (("R1", "2026-03-16"), ("R2", "2026-03-17")):
        world.refer(case, "2026-03-02")
        world.ok("decide", case, "2026-03-02", outcome="section_17")
        world.ok("assess.start", case, "2026-03-02")
        world.ok("assess.complete", case, completed)
    found = told(world, "2026-03")

    assert (1, 2, 0) == numbers(found, "assessment_in_time")
    assert ["A"] == next(r["rules"] for r in found if r["indicator"] == "assessment_in_time")


def test_a_date_that_was_set_is_no_limit_of_the_protocol(world: World) -> None:
    """An assessment by the date of the direction is counted apart from the limit that holds for all."""
    world.refer("R1", "2026-03-02")
    world.ok("decide", "R1", "2026-03-02", "tm1", outcome="section_17")
    world.ok("direct", "R1", "2026-03-02", "tm1", complete_by="2026-03-10")
    world.ok("assess.start", "R1", "2026-03-02", "sw1")
    world.ok("assess.complete", "R1", "2026-03-11", "sw1")
    found = told(world, "2026-03")

    assert ((0, 1, 0), (1, 1, 0)) == (
        numbers(found, "assessment_by_date_set"),
        numbers(found, "assessment_in_time"),
    )


def test_what_comes_round_again(world: World) -> None:
    """Visits every two weeks, supervision every month: each round is counted once, and silence as one that is late.

    Allocated on 2 March. Visits on 9 and 23 March are in time; the next is due on 6 April and comes on the 20th, late;
    then it is closed on 30 April, before another is due. Supervision on 2 April is in time, the next is due on 2 May.
    """
    world.refer("R1", "2026-03-02")
    world.ok("allocate", "R1", "2026-03-02", "tm1", to="sw1", supervisor="tm1")
    for day in ("2026-03-09", "2026-03-23", "2026-04-20"):
        world.ok("visit", "R1", day, "sw1", seen=["child"])
    world.ok("supervise.formal", "R1", "2026-04-02", "tm1", with_="sw1")
    world.ok("close", "R1", "2026-04-30", "sw1", reason="RC7")

    march, april = told(world, "2026-03"), told(world, "2026-04")
    assert ((2, 2, 0), (0, 1, 0)) == (numbers(march, "visit_in_time"), numbers(april, "visit_in_time"))
    assert ((0, 0, 0), (1, 1, 0)) == (numbers(march, "supervision_in_time"), numbers(april, "supervision_in_time"))
    assert ["S"] == next(r["rules"] for r in april if r["indicator"] == "supervision_in_time")


def test_time_to_allocation(world: World) -> None:
    """From referral to the first lead, and after a reopening from there; who waits is in another indicator.

    | case | opened     | first lead | working days |
    |------|------------|------------|--------------|
    | R1   | Mon 2 Mar  | Mon 2 Mar  | 0            |
    | R1   | Mon 23 Mar | Fri 27 Mar | 4            |
    | R2   | Thu 5 Mar  | Mon 9 Mar  | 2            |
    | R3   | Mon 9 Mar  | waits      |              |
    """
    for case, day in (("R1", "2026-03-02"), ("R2", "2026-03-05"), ("R3", "2026-03-09")):
        world.refer(case, day)
        world.ok("decide", case, day, "tm1", outcome="section_17")
    world.ok("allocate", "R1", "2026-03-02", "tm1", to="sw1")
    world.ok("close", "R1", "2026-03-13", "sw1", reason="RC7")
    world.ok("reopen", "R1", "2026-03-23", "tm1")
    world.ok("allocate", "R1", "2026-03-27", "tm1", to="kw1")
    world.ok("allocate", "R2", "2026-03-09", "tm1", to="sw1")
    found = told(world, "2026-03")

    assert (6, 3, 0) == numbers(found, "time_to_allocation")
    assert (1, 3, 0) == numbers(found, "without_lead")
    assert (2, 3, 0) == numbers(found, "allocation_in_time")


def test_who_leads_and_how_often_need_is_raised(world: World) -> None:
    """At the end of March a key worker leads two of four open cases; of three that one led, need was raised on one.

    | case | led by                         | raised                       |
    |------|--------------------------------|------------------------------|
    | R1   | kw1                            | 10 Mar                       |
    | R2   | kw1, then sw1 from 16 Mar      | 20 Mar, while sw1 leads      |
    | R3   | kw1                            | 15 Apr: not in March         |
    | R4   | sw2, registered whatever the role | never                     |
    | R5   | kw1, closed on 20 Feb          | 10 Feb: not in March         |
    """
    for case in ("R1", "R2", "R3", "R4", "R5"):
        world.refer(case, "2026-02-02")
        world.ok("decide", case, "2026-02-02", "tm1", outcome="section_17")
        world.ok("allocate", case, "2026-02-03", "tm1", to="sw2" if case == "R4" else "kw1")
    world.ok("escalate.raise", "R5", "2026-02-10", "kw1")
    world.ok("close", "R5", "2026-02-20", "kw1", reason="RC7")
    world.ok("escalate.raise", "R1", "2026-03-10", "kw1")
    world.ok("allocate", "R2", "2026-03-16", "tm1", to="sw1", from_="kw1")
    world.ok("escalate.raise", "R2", "2026-03-20", "sw1")
    world.ok("escalate.raise", "R3", "2026-04-15", "kw1")
    found = told(world, "2026-03")

    assert (2, 4, 0) == numbers(found, "led_by_others")
    assert (1, 3, 0) == numbers(found, "escalated_led_by_others")
    assert (1, 2, 0) == numbers(found, "escalated_led_by_social_workers")
    assert (1, 4, 0) == numbers(found, "lead_changes")
    by_lead = told(world, "2026-03", by="lead")
    assert ((2, 2, 0), (0, 1, 0)) == (
        numbers(by_lead, "led_by_others", "kw1"),
        numbers(by_lead, "led_by_others", "sw2"),
    )


def test_referrals_within_twelve_months(world: World) -> None:
    """A child's later referral, up to the day a year after an earlier one, whatever came of that.

    | child | referred                        |                                              |
    |-------|---------------------------------|----------------------------------------------|
    | X1    | 10 Jan 2025, 10 Jan 2026        | again, on the last day that counts           |
    | X2    | 10 Jan 2025, 11 Jan 2026        | not again: a day more                        |
    | X3    | 20 Jan 2026, 21 Jan 2026        | the second is again                          |
    | none  | 22 Jan 2026                     | nobody can say: no reference for the child   |
    """
    for case, child, day in (
        ("R1", "X1", "2025-01-10"),
        ("R2", "X2", "2025-01-10"),
        ("R3", "X1", "2026-01-10"),
        ("R4", "X2", "2026-01-11"),
        ("R5", "X3", "2026-01-20"),
        ("R6", "X3", "2026-01-21"),
    ):
        world.refer(case, day, child=child)
    world.refer("R7", "2026-01-22")

    assert (2, 4, 1) == numbers(told(world, "2026-01"), "rereferral")


def test_a_short_history_says_nothing_of_twelve_months(world: World) -> None:
    """Where the log begins less than a year before, nobody knows that a child was not referred before."""
    for case, child, day in (("R1", "X1", "2025-06-02"), ("R2", "X1", "2026-01-12"), ("R3", "X2", "2026-01-13")):
        world.refer(case, day, child=child)

    assert (0, 0, 2) == numbers(told(world, "2026-01"), "rereferral")
    assert (0, 0, 1) == numbers(told(world, "2025-06"), "rereferral")


def test_enquiries_and_conferences(world: World) -> None:
    """Two enquiries lead to a conference, one in 15 working days and one later; one ends without, one goes on.

    | case | strategy  | enquiry   | conference          | days |                          |
    |------|-----------|-----------|---------------------|------|--------------------------|
    | R1   | 2 Mar     | 3 Mar     | 20 Mar, plan        | 14   | clock from 3 Mar: in time |
    | R2   |           | 2 Mar     | 24 Mar, no plan     | 16   | late                     |
    | R3   |           | 2 Mar     | spared on 10 Mar    |      | counted by no clock      |
    | R4   |           | 30 Mar    | not yet             |      | counted nowhere          |
    """
    for case in ("R1", "R2", "R3", "R4"):
        world.refer(case, "2026-03-02")
        world.ok("decide", case, "2026-03-02", "tm1", outcome="section_17")
    world.ok("strategy", "R1", "2026-03-02", "tm1", outcome="section_47")
    enquiry = world.ok("enquire.start", "R1", "2026-03-03", "sw1")
    for case, day in (("R2", "2026-03-02"), ("R3", "2026-03-02"), ("R4", "2026-03-30")):
        world.ok("enquire.start", case, day, "sw1")
    world.ok("conference.initial", "R1", "2026-03-20", "tm1", outcome="cp_plan", enquiry=enquiry)
    world.ok("conference.initial", "R2", "2026-03-24", "tm1", outcome="no_plan")
    world.ok("enquire.conclude", "R3", "2026-03-10", "sw1", conference_needed=False)
    found = told(world, "2026-03", today="2026-03-31")

    assert (1, 2, 0) == numbers(found, "conference_in_time")
    assert (30, 2, 0) == numbers(found, "conference_from_enquiry")
    assert [(0, 2, 0), (1, 2, 0), (1, 2, 0), (0, 2, 0)] == [
        numbers(found, "conference_from_enquiry", band=band) for band in ("0-10", "11-15", "16-20", "21+")
    ]
    assert (2, 3, 0) == numbers(found, "enquiry_to_conference")
    assert (1, 2, 0) == numbers(found, "conference_to_plan")


def test_corrections_count(world: World) -> None:
    """What was voided is not counted, what was amended counts as amended."""
    world.refer("R1", "2026-03-02")
    late = world.ok("decide", "R1", "2026-03-09", "tm1", outcome="section_17")
    before = numbers(told(world, "2026-03"), "decision_in_time")
    world.ok("correct", "R1", "2026-03-10", "tm1", of=late, set={"at": "2026-03-03"}, reason="typo")

    assert ((0, 1, 0), (1, 1, 0)) == (before, numbers(told(world, "2026-03"), "decision_in_time"))


def test_groups(world: World) -> None:
    """By unit and lead, as they were at the end of the day on which it counts; by rule; by month, each listed."""
    for case, day, unit, lead in (("R1", "2026-03-02", "A", "sw1"), ("R2", "2026-03-30", "B", "kw1")):
        world.refer(case, day, unit=unit)
        world.ok("decide", case, day, "tm1", outcome="section_17")
        world.ok("allocate", case, "2026-03-31" if unit == "B" else day, "tm1", to=lead)
    span = "2026-03-01..2026-05-31"

    by_unit, by_lead = told(world, span, by="unit"), told(world, span, by="lead")
    assert [(1, 1, 0)] * 2 == [numbers(by_unit, "decision_in_time", unit) for unit in ("A", "B")]
    assert [(1, 1, 0)] * 2 == [numbers(by_lead, "decision_in_time", lead) for lead in ("sw1", "kw1")]
    by_rule = told(world, span, by="rule")
    assert (2, 2, 0) == numbers(by_rule, "decision_in_time", "D")
    assert [None] == [r["group"] for r in by_rule if r["indicator"] == "led_by_others"]
    by_month = told(world, span, by="month")
    assert [(2, 2, 0), (0, 0, 0), (0, 0, 0)] == [
        numbers(by_month, "decision_in_time", month) for month in ("2026-03", "2026-04", "2026-05")
    ]
    assert [(1, 2, 0)] * 3 == [numbers(by_month, "led_by_others", month) for month in ("2026-03", "2026-04", "2026-05")]


def test_against_an_earlier_period(world: World) -> None:
    """The numbers of the earlier period stand beside; by month, each month beside its like."""
    for case, referred, decided in (
        ("R1", "2026-03-02", "2026-03-03"),
        ("R2", "2025-03-03", "2025-03-10"),
        ("R3", "2025-04-01", "2025-04-01"),
    ):
        world.refer(case, referred)
        world.ok("decide", case, decided, "tm1", outcome="section_17")
    found = told(world, "2026-03-01..2026-04-30", by="month", before="2025-03-01..2025-04-30")

    beside = {
        r["group"]: (r["numerator"], r["denominator"], r["previous_numerator"], r["previous_denominator"])
        for r in found
        if r["indicator"] == "decision_in_time"
    }
    assert {None: (1, 1, 1, 2), "2026-03": (1, 1, 0, 1), "2026-04": (0, 0, 1, 1)} == beside
    april = next(r for r in found if r["group"] == "2026-04")
    assert ("2026-04-01", "2026-04-30", "2025-04-01", "2025-04-30") == (
        *(april["from"], april["until"]),
        *(april["previous_from"], april["previous_until"]),
    )


def test_months_stand_beside_their_likes_only(world: World) -> None:
    """Where the earlier period does not fall into months as this one does, none stands beside a month of this one."""
    for day in ("2026-01-31", "2026-02-10", "2026-03-10"):
        world.refer(f"R{day}", day)

    def beside(text: str, before: str) -> list[tuple[Any, ...]]:
        found = told(world, text, by="month", before=before)
        return [
            (r["group"], r["previous_from"], r["previous_until"], r["previous_not_judged"])
            for r in found
            if r["indicator"] == "rereferral"
        ]

    whole = (None, "2026-01-31", "2026-03-01", 2)
    assert [whole, ("2026-03", None, None, None)] == beside("2026-03-02..2026-03-31", "2026-01-31..2026-03-01")
    whole = (None, "2025-12-16", "2026-01-30", 0)
    assert [whole, *((f"2026-0{n}", None, None, None) for n in (2, 3))] == beside(
        "2026-02-01..2026-03-18", "2025-12-16..2026-01-30"
    )
    assert ("2026-03", "2026-02-01", "2026-02-15", 1) == beside("2026-03-01..2026-03-15", "2026-02-01..2026-02-15")[1]
    assert ("2026-03", "2026-02-01", "2026-02-28", 1) == beside("2026-03-01..2026-03-31", "2026-02-01..2026-02-28")[1]


# Imports

SPEAKS = {
    "refer": ["at", "born", "child"],
    "assess.start": ["at"],
    "assess.complete": ["at"],
    "close": ["at"],
    "enquire.start": ["at"],
}


def bring_in(
    world: World, *drafts: Draft, covers: tuple[str, ...] = (), source: str = "return", **more: list[str]
) -> None:
    """Bring in history from a source that speaks of little, and of *more*."""
    about: dict[str, Any] = {"source": source, "speaks": {**SPEAKS, **more}}
    about |= dict(zip(("covers_from", "covers_until"), covers, strict=False))
    world.workspace().bring_in(about, [(d, {}) for d in drafts])


def test_what_an_import_cannot_speak_of_is_kept_apart(world: World) -> None:
    """A return tells of referrals and assessments, which are counted; decisions and leads are not judged."""
    bring_in(
        world,
        draft("refer", "I1", "2026-03-02", key="a", born="2015-06-01", child="X1", source="1A"),
        draft("assess.start", "I1", "2026-03-03", key="b"),
        draft("assess.complete", "I1", "2026-03-17", key="c"),
    )
    found = told(world, "2026-03")

    assert (0, 0, 1) == numbers(found, "decision_in_time")
    assert (11, 1, 0) == numbers(found, "assessment_from_referral")
    assert (10, 1, 0) == numbers(found, "assessment_from_start")
    for name in ("time_to_allocation", "without_lead", "led_by_others", "lead_changes"):
        assert (0, 0, 1) == numbers(found, name), name


def test_an_import_says_since_when_it_tells_of_every_referral(world: World) -> None:
    """A return for a year shows older referrals of cases still open, and knows nothing of those that were closed."""
    bring_in(
        world,
        draft("refer", "I1", "2019-03-04", key="a", born="2015-06-01", child="X1", source="1A"),
        draft("refer", "I2", "2025-06-02", key="b", born="2015-06-01", child="X2", source="1A"),
        covers=("2025-04-01", "2026-03-31"),
    )
    world.refer("R1", "2026-03-30", child="X3")
    world.refer("R2", "2026-04-01", child="X4")

    assert (0, 0, 1) == numbers(told(world, "2026-03"), "rereferral")
    assert (0, 1, 0) == numbers(told(world, "2026-04"), "rereferral")


def referral(number: int, day: str, child: str) -> Draft:
    """Return an imported referral."""
    return draft("refer", f"I{number}", day, key=f"k{number}", born="2015-06-01", child=child, source="1A")


def test_what_was_typed_vouches_for_no_return(world: World) -> None:
    """One old case that somebody typed does not make a return for a year know of the years before it."""
    world.refer("R1", "2023-01-09", child="X9")
    bring_in(
        world, referral(1, "2025-06-02", "X1"), referral(2, "2025-09-01", "X1"), covers=("2025-04-01", "2026-03-31")
    )

    assert (0, 0, 2) == numbers(told(world, "2025-04-01..2026-03-31"), "rereferral")


def test_no_return_vouches_for_another_that_it_does_not_reach(world: World) -> None:
    """Of the year after a return all is judged, where the next begins then; not where a year is missing between."""
    for year in (2022, 2023, 2025):
        days = f"{year}-04-01", f"{year + 1}-03-31"
        bring_in(world, referral(year, f"{year}-06-01", "X1"), covers=days, source=f"return {year}")

    found = [numbers(told(world, f"{year}-06"), "rereferral") for year in (2022, 2023, 2025)]
    assert [(0, 0, 1), (1, 1, 0), (0, 0, 1)] == found


def test_a_referral_is_held_against_those_of_every_source(world: World) -> None:
    """A child whom a return knew, and who is referred again once cases are typed, is a re-referral."""
    bring_in(world, referral(1, "2026-03-02", "X1"), covers=("2025-04-01", "2026-03-31"))
    world.refer("R1", "2026-04-01", child="X1")

    assert (1, 1, 0) == numbers(told(world, "2026-04"), "rereferral")


def test_before_its_time_a_return_tells_of_what_was_late_only(world: World) -> None:
    """Of assessments due before the year of the return it shows only those still open then: these are not judged.

    | case | referred   | due (45 working days) | completed  |                                          |
    |------|------------|-----------------------|------------|------------------------------------------|
    | I1   | 6 Jan 2025 | 10 Mar 2025           | 7 Apr 2025 | late in March, before the return begins  |
    | I2   | 3 Feb 2025 | 7 Apr 2025            | 3 Apr 2025 | in time in April                         |
    """
    for number, (day, done) in enumerate((("2025-01-06", "2025-04-07"), ("2025-02-03", "2025-04-03")), 1):
        bring_in(
            world,
            draft("refer", f"I{number}", day, key=f"a{number}", born="2015-06-01", child=f"X{number}", source="1A"),
            draft("decide", f"I{number}", day, key=f"b{number}", outcome="section_17"),
            draft("assess.start", f"I{number}", day, key=f"c{number}"),
            draft("assess.complete", f"I{number}", done, key=f"d{number}"),
            covers=("2025-04-01",),
            decide=["outcome"],
        )

    assert (0, 0, 1) == numbers(told(world, "2025-03"), "assessment_in_time")
    assert (1, 1, 0) == numbers(told(world, "2025-04"), "assessment_in_time")
    assert (2, 0) == numbers(told(world, "2025-04"), "assessment_from_referral")[1:]


def test_who_becomes_a_social_worker_is_one_from_then_on(world: World) -> None:
    """A lead's role counts as it is at the end of the period; of one who has left, as it was."""
    for case, lead in (("R1", "kw1"), ("R2", "kw2")):
        if lead == "kw2":
            world.staff("kw2", "2020-01-06", role="key_worker")
        world.refer(case, "2026-02-02")
        world.ok("allocate", case, "2026-02-03", "tm1", to=lead)
    world.ok("staff.change", None, "2026-03-16", staff="kw1", role="social_worker")
    world.ok("staff.leave", None, "2026-03-16", staff="kw2")

    assert [(2, 2, 0), (1, 2, 0)] == [numbers(told(world, m), "led_by_others") for m in ("2026-02", "2026-03")]
