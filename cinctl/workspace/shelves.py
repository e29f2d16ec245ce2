"""Shelves: how a casebook gets at the lines of a log, by a survey just made of it, or by the cache beside it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from functools import cached_property
from typing import Any

from cinctl.casebook import OFFICE
from cinctl.digests import sha256
from cinctl.errors import SpoiltCacheError, StoreError
from cinctl.events import KINDS
from cinctl.history import Event, Speaks, day_of
from cinctl.owed import Away, Plain
from cinctl.queries import CASE_COLUMNS
from cinctl.shelf import OPEN, Load
from cinctl.store.cache import Cache, CacheError
from cinctl.store.decode import decoded
from cinctl.store.lines import Lines
from cinctl.store.position import Position
from cinctl.store.survey import EVERY, Survey
from cinctl.workspace.glance import away_on, owed


def aside() -> frozenset[bytes]:
    """Return the kinds, as their bytes stand in the log, whose lines a survey puts aside."""
    bases = [*OFFICE, "import", "correct"]
    return frozenset(b'"%b"' % full.encode() for base in bases for full in KINDS[base].full_names())


def survey_until(today: date, watch: Callable[[int], None] | None = None) -> Survey:
    """Return a survey that leaves out what happened after *today*; *watch* is told how far it is."""
    # In London it may be a day later than where it was written down, never earlier by its date alone.
    return Survey(aside(), today.isoformat().encode(), lambda at: day_of(at) > today, watch)


class _Shelf(ABC):
    """What both have in common: lines become events, each with what its source speaks of."""

    def __init__(self, lines: Lines, length: int, head: str) -> None:
        self._lines = lines
        self.length = length
        self.head = head

    def grow(self, length: int, head: str) -> None:
        """Take note that it now holds *length* lines, the last of them with the hash *head*."""
        self.length, self.head = length, head

    def _event(self, place: int) -> Event:
        return self._known(Event.from_line(self._read(place)))

    def _read(self, place: int) -> dict[str, Any]:
        line = self._lines.at(place)
        try:
            return decoded(line)
        except ValueError as error:
            raise StoreError(f"{self._lines.path}: the line at byte {place} does not hold: it is not JSON") from error

    def _known(self, event: Event) -> Event:
        if event.under is None and event.base != "import":
            event.speaks = self._speaks_at(event.seq)
        return event

    def _speaks_at(self, seq: int) -> Speaks:
        found = Speaks({})
        for imported, speaks in self.imports:
            if imported > seq:
                break
            found = speaks
        return found

    @cached_property
    def imports(self) -> list[tuple[int, Speaks]]:
        """What the source of each import speaks of, and the place of its line."""
        return [(e.seq, Speaks.of(e)) for e in self._imported()]

    @abstractmethod
    def _imported(self) -> Iterable[Event]:
        """Return the `import` events, in the order of the log."""

    def row(self, id_: str) -> list[Any] | None:
        """Return nothing: what is not kept has to be worked out."""
        return None

    def rows(self) -> Iterator[list[Any]] | None:
        """Return nothing: what is not kept has to be worked out."""
        return None

    def at_once(self) -> AbstractContextManager[None]:
        """See one state of it, as always where nobody changes it."""
        return nullcontext()

    def loads(self) -> Iterable[Load] | None:
        """Return nothing: what is not kept has to be worked out."""
        return None

    def owed(self) -> Iterable[Plain] | None:
        """Return nothing: what is not kept has to be worked out."""
        return None

    def away_on(self, today: date) -> Away | None:
        """Return nothing: what is not kept has to be worked out."""
        return None

    def speaks(self) -> Speaks:
        """Return what the source of the latest import speaks of."""
        return self.imports[-1][1] if self.imports else Speaks({})

    def _case(self, id_: str, places: Iterable[int]) -> list[Event]:
        events = [self._event(place) for place in places]
        wrong = next((e for e in events if e.case != id_), None)
        if wrong is not None:
            raise StoreError(f"{self._lines.path}: line {wrong.seq} was changed while it was read")
        return events


class SurveyShelf(_Shelf):
    """A shelf made of a survey of the whole log."""

    def __init__(self, lines: Lines, position: Position, survey: Survey) -> None:
        super().__init__(lines, position.length, position.head)
        self._survey = survey
        self._places = {json.loads(case): places for case, places in survey.places.items()}
        survey.places = {}

    @cached_property
    def _desk(self) -> list[Event]:
        return [Event.from_line(self._read(place)) for _, place in self._survey.desk]

    def desk(self) -> Iterable[tuple[Event, int]]:
        """Return what was put aside: events of the office, imports, corrections, and where each begins."""
        return zip(self._desk, (place for _, place in self._survey.desk), strict=True)

    def _imported(self) -> Iterable[Event]:
        return (e for e in self._desk if e.base == "import")

    @cached_property
    def _office(self) -> dict[int, Event]:
        found: dict[int, Event] = {}
        for event in self._desk:
            if event.base in OFFICE or (event.base == "correct" and event.get("of") in found):
                found[event.seq] = self._known(event)
        return found

    @cached_property
    def _careers(self) -> dict[str, list[Event]]:
        careers: dict[str, list[Event]] = {}
        owners = self._owners
        for event in self._office.values():
            person = event.get("staff") if event.base == "staff" else owners.get(event.get("of"))
            if event.base in ("staff", "correct") and person is not None:
                owners[event.seq] = person
                careers.setdefault(person, []).append(event)
        return careers

    @cached_property
    def _owners(self) -> dict[int, str]:
        return {}

    def places(self, id_: str) -> Sequence[int]:
        """Return where the lines of case *id_* begin."""
        return self._places.get(id_, ())

    def case_ids(self) -> Iterable[str]:
        """Return the id of every case."""
        return self._places

    def has_case(self, id_: str) -> bool:
        """Return whether there is a case *id_*."""
        return id_ in self._places

    def events(self, id_: str) -> list[Event]:
        """Return the events of case *id_* in log order."""
        return self._case(id_, self._places.get(id_, ()))

    def office(self) -> list[Event]:
        """Return the events of the office in log order."""
        return list(self._office.values())

    def in_office(self, seq: int) -> bool:
        """Return whether the event at *seq* is one of the office."""
        return seq in self._office

    def people(self) -> Iterable[str]:
        """Return the id of everybody in the staff register."""
        return self._careers

    def has_person(self, id_: str) -> bool:
        """Return whether somebody of that id is in the staff register."""
        return id_ in self._careers

    def career(self, id_: str) -> list[Event]:
        """Return the staff events about practitioner *id_*, and their corrections, in log order."""
        return self._careers.get(id_, [])

    def owner(self, seq: int) -> str | None:
        """Return whom the staff event at *seq* is about."""
        _ = self._careers
        return self._owners.get(seq)

    def event(self, seq: int) -> Event | None:
        """Return the event at *seq* as it was first recorded."""
        if not 1 <= seq <= self.length:
            return None
        mark = (seq - 1) // EVERY
        return self._known(Event.from_line(_nth(self._lines, self._survey.marks[mark], (seq - 1) % EVERY, self._read)))

    def under_key(self, key: str) -> Event | None:
        """Return nothing: what asks for keys writes, and a writer has a cache."""
        return None

    def with_services(self) -> Iterable[str]:
        """Return the ids of all cases: which of them have a service only their events say."""
        return self._places

    def naming(self, person: str, since: date) -> Iterable[str]:
        """Return the ids of all cases."""
        return self._places

    def next_number(self) -> int:
        """Return the number of the next case that is opened without an id."""
        return 1 + max(map(case_number, self._places), default=0)


def case_number(id_: str) -> int:
    """Return the number in an id such as `C-000123`, and 0 for any other."""
    return int(id_[2:]) if id_.startswith("C-") and id_.isascii() and id_[2:].isdigit() else 0


def _nth(lines: Lines, place: int, skip: int, read: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    for _ in range(skip):
        place += len(lines.at(place)) + 1
    return read(place)


def key_digest(key: str) -> int:
    """Return 63 bits that stand for *key*."""
    return int.from_bytes(sha256(key.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 1


_STATE, _LEAD, _UNIT = map(CASE_COLUMNS.index, ("state", "lead", "unit"))


class CacheShelf(_Shelf):
    """A shelf made of the cache beside the log."""

    def __init__(self, lines: Lines, cache: Cache) -> None:
        position = cache.position
        super().__init__(lines, position.length, position.head)
        self._cache = cache

    def _all(self, asked: str, *about: Any) -> list[Any]:
        try:
            return self._cache.execute(asked, about).fetchall()
        except CacheError:
            raise self._spoilt() from None

    def _spoilt(self) -> SpoiltCacheError:
        self._cache.spoil()
        return SpoiltCacheError(
            f"the cache beside {self._lines.path} was not whole, and has been removed; nothing was recorded: try again"
        )

    def _read(self, place: int) -> dict[str, Any]:
        try:
            return super()._read(place)
        except StoreError:
            raise self._spoilt() from None

    def _imported(self) -> Iterable[Event]:
        found = self._all("SELECT place FROM desk WHERE kind = 'import' ORDER BY seq")
        return (Event.from_line(self._read(place)) for (place,) in found)

    def case_ids(self) -> Iterable[str]:
        """Return the id of every case."""
        return [id_ for (id_,) in self._all("SELECT id FROM cases")]

    def has_case(self, id_: str) -> bool:
        """Return whether there is a case *id_*."""
        return self._all("SELECT 1 FROM cases WHERE id = ?", id_) != []

    def places(self, id_: str) -> Sequence[int]:
        """Return where the lines of case *id_* begin."""
        found = self._all("SELECT places FROM cases WHERE id = ?", id_)
        places = array("Q")
        for (text,) in found:
            places.frombytes(text)
        return places

    def events(self, id_: str) -> list[Event]:
        """Return the events of case *id_* in log order."""
        return self._case(id_, self.places(id_))

    def office(self) -> list[Event]:
        """Return the events of the office in log order."""
        found = self._all("SELECT place FROM desk WHERE kind != 'import' ORDER BY seq")
        return [self._event(place) for (place,) in found]

    def in_office(self, seq: int) -> bool:
        """Return whether the event at *seq* is one of the office."""
        return self._all("SELECT 1 FROM desk WHERE seq = ? AND kind != 'import'", seq) != []

    def people(self) -> Iterable[str]:
        """Return the id of everybody in the staff register."""
        return [person for (person,) in self._all("SELECT DISTINCT person FROM desk WHERE person IS NOT NULL")]

    def has_person(self, id_: str) -> bool:
        """Return whether somebody of that id is in the staff register."""
        return self._all("SELECT 1 FROM desk WHERE person = ? LIMIT 1", id_) != []

    def career(self, id_: str) -> list[Event]:
        """Return the staff events about practitioner *id_*, and their corrections, in log order."""
        found = self._all("SELECT place FROM desk WHERE person = ? ORDER BY seq", id_)
        return [self._event(place) for (place,) in found]

    def owner(self, seq: int) -> str | None:
        """Return whom the staff event at *seq* is about."""
        found = self._all("SELECT person FROM desk WHERE seq = ?", seq)
        return found[0][0] if found else None

    def event(self, seq: int) -> Event | None:
        """Return the event at *seq* as it was first recorded."""
        if not 1 <= seq <= self.length:
            return None
        asked = "SELECT seq, place FROM marks WHERE seq <= ? ORDER BY seq DESC LIMIT 1"
        ((mark, place),) = self._all(asked, seq)
        return self._known(Event.from_line(_nth(self._lines, place, seq - mark, self._read)))

    def under_key(self, key: str) -> Event | None:
        """Return the event that was recorded under *key*, as it was first recorded."""
        for (place,) in self._all("SELECT place FROM keys WHERE digest = ? ORDER BY seq DESC", key_digest(key)):
            event = self._event(place)
            if event.key == key:
                return event
        return None

    def with_services(self) -> Iterable[str]:
        """Return the ids of the cases for which a service was commissioned."""
        return [id_ for (id_,) in self._all("SELECT id FROM cases WHERE services")]

    def naming(self, person: str, since: date) -> Iterable[str]:
        """Return the ids of cases that name *person* and may have events on or after *since*."""
        asked = "SELECT id FROM cases WHERE last >= ? AND instr(people, ?)"
        return [id_ for (id_,) in self._all(asked, since.isoformat(), f"\n{person}\n")]

    def row(self, id_: str) -> list[Any] | None:
        """Return how case *id_* stands, the values of its row in `list`."""
        found = self._all("SELECT row FROM cases WHERE id = ?", id_)
        return self._values(found[0][0]) if found else None

    def rows(self) -> Iterator[list[Any]] | None:
        """Return how every case stands, as of one moment, in the order of their ids."""
        return (self._values(row) for (row,) in self._all("SELECT row FROM cases ORDER BY id"))

    def _values(self, row: str) -> list[Any]:
        try:
            return list(json.loads(row))
        except ValueError:
            raise self._spoilt() from None

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """See one state of it, whatever is committed meanwhile; not for long, since who commits will not wait."""
        try:
            with self._cache.reading():
                yield
        except CacheError:
            raise self._spoilt() from None

    def loads(self) -> Iterable[Load] | None:
        """Return every open case, in the order of their ids."""
        found = self._all("SELECT row, changes FROM cases ORDER BY id")
        told = ((self._values(row), changes) for row, changes in found)
        return [Load(row[_LEAD], row[_UNIT], changes) for row, changes in told if row[_STATE] in OPEN]

    def owed(self) -> Iterable[Plain] | None:
        """Return what is owed, most overdue first."""
        try:
            return list(owed(self._cache))
        except CacheError:
            raise self._spoilt() from None

    def away_on(self, today: date) -> Away | None:
        """Return who is away on *today*."""
        try:
            return away_on(self._cache, today)
        except CacheError:
            raise self._spoilt() from None

    def next_number(self) -> int:
        """Return the number of the next case that is opened without an id."""
        return int(self._cache.meta["next_number"])
