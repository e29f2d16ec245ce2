"""A progress bar on stderr: on a terminal only, and gone when the work is done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TextIO

__all__ = ["Reach", "file_progress", "progress"]

Reach = Callable[[int], None]

_WIDTH = 30
_USUAL = 80


@contextmanager
def progress(total: int, label: str) -> Iterator[Reach]:
    """Give a function that is told how much of *total* is done, as often as it suits: once in some thousand lines.

    Nothing is written unless stderr is a terminal, and then only when the percentage changes.
    """
    stream = sys.stderr
    if stream is None or total <= 0 or not stream.isatty():
        yield _nothing
        return
    bar = _Bar(stream, total, label)
    try:
        yield bar.reach
    finally:
        bar.clear()


def file_progress(path: str | os.PathLike[str], label: str) -> AbstractContextManager[Reach]:
    """As `progress`, of the bytes of the file at *path*; where there is none, of nothing."""
    try:
        total = os.path.getsize(path)
    except OSError:
        total = 0
    return progress(total, label)


def _nothing(_done: int) -> None:
    """Take no notice."""


class _Bar:
    def __init__(self, stream: TextIO, total: int, label: str) -> None:
        self._stream, self._total, self._label = stream, total, label
        self._shown = -1
        self._wide = 0

    def reach(self, done: int) -> None:
        """Show how far it is, if that has changed."""
        percent = min(100, done * 100 // self._total)
        if percent != self._shown:
            self._shown = percent
            told = f" {percent:3} %"
            width = min(_WIDTH, self._columns() - len(f"{self._label} []{told}"))
            full = percent * width // 100
            bar = f" [{'#' * full}{'.' * (width - full)}]" if width > 1 else ""
            self._write(self._label + bar + told)

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._wide:
            self._write("")
            self._put("\r")

    def _columns(self) -> int:
        """Return how much fits one line: a longer one would wrap, and no carriage return would take it back."""
        try:
            return (os.get_terminal_size(self._stream.fileno()).columns or _USUAL) - 1
        except (OSError, ValueError):
            return _USUAL - 1

    def _write(self, text: str) -> None:
        self._put("\r" + text.ljust(self._wide))
        self._wide = len(text)

    def _put(self, text: str) -> None:
        # A bar that cannot be shown stops nothing.
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()
