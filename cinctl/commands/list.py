"""`cinctl list`: the cases."""

from __future__ import annotations

import click

from cinctl.commands._answer import View, answers
from cinctl.commands.show import COLUMNS
from cinctl.errors import UsageError, did_you_mean
from cinctl.session import Session, pass_session
from cinctl.shelf import OPEN
from cinctl.shell import command

__all__ = ["STATES", "command"]

STATES = ("referred", "open", "no_further_action", "stepped_down", "closed")
TABLE = ("case", "state", "tier", "need", "lead", "supervisor", "unit", "referred", "closed")


@command("list", examples=("cinctl list --open", "cinctl list --state referred -f ids | cinctl next -"), views=True)
@click.option("--open", "only_open", is_flag=True, help="Only cases that are open.")
@click.option("--state", metavar="STATE", help="Only cases in this state.")
@answers(COLUMNS, TABLE, spare=("supervisor", "tier", "need", "closed", "unit"))
@pass_session
def list_cases(session: Session, view: View, only_open: bool, state: str | None) -> None:
    """List the cases.

    @NAME takes the options of [views.NAME] in the config, where the command line does not say otherwise.
    """
    wanted = _state(state) if state else None
    rows = session.book().case_rows()
    if only_open:
        rows = (row for row in rows if row["state"] in OPEN)
    if wanted:
        rows = (row for row in rows if row["state"] == wanted)
    view.show(rows, empty="There are no such cases.")


def _state(name: str) -> str:
    found = name.replace("-", "_")
    if found not in STATES:
        raise UsageError(f"--state: '{name}' is not one of {', '.join(STATES)}.{did_you_mean(name, STATES)}")
    return found


command = list_cases
