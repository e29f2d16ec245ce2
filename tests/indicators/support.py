"""A small protocol with a clock for each indicator, and what the indicators say of a store under it."""

from __future__ import annotations

from datetime import date
from typing import Any

from cinctl.indicators.measures import Clocks
from cinctl.indicators.periods import Period, month_of
from cinctl.indicators.rows import Row, rows
from cinctl.indicators.tally import By, Frame
from cinctl.workspace import Workspace
from cinctl.workspace.measuring import measure_store
from tests.domain.world import clock

PROTOCOL = (
    clock("D", "refer", "decide", within="1 working day")
    + clock("A", "decide", "assess.complete", from_="case.referred", within="45 working days")
    + clock("SET", "direct", "assess.complete", within="event.complete_by")
    + clock("L", "refer", "allocate", within="3 working days")
    + clock("V", "allocate", "visit", every="2 weeks")
    + clock("S", "allocate", "supervise.formal", every="1 month")
    + clock("N", "allocate", "supervise")
    + clock("C", "enquire.start", '["conference.initial", "enquire.conclude"]', within="15 working days")
    + clock("G", "conference.initial", "coregroup", within="10 working days")
)

Numbers = tuple[Any, Any, Any]


def period(text: str) -> Period:
    """Return the period `FROM..UNTIL`, or the month `YYYY-MM`."""
    if ".." not in text:
        return month_of(date.fromisoformat(f"{text}-01"))
    return Period(*(date.fromisoformat(part) for part in text.split("..")))


def frame(text: str, today: date, by: By | None = None, before: str | None = None) -> Frame:
    """Return what is asked."""
    return Frame(period(text), period(before) if before else None, by, today)


def reported(workspace: Workspace, asked: Frame, least: int | None = None, jobs: int = 1) -> list[Row]:
    """Return the rows of the report on a store."""
    tally, _ = measure_store(workspace, asked, jobs)
    return list(rows(tally, asked, Clocks(workspace.rules).rules, least))


def numbers(found: list[Row], indicator: str, group: str | None = "all", band: str | None = None) -> Numbers:
    """Return numerator, denominator and what is not judged of one row."""
    (row,) = [
        r
        for r in found
        if r["indicator"] == indicator and r["band"] == band and (r["by"] if r["by"] == "all" else r["group"]) == group
    ]
    return row["numerator"], row["denominator"], row["not_judged"]
