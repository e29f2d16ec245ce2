"""The one lock of a store, held for judging and appending. Readers never take it.

The system gives it back when its holder dies, however that happens. `<store>.lock` only says who holds it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from cinctl.errors import SystemRefusedError
from cinctl.store import platform
from cinctl.store.faults import examine, store_errors

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05


@contextmanager
def locked(path: str, timeout: float) -> Iterator[int]:
    """Hold the lock of the log at *path* and give its descriptor, open for reading and appending.

    Raises:
        SystemRefusedError: another process held it for all of *timeout* seconds, or the log cannot be written.
        StoreError: there is no log any more.
    """
    with ExitStack() as held:
        with store_errors(path, "cannot be written"):
            examine(path)
            side = os.open(lock_path(path), platform.SIDE_FILE, platform.PRIVATE_FILE)
            held.callback(_close, side)
            log = _take(path, side, timeout)
            held.callback(_release, log, side)
            os.ftruncate(side, 0)
            os.lseek(side, 0, os.SEEK_SET)
            os.write(side, b"%d\n" % os.getpid())
        yield log


def lock_path(path: str) -> str:
    """The same place for every link to the log."""
    return f"{os.path.realpath(path)}.lock"


def is_free(path: str) -> bool:
    """Return whether nobody holds the lock of the log at *path* just now. Nothing is written.

    Raises:
        OSError: the log cannot be opened for writing, so nobody here could take it.
    """
    log = os.open(path, platform.READ_WRITE)
    try:
        side = os.open(lock_path(path), os.O_RDWR) if platform.LOCKS_BESIDE else log
        try:
            if not platform.try_lock(log, side):
                return False
            platform.unlock(log, side)
            return True
        finally:
            if side != log:
                os.close(side)
    except FileNotFoundError:  # nobody has ever taken it
        return True
    finally:
        os.close(log)


def _take(path: str, side: int, timeout: float) -> int:
    """Return the log, open and locked, and still the file that *path* names."""
    until = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while (log := _try(path, side)) is None:
        if time.monotonic() >= until:
            raise _too_late(path, side, timeout)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return log


def _try(path: str, side: int) -> int | None:
    log = os.open(path, platform.READ_WRITE)
    try:
        if platform.try_lock(log, side):
            if os.path.samestat(os.fstat(log), os.stat(path)):
                return log
            platform.unlock(log, side)
    except BaseException:
        os.close(log)
        raise
    os.close(log)
    return None


def _release(log: int, side: int) -> None:
    with suppress(OSError):
        os.ftruncate(side, 0)
    platform.unlock(log, side)
    _close(log)


def _close(fd: int) -> None:
    """Close it. What was written is synced by now: a system that fails here takes nothing back."""
    with suppress(OSError):
        os.close(fd)


def _too_late(path: str, side: int, timeout: float) -> SystemRefusedError:
    os.lseek(side, 0, os.SEEK_SET)
    said = os.read(side, 32).strip()
    holder = f"process {int(said)}" if said.isdigit() else "another process"
    return SystemRefusedError(
        f"{path} is locked by {holder} and did not come free within {timeout:g} seconds: "
        "try again, or wait longer with --lock-timeout"
    )
