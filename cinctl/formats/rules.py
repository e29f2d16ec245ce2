"""The rules of a protocol in words, for reports that explain them: what each asks, and which clause it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cinctl.events import KINDS
from cinctl.explain import explain_rows
from cinctl.formats.report import RuleText
from cinctl.protocol import Protocol
from cinctl.rules import Edition, RuleBook

__all__ = ["rule_texts"]


def rule_texts(book: RuleBook, takes: Callable[[str], bool], *, cases_only: bool) -> list[RuleText]:
    """Return the rules that were judged: those that *takes* lets through, each as its newest version has it.

    What waits for a parameter, or for roles to be declared, was not; nor, with *cases_only*, what is no case's.
    """
    found: dict[str, RuleText] = {}
    for edition in book.editions:
        for row in explain_rows(edition):
            rule = row["rule"]
            judged = rule in edition.gate_rules or rule in edition.clock_rules
            if judged and rule not in found and takes(rule) and (_about_cases(edition, rule) or not cases_only):
                found[rule] = _rule_text(edition.protocol, row)
    return list(found.values())


def _about_cases(edition: Edition, rule: str) -> bool:
    clock = edition.clock_rules.get(rule)
    if clock is not None:
        return clock.clock.subject == "case"
    gate = edition.gate_rules.get(rule)
    return gate is not None and any(_on_a_case(kind.partition(".")[0]) for kind in gate.kinds)


def _on_a_case(kind: str) -> bool:
    """Return whether an event of *kind* can belong to a case."""
    return kind in ("feedback", "fileaudit") or (kind in KINDS and KINDS[kind].subject == "case")


def _rule_text(protocol: Protocol, row: Mapping[str, Any]) -> RuleText:
    rule = protocol.rule(row["rule"])
    assert rule is not None
    known = [(clause, protocol.clause(clause)) for clause in rule.clauses]
    source = protocol.source(known[0][1].source) if known and known[0][1] is not None else None
    return RuleText(
        id=rule.id,
        level=rule.level,
        say=row["say"] or row["satisfy"] or rule.id,
        cite=protocol.cite(rule) if rule.clauses else "",
        source=row["source"] or "",
        url=source.url if source is not None else None,
        clauses=tuple((id_, clause.says if clause is not None else "") for id_, clause in known),
        satisfy=row["satisfy"],
    )
