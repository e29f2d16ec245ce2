"""`cinctl redact`: remove the payload of earlier events, lawfully."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import CASE
from cinctl.commands._step import when
from cinctl.commands._verdicts import COLUMNS, SCHEMA, report
from cinctl.option_types import DATE, MOMENT, SEQ, STAFF, TEXT
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.workspace.redaction import Plan

__all__ = ["command"]

_GROUPS = {
    **dict.fromkeys(("case", "reason", "approved_by", "note", "corrections"), "What is removed, and why"),
    **dict.fromkeys(("by", "on", "at", "dry_run"), "Who and when"),
}


@command(
    "redact",
    examples=(
        "cinctl redact 17 --reason 'erasure asked for, request 2026/14' --approved-by sm1 --by tm1 --dry-run",
        "cinctl redact 17 21 --reason 'meant for another family' --approved-by sm1 --with-corrections",
        "cinctl redact --case R1 --reason 'retention period over' --approved-by sm1",
    ),
    groups=_GROUPS,
)
@click.argument("seqs", metavar="[SEQ...]", nargs=-1, type=SEQ)
@click.option("--case", metavar="CASE", type=CASE, help="Every event of this case instead.")
@click.option("--reason", metavar="TEXT", type=TEXT, required=True, help="Why.")
@click.option("--approved-by", metavar="STAFF", type=STAFF, required=True, help="Who approved it.")
@click.option("--note", metavar="TEXT", type=TEXT, help="A note.")
@click.option(
    "--with-corrections", "corrections", is_flag=True, help="Also corrections that hold part of what the events said."
)
@click.option("--by", metavar="STAFF", type=STAFF, help="Who did it. [env CINCTL_ACTOR]")
@click.option("--on", type=DATE, metavar="DATE", help="When it happened. [default today]")
@click.option("--at", type=MOMENT, metavar="DATETIME", help="The same to the minute, with its offset.")
@click.option("--dry-run", is_flag=True, help="Judge it, write nothing.")
@answers(COLUMNS, schema=SCHEMA)
@pass_session
def redact_events(session: Session, /, view: View, seqs: tuple[int, ...], case: str | None, **more: Any) -> None:
    """Remove the payload of earlier events, lawfully.

    What an event said is gone for good: its line keeps its kind, case, date and author, and the chain still holds. The
    redaction is an event itself. Caches go too, and what a crash left beside the log of the same events; copies kept
    elsewhere (backups, exports, reports) are for you to find. The reason stays on the record: name nothing in it.
    """
    from cinctl.workspace.redaction import Request, redact

    ctx = click.get_current_context()
    if bool(seqs) == (case is not None):
        raise click.UsageError("takes either events, SEQ..., or --case", ctx)
    request = Request(
        seqs=seqs,
        case=case,
        reason=more["reason"],
        approved_by=more["approved_by"],
        note=more["note"],
        at=when(ctx, session, more["on"], more["at"]),
        by=more["by"] or session.settings.actor,
        corrections=more["corrections"],
    )
    made = redact(session.workspace, request, dry_run=more["dry_run"])
    session.tell_notices()
    if made.accepted:
        _tell(made, more["dry_run"])
    report(view, made.verdicts, dry_run=more["dry_run"], kept=False)


def _tell(made: Plan, dry_run: bool) -> None:
    number = len(made.seqs)
    payloads = f"{plural(number, 'the payload', 'the payloads')} of {number} {plural(number, 'event')}"
    if dry_run:
        tell(f"{payloads} would be removed")
    else:
        tell(f"{payloads} removed; copies kept elsewhere (backups, exports) are not reached")
    for line in made.told:
        tell(line)
    for name in made.tails:
        tell(f"{name} removed: it held part of that, or told of the same case")
    for name in made.leftovers:
        tell(f"{name} removed: a redaction that was cut short had left it")


command = redact_events
