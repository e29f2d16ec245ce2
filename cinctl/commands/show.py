"""`cinctl show`: a case as it stands."""

from __future__ import annotations

from collections.abc import Sequence

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.shell import Session, command, pass_session

__all__ = ["COLUMNS", "command"]

COLUMNS = (
    "case", "child", "family", "born", "expected", "state", "tier", "need", "lead", "lead_role", "supervisor", "unit",
    "referred", "closed",
)  # fmt: skip


@command("show", examples=("cinctl show R1", "cinctl due --overdue -f ids | cinctl show - -f table"))
@cases_argument(required=True)
@answers(COLUMNS)
@pass_session
def show_cases(session: Session, view: View, cases: Sequence[str]) -> None:
    """Show a case as it stands.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin.
    """
    book = session.book()
    for case in cases:
        book.require_case(case)
    view.show([book.case_row(case) for case in cases], one=len(cases) == 1)


command = show_cases
