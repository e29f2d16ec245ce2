"""The events of one case in log order, whom they name, and the services that they began."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cinctl.case import Case
from cinctl.clocks import Tracker
from cinctl.history import Event, amended_day


class Track:
    """One case: its events in log order, and what they fold to."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.events: list[Event] = []
        self.case: Case | None = None
        self.tracker: Tracker | None = None
        self.last_place: tuple[bool, date, int] | None = None
        """No event that counts stands after it, as recorded or as amended."""
        self.straight = True
        """Lines stand in date order, uncorrected: one pass over them is both judgements of an audit."""

    def add(self, event: Event) -> None:
        """Take in one more event, the next in the log."""
        place = event.place()
        if event.base in ("correct", "redact") or (self.last_place is not None and place < self.last_place):
            self.straight = False
        if (moved := amended_day(event)) is not None:
            place = max(place, (True, moved, event.seq))
        if self.last_place is None or place > self.last_place:
            self.last_place = place
        self.events.append(event)

    def names(self, person: str, since: date) -> bool:
        """Return whether an event on or after *since* is by *person* or names them."""
        if self.last_place is None or self.last_place[1] < since:
            return False
        # A correction may have moved an event to that time that happened before it, as it was first recorded.
        events = self.events if not self.straight else (e for e in self.events if e.on >= since)
        return any(e.by == person or _names(e.data, person) or _names(e.get("set"), person) for e in events)

    def forget(self) -> None:
        """Drop what was folded; it is folded again when next asked for."""
        self.case = self.tracker = None


def _names(data: Mapping[str, Any] | None, person: str) -> bool:
    return any(person == value or (isinstance(value, list) and person in value) for value in (data or {}).values())


def services_of(events: Iterable[Event]) -> set[str]:
    """Return the services that have begun and not ended; which one is meant, its referral says where it does not."""
    asked: dict[int, str] = {}
    begun: dict[int, str] = {}
    for event in events:
        if event.base in ("close", "stepdown"):
            begun.clear()
        if event.base != "service":
            continue
        thread = event.get("of") or (event.seq if event.phase == "refer" else max(asked, default=event.seq))
        if event.get("service"):
            asked[thread] = event.get("service")
        if event.phase == "start" and thread in asked:
            begun[thread] = asked[thread]
        elif event.phase == "end":
            begun.pop(thread, None)
    return set(begun.values())
