"""Indicators of any history whatever: nothing in it makes counting fail, or a part more than its whole."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.casebook import Casebook
from cinctl.indicators.counting import counted, with_rereferrals
from cinctl.indicators.measures import MEASURES, Clocks
from cinctl.indicators.rows import Row, rows
from cinctl.indicators.tally import BY, By, Frame
from cinctl.protocol import load
from cinctl.rules import RuleBook
from tests.indicators.support import frame

FIRST = date(2025, 1, 6)
TODAY = FIRST + timedelta(days=120)
PEOPLE = ("sw1", "kw1", "nobody", None)
CODES = ("section_17", "no_further_action", "section_47", "cp_plan", "step_down_cin", "child_protection", None)
KINDS = (
    *("decide", "allocate", "direct", "visit", "assess.start", "assess.complete", "approve.assessment", "close"),
    *("approve.assessment_returned", "supervise.formal", "escalate.raise", "escalate.agree", "reopen", "strategy"),
    *("enquire.start", "enquire.conclude", "conference.initial", "conference.review", "coregroup", "plan.start"),
    *("plan.draft", "review", "stepdown", "correct", "redacted"),
)
STEP = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "case": st.sampled_from(("R1", "R2", "R3")),
        "day": st.integers(-400, 130),
        "person": st.sampled_from(PEOPLE),
        "code": st.sampled_from(CODES),
        "flag": st.sampled_from((True, False, None)),
        "of": st.integers(1, 30),
        "typed": st.booleans(),
    }
)
SPEAKS = {kind: ["at"] for kind in ("refer", "assess.start", "assess.complete", "allocate", "conference.initial")}


@cache
def rules() -> RuleBook:
    """Return a protocol with clocks of every sort."""
    return RuleBook(load("bristol"))


def line(seq: int, kind: str, case: str | None, day: date, data: dict[str, Any] | None, typed: bool = True) -> Row:
    """Return a line of a log, whether or not it would have been accepted."""
    under = "bristol@0" if typed else None
    return {
        "seq": seq, "kind": kind, "case": case, "at": day.isoformat(), "recorded": "", "by": "sw1", "under": under,
        "data": data,
    }  # fmt: skip


def book_of(steps: list[dict[str, Any]], imported: bool) -> Casebook:
    """Return three cases that began and then went on as *steps* say, without a gate's having been asked."""
    about = {"source": "return", "speaks": SPEAKS, "covers_from": FIRST.isoformat()}
    lines = [line(1, "import", None, TODAY, about)]
    for seq, person in enumerate(("sw1", "kw1"), 2):
        role = {"staff": person, "role": "social_worker" if person == "sw1" else "family_help_key_worker", "unit": "A"}
        lines.append(line(seq, "staff.join", None, date(2020, 1, 6), role))
    for seq, case in enumerate(("R1", "R2", "R3"), 4):
        child = {"child": "X1" if case != "R3" else None, "source": "1A", "born": "2015-06-01"}
        lines.append(line(seq, "refer", case, FIRST + timedelta(days=seq * 9), child, typed=not imported))
    for seq, step in enumerate(steps, 7):
        day = FIRST + timedelta(days=step["day"])
        if step["kind"] == "correct":
            of = next((old for old in lines[3:] if old["seq"] == step["of"] and old["case"] == step["case"]), None)
            change = {"void": True} if step["flag"] else {"set": {"at": day.isoformat()}}
            if of is not None and of["kind"] != "correct":
                lines.append(line(seq, "correct", step["case"], TODAY, {"of": of["seq"], "reason": "slip", **change}))
            continue
        data = {
            "to": step["person"], "outcome": step["code"], "type": step["code"], "conference_needed": step["flag"],
            "enquiry": step["of"] if step["flag"] else None, "complete_by": day.isoformat(), "seen": ["child"],
        }  # fmt: skip
        kind = "visit" if step["kind"] == "redacted" else step["kind"]
        kept = {name: value for name, value in data.items() if value is not None}
        lines.append(line(seq, kind, step["case"], day, None if step["kind"] == "redacted" else kept, step["typed"]))
    return Casebook(rules(), TODAY).load(lines)


def report(book: Casebook, asked: Frame, least: int | None = None) -> list[Row]:
    """Return the rows of the report on *book*."""
    tally = with_rereferrals(counted(book, book.case_ids(), asked), book, asked)
    return list(rows(tally, asked, Clocks(book.rules).rules, least))


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=24), st.booleans(), st.sampled_from(BY))
def test_parts_are_never_more_than_the_whole(steps: list[dict[str, Any]], imported: bool, by: By) -> None:
    """Shares lie between none and all, medians between the shortest and the longest, and groups add up."""
    asked = frame("2024-06-01..2025-06-30", TODAY, by=by, before="2023-01-01..2024-05-31")
    found = report(book_of(steps, imported), asked)

    for row in found:
        assert 0 <= row["numerator"]
        assert 0 <= row["not_judged"]
        if row["unit"] == "%":
            assert row["numerator"] <= row["denominator"]
        assert (row["value"] is None) == (row["denominator"] == 0)
        assert row["median"] is None or row["denominator"] > 0
    wholes = [row for row in found if row["by"] == "all"]
    for whole in wholes:
        measure = MEASURES[whole["indicator"]]
        if measure.windowed if by == "month" else by == "rule" and not measure.stops:
            continue
        parts = [
            r for r in found if r["by"] == by and (r["indicator"], r["band"]) == (whole["indicator"], whole["band"])
        ]
        for field in ("numerator", "denominator", "not_judged"):
            assert whole[field] == sum(row[field] for row in parts), (whole["indicator"], field)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=24), st.booleans(), st.sampled_from((None, *BY)))
def test_of_three_cases_nothing_is_told(steps: list[dict[str, Any]], imported: bool, by: By | None) -> None:
    """With small numbers kept back, of cases as few as these every count of cases is 0 or kept back."""
    found = report(book_of(steps, imported), frame("2024-06-01..2025-06-30", TODAY, by=by), least=5)

    for row in found:
        if MEASURES[row["indicator"]].windowed or row["indicator"] == "rereferral":
            assert row["denominator"] in (0, None)
            assert row["not_judged"] in (0, None)
            assert (row["value"], row["median"]) == (None, None)
