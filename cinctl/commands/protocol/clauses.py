"""`cinctl protocol clauses`: every clause of the registers, and where each one lives."""

from __future__ import annotations

from cinctl.commands._answer import View, answers
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]

CLAUSES = ("clause", "level", "source", "section", "says", "home")


@made("clauses", examples=("cinctl protocol clauses", "cinctl protocol clauses -f csv > register.csv"))
@answers(CLAUSES, ids="clause")
@pass_session
def list_clauses(session: Session, view: View) -> None:
    """List every clause of the registers, and where each one lives.

    That is in the protocol in force; else in a bundled one, which is named; or nowhere, being context.
    """
    from cinctl.explain import clause_rows

    settings = session.settings
    chosen = settings.protocol is not None or settings.config_tables is not None
    view.show(clause_rows(session.workspace.protocol if chosen else None))


command = list_clauses
