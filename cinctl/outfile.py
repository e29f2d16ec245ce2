"""Files that an answer is written to: private, and there whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress

from cinctl.ending import Ending
from cinctl.errors import SystemRefusedError, UsageError

__all__ = ["append", "check_named", "check_target", "size_of", "write"]

_PRIVATE = 0o600
_OPEN = ("/dev/", "/proc/")
"""Where files stand that are not what they seem: a link there may lead to what is open, and not to its name."""
_BINARY: int = getattr(os, "O_BINARY", 0)


def check_target(path: str, option: str, kept: Iterable[str | os.PathLike[str] | None]) -> None:
    """Raise UsageError when *path* cannot be written to as a file, or is one of the files *kept*."""
    folder = os.path.dirname(path) or "."
    check_named(path, option)
    if os.path.isdir(path) or path.endswith("/"):
        raise UsageError(f"{option} {path}: that is a folder, not a file")
    if not os.path.isdir(folder):
        raise UsageError(f"{option} {path}: there is no folder '{folder}'")
    for other in kept:
        if other is not None and _same(path, os.fspath(other)):
            raise UsageError(
                f"{option} {path}: that would overwrite what is being read, or what belongs to it; name another file"
            )


def check_named(path: str, option: str) -> None:
    """Raise UsageError when *path* is empty."""
    if not path:
        raise UsageError(f"{option} '' names nothing: give it a name, or leave it out")


def _same(path: str, other: str) -> bool:
    with suppress(OSError):
        return os.path.samefile(path, other)
    return os.path.realpath(path) == os.path.realpath(other)


def write(path: str, pieces: Iterable[str | bytes]) -> None:
    """Write *pieces* to *path*: beside it first, then renamed. Only a pipe or a device is written through.

    A link stays, and what it leads to is replaced.

    Raises:
        SystemRefusedError: the system said no; what was there before is there still.
    """
    try:
        if _is_stream(path):
            _fill(os.open(path, os.O_WRONLY | os.O_TRUNC | _BINARY), pieces)
        else:
            _replace(os.path.realpath(path), pieces)
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise _refused(path, fault) from fault


def _is_stream(path: str) -> bool:
    """Return whether *path* leads to a pipe, a device or what this process has open, such as /dev/stdout."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return True
    except FileNotFoundError:
        return False
    at = os.path.abspath(path)
    while True:
        if at.startswith(_OPEN):
            return True
        if not os.path.islink(at):
            return False
        at = os.path.normpath(os.path.join(os.path.dirname(at), os.readlink(at)))


def append(path: str, pieces: Iterable[str | bytes]) -> None:
    """Add *pieces* to the end of the file at *path*. Raises SystemRefusedError when the system says no."""
    try:
        _fill(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY, _PRIVATE), pieces)
    except OSError as fault:
        raise _refused(path, fault) from fault


def size_of(path: str) -> int:
    """Return how many bytes the file at *path* has; 0 when there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _replace(path: str, pieces: Iterable[str | bytes]) -> None:
    with Ending() as ending:
        beside: str | None = None
        try:
            with ending.held():
                fd, beside = tempfile.mkstemp(prefix=".cinctl-", dir=os.path.dirname(path) or ".")
            _fill(fd, pieces, sync=True)
            os.replace(beside, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside or "")
            raise


def _fill(fd: int, pieces: Iterable[str | bytes], *, sync: bool = False) -> None:
    with os.fdopen(fd, "wb") as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "backslashreplace") if isinstance(piece, str) else piece)
        file.flush()
        if sync:
            os.fsync(file.fileno())


def _refused(path: str, fault: OSError) -> SystemRefusedError:
    return SystemRefusedError(f"{path}: {fault.strerror or type(fault).__name__}")
