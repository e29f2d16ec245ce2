"""A protocol told in rows: what it is, what each rule asks, and where each clause lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cinctl.linting import Note, lint
from cinctl.looking import asked_when, facts_of, heard_by, params_of
from cinctl.notes import rules_of
from cinctl.protocol import Clock, Gate, Protocol, Rule, Trigger
from cinctl.rules import Edition
from cinctl.words import satisfy

__all__ = ["Note", "caseload_limits", "clause_rows", "explain_rows", "homes", "lint", "summary"]


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
        "references": list(protocol.references),
        "bank_holidays": protocol.calendar.bank_holidays,
        "gates": len(protocol.gates),
        "clocks": len(protocol.clocks),
        "roles": list(protocol.roles),
        "unfilled": [name for name, param in protocol.params.items() if param.value is None],
        "disabled": dict(protocol.disabled),
        "hash": protocol.hash,
        "file": protocol.file,
        "caseload": caseload_limits(protocol),
    }


def caseload_limits(protocol: Protocol) -> dict[str, int]:
    """Return the most open cases, by whom: `practitioner`, `roles.ROLE`, `unit`, `units.NAME`."""
    spec = protocol.caseload
    made = {"practitioner": spec.practitioner, **{f"roles.{name}": limit for name, limit in spec.roles.items()}}
    made |= {"unit": spec.unit, **{f"units.{name}": limit for name, limit in spec.units.items()}}
    return {name: limit for name, limit in made.items() if limit is not None}


def explain_rows(edition: Edition) -> Iterator[dict[str, Any]]:
    """Yield one row for each gate, then each clock: what it asks, when, by when, of whom, and where it comes from."""
    protocol = edition.protocol
    for rule in rules_of(protocol):
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
            **_more(edition, rule),
        }


def _more(edition: Edition, rule: Rule) -> dict[str, Any]:
    protocol = edition.protocol
    clause = protocol.clause(rule.clauses[0]) if rule.clauses else None
    told: dict[str, Any] = {
        "kind": "gate" if isinstance(rule, Gate) else "clock",
        "says": clause.says if clause else None,
        "clauses": list(rule.clauses),
        "when": asked_when(rule, edition),
        "listens": heard_by(rule, protocol),
        "facts": facts_of(rule, protocol),
        "params": params_of(rule, protocol),
    }
    for key in ("stops", "resumes", "until"):
        told[key] = _names(getattr(rule, key)) if isinstance(rule, Clock) else []
    return {
        **told,
        "external": rule.external,
        "assumption": rule.assumption,
        "reading": _reading(rule),
        "locked": rule.locked,
        "protocol": rule.protocol,
        "where": protocol.where(rule.id),
    }


def _reading(rule: Rule) -> str | None:
    from cinctl.protocol.registers import reading_of

    found = reading_of(rule.assumption)
    return f"left open: {found[0]}; read as: {found[1]}" if found else None


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
    gate = edition.gate_rules.get(rule.id)
    return satisfy(gate.require) if gate is not None else "not judged: the protocol declares no roles"


def clause_rows(protocol: Protocol | None = None) -> Iterator[dict[str, Any]]:
    """Yield one row for each clause of the registers, and of *protocol*, with where it lives.

    That is in *protocol*; else, named with it, in whichever bundled protocol keeps the clause; else it is `context`,
    where there is nothing to keep. The home is empty when the clause lives nowhere.
    """
    from cinctl.protocol import register

    own = {} if protocol is None else homes(protocol)
    elsewhere = _bundled_homes()
    for id_, clause in {**register(), **(protocol.clauses if protocol else {})}.items():
        found = own.get(id_) or elsewhere.get(id_) or []
        yield {
            "clause": id_,
            "level": clause.level,
            "source": clause.source,
            "section": clause.section,
            "says": clause.says,
            "home": found or (["context"] if clause.level == "context" else []),
        }


def _bundled_homes() -> Mapping[str, list[str]]:
    """Return the homes of each clause in the bundled protocols, each under the first protocol that has it."""
    from cinctl.protocol import bundled, load

    found: dict[str, dict[str, str]] = {}
    for protocol in sorted(map(load, bundled()), key=lambda p: len(p.extends)):
        for clause, places in homes(protocol).items():
            for place in places:
                found.setdefault(clause, {}).setdefault(place, f"{protocol.id}: {place}")
    return {clause: list(places.values()) for clause, places in found.items()}


def homes(protocol: Protocol) -> Mapping[str, list[str]]:
    """Return for each clause the places in *protocol* that carry it: a rule, role, code, training or another table."""
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
    add(protocol.caseload.clauses, "caseload")
    for clause, home in protocol.homes.items():
        add((clause,), str(home))
    for rule, reason in protocol.disabled.items():
        add((rule.partition(".")[0],), f"disabled: {reason}")
    return found
