"""A terminal that is drawn on over and over: cleared, drawn, listened to, and left as it was before."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TextIO

if sys.platform != "win32":
    import termios
    import tty

__all__ = ["Screen", "full_screen"]

# the other screen, no cursor, lines cut at the edge; and back in the opposite order
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J"
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
# what stands between the two is shown at once, by terminals that know of it
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


@contextmanager
def full_screen(out: TextIO, keys: TextIO | None) -> Iterator[Screen]:
    """Take the terminal that *out* writes to, and while the block lasts nobody sees what is typed at *keys*.

    Whatever ends the block, the terminal is then as it was before. Ctrl-Z gives it back too, until the process goes on.
    """
    screen = Screen(out, keys)
    try:
        screen.take()
        yield screen
    finally:
        screen.give_back()


class Screen:
    """The terminal while it is taken. Made by `full_screen`."""

    def __init__(self, out: TextIO, keys: TextIO | None) -> None:
        self._out = out
        self._keys = _descriptor(keys)
        self._modes: tuple[int, list[Any]] | None = None
        self._handlers: dict[int, Any] = {}
        self._wake: tuple[int, int] | None = None
        self._woken_before = -1
        self.times = 0
        """How often it was taken: whatever was drawn before the last time is gone."""

    @property
    def size(self) -> tuple[int, int]:
        """How many columns and lines there are."""
        with suppress(OSError, ValueError):
            columns, lines = os.get_terminal_size(self._out.fileno())
            if columns > 0 and lines > 0:
                return columns, lines
        columns, lines = shutil.get_terminal_size((80, 24))
        return columns, lines

    def draw(self, lines: Sequence[str]) -> None:
        """Let the screen show *lines* and nothing else; what goes beyond its edges is cut off."""
        height = self.size[1]
        # A line is cleared before it is written: behind one that fills it, its last character would go too.
        shown = "\n".join(_CLEAR_LINE + line for line in lines[:height])
        below = f"\n{_CLEAR_BELOW}" if len(lines) < height else ""
        self._write(f"{_BEGIN}{_HOME}{shown}{below}{_END}")

    def wait(self, seconds: float) -> str:
        """Wait until a key is pressed, the size changes, or *seconds* are over. Returns what was typed, if anything."""
        if self._wake is None:
            time.sleep(seconds)
            return ""
        listened = [self._wake[0]] + ([self._keys] if self._keys is not None else [])
        ready, _, _ = select.select(listened, [], [], seconds)
        if self._wake[0] in ready:
            os.read(self._wake[0], 1024)
        return self._typed() if self._keys in ready else ""

    def _typed(self) -> str:
        assert self._keys is not None
        try:
            typed = os.read(self._keys, 1024)
        except OSError:
            typed = b""
        if not typed:  # nobody will type there any more
            self._keys = None
        return typed.decode("ascii", "replace")

    def take(self) -> None:
        """Clear it, and hear of signals that are about it."""
        self._out.flush()
        self._enter()
        if sys.platform != "win32" and self._wake is None:
            self._wake = os.pipe()
            for end in self._wake:
                os.set_blocking(end, False)
            self._woken_before = signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
            self._handle(signal.SIGWINCH, lambda *_: None)
            if signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL:
                self._handle(signal.SIGTSTP, self._suspend)

    def give_back(self) -> None:
        """Leave it as it was. A terminal that is gone needs nothing any more."""
        with suppress(OSError, ValueError):
            self._write(_LEAVE)
        self._restore_modes()
        for number, before in self._handlers.items():
            signal.signal(number, before)
        self._handlers.clear()
        if self._wake is not None:
            signal.set_wakeup_fd(self._woken_before)
            for end in self._wake:
                os.close(end)
            self._wake = None

    def _handle(self, number: int, handler: Any) -> None:
        self._handlers[number] = signal.signal(number, handler)

    def _suspend(self, number: int, _frame: object) -> None:
        if sys.platform != "win32":
            self._write(_LEAVE)
            self._restore_modes()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            # here it goes on, once somebody lets it
            signal.signal(number, self._suspend)
            self._enter()

    def _enter(self) -> None:
        self._hush()
        self._write(_ENTER)
        self.times += 1

    def _hush(self) -> None:
        """Let keys come one by one and unseen; Ctrl-C and Ctrl-Z stay what they are."""
        if sys.platform != "win32" and self._keys is not None:
            with suppress(termios.error):
                self._modes = self._keys, termios.tcgetattr(self._keys)
                tty.setcbreak(self._keys)

    def _restore_modes(self) -> None:
        if sys.platform != "win32" and self._modes is not None:
            (keys, modes), self._modes = self._modes, None
            with suppress(termios.error):
                termios.tcsetattr(keys, termios.TCSAFLUSH, modes)

    def _write(self, text: str) -> None:
        # Not through the stream, which cannot be written to by a signal's handler while it is being written to.
        left = text.encode("utf-8", "backslashreplace")
        while left:
            left = left[os.write(self._out.fileno(), left) :]


def _descriptor(stream: TextIO | None) -> int | None:
    """Return the descriptor of *stream* where it is a terminal that keys can be read from."""
    with suppress(OSError, ValueError, AttributeError):
        if sys.platform != "win32" and stream is not None and stream.isatty():
            return stream.fileno()
    return None
