"""The table of `due` on a terminal, drawn again whenever something changes; never an old list as if it were fresh."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from datetime import date, datetime
from io import StringIO
from time import monotonic
from typing import Any, NamedTuple

from cinctl.calendar import london_date, london_time, weekday_date
from cinctl.commands._answer import View
from cinctl.commands._due_table import in_order, summary, table_lines
from cinctl.ending import Ending
from cinctl.errors import UsageError
from cinctl.grid import ALARM, BOLD, painted
from cinctl.owed import STATUS
from cinctl.screen import full_screen
from cinctl.session import Session, clock
from cinctl.terminal import is_terminal, visible
from cinctl.textwidth import fold
from cinctl.workspace.watching import Trouble, Watched

__all__ = ["Picture", "watch_rows"]

_INTERVAL = 1.0
"""Seconds between two looks at whether something changed."""
_NEW_FOR = 300.0
"""For how many seconds a row is marked that is new or changed."""
_MARK = "*"

Plain = Sequence[Any]
Find = Callable[[Session, Callable[[str], None]], Sequence[Plain]]


class Answer(NamedTuple):
    """One answer: its rows, what the reader should know of the log, its day, and whether somebody said that day."""

    rows: Sequence[Plain]
    notices: Sequence[str]
    day: date
    told: bool


def watch_rows(session: Session, view: View, find: Find) -> None:
    """Draw what *find* returns until somebody ends it; *find* is given a session and where to put its notices.

    Raises:
        UsageError: stdout is no terminal that can be drawn on, or the answer is wanted in another form than a table.
        CinctlError: there is no answer to begin with.
    """
    _check(session, view)

    def answer(later: Session) -> Answer:
        notices: list[str] = []
        rows = find(later, notices.append)
        return Answer(rows, notices, later.settings.day, later.settings.today is not None)

    watched = Watched(session.later, answer, clock=clock, timer=monotonic)
    watched.renew()
    if watched.trouble is not None:
        raise watched.trouble.error
    picture, drawn = Picture(view, colour=view.colour), None
    with Ending(), full_screen(sys.stdout, sys.stdin) as screen:
        while True:
            # A bar that says how far reading is would stand in the table.
            with redirect_stderr(StringIO()):
                watched.renew()
            assert watched.current is not None
            if watched.answer is not None:
                picture.take(watched.answer.rows, monotonic())
            shows = (watched.times, screen.times, screen.size, london_time(watched.current.isoformat()))
            if shows != drawn:
                screen.draw(picture.lines(watched.answer or watched.trouble, watched.current, screen.size, monotonic()))
                drawn = shows
            typed = screen.wait(_INTERVAL)
            if "q" in typed:
                return
            if typed:
                drawn = None


def _check(session: Session, view: View) -> None:
    if view.form not in (None, "table"):
        raise UsageError(f"--watch draws a table; it means nothing to {view.form}")
    if not is_terminal(sys.stdout):
        raise UsageError("--watch draws on a terminal, and stdout is none; a script runs 'cinctl due --json' again")
    if session.environ.get("TERM") == "dumb":
        raise UsageError("--watch draws on a terminal that can be cleared; this one is dumb (TERM)")


class Picture:
    """What is drawn: what was answered last, and which of its rows are new or changed."""

    def __init__(self, view: View, *, colour: bool) -> None:
        self._view, self._colour = view, colour
        self._seen: dict[Plain, float | None] | None = None
        self._rows: Sequence[Plain] | None = None

    def take(self, rows: Sequence[Plain], at: float) -> None:
        """Take note of *rows*, which were answered at second *at*. Those of the first answer are not new."""
        if rows is self._rows:
            return
        before, first = self._seen or {}, None if self._seen is None else at
        self._rows = rows
        self._seen = {_key(row): before.get(_key(row), first) for row in rows}

    def lines(self, shown: Answer | Trouble | None, current: datetime, size: tuple[int, int], at: float) -> list[str]:
        """Return the lines of a screen of this *size* at second *at*. *current* is the moment as of which it is."""
        if isinstance(shown, Answer):
            return self._answer(shown, current, size, at)
        assert shown is not None
        unknown = f"Due: not known {_moment(london_date(current.isoformat()), current)}"
        since = shown.since.isoformat()
        after = (
            f"No list since {london_time(since)} on {weekday_date(london_date(since))}. It comes back by itself once "
            "this is put right; q ends it."
        )
        return [
            *(self._painted(line, BOLD) for line in fold(unknown, size[0])),
            "",
            *(self._painted(line, ALARM) for text in shown.lines for line in fold(visible(text), size[0])),
            "",
            *fold(after, size[0]),
        ]

    def _answer(self, answer: Answer, current: datetime, size: tuple[int, int], at: float) -> list[str]:
        columns, height = size
        told = " (as told)" if answer.told else ""
        summed = f"Due {_moment(answer.day, current)}{told}: {summary(answer.rows)}"
        head = [self._painted(line, BOLD) for line in fold(summed, columns)]
        head += [line for notice in answer.notices for line in fold(visible(notice), columns)]
        rows = in_order(self._view, answer.rows)
        marks = [self._mark(row, at) for row in rows]

        def table(count: int) -> list[str]:
            return table_lines(self._view, rows[:count], columns, self._colour, marks[:count])

        made, count = _fitting(len(rows), height - len(head) - 3, table)
        more, new = len(rows) - count, sum(map(bool, marks))
        foot = f"{more:,} more; q ends it" if more else "q ends it"
        if new:
            foot += f"; {new:,} new or changed in the last five minutes ({_MARK})"
        return [*head, "", *made, "", foot] if made else [*head, "", foot]

    def _mark(self, row: Plain, at: float) -> str:
        seen = (self._seen or {}).get(_key(row))
        return _MARK if seen is not None and at - seen < _NEW_FOR else ""

    def _painted(self, text: str, style: str) -> str:
        return painted(text, style) if self._colour else text


def _key(row: Plain) -> Plain:
    """Return what makes *row* another one when it changes; how late it is changes every day."""
    return tuple(row[: STATUS + 1])


def _moment(day: date, current: datetime) -> str:
    return f"on {weekday_date(day)} at {london_time(current.isoformat())}"


def _fitting(rows: int, height: int, table: Callable[[int], list[str]]) -> tuple[list[str], int]:
    """Return what *table* makes of as many of the first *rows* as fit into *height* lines, and how many these are."""
    made, count, most = list[str](), 0, min(rows, max(0, height))
    while count < most:
        some = (count + most + 1) // 2
        tried = table(some)
        if len(tried) <= height:
            made, count = tried, some
        else:
            most = some - 1
    return made, count
