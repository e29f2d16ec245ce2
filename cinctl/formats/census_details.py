"""One case as a census return tells it: a CINdetails for its referral, and one for each time it was opened again.

What a return told is taken as it told it, and so goes out as it came in. Of what was typed, a closure ends the plans
that run, a child protection plan begins at the conference that decides on it, and a plan that is drawn up anew goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TypeVar

import attrs

from cinctl.history import Event

__all__ = ["Assessment", "Details", "Enquiry", "Plan", "Protection", "read_case"]

_NO_ACTION = frozenset({"no_further_action", "early_help"})
"""Decisions after which social care does nothing further: the referral is one of no further action."""


@attrs.define(eq=False)
class Piece:
    """Something that begins and may end. *seqs* are the events that tell of it.

    *derived* is why it ended, where no event of its own says so; *told* says that a return told of it.
    """

    seqs: set[int] = attrs.field(factory=set)
    start: date | None = None
    end: date | None = None
    told: bool = False
    derived: str | None = None

    @property
    def runs(self) -> bool:
        """Whether it has begun and not ended."""
        return self.start is not None and self.end is None


@attrs.define(eq=False)
class Assessment(Piece):
    """An assessment; it ends when it is authorised."""

    completed: bool = False
    factors: list[str] = attrs.field(factory=list)


@attrs.define(eq=False)
class Plan(Piece):
    """A Child in Need plan. One that was only drawn up has neither start nor end."""

    @property
    def counts(self) -> bool:
        """Whether it was ever more than a draft."""
        return self.start is not None or self.end is not None


@attrs.define(eq=False)
class Enquiry(Piece):
    """A section 47 enquiry; it ends at its conference, or where it is concluded that none is needed."""

    target: str | None = None
    held: date | None = None
    spared: bool = False
    concluded: bool = False
    answered: bool = False


@attrs.define(eq=False)
class Protection(Plan):
    """A child protection plan with its reviews. *awaited*: a conference decided on it, and no more is recorded yet."""

    category: str | None = None
    latest: str | None = None
    previous: int | None = None
    reviews: list[date] = attrs.field(factory=list)
    awaited: bool = False


@attrs.define(eq=False)
class Details:
    """What one CINdetails says.

    *transfers* are conferences without an enquiry here, *unled* those of them that nobody recorded as transferred in.
    *unplaced* are things that no element takes: the element meant, its date, and why.
    """

    case: str
    referred: date
    source: str | None = None
    need: str | None = None
    reopened: bool = False
    told: bool = False
    nfa: bool | None = None
    decided: date | None = None
    passed_on: bool = False
    closed: date | None = None
    reason: str | None = None
    stepped_down: bool = False
    transfers: list[date] = attrs.field(factory=list)
    unled: list[date] = attrs.field(factory=list)
    assessments: list[Assessment] = attrs.field(factory=list)
    plans: list[Plan] = attrs.field(factory=list)
    enquiries: list[Enquiry] = attrs.field(factory=list)
    protections: list[Protection] = attrs.field(factory=list)
    unplaced: list[tuple[str, date, str]] = attrs.field(factory=list)

    @property
    def active(self) -> bool:
        """Whether anything is recorded beyond the referral and what was decided on it."""
        return bool(self.assessments or self.plans or self.enquiries or self.protections or self.transfers)

    @property
    def end_of_support(self) -> str:
        """The reason for closure that a step down comes to: to early help, after an assessment or after support."""
        supported = self.enquiries or self.protections or self.transfers or any(plan.counts for plan in self.plans)
        return "RC9" if not supported and any(one.end is not None for one in self.assessments) else "RC7"


P = TypeVar("P", bound=Piece)


def read_case(case: str, events: Iterable[Event], until: date) -> list[Details]:
    """Return what *events* say, those of *case* that count, in order, as far as they happened by *until*."""
    reader = _Reader(case)
    for event in events:
        if event.on <= until:
            reader.take(event)
    reader.finish()
    return reader.found


class _Reader:
    """Reads one case, event by event."""

    def __init__(self, case: str) -> None:
        self.found: list[Details] = []
        self._case = case
        self._need: str | None = None
        self._strategies: dict[int, date] = {}
        self._conferences: dict[int, date] = {}
        self._early: list[tuple[Details, Event]] = []

    def take(self, event: Event) -> None:
        """Take in the next event."""
        step = _STEPS.get(event.kind)
        if step is not None and (self.found or event.base in ("refer", "reopen")):
            step(self, event)

    def finish(self) -> None:
        """Place what came before the thing that it belongs to."""
        for details, event in self._early:
            if not _review(details, event):
                what = "there is no child protection plan that it reviews"
                details.unplaced.append(("CPPreviewDate", event.on, what))

    @property
    def _now(self) -> Details:
        return self.found[-1]

    # --- the referral and what became of it ---

    def refer(self, event: Event) -> None:
        self._need = event.get("need") or self._need
        self.found.append(
            Details(self._case, event.on, source=event.get("source"), need=self._need, told=event.imported)
        )

    def reopen(self, event: Event) -> None:
        details = Details(self._case, event.on, need=self._need, reopened=True, told=event.imported)
        # To open a case again is to take it on.
        details.nfa, details.decided = False, event.on
        self.found.append(details)

    def update(self, event: Event) -> None:
        self._need = self._now.need = event.get("need") or self._need

    def decide(self, event: Event) -> None:
        outcome = event.get("outcome")
        if outcome is not None:
            self._now.nfa, self._now.decided = outcome in _NO_ACTION, event.on
            self._now.passed_on = outcome == "early_help"

    def close(self, event: Event) -> None:
        now = self._now
        now.closed, now.stepped_down = event.on, event.base == "stepdown"
        now.reason = now.end_of_support if now.stepped_down else event.get("reason")
        if not event.imported:
            for piece in (*now.plans, *now.protections):
                _end_with(piece, event.on, "the case was closed")

    # --- assessments ---

    def assess(self, event: Event) -> None:
        _opened(self._now.assessments, event, Assessment)

    def assessed(self, event: Event) -> None:
        found = _belonging(self._now.assessments, event, Assessment)
        found.completed = True
        found.factors = event.get("factor") or found.factors

    def authorised(self, event: Event) -> None:
        _belonging(self._now.assessments, event, Assessment).end = event.on

    def sent_back(self, event: Event) -> None:
        _belonging(self._now.assessments, event, Assessment).end = None

    # --- plans ---

    def draft(self, event: Event) -> None:
        pool, sort = self._pool(event, opens=True)
        running = [plan for plan in pool if plan.runs]
        if not running:
            pool.append(sort(told=event.imported))
        (running or pool)[-1].seqs.add(event.seq)

    def change(self, event: Event) -> None:
        pool, sort = self._pool(event)
        self._about(_belonging(pool, event, sort), event)

    def start(self, event: Event) -> None:
        pool, sort = self._pool(event, opens=True)
        running = [plan for plan in pool if plan.runs]
        if running and not event.imported:
            plan = running[-1]
            plan.seqs.add(event.seq)
        else:
            plan = _opened(pool, event, sort)
        if isinstance(plan, Protection):
            self._protected(plan, event)

    def end(self, event: Event) -> None:
        pool, sort = self._pool(event)
        plan = _belonging(pool, event, sort)
        if plan.end is None or event.imported or plan.derived:
            plan.end, plan.derived = event.on, None

    def _pool(self, event: Event, *, opens: bool = False) -> tuple[list[Plan], type[Plan]]:
        """Return the plans of the sort that *event* speaks of, and that sort."""
        now = self._now
        if self._sort(event, opens=opens) is Protection:
            return now.protections, Protection  # type: ignore[return-value]
        return now.plans, Plan

    def _sort(self, event: Event, *, opens: bool) -> type[Plan]:
        now, told, of = self._now, event.get("type"), event.get("of")
        if told is not None:
            protects = told == "child_protection"
        elif of is not None:
            protects = any(of in plan.seqs for plan in now.protections)
        else:
            # A plan is a Child in Need plan unless told; what goes on with one, goes on with the one that runs.
            runs = [any(plan.runs for plan in pool) for pool in (now.plans, now.protections)]
            protects = not opens and runs == [False, True]
        return Protection if protects else Plan

    def _about(self, plan: Plan, event: Event) -> None:
        if isinstance(plan, Protection):
            plan.latest = event.get("latest_category") or event.get("category") or plan.latest
            plan.category = plan.category or event.get("category")
            plan.previous = event.get("previous_plans") if plan.previous is None else plan.previous

    def _protected(self, plan: Protection, event: Event) -> None:
        plan.awaited = False
        self._about(plan, event)
        if event.imported:
            plan.latest = event.get("latest_category")
        else:
            self._in_place_of_others(event.on)
        plan.seqs.update(seq for seq, on in self._conferences.items() if on == plan.start)

    def _in_place_of_others(self, on: date) -> None:
        for piece in self._now.plans:
            _end_with(piece, on, "a child protection plan began")

    # --- section 47 ---

    def strategy(self, event: Event) -> None:
        self._strategies[event.seq] = event.on

    def enquire(self, event: Event) -> None:
        enquiry = _opened(self._now.enquiries, event, Enquiry)
        enquiry.start = self._strategies.get(event.get("strategy"), event.on)
        enquiry.target = event.get("conference_target")

    def conclude(self, event: Event) -> None:
        enquiry = _belonging(self._now.enquiries, event, Enquiry)
        needed = event.get("conference_needed")
        enquiry.concluded = True
        enquiry.answered = enquiry.answered or needed is not None
        if needed is False:
            enquiry.spared, enquiry.end = True, enquiry.end or event.on

    def conference(self, event: Event) -> None:
        self._conferences[event.seq] = event.on
        enquiry = self._enquiry_of(event)
        if enquiry is not None:
            enquiry.held = enquiry.end = event.on
        else:
            self._now.transfers.append(event.on)
            if not event.get("transfer_in"):
                self._now.unled.append(event.on)
        if event.get("outcome") == "cp_plan" and not any(plan.runs for plan in self._now.protections):
            plan = Protection({event.seq}, event.on, told=event.imported, awaited=True)
            self._now.protections.append(plan)
            self._in_place_of_others(event.on)

    def _enquiry_of(self, event: Event) -> Enquiry | None:
        pool, of = self._now.enquiries, event.get("enquiry")
        if of is not None:
            return next((one for one in pool if of in one.seqs), None)
        if event.get("transfer_in") or event.imported:
            return None
        return next((one for one in reversed(pool) if one.start is not None and one.held is None), None)

    def review(self, event: Event) -> None:
        # What a return told stands before the plan where both are of one day, so its plan is looked for at the end.
        if event.imported or not _review(self._now, event):
            self._early.append((self._now, event))


def _review(details: Details, event: Event) -> bool:
    """Give the review conference *event* to the plan that it reviewed; returns False where there is none."""
    plan = _reviewed(details, event)
    if plan is None:
        return False
    plan.reviews.append(event.on)
    if event.get("outcome") in ("step_down_cin", "no_plan") and plan.end is None:
        plan.end = event.on
    return True


def _reviewed(details: Details, event: Event) -> Protection | None:
    plans = [plan for plan in details.protections if plan.counts]
    of = event.get("of")
    named = [plan for plan in plans if of is not None and of in plan.seqs]
    begun = [plan for plan in plans if plan.start is not None and plan.start <= event.on]
    running = [plan for plan in begun if plan.end is None or plan.end >= event.on]
    return next((pool[-1] for pool in (named, running, begun, plans) if pool), None)


def _end_with(piece: Piece, on: date, why: str) -> None:
    if piece.runs:
        piece.end, piece.derived = on, why


def _opened(pool: list[P], event: Event, make: type[P]) -> P:
    """Return the piece that *event* begins: one that a draft or an end with an earlier date told of, else a new one."""
    of = event.get("of")
    waiting = [piece for piece in pool if piece.start is None]
    found = next((piece for piece in waiting if {event.seq, of} & piece.seqs), None)
    if found is None and not event.imported and of is None and waiting and waiting[-1].end is None:
        found = waiting[-1]
    if found is None:
        pool.append(make())
        found = pool[-1]
    found.seqs.add(event.seq)
    found.start, found.told = event.on, event.imported
    return found


def _belonging(pool: list[P], event: Event, make: type[P]) -> P:
    """Return the piece that *event* goes on with: the one it names, else the latest that is open, else a new one."""
    of = event.get("of")
    found = next((piece for piece in pool if of is not None and of in piece.seqs), None)
    if found is None and of is None:
        found = _latest_open(pool, imported=event.imported)
    if found is None:
        pool.append(make(set() if of is None else {of}, told=event.imported))
        found = pool[-1]
    found.seqs.add(event.seq)
    return found


def _latest_open(pool: Sequence[P], *, imported: bool) -> P | None:
    still = [piece for piece in pool if piece.end is None]
    if imported:
        # What a return tells of a thing whose beginning could not be read belongs together, and to nothing that ended.
        still = [piece for piece in still if piece.start is None] or still
    return still[-1] if still else (pool[-1] if pool and not imported else None)


_STEPS: dict[str, Callable[[_Reader, Event], None]] = {
    "refer": _Reader.refer,
    "reopen": _Reader.reopen,
    "update": _Reader.update,
    "decide": _Reader.decide,
    "close": _Reader.close,
    "stepdown": _Reader.close,
    "assess.start": _Reader.assess,
    "assess.complete": _Reader.assessed,
    "approve.assessment": _Reader.authorised,
    "approve.assessment_returned": _Reader.sent_back,
    "plan.draft": _Reader.draft,
    "plan.change": _Reader.change,
    "plan.start": _Reader.start,
    "plan.end": _Reader.end,
    "strategy": _Reader.strategy,
    "enquire.start": _Reader.enquire,
    "enquire.conclude": _Reader.conclude,
    "conference.initial": _Reader.conference,
    "conference.review": _Reader.review,
}
