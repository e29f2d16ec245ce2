"""The terminal's ends: what is read from stdin and files, and what is written to stdout and stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, TextIO

from cinctl.errors import SystemRefusedError, UsageError

__all__ = [
    "begin_answer",
    "colour_wanted",
    "emit",
    "emitted",
    "is_terminal",
    "open_input",
    "plural",
    "read_by_a_person",
    "reject_bad_text",
    "stdin_bytes",
    "tell",
    "visible",
    "visible_json",
]

# beyond ASCII: C1 controls, line separators, marks that reorder or join text or are not seen, halves of surrogate pairs
_HIDDEN = (
    "\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f"
)
# Compiled when they are first needed: for most texts that is never.
_UNSEEN = f"[\x00-\x1f{_HIDDEN}]"
_UNSEEN_IN_JSON = f"[{_HIDDEN}]"
_SURROGATE = "[\ud800-\udfff]"
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\x1b"}


def visible(text: str) -> str:
    """Return *text* with every character that would move the cursor, or hide, spelt out."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_UNSEEN, _spelt, text)


def _spelt(match: re.Match[str]) -> str:
    mark = match.group()
    if mark in _SHORT:
        return _SHORT[mark]
    code = ord(mark)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible_json(text: str) -> str:
    """Return *text*, which is JSON that means the same, with every character that would hide spelt as an escape."""
    if text.isascii() and "\x7f" not in text:
        return text
    return re.sub(_UNSEEN_IN_JSON, _spelt_in_json, text)


def _spelt_in_json(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))


def plural(number: int, one: str, several: str | None = None) -> str:
    """Return the word for *number* things: *one*, or *several*, which is *one* with an s unless told."""
    return one if number == 1 else several or one + "s"


class _Said:
    """Whether any part of an answer was written."""

    anything = False


def emitted() -> bool:
    """Return whether any part of the answer was written since `begin_answer`."""
    return _Said.anything


def begin_answer() -> None:
    """Take note that an answer begins: nothing of it is written yet."""
    _Said.anything = False


def emit(piece: str | bytes) -> None:
    """Write part of the answer to stdout: text as it is encoded there, bytes as they are."""
    _Said.anything = True
    if sys.stdout is None:
        raise SystemRefusedError("cannot write the answer: stdout is closed")
    if isinstance(piece, str):
        sys.stdout.write(piece)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(piece)


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


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether *stream* is a terminal: somebody is looking at it now."""
    return stream is not None and not stream.closed and stream.isatty()


def colour_wanted(stream: TextIO | None, environ: Mapping[str, str], off: bool) -> bool:
    """Say whether *stream* gets colour: only a terminal that can show it does, unless FORCE_COLOR is set.

    NO_COLOR and FORCE_COLOR count whatever they hold, but not when they are empty (no-color.org, force-color.org);
    the first has the last word, and *off*, the option, before both.
    """
    if off or environ.get("NO_COLOR"):
        return False
    forced = bool(environ.get("FORCE_COLOR"))
    if stream is None or not is_terminal(stream) or (environ.get("TERM") == "dumb" and not forced):
        return forced
    from cinctl.console import acts_on_escapes

    return acts_on_escapes(stream) or forced


def read_by_a_person() -> bool:
    """Return whether somebody at a terminal reads both the answer and what is said beside it."""
    return all(stream is not None and stream.isatty() for stream in (sys.stderr, sys.stdout))


def reject_bad_text(text: str) -> str:
    """Return *text*, which may hold bytes that the locale could not decode. Raises UsageError when it is not UTF-8."""
    try:
        if text.isascii() or not re.search(_SURROGATE, text):
            return text
        return os.fsencode(text).decode("utf-8")
    except UnicodeError:
        raise UsageError(f"'{visible(text)}' is not valid UTF-8") from None


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """Open the file that a user named, for reading bytes. Raises UsageError when there is none."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - only its opening may fail as wrong usage
    except IsADirectoryError:
        raise UsageError(f"'{path}' is a folder, not a file") from None
    except (FileNotFoundError, NotADirectoryError):
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
