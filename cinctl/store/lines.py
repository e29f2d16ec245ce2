"""Single lines of a log, by the byte at which they begin."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from cinctl.errors import StoreError, SystemRefusedError
from cinctl.store import platform
from cinctl.store.faults import store_errors, why
from cinctl.store.platform import read_at

_USUAL = 1024


class Lines:
    """An open log to read lines from. *staged* gives lines that are not in it yet."""

    def __init__(self, path: str, staged: Callable[[int], bytes | None] | None = None) -> None:
        self.path = path
        self._staged = staged
        self._fd = -1
        with store_errors(path, "cannot be read"):
            self._fd = os.open(path, platform.READ)

    def state(self) -> os.stat_result:
        """Return the state of the file."""
        return os.fstat(self._fd)

    def at(self, place: int) -> bytes:
        """Return the line that begins at byte *place*, without its newline. Raises StoreError when none does."""
        found = self._read(place, _USUAL)
        end = found.find(b"\n")
        return found[:end] if end >= 0 else self._long(place, found)

    def _read(self, place: int, size: int) -> bytes:
        try:
            return read_at(self._fd, size, place)
        except OSError as error:
            raise SystemRefusedError(f"{self.path}: cannot be read: {why(error)}") from error

    def _long(self, place: int, found: bytes) -> bytes:
        size = _USUAL
        while (end := found.find(b"\n")) < 0:
            if len(found) < size:
                return self._last(place, found)
            size *= 4
            found = self._read(place, size)
        return found[:end]

    def _last(self, place: int, found: bytes) -> bytes:
        staged = self._staged(place) if self._staged is not None else None
        if staged is not None:
            return staged
        # A power cut can leave NULs behind a whole line that lacks its newline.
        found = found.rstrip(b"\0")
        if not found:
            raise StoreError(f"{self.path}: there is no line at byte {place} any more; try again")
        return found

    def close(self) -> None:
        """Close it, whatever the system says of a file that was only read. It closes itself when nobody needs it."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with suppress(OSError):
                os.close(fd)

    def __del__(self) -> None:
        self.close()
