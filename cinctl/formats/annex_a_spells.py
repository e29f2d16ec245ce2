"""One case as spells with a beginning and an end: assessments, section 47 enquiries, child protection plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import attrs

from cinctl.case import Case
from cinctl.history import Event

__all__ = ["History", "Spell", "assessments", "enquiries", "protection_plans", "visits"]

_WORK = frozenset({"assess", "plan", "enquire", "conference", "strategy", "visit", "allocate", "supervise", "review"})
_ENDED = frozenset({"closed", "stepped_down"})


@attrs.define(slots=False)
class History:
    """The events of one case that count, in order, and the case that they fold to."""

    events: Sequence[Event]
    case: Case

    @property
    def referred(self) -> date:
        """The day of the referral."""
        return self.case.referred or self.events[0].on

    @property
    def ended(self) -> date | None:
        """The day on which the case was closed or stepped down, if it was."""
        return self.case.ended_on if self.case.state in _ENDED else None

    @property
    def closure(self) -> str | None:
        """Why it was closed; stepping down has no census code."""
        closed = self.case.last.get("close")
        return closed.get("reason") if closed is not None and self.case.state == "closed" else None

    @cached_property
    def taken_on(self) -> bool:
        """Whether the child was in need: decided so, or worked with, not referred and no more."""
        if self.case.state == "no_further_action":
            return False
        return self.case.outcome is not None or any(event.base in _WORK for event in self.events)

    @cached_property
    def planned(self) -> bool:
        """Whether a Child in Need plan is in hand: the latest word on one is not that it ended."""
        plans = [e for e in self.events if e.base == "plan" and e.get("type") in (None, "child_in_need")]
        return bool(plans) and plans[-1].phase != "end"

    def knows(self, kind: str) -> bool:
        """Return whether the log tells of *kind* in this case: not where it came from a source that cannot."""
        speaks = self.events[0].speaks
        return speaks is None or any(e.base == kind for e in self.events)


@attrs.frozen
class Spell:
    """Something with a beginning and perhaps an end, and the events that tell of it."""

    case: Case
    start: date
    end: date | None
    events: Sequence[Event]
    conference: Event | None = None

    def value(self, field: str) -> Any:
        """Return what is first told of *field*."""
        return next((e.get(field) for e in self.events if e.get(field) is not None), None)

    def latest(self, *fields: str) -> Any:
        """Return what is last told of the first of *fields* that is told at all."""
        told = ([e.get(field) for e in self.events if e.get(field) is not None] for field in fields)
        return next((values[-1] for values in told if values), None)

    def part(self, name: str) -> str | None:
        """Return what is last told of a part."""
        told = [(e.get("part") or {}).get(name) for e in self.events]
        return next((one for one in reversed(told) if one is not None), None)


def visits(history: History) -> list[Event]:
    """Return the visits of a case."""
    return [event for event in history.events if event.base == "visit"]


def assessments(history: History) -> Iterator[Spell]:
    """Yield the assessments of a case; one ends when it is approved."""
    for group in _grouped(history.events, "assess.start", ("assess.complete", "approve.assessment")):
        approved = [e.on for e in group if e.kind == "approve.assessment"]
        yield Spell(history.case, group[0].on, approved[-1] if approved else None, group)


def enquiries(history: History) -> Iterator[Spell]:
    """Yield the section 47 enquiries of a case, each with its initial conference, which may end it later."""
    groups = _grouped(history.events, "enquire.start", ("enquire.conclude",))
    held = [e for e in history.events if e.kind == "conference.initial" and not e.get("transfer_in")]
    for place, group in enumerate(groups):
        following = groups[place + 1][0].on if place + 1 < len(groups) else date.max
        conference = _conference(group, held, following)
        ends = [e.on for e in group[1:]] + ([conference.on] if conference else [])
        concluded = any(e.kind == "enquire.conclude" for e in group) or conference is not None
        yield Spell(history.case, group[0].on, max(ends) if concluded and ends else None, group, conference)


def _conference(group: Sequence[Event], held: Sequence[Event], following: date) -> Event | None:
    """Return the conference of an enquiry: the one that names it, else the first before the next enquiry."""
    seqs = {event.seq for event in group}
    named = next((e for e in held if e.get("enquiry") in seqs), None)
    if named is not None:
        return named
    free = (e for e in held if e.get("enquiry") is None)
    return next((e for e in free if group[0].on <= e.on < following), None)


def protection_plans(history: History) -> Iterator[Spell]:
    """Yield the child protection plans of a case: begun as such or by a conference, ended as such, or with the case."""
    plans: list[list[Event]] = []
    for event in history.events:
        if _begins(event, history.events):
            plans.append([event])
        elif plans and event.base == "plan" and event.get("type") == "child_protection":
            _of(event, plans).append(event)
        elif plans and _stops_all(event):
            for plan in plans:
                if not _is_over(plan):
                    plan.append(event)
    for plan in plans:
        yield Spell(history.case, plan[0].on, plan[-1].on if _is_over(plan) else None, plan)


def _begins(event: Event, events: Sequence[Event]) -> bool:
    if event.kind == "plan.start":
        return bool(event.get("type") == "child_protection")
    if event.kind != "conference.initial" or event.get("outcome") != "cp_plan":
        return False
    # Where the plan's own beginning is told too, that is the one that counts.
    return not any(e.kind == "plan.start" and e.get("type") == "child_protection" for e in events)


def _stops_all(event: Event) -> bool:
    return event.base in ("close", "stepdown") or (
        event.kind == "conference.review" and event.get("outcome") == "step_down_cin"
    )


def _is_over(plan: Sequence[Event]) -> bool:
    return len(plan) > 1 and (plan[-1].kind == "plan.end" or _stops_all(plan[-1]))


def _of(event: Event, groups: Sequence[list[Event]]) -> list[Event]:
    """Return the group that *event* belongs to: the one it names, else the latest that is still going on."""
    named = next((g for g in groups if any(e.seq == event.get("of") for e in g)), None)
    return named or next((g for g in reversed(groups) if not _is_over(g)), groups[-1])


def _grouped(events: Sequence[Event], opens: str, rest: Sequence[str]) -> list[list[Event]]:
    """Return each beginning with what followed from it: what names it, else what it was the latest for."""
    groups: list[list[Event]] = []
    for event in events:
        if event.kind == opens:
            groups.append([event])
        elif event.kind in rest and groups:
            named = next((g for g in groups if any(e.seq == event.get("of") for e in g)), None)
            free = next((g for g in groups if all(e.kind != event.kind for e in g)), None)
            (named or free or groups[-1]).append(event)
    return groups
