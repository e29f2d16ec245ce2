"""Chance that comes from a seed alone: the same on every machine and with every Python."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of choices named by *parts*. Only `Random.random` is promised to stay the same, so all else uses it."""

    def __init__(self, *parts: object) -> None:
        self._random = Random("/".join(str(part) for part in parts)).random

    def between(self, low: int, high: int) -> int:
        """Return a whole number from *low* to *high*, both included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Return one of *options*."""
        return options[int(self._random() * len(options))]


class Salts:
    """Sixteen bytes for each line of the log, which the *seed* gives away: nothing here is secret."""

    def __init__(self, seed: int) -> None:
        self._start = f"salt/{seed}/".encode()
        self._count = 0

    def __call__(self) -> bytes:
        """Return the next salt."""
        self._count += 1
        return sha256(self._start + b"%d" % self._count).digest()[:16]
