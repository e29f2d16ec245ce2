"""What the system and a broken line say, turned into errors for the user."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from cinctl.errors import StoreError, SystemRefusedError
from cinctl.store.envelope import BrokenLine, ForeignLine, NewerLine
from cinctl.store.platform import open_to_others
from cinctl.store.walk import Walk


@contextmanager
def refusals(path: str, what: str) -> Iterator[None]:
    """Say *what* could not be done to *path*, and what the system gave as the reason."""
    try:
        yield
    except OSError as error:
        raise SystemRefusedError(f"{path}: {what}: {why(error)}") from error


@contextmanager
def store_errors(path: str, what: str) -> Iterator[None]:
    """As `refusals`, but a path that leads nowhere means that there is no store."""
    with refusals(path, what):
        try:
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreError(f"there is no store at {path}: make one with cinctl init") from error


@contextmanager
def line_errors(path: str, walk: Walk) -> Iterator[None]:
    """Name the line after those that *walk* has passed as the one that does not hold."""
    try:
        yield
    except ForeignLine as broken:
        raise StoreError(f"{path} is not a store of cinctl: {broken.reason}") from broken
    except NewerLine as broken:
        raise StoreError(f"{path} is from a newer version of cinctl: {broken.reason}") from broken
    except BrokenLine as broken:
        raise StoreError(f"{path}: line {walk.length + 1} does not hold: {broken.reason}") from broken


def examine(path: str) -> os.stat_result:
    """Return the state of the regular file at *path*; anything else there is a StoreError."""
    state = os.stat(path)
    if stat.S_ISDIR(state.st_mode):
        raise StoreError(f"{path} is a folder, not a store")
    if not stat.S_ISREG(state.st_mode):
        raise StoreError(f"{path} is not a regular file, so it is no store")
    return state


def exposure(path: str) -> str | None:
    """Return what to tell of a log that others can reach, None when it is private."""
    mode = os.stat(path).st_mode
    if not open_to_others(mode):
        return None
    return f"{path} is not private to you (mode {mode & 0o777:o}): chmod 600 {path}"


def why(error: OSError) -> str:
    """Return what the system said, in its words."""
    return error.strerror or str(error)
