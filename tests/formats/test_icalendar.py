"""Deadlines as a calendar: every line is well formed, whatever stands in it, and a reader finds what was put in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from cinctl.formats.icalendar import Deadline, calendar
from cinctl.terminal import visible

STAMP = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OURS = {
    *("BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "REFRESH-INTERVAL;VALUE=DURATION"),
    *("X-PUBLISHED-TTL", "UID", "DTSTAMP", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE", "SUMMARY", "CATEGORIES", "TRANSP"),
}
HOSTILE = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=120),
    st.lists(
        st.sampled_from(["\r\n", "\n", "\\", ",", ";", ":", "é", "子", "\u2028", "END:VEVENT", " ", "\x00", "x"])
    ).map("".join),
)
DEADLINES = st.lists(st.builds(Deadline, HOSTILE, st.dates(), HOSTILE, HOSTILE, HOSTILE), min_size=1, max_size=4)


def written(deadlines: list[Deadline], name: str = "Deadlines") -> bytes:
    """Return the calendar as the bytes that a file holds."""
    return "".join(calendar(deadlines, name, STAMP)).encode()


def entries(text: bytes) -> list[Any]:
    """Return the entries that a reader of calendars finds, none of which it finds fault with."""
    found: Any = icalendar.Calendar.from_ical(text)
    assert [] == [error for part in found.walk() for error in part.errors]
    return list(found.walk("VEVENT"))


@given(DEADLINES, HOSTILE)
def test_no_line_is_too_long_or_cuts_a_character(deadlines: list[Deadline], name: str) -> None:
    """Every line ends with CR and LF, has at most 75 octets, and is UTF-8 by itself."""
    text = written(deadlines, name)
    lines = text.split(b"\r\n")

    assert b"" == lines.pop()
    assert b"\r" not in b"".join(lines)
    assert b"\n" not in b"".join(lines)
    assert 75 >= max(map(len, lines))
    assert [] == [line for line in lines if line.decode().encode() != line]


@given(DEADLINES, HOSTILE)
def test_no_text_forges_a_property(deadlines: list[Deadline], name: str) -> None:
    """Unfolded, there are as many properties as we wrote, each of a name that is ours."""
    lines = written(deadlines, name).decode().replace("\r\n ", "").split("\r\n")[:-1]

    assert {line.partition(":")[0] for line in lines} <= OURS
    assert len(deadlines) == lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT")
    assert len(lines) == 9 + sum(8 + (d.due < date.max) for d in deadlines)


@given(DEADLINES, HOSTILE)
def test_a_reader_finds_what_was_put_in(deadlines: list[Deadline], name: str) -> None:
    """Ids, days and words come back as they were, with what would hide spelt out."""
    found = entries(written(deadlines, name))

    assert [visible(d.uid) for d in deadlines] == [str(e["UID"]) for e in found]
    assert [d.due for d in deadlines] == [e["DTSTART"].dt for e in found]
    assert [visible(f"{d.reference} {d.rule}: {d.what}") for d in deadlines] == [str(e["SUMMARY"]) for e in found]


def test_an_entry_is_a_whole_day_that_takes_nobodys_time() -> None:
    """An entry ends the day after, is free time, has no alarm, and says when the calendar was made."""
    (found,) = entries(written([Deadline("1@cinctl", date(2026, 3, 31), "R1", "BRI-21", "decide next steps")]))

    assert date(2026, 4, 1) == found["DTEND"].dt
    assert "TRANSPARENT" == found["TRANSP"]
    assert STAMP == found["DTSTAMP"].dt
    assert [] == found.subcomponents


def test_a_subscriber_is_told_to_look_every_hour() -> None:
    """The calendar says how often to fetch it, and what it is called, in the words that each program reads."""
    found: Any = icalendar.Calendar.from_ical(written([], "Duty"))

    assert (timedelta(hours=1), "PT1H") == (found["REFRESH-INTERVAL"].dt, str(found["X-PUBLISHED-TTL"]))
    assert ("Duty", "Duty") == (found["NAME"], found["X-WR-CALNAME"])


def test_a_calendar_of_nothing_is_one() -> None:
    """A calendar without entries still holds a component, as the standard asks, and a reader takes it."""
    assert [] == entries(written([]))
    assert b"BEGIN:VTIMEZONE" in written([])
