"""What looks wrong in a protocol that loads: errors, where it contradicts itself, then warnings and notes.

A check takes an edition of a protocol and yields notes; the tuple at the foot is all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cinctl.conditions import Conditions, Line, may_be_vacuous
from cinctl.contradictions import impossible
from cinctl.errors import ProtocolError, did_you_mean
from cinctl.protocol import Clock, Protocol, Rule, load_tables, register_sources
from cinctl.protocol.layer import RULES, TOP
from cinctl.protocol.model import IN_FORCE, Meta
from cinctl.protocol.shape import BESIDE, keys_of
from cinctl.protocol.source import CORE, FOLDER, SourceFile, bundled_place, find, parse, read
from cinctl.rules import Edition, RuleBook

__all__ = ["Note", "faults_behind", "lint"]

LEVELS = ("error", "warning", "note")


class Note(NamedTuple):
    """Something that loads but may not be meant. *rule* is the rule, or the clause, that it is about."""

    level: str
    rule: str | None
    where: str
    message: str

    def line(self) -> str:
        """Return the note as one line: place, rule, message."""
        return ": ".join(part for part in (self.where, self.rule, self.message) if part)


def lint(edition: Edition) -> list[Note]:
    """Return what looks wrong in a protocol that loads, the worst first."""
    notes = list(dict.fromkeys(note for check in _CHECKS for note in check(edition)))
    return sorted(notes, key=lambda note: LEVELS.index(note.level))


def faults_behind(ref: str | None) -> list[str]:
    """Return the faults of the protocol *ref* that show only once the keys that nobody knows are left out.

    Such a key keeps a protocol from being put together, and so what its conditions say from being looked at.
    """
    if ref is None:
        return []
    try:
        place = find(ref, Path())
        protocol = load_tables(_without_unknown_keys(parse(place)), file=place.shown, base=place.base)
    except ProtocolError:
        return []  # there is more amiss than keys
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


def _only(keys: Iterable[str], table: Any) -> Any:
    return {key: table[key] for key in keys if key in table} if isinstance(table, dict) else table


def _rules(protocol: Protocol) -> tuple[Rule, ...]:
    return (*protocol.gates.values(), *protocol.clocks.values())


# Where something stands that is no rule


def _source(shown: str) -> SourceFile | None:
    try:
        local = Path(shown).is_file()
        return read(find(shown, Path()) if local else bundled_place(shown.removesuffix(".toml")))
    except (ProtocolError, OSError):
        return None


def _place(protocol: Protocol, *path: str) -> str:
    """Return where the table or key *path* stands, in *protocol* or in the nearest that it extends and that has it."""
    files = {rule.protocol: rule.file for rule in _rules(protocol)}
    for file in (protocol.file, *(files[id_] for id_ in protocol.extends if id_ in files)):
        source = _source(file) if (Path(file).is_file() or (FOLDER / file).is_file()) else None
        if source is not None and path in source.lines:
            return f"{file}:{source.lines[path]}"
    return protocol.file


# Contradictions


def _gates_that_never_hold(edition: Edition) -> Iterator[Note]:
    sets = _sets(edition)
    for id_, gate in edition.gate_rules.items():
        where = edition.protocol.where(id_)
        unasked = impossible([gate.when], sets)
        if unasked:
            yield Note("warning", id_, where, f"is never asked: in its 'when', {unasked}")
        never = impossible([gate.require], sets)
        if never:
            yield Note("error", id_, where, f"can never hold: {never}")
        elif not unasked and (against := impossible([gate.when, gate.require], sets)):
            yield Note("error", id_, where, f"can never hold where its 'when' does: {against}")


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
                yield Note("error", users[name], _place(protocol, "sets", name), text)


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

    for rule in _rules(protocol):
        of_its_id = rule.clauses == (rule.id.partition(".")[0],)
        if of_its_id and (rule.external or rule.id.partition("-")[0] not in sources):
            continue
        for clause in unknown(rule.clauses):
            yield Note("warning", rule.id, protocol.where(rule.id), f"no register or [clauses] knows {clause}")
    for path, clauses in _clauses_of_tables(protocol):
        for clause in unknown(clauses):
            text = f"[{'.'.join(path)}]: no register or [clauses] knows {clause}"
            yield Note("warning", clause, _place(protocol, *path), text)


def _clauses_of_tables(protocol: Protocol) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    yield from ((("roles", name), role.clauses) for name, role in protocol.roles.items())
    yield from ((("training", name), training.clauses) for name, training in protocol.training.items())
    for name, codes in protocol.codes.items():
        yield from ((("codes", name, word), code.clauses) for word, code in codes.items())
    yield from ((("homes", clause), (clause,)) for clause in protocol.homes)


# What the clauses ask of the protocol file itself


def _what_a_protocol_names(edition: Edition) -> Iterator[Note]:
    protocol = edition.protocol
    if protocol.status is None and set(protocol.extends) <= {CORE}:
        return
    for clause, level, text, named, path in _NAMED:
        kept = protocol.homes.get(clause, "lint")
        if not named(edition) and (level == "error" or kept.startswith("lint")):
            yield Note(level, clause, _place(protocol, *path), text)


def _local(edition: Edition) -> bool:
    return edition.protocol.status != "statutory"


def _named_set(name: str) -> Callable[[Edition], bool]:
    return lambda edition: bool(edition.protocol.sets.get(name))


def _cites(edition: Edition, clause: str) -> bool:
    protocol = edition.protocol
    rules = (rule.clauses for rule in _rules(protocol))
    tables = (clauses for path, clauses in _clauses_of_tables(protocol) if path[0] != "homes")
    return any(clause in clauses for clauses in (*rules, *tables))


def _allocation_reads(edition: Edition, *facts: str) -> bool:
    """Return whether a gate on allocate that is no part of the core looks at one of *facts*, or into it."""
    gates = (g for g in edition.gate_rules.values() if "allocate" in g.kinds and g.gate.protocol != CORE)
    names = {line.fact.name for gate in gates for line in (*gate.when.lines, *gate.require.lines)}
    return any(name == fact or name.startswith(f"{fact}.") for name in names for fact in facts)


def _listens(edition: Edition, *bases: str) -> bool:
    """Return whether any gate or clock that is no part of the core listens to one of the kinds *bases*."""
    kinds = {k for g in edition.gate_rules.values() if g.gate.protocol != CORE for k in g.kinds}
    kinds |= {kind for found in edition.hooks.values() for kind, hooks in found.items() if hooks}
    return any(kind.partition(".")[0] in bases for kind in kinds)


def _names_what_a_lead_needs(edition: Edition) -> bool:
    return not _local(edition) or (
        (_cites(edition, "WT-12") or _allocation_reads(edition, "event.rationale", "to"))
        and _listens(edition, "supervise", "fileaudit", "govern")
    )


def _names_who_answers(edition: Edition) -> bool:
    return _cites(edition, "WT-16") or _allocation_reads(edition, "event.manager", "event.supervisor")


def _names_auditing(edition: Edition) -> bool:
    return not _local(edition) or _listens(edition, "fileaudit", "govern")


def _names_the_officer(edition: Edition) -> bool:
    return not _local(edition) or _cites(edition, "WT-27")


def _names_what_stays(edition: Edition) -> bool:
    reads = _allocation_reads(edition, "event.scope", "case.scope")
    return not _local(edition) or reads or _cites(edition, "WT-43") or bool(edition.protocol.codes.get("scope"))


def _what_the_file_says_of_itself(edition: Edition) -> Iterator[Note]:
    protocol, where = edition.protocol, _place(edition.protocol, "protocol")
    if protocol.status == "agreed" and not protocol.agreed_by:
        yield Note("warning", "BRI-01", where, "an agreed protocol says by whom: agreed_by")
    if protocol.status == "agreed" and protocol.published_on is None:
        yield Note("note", "BRI-01", where, "an agreed protocol says when it was published: published_on")
    if protocol.status == "interim" and protocol.review_on is None:
        yield Note("warning", "TOR-02", where, "an interim protocol has a review date: review_on")


_NAMED: tuple[tuple[str, str, str, Callable[[Edition], bool], tuple[str, ...]], ...] = (
    ("WT-14", "error", "a protocol says who may lead: [sets] lead", _named_set("lead"), ("sets", "lead")),
    (
        "WT-13",
        "warning",
        "a protocol says what a lead must bring, and how that is watched: a gate on allocate, a rule on supervision",
        _names_what_a_lead_needs,
        ("protocol",),
    ),
    ("WT-15", "warning", "a protocol says who allocates: [sets] manager", _named_set("manager"), ("sets", "manager")),
    (
        "WT-16",
        "warning",
        "a protocol says who is accountable: a gate on allocate that asks for --supervisor or --manager",
        _names_who_answers,
        ("protocol",),
    ),
    (
        "WT-17",
        "warning",
        "a protocol says how work is audited: a rule on fileaudit or govern, or [homes]",
        _names_auditing,
        ("protocol",),
    ),
    (
        "WT-27",
        "note",
        "a protocol may name a designated social care officer: a role with this clause",
        _names_the_officer,
        ("protocol",),
    ),
    (
        "WT-43",
        "warning",
        "a protocol says which cases stay with social workers: a gate on allocate that looks at the scope",
        _names_what_stays,
        ("protocol",),
    ),
)


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
    for rule in _rules(edition.protocol):
        if not rule.say:
            yield Note("note", rule.id, edition.protocol.where(rule.id), "has no 'say'")


_CHECKS: tuple[Callable[[Edition], Iterator[Note]], ...] = (
    _gates_that_never_hold,
    _clocks_that_nothing_stops,
    _clocks_that_nothing_starts,
    _rings_of_limits,
    _roles_that_do_not_exist,
    _codes_that_do_not_exist,
    _not_judged,
    _vacuous,
    _clauses_that_nobody_knows,
    _what_a_protocol_names,
    _what_the_file_says_of_itself,
    _speechless,
)
