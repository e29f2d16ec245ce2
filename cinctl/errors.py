"""Every error a user can cause, each with the exit code that a script will see, and what each code means.

Errors become exit codes in one place, `cinctl.cli.run`; nothing else maps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from errno import ENOSPC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cinctl.gates import Finding

DONE, FOUND, WRONG_USAGE, REFUSED, BROKEN_STORE, INVALID, SYSTEM_REFUSED = range(7)
INTERNAL_BUG, HUNG_UP, INTERRUPTED, PIPE_CLOSED, TERMINATED = 70, 129, 130, 141, 143

EXIT_CODES = {
    DONE: "done, or clean",
    FOUND: "findings at or above the level asked for (`audit`); something overdue (`due --exit-code`); a story failed",
    WRONG_USAGE: "wrong usage",
    REFUSED: "refused by the protocol; nothing was written",
    BROKEN_STORE: "there is no store, or it is corrupt, tampered with or foreign",
    INVALID: "the config, protocol or calendar is invalid",
    SYSTEM_REFUSED: "the system said no: disk full, permission, lock timeout",
    INTERNAL_BUG: "a bug in cinctl",
    HUNG_UP: "the terminal went away (SIGHUP); no file is left half written",
    INTERRUPTED: "interrupted",
    PIPE_CLOSED: "the reader of a pipe went away",
    TERMINATED: "told to end (SIGTERM); no file is left half written",
}
"""Every exit code there is, and what it means: the help, the README and docs/exit-codes.md say it in these words."""


class FaultLine(str):
    """One fault as a user reads it, which knows the id of its check, and the column where that is known."""

    check: str
    column: int | None

    def __new__(cls, text: str, check: str, column: int | None = None) -> FaultLine:
        """Return *text* with what it knows."""
        made = super().__new__(cls, text)
        made.check, made.column = check, column
        return made


class CinctlError(Exception):
    """The root: something the user can put right, told in one or two plain lines."""

    exit_code = INTERNAL_BUG


class UsageError(CinctlError):
    """The command line, or a line given to `apply`, means nothing as it stands (exit 2)."""

    exit_code = WRONG_USAGE


class RefusedError(CinctlError):
    """The protocol forbids the step (exit 3). *lines* are the refusals, one a rule, *findings* what is behind."""

    exit_code = REFUSED

    def __init__(self, lines: Iterable[str], findings: Iterable[Finding] = ()) -> None:
        self.lines = tuple(lines)
        self.findings = tuple(findings)
        super().__init__("\n".join(self.lines))


class StoreError(CinctlError):
    """There is no store, or it is corrupt, tampered with, foreign or newer than this tool (exit 4)."""

    exit_code = BROKEN_STORE


class ConfigError(CinctlError):
    """The config is missing something, or says something that it cannot (exit 5)."""

    exit_code = INVALID


class ProtocolError(CinctlError):
    """The protocol does not hold together (exit 5). *faults* are told all at once."""

    exit_code = INVALID

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class CalendarError(CinctlError):
    """A date lies outside the years whose bank holidays are known (exit 5)."""

    exit_code = INVALID


class SystemRefusedError(CinctlError):
    """The system said no: disk full, permission, a lock that did not come (exit 6)."""

    exit_code = SYSTEM_REFUSED


class SpoiltCacheError(SystemRefusedError):
    """The cache turned out not to be whole in the middle of something; it is gone, and a second try does without."""


def system_line(fault: OSError) -> str:
    """Return what the system said, in one line: which file, and why not."""
    reason = fault.strerror or type(fault).__name__
    if fault.errno == ENOSPC and fault.filename is None:
        return f"cannot write: {reason}"
    return f"{fault.filename}: {reason}" if fault.filename else reason


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest of *known*, or an empty string when none is near."""
    from difflib import get_close_matches

    def plain(text: str) -> str:
        return text.lower().replace("-", "_")

    by_plain = {plain(name): name for name in known}
    near = get_close_matches(plain(word), by_plain, n=1, cutoff=0.6)
    return f" Did you mean '{by_plain[near[0]]}'?" if near else ""
