"""`cinctl protocol lint`: what is wrong with a protocol, and what looks wrong."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from cinctl.commands._outputs import PairedCommand, Sink
from cinctl.commands._telling import Telling, from_here, put_report, row_options
from cinctl.commands.protocol._named import named
from cinctl.errors import ProtocolError
from cinctl.formats.reports import REPORTS
from cinctl.option_types import PROTOCOL
from cinctl.session import Session, pass_session

__all__ = ["command"]

TABLE = ("protocol", "level", "check", "rule", "where", "message")


@click.command(
    "lint",
    cls=PairedCommand,
    examples=(
        "cinctl protocol lint ours.toml",
        "cinctl --protocol bristol protocol lint",
        "cinctl protocol lint ours.toml -f sarif -o lint.sarif -f github",
    ),
)
@click.argument("protocols", metavar="[ID|FILE]...", nargs=-1, type=PROTOCOL)
@row_options(REPORTS)
@pass_session
def lint_protocols(session: Session, /, protocols: Sequence[str], **asked: Any) -> None:
    """Check protocols: those named, else the one in force.

    Errors are faults that keep it from loading, and where it contradicts itself; warnings and notes are what may not
    be meant. Everything is told at once, each with its check, file, line, column and a hint. Exit 5 when there is an
    error.

    sarif, junit, tap, github, gitlab, markdown and html are reports: an error fails, warnings and notes do not.
    """
    from cinctl.lintreport import NOTES, look, report_of

    out = Telling(session, asked, NOTES, TABLE, ids="rule", reports=REPORTS)
    chosen: Sequence[str | None] = protocols or (None,)
    found = [look(name, partial(named, session, name), name or session.settings.protocol) for name in chosen]
    faults = [fault for looked in found for fault in looked.errors]
    code = ProtocolError.exit_code if faults else 0

    def report(sink: Sink) -> None:
        put_report(session, sink, report_of(found, from_here, code))

    out.tell([row for looked in found for row in looked.rows], report, empty="" if faults else "Nothing to say.")
    if faults and out.only_ids:
        raise ProtocolError(faults)  # what rules they are about does not say what is wrong
    click.get_current_context().exit(code)


command = lint_protocols
