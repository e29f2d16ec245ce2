"""`cinctl next`: what can be done to a case now."""

from __future__ import annotations

from collections.abc import Sequence

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.shell import Session, command, pass_session

__all__ = ["command"]

COLUMNS = ("case", "step", "refused", "rules", "why", "satisfy")
TABLE = ("step", "refused", "rules", "why", "satisfy")


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
    if len(cases) > 1:
        view.table = COLUMNS
    view.show([{"case": case, **row} for case in cases for row in book.next_rows(case, today)])


command = show_next
