"""`cinctl apply`: a stream of events given as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._verdicts import answering, case_of, finding_rows
from cinctl.errors import UsageError
from cinctl.shell import Session, command, pass_session
from cinctl.terminal import open_input, tell

if TYPE_CHECKING:
    from cinctl.workspace import Verdict

__all__ = ["command"]

COLUMNS = ("line", "case", "accepted", "seq", "findings", "error")


@command(
    "apply",
    examples=(
        "cinctl apply events.jsonl --atomic",
        'echo \'{"kind":"note","case":"R1","by":"kw1","data":{"text":"school rang"}}\' | cinctl apply -',
    ),
)
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--atomic", is_flag=True, help="All lines or none.")
@click.option("--dry-run", is_flag=True, help="Judge them, write nothing.")
@answers(COLUMNS)
@pass_session
def apply_lines(session: Session, view: View, file: str | None, atomic: bool, dry_run: bool) -> None:
    """Record a stream of events given as JSON lines.

    FILE holds one event a line, - or nothing is stdin. A line is an event as the log has it, without v, seq,
    recorded, under, salt and hash. The answer is one verdict a line, in order; the seq of what was not recorded is
    null, also where with --atomic only another line was at fault.
    """
    view.form = view.form or "jsonl"
    source = click.get_current_context().with_resource(_source(file))
    verdicts = list(session.workspace.apply(source, atomic=atomic, dry_run=dry_run))
    with answering(() if dry_run else [verdict for verdict in verdicts if not verdict.known]):
        view.show(_rows(verdicts))
    session.tell_notices()
    refused = any(not verdict.accepted for verdict in verdicts)
    if atomic and refused:
        tell("nothing was recorded: with --atomic it is all lines or none")
    click.get_current_context().exit(2 if any(verdict.error for verdict in verdicts) else 3 if refused else 0)


def _rows(verdicts: Sequence[Verdict]) -> Iterator[dict[str, Any]]:
    """Yield a row for each line, and say on stderr what is wrong with it as it comes."""
    for verdict in verdicts:
        if verdict.error:
            tell(f"cinctl: line {verdict.line}: {verdict.error}")
        for line in verdict.refusals:
            tell(f"line {verdict.line}: {line}")
        yield {
            "line": verdict.line,
            "case": case_of(verdict),
            "accepted": verdict.accepted,
            "seq": verdict.event["seq"] if verdict.accepted and verdict.event is not None else None,
            "findings": finding_rows(verdict),
            "error": verdict.error,
        }


@contextmanager
def _source(file: str | None) -> Iterator[BinaryIO]:
    if file is None and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("apply reads events from a FILE or, through a pipe, from stdin; see 'cinctl apply -h'")
    if file is None or file == "-":
        yield sys.stdin.buffer if sys.stdin is not None else BytesIO()
    else:
        with open_input(file) as stream:
            yield stream


command = apply_lines
