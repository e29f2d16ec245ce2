"""Where lives are played out: every step is judged by the protocol in force before it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cinctl.casebook import Casebook
from cinctl.demo.cast import Cast
from cinctl.demo.wishes import granted
from cinctl.drafting import event_from
from cinctl.errors import CalendarError, UsageError
from cinctl.gates import Finding
from cinctl.history import Draft, Event, day_of
from cinctl.judging import judge_step
from cinctl.rules import RuleBook

_ROUNDS = 4


class Stage:
    """A casebook that holds the cast and, one beside the other, the lives played so far.

    *earliest* is the first day on which a step can be typed. `staff` are the events that fill the register, `refused`
    what stood against the last step that was not taken.
    """

    def __init__(self, rules: RuleBook, cast: Cast, today: date, earliest: date) -> None:
        self.book = Casebook(rules)
        self.cast = cast
        self.today = today
        self.earliest = earliest
        self.staff: list[Event] = []
        self.refused: tuple[Finding, ...] = ()
        for draft in cast.drafts():
            event = self._fitted(draft, None)
            if event is not None:
                self.book.take(event)
                self.staff.append(event)

    def tell(self, kind: str, case: str | None, on: date, data: Mapping[str, Any]) -> Event:
        """Record what another system tells, as it is: unjudged, under no protocol."""
        seq, at = self.book.length + 1, on.isoformat()
        event = Event(seq=seq, kind=kind, case=case, at=at, by=None, data=dict(data), under=None)
        self.book.take(event)
        return event

    def attempt(self, step: Draft, people: Iterable[str], someone: str | None) -> bool:
        """Record *step* by the first of *people* whom the protocol lets take it. Returns whether there was one.

        *someone* is named where the protocol asks for a person whom the step does not name. Raises CalendarError.
        """
        for by in people:
            event = self._fitted(step._replace(by=by), someone)
            if event is not None:
                self._take(event)
                return True
        return False

    def _take(self, event: Event) -> None:
        try:
            self.book.take(event)
        except CalendarError:
            track = self.book.tracks[event.case or ""]
            track.events.pop()
            track.forget()
            raise

    def _fitted(self, step: Draft, someone: str | None) -> Event | None:
        """Return *step* with all that the protocol asks for in it, or None where it is refused all the same."""
        edition = self.book.rules.in_force(day_of(step.at)) or self.book.rules.newest
        for _ in range(_ROUNDS):
            try:
                event = event_from(self.book, step, today=self.today)
                judgement = judge_step(self.book, event)
            except UsageError:
                self.refused = ()
                return None
            data = granted(edition, step.kind, step.data, judgement.findings, step.at, someone)
            if data is step.data:
                break
            step = step._replace(data=data)
        self.refused = tuple(f for f in judgement.findings if f.denies)
        return event if judgement.accepted else None
