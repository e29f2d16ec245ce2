"""What each case adds to the indicators: from its obligations, from its events, and from how it stood.

What is in time is counted on the day on which it was done, what is late on the day on which it was due: so a past
period does not change when something is done late at last. What the record cannot speak of is counted apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from cinctl.casebook import Casebook
from cinctl.clocks import DONE, RUNNING, Obligation
from cinctl.indicators.journeys import happened, speaks
from cinctl.indicators.measures import Clocks, Measure
from cinctl.indicators.national import REREFERRAL
from cinctl.indicators.periods import Period
from cinctl.indicators.tally import ALL, Frame, Key, Tally, Whose
from cinctl.indicators.timeline import Life, State, lived

__all__ = ["Counted", "counted", "settled", "with_rereferrals"]

_LONGEST_YEAR = timedelta(days=366)


class Referral(NamedTuple):
    """A referral, to be held against the child's others once all are known."""

    child: str | None
    day: date
    seq: int
    lead: str | None
    unit: str | None
    source: str | None


class Covers(NamedTuple):
    """From which day on a source tells of every referral, and until when; None where nobody can say."""

    since: date
    until: date | None


class Counted:
    """What some cases came to. *known*: of which days each source has every referral. None is what was typed."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.referrals: list[Referral] = []
        self.known: dict[str | None, Covers] = {}

    def merge(self, other: Counted) -> None:
        """Add what other cases came to."""
        self.tally.merge(other.tally)
        self.referrals += other.referrals
        for source, covers in other.known.items():
            self.know(source, covers)

    def know(self, source: str | None, covers: Covers) -> None:
        """Take note of the days of which *source* tells."""
        before = self.known.get(source, covers)
        until = max(covers.until, before.until) if covers.until and before.until else None
        self.known[source] = Covers(min(covers.since, before.since), until)

    def known_since(self, source: str | None) -> date:
        """Return from which day on every referral is known before those of *source*.

        No source vouches for what was before it, but one that goes on until it begins does: the return of the year
        before. What was typed does so for none, as nobody can tell a log in use from one case put down late.
        """
        since = self.known[source].since
        for covers in sorted(self.known.values(), reverse=True, key=lambda covers: covers.until or date.min):
            if covers.until is not None and covers.until.toordinal() + 1 >= since.toordinal():
                since = min(since, covers.since)
        return since


def counted(book: Casebook, ids: Sequence[str], frame: Frame) -> Counted:
    """Count the cases *ids* one after the other; none is kept in memory that can be fetched again."""
    made, clocks = Counted(), Clocks(book.rules)
    for id_ in ids:
        life = lived(book, id_)
        if not life.events:
            continue
        _obligations(made.tally, life, clocks, frame)
        for one in happened(life, book.rules.calendar, frame.today):
            _add(made.tally, life, frame, one.measure, one.day, hit=one.hit, days=one.days, judged=one.judged)
        _windows(made.tally, life, frame)
        _referral(made, life, frame)
        book.let_go(id_)
    return made


def _add(
    tally: Tally,
    life: Life,
    frame: Frame,
    measure: str,
    day: date,
    *,
    hit: bool = False,
    days: int | None = None,
    judged: bool = True,
    rule: str | None = None,
) -> None:
    if any(period.holds(day) for _, period in frame.periods):
        whose = Whose(*life.whose(day), rule)
        if judged and day >= life.told_since:
            tally.count(frame, measure, day, whose, hit=hit, days=days)
        else:
            tally.leave(frame, measure, day, whose)


# Obligations


def _obligations(tally: Tally, life: Life, clocks: Clocks, frame: Frame) -> None:
    assert life.tracker is not None
    for one in life.tracker.all():
        measure = clocks.measure(one.rule)
        if measure is None:
            continue
        judged = one.judgeable(life.case)
        answer = _settled(one, measure, life, frame.today)
        if answer is None and not judged and one.due is None:
            # The calendar does not reach so far, or what the limit depends on is gone.
            answer = one.start, False
        if answer is not None:
            day, hit = answer
            _add(tally, life, frame, measure.name, day, hit=hit, judged=judged, rule=one.rule.id)


def settled(one: Obligation, today: date) -> tuple[date, bool] | None:
    """Return the day on which it turned out whether *one* was done in time, and whether it was.

    None where that has not turned out yet, or never will: it has no limit, or ended before it was due.
    """
    if one.due is None:
        return None
    if one.state == RUNNING:
        return (one.due, False) if one.due < today else None
    if one.finished is None or one.finished > one.due:
        return one.due, False
    return (one.finished, True) if one.state == DONE else None


def _settled(one: Obligation, measure: Measure, life: Life, today: date) -> tuple[date, bool] | None:
    """Return the same; None too where it was in time by another step than those that count for *measure*."""
    answer = settled(one, today)
    if answer is not None and answer[1] and measure.by and not _done_by(one, measure, life):
        return None
    return answer


def _done_by(one: Obligation, measure: Measure, life: Life) -> bool:
    event = life.case.by_seq.get(one.finished_seq or 0)
    return event is not None and event.kind in measure.by


# Cases in a period as a whole


def _windows(tally: Tally, life: Life, frame: Frame) -> None:
    for number, period in frame.periods:
        windows = [(ALL, period)]
        if frame.by == "month":
            windows += [((False, name), month) for name, month in frame.months(number)]
        for place, window in windows:
            if window.first > frame.today:
                continue
            seen = Period(window.first, min(window.last, frame.today))
            for measure, hits, state in _seen(life, seen):
                places = [place]
                if frame.by in ("unit", "lead"):
                    places.append((False, state.unit if frame.by == "unit" else state.lead))
                for where in places:
                    cell = tally.cell(Key(measure, number, *where))
                    cell.not_judged += hits is None
                    cell.total += hits is not None
                    cell.hits += hits or 0


def _seen(life: Life, window: Period) -> Iterator[tuple[str, int | None, State]]:
    """Yield what a case adds in *window*: the indicator, how many (None: nobody can say), and how it stood then."""
    opener, end = life.events[0], life.at(window.last)
    told = speaks(opener, "allocate")
    if end is not None and end.open:
        told_then = window.last >= life.told_since
        yield "without_lead", int(end.lead is None) if told and told_then else None, end
        social_worker = life.led_by_social_worker(end, window.last)
        known = told_then and (told if end.lead is None else social_worker is not None)
        yield "led_by_others", int(social_worker is False) if known else None, end
    states = [state for state in life.within(window) if state.open]
    if not states:
        return
    told_all = window.first >= life.told_since
    changes = sum(window.holds(day) for day in life.changed)
    yield "lead_changes", changes if told and told_all else None, states[-1]
    for measure, social_worker in (("escalated_led_by_others", False), ("escalated_led_by_social_workers", True)):
        led = [state for state in states if state.social_worker is social_worker]
        if led:
            raised = any(window.holds(day) and by is social_worker for day, by in life.raised)
            yield measure, int(raised) if told_all and speaks(opener, "escalate.raise") else None, led[-1]


# Referrals


def _referral(made: Counted, life: Life, frame: Frame) -> None:
    """Keep the referral of a case, where it or one within a year of it is asked about."""
    opener = life.events[0]
    if opener.base != "refer":
        return
    speaks_of = opener.speaks
    source = speaks_of.source if speaks_of is not None else None
    since, until = (speaks_of.since, speaks_of.until) if speaks_of is not None else (None, None)
    made.know(source, Covers(since or opener.on, until if since else None))
    if any(period.first - opener.on <= _LONGEST_YEAR and opener.on <= period.last for _, period in frame.periods):
        made.referrals.append(Referral(life.case.child, opener.on, opener.seq, *life.whose(opener.on), source))


def with_rereferrals(made: Counted, book: Casebook, frame: Frame) -> Tally:
    """Return all that was counted, each referral now held against the child's earlier ones, whoever tells of them."""
    last: dict[str, date] = {}
    calendar = book.rules.calendar
    full = {source: REREFERRAL.after(made.known_since(source), calendar) for source in made.known}
    for one in sorted(made.referrals, key=lambda r: (r.day, r.seq)):
        whose = Whose(one.lead, one.unit)
        before = last.get(one.child) if one.child is not None else None
        again = before is not None and REREFERRAL.after(before, calendar) >= one.day
        # Where an earlier one may be missing, one that is not would be counted and its likes would not.
        if one.child is not None and one.day >= full[one.source]:
            made.tally.count(frame, "rereferral", one.day, whose, hit=again)
        else:
            made.tally.leave(frame, "rereferral", one.day, whose)
        if one.child is not None:
            last[one.child] = one.day
    return made.tally
