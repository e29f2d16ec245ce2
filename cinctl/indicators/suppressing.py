"""Small numbers kept back, and as many others as it takes for no total to give them away.

A table has groups, and a whole that they add up to. Each group has a total, and parts that the total is made of: how
many were in time and how many not, or how many took which time. The parts of a group are kept back all or none. So what
is open to whoever knows every sum is a block of groups of which the sums are known, both ways: where no sum is small,
each part in it could as well be another. The tests try what else each could be, of any table.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Counts", "Shown", "Table", "hidden_of_line"]

G = TypeVar("G", bound=Hashable)


class Shown(IntEnum):
    """How much of a group is shown: everything, the total without its parts, or nothing."""

    ALL = 0
    TOTAL = 1
    NOTHING = 2


class Counts(NamedTuple):
    """The numbers of a group: its *total*, and *parts* of it, which may be left out where they are nobody's count."""

    total: int
    parts: tuple[int, ...] = ()


class Table(Generic[G]):
    """*groups*, each with its counts, and the *whole*. Whatever is below *least*, and not 0, is small.

    *totals_add* and *parts_add*: whether those of the groups add up to those of the whole.
    """

    def __init__(
        self,
        groups: Mapping[G, Counts],
        whole: Counts,
        least: int,
        *,
        totals_add: bool = True,
        parts_add: bool = True,
    ) -> None:
        self.groups = groups
        self.whole = whole
        self.least = least
        self._totals_add = totals_add
        self._parts_add = parts_add
        self.shown = {group: self._first(counts) for group, counts in groups.items()}
        self.whole_shown = self._first(whole)
        # Smallest first, so that as little as possible is lost; by place where they are alike.
        places = {group: n for n, group in enumerate(groups)}
        self._order = sorted(groups, key=lambda g: (groups[g].total, places[g]))
        while self._keep_back():
            pass

    def _small(self, number: int) -> bool:
        return 0 < number < self.least

    def _first(self, counts: Counts) -> Shown:
        """Return how much of *counts* may be shown for its own sake."""
        if self._small(counts.total):
            return Shown.NOTHING
        return Shown.TOTAL if any(map(self._small, counts.parts)) else Shown.ALL

    def _keep_back(self) -> bool:
        """Keep one more number back where one that is kept back could be worked out. Returns whether it did."""
        if self._totals_add and self.whole_shown < Shown.NOTHING and self._total_given_away():
            self._raise(Shown.NOTHING)
            return True
        if self._parts_add and self.whole_shown < Shown.TOTAL and self._part_given_away():
            self._raise(Shown.TOTAL)
            return True
        return False

    def _raise(self, to: Shown) -> None:
        """Keep the smallest group back that is not yet, else the whole."""
        for group in self._order:
            if self.shown[group] < to and self.groups[group].total:
                self.shown[group] = to
                return
        self.whole_shown = to

    def _total_given_away(self) -> bool:
        hidden = [self.groups[g].total for g, shown in self.shown.items() if shown is Shown.NOTHING]
        return not _safe(hidden, self.least)

    def _part_given_away(self) -> bool:
        hidden = [g for g, shown in self.shown.items() if shown >= Shown.TOTAL]
        if not hidden:
            return False
        sums = [sum(column) for column in zip(*(self.groups[g].parts for g in hidden), strict=True)]
        return any(map(self._small, sums))


def _safe(hidden: Sequence[int], least: int) -> bool:
    """Return whether nobody who knows the sum of the numbers *hidden*, none of them 0, can tell that one is small."""
    return not hidden or sum(hidden) - len(hidden) + 1 >= least


def hidden_of_line(groups: Mapping[G, int], whole: int, least: int, *, adds: bool) -> tuple[set[G], bool]:
    """Return which of *groups*, numbers that may add up to *whole*, to keep back; and whether the whole as well."""
    table = Table({g: Counts(n) for g, n in groups.items()}, Counts(whole), least, totals_add=adds)
    kept = {group for group, shown in table.shown.items() if shown is Shown.NOTHING}
    return kept, table.whole_shown is Shown.NOTHING
