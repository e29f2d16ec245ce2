"""`cinctl timeline`: a case over time, as a chart in text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.errors import UsageError
from cinctl.option_types import DATE
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import emit, plural, tell, visible
from cinctl.timelines import COLUMNS, days_of, lanes, timeline_rows, within

if TYPE_CHECKING:
    from cinctl.workspace import Book

__all__ = ["command"]

TABLE = ("case", "what", "rule", "who", "start", "due", "finished", "status")
WIDTH = 100
"""How wide a chart is that goes to no terminal."""
NARROWEST, WIDEST = 40, 400


@command(
    "timeline",
    examples=(
        "cinctl timeline R1",
        "cinctl timeline R1 --from 2026-01-01 --until 2026-06-30",
        "cinctl due --overdue -f ids | head -n 3 | cinctl timeline -",
        "cinctl timeline R1 --ascii --width 72 > r1.txt",
        "cinctl timeline R1 --json | jq '.[] | select(.status == \"late\")'",
    ),
)
@cases_argument(required=True)
@click.option("--from", "since", type=DATE, metavar="DATE", help="Only from this day on.")
@click.option("--until", type=DATE, metavar="DATE", help="Only up to this day.")
@click.option(
    "--width",
    type=click.IntRange(NARROWEST, WIDEST),
    metavar="N",
    help=f"How wide the chart is. [default the terminal's, else {WIDTH}]",
)
@click.option("--ascii", "plain", is_flag=True, help="Draw with ASCII alone, as for TERM=dumb.")
@answers(COLUMNS, TABLE)
@pass_session
def show_timeline(session: Session, /, view: View, cases: Sequence[str], **asked: Any) -> None:
    """Draw a case over time: what happened, and each clock that ran.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin. A bar is a clock, from where it began to where
    it was done, or to today and its due date; the clocks of one rule share a line. With --columns, and in every other
    format, each event and each clock is a row. Clocks whose dates would tell a day of birth or death are left out.
    """
    from cinctl.discretion import vital_rules

    since, until = asked["since"], asked["until"]
    if since is not None and until is not None and until < since:
        raise UsageError("--until is before --from")
    book, today = session.book(), session.workspace.today
    for case in cases:
        book.require_case(case)
    kept_back = vital_rules(session.workspace.rules)
    found = [timeline_rows(book, case, today, kept_back) for case in cases]
    told = [within(rows, since, until, today) for rows, _ in found]
    left_out = sum(left for _, left in found)
    if view.form in (None, "table") and not view.columns:
        _draw(session, view, book, list(zip(cases, told, strict=True)), asked)
    else:
        view.show([row for rows in told for row in rows])
    if left_out:
        clocks = plural(left_out, "clock")
        tell(f"{left_out} {clocks} left out whose due date would tell a day of birth or death")


command = show_timeline


def _draw(
    session: Session,
    view: View,
    book: Book,
    told: Sequence[tuple[str, Sequence[dict[str, Any]]]],
    asked: dict[str, Any],
) -> None:
    width = asked["width"] or min(max(view.width or WIDTH, NARROWEST), WIDEST)
    plain = asked["plain"] or (view.width is not None and session.environ.get("TERM") == "dumb")
    for number, (case, rows) in enumerate(told):
        lines = _chart(view, book, case, rows, asked["since"], asked["until"], width, plain)
        emit("\n".join([*([""] if number else []), *lines]) + "\n")


def _chart(
    view: View,
    book: Book,
    case: str,
    rows: Sequence[dict[str, Any]],
    since: date | None,
    until: date | None,
    width: int,
    plain: bool,
) -> Iterator[str]:
    from cinctl.calendar import weekday_date
    from cinctl.drawing import ASCII, UNICODE, chart
    from cinctl.textwidth import fold

    today = view.session.workspace.today
    first, last = days_of(rows, since, until, today)
    state = (book.case_row(case)["state"] or "").replace("_", " ")
    yield from fold(f"{visible(case)}, {state}: {weekday_date(first)} to {weekday_date(last)}", width)
    if not rows:
        yield "Nothing happened, and nothing ran."
        return
    yield ""
    yield from chart(
        lanes(rows, today), (first, last), today, width=width, glyphs=ASCII if plain else UNICODE, colour=view.colour
    )
