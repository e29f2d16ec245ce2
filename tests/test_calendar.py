"""Working days, durations, London dates and the list of bank holidays that ships."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.calendar import (
    Calendar,
    Duration,
    Roll,
    Unit,
    age_months,
    age_years,
    london_date,
    london_time,
    parse_date,
    weekday_date,
)
from cinctl.data import LISTS, bank_holidays
from cinctl.errors import CalendarError

ENGLAND = Calendar.load()
TOOL = Path(__file__).resolve().parent.parent / "tools" / "make_bank_holidays.py"

days = st.dates(date(2000, 1, 1), date(2029, 12, 31))  # leaves room to count in
all_days = st.dates(date(2000, 1, 1), date(2030, 12, 31))
counts = st.integers(0, 120)
closures = st.lists(st.dates(date(2000, 1, 1), date(2030, 12, 31)), max_size=8)
units = st.sampled_from(["working days", "days", "weeks", "months", "years"])
durations = st.builds(Duration, st.integers(0, 9999), units)


def d(text: str) -> date:
    """Read a date of a test table."""
    return date.fromisoformat(text)


def naive_after(calendar: Calendar, start: date, n: int) -> date:
    """Count *n* working days after *start* one day at a time."""
    day = start
    while n:
        day += timedelta(days=1)
        n -= calendar.is_working_day(day)
    return day


def shipped(year: int) -> list[str]:
    """Return the days of *year* that ship, without the year."""
    return [day[5:] for day in bank_holidays("england-and-wales")[2] if day.startswith(str(year))]


@pytest.fixture(name="london", scope="session")
def _london() -> ZoneInfo:
    try:
        return ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:  # pragma: no cover
        pytest.skip("this machine has no time zone database")


@pytest.fixture(name="tool", scope="session")
def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_bank_holidays", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestShippedList:
    """The bank holidays of England and Wales, 2000 to 2030."""

    @pytest.mark.parametrize("year", range(2000, 2031))
    def test_is_that_of_the_holidays_package(self, year: int) -> None:
        """Every weekday is a day off exactly when the `holidays` package says so for England, and for Wales."""
        for nation in ("ENG", "WLS"):
            listed = holidays.country_holidays("GB", subdiv=nation, years=year, observed=True)
            expected = sorted(day for day in listed if day.year == year and day.weekday() < 5)

            assert expected == [d(f"{year}-{day}") for day in shipped(year)]

    @pytest.mark.parametrize("year", range(2000, 2031))
    def test_holds_eight_days_and_the_extra_ones(self, year: int) -> None:
        """A year has eight days, but for jubilees, a wedding, a funeral and a coronation."""
        extra = {2002: 1, 2011: 1, 2012: 1, 2022: 2, 2023: 1}

        assert 8 + extra.get(year, 0) == len(shipped(year))

    @pytest.mark.parametrize(
        "day",
        [
            *("2002-06-03", "2002-06-04", "2011-04-29", "2012-06-04", "2012-06-05", "2020-05-08", "2022-06-02"),
            *("2022-06-03", "2022-09-19", "2023-05-08", "2020-12-28", "2021-12-27", "2021-12-28", "2022-01-03"),
        ],
    )
    def test_has_the_one_off_and_substitute_days(self, day: str) -> None:
        """Moved, extra and substitute days are no working days."""
        assert not ENGLAND.is_working_day(d(day))

    @pytest.mark.parametrize(
        "day",
        [
            *("2026-01-02", "2025-01-02", "2025-03-17", "2026-03-17", "2026-07-13", "2026-11-30"),  # other nations'
            *("2020-05-04", "2002-05-27", "2012-05-28", "2022-05-30"),  # moved away from
        ],
    )
    def test_has_no_day_of_scotland_or_northern_ireland_nor_a_moved_one(self, day: str) -> None:
        """2 January and 17 March are working days, and so is a Monday whose bank holiday was moved."""
        assert ENGLAND.is_working_day(d(day))

    def test_is_the_published_one_for_2025_and_2026(self) -> None:
        """The two years that most of the worked stories play in, written out."""
        in_2025 = "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"
        in_2026 = "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"

        assert in_2025.split() == shipped(2025)
        assert in_2026.split() == shipped(2026)

    def test_is_what_the_generator_writes(self, tool: ModuleType) -> None:
        """The shipped file is not stale."""
        assert tool.main(["--check"]) == 0

    def test_generator_finds_a_stale_file(self, tool: ModuleType, tmp_path: Path) -> None:
        """`--check` exits 1 for an absent or changed file, writes nothing, and 0 once it was written again."""
        path = tmp_path / "list.py"

        assert tool.main(["--check", str(path)]) == 1
        assert not path.exists()
        assert tool.main([str(path)]) == 0
        assert tool.main(["--check", str(path)]) == 0

        path.write_text(path.read_text(encoding="utf-8").replace("2026-12-28", "2026-12-29"), encoding="utf-8")

        assert tool.main(["--check", str(path)]) == 1


class TestCalendar:
    """Counting working days."""

    @pytest.mark.parametrize(
        ("start", "n", "due"),
        [
            ("2025-05-12", 1, "2025-05-13"),  # S01
            ("2025-05-12", 45, "2025-07-15"),  # S01: the national cap, over the spring bank holiday
            ("2025-04-17", 1, "2025-04-22"),  # S02 (a): Good Friday and Easter Monday
            ("2025-12-24", 1, "2025-12-29"),  # S02 (b)
            ("2026-12-24", 1, "2026-12-29"),  # S02 (c): Monday 28 is the substitute
            ("2025-12-09", 15, "2026-01-02"),  # S14: with a Scottish 2 January it would be the 5th
            ("2026-01-02", 10, "2026-01-16"),  # S14
            ("2025-05-06", 15, "2025-05-28"),  # S17: over the spring bank holiday
            ("2025-12-20", 1, "2025-12-22"),  # from a Saturday, Monday is day 1
            ("2025-12-21", 1, "2025-12-22"),
            ("2025-12-25", 1, "2025-12-29"),
            ("2025-12-20", 0, "2025-12-20"),
        ],
    )
    def test_knows_the_dates_of_the_worked_stories(self, start: str, n: int, due: str) -> None:
        """The trigger is day 0, and from a day off the next working day is day 1."""
        assert d(due) == ENGLAND.add_working_days(d(start), n)

    def test_counts_how_late_a_core_group_was(self) -> None:
        """S14: due on Friday 16 January 2026 and held on the Monday is one working day late, not three."""
        assert ENGLAND.working_days_between(d("2026-01-16"), d("2026-01-19")) == 1

    @pytest.mark.parametrize(("a", "b"), [("2026-01-16", "2026-01-16"), ("2026-01-19", "2026-01-16")])
    def test_counts_nothing_backwards(self, a: str, b: str) -> None:
        """Between a day and itself, or an earlier one, there are no working days."""
        assert ENGLAND.working_days_between(d(a), d(b)) == 0

    def test_spans_whole_years(self) -> None:
        """`first` and `last` are the ends of the listed years, and both can be asked about."""
        assert (d("2000-01-01"), d("2030-12-31")) == (ENGLAND.first, ENGLAND.last)
        assert not ENGLAND.is_working_day(ENGLAND.first)
        assert ENGLAND.is_working_day(ENGLAND.last)

    def test_takes_closures_of_the_protocol(self) -> None:
        """A closure is a day off like a bank holiday; one on a weekend or given twice changes nothing."""
        closed = Calendar.load(closures=[d("2025-12-29"), d("2025-12-29"), d("2025-12-27"), d("2025-12-26")])

        assert (d("2025-12-26"), d("2025-12-27"), d("2025-12-29")) == closed.closures
        assert not closed.is_working_day(d("2025-12-29"))
        assert d("2025-12-30") == closed.add_working_days(d("2025-12-24"), 1)
        assert ENGLAND.is_working_day(d("2025-12-29"))

    @given(all_days)
    def test_week_ends_are_off(self, day: date) -> None:
        """A Saturday or Sunday is never a working day; a weekday is one unless it is listed."""
        listed = f"{day.month:02d}-{day.day:02d}" in shipped(day.year)

        assert (day.weekday() < 5 and not listed) == ENGLAND.is_working_day(day)

    @given(days, st.integers(1, 120), closures)
    def test_adding_counts_day_by_day(self, start: date, n: int, closed: list[date]) -> None:
        """The sum is what a loop over days finds, whatever the closures."""
        calendar = Calendar.load(closures=closed)
        expected = naive_after(calendar, start, n)

        assert expected == calendar.add_working_days(start, n)

    @given(days, counts, closures)
    def test_between_undoes_adding(self, start: date, n: int, closed: list[date]) -> None:
        """Adding leads to a working day, so many working days after the start."""
        calendar = Calendar.load(closures=closed)
        end = calendar.add_working_days(start, n)

        assert n == calendar.working_days_between(start, end)
        assert n == 0 or calendar.is_working_day(end)

    @given(all_days, all_days)
    def test_adding_undoes_between(self, a: date, b: date) -> None:
        """From any day, the days between lead to the last working day that is not after the end."""
        n = ENGLAND.working_days_between(a, b)
        if n:
            assert ENGLAND.add_working_days(a, n) == ENGLAND.rolled(b, "previous")

    @given(days, days, counts, counts)
    def test_adding_is_monotone(self, a: date, b: date, n: int, m: int) -> None:
        """A later start or a longer limit never ends earlier, and a longer limit ends later."""
        early, late = sorted((a, b))
        short, long = sorted((n, m))

        assert ENGLAND.add_working_days(early, long) <= ENGLAND.add_working_days(late, long)
        assert (short < long) == (ENGLAND.add_working_days(early, short) < ENGLAND.add_working_days(early, long))

    @given(days, counts, counts)
    def test_adding_in_two_steps_is_adding_once(self, start: date, n: int, m: int) -> None:
        """A limit may be split anywhere."""
        once = ENGLAND.add_working_days(start, n + m)

        assert once == ENGLAND.add_working_days(ENGLAND.add_working_days(start, n), m)

    @given(st.dates(date(2000, 1, 4), date(2030, 12, 31)), closures)
    def test_rolling_finds_the_nearest_working_day(self, day: date, closed: list[date]) -> None:
        """A working day stays; a day off moves to the next or the one before, with nothing but days off between."""
        calendar = Calendar.load(closures=[c for c in closed if d("2000-01-05") < c < d("2030-12-20")])
        after, before = calendar.rolled(day, "next"), calendar.rolled(day, "previous")

        assert day == calendar.rolled(day, "none")
        assert before <= day <= after
        assert calendar.is_working_day(before)
        assert calendar.is_working_day(after)
        assert calendar.working_days_between(before, after) == (before != after)


class TestCalendarErrors:
    """What the list does not know is an error, never a guess."""

    @pytest.mark.parametrize("day", ["1999-12-31", "2031-01-01", "2031-06-01", "0001-01-01", "9999-12-31"])
    def test_a_year_outside_the_list_is_refused_by_every_lookup(self, day: str) -> None:
        """The message names the year, the list and the years that it has, and the exit code is 5."""
        message = rf"^{day[:4]} lies outside the bank holiday list england-and-wales \(2000 to 2030\): .*{day}"
        for look in (
            lambda: ENGLAND.check(d(day)),
            lambda: ENGLAND.is_working_day(d(day)),
            lambda: ENGLAND.add_working_days(d(day), 0),
            lambda: ENGLAND.add_working_days(d(day), 3),
            lambda: ENGLAND.working_days_between(d(day), d("2025-01-01")),
            lambda: ENGLAND.working_days_between(d("2025-01-01"), d(day)),
            lambda: ENGLAND.rolled(d(day), "next"),
            lambda: Calendar.load(closures=[d(day)]),
        ):
            with pytest.raises(CalendarError, match=message) as error:
                look()

            assert error.value.exit_code == 5

    @pytest.mark.parametrize(("start", "n"), [("2030-12-31", 1), ("2030-12-20", 9), ("2030-12-31", 10**9)])
    def test_counting_past_the_last_year_is_refused(self, start: str, n: int) -> None:
        """A limit that starts within the list and runs out of it names the first year that is missing."""
        with pytest.raises(CalendarError, match=rf"^2031 lies outside the bank holiday list .* after {start} cannot"):
            ENGLAND.add_working_days(d(start), n)

    def test_rolling_past_either_end_is_refused(self) -> None:
        """The working day before Saturday 1 January 2000 is not known, nor that after a closed last day."""
        with pytest.raises(CalendarError, match=r"^1999 lies outside the bank holiday list"):
            ENGLAND.rolled(d("2000-01-01"), "previous")
        with pytest.raises(CalendarError, match=r"^2031 lies outside the bank holiday list"):
            Calendar.load(closures=[d("2030-12-31")]).rolled(d("2030-12-31"), "next")

    @pytest.mark.parametrize("name", ["england_and_wales", "England-and-Wales", "england-and-wale", "england_wales"])
    def test_a_misspelt_list_gets_a_suggestion(self, name: str) -> None:
        """A near miss names the list that there is."""
        with pytest.raises(CalendarError, match=rf"no bank holiday list '{name}'\. Did you mean 'england-and-wales'\?"):
            Calendar.load(name)

    @pytest.mark.parametrize("name", ["", "mars", "..errors", "x" * 10_000])
    def test_an_unknown_list_gets_the_names_that_there_are(self, name: str) -> None:
        """Far from every name, the message lists them, and stays short."""
        with pytest.raises(CalendarError, match="There is: england-and-wales") as error:
            Calendar.load(name)

        assert len(str(error.value)) < 120

    @pytest.mark.parametrize("name", LISTS)
    def test_every_listed_name_loads(self, name: str) -> None:
        """A name that a protocol may use has its list."""
        assert name == Calendar.load(name).name

    def test_negative_counts_are_refused(self) -> None:
        """Working days are only ever counted forwards."""
        with pytest.raises(ValueError, match="forwards, not -1"):
            ENGLAND.add_working_days(d("2025-01-06"), -1)

    def test_an_unknown_roll_is_refused(self) -> None:
        """There are three ways to roll."""
        with pytest.raises(ValueError, match="'back' is no way to roll: none, next or previous"):
            ENGLAND.rolled(d("2025-01-04"), "back")  # type: ignore[arg-type]


class TestDurationParse:
    """Reading a duration."""

    @pytest.mark.parametrize(
        ("text", "n", "unit"),
        [
            ("1 working day", 1, "working days"),
            ("45 working days", 45, "working days"),
            ("0 days", 0, "days"),
            ("1 day", 1, "days"),
            ("4 weeks", 4, "weeks"),
            ("1 week", 1, "weeks"),
            ("12 months", 12, "months"),
            ("1 month", 1, "months"),
            ("2 years", 2, "years"),
            ("1 year", 1, "years"),
        ],
    )
    def test_reads_singular_and_plural(self, text: str, n: int, unit: Unit) -> None:
        """A number, one space, one unit; printed again it is the same text."""
        duration = Duration.parse(text)

        assert Duration(n, unit) == duration
        assert text == str(duration)
        assert (unit == "working days") == duration.in_working_days

    @given(durations)
    def test_round_trips(self, duration: Duration) -> None:
        """What is printed reads as the same duration, long and short."""
        assert duration == Duration.parse(str(duration))
        assert duration == Duration.parse_short(duration.short)

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("5d", "5 days"),
            ("1wd", "1 working day"),
            ("4w", "4 weeks"),
            ("3mo", "3 months"),
            ("2 yrs", "2 years"),
            ("4 Weeks", "4 weeks"),
            ("4  weeks", "4 weeks"),
            (" 4 weeks", "4 weeks"),
            ("4 weeks ", "4 weeks"),
            ("4weeks", "4 weeks"),
            ("04 weeks", "4 weeks"),
            ("4 weaks", "4 weeks"),
            ("10 business days", "10 working days"),
            ("10 working-days", "10 working days"),
            ("1 workingday", "1 working day"),
            ("3 month s", "3 months"),
        ],
    )
    def test_says_what_was_probably_meant(self, text: str, meant: str) -> None:
        """A near miss is refused with the text as given and the right spelling."""
        with pytest.raises(ValueError, match=rf"^'{text}' is not a duration: .* Did you mean '{meant}'\?$"):
            Duration.parse(text)

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "",
                " ",
                "4",
                "weeks",
                "four weeks",
                "-1 days",
                "+1 days",
                "1.5 weeks",
                "1,5 weeks",
                "1e3 days",
                "٤ weeks",
            ),
            *(
                "4 bananas",
                "10000 days",
                "99999999999999999999 weeks",
                "1\nday",
                "days 4",
                "4 weeks 2 days",
                "0x4 days",
            ),
        ],
    )
    def test_refuses_all_else(self, text: str) -> None:
        """Anything else is refused with the text and the units that there are; nothing is guessed at."""
        with pytest.raises(
            ValueError, match="is not a duration: N working days, days, weeks, months or years"
        ) as error:
            Duration.parse(text)

        assert str(error.value).startswith(repr(text))

    @given(st.text(max_size=30))
    def test_never_fails_in_another_way(self, text: str) -> None:
        """Any text is either a duration that prints as a readable one, or a `ValueError` of one line."""
        for read in (Duration.parse, Duration.parse_short):
            try:
                assert Duration.parse(str(read(text)))
            except ValueError as error:
                assert "\n" not in str(error)  # noqa: PT017

    @pytest.mark.parametrize(
        ("text", "long"),
        [("5d", "5 days"), ("5wd", "5 working days"), ("2w", "2 weeks"), ("3mo", "3 months"), ("1y", "1 year")],
    )
    def test_reads_the_short_form(self, text: str, long: str) -> None:
        """Options take the short spelling."""
        assert Duration.parse(long) == Duration.parse_short(text)

    @pytest.mark.parametrize(
        ("text", "meant"), [("5 days", "5d"), ("5 working days", "5wd"), ("3m", "3mo"), ("5D", "5d"), ("2 weeks", "2w")]
    )
    def test_suggests_the_short_form(self, text: str, meant: str) -> None:
        """A long spelling in an option is refused with the short one."""
        with pytest.raises(ValueError, match=rf"^'{text}' is not a duration: 5d, .* Did you mean '{meant}'\?$"):
            Duration.parse_short(text)

    @pytest.mark.parametrize("text", ["", "5", "d", "-5d", "soon", "5dd", "1.5w"])
    def test_refuses_all_else_as_a_short_form(self, text: str) -> None:
        """What is no short duration is named."""
        with pytest.raises(ValueError, match=rf"^'{text}' is not a duration: 5d, 5wd"):
            Duration.parse_short(text)


class TestDurationAfter:
    """The last day of a limit."""

    @pytest.mark.parametrize(
        ("start", "limit", "due"),
        [
            ("2025-05-14", "1 month", "2025-06-14"),  # S01: a Saturday, and it stays
            ("2025-06-13", "1 month", "2025-07-13"),
            ("2025-04-23", "4 weeks", "2025-05-21"),  # S04
            ("2025-05-21", "4 weeks", "2025-06-18"),
            ("2026-01-02", "3 months", "2026-04-02"),  # S14: Maundy Thursday
            ("2025-05-06", "15 days", "2025-05-21"),  # S17
            ("2025-09-01", "28 days", "2025-09-29"),  # S21
            ("2025-09-01", "12 months", "2026-09-01"),  # S21
            ("2025-01-31", "1 month", "2025-02-28"),  # clamped
            ("2024-01-31", "1 month", "2024-02-29"),
            ("2000-01-31", "1 month", "2000-02-29"),
            ("2100-01-31", "1 month", "2100-02-28"),
            ("2024-02-29", "1 year", "2025-02-28"),
            ("2024-02-29", "4 years", "2028-02-29"),
            ("2025-11-30", "3 months", "2026-02-28"),
            ("2025-12-24", "0 days", "2025-12-24"),
            ("2025-12-24", "1 working day", "2025-12-29"),
        ],
    )
    def test_knows_the_dates_of_the_worked_stories(self, start: str, limit: str, due: str) -> None:
        """The start is day 0, months clamp, and a plain limit does not roll."""
        assert d(due) == Duration.parse(limit).after(d(start), ENGLAND)

    @pytest.mark.parametrize(
        ("start", "limit", "roll", "due"),
        [
            ("2025-05-14", "1 month", "next", "2025-06-16"),
            ("2025-05-14", "1 month", "previous", "2025-06-13"),
            ("2026-01-03", "3 months", "next", "2026-04-07"),  # Good Friday to Easter Monday
            ("2026-01-03", "3 months", "previous", "2026-04-02"),
            ("2025-08-31", "1 year", "next", "2026-09-01"),
            ("2025-04-23", "4 weeks", "next", "2025-05-21"),
            ("2025-12-24", "1 working day", "previous", "2025-12-29"),
            ("2025-12-20", "0 days", "next", "2025-12-20"),
            ("2025-12-20", "0 weeks", "previous", "2025-12-20"),
            ("2025-12-20", "1 day", "previous", "2025-12-20"),  # Friday 19 would be before the start
        ],
    )
    def test_rolls_when_told(self, start: str, limit: str, roll: Roll, due: str) -> None:
        """An end on a day off moves the way that was asked for, but never before the start."""
        assert d(due) == Duration.parse(limit).after(d(start), ENGLAND, roll)

    @pytest.mark.parametrize(("limit", "due"), [("6 weeks", "2041-04-12"), ("3 months", "2041-06-01")])
    def test_plain_limits_need_no_list(self, limit: str, due: str) -> None:
        """Days, weeks, months and years are counted in any year, unless they may roll."""
        duration = Duration.parse(limit)

        assert d(due) == duration.after(d("2041-03-01"), ENGLAND)
        with pytest.raises(CalendarError, match=r"^2041 lies outside the bank holiday list"):
            duration.after(d("2041-03-01"), ENGLAND, "next")

    @pytest.mark.parametrize("limit", ["9999 years", "9999 months", "9999 weeks", "9999 days"])
    def test_ends_of_time_are_refused(self, limit: str) -> None:
        """A limit past the last date that there is gets a plain error."""
        with pytest.raises(CalendarError, match=f"^{limit} after 9998-01-01 ends past the year 9999$"):
            Duration.parse(limit).after(d("9998-01-01"), ENGLAND)

    @given(all_days, st.integers(0, 600))
    def test_months_clamp(self, start: date, n: int) -> None:
        """The end is in the n-th month after, on the same day of the month or on its last day."""
        end = Duration(n, "months").after(start, ENGLAND)

        assert n == (end.year - start.year) * 12 + end.month - start.month
        assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)

    @given(all_days, st.integers(0, 50))
    def test_years_are_twelve_months(self, start: date, n: int) -> None:
        """A year is twelve months and a week seven days."""
        assert Duration(12 * n, "months").after(start, ENGLAND) == Duration(n, "years").after(start, ENGLAND)
        assert Duration(7 * n, "days").after(start, ENGLAND) == Duration(n, "weeks").after(start, ENGLAND)

    @given(days, days, st.integers(0, 40), units)
    def test_is_monotone(self, a: date, b: date, n: int, unit: Unit) -> None:
        """A limit that starts later never ends earlier, and never before it starts."""
        early, late = sorted((a, b))
        limit = Duration(n, unit)

        assert early <= limit.after(early, ENGLAND) <= limit.after(late, ENGLAND)


class TestLondonDate:
    """The civil date in London."""

    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2026-03-02", "2026-03-02"),
            ("2026-03-02T09:30:00+00:00", "2026-03-02"),
            ("2026-07-01T23:30:00+00:00", "2026-07-02"),
            ("2026-07-01T23:30:00Z", "2026-07-02"),
            ("2026-07-02T00:30:00+01:00", "2026-07-02"),
            ("2026-01-01T23:30:00+00:00", "2026-01-01"),
            ("2026-03-02T09:30:00+13:00", "2026-03-01"),
            ("2026-03-02T20:00:00-08:00", "2026-03-03"),
            ("2026-03-28T23:59:59+00:00", "2026-03-28"),
            ("2026-03-29T23:00:00+00:00", "2026-03-30"),
            ("2026-10-24T23:00:00+00:00", "2026-10-25"),
            ("2026-10-25T23:00:00+00:00", "2026-10-25"),
        ],
    )
    def test_is_that_of_the_clock_on_the_wall(self, at: str, expected: str) -> None:
        """A date stands as it is; a date-time counts where London's clock puts it, in summer an hour ahead."""
        assert d(expected) == london_date(at)

    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2026-03-02", None),
            ("2026-03-29T00:59:00+00:00", "00:59"),
            ("2026-03-29T01:00:00+00:00", "02:00"),
            ("2026-10-25T00:59:59.9+00:00", "01:59"),
            ("2026-10-25T01:00:00+00:00", "01:00"),
        ],
    )
    def test_tells_the_time_too(self, at: str, expected: str | None) -> None:
        """The clock jumps at 01:00 UTC on the last Sundays of March and October; a mere date has no time."""
        assert expected == london_time(at)

    @given(
        st.datetimes(datetime(1972, 1, 2), datetime(2037, 12, 30)),
        st.integers(-14 * 60, 14 * 60),
    )
    def test_agrees_with_the_time_zone_database(self, london: ZoneInfo, wall: datetime, minutes: int) -> None:
        """Whatever the offset, date and time are those of Europe/London, from 1972 on."""
        at = wall.replace(tzinfo=timezone(timedelta(minutes=minutes)))
        expected = at.astimezone(london)

        assert expected.date() == london_date(at.isoformat())
        assert f"{expected:%H:%M}" == london_time(at.isoformat())

    @pytest.mark.parametrize("year", range(1972, 2038))
    def test_changes_the_clock_when_the_database_does(self, london: ZoneInfo, year: int) -> None:
        """Every hour around both changes of the clock, in every year, is that of Europe/London."""
        for month, first in ((3, 14), (10, 20)):
            start = datetime(year, month, first, tzinfo=UTC)
            hours = [start + timedelta(hours=hour) for hour in range(19 * 24)]

            assert [f"{at.astimezone(london):%H:%M}" for at in hours] == [london_time(at.isoformat()) for at in hours]
            assert [at.astimezone(london).date() for at in hours] == [london_date(at.isoformat()) for at in hours]

    @pytest.mark.parametrize("at", ["2026-03-02T09:30:00", "2026-03-02T09:30", "2026-07-01T23:30:00.5"])
    def test_refuses_a_time_without_an_offset(self, at: str) -> None:
        """A naive date-time could be any day; the message says what to add."""
        for read in (london_date, london_time):
            with pytest.raises(ValueError, match=rf"^'{at}' has no offset from UTC: add \+00:00, or \+01:00"):
                read(at)

    @pytest.mark.parametrize(
        "at",
        [
            *(
                "2026-02-30T09:30:00+00:00",
                "2026-03-02T25:30:00+00:00",
                "2026-03-02T09:30:00+25:00",
                "20260302T093000Z",
            ),
            *(
                "2026-W10-1T09:30:00Z",
                "2026-03-02 09:30:00Z",
                "2026-03-02t09:30:00Z",
                "2026-03-02T",
                "yesterday evening",
            ),
            *("0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00", "2026-03-02T09:30:00+00:00 ", "x" * 5000),
        ],
    )
    def test_refuses_what_is_neither(self, at: str) -> None:
        """Another spelling, an impossible day or hour, or a time outside all calendars is one short line."""
        with pytest.raises(ValueError, match="is neither a date nor a date-time with an offset") as error:
            london_date(at)

        assert len(str(error.value)) < 150


class TestParseDate:
    """Reading a date."""

    @given(st.dates())
    def test_round_trips(self, day: date) -> None:
        """Every ISO date reads as itself."""
        assert day == parse_date(day.isoformat())
        assert day == london_date(day.isoformat())

    @pytest.mark.parametrize(
        "text", ["2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "2026-04-31"]
    )
    def test_refuses_a_day_that_does_not_exist(self, text: str) -> None:
        """The message holds the date and says that there is none such."""
        for read in (parse_date, london_date):
            with pytest.raises(ValueError, match=f"^'{text}' is not a date: there is no such day$"):
                read(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "20260224",
            "24/02/2026",
            "2026-2-24",
            "2026-W09-2",
            "2026-055",
            "24 Feb",
            " 2026-02-24",
            "2026-02-24T10:00Z",
        ],
    )
    def test_refuses_every_other_spelling(self, text: str) -> None:
        """Only YYYY-MM-DD is a date, also where Python would read more."""
        with pytest.raises(ValueError, match=rf"^'{text}' is not a date: write YYYY-MM-DD, such as 2026-02-24$"):
            parse_date(text)


class TestAge:
    """Whole years and months of age."""

    @pytest.mark.parametrize(
        ("born", "on", "years", "months"),
        [
            ("2015-06-01", "2026-05-31", 10, 131),
            ("2015-06-01", "2026-06-01", 11, 132),
            ("2024-02-29", "2025-02-28", 0, 11),
            ("2024-02-29", "2025-03-01", 1, 12),
            ("2026-03-01", "2026-03-01", 0, 0),
            ("2026-03-02", "2026-03-01", -1, -1),
            ("2027-03-02", "2026-03-01", -1, -1),
        ],
    )
    def test_counts_birthdays(self, born: str, on: str, years: int, months: int) -> None:
        """A child ages on the day itself, who was born on 29 February on 1 March, and an unborn one is -1."""
        assert years == age_years(d(born), d(on))
        assert months == age_months(d(born), d(on))

    @given(all_days, all_days)
    def test_years_follow_from_months(self, born: date, on: date) -> None:
        """Years are whole dozens of months, and age never falls as time passes."""
        assert age_months(born, on) // 12 == age_years(born, on)
        assert age_months(born, on) <= age_months(born, on + timedelta(days=1))
        assert (on < born) == (age_years(born, on) == -1)


class TestWeekdayDate:
    """Dates as people read them."""

    @pytest.mark.parametrize(("day", "expected"), [("2026-02-24", "Tue 24 Feb 2026"), ("2025-05-05", "Mon 5 May 2025")])
    def test_has_weekday_and_month_in_english(self, day: str, expected: str) -> None:
        """The weekday comes first and the day has no leading zero."""
        assert expected == weekday_date(d(day))

    @given(st.dates())
    def test_agrees_with_the_c_locale(self, day: date) -> None:
        """Every date reads as `ctime` has it, which knows no locale."""
        weekday, month, number, _, year = day.ctime().split()

        assert f"{weekday} {number} {month} {year}" == weekday_date(day)


def test_importing_the_calendar_is_cheap() -> None:
    """The hot commands import this module: nothing heavy, and no list, comes with it."""
    heavy = ["attr", "cinctl.data", "dataclasses", "difflib", "hashlib", "holidays", "inspect", "tomllib", "zoneinfo"]
    code = f"import sys, cinctl.calendar; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
