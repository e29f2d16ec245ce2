"""`cinctl report`: the indicators that managers and inspectors look at."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from cinctl.commands._answer import View, answers
from cinctl.indicators.rows import COLUMNS
from cinctl.option_types import DATE, WORD, Choice
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import tell

__all__ = ["command"]

TABLE = (
    *("indicator", "band", "group", "numerator", "denominator", "value", "unit", "median", "not_judged"),
    *("previous_numerator", "previous_denominator", "previous_value"),
)
BY = ("month", "unit", "lead", "rule")


@command(
    "report",
    examples=(
        "cinctl report",
        "cinctl report --from 2025-04-01 --until 2026-03-31 --against last-year",
        "cinctl report --by unit --suppress 5",
        "cinctl report --by month -f csv > indicators.csv",
        "cinctl report --against 2025-01-01..2025-01-31 --json",
    ),
)
@click.option("--from", "since", type=DATE, metavar="DATE", help="The first day. [default: of the last full month]")
@click.option("--until", type=DATE, metavar="DATE", help="The last day. [default: of the last full month]")
@click.option("--by", type=Choice(BY), help="Also for each month (of the last twelve unless told), unit, lead or rule.")
@click.option(
    "--against",
    type=WORD,
    default="previous",
    metavar="previous|last-year|none|DATE..DATE",
    help="What to hold it against: the period just before, the same a year earlier, nothing, or any earlier one.",
)
@click.option("--suppress", type=click.IntRange(min=2), metavar="N", help="Keep numbers from 1 to below N back.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Count with N processes. [default all cores]")
@answers(COLUMNS, TABLE, ids="group")
@pass_session
def show_report(
    session: Session,
    view: View,
    since: date | None,
    until: date | None,
    by: Any,
    against: str,
    suppress: int | None,
    jobs: int | None,
) -> None:
    """Show the indicators that managers and inspectors look at.

    They come from the same obligations and events as 'due' and 'audit'; limits are those of the protocol, and 'rules'
    names the clocks. Each comes with what it is counted from; docs/report.md says how.
    """
    from cinctl.commands._indicators import asked, show
    from cinctl.indicators.measures import Clocks
    from cinctl.indicators.rows import rows
    from cinctl.workspace.measuring import measure_store

    frame = asked(session.workspace.today, since, until, by, against)
    tally, notices = measure_store(session.workspace, frame, jobs)
    for notice in notices:
        tell(notice)
    if frame.now.last >= frame.today:
        tell(f"the period goes on until {frame.now.last.isoformat()}: what is told of it may still change")
    show(view, rows(tally, frame, Clocks(session.workspace.rules).rules, suppress), frame, suppress)


command = show_report
