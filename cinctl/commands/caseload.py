"""`cinctl caseload`: who leads how many cases."""

from __future__ import annotations

from cinctl.commands._answer import View, answers
from cinctl.shell import Session, command, pass_session

__all__ = ["command"]

COLUMNS = ("lead", "role", "unit", "cases", "overdue", "due_soon", "outstanding", "lead_changes")


@command("caseload", examples=("cinctl caseload", "cinctl caseload --sort -cases --columns lead,cases"), views=True)
@answers(COLUMNS, ids="lead")
@pass_session
def show_caseload(session: Session, view: View) -> None:
    """Show who leads how many open cases.

    @NAME takes the options of [views.NAME] in the config, where the command line does not say otherwise.
    """
    rows = session.book().caseload_rows(session.workspace.today)
    view.show(rows, empty="There are no open cases.")


command = show_caseload
