"""A protocol told in rows: what each rule asks, where each clause lives, and what looks wrong though it loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cinctl.conditions import may_be_vacuous
from cinctl.protocol import Clock, Gate, Protocol, Rule, Trigger
from cinctl.rules import Edition
from cinctl.words import satisfy

__all__ = ["Note", "all_rules", "clause_rows", "explain_rows", "lint", "summary"]


def summary(protocol: Protocol) -> dict[str, Any]:
    """Return what *protocol* is, and how much of what it holds."""
    return {
        "id": protocol.id,
        "title": protocol.title,
        "status": protocol.status,
        "extends": list(protocol.extends),
        "effective_from": protocol.effective_from,
        "supersedes": protocol.supersedes.id if protocol.supersedes else None,
        "agreed_by": list(protocol.agreed_by),
        "published_on": protocol.published_on,
        "review_on": protocol.review_on,
        "bank_holidays": protocol.calendar.bank_holidays,
        "gates": len(protocol.gates),
        "clocks": len(protocol.clocks),
        "roles": list(protocol.roles),
        "unfilled": [name for name, param in protocol.params.items() if param.value is None],
        "disabled": dict(protocol.disabled),
        "hash": protocol.hash,
        "file": protocol.file,
    }


def explain_rows(edition: Edition) -> Iterator[dict[str, Any]]:
    """Yield one row for each gate, then each clock: what it asks, when, by when, of whom, and where it comes from."""
    protocol = edition.protocol
    for rule in all_rules(protocol):
        clause = protocol.clause(rule.clauses[0]) if rule.clauses else None
        source = protocol.source(clause.source) if clause else None
        yield {
            "rule": rule.id,
            "clause": rule.clauses[0] if rule.clauses else None,
            "source": (source.title if source else clause.source) if clause else None,
            "section": clause.section if clause else None,
            "level": rule.level,
            "on": list(rule.on) if isinstance(rule, Gate) else _names(rule.starts),
            "within": _limit(rule),
            "owner": rule.owner if isinstance(rule, Clock) else None,
            "say": _say(rule),
            "satisfy": _satisfy(edition, rule),
        }


def all_rules(protocol: Protocol) -> tuple[Rule, ...]:
    """Return every gate, then every clock."""
    return (*protocol.gates.values(), *protocol.clocks.values())


def _names(triggers: tuple[Trigger, ...]) -> list[str]:
    return list(dict.fromkeys(name for trigger in triggers for name in trigger.on))


def _limit(rule: Rule) -> str | None:
    if isinstance(rule, Gate):
        return None
    return rule.within or (f"every {rule.every}" if rule.every else None)


def _say(rule: Rule) -> str:
    marks = [f"assumption {rule.assumption}"] if rule.assumption else []
    marks += [f"external: {rule.external}"] if rule.external else []
    return rule.say + (f" [{'; '.join(marks)}]" if marks else "")


def _satisfy(edition: Edition, rule: Rule) -> str:
    if rule.id in edition.unfilled:
        return f"not judged until params.{edition.unfilled[rule.id]} has a value"
    if isinstance(rule, Clock):
        return " or ".join(_names(rule.stops))
    return satisfy(edition.gate_rules[rule.id].require)


def clause_rows(protocol: Protocol) -> Iterator[dict[str, Any]]:
    """Yield one row for each clause of the sources of *protocol*, with where it lives (empty when nowhere)."""
    from cinctl.protocol import register

    homes = _homes(protocol)
    known = {**register(), **protocol.clauses}
    sources = set(protocol.sources) | {known[id_].source for id_ in homes if id_ in known}
    for id_, clause in known.items():
        if clause.source in sources:
            yield {
                "clause": id_,
                "level": clause.level,
                "source": clause.source,
                "section": clause.section,
                "says": clause.says,
                "home": homes.get(id_, []),
            }


def _homes(protocol: Protocol) -> Mapping[str, list[str]]:
    """Return for each clause the places that carry it: gate, clock, role, code, training, or what `[homes]` says."""
    found: dict[str, list[str]] = {}

    def add(clauses: tuple[str, ...], home: str) -> None:
        for clause in clauses:
            found.setdefault(clause, []).append(home)

    for gate in protocol.gates.values():
        add(gate.clauses, f"gate {gate.id}")
    for clock in protocol.clocks.values():
        add(clock.clauses, f"clock {clock.id}")
    for name, role in protocol.roles.items():
        add(role.clauses, f"role {name}")
    for name, training in protocol.training.items():
        add(training.clauses, f"training {name}")
    for name, codes in protocol.codes.items():
        for word, code in codes.items():
            add(code.clauses, f"code {name}.{word}")
    for clause, home in protocol.homes.items():
        add((clause,), str(home))
    for rule, reason in protocol.disabled.items():
        add((rule.partition(".")[0],), f"disabled: {reason}")
    return found


class Note(NamedTuple):
    """Something that loads but may not be meant. *level* is `warning` or `note`."""

    level: str
    rule: str | None
    where: str
    message: str


def lint(edition: Edition) -> list[Note]:
    """Return what looks wrong in a protocol that loads: rules that are not judged, conditions that hold of nothing."""
    protocol = edition.protocol
    notes = [
        Note("warning", rule, protocol.where(rule), f"is not judged: params.{param} has no value")
        for rule, param in edition.unfilled.items()
    ]
    for id_, gate in edition.gate_rules.items():
        for line in may_be_vacuous(gate.require):
            text = f"'{line.fact.name}' may be absent, and '{line.operator}' then holds: say 'present' beside it"
            notes.append(Note("warning", id_, protocol.where(id_), text))
    for rule in all_rules(protocol):
        if not rule.say:
            notes.append(Note("note", rule.id, protocol.where(rule.id), "has no 'say'"))
    if protocol.status == "interim" and protocol.review_on is None:
        notes.append(Note("warning", None, protocol.file, "an interim protocol has a review date (review_on)"))
    return notes
