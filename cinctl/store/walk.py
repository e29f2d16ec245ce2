"""One pass over the lines of a log, and what stands at its end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, TypeVar

from cinctl.store.envelope import START, BrokenLine

T = TypeVar("T")
Take = Callable[[bytes, int, bytes], tuple[bytes, T]]

_TRIES = 20
_STILL = 4
_PAUSE = 0.005


class Torn(NamedTuple):
    """What a crash left after the last whole line: *length* bytes from *offset* on."""

    offset: int
    length: int


class Walk:
    """Where a pass stands: *end* (an offset), *length* (the lines before it) and *head* (the hash of the last).

    It begins at the start, or at any such point that is known to hold; and it can be taken up again where it stopped.
    """

    __slots__ = ("begun", "done", "end", "head", "length", "torn", "unterminated")

    def __init__(self, end: int = 0, length: int = 0, head: bytes = START) -> None:
        self.begun = end
        """Where the line begins that was given last."""
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

    def stand(self, file: BinaryIO) -> None:
        """Put *file* where the next line begins; one that lacked its newline may have been given it since."""
        if self.end:
            file.seek(self.end - 1)
            around = file.read(2)
            self.unterminated = around[:1] != b"\n"
            if self.unterminated and around[1:] == b"\n":
                self.end += 1
                self.unterminated = False
        file.seek(self.end)

    def advance(self, size: int, head: bytes, lines: int = 1) -> None:
        """Go on by *lines* that take *size* bytes and end in the hash *head*."""
        self.begun = self.end
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
                from cinctl.store.tail import begins_line

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

    A writer may be at work, or held up by the system in the middle of a write: what looks torn or broken is looked at
    again until the file has kept still for some looks. It is the same file every time, whatever has its name by then.
    """
    with open(path, "rb", buffering=0) as file:
        yield from patiently_in(file.fileno(), walk, take)


def patiently_in(fd: int, walk: Walk, take: Take[T]) -> Iterator[T]:
    """Walk the file that is open as *fd*, as `patiently` does."""
    stamps: list[tuple[int, int]] = []
    while True:
        # A buffer of its own for each look: the last one's holds what was there before.
        with open(fd, "rb", closefd=False) as file:
            walk.stand(file)
            try:
                yield from walk.lines(file, take)
            except BrokenLine:
                if _settled(stamps, file):
                    raise
            else:
                if walk.torn is None or walk.unterminated or _settled(stamps, file):
                    return
        time.sleep(_PAUSE)


def _settled(stamps: list[tuple[int, int]], file: BinaryIO) -> bool:
    """Add how *file* is now to *stamps*; say whether it has kept still, or was looked at often enough."""
    state = os.fstat(file.fileno())
    stamps.append((state.st_size, state.st_mtime_ns))
    return stamps[-_STILL:] == [stamps[-1]] * _STILL or len(stamps) == _TRIES
