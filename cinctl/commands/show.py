"""`cinctl show`: a case as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import any_number, cases_argument
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import emit

if TYPE_CHECKING:
    from cinctl.workspace import Book

__all__ = ["COLUMNS", "command"]

COLUMNS = (
    "case", "child", "family", "born", "expected", "state", "tier", "need", "lead", "lead_role", "supervisor", "unit",
    "referred", "closed",
)  # fmt: skip
WIDTH = 100
"""How wide a page is that goes to no terminal."""


@command("show", examples=("cinctl show R1", "cinctl due --overdue -f ids | cinctl show - -f table"))
@cases_argument(required=True)
@answers(COLUMNS, schema="cinctl/case/1")
@pass_session
def show_cases(session: Session, view: View, cases: Sequence[str]) -> None:
    """Show a case as it stands.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin. One case is a page: who, where it stands, what
    runs, what happened; with --columns it is those fields alone. With --json it is one object for one id, and an array
    for several ids or for -, however many come.
    """
    book = session.book()
    for case in cases:
        book.require_case(case)
    if len(cases) == 1 and view.form in (None, "table") and not view.columns:
        _show_page(view, book, cases[0])
        return
    view.show([book.case_row(case) for case in cases], one=_is_one(view, cases))


def _show_page(view: View, book: Book, case: str) -> None:
    from cinctl.casepage import page, page_lines

    told = page(book, case, view.session.workspace.today)
    emit("\n".join(page_lines(told, view.width or WIDTH, view.colour)) + "\n")
    if view.session.hints:
        from cinctl.commands._hints import tell_lines

        tell_lines(view.session, ("next", case), ("timeline", case))


def _is_one(view: View, cases: Sequence[str]) -> bool:
    """Say whether the answer is one thing: a script that reads ids from stdin gets an array, however many came."""
    return len(cases) == 1 and (view.for_people or not any_number(cases))


command = show_cases
