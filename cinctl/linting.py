"""What looks wrong in a protocol that loads: errors, where it contradicts itself, then warnings and notes.

A check takes an edition of a protocol and yields notes; the table at the foot is all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cinctl.claims import what_a_protocol_names, what_the_file_says_of_itself
from cinctl.conditions import Conditions, Line, may_be_vacuous
from cinctl.contradictions import impossible
from cinctl.errors import ProtocolError, did_you_mean
from cinctl.notes import LEVELS, Note, clauses_of_tables, place, rules_of
from cinctl.protocol import Clock, load_tables, register_sources
from cinctl.protocol.layer import RULES, TOP
from cinctl.protocol.model import IN_FORCE, Meta
from cinctl.protocol.shape import BESIDE, keys_of
from cinctl.protocol.source import find, parse
from cinctl.rules import Edition, RuleBook

__all__ = ["Note", "faults_behind", "lint"]


def lint(edition: Edition) -> list[Note]:
    """Return what looks wrong in a protocol that loads, the worst first."""
    found = (note._replace(check=id_) for id_, check in _CHECKS.items() for note in check(edition))
    notes = list(dict.fromkeys(found))
    return sorted(notes, key=lambda note: LEVELS.index(note.level))


def faults_behind(ref: str | None, told: Iterable[str]) -> list[str]:
    """Return the faults of the protocol *ref* that show only once what is *told* already is out of the way.

    A key that nobody knows, or a rule that cannot be made, keeps a protocol from being put together, and so what the
    conditions of its other rules say from being looked at.
    """
    if ref is None:
        return []
    broken = {named[1] for fault in told if (named := _OF_A_RULE.search(fault))}
    try:
        found = find(ref, Path())
        tables = _mended(_without_unknown_keys(parse(found)), broken)
        protocol = load_tables(tables, file=found.shown, base=found.base)
    except ProtocolError:
        return []  # there is more amiss than keys and rules
    try:
        RuleBook(protocol)
    except ProtocolError as fault:
        return list(fault.faults)
    return []


def _without_unknown_keys(tables: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in tables.items() if key in (*TOP, *BESIDE)}
    for kind, shape in RULES.items():
        if isinstance(rules := kept.get(kind), list):
            kept[kind] = [_only(keys_of(shape), rule) for rule in rules]
    if "protocol" in kept:
        kept["protocol"] = _only(keys_of(Meta), kept["protocol"])
    return kept


def _mended(tables: Mapping[str, Any], broken: Collection[str]) -> dict[str, Any]:
    """Return *tables* with a rule that says little in place of each that is *broken*, where others may name it."""
    made = dict(tables)
    for kind, harmless in _HARMLESS.items():
        if isinstance(rules := made.get(kind), list):
            made[kind] = [_in_place_of(rule, harmless, broken) for rule in rules]
    return made


def _in_place_of(rule: Any, harmless: Mapping[str, Any], broken: Collection[str]) -> Any:
    id_ = rule.get("id") if isinstance(rule, dict) else None
    return {"id": id_, **harmless} if isinstance(id_, str) and id_ in broken else rule


_OF_A_RULE = re.compile(r": (?:gate|clock) ([^\s:]+): ")
_HARMLESS: dict[str, dict[str, Any]] = {
    "gate": {"on": "note", "require": {"event.on": {"present": True}}},
    "clock": {"starts": "refer", "stops": "close"},
}


def _only(keys: Iterable[str], table: Any) -> Any:
    return {key: table[key] for key in keys if key in table} if isinstance(table, dict) else table


# Contradictions


def _gates_that_never_hold(edition: Edition) -> Iterator[Note]:
    sets = _sets(edition)
    for id_, gate in edition.gate_rules.items():
        where = edition.protocol.where(id_)
        never = impossible([gate.require], sets)
        if never:
            yield Note("error", id_, where, f"can never hold: {never}")
        elif not impossible([gate.when], sets) and (against := impossible([gate.when, gate.require], sets)):
            yield Note("error", id_, where, f"can never hold where its 'when' does: {against}")


def _gates_that_are_never_asked(edition: Edition) -> Iterator[Note]:
    for id_, gate in edition.gate_rules.items():
        if unasked := impossible([gate.when], _sets(edition)):
            yield Note("warning", id_, edition.protocol.where(id_), f"is never asked: in its 'when', {unasked}")


def _sets(edition: Edition) -> Mapping[str, tuple[str, ...]]:
    # a protocol without roles takes any: what '@roles' then means is no contradiction of its own
    roles = tuple(edition.protocol.roles)
    return {**({"roles": roles} if roles else {}), **edition.protocol.sets}


def _triggers(edition: Edition, clock: str, role: str) -> list[tuple[Conditions, ...]]:
    """Return the conditions of each way in which *role* (`start`, `stop`) may come about for *clock*."""
    hooks = (h for kinds in edition.hooks.values() for found in kinds.values() for h in found)
    return [h.conditions for h in hooks if h.clock.id == clock and h.role == role]


def _clocks_that_nothing_stops(edition: Edition) -> Iterator[Note]:
    for id_, rule in edition.clock_rules.items():
        where = edition.protocol.where(id_)
        if not rule.clock.stops:
            yield Note("error", id_, where, "nothing stops it: 'stops' is missing or empty")
        elif reason := _never(edition, id_, "stop"):
            yield Note("error", id_, where, f"nothing stops it: {reason}")


def _clocks_that_nothing_starts(edition: Edition) -> Iterator[Note]:
    for id_, rule in edition.clock_rules.items():
        where = edition.protocol.where(id_)
        if reason := _never(edition, id_, "start"):
            level = "error" if rule.clock.every else "warning"
            yield Note(level, id_, where, f"nothing starts it: {reason}")
        elif _starts_with_the_protocol(rule.clock) and edition.in_force_from() is None:
            text = "nothing starts it: neither 'effective_from' nor a date in [params] says since when it runs"
            yield Note("warning", id_, where, text)


def _starts_with_the_protocol(clock: Clock) -> bool:
    return clock.subject == "service" and all(trigger.on == (IN_FORCE,) for trigger in clock.starts)


def _never(edition: Edition, clock: str, role: str) -> str | None:
    """Return why *role* can never come about for *clock*, or None when one of its ways may."""
    reasons = [impossible(way, _sets(edition)) for way in _triggers(edition, clock, role)]
    return reasons[0] if reasons and all(reasons) else None


def _rings_of_limits(edition: Edition) -> Iterator[Note]:
    clocks = edition.protocol.clocks
    leads_to = {id_: [name for name in _dues(clock) if name in clocks] for id_, clock in clocks.items()}
    for id_ in clocks:
        ring = _ring(id_, leads_to)
        if ring and id_ == min(ring):
            where = edition.protocol.where(id_)
            yield Note("error", id_, where, f"is due when it is due itself: {' -> '.join(ring)}")


def _dues(clock: Clock) -> list[str]:
    return [fact.removeprefix("due.") for fact in (clock.within or "", *clock.from_) if fact.startswith("due.")]


def _ring(start: str, leads_to: Mapping[str, list[str]]) -> list[str]:
    """Return the way from *start* back to it, or an empty list."""
    waiting, seen = [[start]], {start}
    while waiting:
        way = waiting.pop()
        for name in leads_to[way[-1]]:
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                waiting.append([*way, name])
    return []


# Words that mean nothing


def _lines(edition: Edition) -> Iterator[tuple[str, Line]]:
    """Yield every line of every rule's conditions with the rule's id."""
    for id_, gate in edition.gate_rules.items():
        yield from ((id_, line) for line in (*gate.when.lines, *gate.require.lines))
    for kinds in edition.hooks.values():
        for hook in (hook for found in kinds.values() for hook in found):
            yield from ((hook.clock.id, line) for part in hook.conditions for line in part.lines)


def _sets_named(operand: object) -> list[str]:
    items = operand if isinstance(operand, list) else [operand]
    return [item[1:] for item in items if isinstance(item, str) and item.startswith("@") and "." not in item]


def _roles_that_do_not_exist(edition: Edition) -> Iterator[Note]:
    protocol = edition.protocol
    if not protocol.roles:
        return
    users = _sets_of_roles(edition)
    for name, members in protocol.sets.items():
        for member in members if name in users else ():
            if member not in protocol.roles:
                text = f"'{member}' in set @{name} is no role of [roles].{did_you_mean(member, protocol.roles)}"
                yield Note("error", users[name], place(protocol, "sets", name), text)
    for role in protocol.caseload.roles:
        if role not in protocol.roles:
            text = f"'{role}' in [caseload.roles] is no role of [roles].{did_you_mean(role, protocol.roles)}"
            yield Note("error", None, place(protocol, "caseload", "roles", role), text)


def _sets_of_roles(edition: Edition) -> dict[str, str | None]:
    """Return each set whose members are roles, with the first rule that uses it as one."""
    found: dict[str, str | None] = {}
    for id_, line in _lines(edition):
        if line.fact.codes == "role":
            for name in _sets_named(line.operand):
                found.setdefault(name, id_)
    for clock in edition.protocol.clocks.values():
        for name in _sets_named(clock.owner):
            found.setdefault(name, clock.id)
    for name in ("lead", "manager"):
        found.setdefault(name, None)
    return found


def _codes_that_do_not_exist(edition: Edition) -> Iterator[Note]:
    protocol = edition.protocol
    for id_, line in _lines(edition):
        known = protocol.codes.get(line.fact.codes or "", {})
        for name in _sets_named(line.operand) if known else ():
            members = protocol.sets.get(name, ())
            strange = [member for member in members if member not in known]
            if strange:
                text = f"set @{name} has {', '.join(strange)}, not in the code list '{line.fact.codes}'"
                level = "error" if len(strange) == len(members) else "warning"
                never = f": '{line.fact.name}' can never be one of it" if level == "error" else ""
                yield Note(level, id_, protocol.where(id_), text + never)


def _clauses_that_nobody_knows(edition: Edition) -> Iterator[Note]:
    protocol = edition.protocol
    sources = {*protocol.sources, *register_sources()}

    def unknown(clauses: Iterable[str]) -> list[str]:
        return [clause for clause in clauses if protocol.clause(clause) is None]

    for rule in rules_of(protocol):
        of_its_id = rule.clauses == (rule.id.partition(".")[0],)
        if of_its_id and (rule.external or rule.id.partition("-")[0] not in sources):
            continue
        for clause in unknown(rule.clauses):
            yield Note("warning", rule.id, protocol.where(rule.id), f"no register or [clauses] knows {clause}")
    for path, clauses in clauses_of_tables(protocol):
        for clause in unknown(clauses):
            text = f"[{'.'.join(path)}]: no register or [clauses] knows {clause}"
            yield Note("warning", clause, place(protocol, *path), text)


# What is not judged, or holds of nothing


def _not_judged(edition: Edition) -> Iterator[Note]:
    for rule, param in edition.unfilled.items():
        yield Note("warning", rule, edition.protocol.where(rule), f"is not judged: params.{param} has no value")


def _vacuous(edition: Edition) -> Iterator[Note]:
    for id_, gate in edition.gate_rules.items():
        for line in may_be_vacuous(gate.require):
            text = f"'{line.fact.name}' may be absent, and '{line.operator}' then holds: say 'present' beside it"
            yield Note("warning", id_, edition.protocol.where(id_), text)


def _speechless(edition: Edition) -> Iterator[Note]:
    for rule in rules_of(edition.protocol):
        if not rule.say:
            yield Note("note", rule.id, edition.protocol.where(rule.id), "has no 'say'")


_CHECKS: dict[str, Callable[[Edition], Iterator[Note]]] = {
    "gate-never-holds": _gates_that_never_hold,
    "gate-never-asked": _gates_that_are_never_asked,
    "clock-never-stops": _clocks_that_nothing_stops,
    "clock-never-starts": _clocks_that_nothing_starts,
    "limits-in-a-ring": _rings_of_limits,
    "unknown-role": _roles_that_do_not_exist,
    "unknown-code": _codes_that_do_not_exist,
    "blank-param": _not_judged,
    "absent-fact": _vacuous,
    "unknown-clause": _clauses_that_nobody_knows,
    "unnamed": what_a_protocol_names,
    "unsaid": what_the_file_says_of_itself,
    "speechless": _speechless,
}
"""Every check of a protocol that loads, by its id in the checklist."""
