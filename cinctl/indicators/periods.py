"""Periods: what is asked about, and what it is held against."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

__all__ = ["Period", "last_months", "month_of"]


class Period(NamedTuple):
    """The days from *first* to *last*, both counted."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Return whether *day* lies in it."""
        return self.first <= day <= self.last

    @property
    def whole_months(self) -> bool:
        """Whether it begins with a month and ends with one."""
        return self.first.day == 1 and self.last == month_of(self.last).last

    def months(self) -> list[Period]:
        """Return the months that it reaches into, each as far as it does."""
        found, first = [], self.first
        while first <= self.last:
            end = month_of(first).last
            found.append(Period(first, min(end, self.last)))
            if end >= self.last:
                break
            first = end + timedelta(days=1)
        return found

    def before(self) -> Period:
        """Return the period just before it: of as many months where it is whole months, else of as many days.

        Raises:
            ValueError: there is no time before it.
        """
        if self.first.toordinal() <= (self.last - self.first).days + 1:
            raise ValueError(f"there is no period before {self.first.isoformat()}")
        last = self.first - timedelta(days=1)
        if self.whole_months:
            return Period(_months_back(self.first, len(self.months())), last)
        return Period(last - (self.last - self.first), last)

    def a_year_before(self) -> Period:
        """Return the same period a year earlier; the end of a month stays one. Raises ValueError as `before` does."""
        first, last = _months_back(self.first, 12), _months_back(self.last, 12)
        return Period(first, month_of(last).last if self.whole_months else last)


def month_of(day: date) -> Period:
    """Return the month of *day*."""
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def last_months(today: date, number: int) -> Period:
    """Return the *number* full months before the one of *today*. Raises ValueError where there are not so many."""
    first = _months_back(today.replace(day=1), number)
    return Period(first, today.replace(day=1) - timedelta(days=1))


def _months_back(day: date, number: int) -> date:
    months = day.year * 12 + day.month - 1 - number
    if months < 12:
        raise ValueError(f"no calendar goes {number} months back from {day.isoformat()}")
    first = date(months // 12, months % 12 + 1, 1)
    return first.replace(day=min(day.day, month_of(first).last.day))
