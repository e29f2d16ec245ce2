"""Working days, durations, London dates and ages: everything that counts time.

A working day is a Monday to Friday that is neither in the list of bank holidays nor a closure of the protocol.
A year that the list lacks is an error, never a guess.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from cinctl.errors import CalendarError, did_you_mean

Unit = Literal["working days", "days", "weeks", "months", "years"]
Roll = Literal["none", "next", "previous"]

_UNITS: tuple[Unit, ...] = ("working days", "days", "weeks", "months", "years")
_SHORT: dict[str, Unit] = {"wd": "working days", "d": "days", "w": "weeks", "mo": "months", "y": "years"}
_LONG: dict[str, Unit] = {name: unit for unit in _UNITS for name in (unit, unit[:-1])}
_MISSPELT: dict[str, Unit] = {
    "business day": "working days",
    "business days": "working days",
    "workday": "working days",
    "workdays": "working days",
    "wk": "weeks",
    "wks": "weeks",
    "m": "months",
    "yr": "years",
    "yrs": "years",
}
_DIGITS = "0123456789"
_HOUR = timedelta(hours=1)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Calendar:
    """The working days of one list of bank holidays and one protocol's closures, from *first* to *last*.

    Every method raises `CalendarError` when it would have to know a year that the list lacks.
    """

    __slots__ = ("_high", "_low", "_off", "_off_order", "_off_ranks", "closures", "first", "last", "name")

    def __init__(self, name: str, years: tuple[int, int], days_off: Iterable[int], closures: Iterable[date]) -> None:
        self.name = name
        self.first, self.last = date(years[0], 1, 1), date(years[1], 12, 31)
        self._low, self._high = self.first.toordinal(), self.last.toordinal()
        self.closures = tuple(sorted(set(closures)))
        for day in self.closures:
            self.check(day)
        weekdays_closed = {day.toordinal() for day in self.closures if day.weekday() < 5}
        self._off = frozenset(days_off) | weekdays_closed
        self._off_order = sorted(self._off)
        self._off_ranks = [_weekdays_up_to(day) - n for n, day in enumerate(self._off_order, 1)]

    @classmethod
    def load(cls, name: str = "england-and-wales", closures: Iterable[date] = ()) -> Calendar:
        """Return the calendar of the bundled list *name* with *closures* as further days off.

        Raises:
            CalendarError: there is no such list, or a closure lies in a year that the list lacks.
        """
        first_year, last_year, days_off = _bank_holidays(name)
        return cls(name, (first_year, last_year), days_off, closures)

    def __repr__(self) -> str:
        return f"<Calendar {self.name} {self.first.year} to {self.last.year}, {len(self.closures)} closures>"

    def check(self, d: date) -> None:
        """Raise `CalendarError` when the list does not cover the year of *d*."""
        if not self._low <= d.toordinal() <= self._high:
            raise self._outside(d.year, f"whether {_day(d)} is a working day is not known")

    def is_working_day(self, d: date) -> bool:
        """Return whether *d* is a weekday, no bank holiday, and no closure."""
        ordinal = d.toordinal()
        if not self._low <= ordinal <= self._high:
            self.check(d)
        return 0 < ordinal % 7 < 6 and ordinal not in self._off

    def add_working_days(self, d: date, n: int) -> date:
        """Return the *n*-th working day after *d*, which is day 0; with 0 that is *d* itself, working day or not.

        From a day off, the next working day is day 1 (A-09).
        """
        if n < 0:
            raise ValueError(f"working days are counted forwards, not {n}")
        self.check(d)
        if n == 0:
            return d
        ordinal = self._working_day(self._rank(d.toordinal()) + n)
        if ordinal > self._high:
            what = "1 working day" if n == 1 else f"{n} working days"
            raise self._outside(self.last.year + 1, f"{what} after {_day(d)} cannot be counted")
        return date.fromordinal(ordinal)

    def working_days_between(self, a: date, b: date) -> int:
        """Return how many working days lie after *a*, up to and including *b*; 0 when *b* is not after *a*."""
        self.check(a)
        self.check(b)
        return max(0, self._rank(b.toordinal()) - self._rank(a.toordinal()))

    def rolled(self, d: date, roll: Roll) -> date:
        """Return *d*, or when it is a day off the working day next to it that *roll* asks for."""
        if roll not in ("none", "next", "previous"):
            raise ValueError(f"{_shown(roll)} is no way to roll: none, next or previous")
        if roll == "none" or self.is_working_day(d):
            return d
        if roll == "next":
            return self.add_working_days(d, 1)
        ordinal = self._working_day(self._rank(d.toordinal()))
        if ordinal < self._low:
            raise self._outside(self.first.year - 1, f"the working day before {_day(d)} is not known")
        return date.fromordinal(ordinal)

    def _rank(self, ordinal: int) -> int:
        """Count the working days up to and including *ordinal*."""
        return _weekdays_up_to(ordinal) - bisect_right(self._off_order, ordinal)

    def _working_day(self, rank: int) -> int:
        """Return the ordinal of the working day whose rank is *rank*."""
        weeks, days = divmod(rank + bisect_left(self._off_ranks, rank) - 1, 5)
        return weeks * 7 + days + 1

    def _outside(self, year: int, consequence: str) -> CalendarError:
        span = f"{self.first.year} to {self.last.year}"
        return CalendarError(f"{year:04d} lies outside the bank holiday list {self.name} ({span}): {consequence}")


class Duration(NamedTuple):
    """How long a limit runs: a whole number of one unit, such as 4 `weeks`."""

    n: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read a duration as a protocol writes it: `1 working day`, `0 days`, `4 weeks`, `12 months`, `2 years`.

        Raises:
            ValueError: *text* is anything else; the message holds it, and what may have been meant.
        """
        number, _, unit = text.partition(" ")
        if _is_count(number) and unit in _LONG:
            return cls(int(number), _LONG[unit])
        meant = _guess(text)
        hint = f" Did you mean '{meant}'?" if meant else ""
        raise ValueError(f"{_shown(text)} is not a duration: N working days, days, weeks, months or years.{hint}")

    @classmethod
    def parse_short(cls, text: str) -> Duration:
        """Read a duration as an option writes it: `5d`, `5wd`, `2w`, `3mo`, `1y`.

        Raises:
            ValueError: *text* is anything else; the message holds it, and what may have been meant.
        """
        unit = text.lstrip(_DIGITS)
        number = text[: len(text) - len(unit)]
        if _is_count(number) and unit in _SHORT:
            return cls(int(number), _SHORT[unit])
        meant = _guess(text)
        hint = f" Did you mean '{meant.short}'?" if meant else ""
        raise ValueError(f"{_shown(text)} is not a duration: 5d, 5wd (working days), 2w, 3mo or 1y.{hint}")

    def __str__(self) -> str:
        return f"{self.n} {self.unit[:-1] if self.n == 1 else self.unit}"

    @property
    def short(self) -> str:
        """The spelling that `parse_short` reads."""
        return f"{self.n}{next(short for short, unit in _SHORT.items() if unit == self.unit)}"

    @property
    def in_working_days(self) -> bool:
        """Whether the limit counts working days, and so needs the list of bank holidays."""
        return self.unit == "working days"

    def after(self, d: date, calendar: Calendar, roll: Roll = "none") -> date:
        """Return the last day of a limit that runs from *d*, which is day 0.

        Months and years clamp to the end of the month. *roll* moves an end on a day off, except of a limit of 0, which
        is *d* itself; rolled back, it never comes before *d*. Nothing but working days and a roll looks at *calendar*.
        """
        if self.in_working_days:
            return calendar.add_working_days(d, self.n)
        try:
            end = self._plain_end(d)
        except (OverflowError, ValueError):
            raise CalendarError(f"{self} after {_day(d)} ends past the year 9999") from None
        if roll == "none" or self.n == 0:
            return end
        return max(d, calendar.rolled(end, roll))

    def _plain_end(self, d: date) -> date:
        if self.unit == "months":
            return _add_months(d, self.n)
        if self.unit == "years":
            return _add_months(d, self.n * 12)
        return d + timedelta(days=self.n * 7 if self.unit == "weeks" else self.n)


def parse_date(text: str) -> date:
    """Read a date written YYYY-MM-DD.

    Raises:
        ValueError: *text* is written in another way, or names a day that does not exist.
    """
    if not _looks_like_a_date(text):
        raise ValueError(f"{_shown(text)} is not a date: write YYYY-MM-DD, such as 2026-02-24")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{_shown(text)} is not a date: there is no such day") from None


def london_date(at: str) -> date:
    """Return the date in London at *at*: an ISO date as it is, or a date-time with its offset from UTC.

    Raises:
        ValueError: *at* is neither, or is a date-time without an offset.
    """
    if len(at) <= 10:
        return parse_date(at)
    utc = _utc(at)
    # Summer time can only move the date in the last hour of the day: most events need not ask for it.
    return utc.date() if utc.hour < 23 else _in_london(utc).date()


def utc_time(at: str) -> datetime:
    """Return the moment of *at*, a date-time with its offset, in UTC. Raises ValueError for anything else."""
    return _utc(at)


def london_time(at: str) -> str | None:
    """Return the time in London, `HH:MM`, at the date-time *at*, or None when it is only a date."""
    return None if len(at) <= 10 else _in_london(_utc(at)).isoformat()[11:16]


def age_years(born: date, on: date) -> int:
    """Return the whole years from *born* to *on*, -1 before birth. Who was born on 29 February ages on 1 March."""
    return age_months(born, on) // 12


def age_months(born: date, on: date) -> int:
    """Return the whole months from *born* to *on*, -1 before birth."""
    if on < born:
        return -1
    return (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)


def weekday_date(d: date) -> str:
    """Return *d* as people read it, `Tue 24 Feb 2026`, whatever the locale."""
    return f"{_WEEKDAYS[d.weekday()]} {d.day} {_MONTHS[d.month - 1]} {d.year:04d}"


@lru_cache(maxsize=8)
def _bank_holidays(name: str) -> tuple[int, int, frozenset[int]]:
    from cinctl.data import LISTS, bank_holidays

    if name not in LISTS:
        hint = did_you_mean(name, LISTS) or f" There is: {', '.join(LISTS)}."
        raise CalendarError(f"there is no bank holiday list {_shown(name)}.{hint}")
    first_year, last_year, days = bank_holidays(name)
    return first_year, last_year, frozenset(date.fromisoformat(day).toordinal() for day in days)


def _weekdays_up_to(ordinal: int) -> int:
    """Count the days from Monday to Friday up to and including *ordinal*; ordinal 1 was a Monday."""
    return ordinal // 7 * 5 + min(ordinal % 7, 5)


def _add_months(d: date, n: int) -> date:
    year, month = divmod(d.year * 12 + d.month - 1 + n, 12)
    return date(year, month + 1, min(d.day, _month_length(year, month + 1)))


def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _in_london(utc: datetime) -> datetime:
    """Return *utc* as London's clock shows it; what says UTC on the result is then to be ignored.

    Own rule, because not every machine has the time zone database; right from 1972, when the present Act began.
    """
    begins, ends = _summer_time(utc.year)
    return utc + _HOUR if begins <= utc < ends else utc


def _utc(at: str) -> datetime:
    if not (at[10] == "T" and at[4] == at[7] == "-"):
        raise ValueError(_no_date_time(at))
    try:
        given = datetime.fromisoformat(at)
        if given.tzinfo is UTC:
            return given
        if given.tzinfo is not None:
            return given.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError(_no_date_time(at)) from None
    raise ValueError(f"{_shown(at)} has no offset from UTC: add +00:00, or +01:00 for London in summer")


@lru_cache(maxsize=256)
def _summer_time(year: int) -> tuple[datetime, datetime]:
    """Return when British Summer Time begins and ends in *year*, in UTC.

    From 1996 the last Sundays of March and October, at 01:00. Before that the end was the fourth Sunday of October, or
    until 1989 the one after the fourth Saturday; until 1980 the start was the Sunday after the third Saturday of March,
    and both were at 02:00.
    """
    hour = 1 if year > 1980 else 2
    begins = _sunday_by(date(year, 3, 31 if year > 1980 else 22))
    ends = _sunday_by(date(year, 10, 31 if year > 1995 else 28 if year > 1989 else 29))
    return _at_hour(begins, hour), _at_hour(ends, hour)


def _at_hour(d: date, hour: int) -> datetime:
    return datetime(d.year, d.month, d.day, hour, tzinfo=UTC)


def _sunday_by(d: date) -> date:
    """Return the last Sunday that is not after *d*; the ordinals of Sundays are the multiples of 7."""
    ordinal = d.toordinal()
    return date.fromordinal(ordinal - ordinal % 7)


def _looks_like_a_date(text: str) -> bool:
    # Since Python 3.11 `fromisoformat` reads 20260224 and 2026-W09-2 too, which no log may hold.
    return len(text) == 10 and text[4] == "-" and text[7] == "-"


def _no_date_time(at: str) -> str:
    return f"{_shown(at)} is neither a date nor a date-time with an offset, such as 2026-02-24T09:30:00+00:00"


def _is_count(text: str) -> bool:
    return 0 < len(text) < 5 and not text.strip(_DIGITS) and (text == "0" or text[0] != "0")


def _guess(text: str) -> Duration | None:
    """Return the duration that was probably meant by *text*, if any."""
    from difflib import get_close_matches

    plain = text.strip().lower()
    unit = plain.lstrip(_DIGITS)
    number = plain[: len(plain) - len(unit)].lstrip("0") or "0"
    word = " ".join(unit.split())[:20]
    if not plain or plain[0] not in _DIGITS or not _is_count(number) or not word[:1].isalpha():
        return None
    known = _MISSPELT | _SHORT | _LONG
    near = [word] if word in known else get_close_matches(word, _LONG, n=1)
    return Duration(int(number), known[near[0]]) if near else None


def _day(d: date) -> str:
    return d.isoformat()[:10]


def _shown(text: str) -> str:
    """Return *text* quoted for a message: control characters visible, and cut when long."""
    return repr(text if len(text) <= 40 else text[:40] + "…")
