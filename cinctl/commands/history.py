"""`cinctl history`: what happened to a case, event by event."""

from __future__ import annotations

from collections.abc import Sequence

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.shell import Session, command, pass_session

__all__ = ["command"]

COLUMNS = ("seq", "kind", "at", "recorded", "by", "case", "data", "corrected_by")
TABLE = ("seq", "at", "kind", "by", "data", "corrected_by")


@command("history", examples=("cinctl history R1", "cinctl history R1 -f jsonl | jq 'select(.corrected_by)'"))
@cases_argument(required=True)
@answers(COLUMNS, TABLE)
@pass_session
def show_history(session: Session, view: View, cases: Sequence[str]) -> None:
    """Show what happened to a case, event by event.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin.
    """
    book = session.book(upto_today=False)
    for case in cases:
        book.require_case(case)
    view.show([row for case in cases for row in book.history_rows(case)])


command = show_history
