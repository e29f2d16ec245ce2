"""Whether a store begins with every line of an older copy of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cinctl.errors import StoreError, UsageError
from cinctl.store.verify import VerifyReport, Watch, hash_only, survey, verify
from cinctl.store.walk import Walk, patiently


def extends(path: str, older: str, watch: Watch | None = None) -> tuple[VerifyReport, str | None]:
    """Verify the store at *path*; return the report, and how it does not begin with the lines of *older*, or None.

    Hashes are compared: a payload that was removed since makes no difference, nor does a torn tail of *older*.

    Raises:
        UsageError: there is no file *older*.
        StoreError: there is no store, or *older* itself does not hold.
        SystemRefusedError: one of them cannot be read.
    """
    if not os.path.isfile(older):
        raise UsageError(f"there is no file '{older}'")
    old = verify(older)
    if old.fault:
        raise StoreError(f"{older}: line {old.fault.line} does not hold: {old.fault.reason}; nothing was compared")
    found = survey(path, old.lines, watch)
    # The last hash stands for all lines before it.
    if found.report.fault or found.marked == old.head:
        return found.report, None
    return found.report, _difference(path, older, found.report.lines, old.lines)


def _difference(path: str, older: str, lines: int, old_lines: int) -> str:
    number = _first_difference(path, older)
    if number > lines:
        return f"it is cut off: {older} has {old_lines} lines, and it has the first {lines} of them"
    return f"line {number} is not the one that {older} has there: it was written anew since, or is another store"


def _first_difference(path: str, older: str) -> int:
    """Return the first line of *older* that *path* does not have in its place."""
    ours = _hashes(path)
    return next(number for number, line in enumerate(_hashes(older), 1) if next(ours, None) != line)


def _hashes(path: str) -> Iterator[bytes]:
    walk = Walk()
    for _ in patiently(path, walk, hash_only):
        yield walk.head
