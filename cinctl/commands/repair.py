"""`cinctl repair`: set aside a torn line at the end of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cinctl.commands._answer import View, answers
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import emit, plural, tell, visible

if TYPE_CHECKING:
    from cinctl.store.walk import Torn

__all__ = ["command"]

COLUMNS = ("store", "repaired", "offset", "removed", "kept", "cleared")


@command("repair", examples=("cinctl repair --dry-run", "cinctl repair --json"))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@answers(COLUMNS, schema="cinctl/repair/1")
@pass_session
def repair_store(session: Session, view: View, dry_run: bool) -> None:
    """Set aside a torn line at the end of the log.

    That is what a crash can leave; nothing in it was ever acknowledged. It is kept in a file beside the log. The next
    command that writes does the same, so nobody has to. A log that is broken in any other way is left as it is.
    """
    from cinctl.store.log import Log
    from cinctl.store.repair import repair

    settings = session.settings
    path = str(settings.store)
    log = Log.open(path)
    done = repair(log, settings.lock_timeout, dry_run=dry_run)
    torn = done.torn
    if view.form is None and not view.columns:
        emit(visible(_sentence(path, done.torn, done.kept, done.lines)) + "\n")
    else:
        row = {
            "store": path,
            "repaired": done.kept is not None,
            "offset": torn.offset if torn else None,
            "removed": torn.length if torn else 0,
            "kept": done.kept,
            "cleared": done.cleared,
        }
        view.show([row], one=True)
    for name in done.cleared:
        what = "would be removed" if dry_run else "removed"
        tell(f"{name} {what}: a redaction that was cut short had left it")
    for notice in log.notices:
        tell(notice)


def _sentence(path: str, torn: Torn | None, kept: str | None, lines: int) -> str:
    if torn is None:
        return f"{path}: there is nothing to repair; {lines} {plural(lines, 'line holds', 'lines hold')}"
    where = f"{torn.length} bytes from byte {torn.offset} on, after line {lines}"
    return f"{path}: {where}, set aside as {kept}" if kept else f"{path}: {where}, would be set aside"


command = repair_store
