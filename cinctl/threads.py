"""Threads: one assessment, one plan, one enquiry, from the event that opens it to the one that closes it."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from cinctl.history import Event


class ThreadKind(NamedTuple):
    """How events of one sort hang together: what opens a thread, joins it, closes it, and who counts as its author."""

    name: str
    opens: frozenset[str]
    joins: frozenset[str]
    closes: frozenset[str]
    authors: frozenset[str]


def _kind(name: str, opens: str, joins: str = "", closes: str = "", authors: str = "") -> ThreadKind:
    return ThreadKind(name, *(frozenset(words.split()) for words in (opens, joins, closes, authors)))


THREADS: dict[str, ThreadKind] = {
    t.name: t
    for t in (
        _kind(
            "assessment",
            "assess.start",
            "assess.complete approve.assessment approve.assessment_returned",
            "approve.assessment",
            "assess.complete",
        ),
        _kind(
            "plan",
            "plan.draft",
            "plan.confirm plan.start plan.change plan.end approve.plan approve.plan_returned",
            "plan.end",
            "plan.draft plan.change",
        ),
        _kind("enquiry", "enquire.start", "enquire.conclude", "enquire.conclude", "enquire.conclude"),
        _kind("conference", "conference.initial", "conference.review", "conference.initial conference.review"),
        _kind("escalation", "escalate.raise", "escalate.agree escalate.decline", "escalate.decline", "escalate.raise"),
        _kind("commission", "service.refer", "service.answer service.start service.end", "service.end"),
        _kind("file_audit", "fileaudit.audit", "fileaudit.action fileaudit.done", "fileaudit.done"),
        _kind("complaint", "feedback.received", "feedback.answered", "feedback.answered"),
    )
}
THREAD_OF: dict[str, str] = {full: t.name for t in THREADS.values() for full in t.opens | t.joins}

MARKS: dict[str, str] = {
    "assess.start": "started",
    "assess.complete": "completed",
    "approve.assessment": "approved",
    "approve.assessment_returned": "returned",
    "plan.draft": "drafted",
    "plan.confirm": "confirmed",
    "plan.start": "started",
    "plan.change": "changed",
    "plan.end": "ended",
    "approve.plan": "approved",
    "approve.plan_returned": "returned",
    "enquire.start": "started",
    "enquire.conclude": "concluded",
    "conference.initial": "held",
    "conference.review": "held",
    "escalate.raise": "raised",
    "escalate.agree": "agreed",
    "escalate.decline": "declined",
    "service.refer": "referred",
    "service.answer": "answered",
    "service.start": "started",
    "service.end": "ended",
    "fileaudit.audit": "audited",
    "fileaudit.action": "set",
    "fileaudit.done": "done",
    "feedback.received": "received",
    "feedback.answered": "answered",
}


class Thread:
    """One assessment, plan, enquiry...: the `seq` of its opener, its marks (`approved` -> day, by whom), its fields."""

    __slots__ = ("authors", "by", "fields", "kind", "marks", "on", "open", "seq", "seqs")

    def __init__(self, kind: str, event: Event) -> None:
        self.kind = kind
        self.seq = event.seq
        self.on = event.on
        self.by = event.by
        self.open = True
        self.authors: list[str] = []
        self.marks: dict[str, tuple[date, str | None]] = {}
        self.fields: dict[str, Any] = {}
        self.seqs: set[int] = set()

    def take(self, event: Event) -> None:
        """Let *event* join the thread."""
        kind = THREADS[self.kind]
        self.seqs.add(event.seq)
        mark = MARKS[event.kind]
        self.marks[mark] = (event.on, event.by)
        if mark == "returned":
            self.marks.pop("approved", None)
        if event.kind in kind.authors and event.by is not None and event.by not in self.authors:
            self.authors.append(event.by)
        self.fields.update(event.data or {})
        if event.kind in kind.closes:
            self.open = False
