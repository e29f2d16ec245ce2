"""What every import does with its files and its answer, whatever the format."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from cinctl.session import Session
from cinctl.terminal import open_input, plural, tell

if TYPE_CHECKING:
    from cinctl.commands._answer import View
    from cinctl.formats.census import Problem
    from cinctl.workspace import Book, ImportOutcome

__all__ = [
    "AFTER",
    "COLUMNS",
    "Named",
    "digest",
    "event_sums",
    "problem_row",
    "seekable",
    "size_of",
    "store_book",
    "tell_after",
    "tell_conflicts",
]

AFTER = (("due", "--overdue"), ("audit", "--statistics"))
"""What a history that was brought in asks for: what is late on it, and how far it departs from the protocol."""
COLUMNS = ("file", "line", "where", "what", "elements")
"""The fields of a problem that an import lists."""


class Named(Protocol):
    """Something read from a file."""

    name: str


def digest(stream: BinaryIO) -> str:
    """Return the SHA-256 of all that *stream*, which can be read again, holds."""
    stream.seek(0)
    sum_ = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        sum_.update(chunk)
    return sum_.hexdigest()


def size_of(stream: BinaryIO) -> int:
    """Return how many bytes *stream*, which can be read again, holds; it stays where it is."""
    place = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(place)
    return size


@contextmanager
def seekable(file: str) -> Iterator[BinaryIO]:
    """Open *file*, - for stdin, to be read more than once; what comes through a pipe is held in a nameless file."""
    with _opened(file) as stream:
        if stream.seekable():
            yield stream
            return
        import shutil
        import tempfile

        with tempfile.TemporaryFile() as held:
            shutil.copyfileobj(stream, held)
            held.seek(0)
            yield held


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file != "-":
        return open_input(file)
    return nullcontext(sys.stdin.buffer if sys.stdin is not None else io.BytesIO())


def store_book(session: Session, dry_run: bool) -> Book | None:
    """Return what the store holds; make the store where there is none."""
    from cinctl.store.log import Log

    path = session.settings.store
    if os.path.exists(path) and (os.path.isdir(path) or os.path.getsize(path)):
        return session.workspace.book(upto_today=False)
    if not dry_run:
        for notice in Log.create(path).notices:
            tell(notice)
    return None


def tell_conflicts(found: Named, outcome: ImportOutcome | None) -> None:
    """Say which cases somebody else opened."""
    for case in outcome.conflicts if outcome is not None else ():
        tell(f"{found.name}: case {case} was opened by somebody else; nothing was added to it")


def event_sums(read: int, outcome: ImportOutcome | None) -> str:
    """Return what became of the events that were read, as one line."""
    if outcome is None:
        return f"{read:,} {plural(read, 'event')} read, none recorded (--dry-run)"
    return (
        f"{read:,} {plural(read, 'event')} read: {outcome.events:,} recorded "
        f"({outcome.cases:,} new {plural(outcome.cases, 'case')}), "
        f"{outcome.already:,} recorded before"
    )


def problem_row(problem: Problem) -> Mapping[str, Any]:
    """Return *problem* as the answer lists it, but for the file."""
    names: Iterable[str] = COLUMNS[1:]
    return {name: getattr(problem, name) for name in names}


def tell_after(session: Session, view: View, recorded: int, *lines: Sequence[str]) -> None:
    """Say which command *lines* come next where anything was *recorded*, and a person reads it."""
    if recorded and view.form is None and session.hints:
        from cinctl.commands._hints import tell_lines

        tell_lines(session, *lines)
