"""Deadlines as a calendar that others subscribe to (iCalendar, RFC 5545): an all-day entry for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from cinctl.terminal import visible

__all__ = ["Deadline", "calendar"]

_MOST = 75
"""So many octets a line may have, its end not counted."""
_REFRESH = "PT1H"
# Nothing in it depends on a time zone; a calendar without any component is none, and some readers refuse it.
_UTC = (
    *("BEGIN:VTIMEZONE", "TZID:Etc/UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000"),
    *("TZOFFSETTO:+0000", "END:STANDARD", "END:VTIMEZONE"),
)


class Deadline(NamedTuple):
    """One entry: *uid* names it for good, *reference* says whose it is, *rule* and *what* which rule and its words."""

    uid: str
    due: date
    reference: str
    rule: str
    what: str


def calendar(deadlines: Iterable[Deadline], name: str, stamp: datetime) -> Iterator[str]:
    """Yield the calendar *name* of *deadlines* piece by piece; *stamp*, in UTC, is when it was made."""
    yield _lines("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//cinctl//due//EN", "CALSCALE:GREGORIAN")
    yield _lines(_text("NAME", name), _text("X-WR-CALNAME", name))
    yield _lines(f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}", f"X-PUBLISHED-TTL:{_REFRESH}")
    made = f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}"
    empty = True
    for deadline in deadlines:
        empty = False
        yield _lines(*_entry(deadline, made))
    if empty:
        yield _lines(*_UTC)
    yield _lines("END:VCALENDAR")


def _entry(deadline: Deadline, made: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield _text("UID", deadline.uid)
    yield made
    yield f"DTSTART;VALUE=DATE:{_day(deadline.due)}"
    if deadline.due < date.max:
        yield f"DTEND;VALUE=DATE:{_day(deadline.due + timedelta(days=1))}"
    yield _text("SUMMARY", f"{deadline.reference} {deadline.rule}: {deadline.what}")
    yield _text("CATEGORIES", deadline.rule)
    # A deadline takes nobody's time.
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _day(day: date) -> str:
    return day.isoformat().replace("-", "")


def _text(name: str, value: str) -> str:
    """Return a property whose value is text: nothing in it ends the line, or hides."""
    shown = visible(value)
    for mark in ("\\", ";", ","):
        shown = shown.replace(mark, "\\" + mark)
    return f"{name}:{shown}"


def _lines(*lines: str) -> str:
    return "".join(piece + "\r\n" for line in lines for piece in _folded(line))


def _folded(line: str) -> Iterator[str]:
    """Yield *line* in pieces of at most 75 octets that cut no character; all but the first begin with a space.

    A fold between two characters is undone by every reader, one within a character by few.
    """
    if line.isascii() and len(line) <= _MOST:
        yield line
        return
    piece, size = "", 0
    for mark in line:
        octets = len(mark.encode())
        if size + octets > _MOST:
            yield piece
            piece, size = " ", 1
        piece += mark
        size += octets
    yield piece
