"""How the months went: what came to be done in time, and how many cases were open.

Counted as `report` counts: what is done in time on the day on which it was done, what is late on the day on which it
was due, so that a past month does not change when something is done late at last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import attrs

from cinctl.calendar import weekday_date
from cinctl.indicators.counting import settled
from cinctl.indicators.periods import Period, last_months, month_of
from cinctl.indicators.timeline import Life

__all__ = ["Month", "count", "merged", "month_name", "months_until"]


@attrs.define
class Month:
    """One month, or the days of it until today. *in_time* of *settled* obligations of cases were met in time.

    *open* cases were open at its end, *opened* and *ended* in it. *untold* is what an import cannot speak of: of
    obligations and of cases.
    """

    days: Period
    settled: int = 0
    in_time: int = 0
    untold: int = 0
    open: int = 0
    opened: int = 0
    ended: int = 0
    untold_open: int = 0

    def add(self, other: Month) -> None:
        """Add what *other*, the same month of other cases, counted."""
        for field in attrs.fields(Month)[1:]:
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    @property
    def share(self) -> float | None:
        """How many per cent of what was settled were in time; None where nothing was."""
        return round(100 * self.in_time / self.settled, 1) if self.settled else None


def months_until(today: date, number: int = 12) -> list[Period]:
    """Return the *number* full months before that of *today*, as far as there are so many, and it until *today*."""
    now = Period(today.replace(day=1), today)
    while number:
        try:
            return [*last_months(today, number).months(), now]
        except ValueError:
            number -= 1
    return [now]


def merged(parts: Sequence[Sequence[Month]]) -> list[Month]:
    """Return what *parts*, the same months of different cases, come to together."""
    made = [attrs.evolve(month) for month in parts[0]]
    for part in parts[1:]:
        for month, other in zip(made, part, strict=True):
            month.add(other)
    return made


def count(months: Sequence[Month], life: Life, today: date, kept_back: frozenset[str], unit: str | None) -> None:
    """Add case *life* to *months*: of *unit* only, where one is given, and nothing of the rules *kept_back*."""
    _obligations(months, life, today, kept_back, unit)
    _standing(months, life, unit)
    _moves(months, life, unit)


def _of(months: Sequence[Month], day: date) -> Month | None:
    first = months[0].days.first
    place = (day.year - first.year) * 12 + day.month - first.month
    return months[place] if 0 <= place < len(months) and months[place].days.holds(day) else None


def _obligations(months: Sequence[Month], life: Life, today: date, kept_back: frozenset[str], unit: str | None) -> None:
    assert life.tracker is not None
    for one in life.tracker.all():
        if one.rule.id in kept_back or one.rule.awaits_use:
            continue
        answer, judged = settled(one, today), one.judgeable(life.case)
        month = _of(months, answer[0]) if answer is not None else None
        if answer is None or month is None or (unit is not None and life.whose(answer[0])[1] != unit):
            continue
        if not judged or answer[0] < life.told_since:
            month.untold += 1
        else:
            month.settled += 1
            month.in_time += answer[1]


def _standing(months: Sequence[Month], life: Life, unit: str | None) -> None:
    for month in months:
        state = life.at(month.days.last)
        if state is not None and state.open and unit in (None, state.unit):
            if month.days.last >= life.told_since:
                month.open += 1
            else:
                month.untold_open += 1


def _moves(months: Sequence[Month], life: Life, unit: str | None) -> None:
    """Count when the case was opened, the first time or again, and when it ended."""
    was_open = False
    for state in life.states:
        month = _of(months, state.since)
        if month is not None and state.open != was_open and unit in (None, state.unit):
            if state.open:
                month.opened += 1
            else:
                month.ended += 1
        was_open = state.open


def month_name(days: Period) -> str:
    """Return the month of *days* as people read it: `Feb 2026`, or `Mar 2026 so far`."""
    name = " ".join(weekday_date(days.last).split()[2:])
    return name if days.last == month_of(days.last).last else f"{name} so far"
