"""A case gathered over all its episodes: what the case as it stands has forgotten of those before the latest."""

from __future__ import annotations

from datetime import date

from cinctl.case import Case
from cinctl.casebook import Casebook
from cinctl.clocks import Tracker
from cinctl.exports.telling import events_of
from cinctl.history import Event
from cinctl.threads import Thread

__all__ = ["Gathered", "is_protection", "marked"]


class Gathered:
    """One case, gathered event by event.

    *threads* are its assessments, plans and enquiries; *ended* the days on which the case ended with a plan still open,
    by the plan; *visits* come with whether there was a child protection plan; *spells* are who came to lead or to work
    with it, by which event, and *over* when that ended. *child* are the events that tell of characteristics, *closings*
    those that ended it.
    """

    def __init__(self, book: Casebook, id_: str) -> None:
        self.threads: list[Thread] = []
        self.ended: dict[int, date] = {}
        self.visits: list[tuple[Event, bool]] = []
        self.conferences: list[Event] = []
        self.spells: list[tuple[Event, str]] = []
        self.over: dict[int, date] = {}
        self.child: list[Event] = []
        self.decision: Event | None = None
        self.ending: Event | None = None
        self.closings: list[Event] = []
        self._present: dict[str, int] = {}
        self.case, self.tracker = book.fold(id_, events_of(book, id_), self._watch)
        self._keep(self.case)

    def _keep(self, case: Case) -> None:
        self.threads += [thread for threads in case.threads.values() for thread in threads]

    def _watch(self, event: Event, case: Case, _tracker: Tracker) -> None:
        """Take note of *event*; *case* is as it was just before."""
        if event.base == "visit":
            self.visits.append((event, case.tier == "child_protection"))
        elif event.base == "conference":
            self.conferences.append(event)
        elif event.base == "child":
            self.child.append(event)
        elif event.base == "decide":
            self.decision = event
        elif event.base == "reopen":
            self.ending = None
            self._keep(case)
        elif event.base in ("close", "stepdown"):
            self.ending = event
            self.closings.append(event)
            self.ended |= {t.seq: event.on for t in case.threads.get("plan", ()) if t.open}
            for person in list(self._present):
                self._leaves(person, event)
        self._involve(event, case)

    def _involve(self, event: Event, case: Case) -> None:
        if event.base == "allocate" and event.get("to") not in (None, case.lead):
            if case.lead is not None:
                self._leaves(case.lead, event)
            self._comes(event.get("to"), event)
        elif event.kind == "cowork.add" and event.get("with") is not None:
            self._comes(event.get("with"), event)
        elif event.kind == "cowork.end":
            self._leaves(event.get("with"), event)

    def _comes(self, person: str, event: Event) -> None:
        if person not in self._present:
            self._present[person] = event.seq
            self.spells.append((event, person))

    def _leaves(self, person: str | None, event: Event) -> None:
        begun = self._present.pop(person, None) if person is not None else None
        if begun is not None:
            self.over[begun] = event.on

    def of(self, name: str) -> list[Thread]:
        """Return the threads of kind *name*, of every episode."""
        return [thread for thread in self.threads if thread.kind == name]

    def protection_plan(self, on: date) -> Thread | None:
        """Return the child protection plan that ran on *on*, or began then."""
        for plan in reversed(self.of("plan")):
            start, end = marked(plan, "started"), marked(plan, "ended") or self.ended.get(plan.seq)
            if is_protection(plan) and start is not None and start <= on and (end is None or on <= end):
                return plan
        return None


def marked(thread: Thread, mark: str) -> date | None:
    """Return the day of *mark*, such as `approved`, in *thread*; None where it was not reached."""
    return thread.marks.get(mark, (None, None))[0]


def is_protection(plan: Thread) -> bool:
    """Return whether *plan* is a child protection plan; it is a Child in Need plan unless it says so."""
    return bool(plan.fields.get("type") == "child_protection")
