"""What a compiled fact is, the moment that it looks at, and the names that may stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from cinctl.calendar import Calendar, Duration
from cinctl.case import Case
from cinctl.errors import did_you_mean
from cinctl.events import KINDS
from cinctl.history import Event
from cinctl.staff import Person, Register

Reads = frozenset[tuple[str, str]]


OWN = ""
"""Stands for the judged event itself in what a fact reads."""


class Running(Protocol):
    """What a fact asks of the clocks: the running obligations of one rule on the case at hand."""

    def open_dues(self, rule: str) -> list[date | None]:
        """Return the due date of each running obligation of *rule*; None for one without a limit."""


class Moment:
    """One event, seen with everything that a rule may look at.

    One moment may serve a whole history, event by event: `turn_to` goes on to the next.
    """

    __slots__ = (
        "before_seq",
        "calendar",
        "case",
        "event",
        "open_families",
        "opening",
        "people",
        "register",
        "running",
        "subject",
    )

    def __init__(
        self,
        event: Event,
        case: Case | None,
        register: Register,
        *,
        calendar: Calendar,
        running: Running | None = None,
        subject: str | None = None,
        before_seq: int | None = None,
        open_families: Callable[[str, Event], int] | None = None,
    ) -> None:
        self.event = event
        self.case = case
        self.register = register
        self.calendar = calendar
        self.running = running
        self.subject = subject
        self.before_seq = before_seq
        self.open_families = open_families
        self.opening: Case | None = None
        self.people: dict[str, Person] = {}

    def turn_to(self, event: Event, before_seq: int | None) -> None:
        """Go on to *event*: what was found out about the one before does not hold of it."""
        self.event = event
        self.before_seq = before_seq
        self.opening = None
        if self.people:
            self.people = {}

    def person(self, id_: str) -> Person:
        """Return the practitioner *id_* as of the event's date."""
        found = self.people.get(id_)
        if found is None:
            found = self.people[id_] = self.register.as_of(id_, self.event.on, self.before_seq)
        return found


Get = Callable[[Moment], Any]


class FactError(ValueError):
    """A dotted name that is no fact; the message ends with a suggestion where one is near."""


class Fact(NamedTuple):
    """One compiled fact.

    *type* is text, code, date, number, flag, list, map, person or event. *own* is true when it depends on what the
    step itself says, rather than on what stands in the record already. *holder* returns the id of the practitioner
    that the fact looks through, and *missing* which topics of a training they lack, for explanations.
    """

    name: str
    type: str
    get: Get
    reads: Reads
    own: bool = False
    codes: str | None = None
    holder: Get | None = None
    missing: Get | None = None


class Scope(NamedTuple):
    """The names that a compiler knows: named events with what they stand for, clocks, trainings, params.

    A training is its topics, and how long one that was completed stays valid.
    """

    named: Mapping[str, tuple[tuple[str, ...], Reads]]
    clocks: dict[str, Reads]
    trainings: Mapping[str, tuple[tuple[str, ...], Duration | None]]
    params: Mapping[str, tuple[str, Any]]
    tag: str = ""

    def key(self, name: str) -> str:
        """Return the key under which a case's record holds *name*: two versions' named events are kept apart."""
        return self.tag + name if name in self.named else name

    def kinds_of(self, name: str) -> tuple[str, ...] | None:
        """Return the full kinds that *name*, a kind or named event, stands for, or None when it is neither."""
        if name in self.named:
            return self.named[name][0]
        return expand(name)

    def event_names(self) -> list[str]:
        """Return every name that stands for events."""
        return [*self.named, *KINDS, *(full for kind in KINDS.values() for full in kind.full_names())]


@lru_cache(maxsize=2048)
def expand(name: str) -> tuple[str, ...] | None:
    """Return the full kinds that *name* means: `assess` is every phase of it. None when there is no such kind."""
    base, _, phase = name.partition(".")
    kind = KINDS.get(base)
    if kind is None:
        return None
    if phase:
        return (name,) if phase in kind.phases else None
    return tuple(kind.full_names())


def present(value: Any) -> Any:
    """Return *value*, or None when it is blank text."""
    return None if isinstance(value, str) and not value.strip() else value


def unknown(name: str, part: str, known: Iterable[str]) -> FactError:
    """Return the error for *part*, which is not among *known* in the dotted *name*."""
    return FactError(f"'{name}' is not a fact: there is no '{part}' there.{did_you_mean(part, known)}")
