"""OCEL 2.0 as JSON: events, and the objects that each touches. Pieces of text; objects that were seen come last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from cinctl.exports.leaving import Column, Value
from cinctl.formats.report import dumped

__all__ = ["Event", "Object", "Relation", "document"]

_OF_ALL_TIME = "1970-01-01T00:00:00Z"
"""The time of an attribute that an object has from the start, as the standard has it."""
_TYPES: Mapping[str, str] = {"flag": "boolean", "number": "integer", "time": "time"}


class Relation(NamedTuple):
    """That something has to do with an object, and how."""

    object: str
    qualifier: str


class Event(NamedTuple):
    """One event and the objects that it touches."""

    id: str
    type: str
    moment: datetime
    attributes: Mapping[str, Value]
    relations: Iterable[Relation]


class Object(NamedTuple):
    """One object: a case, a child, a practitioner."""

    id: str
    type: str
    attributes: Mapping[str, Value] = {}
    relations: Iterable[Relation] = ()


def document(
    event_types: Mapping[str, Iterable[Column]],
    object_types: Mapping[str, Iterable[Column]],
    events: Iterable[Event],
    objects: Iterable[Object],
) -> Iterator[str]:
    """Yield a log. *objects* is read after all *events*, so that they may be those which the events named."""
    yield '{\n"objectTypes": [' + _types(object_types) + '\n],\n"eventTypes": [' + _types(event_types) + "\n],\n"
    yield '"events": ['
    yield from _listed(map(_event, events))
    yield '\n],\n"objects": ['
    yield from _listed(map(_object, objects))
    yield "\n]\n}\n"


def _types(types: Mapping[str, Iterable[Column]]) -> str:
    told = [
        {"name": name, "attributes": [{"name": c.name, "type": _TYPES.get(c.type, "string")} for c in columns]}
        for name, columns in types.items()
    ]
    return "".join(_listed(told))


def _listed(items: Iterable[Any]) -> Iterator[str]:
    for place, item in enumerate(items):
        yield (",\n" if place else "\n") + dumped(item)


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "time": _text(event.moment),
        "attributes": [{"name": name, "value": _text(value)} for name, value in event.attributes.items()],
        "relationships": [{"objectId": to, "qualifier": how} for to, how in event.relations],
    }


def _object(thing: Object) -> dict[str, Any]:
    return {
        "id": thing.id,
        "type": thing.type,
        "attributes": [
            {"name": name, "time": _OF_ALL_TIME, "value": _text(value)} for name, value in thing.attributes.items()
        ],
        "relationships": [{"objectId": to, "qualifier": how} for to, how in thing.relations],
    }


def _text(value: Value) -> str:
    """Return *value* as text, which is how the standard's schema has every value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, list):
        return ", ".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)
