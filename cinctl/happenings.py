"""What happened to a case, event by event, in words for people: which sort of thing, when, by whom, and a few codes.

All else stays in the log and in `cinctl history`: free text, characteristics of the child, and every field of which a
code would tell one. That such a code alone is left out would tell it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from cinctl.calendar import weekday_date
from cinctl.casebook import Casebook
from cinctl.events import KINDS, Field
from cinctl.history import Event, live_corrections

__all__ = ["WORDS", "Happening", "happenings", "kind_in_words", "sort_in_words"]

WORDS = {
    "refer": "referral",
    "decide": "decision on the referral",
    "consent.assessment": "consent to the assessment",
    "consent.plan": "consent to the plan",
    "consent.fgc": "consent to a family group conference",
    "map": "team mapping",
    "endorse": "proposed lead endorsed",
    "allocate": "lead allocated",
    "cowork.add": "co-worker joined",
    "cowork.end": "co-worker left",
    "direct": "management direction",
    "handover.start": "handover begun",
    "handover.complete": "handover complete",
    "inform": "people informed",
    "summarise": "summary refreshed",
    "visit": "visit",
    "assess.start": "assessment begun",
    "assess.complete": "assessment complete",
    "plan.draft": "plan drawn up",
    "plan.confirm": "plan confirmed",
    "plan.start": "plan begun",
    "plan.change": "plan changed",
    "plan.end": "plan ended",
    "meet.planning": "planning meeting",
    "meet.clinic": "clinic",
    "meet.other": "meeting",
    "approve.assessment": "assessment approved",
    "approve.plan": "plan approved",
    "approve.assessment_returned": "assessment sent back",
    "approve.plan_returned": "plan sent back",
    "supervise.formal": "formal supervision",
    "supervise.informal": "informal consultation",
    "review": "review meeting",
    "note": "note",
    "update": "details updated",
    "change": "change in the family",
    "legal.start": "legal status begun",
    "legal.end": "legal status ended",
    "escalate.raise": "need or risk raised",
    "escalate.agree": "escalation agreed",
    "escalate.decline": "escalation declined",
    "strategy": "strategy discussion",
    "enquire.start": "section 47 enquiry begun",
    "enquire.conclude": "section 47 enquiry concluded",
    "conference.initial": "initial conference",
    "conference.review": "review conference",
    "coregroup": "core group",
    "service.refer": "service asked for",
    "service.answer": "service accepted or declined",
    "service.start": "service begun",
    "service.end": "service ended",
    "stepdown": "stepped down",
    "close": "closed",
    "reopen": "reopened",
    "child": "census characteristics",
    "waive": "rule waived",
    "dissent": "professional difference",
    "feedback.received": "feedback received",
    "feedback.answered": "feedback answered",
    "fileaudit.audit": "case file audited",
    "fileaudit.action": "audit action set",
    "fileaudit.done": "audit action done",
}
"""Each kind of event of a case that happens to it, with its phase."""
_SORTS = {
    "consent": "consent",
    "cowork": "co-workers",
    "handover": "handover",
    "assess": "assessment",
    "plan": "plan",
    "meet": "meetings",
    "approve": "approvals",
    "supervise": "supervision",
    "legal": "legal status",
    "escalate": "need or risk",
    "enquire": "section 47 enquiry",
    "conference": "conferences",
    "service": "services",
    "feedback": "feedback",
    "fileaudit": "case file audit",
    "visit": "visits",
    "note": "notes",
    "review": "review meetings",
}
_BOOKKEEPING = frozenset({"correct", "redact", "import"})
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,39}")
DETAILS: dict[str, tuple[str, ...]] = {
    "refer": ("source",),
    "decide": ("outcome", "level"),
    "consent": ("answer",),
    "endorse": ("to",),
    "allocate": ("to", "supervisor"),
    "cowork": ("with",),
    "direct": ("see_child_by", "complete_by"),
    "inform": ("who", "about"),
    "visit": ("seen", "alone"),
    "assess": ("outcome",),
    "plan": ("type", "review_on"),
    "meet": ("chair",),
    "supervise": ("with",),
    "review": ("chair", "review_on"),
    "update": ("tier",),
    "legal": ("status",),
    "escalate": ("to",),
    "strategy": ("chair", "outcome"),
    "enquire": ("outcome", "conference_needed", "conference_target"),
    "conference": ("chair", "outcome"),
    "coregroup": ("led_by",),
    "service": ("service", "answer"),
    "stepdown": ("to", "signed_by"),
    "close": ("signed_by",),
    "waive": ("rule", "until", "approved_by"),
    "dissent": ("partner",),
    "feedback": ("type",),
    "fileaudit": ("practitioner", "owner"),
}
"""Of each kind, the fields that a duty desk needs: codes, dates, people and flags. Nothing else leaves the record."""


class Happening(NamedTuple):
    """One event as it counts today. *details* are a few of its codes, dates and people.

    *corrected_by* is the event that amended it, or with *void* that said that it never happened.
    """

    seq: int
    kind: str
    on: date
    by: str | None
    details: str
    corrected_by: int | None
    void: bool

    @property
    def what(self) -> str:
        """What it is, in words."""
        return kind_in_words(self.kind)


def kind_in_words(full: str) -> str:
    """Return what an event of the kind *full*, with its phase, is: `assess.start` is `assessment begun`."""
    return WORDS.get(full) or full.replace(".", " ").replace("_", " ")


def sort_in_words(base: str) -> str:
    """Return what events of the kind *base*, whatever their phase, are."""
    return _SORTS.get(base) or kind_in_words(base)


def happenings(book: Casebook, id_: str) -> list[Happening]:
    """Return what happened to case *id_*, in order, what was voided among it. Raises UsageError for an unknown id."""
    events = book.track(id_).events
    counting = book.effective(events)
    known = {event.seq for event in counting}
    void = {change.get("of"): change.seq for change in live_corrections(events) if change.get("void")}
    gone = [
        event for event in events if event.seq in void and event.seq not in known and event.base not in _BOOKKEEPING
    ]
    made = [_happening(event, event.amended_by) for event in counting if event.base not in _BOOKKEEPING]
    made += [_happening(event, void.get(event.seq))._replace(void=True) for event in gone]
    return sorted(made, key=lambda one: (one.kind != "refer", one.on, one.seq))


def _happening(event: Event, corrected_by: int | None) -> Happening:
    details = "redacted" if event.redacted else "; ".join(_details(event))
    return Happening(event.seq, event.kind, event.on, event.by, details, corrected_by, void=False)


def _details(event: Event) -> Iterator[str]:
    """Yield those of `DETAILS` that *event* has, in words."""
    for name in DETAILS.get(event.base, ()):
        words = _in_words(KINDS[event.base].fields[name], event.get(name))
        if words:
            yield words


def _in_words(field: Field, value: Any) -> str | None:
    name = field.name.replace("_", " ")
    if field.type == "flag":
        return name if value is True else None
    if field.type == "date":
        return f"{name} {_day(value)}" if isinstance(value, str) and _day(value) else None
    values = value if isinstance(value, list) else [value]
    # a list of codes that the protocol does not have lets any text through
    codes = [one.replace("_", " ") for one in values if isinstance(one, str) and _CODE.fullmatch(one)]
    return f"{name}: {', '.join(codes)}" if codes and len(codes) == len(values) else None


def _day(text: str) -> str:
    try:
        return weekday_date(date.fromisoformat(text))
    except ValueError:
        return ""
