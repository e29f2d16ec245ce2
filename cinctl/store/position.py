"""A point in a log."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """A point in a log: *length* lines end at byte *end*, the last of them with the hash *head*."""

    end: int
    length: int
    head: str
