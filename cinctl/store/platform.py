"""What differs between Linux, macOS and Windows: locking, syncing, modes."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_BINARY: int = getattr(os, "O_BINARY", 0)
_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)

READ = os.O_RDONLY | _BINARY
READ_WRITE = os.O_RDWR | os.O_APPEND | _BINARY
CREATE_NEW = READ_WRITE | os.O_CREAT | os.O_EXCL
SIDE_FILE = os.O_RDWR | os.O_CREAT | _BINARY | _NO_FOLLOW

# Windows lets nobody take the place of a file while somebody has it open.
REPLACES_OPEN_FILES = sys.platform != "win32"

# There a lock stops readers as well, so it lies on the file beside the log.
LOCKS_BESIDE = sys.platform == "win32"

_LOCKED_BYTE = 1 << 30


def try_lock(log: int, side: int) -> bool:
    """Take the one lock of a store, given the open log and the open file beside it; False when another has it.

    The lock is on the log itself: so it holds under any name that leads there, and whatever is deleted beside it.
    On Windows a lock stops readers as well, so there it lies on a byte of the side file that nobody reads.
    """
    try:
        if sys.platform == "win32":
            os.lseek(side, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(side, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def unlock(log: int, side: int) -> None:
    """Give the lock back."""
    with suppress(OSError):
        if sys.platform == "win32":
            os.lseek(side, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(side, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(log, fcntl.LOCK_UN)


def sync(fd: int) -> None:
    """Return once what was written to *fd* would survive a power cut."""
    if sys.platform == "darwin":
        # fsync leaves the bytes in the drive's own cache there.
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    elif sys.platform == "win32":
        os.fsync(fd)
    else:
        os.fdatasync(fd)


def sync_file(path: str) -> None:
    """Return once what was written to the file at *path*, by whomever, would survive a power cut."""
    fd = os.open(path, READ_WRITE if sys.platform == "win32" else READ)
    try:
        sync(fd)
    finally:
        os.close(fd)


def sync_folder(folder: str) -> None:
    """Return once the names in *folder* would survive a power cut (Windows sees to that by itself)."""
    if sys.platform != "win32":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def open_to_others(mode: int) -> bool:
    """Whether a file of this mode can be reached by anyone but its owner (Windows has no such modes)."""
    return sys.platform != "win32" and bool(mode & 0o077)


if sys.platform == "win32":

    def read_at(fd: int, size: int, place: int) -> bytes:
        """Return at most *size* bytes of *fd* from byte *place* on."""
        os.lseek(fd, place, os.SEEK_SET)
        return os.read(fd, size)
else:

    def read_at(fd: int, size: int, place: int) -> bytes:
        """Return at most *size* bytes of *fd* from byte *place* on."""
        return os.pread(fd, size, place)


_boot: list[str] = []


def boot_id() -> str:
    """Return what names the time since this machine was started, or an empty string where the system does not say."""
    if not _boot:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
                _boot.append(file.read().strip())
        except (OSError, ValueError):
            _boot.append("")
    return _boot[0]


def is_running(process: int) -> bool:
    """Return whether there is a process of that number; True where the system does not say."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
