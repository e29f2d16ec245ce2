"""The staff register: who a practitioner was on a given day, folded from the staff events of the log.

Before joining and after leaving, everything about a person but their id is absent.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

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


_NO_TRAINING: dict[str, date] = {}


class Absence(NamedTuple):
    """Time away as it was told: its first and last day, both within it, and who covers.

    *last* is None where it is open-ended.
    """

    first: date
    last: date | None
    cover: str | None

    @classmethod
    def of(cls, away: Event) -> Absence:
        """Return what the event *away* tells; its first day is its own date where it says no other."""
        first, last = away.get("from"), away.get("until")
        return cls(
            date.fromisoformat(first) if first else away.on,
            date.fromisoformat(last) if last else None,
            away.get("cover"),
        )


class Person(NamedTuple):
    """A practitioner as of one day. *training* maps a topic to the day it was last completed.

    *absences* are those told by then, those to come too, in the order in which they were told. One that begins on the
    same day as another tells that one anew, and takes its place.
    """

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
    training: dict[str, date] = _NO_TRAINING
    absences: tuple[Absence, ...] = ()

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
        return person._replace(training={**person.training, **topics})
    if event.phase in ("change", "away") and not person.in_post:
        return person
    changes: dict[str, Any] = {name: data[name] for name in _CARRIED if name in data}
    if event.phase == "away":
        told = Absence.of(event)
        changes["absences"] = (*(other for other in person.absences if other.first != told.first), told)
    if "qualified" in data:
        changes["qualified"] = data["qualified"]
    if "registered_until" in data:
        changes["registered_until"] = date.fromisoformat(data["registered_until"])
    if event.phase == "join":
        fresh = Person(
            id=person.id, in_post=True, joined=event.on, since=event.on, employer="authority", qualified=False
        )
        return fresh._replace(training=person.training, **changes)
    if changes.get("role", person.role) != person.role:
        changes["since"] = event.on
    return person._replace(**changes)


class _Life:
    """All staff events about one person, in log order, and the snapshots they make."""

    __slots__ = ("_nobody", "_seqs", "_snapshots", "_soonest", "events", "last_seq")

    def __init__(self, person: str) -> None:
        self.events: list[Event] = []
        self.last_seq = 0
        self._nobody = Person(id=person)
        self._seqs: list[int] = []
        self._snapshots: dict[int, tuple[list[date], list[Person]]] = {}
        self._soonest: list[date] = []

    def add(self, event: Event) -> None:
        """Take in one more event."""
        self.events.append(event)
        self._seqs.append(event.seq)
        self.last_seq = max(self.last_seq, event.seq)
        self._snapshots.clear()
        self._soonest = []

    def as_of(self, on: date, known: int) -> Person:
        """Return the person as of *on*, as the first *known* of the events tell."""
        days, people = self._snapshots.get(known) or self._made(known)
        place = bisect_right(days, on)
        return people[place - 1] if place else self._nobody

    def known_before(self, seq: int) -> int:
        """Return how many of the events have a smaller `seq` than *seq*."""
        return bisect_left(self._seqs, seq)

    def tells_later(self, known: int, on: date) -> bool:
        """Return whether an event after the first *known* tells something of *on*; a correction may of any day."""
        if not self._soonest:
            soonest = date.max
            for event in reversed(self.events):
                soonest = min(soonest, date.min if event.base == "correct" else event.on)
                self._soonest.append(soonest)
            self._soonest.reverse()
        return known < len(self._soonest) and self._soonest[known] <= on

    def _made(self, known: int) -> tuple[list[date], list[Person]]:
        days: list[date] = []
        people: list[Person] = []
        now = self._nobody
        for event in effective(self.events[:known]):
            now = _after(now, event)
            days.append(event.on)
            people.append(now)
        made = self._snapshots[known] = (days, people)
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
        life = _Life(person)
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
            life = self._lives[person] = _Life(person)
        life.add(event)

    def owner(self, seq: int) -> str | None:
        """Return whom the staff event at *seq* is about, or None when it is no staff event."""
        return self._owner.get(seq)

    def as_of(self, person: str, on: date, before_seq: int | None = None) -> Person:
        """Return *person* as of *on*, from lines with a smaller `seq` than *before_seq* only, where that is given."""
        life = self._lives.get(person)
        if life is None:
            return Person(id=person)
        if before_seq is None or before_seq > life.last_seq:
            return life.as_of(on, len(life.events))
        known = life.known_before(before_seq)
        if not self.stale:
            self.stale = life.tells_later(known, on)
        return life.as_of(on, known)
