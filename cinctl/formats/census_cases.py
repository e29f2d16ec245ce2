"""One referral of a census return as the steps of one case: what is recorded, in which order, under which keys.

A key names what happened in words that next year's return will use again: authority, child, referral, kind and, where
a case can hold several, the date that begins it. So the same return again adds nothing, and an assessment that was
open in one return and authorised in the next adds only its completion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import attrs

from cinctl.formats.census_ledger import Found, Ledger
from cinctl.formats.safe_xml import Element
from cinctl.history import Draft

SPEAKS: dict[str, list[str]] = {
    "refer": ["at", "source", "child", "born", "expected", "need"],
    "update": ["at", "born"],
    "decide": ["outcome"],
    "assess.start": ["at"],
    "assess.complete": ["at", "factor"],
    "approve.assessment": ["at"],
    "plan.start": ["at", "type", "category", "latest_category", "previous_plans"],
    "plan.end": ["at", "type"],
    "enquire.start": ["at", "conference_target"],
    "enquire.conclude": ["conference_needed"],
    "conference.initial": ["at", "transfer_in"],
    "conference.review": ["at"],
    "close": ["at", "reason"],
}
"""Kind to the fields that a census can speak of, `at` for its date. On anything else its events are not judged."""

CHARACTERISTICS: dict[str, list[str]] = {
    "refer": [*SPEAKS["refer"], "disabled"],
    "update": [*SPEAKS["update"], "disabled"],
    "child": ["sex", "ethnicity", "disabilities", "upn", "upn_unknown", "former_upn", "died"],
}
"""The same for what is brought in only where it is asked for."""

UNSAID = {
    "born": "a date of birth",
    "expected": "an expected date of birth",
    "disabled": "a disability",
    "sex": "a sex",
    "ethnicity": "an ethnicity",
}
"""Fields of a child whose values no message repeats, and what it calls them."""

# What happens on one day happens in this order: a case is decided on before it is assessed, and closed last of all.
_ORDER = [
    "refer",
    "update",
    "decide",
    "assess.start",
    "assess.complete",
    "approve.assessment",
    "enquire.start",
    "enquire.conclude",
    "conference.initial",
    "conference.review",
    "plan.end",
    "plan.start",
    "close",
]
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}


@attrs.frozen
class Episode:
    """One referral of one child: the case that it makes and the steps to record, what opens a thing before its rest.

    *refs* maps the place of a draft in *drafts* to fields that name another event, each by that event's key. The key
    may belong to a draft of this episode or to an event of an earlier return; a field whose key is nowhere is left out.
    """

    case: str
    child: str
    line: int
    drafts: tuple[Draft, ...]
    refs: Mapping[int, Mapping[str, str]]


@attrs.frozen
class Child:
    """What the identifiers of a child say. *about* is the part of a referral's data that they give."""

    id: str
    about: Mapping[str, Any]


def read_episode(ledger: Ledger, details: Element, *, authority: str, child: Child, referred: Found[date]) -> Episode:
    """Return the steps that one CINdetails tells of, and list in *ledger* what of it could not be read."""
    return _Case(ledger, details, authority, child, referred).episode()


def case_id(child: str, referred: date) -> str:
    """Return the id of the case that a child's referral of that day makes."""
    return f"{child}-{referred.isoformat().replace('-', '')}"


def with_characteristics(episode: Episode, about: Mapping[str, Any], *, authority: str, year: int | None) -> Episode:
    """Return *episode* with a step that tells *about* the child, as the return of *year* has it.

    What a later return tells is a step of its own: characteristics may be found out, or change, and the last holds.
    """
    refer, *rest = episode.drafts
    key = f"census:{authority}:{episode.child}:{refer.at}:child:{year or 'undated'}"
    told = Draft(kind="child", case=episode.case, at=refer.at, by=None, data=dict(about), key=key, line=refer.line)
    refs = {place + (place > 0): named for place, named in episode.refs.items()}
    return attrs.evolve(episode, drafts=(refer, told, *rest), refs=refs)


def follow_up(existing: Mapping[str, Any], draft: Draft) -> Draft | None:
    """Return the step that tells of a date of birth which the referral *existing* lacked and *draft* knows.

    *existing* is the event (or its line) that the log holds under the key of *draft*. Dated to the birth of a child who
    was expected, else to the referral.
    """
    before, born = existing.get("data"), draft.data.get("born")
    if draft.kind != "refer" or before is None or born is None or before.get("born"):
        return None
    at = max(born, draft.at)
    return Draft(kind="update", case=draft.case, at=at, data={"born": born}, key=f"{draft.key}:born", line=draft.line)


def disability(existing: Mapping[str, Any], draft: Draft) -> Draft | None:
    """Return the step that tells of a disability which *draft* knows and the referral *existing* does not tell of."""
    before, disabled = existing.get("data"), draft.data.get("disabled")
    if draft.kind != "refer" or before is None or disabled is None or before.get("disabled") is not None:
        return None
    data, key = {"disabled": disabled}, f"{draft.key}:disabled"
    return Draft(kind="update", case=draft.case, at=draft.at, data=data, key=key, line=draft.line)


def conflict(existing: Mapping[str, Any], draft: Draft) -> str | None:
    """Return how *draft* departs from what the log holds under its key, or None when it says the same.

    Only what a census can speak of counts. A redacted event is held to its date alone; a date of birth that was not
    told before is no conflict (see `follow_up`). Of characteristics and dates of birth only is said that they differ.
    """
    if draft.kind == "child":
        known = existing.get("data")
        return None if known is None or known == draft.data else "recorded before with other characteristics"
    speaks = SPEAKS[draft.kind]
    faults = []
    # What a later return added to a referral is dated by what it says.
    if "at" in speaks and draft.kind != "update" and existing["at"] != draft.at:
        faults.append(f"with another date, {existing['at']}, not {draft.at}")
    before = existing.get("data")
    if before is not None:
        born = follow_up(existing, draft) is not None
        for field in speaks:
            if field != "at" and before.get(field) != draft.data.get(field) and not (born and field in _BIRTH):
                faults.append(
                    unsaid(field, before, draft.data)
                    if field in UNSAID
                    else f"with {_told(field, before)}, not {_told(field, draft.data)}"
                )
    return "recorded before " + " and ".join(faults) if faults else None


_BIRTH = ("born", "expected")


def unsaid(field: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return how *field*, one of UNSAID, differs, without either value."""
    if before.get(field) is None:
        return f"without {UNSAID[field]}"
    return f"with {UNSAID[field]}{', which is not told now' if now.get(field) is None else ' that differs'}"


def _told(field: str, data: Mapping[str, Any]) -> str:
    value = data.get(field)
    if value is None:
        return f"no {field}"
    return f"{field} {', '.join(value) if isinstance(value, list) else value}"


@attrs.frozen
class _Step:
    draft: Draft
    refs: dict[str, str]
    order: tuple[date, int, int]


class _Case:
    """Collects the steps of one case."""

    def __init__(self, ledger: Ledger, details: Element, authority: str, child: Child, referred: Found[date]) -> None:
        self._ledger = ledger
        self._details = details
        self._child = child
        self._referred = referred
        self._case = case_id(child.id, referred.value)
        self._prefix = f"census:{authority}:{child.id}:{referred.value.isoformat()}"
        self._steps: list[_Step] = []
        self._count: Counter[str] = Counter()

    def episode(self) -> Episode:
        """Read everything, and put it in order."""
        self._referral()
        self._decision()
        for group in self._details.all("Assessments"):
            self._assessment(group)
        for group in self._details.all("CINPlanDates"):
            self._child_in_need_plan(group)
        for group in self._details.all("Section47"):
            self._enquiry(group)
        self._transfer_in()
        for group in self._details.all("ChildProtectionPlans"):
            self._protection_plan(group)
        self._closure()
        steps = sorted(self._steps, key=lambda step: step.order)
        return Episode(
            case=self._case,
            child=self._child.id,
            line=self._details.line,
            drafts=tuple(step.draft for step in steps),
            refs={i: step.refs for i, step in enumerate(steps) if step.refs},
        )

    # --- the steps ---

    def _referral(self) -> None:
        source = self._ledger.text(self._details, "ReferralSource")
        need = self._ledger.text(self._details, "PrimaryNeedCode")
        if source is None:
            self._ledger.remark(self._details, "has no ReferralSource; the referral is recorded without")
        data = {"source": _value(source), "child": self._child.id, **self._child.about, "need": _value(need)}
        self._add("refer", self._referred, data, first=True)

    def _decision(self) -> None:
        nfa = self._ledger.flag(self._details, "ReferralNFA")
        if nfa is not None:
            outcome = "no_further_action" if nfa.value else "section_17"
            self._add("decide", Found(self._referred.value, nfa.leaf), {"outcome": outcome})
        elif not self._details.all("ReferralNFA"):
            self._ledger.remark(self._details, "has no ReferralNFA; no decision is recorded")

    def _assessment(self, group: Element) -> None:
        start = self._ledger.event_day(group, "AssessmentActualStartDate")
        done = self._ledger.event_day(group, "AssessmentAuthorisationDate")
        factors = self._ledger.texts(group.all("FactorsIdentifiedAtAssessment"), "AssessmentFactors")
        mark = self._mark("assess", start)
        opened = self._add(f"assess.start:{mark}", start) if start else None
        if done:
            self._add(f"assess.complete:{mark}", done, {"factor": [one.value for one in factors]}, refs={"of": opened})
            self._add(f"approve.assessment:{mark}", done, refs={"of": opened})
        for factor in () if done else factors:
            self._ledger.fault(factor.leaf, "belongs to an assessment without a date of authorisation to record it on")

    def _child_in_need_plan(self, group: Element) -> None:
        start = self._ledger.event_day(group, "CINPlanStartDate")
        end = self._ledger.event_day(group, "CINPlanEndDate")
        self._plan("child_in_need", start, end, {})

    def _plan(self, kind: str, start: Found[date] | None, end: Found[date] | None, data: dict[str, Any]) -> str:
        mark = self._mark(kind, start)
        opened = self._add(f"plan.start:{kind}:{mark}", start, {"type": kind, **data}) if start else None
        if end:
            self._add(f"plan.end:{kind}:{mark}", end, {"type": kind}, refs={"of": opened})
        return mark

    def _enquiry(self, group: Element) -> None:
        ledger = self._ledger
        start = ledger.event_day(group, "S47ActualStartDate")
        target = ledger.day(group, "InitialCPCtarget")
        held = ledger.event_day(group, "DateOfInitialCPC")
        spared = ledger.flag(group, "ICPCnotRequired")
        mark = self._mark("enquire", start)
        opened = None
        if start:
            opened = self._add(f"enquire.start:{mark}", start, {"conference_target": _iso(target)})
            self._conclusion(mark, opened, start, held, spared)
        else:
            for lost in (target, spared):
                if lost:
                    ledger.fault(lost.leaf, "belongs to a section 47 enquiry without a start to record it on")
        if held:
            self._add(f"conference.initial:enquiry:{mark}", held, refs={"enquiry": opened})

    def _conclusion(
        self, mark: str, opened: str, start: Found[date], held: Found[date] | None, spared: Found[bool] | None
    ) -> None:
        if held:
            self._add(f"enquire.conclude:{mark}", held, {"conference_needed": True}, refs={"of": opened})
            if spared and spared.value:
                self._ledger.fault(spared.leaf, "says that no conference was required, but its date is there too")
        elif spared and spared.value:
            on = Found(start.value, spared.leaf)
            self._add(f"enquire.conclude:{mark}", on, {"conference_needed": False}, refs={"of": opened})

    def _transfer_in(self) -> None:
        held = self._ledger.event_day(self._details, "DateOfInitialCPC")
        if held:
            self._add("conference.initial:transfer_in", held, {"transfer_in": True})

    def _protection_plan(self, group: Element) -> None:
        ledger = self._ledger
        start = ledger.event_day(group, "CPPstartDate")
        end = ledger.event_day(group, "CPPendDate")
        about = {
            "category": ledger.text(group, "InitialCategoryOfAbuse"),
            "latest_category": ledger.text(group, "LatestCategoryOfAbuse"),
            "previous_plans": ledger.number(group, "NumberOfPreviousCPP"),
        }
        reviews = ledger.event_days(group.all("Reviews"), "CPPreviewDate")
        mark = self._plan("child_protection", start, end, {name: _value(one) for name, one in about.items()})
        for one in () if start else about.values():
            if one:
                ledger.fault(one.leaf, "belongs to a child protection plan without a start to record it on")
        for review in reviews:
            key = f"conference.review:{mark}:{self._mark('review ' + mark, review)}"
            self._add(key, review, refs={"of": self._conference_on(start)})

    def _conference_on(self, start: Found[date] | None) -> str | None:
        """Return the key of the initial conference at which a plan began: it is held on the same day."""
        return next(
            (
                step.draft.key
                for step in self._steps
                if start and step.draft.kind == "conference.initial" and step.draft.at == start.value.isoformat()
            ),
            None,
        )

    def _closure(self) -> None:
        closed = self._ledger.event_day(self._details, "CINclosureDate")
        reason = self._ledger.text(self._details, "ReasonForClosure")
        if closed:
            self._add("close", closed, {"reason": _value(reason)})
        elif reason:
            self._ledger.fault(reason.leaf, "has no date of closure to record it on")

    # --- keys and order ---

    def _mark(self, what: str, on: Found[date] | None) -> str:
        """Return what tells this thing from others of its sort in the case: its first date and, if alike, a number."""
        day = on.value.isoformat() if on else "undated"
        self._count[f"{what} {day}"] += 1
        return f"{day}:{self._count[f'{what} {day}']}"

    def _add(
        self,
        tail: str,
        on: Found[date],
        data: Mapping[str, Any] | None = None,
        *,
        refs: Mapping[str, str | None] | None = None,
        first: bool = False,
    ) -> str:
        """Add a step, of the kind with which *tail* begins, and return its key."""
        kind = tail.partition(":")[0]
        key = f"{self._prefix}:{tail}"
        told = {name: value for name, value in (data or {}).items() if value not in (None, [])}
        named = {field: other for field, other in (refs or {}).items() if other is not None}
        draft = Draft(kind=kind, case=self._case, at=on.value.isoformat(), by=None, data=told, key=key, line=on.line)
        order = (date.min if first else on.value, _RANK[kind], 0)
        # A wrong date may put an end before its beginning; the log still needs the beginning first, to name it.
        for step in self._steps:
            if step.draft.key in named.values():
                order = max(order, (*step.order[:2], step.order[2] + 1))
        self._steps.append(_Step(draft, named, order))
        return key


def _value(found: Found[Any] | None) -> Any:
    return found.value if found else None


def _iso(found: Found[date] | None) -> str | None:
    return found.value.isoformat() if found else None
