"""`cinctl apply`: a stream of events given as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO

import click

from cinctl.commands._answer import View, answers
from cinctl.errors import UsageError
from cinctl.shell import Session, command, pass_session
from cinctl.terminal import open_input, tell

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
    recorded, under, salt and hash. The answer is one verdict a line, in order.
    """
    view.form = view.form or "jsonl"
    source = click.get_current_context().with_resource(_source(file))
    seen = {"malformed": False, "refused": False}

    def rows() -> Iterator[dict[str, Any]]:
        for verdict in session.workspace.apply(source, atomic=atomic, dry_run=dry_run):
            seen["malformed"] |= verdict.error is not None
            seen["refused"] |= not verdict.accepted
            event = verdict.event or {}
            if verdict.error:
                tell(f"cinctl: line {verdict.line}: {verdict.error}")
            for line in verdict.refusals:
                tell(f"line {verdict.line}: {line}")
            yield {
                "line": verdict.line,
                "case": event.get("case") or verdict.case,
                "accepted": verdict.accepted,
                "seq": event.get("seq"),
                "findings": [finding.row() for finding in verdict.findings],
                "error": verdict.error,
            }

    view.show(rows())
    session.tell_notices()
    click.get_current_context().exit(2 if seen["malformed"] else 3 if seen["refused"] else 0)


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
