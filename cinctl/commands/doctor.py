"""`cinctl doctor`: what is wrong with an installation."""

from __future__ import annotations

import click

from cinctl.commands._answer import View, answers
from cinctl.doctor import COLUMNS, FAIL, WARN, examine
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import plural, tell

__all__ = ["command"]


@command("doctor", examples=("cinctl doctor", "cinctl doctor --verify --json", "cinctl doctor -f markdown > issue.md"))
@click.option("--verify", is_flag=True, help="Walk the chain of the whole log too.")
@answers(COLUMNS, ids="check")
@pass_session
def show_doctor(session: Session, view: View, verify: bool) -> None:
    """Say what is wrong with an installation, without any case data.

    It looks at Python and what cinctl needs, the clock, the config, the protocol, and the store from outside; writes
    nothing, and needs none of them to be in order. What it prints can be shown to whoever helps: no id of a case or of
    a person is in it, and the home folder stands as ~.

    Exit 1 when a check failed; a warning alone is exit 0.
    """
    rows = [check._asdict() for check in examine(session, verify=verify)]
    view.show(rows)
    failed, warned = (sum(row["status"] == status for row in rows) for status in (FAIL, WARN))
    if view.for_people:
        tell(f"{len(rows)} checks: {failed} failed, {warned} {plural(warned, 'warning')}")
    if failed:
        click.get_current_context().exit(1)


command = show_doctor
