"""`cinctl next`: what can be done to a case now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.render import Row
from cinctl.session import Session, pass_session
from cinctl.shell import command

__all__ = ["command"]

COLUMNS = ("case", "step", "refused", "rules", "why", "satisfy")
TABLE = ("step", "refused", "rules", "why", "satisfy")
BRIEF = ("step", "refused_by", "why, or what it must say")
WIDTH = 100


@command("next", examples=("cinctl next R1", "cinctl next R1 --json | jq '.[] | select(.refused | not) | .step'"))
@cases_argument(required=True)
@answers(COLUMNS, TABLE)
@pass_session
def show_next(session: Session, view: View, cases: Sequence[str]) -> None:
    """Show what can be done to a case now, and what would be refused.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin.
    """
    book, today = session.book(), session.workspace.today
    for case in cases:
        book.require_case(case)
    rows = [{"case": case, **row} for case in cases for row in book.next_rows(case, today)]
    several = ("case",) if len(cases) > 1 else ()
    if view.form in (None, "table") and not view.columns:
        view.table = (*several, *BRIEF)
        view.show(_brief(view.sorted(rows)), width=WIDTH, sort=False)
    else:
        view.table = (*several, *TABLE)
        view.show(rows)


def _brief(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield *rows* for people: each thing that stands in the way, or that a step must say, on a row of its own."""
    for row in rows:
        told = re.split("; (?!or )", row["why"] if row["refused"] else row["satisfy"])
        for number, text in enumerate(dict.fromkeys(told)):
            head = {} if number else {"case": row["case"], "step": row["step"], BRIEF[1]: row["rules"] or "no"}
            yield {**head, BRIEF[2]: text}


command = show_next
