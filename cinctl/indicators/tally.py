"""What is counted, in which period and group: numbers only, so that many cases take no more room than few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from cinctl.indicators.periods import Period, month_of

__all__ = ["ALL", "BY", "Cell", "Frame", "Key", "Tally", "Whose"]

By = Literal["month", "unit", "lead", "rule"]
BY: tuple[By, ...] = ("month", "unit", "lead", "rule")


class Key(NamedTuple):
    """Where a number belongs: an indicator, which period, and the group; *whole* for all groups together."""

    measure: str
    period: int
    whole: bool
    group: str | None = None


ALL: tuple[bool, str | None] = (True, None)


class Whose(NamedTuple):
    """To whom something is counted. Each of them is None where nobody is known, or it means nothing."""

    lead: str | None = None
    unit: str | None = None
    rule: str | None = None


class Cell:
    """The numbers of one place. *hits* of *total*; how often something took how many *days*; what is *not_judged*."""

    __slots__ = ("days", "hits", "not_judged", "total")

    def __init__(self) -> None:
        self.hits = self.total = self.not_judged = 0
        self.days: dict[int, int] = {}

    def add(self, other: Cell) -> None:
        """Add what *other* counted."""
        self.hits += other.hits
        self.total += other.total
        self.not_judged += other.not_judged
        for days, number in other.days.items():
            self.days[days] = self.days.get(days, 0) + number

    def median(self) -> float | None:
        """Return the middle of all that was counted in days, or of the two in the middle."""
        if not self.days:
            return None
        number = sum(self.days.values())
        low, high = self._at((number - 1) // 2), self._at(number // 2)
        return low if low == high else (low + high) / 2

    def _at(self, place: int) -> int:
        seen = 0
        for days in sorted(self.days):
            seen += self.days[days]
            if seen > place:
                return days
        raise IndexError(place)


class Frame(NamedTuple):
    """What is asked: *now*, *before* it where it is held against something, and *by* what it is grouped."""

    now: Period
    before: Period | None
    by: By | None
    today: date

    @property
    def periods(self) -> list[tuple[int, Period]]:
        """The periods by number: 0 what is asked about, 1 what it is held against."""
        return [(n, p) for n, p in enumerate((self.now, self.before)) if p is not None]

    def months(self, number: int) -> list[tuple[str, Period]]:
        """Return the months of a period under the names of those of the first, one by one.

        None, where the two do not fall into months alike: nothing of the one is like a month of the other then.
        """
        period = self.before if number else self.now
        return _months(self.now, period) if period is not None else []

    def places(self, day: date, whose: Whose) -> Iterator[tuple[int, tuple[bool, str | None]]]:
        """Yield where something that happened on *day* is counted: the period, and all or the group."""
        for number, period in self.periods:
            if period.holds(day):
                yield number, ALL
                if self.by == "month":
                    name = _names(self.now, period).get((day.year, day.month))
                    if name is not None:
                        yield number, (False, name)
                elif self.by is not None and (self.by != "rule" or whose.rule is not None):
                    yield number, (False, getattr(whose, self.by))


@cache
def _months(named_by: Period, period: Period) -> list[tuple[str, Period]]:
    names, months = [month.first.isoformat()[:7] for month in named_by.months()], period.months()
    return list(zip(names, months, strict=True)) if _alike(named_by.months(), months) else []


def _alike(some: Sequence[Period], others: Sequence[Period]) -> bool:
    """Return whether *some* are as many as *others*, and each goes from the same day to the same, or to the end."""
    return len(some) == len(others) and all(
        one.first.day == other.first.day and (one.last.day == other.last.day or (_ends(one) and _ends(other)))
        for one, other in zip(some, others, strict=True)
    )


def _ends(month: Period) -> bool:
    return month.last == month_of(month.last).last


@cache
def _names(named_by: Period, period: Period) -> dict[tuple[int, int], str]:
    return {(month.first.year, month.first.month): name for name, month in _months(named_by, period)}


class Tally(dict[Key, Cell]):
    """Every number, by its place."""

    def cell(self, key: Key) -> Cell:
        """Return the numbers at *key*, to be added to."""
        found = self.get(key)
        if found is None:
            found = self[key] = Cell()
        return found

    def merge(self, other: Tally) -> None:
        """Add all that *other* counted."""
        for key, cell in other.items():
            self.cell(key).add(cell)

    def count(
        self, frame: Frame, measure: str, day: date, whose: Whose, *, hit: bool = False, days: int | None = None
    ) -> None:
        """Count one thing on *day*: whether it is a *hit*, or how many *days* it took."""
        for number, place in frame.places(day, whose):
            cell = self.cell(Key(measure, number, *place))
            cell.total += 1
            cell.hits += hit
            if days is not None:
                cell.days[days] = cell.days.get(days, 0) + 1

    def leave(self, frame: Frame, measure: str, day: date, whose: Whose) -> None:
        """Count one thing on *day* that nobody can judge."""
        for number, place in frame.places(day, whose):
            self.cell(Key(measure, number, *place)).not_judged += 1
