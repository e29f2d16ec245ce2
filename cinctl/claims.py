"""What the clauses ask of a protocol file itself: whom and what it names, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cinctl.notes import Note, clauses_of_tables, place, rules_of
from cinctl.protocol.source import CORE
from cinctl.rules import Edition

__all__ = ["what_a_protocol_names", "what_the_file_says_of_itself"]


def what_a_protocol_names(edition: Edition) -> Iterator[Note]:
    """Note each clause by which a protocol of this status must name something that this one does not."""
    protocol = edition.protocol
    if protocol.status is None and set(protocol.extends) <= {CORE}:
        return
    for clause, level, text, named, path in _NAMED:
        kept = protocol.homes.get(clause, "lint")
        if not named(edition) and (level == "error" or kept.startswith("lint")):
            yield Note(level, clause, place(protocol, *path), text)


def _local(edition: Edition) -> bool:
    return edition.protocol.status != "statutory"


def _named_set(name: str) -> Callable[[Edition], bool]:
    return lambda edition: bool(edition.protocol.sets.get(name))


def _cites(edition: Edition, clause: str) -> bool:
    protocol = edition.protocol
    rules = (rule.clauses for rule in rules_of(protocol))
    tables = (clauses for path, clauses in clauses_of_tables(protocol) if path[0] != "homes")
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


def what_the_file_says_of_itself(edition: Edition) -> Iterator[Note]:
    """Note what a protocol of this status says of itself, where this one does not."""
    protocol, where = edition.protocol, place(edition.protocol, "protocol")
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
