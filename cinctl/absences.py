"""Who is away on which days, and who covers: what was told of each practitioner, laid side by side.

What was told last counts for the days that it speaks of; the days around it stay as they were told before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from cinctl.casebook import Casebook
from cinctl.owed import NO_LIMIT, Absent, Away
from cinctl.staff import Absence, Person

__all__ = ["Span", "away_fields", "away_on", "spans", "stored"]

_DAY = timedelta(days=1)
_FIELDS = ("away_from", "away_until", "cover")


class Span(NamedTuple):
    """Days away on which all is the same. *last* is `date.max` where it is open-ended.

    *back_after* is the last day before they are back, which is later than *last* where another span follows at once.
    """

    first: date
    last: date
    back_after: date
    cover: str | None


def spans(absences: Iterable[Absence]) -> list[Span]:
    """Return the days of *absences*, given in the order in which they were told, as spans that do not overlap."""
    told: list[Span] = []
    for first, last, cover in absences:
        new = Span(first, last or date.max, date.max, cover)
        if new.first <= new.last:
            told = [rest for old in told for rest in _around(old, new)] + [new]
    return _joined(sorted(told))


def _around(old: Span, new: Span) -> Iterator[Span]:
    """Yield what *new* leaves of *old*."""
    if old.first < new.first:
        yield old._replace(last=min(old.last, new.first - _DAY))
    if old.last > new.last:
        yield old._replace(first=max(old.first, new.last + _DAY))


def _joined(found: Sequence[Span]) -> list[Span]:
    """Return the spans *found*, in their order, each with the last day before they are back."""
    joined: list[Span] = []
    after, back_after = None, date.max
    for span in reversed(found):
        if after is None or span.last + _DAY < after:
            back_after = span.last
        joined.append(span._replace(back_after=back_after))
        after = span.first
    return joined[::-1]


def _spans_of(book: Casebook, today: date) -> dict[str, list[Span]]:
    """Return the spans of each practitioner who is in post and of whom an absence was told, as known on *today*.

    Who covers is left out where they are not in post.
    """
    events = book.effective(book.office)
    made = {}
    for person in sorted({e.get("staff") for e in events if e.kind == "staff.away"} - {None}):
        found = spans(book.register.as_of(person, today).absences)
        if found:
            made[person] = [s._replace(cover=_in_post(book, s.cover, today)) for s in found]
    return made


def _in_post(book: Casebook, cover: str | None, today: date) -> str | None:
    return cover if cover is not None and book.register.as_of(cover, today).in_post else None


def away_on(book: Casebook, today: date) -> Away:
    """Return who is away on *today*, as known then."""
    return {
        person: Absent(_text(span.back_after), span.cover)
        for person, found in _spans_of(book, today).items()
        for span in found
        if span.first <= today <= span.last
    }


def _text(day: date) -> str:
    return NO_LIMIT if day == date.max else day.isoformat()


def stored(book: Casebook) -> Iterator[tuple[str, str, str, str, str | None]]:
    """Yield every span, as known at the head of the log: whose it is, its days and who covers, as text that sorts."""
    for person, found in _spans_of(book, date.max).items():
        for first, last, back_after, cover in found:
            yield person, first.isoformat(), _text(last), _text(back_after), cover


def away_fields(book: Casebook, person: Person, today: date) -> dict[str, str | None]:
    """Return the first and last day of the absence of *person* on *today*, or else of the next, and who covers."""
    for span in spans(person.absences):
        if span.last >= today:
            last = None if span.last == date.max else span.last.isoformat()
            return dict(zip(_FIELDS, (span.first.isoformat(), last, _in_post(book, span.cover, today)), strict=True))
    return dict.fromkeys(_FIELDS)
