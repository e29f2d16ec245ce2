"""Histories for process mining: cases as the traces of XES, and events with the objects that they touch for OCEL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cinctl.casebook import Casebook
from cinctl.events import KINDS
from cinctl.exports.leaving import BOOKKEEPING, Column, Outward, Value, columns_of, link_columns
from cinctl.exports.telling import CASE_COLUMNS, Told, case_row, case_told, event_told, events_of, office_events
from cinctl.formats import ocel
from cinctl.formats.xes import Trace
from cinctl.history import Event

__all__ = ["OBJECT_TYPES", "ObjectLog", "event_types", "traces"]

# What every event has besides its own fields.
_OF_EVENTS = (Column("role", "text"), Column("timed", "flag"), Column("imported", "flag"), Column("amended", "flag"))
_LINKS = frozenset({"case", "child", "family", "lead", "supervisor", "unit", "events"})
_OF_CASES = tuple(column for column in CASE_COLUMNS if column.name not in _LINKS)
_WHOSE = frozenset({"child", "family"})
SERVICE = "service"
OBJECT_TYPES: dict[str, tuple[Column, ...]] = {
    "case": _OF_CASES, "child": (), "family": (), "practitioner": (), "unit": (), SERVICE: (),
}  # fmt: skip


def traces(book: Casebook, outward: Outward, ids: Iterable[str]) -> Iterator[Trace]:
    """Yield the cases *ids* as traces, one in memory at a time."""
    for id_ in ids:
        told = {"concept:name": outward.mask.case(id_), **case_told(book, outward, id_)}
        yield Trace(told, (_xes_event(event_told(book, outward, event)) for event in events_of(book, id_)))


def _xes_event(told: Told) -> dict[str, Value]:
    who = {"org:resource": told.by, "org:role": told.role, "org:group": told.unit}
    return {
        "concept:name": told.kind,
        "time:timestamp": told.moment,
        "lifecycle:transition": "complete",
        **{key: value for key, value in who.items() if value is not None},
        "event_id": told.id,
        "timed": told.timed,
        "imported": told.imported,
        "amended": told.amended,
        **told.fields,
    }


def event_types(*, characteristics: bool) -> dict[str, tuple[Column, ...]]:
    """Return every kind of event that OCEL may tell of, with what its events may say beside their objects."""
    found = {}
    for kind in KINDS.values():
        if kind.name not in BOOKKEEPING:
            linking = link_columns(kind.name)
            own = {c.name: c for c in columns_of(kind.name, characteristics=characteristics) if c.name not in linking}
            shared = (column for column in _OF_EVENTS if column.name not in own)
            found.update(dict.fromkeys(kind.full_names(), (*shared, *own.values())))
    return found


class ObjectLog:
    """The events of a store with their objects, and then these objects: in memory are one case, and the ids met.

    *walk* yields the ids of the cases as often as it is called.
    """

    def __init__(self, book: Casebook, outward: Outward, walk: Callable[[], Iterable[str]]) -> None:
        self.cases = self.events_told = 0
        self._book, self._outward, self._walk = book, outward, walk
        self._met: dict[str, set[str]] = {name: set() for name in OBJECT_TYPES if name != "case"}

    def events(self) -> Iterator[ocel.Event]:
        """Yield every event that counts: those of each case in order, then those of no case."""
        for id_ in self._walk():
            yield from self._events_of(id_)
        for event in office_events(self._book):
            yield self._event(event, [self._relation(SERVICE, SERVICE, SERVICE)])

    def _events_of(self, id_: str) -> Iterator[ocel.Event]:
        case = ocel.Relation(_object_id("case", self._outward.mask.case(id_)), "case")
        whose: dict[str, ocel.Relation] = {}
        for event in events_of(self._book, id_):
            yield self._event(event, [case], whose)

    def _event(
        self, event: Event, relations: list[ocel.Relation], whose: dict[str, ocel.Relation] | None = None
    ) -> ocel.Event:
        """Return *event*. *whose* is the child and the family of its case, as far as its events have told."""
        self.events_told += 1
        told = event_told(self._book, self._outward, event)
        named = list(self._outward.links(event, told.fields))
        if whose is not None:
            whose |= {sort: self._relation(sort, id_, sort) for sort, id_, _ in named if sort in _WHOSE}
            relations += whose.values()
        if told.by is not None:
            relations.append(self._relation("practitioner", told.by, "by"))
        relations += [self._relation(sort, id_, name) for sort, id_, name in named if sort not in _WHOSE]
        return ocel.Event(told.id, told.kind, told.moment, _attributes(event, told), tuple(dict.fromkeys(relations)))

    def _relation(self, sort: str, id_: str, qualifier: str) -> ocel.Relation:
        return ocel.Relation(self._meet(sort, id_), qualifier)

    def _meet(self, sort: str, id_: str) -> str:
        self._met[sort].add(id_)
        return _object_id(sort, id_)

    def objects(self) -> Iterator[ocel.Object]:
        """Yield every object: the cases as they stand, and all else that the events named or a case is linked to."""
        for id_ in self._walk():
            self.cases += 1
            yield self._case(id_)
        for sort, met in self._met.items():
            for id_ in sorted(met):
                yield ocel.Object(_object_id(sort, id_), sort)

    def _case(self, id_: str) -> ocel.Object:
        row = case_row(self._book, self._outward, id_)
        known = {c.name: row[c.name] for c in _OF_CASES if row[c.name] is not None}
        links = (("child", "child"), ("family", "family"), ("practitioner", "lead"), ("practitioner", "supervisor"))
        relations = [
            self._relation(sort, row[name], name) for sort, name in (*links, ("unit", "unit")) if row[name] is not None
        ]
        return ocel.Object(_object_id("case", row["case"]), "case", known, relations)


def _attributes(event: Event, told: Told) -> dict[str, Value]:
    shared = {"role": told.role, "timed": told.timed, "imported": told.imported, "amended": told.amended}
    linking = link_columns(event.base)
    fields = {name: value for name, value in told.fields.items() if name not in linking}
    return {name: value for name, value in {**shared, **fields}.items() if value is not None}


def _object_id(sort: str, id_: str) -> str:
    """Return what names an object: a case and a practitioner may have one id, and objects may not."""
    return f"{sort}:{id_}"
