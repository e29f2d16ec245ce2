"""Which indicators there are, and which clocks of a protocol each of them is read from.

A clock belongs to an indicator by what starts and what stops it, never by its name or its limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from cinctl.calendar import Duration
from cinctl.indicators.national import ASSESSMENT_BANDS, CONFERENCE_BANDS, Band
from cinctl.rules import ClockRule, Edition, RuleBook

__all__ = ["MEASURES", "Clocks", "Measure"]

Sort = Literal["share", "days", "rate"]
Limit = Literal["duration", "date"]


class Measure(NamedTuple):
    """One indicator. *sort*: a share of a whole, the working days that things took, or a rate to each case.

    One read from clocks has *stops*: all that stops such a clock is among them. *starts*, where given: all that starts
    it is among these. *by*: what must have stopped it for it to count as done. *limit*: how its limit is given, where
    that matters. *bands* are the groups of days that are counted too. *windowed*: cases are counted in each period as a
    whole, so that months do not add up to it.

    Indicators of the same *counts* count the same things, or some all of which others count too: a number kept back in
    one could be read off another. With *parts_too*, its parts are the totals of another. *over* is one that is about
    some of what this counts, so that its numerator is at most this one's denominator.
    """

    name: str
    section: str
    title: str
    sort: Sort = "share"
    starts: frozenset[str] = frozenset()
    stops: frozenset[str] = frozenset()
    by: frozenset[str] = frozenset()
    limit: Limit | None = None
    bands: tuple[Band, ...] = ()
    windowed: bool = False
    counts: str = ""
    parts_too: bool = False
    over: str = ""

    @property
    def unit(self) -> str:
        """The unit of its value."""
        return {"share": "%", "days": "working days", "rate": "per case"}[self.sort]

    def reads(self, rule: ClockRule, starts: frozenset[str]) -> bool:
        """Return whether it is read from the clock *rule*, which events of the kinds *starts* start."""
        if not self.stops or not rule.stop_kinds <= self.stops or not rule.stop_kinds & (self.by or self.stops):
            return False
        if self.starts and not starts <= self.starts:
            return False
        return self.limit is None or (self.limit == "duration") == isinstance(rule.every or rule.limit, Duration)


def _kinds(*names: str) -> frozenset[str]:
    return frozenset(names)


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "decision_in_time",
            "Referrals",
            "decisions on referrals in time",
            starts=_kinds("refer"),
            stops=_kinds("decide"),
        ),
        Measure("rereferral", "Referrals", "re-referrals within 12 months"),
        Measure(
            "assessment_in_time",
            "Assessments",
            "assessments within the limit",
            stops=_kinds("assess.complete"),
            limit="duration",
        ),
        Measure(
            "assessment_by_date_set",
            "Assessments",
            "assessments by the date set",
            stops=_kinds("assess.complete"),
            limit="date",
        ),
        Measure(
            "assessment_from_referral",
            "Assessments",
            "from referral to completion",
            "days",
            bands=ASSESSMENT_BANDS,
            counts="assessments",
        ),
        Measure(
            "assessment_from_start",
            "Assessments",
            "from start to completion",
            "days",
            bands=ASSESSMENT_BANDS,
            counts="assessments",
        ),
        Measure("time_to_allocation", "Allocation and lead", "from referral to the first lead", "days"),
        Measure("allocation_in_time", "Allocation and lead", "allocations within the limit", stops=_kinds("allocate")),
        Measure(
            "without_lead", "Allocation and lead", "open cases that nobody leads", windowed=True, counts="open cases"
        ),
        Measure(
            "led_by_others",
            "Allocation and lead",
            "led by other than social workers",
            windowed=True,
            counts="open cases",
        ),
        Measure(
            "escalated_led_by_others",
            "Allocation and lead",
            "need raised, another leads",
            windowed=True,
            over="led_by_others",
        ),
        Measure(
            "escalated_led_by_social_workers",
            "Allocation and lead",
            "need raised, social worker leads",
            windowed=True,
            over="led_by_others",
        ),
        Measure("lead_changes", "Allocation and lead", "changes of lead", "rate", windowed=True, counts="open cases"),
        Measure("visit_in_time", "Visits, supervision, reviews", "visits in time", stops=_kinds("visit")),
        Measure(
            "supervision_in_time",
            "Visits, supervision, reviews",
            "supervision in time",
            stops=_kinds("supervise.formal", "supervise.informal"),
        ),
        Measure("review_in_time", "Visits, supervision, reviews", "reviews of plans in time", stops=_kinds("review")),
        Measure(
            "enquiry_in_time",
            "Section 47 and conferences",
            "enquiries concluded in time",
            starts=_kinds("enquire.start"),
            stops=_kinds("enquire.conclude"),
        ),
        Measure(
            "conference_in_time",
            "Section 47 and conferences",
            "initial conferences in time",
            starts=_kinds("enquire.start", "strategy"),
            stops=_kinds("conference.initial", "enquire.conclude"),
            by=_kinds("conference.initial"),
        ),
        Measure(
            "conference_from_enquiry",
            "Section 47 and conferences",
            "from discussion to conference",
            "days",
            bands=CONFERENCE_BANDS,
            counts="conferences",
        ),
        Measure(
            "enquiry_to_conference",
            "Section 47 and conferences",
            "enquiries with a conference",
            counts="conferences",
            parts_too=True,
        ),
        Measure("conference_to_plan", "Section 47 and conferences", "conferences with a plan", counts="conferences"),
        Measure(
            "core_group_in_time", "Section 47 and conferences", "first core groups in time", stops=_kinds("coregroup")
        ),
        Measure(
            "review_conference_in_time",
            "Section 47 and conferences",
            "review conferences in time",
            stops=_kinds("conference.review"),
        ),
    )
}


class Clocks:
    """Which indicator each clock of *rules* belongs to."""

    def __init__(self, rules: RuleBook) -> None:
        self._measures: dict[ClockRule, Measure] = {}
        self.rules: dict[str, list[str]] = {}
        """The ids of the rules that each indicator is read from."""
        for edition in rules.editions:
            for rule, starts in _started(edition):
                measure = next((m for m in MEASURES.values() if m.reads(rule, starts)), None)
                if measure is not None:
                    self._measures[rule] = measure
                    ids = self.rules.setdefault(measure.name, [])
                    ids += [] if rule.id in ids else [rule.id]

    def measure(self, rule: ClockRule) -> Measure | None:
        """Return the indicator that *rule* belongs to, or None."""
        return self._measures.get(rule)


def _started(edition: Edition) -> Iterator[tuple[ClockRule, frozenset[str]]]:
    """Yield every clock of a case that has a limit, and the kinds of event that start it."""
    starts: dict[ClockRule, set[str]] = {}
    for kind, hooks in edition.hooks["case"].items():
        for hook in hooks:
            if hook.role == "start":
                starts.setdefault(hook.clock, set()).add(kind)
    for rule in edition.clock_rules.values():
        limited = rule.limit is not None or rule.every is not None
        if rule.clock.subject == "case" and limited and not rule.awaits_use:
            yield rule, frozenset(starts.get(rule, ()))
