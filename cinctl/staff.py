"""The staff register: who a practitioner was on a given day, folded from the staff events of the log.

Before joining and after leaving, everything about a person but their id is absent.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import attrs

from cinctl.history import Event, effective
from cinctl.shelf import Drawer, Shelf

_CARRIED = (
    "role",
    "unit",
    "employer",
    "background",
    "practice_experience",
    "service",
    "manager",
    "training_plan",
)


@attrs.frozen(kw_only=True)
class Person:
    """A practitioner as of one day. *training* maps a topic to the day it was last completed."""

    id: str
    in_post: bool = False
    left: bool = False
    role: str | None = None
    unit: str | None = None
    employer: str | None = None
    qualified: bool | None = None
    registered_until: date | None = None
    background: str | None = None
    practice_experience: str | None = None
    service: str | None = None
    manager: str | None = None
    training_plan: str | None = None
    since: date | None = None
    joined: date | None = None
    training: dict[str, date] = attrs.field(factory=dict)

    def registered(self, on: date) -> bool:
        """Return whether registration with the regulator is live on *on*."""
        return self.registered_until is not None and self.registered_until >= on


def _after(person: Person, event: Event) -> Person:
    """Return *person* after one staff event."""
    data = event.data or {}
    if event.phase == "leave":
        # Training is kept for when they come back; while they are away nothing looks at it.
        return Person(id=person.id, left=True, joined=person.joined, training=person.training)
    if event.phase == "train":
        topics = dict.fromkeys(data.get("topic") or (), event.on)
        return attrs.evolve(person, training={**person.training, **topics})
    if event.phase == "change" and not person.in_post:
        return person
    changes: dict[str, Any] = {name: data[name] for name in _CARRIED if name in data}
    if "qualified" in data:
        changes["qualified"] = data["qualified"]
    if "registered_until" in data:
        changes["registered_until"] = date.fromisoformat(data["registered_until"])
    if event.phase == "join":
        fresh = Person(
            id=person.id, in_post=True, joined=event.on, since=event.on, employer="authority", qualified=False
        )
        return attrs.evolve(fresh, training=person.training, **changes)
    if changes.get("role", person.role) != person.role:
        changes["since"] = event.on
    return attrs.evolve(person, **changes)


class _Life:
    """All staff events about one person, and the snapshots they make."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.last_seq = 0
        self._snapshots: dict[int, tuple[list[date], list[Person]]] = {}

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.last_seq = max(self.last_seq, event.seq)
        self._snapshots.clear()

    def snapshots(self, person: str, before_seq: int | None) -> tuple[list[date], list[Person]]:
        known = self.events
        if before_seq is not None and before_seq <= self.last_seq:
            known = [e for e in known if e.seq < before_seq]
        made = self._snapshots.get(len(known))
        if made is None:
            days: list[date] = []
            people: list[Person] = []
            now = Person(id=person)
            for event in effective(known):
                now = _after(now, event)
                days.append(event.on)
                people.append(now)
            made = self._snapshots[len(known)] = (days, people)
        return made


class Register:
    """The staff register. Add staff events, and corrections of them, in log order; then ask who someone was.

    Who is not yet there is looked for on the *shelf*, where there is one.
    """

    def __init__(self, events: Iterable[Event] = (), shelf: Shelf | None = None) -> None:
        self._shelf = shelf
        self._lives: dict[str, _Life] = {}
        self._owner: dict[int, str] = {}
        if shelf is not None:
            self.move_to(shelf)
        self.stale = False
        """Set when somebody was looked up of whom later lines tell something that would have counted on that day."""
        for event in events:
            self.add(event)

    def __contains__(self, person: object) -> bool:
        return person in self._lives

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._lives))

    def move_to(self, shelf: Shelf) -> None:
        """Look on *shelf* for who is not there yet; it holds what was taken in so far."""
        self._shelf = shelf
        self._lives = Drawer(self._from_shelf, shelf.has_person, shelf.people)
        self._owner = Drawer(shelf.owner, lambda seq: shelf.owner(seq) is not None, lambda: ())

    def _from_shelf(self, person: str) -> _Life | None:
        assert self._shelf is not None
        life = _Life()
        for event in self._shelf.career(person):
            life.add(event)
        return life if life.events else None

    def add(self, event: Event) -> None:
        """Take in one staff event, or a correction of one."""
        person = self._owner.get(event.get("of")) if event.base == "correct" else event.get("staff")
        if person is None:
            return
        self._owner[event.seq] = person
        life = self._lives.get(person)
        if life is None:
            life = self._lives[person] = _Life()
        life.add(event)

    def owner(self, seq: int) -> str | None:
        """Return whom the staff event at *seq* is about, or None when it is no staff event."""
        return self._owner.get(seq)

    def as_of(self, person: str, on: date, before_seq: int | None = None) -> Person:
        """Return *person* as of *on*, from lines with a smaller `seq` than *before_seq* only, where that is given."""
        life = self._lives.get(person)
        if life is None:
            return Person(id=person)
        if before_seq is not None and before_seq <= life.last_seq and not self.stale:
            self.stale = any(e.seq >= before_seq and (e.on <= on or e.base == "correct") for e in life.events)
        days, people = life.snapshots(person, before_seq)
        place = bisect_right(days, on)
        return people[place - 1] if place else Person(id=person)
