"""Several files that are one answer: each private, and in their places all together or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import IO

from cinctl.ending import Ending
from cinctl.errors import SystemRefusedError, UsageError
from cinctl.outfile import check_named, check_target

__all__ = ["Folder", "check_folder"]


def check_folder(
    path: str,
    option: str,
    names: Iterable[str],
    kept: Iterable[str | os.PathLike[str] | None],
    others: Iterable[str] = (),
) -> None:
    """Raise UsageError when the files *names* cannot be put into the folder *path*, or are among the files *kept*.

    One of *others* that is there would be taken for part of the same answer, and is not: that is refused too.
    """
    if path == "-":
        raise UsageError(f"{option} -: several files do not go to stdout together; name a folder")
    above = os.path.dirname(path.rstrip("/")) or "."
    check_named(path, option)
    if os.path.lexists(path) and not os.path.isdir(path):
        raise UsageError(f"{option} {path}: that is a file, not a folder")
    if not os.path.isdir(path):
        if not os.path.isdir(above):
            raise UsageError(f"{option} {path}: there is no folder '{above}'")
        return
    kept, names = tuple(kept), tuple(names)
    for name in names:
        check_target(os.path.join(path, name), option, kept)
    stale = [name for name in others if name not in names and os.path.lexists(os.path.join(path, name))]
    if stale:
        raise UsageError(
            f"{option} {path}: {', '.join(stale)} of an earlier export would stay beside this one; "
            "remove it, or name another folder"
        )


class Folder:
    """Files being written for the folder *path*, which is made, for its owner alone, where there is none.

    Each is written beside its place and renamed once all are whole, when the `with` block ends; where it ends in an
    error, nothing of them is left, and what was there before is there still.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._made = False
        self._open: dict[str, tuple[IO[bytes], str]] = {}
        self._ending = Ending()

    def __enter__(self) -> Folder:
        self._ending.__enter__()
        try:
            self._make()
        except BaseException:
            self._drop()
            self._ending.__exit__()
            raise
        return self

    def _make(self) -> None:
        try:
            if not os.path.isdir(self.path):
                with self._ending.held():
                    os.mkdir(self.path, 0o700)
                    self._made = True
        except OSError as fault:
            raise _refused(self.path, fault) from fault

    def open(self, name: str) -> IO[bytes]:
        """Return the file that will be *name*, to be written to. Raises SystemRefusedError."""
        with self._ending.held():
            try:
                fd, beside = tempfile.mkstemp(prefix=".cinctl-", dir=self.path)
            except OSError as fault:
                raise _refused(self.path, fault) from fault
            file = os.fdopen(fd, "wb", buffering=1 << 16)
            self._open[name] = (file, beside)
        return file

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self._close(fault)
        finally:
            self._ending.__exit__()

    def _close(self, fault: BaseException | None) -> None:
        if fault is None:
            self._settle()
            return
        self._drop()
        if isinstance(fault, OSError) and not isinstance(fault, BrokenPipeError):
            raise _refused(self.path, fault) from fault

    def _settle(self) -> None:
        done: list[str] = []
        try:
            for file, _ in self._open.values():
                file.flush()
                os.fsync(file.fileno())
                file.close()
            with self._ending.held():
                for name, (_, beside) in self._open.items():
                    os.replace(beside, os.path.join(self.path, name))
                    done.append(name)
        except BaseException as fault:
            self._drop()
            if not isinstance(fault, OSError):
                raise
            told = f"; in place already: {', '.join(done)}" if done else ""
            raise SystemRefusedError(f"{self.path}: {fault.strerror or type(fault).__name__}{told}") from fault

    def _drop(self) -> None:
        for file, beside in self._open.values():
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                os.unlink(beside)
        if self._made:
            with suppress(OSError):
                os.rmdir(self.path)


def _refused(path: str, fault: OSError) -> SystemRefusedError:
    return SystemRefusedError(f"{path}: {fault.strerror or type(fault).__name__}")
