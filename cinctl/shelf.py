"""Where a casebook finds what it has not read yet: one case, one practitioner, one event at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, NamedTuple, Protocol, TypeVar

from cinctl.history import Event, Speaks
from cinctl.owed import Away, Plain

K = TypeVar("K")
V = TypeVar("V")


OPEN = ("referred", "open")
"""The states of a case that is open."""


class Load(NamedTuple):
    """An open case, as it weighs on its lead and its unit; *changes* is how often it went from one lead to another."""

    lead: str | None
    unit: str | None
    changes: int


class Shelf(Protocol):
    """The lines of a log, to be had by what they are about; each comes as an event with what its source speaks of."""

    @property
    def length(self) -> int:
        """How many lines there are."""

    @property
    def head(self) -> str:
        """The hash of the last of them."""

    def grow(self, length: int, head: str) -> None:
        """Take note that it now holds *length* lines, the last of them with the hash *head*."""

    def case_ids(self) -> Iterable[str]:
        """Return the id of every case."""

    def has_case(self, id_: str) -> bool:
        """Return whether there is a case *id_*."""

    def events(self, id_: str) -> list[Event]:
        """Return the events of case *id_* in log order; none where there is no such case."""

    def places(self, id_: str) -> Sequence[int]:
        """Return the bytes of the log at which the events of case *id_* begin."""

    def office(self) -> list[Event]:
        """Return the events of the office in log order: staff, file audits, governance, feedback, their corrections."""

    def in_office(self, seq: int) -> bool:
        """Return whether the event at *seq* is one of the office."""

    def people(self) -> Iterable[str]:
        """Return the id of everybody in the staff register."""

    def has_person(self, id_: str) -> bool:
        """Return whether somebody of that id is in the staff register."""

    def career(self, id_: str) -> list[Event]:
        """Return the staff events about practitioner *id_*, and their corrections, in log order."""

    def owner(self, seq: int) -> str | None:
        """Return whom the staff event at *seq* is about, or None when it is no staff event."""

    def event(self, seq: int) -> Event | None:
        """Return the event at *seq* as it was first recorded."""

    def under_key(self, key: str) -> Event | None:
        """Return the event that was recorded under *key*, as it was first recorded."""

    def with_services(self) -> Iterable[str]:
        """Return the ids of the cases for which a service was commissioned."""

    def naming(self, person: str, since: date) -> Iterable[str]:
        """Return the ids of cases that name *person* and may have events on or after *since*."""

    def speaks(self) -> Speaks:
        """Return what the source of the latest import speaks of."""

    def row(self, id_: str) -> list[Any] | None:
        """Return how case *id_* stands, the values of its row in `list`, where that is known without its events."""

    def rows(self) -> Iterator[list[Any]] | None:
        """Return the same of every case, in the order of their ids, where that is known without any events."""

    def at_once(self) -> AbstractContextManager[None]:
        """See one state of it, whatever others record meanwhile."""

    def loads(self) -> Iterable[Load] | None:
        """Return every open case, in the order of their ids, where that is known without any events."""

    def owed(self) -> Iterable[Plain] | None:
        """Return what is owed, most overdue first, where that is known without any events."""

    def away_on(self, today: date) -> Away | None:
        """Return who is away on *today*, where that is known without any events."""

    def next_number(self) -> int:
        """Return the number of the next case that is opened without an id."""


class Drawer(dict[K, V]):
    """A dict that fetches what it does not hold yet. Looking through it covers everything that there is."""

    def __init__(
        self, fetch: Callable[[K], V | None], has: Callable[[K], bool], names: Callable[[], Iterable[K]]
    ) -> None:
        super().__init__()
        self._fetch = fetch
        self._has = has
        self._names = names

    def __missing__(self, key: K) -> V:
        found = self._fetch(key)
        if found is None:
            raise KeyError(key)
        self[key] = found
        return found

    def get(self, key: K, default: V | None = None) -> V | None:  # type: ignore[override]
        """Return what there is under *key*, else *default*."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or self._has(key)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[K]:
        held = list(dict.__iter__(self))
        yield from held
        yield from (name for name in self._names() if not dict.__contains__(self, name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def values(self) -> list[V]:  # type: ignore[override]
        """Return everything there is, fetched."""
        return [self[key] for key in self]

    def held(self) -> Iterator[V]:
        """Yield what was fetched or put in so far, and nothing else."""
        return iter(dict.values(self))
