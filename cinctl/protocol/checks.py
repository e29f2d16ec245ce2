"""What must hold between the parts of a protocol, once each part has its shape.

A check takes a rule, or a table, and the names that it may use, and yields what is wrong. The tuples at the foot are
all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from cinctl.errors import CalendarError, did_you_mean
from cinctl.events import KINDS
from cinctl.protocol.model import IN_FORCE as IN_FORCE
from cinctl.protocol.model import WAIVER_USED as WAIVER_USED
from cinctl.protocol.model import (
    CalendarSpec,
    CaseloadSpec,
    Clock,
    Gate,
    NamedEvent,
    Param,
    Protocol,
    Rule,
    Source,
    Training,
    Trigger,
)
from cinctl.protocol.registers import REGISTERS
from cinctl.protocol.shape import Fault, shown

OWNERS = ("lead", "supervisor", "manager", "subject", "lead_at_start")
OF_STAFF_OR_SERVICE = ("staff", "fileaudit", "govern", "feedback")

_APART = {("starts", "service"): IN_FORCE, ("stops", "case"): WAIVER_USED}
"""What is no event and may yet be listened for, by the key and the clock's subject."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_WORD = re.compile(r"[A-Za-z0-9_]+")
_FACT = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)+")
_LONGEST = {"working days": 36_500, "days": 36_500, "weeks": 5_200, "months": 1_200, "years": 100}


class Names(NamedTuple):
    """The names that a rule may use, and the *tables* that they come from, as far as those have their shape."""

    events: Mapping[str, NamedEvent]
    sets: Collection[str]
    tables: Mapping[str, Any]


def full_kinds() -> list[str]:
    """Return every spelling of every kind: `assess`, `assess.start`, `assess.complete`, and so on."""
    return [name for kind in KINDS.values() for name in dict.fromkeys((kind.name, *kind.full_names()))]


def bases(on: Iterable[str], events: Mapping[str, NamedEvent], seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the kinds without phases that the kinds and named events *on* come down to."""
    found: set[str] = set()
    for name in on:
        if name in events and name not in seen:
            found |= bases(events[name].on, events, seen | {name})
        elif name.partition(".")[0] in KINDS:
            found.add(name.partition(".")[0])
    return found


def duration(text: str, least: int = 0) -> Iterator[str]:
    """Yield what is wrong with *text* as a duration of at least *least*."""
    from cinctl.calendar import Duration

    try:
        made = Duration.parse(text)
    except ValueError as error:
        yield str(error)
        return
    if made.n < least:
        yield f"must be at least {least}, not {text!r}"
    if made.n > _LONGEST[made.unit]:
        yield f"is longer than a hundred years: {text!r}"


def _kind(name: str, names: Names, *, named: bool = True) -> Iterator[str]:
    if name in names.events:
        if not named:
            yield f"'{name}' is a named event; a gate listens to kinds only"
        return
    base, _, phase = name.partition(".")
    if base in KINDS and (not phase or phase in KINDS[base].phases):
        return
    known = [*full_kinds(), *names.events] if named else full_kinds()
    hint = did_you_mean(name, known)
    what = "kind or named event" if named else "kind"
    if base in KINDS:
        phases = ", ".join(KINDS[base].phases) or "none"
        yield f"unknown {what} '{name}': '{base}' has the phases {phases}.{hint}"
    else:
        yield f"unknown {what} '{name}'{'.' + hint if hint else ' (kinds: ' + ', '.join(KINDS) + ')'}"


def rule_id(rule: Rule) -> Iterator[Fault]:
    """An id is one word of letters, digits, `-`, `_` and `.`, since facts and options name it."""
    clauses = [clause for clause in rule.clauses if clause != rule.id.partition(".")[0]]
    for key, one in [("id", rule.id), *(("clauses", clause) for clause in clauses)]:
        if not _ID.fullmatch(one):
            yield Fault((key,), f"'{one}' is not an id: letters, digits, '-', '_' and '.' only")


def gate_parts(rule: Rule, names: Names) -> Iterator[Fault]:
    """A gate listens to kinds and requires something."""
    if not isinstance(rule, Gate):
        return
    if not rule.on:
        yield Fault(("on",), "is empty: the gate would never be asked")
    for name in rule.on:
        yield from (Fault(("on",), text) for text in _kind(name, names, named=False))
    if not rule.require:
        yield Fault(("require",), "is empty: the gate would refuse nothing")


def clock_triggers(rule: Rule, names: Names) -> Iterator[Fault]:
    """A clock starts from something, and listens to kinds and named events that its subject can have."""
    if not isinstance(rule, Clock):
        return
    if not rule.starts:
        yield Fault(("starts",), "is empty: the clock would never start")
    for key in ("starts", "stops", "resumes", "until"):
        triggers: tuple[Trigger, ...] = getattr(rule, key)
        for name in (name for trigger in triggers for name in trigger.on):
            if name == _APART.get((key, rule.subject)):
                continue
            texts = list(_kind(name, names)) or _subject(name, rule, names)
            yield from (Fault((key,), text) for text in texts)


def _subject(name: str, rule: Clock, names: Names) -> Iterator[str]:
    for base in sorted(bases((name,), names.events)):
        if rule.subject == "case" and KINDS[base].subject != "case":
            yield f'\'{name}\' is not about a case; say for = "practitioner" or "service"'
        elif rule.subject != "case" and base not in OF_STAFF_OR_SERVICE:
            listens = ", ".join(OF_STAFF_OR_SERVICE)
            yield f"a clock for a {rule.subject} listens only to {listens}, not to '{name}'"


def clock_limit(rule: Rule) -> Iterator[Fault]:
    """A clock has one limit or none, and what it says of a series belongs to one."""
    if not isinstance(rule, Clock):
        return
    if rule.within and rule.every:
        yield Fault((), "has both 'within' and 'every': a limit is one or the other", key="every")
    for key, least in (("every", 1), ("lasts", 1)):
        text = getattr(rule, key)
        yield from (Fault((key,), wrong) for wrong in (duration(text, least) if text else ()))
    if rule.within and not _FACT.fullmatch(rule.within):
        yield from (Fault(("within",), _or_fact(wrong)) for wrong in duration(rule.within))
    for fact in rule.from_:
        if not _FACT.fullmatch(fact):
            yield Fault(("from",), f"'{fact}' is not a date fact, such as 'event.on' or 'case.referred'")
    if rule.times < 1:
        yield Fault(("times",), f"must be at least 1, not {rule.times}")
    if not rule.every and (rule.times != 1 or rule.anchor != "stop"):
        key = "times" if rule.times != 1 else "anchor"
        yield Fault((), "'times' and 'anchor' belong to a clock with 'every'", key=key)
    if rule.every and not rule.stops:
        yield Fault((), "has 'every' and no 'stops': nothing would begin its next cycle", key="every")


def _or_fact(wrong: str) -> str:
    return wrong.replace("is not a duration:", "is neither a date fact nor a duration:")


def clock_owner(rule: Rule, names: Names) -> Iterator[Fault]:
    """An owner is a word of the language, a field of the starting event, or a set of roles."""
    if not isinstance(rule, Clock) or rule.owner is None or rule.owner in OWNERS:
        return
    owner = rule.owner
    if owner.startswith("@"):
        if owner[1:] not in names.sets:
            hint = did_you_mean(owner[1:], names.sets)
            yield Fault(("owner",), f"unknown set '{owner}' (sets: {', '.join(sorted(names.sets)) or 'none'}).{hint}")
    elif owner.startswith("start."):
        fields = _staff_fields(rule, names)
        if owner[6:] not in fields:
            hint = did_you_mean(owner[6:], fields)
            text = f"what starts the clock has no practitioner in '{owner[6:]}' ({', '.join(fields)}).{hint}"
            yield Fault(("owner",), text)
    else:
        hint = did_you_mean(owner, [*OWNERS, *names.sets])
        yield Fault(("owner",), f"must be {', '.join(OWNERS)}, start.FIELD or @SET, not '{owner}'.{hint}")


def _staff_fields(rule: Clock, names: Names) -> list[str]:
    starts = bases((name for trigger in rule.starts for name in trigger.on), names.events)
    found = (field.name for base in sorted(starts) for field in KINDS[base].fields.values() if field.type == "staff")
    return list(dict.fromkeys(("by", *found)))


def event_names(names: Names) -> Iterator[Fault]:
    """A named event has a name of its own, listens to something, and does not come back to itself."""
    for name, event in names.tables["events"].items():
        path = ("events", name)
        if name in KINDS or name == IN_FORCE:
            yield Fault(path, f"'{name}' is a kind already; a named event needs another name")
        if not event.on:
            yield Fault((*path, "on"), "is empty: the event would never happen")
        for one in event.on:
            yield from (Fault((*path, "on"), text) for text in _kind(one, names))
        ring = _ring(name, names.events)
        if ring and name == min(ring):
            yield Fault((*path, "on"), f"comes back to itself: {' -> '.join(ring)}")


def _ring(start: str, events: Mapping[str, NamedEvent]) -> list[str]:
    """Return the way from *start* back to it, or an empty list."""
    waiting, seen = [[start]], set()
    while waiting:
        way = waiting.pop()
        for name in events[way[-1]].on:
            if name == start:
                return [*way, start]
            if name in events and name not in seen:
                seen.add(name)
                waiting.append([*way, name])
    return []


def words(names: Names) -> Iterator[Fault]:
    """What facts and options name is spelt with letters, digits and underscores."""
    for table in ("events", "sets", "roles", "params", "training", "codes"):
        for name, value in names.tables[table].items():
            yield from _word((table, name), name)
            if table == "codes":
                yield from (fault for code in value for fault in _word((table, name, code), code))
    for name, members in names.tables["sets"].items():
        yield from (fault for member in members for fault in _word(("sets", name), member))


def _word(path: tuple[str, ...], word: str) -> Iterator[Fault]:
    if not _WORD.fullmatch(word):
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", word)
        hint = f" Did you mean '{plain}'?" if _WORD.fullmatch(plain) else ""
        yield Fault(path, f"'{word}' must be letters, digits and underscores only.{hint}")


def params(names: Names) -> Iterator[Fault]:
    """A param's value is of its type."""
    found: Mapping[str, Param] = names.tables["params"]
    for name, param in found.items():
        path = ("params", name)
        if param.value is None:
            continue
        if param.type == "duration" and isinstance(param.value, str):
            yield from (Fault(path, text, key="value") for text in duration(param.value))
        elif type(param.value) is not _TYPES[param.type]:
            yield Fault(path, f"value must be a {param.type}, not {shown(param.value)}", key="value")


def trainings(names: Names) -> Iterator[Fault]:
    """A training has topics, and durations where it has times."""
    found: Mapping[str, Training] = names.tables["training"]
    for name, training in found.items():
        path = ("training", name)
        if not training.topics:
            yield Fault((*path, "topics"), "is empty")
        for key, text in (("within", training.within), ("valid_for", training.valid_for)):
            yield from (Fault((*path, key), wrong) for wrong in (duration(text, 1) if text else ()))


def clause_sources(names: Names) -> Iterator[Fault]:
    """A clause comes from a source that the protocol or a bundled register has."""
    sources: Mapping[str, Source] = names.tables["sources"]
    known = [*sources, *(name for name in REGISTERS if name not in sources)]
    for name, clause in names.tables["clauses"].items():
        if clause.source not in known:
            yield Fault(
                ("clauses", name, "source"),
                f"unknown source '{clause.source}' ({', '.join(known)}).{did_you_mean(clause.source, known)}",
            )


def calendar(names: Names) -> Iterator[Fault]:
    """The calendar names a bundled list that covers its closures."""
    from cinctl.calendar import Calendar

    spec: CalendarSpec = names.tables["calendar"]
    if spec == CalendarSpec():
        return
    try:
        Calendar.load(spec.bank_holidays, spec.closures)
    except CalendarError as error:
        yield Fault(("calendar",), str(error), key="bank_holidays" if not spec.closures else "closures")


def caseload(names: Names) -> Iterator[Fault]:
    """A limit of cases is a count."""
    spec: CaseloadSpec = names.tables["caseload"]
    limits: list[tuple[tuple[str, ...], int | None]] = [
        (("practitioner",), spec.practitioner),
        (("unit",), spec.unit),
    ]
    for key in ("roles", "units"):
        limits += [((key, name), limit) for name, limit in getattr(spec, key).items()]
    for path, limit in limits:
        if limit is not None and limit < 0:
            yield Fault(("caseload", *path), f"must be at least 0, not {limit}")


def versions(protocol_id: str, effective_from: date | None, previous: Protocol | None) -> Iterator[Fault]:
    """A protocol has an id that the log can hold, and supersedes one that was in force before it."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", protocol_id):
        yield Fault(("protocol", "id"), f"'{protocol_id}' is not an id: letters, digits, '-', '_' and '.' only")
    if previous is None:
        return
    before = previous.effective_from
    if effective_from is None:
        text = "supersedes another and does not say from when: 'effective_from' is missing"
        yield Fault(("protocol",), text, key="supersedes")
    elif before is not None and before >= effective_from:
        since = f"{before.isoformat()}, which is not before {effective_from.isoformat()}"
        yield Fault(("protocol", "supersedes"), f"that protocol is in force from {since}")


_TYPES = {"date": date, "text": str, "number": int, "flag": bool, "duration": str}

RULE_CHECKS: dict[str, Callable[[Rule], Iterator[Fault]]] = {"rule-id": rule_id, "clock-limit": clock_limit}
"""Of a rule alone, by the id of the check."""

NAME_CHECKS: dict[str, Callable[[Rule, Names], Iterator[Fault]]] = {
    "gate-parts": gate_parts,
    "clock-events": clock_triggers,
    "clock-owner": clock_owner,
}
"""Of a rule among the names that it uses."""

TABLE_CHECKS: dict[str, Callable[[Names], Iterator[Fault]]] = {
    "event-names": event_names,
    "spelling": words,
    "param-value": params,
    "training": trainings,
    "clause-source": clause_sources,
    "calendar": calendar,
    "caseload": caseload,
}
