"""Lines that are to be appended: held in memory, or where there are many in a file that has no name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

_MOST_IN_MEMORY = 8 << 20
_PIECE = 1 << 20


class Staging:
    """Lines one after the other as they will stand in the log. *folder* is where there is room for many."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._spilt = 0
        self._begun = 0
        self.lines = 0
        self.length = 0
        self.head = b""

    @property
    def end(self) -> int:
        """The byte of the log at which what follows will begin."""
        return self._begun + self._spilt + len(self._memory)

    def begin(self, end: int, length: int, head: bytes) -> None:
        """Begin at byte *end* of a log of *length* lines with the hash *head*."""
        self.clear()
        self._begun, self.length, self.head = end, length, head

    def add(self, line: bytes, head: bytes) -> int:
        """Add *line*, which ends in a newline, and whose hash is *head*. Returns the byte at which it will begin."""
        place = self.end
        self._memory += line
        self.length += 1
        self.lines += 1
        self.head = head
        if len(self._memory) > _MOST_IN_MEMORY:
            self._spill()
        return place

    def _spill(self) -> None:
        if self._file is None:
            import tempfile

            # It has no name, so nothing of it outlives this process.
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed by `clear`
        self._file.seek(self._spilt)
        self._file.write(self._memory)
        self._spilt += len(self._memory)
        self._memory.clear()

    def line(self, place: int) -> bytes | None:
        """Return the line that will begin at byte *place*, without its newline; None where none of these does."""
        at = place - self._begun
        if not self.lines or at < 0:
            return None
        if at >= self._spilt:
            at -= self._spilt
            return bytes(self._memory[at : self._memory.find(b"\n", at)])
        assert self._file is not None
        self._file.seek(at)
        return self._file.readline()[:-1]

    def pieces(self) -> Iterator[bytes]:
        """Yield all lines, in pieces of some size."""
        if self._file is not None:
            self._file.seek(0)
            while piece := self._file.read(_PIECE):
                yield piece
        if self._memory:
            yield bytes(self._memory)

    def clear(self) -> None:
        """Forget every line."""
        if self._file is not None:
            self._file.close()
        self._file, self._spilt, self.lines = None, 0, 0
        self._memory = bytearray()
