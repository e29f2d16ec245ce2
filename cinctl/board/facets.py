"""What the rows of a board fall into: how many are due on each day, and how many each unit, owner and rule has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from cinctl.board.collecting import Board
from cinctl.results import Obligation

__all__ = ["DAYS_SHOWN", "Facet", "Group", "Place", "days", "facets", "place_of"]

DAYS_SHOWN = 14
"""So many days from today on have a place of their own."""


class Group(NamedTuple):
    """One value that rows share, None where they have none, and how many of them are overdue, and in all."""

    name: str | None
    overdue: int
    total: int


class Facet(NamedTuple):
    """One way to group the rows: its groups, those with the most overdue first, and which group each row is in."""

    name: str
    title: str
    groups: Sequence[Group]
    of: Sequence[int]


Place = str
"""Where a row stands in time: `overdue`, `today`, `ahead`, `later`, or `none` for what has no date."""


def place_of(row: Obligation, board: Board) -> Place:
    """Return where *row* stands on the day of *board*."""
    due, now = row.due, board.today.isoformat()
    if due is None:
        return "none"
    if due <= now:
        return "overdue" if due < now else "today"
    return "ahead" if due <= board.ahead.last.isoformat() else "later"


def facets(board: Board) -> list[Facet]:
    """Return the rows of *board* by unit, by owner and by rule."""
    return [
        _facet(board, "unit", "By unit", lambda row: row.unit),
        _facet(board, "owner", "By owner", lambda row: row.owner),
        _facet(board, "rule", "By rule", lambda row: row.rule),
    ]


def _facet(board: Board, name: str, title: str, value_of: Callable[[Obligation], str | None]) -> Facet:
    counts: dict[str | None, list[int]] = {}
    now = board.today.isoformat()
    for row in board.rows:
        found = counts.setdefault(value_of(row), [0, 0])
        due = row.due
        found[0] += due is not None and due < now
        found[1] += 1
    groups = [Group(value, *numbers) for value, numbers in counts.items()]
    groups.sort(key=lambda g: (-g.overdue, -g.total, g.name is None, g.name or ""))
    places = {group.name: n for n, group in enumerate(groups)}
    return Facet(name, title, groups, [places[value_of(row)] for row in board.rows])


def days(board: Board) -> list[tuple[date, int]]:
    """Return how much is due on each day from today on, as many days as are shown."""
    counts = {board.today + timedelta(days=n): 0 for n in range(_room(board.today))}
    for row in board.rows:
        if row.day in counts:
            counts[row.day] += 1
    return list(counts.items())


def _room(today: date) -> int:
    return min(DAYS_SHOWN, (date.max - today).days + 1)
