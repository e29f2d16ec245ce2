"""`cinctl caseload`: who leads how many cases, and which unit holds how many."""

from __future__ import annotations

import click

from cinctl.commands._answer import View, answers
from cinctl.option_types import Choice
from cinctl.session import Session, pass_session
from cinctl.shell import command

__all__ = ["command"]

COLUMNS = (
    "lead", "role", "unit", "cases", "overdue", "due_soon", "outstanding", "lead_changes", "leads", "limit", "over",
    "away_from", "away_until", "cover",
)  # fmt: skip
_COUNTS = ("cases", "overdue", "due_soon", "outstanding", "lead_changes")
_TABLES = {"lead": ("lead", "role", "unit", *_COUNTS), "unit": ("unit", "leads", *_COUNTS)}
_WHERE_SET = (("limit", ("limit", "over")), ("away_from", ("away_from", "away_until", "cover")))


@command(
    "caseload",
    examples=(
        "cinctl caseload",
        "cinctl caseload --by unit",
        "cinctl caseload --sort -cases --columns lead,cases",
        "cinctl caseload --all --exit-code > /dev/null || echo 'somebody leads more than the protocol allows'",
    ),
    views=True,
)
@click.option(
    "--by", type=Choice(tuple(_TABLES)), default="lead", help="A row for each lead, or each unit. [default: lead]"
)
@click.option("--all", "idle", is_flag=True, help="Also who is in post and leads none, or units that hold none.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when a row of the answer is over its limit.")
@answers(COLUMNS, ids="lead", spare=("away_from", "outstanding", "due_soon", "role", "lead_changes"))
@pass_session
def show_caseload(session: Session, view: View, by: str, idle: bool, exit_code: bool) -> None:
    """Show who leads how many open cases.

    Limits are those of the protocol's [caseload]; 'over' says how many cases are above. lead_changes counts how often
    the open cases here have gone from one lead to another, whoever that was.

    @NAME takes the options of [views.NAME] in the config, where the command line does not say otherwise.
    """
    rows = session.book().caseload_rows(session.workspace.today, by, idle=idle)
    shown = (names for key, names in _WHERE_SET if any(row[key] is not None for row in rows))
    view.table, view.ids = (*_TABLES[by], *(name for names in shown for name in names)), by
    view.show(rows, empty="There are no open cases.")
    if exit_code and any(row["over"] for row in rows):
        click.get_current_context().exit(1)


command = show_caseload
