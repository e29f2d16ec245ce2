"""What may be wrong with an installation, found out without looking at any case.

Every check stands for itself: what goes wrong in one is told as its own finding, and hides no other. Nothing is written
and nobody waited for. What is told holds no id of a case or of a person, and the user's home as `~`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cinctl.session import Session

__all__ = ["COLUMNS", "FAIL", "OK", "WARN", "Check", "examine", "exists", "short"]

OK, WARN, FAIL = "ok", "warn", "fail"
COLUMNS = ("check", "status", "found", "advice")


class Check(NamedTuple):
    """What one check came to: its *status* is `ok`, `warn` or `fail`; *advice* says what to do, where there is any."""

    check: str
    status: str
    found: str
    advice: str | None = None


def examine(session: Session, *, verify: bool = False) -> Iterator[Check]:
    """Yield what each check comes to. *verify*: walk the chain of the whole log too. Raises nothing."""
    from cinctl.doctor import files, machine, store

    rooms: Iterable[tuple[tuple[tuple[str, Callable[[Session], Iterable[Check]]], ...], bool]] = (
        (machine.CHECKS, True),
        (files.CHECKS, True),
        (store.CHECKS, True),
        (store.VERIFYING, verify),
    )
    for checks, wanted in rooms:
        for name, check in checks if wanted else ():
            yield from _guarded(session, name, check)


def _guarded(session: Session, name: str, check: Callable[[Session], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from check(session)
    except OSError as fault:
        yield Check(name, FAIL, f"the system said no: {fault.strerror or type(fault).__name__}", "let it be read")
    except Exception as fault:  # the doctor outlives whatever is ill; the class alone tells nothing of a case
        yield Check(name, FAIL, f"the check itself failed ({type(fault).__name__})", "tell the authors of cinctl")


def short(path: str, session: Session) -> str:
    """Return *path* with the user's home as `~`."""
    import os

    home = session.environ.get("HOME") or session.environ.get("USERPROFILE") or ""
    full = os.path.abspath(path)
    if home and (full == home or full.startswith(home.rstrip(os.sep) + os.sep)):
        return "~" + full[len(home.rstrip(os.sep)) :]
    return full


def exists(path: str) -> bool:
    """Return whether there is anything at *path*. Raises OSError where nobody here may look."""
    import os

    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
