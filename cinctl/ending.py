"""Signals that end a process while it has a file open that is not in its place yet: they must leave nothing of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Ending"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Ending:
    """While the `with` block lasts, SIGTERM and SIGHUP raise SystemExit with the code that a shell would show.

    So everything on the way out is cleaned up. A signal that is ignored, as under nohup, or that somebody else handles
    is left alone, and all are outside the main thread, which alone may handle any.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._held = False
        self._came: int | None = None

    def __enter__(self) -> Ending:
        for number in _SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                try:
                    self._before[number] = signal.signal(number, self._take)
                except ValueError:
                    break
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let a signal wait while the block lasts, which is short and is not to be left half done."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._came is not None:
            raise SystemExit(128 + self._came)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._came = number
        else:
            raise SystemExit(128 + number)
