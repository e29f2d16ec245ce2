"""One pass over the lines of a log, and what stands at its end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, TypeVar

from cinctl.store.envelope import START, BrokenLine
from cinctl.store.tail import begins_line

T = TypeVar("T")
Take = Callable[[bytes, int, bytes], tuple[bytes, T]]

_TRIES = 20
_PAUSE = 0.005


class Torn(NamedTuple):
    """What a crash left after the last whole line: *length* bytes from *offset* on."""

    offset: int
    length: int


class Walk:
    """Where a pass stands: *end* (an offset), *length* (the lines before it) and *head* (the hash of the last).

    It begins at the start, or at any such point that is known to hold; and it can be taken up again where it stopped.
    """

    __slots__ = ("done", "end", "head", "length", "torn", "unterminated")

    def __init__(self, end: int = 0, length: int = 0, head: bytes = START) -> None:
        self.end = end
        self.length = length
        self.head = head
        self.torn: Torn | None = None
        self.unterminated = False
        self.done = False

    def lines(self, file: BinaryIO, take: Take[T]) -> Iterator[T]:
        """Yield what *take* makes of each line of *file*, which stands at `end`; a torn tail is left out.

        Raises:
            BrokenLine: line `length + 1` does not hold.
        """
        self.torn = None
        for line in file:
            if not line.endswith(b"\n"):
                yield from self._tail(line, take)
                break
            head, item = take(line[:-1], self.length + 1, self.head)
            self.advance(len(line), head)
            yield item
        self.done = True

    def advance(self, size: int, head: bytes, lines: int = 1) -> None:
        """Go on by *lines* that take *size* bytes and end in the hash *head*."""
        self.end += size
        self.length += lines
        self.head = head
        self.unterminated = False

    def _tail(self, rest: bytes, take: Take[T]) -> Iterator[T]:
        """What follows the last newline: a line that only lacks its own, a torn one, NULs; or it is an error."""
        line = rest.rstrip(b"\0")
        if line:
            try:
                head, item = take(line, self.length + 1, self.head)
            except BrokenLine:
                if not begins_line(line, self.length + 1):
                    raise
            else:
                self.advance(len(line), head)
                self.unterminated = True
                rest = rest[len(line) :]
                yield item
        if rest:
            self.torn = Torn(self.end, len(rest))


def patiently(path: str, walk: Walk, take: Take[T]) -> Iterator[T]:
    """Walk the file at *path* as a reader, without a lock.

    A writer may be at work: what looks torn or broken is looked at again for as long as the file keeps changing. One
    that takes its place meanwhile is not looked at.
    """
    with open(path, "rb", buffering=0) as file:
        yield from patiently_in(file.fileno(), walk, take)


def patiently_in(fd: int, walk: Walk, take: Take[T]) -> Iterator[T]:
    """Walk the file that is open as *fd*, as `patiently` does."""
    for attempt in range(_TRIES):
        # Each time with a new buffer: an old one holds what stood there before.
        with open(fd, "rb", closefd=False) as file:
            before = _stamp(file)
            file.seek(walk.end)
            try:
                yield from walk.lines(file, take)
            except BrokenLine:
                if _stamp(file) == before or attempt == _TRIES - 1:
                    raise
            else:
                if walk.torn is None or walk.unterminated or _stamp(file) == before:
                    return
        time.sleep(_PAUSE)


def _stamp(file: BinaryIO) -> tuple[int, int]:
    state = os.fstat(file.fileno())
    return state.st_size, state.st_mtime_ns
