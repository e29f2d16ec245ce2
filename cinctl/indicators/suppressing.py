"""Small numbers kept back, and as many others as it takes for no total to give them away.

A table has groups, and a whole that they add up to. Each group has a total, and parts that the total is made of: how
many were in time and how many not, or how many took which time. The parts of a group are kept back all or none. So what
is open to whoever knows every sum is a block of groups of which the sums are known, both ways: where no sum is small,
each part in it could as well be another. The tests try what else each could be, of any table.

Tables that count the same things give each other away: what is hidden in one stands in the other, or is the difference
of what stands there. So where nothing of a group is shown in one of them, nothing is in any.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Counts", "Shown", "Table", "hidden_of_line", "tied"]

G = TypeVar("G", bound=Hashable)


class Shown(IntEnum):
    """How much of a group is shown: everything, the total without its parts, or nothing."""

    ALL = 0
    TOTAL = 1
    NOTHING = 2


class Counts(NamedTuple):
    """The numbers of a group: its *total*, and *parts* of it, which may be left out where they are nobody's count.

    *beside* are others that are shown and kept back with the total.
    """

    total: int
    parts: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()

    @property
    def totals(self) -> tuple[int, ...]:
        """The total, and all that goes with it."""
        return self.total, *self.beside


class Table(Generic[G]):
    """*groups*, each with its counts, and the *whole*. Whatever is below *least*, and not 0, is small.

    *totals_add* and *parts_add*: whether those of the groups add up to those of the whole. Where they do not, the
    groups overlap, and come to no less than the whole.
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
        self._order = sorted(groups, key=lambda g: (sum(groups[g].totals), places[g]))
        self._settle()

    def hide(self, group: G, to: Shown) -> bool:
        """Show of *group* no more than *to*, and of others what that leaves. Returns whether that is less."""
        if self.shown[group] >= to:
            return False
        self.shown[group] = to
        self._settle()
        return True

    def hide_whole(self, to: Shown) -> bool:
        """Show of the whole no more than *to*. Returns whether that is less."""
        if self.whole_shown >= to:
            return False
        self.whole_shown = to
        self._settle()
        return True

    def _settle(self) -> None:
        while self._keep_back():
            pass

    def _small(self, number: int) -> bool:
        return 0 < number < self.least

    def _first(self, counts: Counts) -> Shown:
        """Return how much of *counts* may be shown for its own sake."""
        if any(map(self._small, counts.totals)):
            return Shown.NOTHING
        return Shown.TOTAL if any(map(self._small, counts.parts)) else Shown.ALL

    def _keep_back(self) -> bool:
        """Keep one more number back where one that is kept back could be worked out. Returns whether it did."""
        for to, add, given_away in (
            (Shown.NOTHING, self._totals_add, self._total_given_away),
            (Shown.TOTAL, self._parts_add, self._part_given_away),
        ):
            if self.whole_shown >= to:
                continue
            if add and given_away():
                self._raise(to)
                return True
            if not add and self._hinted_at(to):
                self.whole_shown = to
                return True
        return False

    def _raise(self, to: Shown) -> None:
        """Keep the smallest group back that is not yet, else the whole."""
        for group in self._order:
            if self.shown[group] < to and any(self.groups[group].totals):
                self.shown[group] = to
                return
        self.whole_shown = to

    def _total_given_away(self) -> bool:
        hidden = [self.groups[g].totals for g, shown in self.shown.items() if shown is Shown.NOTHING]
        return not all(_safe(list(filter(None, column)), self.least) for column in zip(*hidden, strict=True))

    def _part_given_away(self) -> bool:
        hidden = [g for g, shown in self.shown.items() if shown >= Shown.TOTAL]
        if not hidden:
            return False
        sums = [sum(column) for column in zip(*(self.groups[g].parts for g in hidden), strict=True)]
        return any(map(self._small, sums))

    def _hinted_at(self, to: Shown) -> bool:
        """Return whether the whole says of groups kept back what they come to, or that it is something at least.

        Of totals it does: whoever knows how far the others overlap needs no more. Parts overlap as nobody can tell.
        """
        if all(shown < to for shown in self.shown.values()):
            return False
        shown = [self.groups[g].parts for g, shown in self.shown.items() if shown < to]
        return to is Shown.NOTHING or any(n > sum(column) for n, *column in zip(self.whole.parts, *shown, strict=True))


def _safe(hidden: Sequence[int], least: int) -> bool:
    """Return whether nobody who knows the sum of the numbers *hidden*, none of them 0, can tell that one is small."""
    return not hidden or sum(hidden) - len(hidden) + 1 >= least


def tied(one: Table[G], other: Table[G], to: Shown = Shown.NOTHING) -> bool:
    """Where nothing of a group is shown in *one*, show no more than *to* of it in *other*. Returns whether it did."""
    groups = [g for g, shown in one.shown.items() if shown is Shown.NOTHING and g in other.shown]
    found = [other.hide(group, to) for group in groups]
    return any([*found, one.whole_shown is Shown.NOTHING and other.hide_whole(to)])


def hidden_of_line(groups: Mapping[G, int], whole: int, least: int, *, adds: bool) -> tuple[set[G], bool]:
    """Return which of *groups*, numbers that may add up to *whole*, to keep back; and whether the whole as well."""
    table = Table({g: Counts(n) for g, n in groups.items()}, Counts(whole), least, totals_add=adds)
    kept = {group for group, shown in table.shown.items() if shown is Shown.NOTHING}
    return kept, table.whole_shown is Shown.NOTHING
