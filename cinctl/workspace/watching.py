"""Whether what an answer was made of has changed since: the log, the protocol's files, the config, the day.

A look costs a few calls of `stat`. Nothing here sleeps or asks what time it is: both are given to it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from cinctl.errors import CinctlError, SpoiltCacheError, system_line

if TYPE_CHECKING:
    from cinctl.workspace.desk import Workspace
    from cinctl.workspace.settings import Settings

__all__ = ["Mark", "Sight", "Trouble", "Watched", "look"]

_REST = 1.0
"""For how many times as long as an answer took to make it is left alone, however much changes."""
_LONGEST_REST = 10.0
_BEFORE_ANOTHER_TRY = 5.0
"""In how many seconds at the soonest that is tried again which failed, and where nothing seems to have changed."""


class Mark(NamedTuple):
    """What tells one state of a file from another; times in nanoseconds."""

    device: int
    inode: int
    size: int
    written: int
    altered: int

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Mark | None:
        """Return the mark of the file at *path*, wherever a link leads; None where there is none to be had."""
        try:
            state = os.stat(path)
        except (OSError, ValueError):
            return None
        return cls(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


class Sight(NamedTuple):
    """What one look saw: equal to another as long as nothing changed between the two."""

    day: date
    marks: tuple[tuple[str, Mark | None], ...]


def look(settings: Settings, sources: Iterable[str], now: datetime) -> Sight:
    """Look at the store and config of *settings*, at *sources*, the protocol's files, and at the day that *now* is in.

    The day is that of London, unless the settings say which it is.
    """
    paths = [settings.store, settings.config, *sources]
    marks = tuple((os.fspath(path), Mark.of(path)) for path in paths if path is not None)
    return Sight(settings._replace(now=now).day, marks)


class Trouble(NamedTuple):
    """Why there is no answer: *error*, and *since* when."""

    since: datetime
    error: CinctlError | OSError

    @property
    def lines(self) -> list[str]:
        """What was wrong, where, and what to do next."""
        return system_line(self.error).splitlines() if isinstance(self.error, OSError) else str(self.error).splitlines()


class Run(Protocol):
    """What an answer is made from: a session of one command."""

    @property
    def workspace(self) -> Workspace:
        """The store and protocol that it works on."""


R = TypeVar("R", bound=Run)
T = TypeVar("T")


class Watched(Generic[R, T]):
    """An answer that is made again once something that it was made of has changed.

    *anew* gives what it is to be made from, as of a moment, with nothing remembered of the last time; *make* makes it.
    *clock* tells the time, *timer* counts seconds.

    What cannot be read is *trouble*, and then there is no answer: one that was true a while ago is never kept.
    """

    def __init__(
        self,
        anew: Callable[[datetime], R],
        make: Callable[[R], T],
        *,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
    ) -> None:
        self._anew, self._make, self._clock, self._timer = anew, make, clock, timer
        self._of: tuple[Settings, tuple[str, ...]] | None = None
        self._seen: Sight | None = None
        self._rested = self._next_try = 0.0
        self.answer: T | None = None
        self.trouble: Trouble | None = None
        self.times = 0
        """How often it was made, or tried to be."""
        self.current: datetime | None = None
        """When it was last known to be what would be answered then."""

    def renew(self) -> float:
        """Make the answer again, if need be.

        Returns 0 when it, or the trouble, is as things stand; else in how many seconds to ask again, for it was made
        only just now.
        """
        now, at = self._clock(), self._timer()
        if (
            self._of is not None
            and self._seen == look(*self._of, now)
            and (self.trouble is None or at < self._next_try)
        ):
            self.current = now
            return 0.0
        if self.times and at < self._rested:
            return self._rested - at
        self._try(now, at)
        return 0.0

    def _is_seen(self, now: datetime) -> bool:
        return self._of is not None and self._seen == look(*self._of, now)

    def _try(self, now: datetime, begun: float) -> None:
        try:
            self.answer, self.trouble = self._made(now), None
        except (CinctlError, OSError) as error:
            # Where it came from is of no use, and would hold open what was being read.
            error.__traceback__ = error.__cause__ = error.__context__ = None
            self.answer, self.trouble = None, Trouble(self.trouble.since if self.trouble else now, error)
        # What was read is not held open: a log that was replaced, as a redaction does, is gone from the disk then.
        gc.collect()
        ended = self._timer()
        rest = min(_REST * (ended - begun), _LONGEST_REST)
        self._rested, self._next_try = ended + rest, ended + max(rest, _BEFORE_ANOTHER_TRY)
        self.times += 1
        self.current = now

    def _made(self, now: datetime) -> T:
        try:
            return self._made_once(now)
        except SpoiltCacheError:
            return self._made_once(now)

    def _made_once(self, now: datetime) -> T:
        """Make the answer. What it is made of is looked at before it is read: what changes meanwhile shows up later."""
        known: tuple[str, ...] = ()
        if self._of is not None:
            self._see(*self._of, now)
            known = self._of[1]
        run = self._anew(now)
        settings = run.workspace.settings
        self._see(settings, known, now)
        self._see(settings, run.workspace.sources(), now)
        return self._make(self._anew(now))

    def _see(self, settings: Settings, sources: tuple[str, ...], now: datetime) -> None:
        self._of = settings, sources
        self._seen = look(settings, sources, now)
