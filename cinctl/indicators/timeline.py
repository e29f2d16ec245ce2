"""How a case stood, day by day: whether it was open, who led it, in which unit; and what changed hands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from cinctl.case import Case
from cinctl.casebook import Casebook
from cinctl.clocks import Tracker
from cinctl.history import Event
from cinctl.indicators.periods import Period
from cinctl.staff import Register
from cinctl.threads import Thread

__all__ = ["Life", "State", "lived"]


class State(NamedTuple):
    """How it stood from the end of *since* on. *social_worker*: whether the lead is one; None where nobody can say."""

    since: date
    open: bool
    lead: str | None
    unit: str | None
    social_worker: bool | None


class Life:
    """A case from its first event to its last: what happened, what it folds to, and how it stood after each event.

    *threads* are those of every episode. *raised* says, for each day on which need or risk was raised, whether a social
    worker led just then; *changed* are the days on which one lead followed another.
    """

    def __init__(self, id_: str, register: Register) -> None:
        self.id = id_
        self.case = Case(id_)
        self.tracker: Tracker | None = None
        self.events: Sequence[Event] = ()
        self.states: list[State] = []
        self.threads: list[Thread] = []
        self.raised: list[tuple[date, bool | None]] = []
        self.changed: list[date] = []
        self._register = register
        self._last: Event | None = None

    def before(self, event: Event, case: Case, _tracker: Tracker) -> None:
        """Take note of *case* as it is just before *event*."""
        self._after(case)
        self._last = event
        if event.kind == "escalate.raise":
            self.raised.append((event.on, self.states[-1].social_worker if self.states else None))
        elif event.base == "allocate" and case.lead is not None and event.get("to") not in (None, case.lead):
            self.changed.append(event.on)
        elif event.base == "reopen":
            self._keep_threads(case)

    def end(self, case: Case, tracker: Tracker, events: Sequence[Event]) -> Life:
        """Take note of what it all came to."""
        self._after(case)
        self._keep_threads(case)
        self.case, self.tracker, self.events = case, tracker, events
        return self

    def _after(self, case: Case) -> None:
        """Put down how *case* stands after the last event, where that is not as it stood."""
        if self._last is not None:
            on = self._last.on
            state = State(on, case.open, case.lead, case.unit, _is_social_worker(case.lead, on, self._register))
            if not self.states or self.states[-1][1:] != state[1:]:
                self.states.append(state)

    def _keep_threads(self, case: Case) -> None:
        self.threads += (thread for threads in case.threads.values() for thread in threads)

    def at(self, day: date) -> State | None:
        """Return how it stood at the end of *day*; None before its first event."""
        return next((state for state in reversed(self.states) if state.since <= day), None)

    @property
    def told_since(self) -> date:
        """From which day on its source tells of what happened: before that it shows only part of it."""
        speaks = self.events[0].speaks if self.events else None
        return speaks.since if speaks is not None and speaks.since is not None else date.min

    def led_by_social_worker(self, state: State, on: date) -> bool | None:
        """Return whether the lead of *state* is one on *on*; of who has left, what they were last."""
        now = _is_social_worker(state.lead, on, self._register)
        return state.social_worker if now is None else now

    def within(self, period: Period) -> Iterator[State]:
        """Yield each state in which it was at some time in *period*."""
        for n, state in enumerate(self.states):
            until = self.states[n + 1].since if n + 1 < len(self.states) else period.last
            if state.since <= period.last and until >= period.first:
                yield state

    def whose(self, day: date) -> tuple[str | None, str | None]:
        """Return lead and unit at the end of *day*; where it had none by then, the first that it had after."""
        now = self.at(day)
        lead, unit = (now.lead, now.unit) if now is not None else (None, None)
        for state in self.states if lead is None or unit is None else ():
            if state.since > day:
                lead, unit = lead or state.lead, unit or state.unit
        return lead, unit


def lived(book: Casebook, id_: str) -> Life:
    """Return the life of case *id_*."""
    events = book.effective(book.track(id_).events)
    life = Life(id_, book.register)
    case, tracker = book.fold(id_, events, life.before)
    return life.end(case, tracker, events)


def _is_social_worker(lead: str | None, on: date, register: Register) -> bool | None:
    """Return whether *lead* has the role of a social worker, or is registered as one; None where nothing is known."""
    if lead is None:
        return None
    person = register.as_of(lead, on)
    if person.role is None and person.registered_until is None:
        return None
    return person.role == "social_worker" or person.registered(on)
