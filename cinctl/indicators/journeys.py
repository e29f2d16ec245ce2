"""What the events of a case tell of its way: assessments and their length, the first lead, enquiries, conferences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from cinctl.calendar import Calendar
from cinctl.compiled import spoken
from cinctl.errors import CalendarError
from cinctl.history import Event
from cinctl.indicators.national import PLAN_FOLLOWS
from cinctl.indicators.timeline import Life
from cinctl.threads import Thread

__all__ = ["Happened", "happened", "speaks"]


class Happened(NamedTuple):
    """One thing to be counted for *measure* on *day*. Not *judged*: the record cannot speak of it."""

    measure: str
    day: date
    hit: bool = False
    days: int | None = None
    judged: bool = True


def happened(life: Life, calendar: Calendar, today: date) -> Iterator[Happened]:
    """Yield all that the events of *life* tell."""
    yield from _assessments(life, calendar)
    yield from _first_leads(life, calendar)
    yield from _enquiries(life, calendar)
    yield from _plans(life, calendar, today)


def speaks(event: Event, kind: str, field: str = "at") -> bool:
    """Return whether the source of *event* can speak of *field* of events of *kind*; what was typed speaks of all."""
    return event.speaks is None or spoken(frozenset({(kind, field)}), event.speaks.fields, kind)


def _took(measure: str, begun: Event | None, done: Event, calendar: Calendar, since: date | None = None) -> Happened:
    """Return how many working days lie between two events, or from *since* on; not judged where a date is missing."""
    days = None
    if begun is not None and speaks(begun, begun.kind) and speaks(done, done.kind):
        days = _days(since or begun.on, done.on, calendar)
    return Happened(measure, done.on, days=days, judged=days is not None)


def _days(first: date, last: date, calendar: Calendar) -> int | None:
    try:
        return calendar.working_days_between(first, last) if first <= last else None
    except CalendarError:
        return None


def _episodes(life: Life) -> Iterator[tuple[Event, list[Event]]]:
    """Yield what opened each episode, the referral or a reopening, and the events of it."""
    opener: Event | None = None
    events: list[Event] = []
    for event in life.events:
        if opener is None or event.base == "reopen":
            if opener is not None:
                yield opener, events
            opener, events = event, []
        events.append(event)
    if opener is not None:
        yield opener, events


def _assessments(life: Life, calendar: Calendar) -> Iterator[Happened]:
    """An assessment was completed when it was for the last time, and not sent back since."""
    threads = {seq: thread for thread in life.threads if thread.kind == "assessment" for seq in thread.seqs}
    for opener, events in _episodes(life):
        done: dict[int, Event] = {}
        for event in events:
            if event.kind == "assess.complete" and event.seq in threads:
                done[threads[event.seq].seq] = event
            elif event.kind == "approve.assessment_returned" and event.seq in threads:
                done.pop(threads[event.seq].seq, None)
        for root, event in done.items():
            start = life.case.by_seq[root]
            yield _took("assessment_from_referral", opener, event, calendar)
            yield _took("assessment_from_start", start if start.kind == "assess.start" else None, event, calendar)


def _first_leads(life: Life, calendar: Calendar) -> Iterator[Happened]:
    measure = "time_to_allocation"
    for opener, events in _episodes(life):
        first = next((e for e in events if e.base == "allocate"), None)
        if not speaks(opener, "allocate"):
            # Somebody may have led it before the first who is recorded.
            yield Happened(measure, (first or opener).on, judged=False)
        elif first is not None:
            yield _took(measure, opener, first, calendar)


# Section 47


def _enquiries(life: Life, calendar: Calendar) -> Iterator[Happened]:
    enquiries = [t for t in life.threads if t.kind == "enquiry" and life.case.by_seq[t.seq].kind == "enquire.start"]
    led_to = dict(_conferences_of(life, enquiries))
    for enquiry in enquiries:
        start, conference = life.case.by_seq[enquiry.seq], led_to.get(enquiry.seq)
        if conference is not None:
            yield _took("conference_from_enquiry", start, conference, calendar, _strategy(life, enquiry))
            judged = speaks(start, "conference.initial")
            yield Happened("enquiry_to_conference", conference.on, hit=True, judged=judged)
        elif "concluded" in enquiry.marks and enquiry.fields.get("conference_needed") is not True:
            day = enquiry.marks["concluded"][0]
            yield Happened("enquiry_to_conference", day, judged=speaks(start, "conference.initial"))


def _conferences_of(life: Life, enquiries: list[Thread]) -> Iterator[tuple[int, Event]]:
    """Yield, for each enquiry that led to an initial conference, its `seq` and the conference.

    That is the one which the conference names, else the latest before it that has none yet.
    """
    taken: set[int] = set()
    for event in life.events:
        if event.kind != "conference.initial":
            continue
        named = event.get("enquiry")
        fitting = [
            t
            for t in enquiries
            if t.seq not in taken
            and (named in t.seqs if named is not None else t.on <= event.on and t.seq != event.seq)
        ]
        if fitting:
            taken.add(fitting[-1].seq)
            yield fitting[-1].seq, event


def _strategy(life: Life, enquiry: Thread) -> date:
    """Return the day of the discussion that opened *enquiry*: that which it names, else the latest that decided so."""
    named = life.case.by_seq.get(enquiry.fields.get("strategy", 0))
    if named is not None and named.base == "strategy":
        return named.on
    earlier = [
        e.on for e in life.events if e.base == "strategy" and e.get("outcome") == "section_47" and e.on <= enquiry.on
    ]
    return earlier[-1] if earlier else enquiry.on


def _plans(life: Life, calendar: Calendar, today: date) -> Iterator[Happened]:
    """A conference led to a plan when its outcome says so; where that is not known, when one began soon after."""
    measure = "conference_to_plan"
    begun = [e.on for e in life.events if e.kind == "plan.start" and e.get("type") == "child_protection"]
    for event in life.events:
        if event.kind != "conference.initial":
            continue
        if event.get("outcome") is not None:
            yield Happened(measure, event.on, hit=event.get("outcome") == "cp_plan")
            continue
        last = PLAN_FOLLOWS.after(event.on, calendar)
        made = any(event.on <= day <= last for day in begun)
        if made or last < today:
            yield Happened(measure, event.on, hit=made, judged=speaks(event, "plan.start"))
