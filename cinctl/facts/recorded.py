"""Facts about events: the one that is judged, and those that the record holds (`last`, `first`, `count`)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date
from typing import Any

from cinctl.calendar import london_time
from cinctl.events import KINDS, Field
from cinctl.facts.cases import at_hand
from cinctl.facts.model import OWN, Fact, FactError, Get, Moment, Scope, present, unknown
from cinctl.facts.people import person_fact
from cinctl.history import Event

_TEXTUAL = frozenset({"text", "code", "person"})
EVENT_FACTS = {"on": "date", "by": "person", "kind": "text", "time": "time", "weekday": "text", "working_day": "flag"}


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


_Source = Callable[[Moment], Event | None]


def _way(field: Field) -> str:
    """Return how *field* is read: as a date, as a map, or as it is."""
    if field.type == "date" and not field.many:
        return "a date"
    return "a map" if field.mapping else "as it is"


def raw(field: Field) -> Callable[[Event], Any]:
    """Return what reads *field* from an event, typed."""
    key, way = field.name, _way(field)
    if way == "a date":

        def as_day(event: Event) -> Any:
            data = event.data
            value = None if data is None else data.get(key)
            return date.fromisoformat(value) if isinstance(value, str) else None

        return as_day
    if way == "a map":
        return lambda event: parts(event.get(key))
    return lambda event: present(event.get(key))


def parts(value: Any) -> Any:
    """Return a map without its blank parts, or None when *value* is no map."""
    if not isinstance(value, dict):
        return None
    return {part: text for part, text in value.items() if present(text) is not None}


def field_type(field: Field) -> str:
    """Return the type that a field has as a fact."""
    if field.mapping:
        return "map"
    if field.many:
        return "list"
    return {"staff": "person", "event": "event"}.get(field.type, field.type)


def fields_of(kinds: Iterable[str], key: str) -> dict[str, Field]:
    """Return, for each of the full *kinds* that has the field *key*, that field."""
    return {full: fields[key] for full in kinds if key in (fields := KINDS[full.partition(".")[0]].fields)}


def event_fact(name: str, rest: str, scope: Scope, kinds: tuple[str, ...], source: _Source, own: bool) -> Fact:
    """Compile what follows `event.` or `last.X.`: a field, a person or event looked through, a part of a map."""
    key, _, deeper = rest.partition(".")
    if not key:
        raise FactError(f"'{name}' is not a fact: it names no field")
    if key in EVENT_FACTS:
        return _built_in(name, key, deeper, scope, kinds, source, own)
    found = fields_of(kinds, key)
    if not found:
        known = {k for full in kinds for k in KINDS[full.partition(".")[0]].fields}
        raise unknown(name, key, [*known, *EVENT_FACTS])
    reads = frozenset((OWN if own else full, key) for full in found)
    type_, codes = _common(name, found.values())
    get = _reader(key, found, kinds, None if own else source)
    if not deeper:
        return Fact(name, type_, get, reads, own, codes=codes)
    if type_ == "map":
        return Fact(name, "text", _part_of(key, deeper, found, source), reads, own)
    if type_ == "person":
        return person_fact(name, deeper, scope, get, reads, own)
    if type_ == "event":

        def follow(moment: Moment) -> Event | None:
            seq = get(moment)
            return None if seq is None or moment.case is None else moment.case.by_seq.get(seq)

        seen = event_fact(name, deeper, scope, _all_case_kinds(), follow, own=False)
        return seen._replace(reads=seen.reads | reads, own=own)
    raise unknown(name, deeper, [])


def _reader(key: str, found: Mapping[str, Field], kinds: tuple[str, ...], source: _Source | None) -> Get:
    """Return what reads the field *key* of the event that *source* gives, or of the judged event without one.

    *found* tells which of *kinds* have that field. Where all have it and read it alike nothing is looked up by kind.
    """
    ways = {_way(field) for field in found.values()}
    if len(found) == len(kinds) and ways == {"as it is"}:
        return _own_value(key) if source is None else _value_of(key, source)
    if len(found) == len(kinds) and len(ways) == 1 and source is None:
        read = raw(next(iter(found.values())))
        return lambda m: read(m.event)
    getters = {full: raw(field) for full, field in found.items()}

    def get(moment: Moment) -> Any:
        event = moment.event if source is None else source(moment)
        if event is None:
            return None
        getter = getters.get(event.kind)
        return None if getter is None else getter(event)

    return get


def _part_of(key: str, part: str, found: Container[str], source: _Source) -> Get:
    """Return what reads one part of the map *key* of an event: its text, or None where it is blank."""

    def get(moment: Moment) -> Any:
        event = source(moment)
        if event is None or event.data is None or event.kind not in found:
            return None
        told = event.data.get(key)
        return present(told.get(part)) if isinstance(told, dict) else None

    return get


def _own_value(key: str) -> Get:
    def get(moment: Moment) -> Any:
        data = moment.event.data
        if data is None:
            return None
        value = data.get(key)
        return None if value.__class__ is str and (not value or value.isspace()) else value

    return get


def _value_of(key: str, source: _Source) -> Get:
    def get(moment: Moment) -> Any:
        event = source(moment)
        if event is None or event.data is None:
            return None
        value = event.data.get(key)
        return None if value.__class__ is str and (not value or value.isspace()) else value

    return get


def _common(name: str, fields: Iterable[Field]) -> tuple[str, str | None]:
    """Return the type and the code list of a field that several kinds have; the list only where they share it."""
    fields = list(fields)
    types = {field_type(field) for field in fields}
    lists = {field.codes for field in fields}
    if len(types) > 1 and not types <= _TEXTUAL:
        raise FactError(f"'{name}' is a {' here and a '.join(sorted(types))} there: ask each kind in a rule of its own")
    return (types.pop() if len(types) == 1 else "text"), (lists.pop() if len(lists) == 1 else None)


def _all_case_kinds() -> tuple[str, ...]:
    return tuple(full for kind in KINDS.values() if kind.subject == "case" for full in kind.full_names())


def _built_in(
    name: str, key: str, deeper: str, scope: Scope, kinds: tuple[str, ...], source: _Source, own: bool
) -> Fact:
    by = (OWN,) if own else kinds
    if key == "by":

        def author_of(moment: Moment) -> Any:
            event = source(moment)
            return None if event is None else event.by

        author: Get = (lambda m: m.event.by) if own else author_of
        reads = frozenset((kind, "by") for kind in by)
        if deeper:
            return person_fact(name, deeper, scope, author, reads, own)
        return Fact(name, "person", author, reads, own)
    if deeper:
        raise unknown(name, deeper, [])
    built_in: dict[str, tuple[Callable[[Moment, Event], Any], str | None]] = {
        "on": (lambda m, e: e.on, "at"),
        "kind": (lambda m, e: e.kind, None),
        "time": (lambda m, e: london_time(e.at), "at"),
        "weekday": (lambda m, e: _WEEKDAYS[e.on.weekday()], "at"),
        "working_day": (_on_working_day, "at"),
    }
    get, field = built_in[key]

    def value_of(moment: Moment) -> Any:
        event = source(moment)
        return None if event is None else get(moment, event)

    value: Get = (lambda m: m.event.on) if own and key == "on" else value_of
    reads = frozenset((kind, field or "") for kind in by) if field or not own else frozenset()
    # The day of a step is known before its fields are, so it does not count as the step's own say.
    return Fact(name, EVENT_FACTS[key], value, reads, own=False)


def _on_working_day(moment: Moment, event: Event) -> bool | None:
    calendar = moment.calendar
    return calendar.is_working_day(event.on) if calendar.first <= event.on <= calendar.last else None


def own_event(name: str, rest: str, scope: Scope, kinds: tuple[str, ...]) -> Fact:
    """Compile a fact about the judged event. Raises FactError."""
    return event_fact(name, rest, scope, kinds, lambda m: m.event, own=True)


def own_field(key: str) -> Callable[..., Fact]:
    """Return a maker of facts that look through the field *key* of the judged event."""

    def make(name: str, rest: str, scope: Scope, kinds: tuple[str, ...]) -> Fact:
        return own_event(name, f"{key}.{rest}" if rest else key, scope, kinds)

    return make


def past_fact(which: str) -> Callable[..., Fact]:
    """Return a maker of `last`, `first` or `count` facts."""

    def make(name: str, rest: str, scope: Scope, seen_from: tuple[str, ...]) -> Fact:
        words = rest.split(".")
        for length in range(len(words), 0, -1):
            event_name = ".".join(words[:length])
            kinds = scope.kinds_of(event_name)
            if kinds is not None:
                break
        else:
            raise unknown(name, words[0], scope.event_names())
        extra = scope.named[event_name][1] if event_name in scope.named else frozenset()
        field = ".".join(words[length:])
        key, case = scope.key(event_name), at_hand(seen_from)
        if which == "count":
            if field:
                raise unknown(name, field, [])
            reads = frozenset((kind, "at") for kind in kinds) | extra
            return Fact(name, "number", lambda m: case(m).count.get(key, 0), reads)

        def last(moment: Moment) -> Event | None:
            return case(moment).last.get(key)

        def first(moment: Moment) -> Event | None:
            return case(moment).first.get(key)

        if not field:
            raise FactError(f"'{name}' is not a fact: it names no field, such as '{name}.on'")
        made = event_fact(name, field, scope, kinds, last if which == "last" else first, own=False)
        return made._replace(reads=made.reads | extra)

    return make
