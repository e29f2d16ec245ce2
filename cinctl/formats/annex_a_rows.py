"""What the lists of Annex A say of one child: rows from the events of all the child's cases, as of one day.

What the log does not say stays empty. A list covers the six months up to the day of the inspection: what began, or was
still open, in them.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cached_property

import attrs

from cinctl.calendar import age_years
from cinctl.case import Case
from cinctl.formats import annex_a_codes as codes
from cinctl.formats.annex_a import AGE, BORN, CHILD, DISABILITY, ETHNICITY, GENDER, LISTS, TEAM, WORKER
from cinctl.formats.annex_a_spells import History, Spell, assessments, enquiries, protection_plans, visits
from cinctl.formats.xlsx import Cell
from cinctl.history import Event

__all__ = ["MONTHS", "Child", "Period", "child_rows"]

MONTHS = 6
Row = dict[str, Cell]
_EMERGENCY = frozenset({"emergency_protection", "police_protection"})
_LOOKED_AFTER = frozenset({"looked_after", "interim_care_order", "care_order"})
_NOT_TAKEN_ON = frozenset({"no_further_action", "early_help"})


def months_before(day: date, months: int) -> date:
    """Return the day so many months before *day*, the last of its month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < date.min.year:
        return date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@attrs.frozen
class Period:
    """The days that the lists cover, both included: six months up to *until*."""

    since: date
    until: date

    @classmethod
    def up_to(cls, today: date) -> Period:
        """Return the period of an inspection on *today*."""
        return cls(months_before(today, MONTHS), today)

    def touches(self, ended: date | None) -> bool:
        """Return whether what *ended* then, or has not ended, was still going on in the period."""
        return ended is None or ended >= self.since


@attrs.define(slots=False)
class Child:
    """One child: the id that the lists give, and every case of theirs, by date of referral.

    *team* says which unit holds a case. *characteristics*: whether they are to be told.
    """

    id: str
    histories: Sequence[History]
    period: Period
    team: Callable[[Case], str | None]
    characteristics: bool = False

    @cached_property
    def common(self) -> Row:
        """The columns that every list has, and the child's disability."""
        born = next((h.case.born for h in reversed(self.histories) if h.case.born is not None), None)
        told = self.characteristics
        return {
            CHILD: self.id,
            GENDER: codes.spelt(codes.GENDER, self._told("sex")) if told else None,
            ETHNICITY: codes.spelt(codes.ETHNICITY, self._told("ethnicity")) if told else None,
            BORN: born,
            AGE: None if born is None or born > self.period.until else age_years(born, self.period.until),
            DISABILITY: codes.yes_no(self._disabled()) if told else None,
        }

    def _told(self, field: str) -> str | None:
        """Return what was last told of a characteristic."""
        told = [e for h in self.histories for e in h.events if e.base == "child" and e.get(field) is not None]
        return str(max(told, key=lambda e: (e.on, e.seq)).get(field)) if told else None

    def _disabled(self) -> bool | None:
        said = [h.case.disabled for h in self.histories if h.case.disabled is not None]
        if said:
            return said[-1]
        named = [e.get("disabilities") for h in self.histories for e in h.events if e.base == "child"]
        named = [one for one in named if one]
        return named[-1] != ["NONE"] if named else None

    @cached_property
    def enquiries(self) -> list[Spell]:
        """Every section 47 enquiry, by date."""
        return sorted((s for h in self.histories for s in enquiries(h)), key=lambda spell: spell.start)

    @cached_property
    def plans(self) -> list[Spell]:
        """Every child protection plan, by date."""
        return sorted((s for h in self.histories for s in protection_plans(h)), key=lambda spell: spell.start)

    @cached_property
    def conferences(self) -> list[date]:
        """The day of every initial child protection conference."""
        return [e.on for h in self.histories for e in h.events if e.kind == "conference.initial"]

    def before(self, days: Sequence[date], day: date) -> int:
        """Return how many of *days* lie in the twelve months before *day*, that day not counted."""
        first = months_before(day, 12)
        return sum(first <= one < day for one in days)

    def held(self, case: Case) -> Row:
        """Return who holds a case."""
        return {TEAM: self.team(case), WORKER: case.lead}


def child_rows(child: Child) -> Iterator[tuple[int, Row]]:
    """Yield each row of the lists about *child*, with the number of its list."""
    for number, rows in ((3, _referrals), (4, _assessments), (5, _enquiries), (6, _in_need), (7, _protected)):
        for row in rows(child):
            told = {**child.common, **row}
            yield number, {column: told[column] for column in LISTS[number].columns}


def _referrals(child: Child) -> Iterator[Row]:
    days = [h.referred for h in child.histories]
    for history in child.histories:
        case, referred = history.case, history.referred
        if not child.period.since <= referred <= child.period.until:
            continue
        yield {
            "Date of referral": referred,
            "Referral Source": codes.spelt(codes.SOURCE, case.source),
            "Referral NFA?": codes.yes_no(None if case.outcome is None else case.outcome in _NOT_TAKEN_ON),
            "Number of Referrals in Last 12 Months": child.before(days, referred),
            **child.held(case),
        }


def _assessments(child: Child) -> Iterator[Row]:
    for history in child.histories:
        for spell in assessments(history):
            if child.period.touches(spell.end):
                yield {
                    "Continuous Assessment Start Date": spell.start,
                    "Child Seen During Continuous Assessment": _seen(history, spell, child.period.until),
                    "Continuous Assessment Date of Authorisation": spell.end,
                    "Was the child assessed as requiring LA children's social care support?": _support(spell),
                    **child.held(history.case),
                }


def _seen(history: History, spell: Spell, today: date) -> str:
    """Return whether the child was seen in an assessment: as told, else as visits tell, where the log tells of them."""
    if (said := spell.part("child_seen")) is not None:
        return {"yes": "a) Yes", "no": "b) No"}.get(said, "c) Unknown")
    within = (v for v in visits(history) if spell.start <= v.on <= (spell.end or today))
    if any("child" in (e.get("interviewed") or ()) for e in spell.events) or any(map(_saw_child, within)):
        return "a) Yes"
    return "b) No" if history.knows("visit") else "c) Unknown"


def _support(spell: Spell) -> str | None:
    if (said := spell.part("support_required")) is not None:
        return {"yes": "a) Yes", "no": "b) No"}.get(said)
    outcome = spell.value("outcome")
    if outcome in ("child_in_need_plan", "strategy_discussion"):
        return "a) Yes"
    return "b) No" if outcome in _NOT_TAKEN_ON else None


def _saw_child(visit: Event) -> bool:
    return bool(visit.get("alone")) or "child" in (visit.get("seen") or ())


def _enquiries(child: Child) -> Iterator[Row]:
    for place, spell in enumerate(child.enquiries):
        if not child.period.touches(spell.end):
            continue
        same_day = sum(other.start == spell.start for other in child.enquiries[:place])
        yield {
            "Strategy discussion initiating Section 47 Enquiry Start Date": spell.start,
            "Was an Initial Child Protection Conference deemed unnecessary?": codes.yes_no(_unnecessary(spell)),
            "Date of Initial Child Protection Conference": spell.conference.on if spell.conference else None,
            "Did the Initial Child Protection Conference Result in a Child Protection Plan": codes.yes_no(
                _resulted(child, spell)
            ),
            "Number of Section 47 Enquiries in the last 12 months": same_day
            + child.before([other.start for other in child.enquiries], spell.start),
            "Number of ICPCs in the last 12 months": child.before(child.conferences, spell.start),
            **child.held(spell.case),
        }


def _unnecessary(spell: Spell) -> bool | None:
    needed = spell.value("conference_needed")
    if needed is None:
        return False if spell.conference else None
    return not needed


def _resulted(child: Child, spell: Spell) -> bool | None:
    if spell.conference is None:
        return None
    outcome = spell.conference.get("outcome")
    if outcome is not None:
        return bool(outcome == "cp_plan")
    return True if any(plan.start == spell.conference.on for plan in child.plans) else None


def _in_need(child: Child) -> Iterator[Row]:
    """Yield the latest case in which the child was in need: not one that was a referral and no more."""
    held = [h for h in child.histories if h.taken_on and child.period.touches(h.ended)]
    for history in held[-1:]:
        case = history.case
        seen = [v.on for v in visits(history) if _saw_child(v)]
        yield {
            "CIN Start Date": history.referred,
            "Primary Need Code": codes.spelt(codes.NEED, case.need),
            "Date Child Was Last Seen": max(seen, default=None),
            "CIN Closure Date": history.ended,
            "Reason for Closure": codes.spelt(codes.CLOSURE, history.closure),
            "Case Status": codes.spelt(codes.CASE_STATUS, _status(child, history)),
            **child.held(case),
        }


def _status(child: Child, history: History) -> str:
    if history.ended is not None:
        return "closed"
    if _LOOKED_AFTER & set(history.case.legal_status):
        return "looked_after"
    if child.plans and child.plans[-1].end is None:
        return "child_protection"
    if history.planned:
        return "child_in_need"
    # Nobody can be in need under none of these; the sector's own extract says so of the rest.
    return "assessment" if any(spell.end is None for spell in assessments(history)) else "child_in_need"


def _protected(child: Child) -> Iterator[Row]:
    """Yield the latest child protection plan."""
    held = [plan for plan in child.plans if child.period.touches(plan.end)]
    for plan in held[-1:]:
        last = plan.end or child.period.until
        seen = [v for h in child.histories for v in visits(h) if plan.start <= v.on <= last]
        visit = max(seen, key=lambda v: (v.on, v.seq), default=None)
        yield {
            "Child Protection Plan Start Date": plan.start,
            "Initial Category of Abuse": codes.spelt(codes.ABUSE, plan.value("category")),
            "Latest Category of Abuse": codes.spelt(codes.ABUSE, plan.latest("latest_category", "category")),
            "Date of the Last Statutory Visit": visit.on if visit else None,
            "Was the Child Seen Alone?": _alone(visit),
            "Date of latest review conference": max(_reviews(child, plan.start, last), default=None),
            "Child Protection Plan End Date": plan.end,
            "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)": (
                codes.yes_no(_emergency(child))
            ),
            "Number of Previous Child Protection Plans": _previous(child, plan),
            **child.held(plan.case),
        }


def _alone(visit: Event | None) -> str | None:
    if visit is None:
        return None
    alone = visit.get("alone")
    if alone is None:
        return "c) Unknown" if not visit.get("seen") or _saw_child(visit) else "b) No"
    return codes.yes_no(alone)


def _reviews(child: Child, first: date, last: date) -> list[date]:
    kinds = (e for h in child.histories for e in h.events if e.kind == "conference.review")
    return [e.on for e in kinds if first <= e.on <= last]


def _emergency(child: Child) -> bool | None:
    for history in child.histories:
        started: dict[str, date] = {}
        for event in history.events:
            status = event.get("status")
            if event.kind == "legal.start" and status in _EMERGENCY:
                started[status] = event.on
            if event.kind == "legal.end" and status in started and event.on < child.period.since:
                del started[status]
        if started:
            return True
    return False if all(history.knows("legal") for history in child.histories) else None


def _previous(child: Child, plan: Spell) -> int:
    """Return how many plans came before: as told with the plan, else as told of the child, else as the log holds."""
    told = plan.value("previous_plans")
    if told is not None:
        return int(told)
    earlier = sum(other.start < plan.start for other in child.plans)
    said = [e.get("previous_plans") for h in child.histories for e in h.events if e.base == "child"]
    return max([earlier, *(int(one) for one in said if one is not None)])
