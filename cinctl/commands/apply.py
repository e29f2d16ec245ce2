"""`cinctl apply`: a stream of events given as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._verdicts import Recorded, answering, case_of, finding_rows
from cinctl.errors import UsageError
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import open_input, tell

if TYPE_CHECKING:
    from cinctl.workspace import Verdict

__all__ = ["command"]

_CHUNK = 1 << 19

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
    batches = _batches(_whole(source) if atomic or dry_run else source)
    outcome = _Outcome()
    with answering(Recorded() if dry_run else outcome.recorded):
        view.show(_rows(session.workspace.apply(batches, atomic=atomic, dry_run=dry_run), outcome))
    session.tell_notices()
    if atomic and outcome.refused:
        tell("nothing was recorded: with --atomic it is all lines or none")
    click.get_current_context().exit(2 if outcome.wrong else 3 if outcome.refused else 0)


class _Outcome:
    """What came of all lines: the places of those *recorded*, and whether any was *refused* or *wrong* in itself."""

    def __init__(self) -> None:
        self.recorded = Recorded()
        self.refused = self.wrong = False

    def take(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Take in what came of some lines, and return it."""
        for verdict in verdicts:
            self.refused = self.refused or not verdict.accepted
            self.wrong = self.wrong or bool(verdict.error)
            if not verdict.known:
                self.recorded.add(verdict)
        return verdicts


def _batches(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the lines of *stream* as they come: as many at once as are there to be read."""
    rest = b""
    while chunk := stream.read1(_CHUNK) if hasattr(stream, "read1") else stream.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        if whole:
            yield whole
    if rest:
        yield [rest]


def _whole(stream: BinaryIO) -> BinaryIO:
    """Return what *stream* holds to its end, so that nobody waits for a slow pipe while the lock is held."""
    if stream.seekable():
        return stream
    import shutil
    import tempfile

    # It has no name, so nothing of it outlives this process.
    held = click.get_current_context().with_resource(tempfile.TemporaryFile())  # noqa: SIM115 - it is closed there
    shutil.copyfileobj(stream, held)
    held.seek(0)
    return held


def _flushed(batches: Iterable[list[Verdict]]) -> Iterator[list[Verdict]]:
    """Yield *batches*; what was said of one is written out before the next is waited for."""
    for batch in batches:
        yield batch
        if sys.stdout is not None:
            sys.stdout.flush()


def _rows(batches: Iterable[list[Verdict]], outcome: _Outcome) -> Iterator[dict[str, Any]]:
    """Yield a row for each line, and say on stderr what is wrong with it as it comes."""
    for verdict in (verdict for batch in map(outcome.take, _flushed(batches)) for verdict in batch):
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
