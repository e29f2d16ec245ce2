"""The terminal's ends: what is read from stdin and files, and what is written to stdout and stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, TextIO

from cinctl.errors import SystemRefusedError, UsageError

__all__ = ["colour_wanted", "emit", "open_input", "reject_bad_text", "stdin_bytes", "tell", "visible"]

# C0 and C1 controls, line separators, marks that reorder text, and halves of surrogate pairs
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\x1b"}


def visible(text: str) -> str:
    """Return *text* with every character that would move the cursor, or hide, spelt out."""
    return _UNSEEN.sub(_spelt, text)


def _spelt(match: re.Match[str]) -> str:
    mark = match.group()
    return _SHORT.get(mark) or (f"\\x{ord(mark):02x}" if ord(mark) < 256 else f"\\u{ord(mark):04x}")


def emit(text: str) -> None:
    """Write part of the answer to stdout."""
    if sys.stdout is None:
        raise SystemRefusedError("cannot write the answer: stdout is closed")
    sys.stdout.write(text)


def tell(line: str) -> None:
    """Write one line that is not the answer to stderr, its control characters made visible."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(visible(line) + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        raise
    except OSError:
        return  # nowhere left to say it; the exit code still does


def colour_wanted(stream: TextIO | None, environ: Mapping[str, str], off: bool) -> bool:
    """Say whether *stream* gets colour: only a terminal does, unless FORCE_COLOR is set."""
    if off or environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and stream is not None and stream.isatty()


def reject_bad_text(text: str) -> str:
    """Return *text*, which may hold bytes that the locale could not decode. Raises UsageError when it is not UTF-8."""
    try:
        return os.fsencode(text).decode("utf-8") if _SURROGATE.search(text) else text
    except UnicodeError:
        raise UsageError(f"'{visible(text)}' is not valid UTF-8") from None


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """Open the file that a user named, for reading bytes. Raises UsageError when there is none."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - only its opening may fail as wrong usage
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise UsageError(f"there is no file '{path}'") from None
    with file:
        yield file


def stdin_bytes() -> bytes:
    """Read stdin to its end, whatever its encoding is said to be."""
    if sys.stdin is None:
        return b""
    raw = getattr(sys.stdin, "buffer", None)
    if raw is not None:
        return bytes(raw.read())
    return sys.stdin.read().encode("utf-8", "surrogateescape")
