"""SARIF 2.1.0: one rule object for each rule, one result for each finding, at the line of the log that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cinctl.formats.report import KNOWN, WAIVED, Entry, Report, RuleText, dumped

LEVELS = {"deny": "error", "warn": "warning", "note": "note"}
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"


def render(report: Report) -> Iterator[str]:
    """Yield *report* as one SARIF log of one run."""
    numbers = {rule: number for number, rule in enumerate(report.rules)}
    run = {
        "tool": {"driver": _driver(report)},
        "automationDetails": {"id": f"cinctl-{report.command.replace(' ', '-')}/{report.protocol}/"},
        "invocations": [{"executionSuccessful": True, "exitCode": report.exit_code}],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that cinctl was run in."}}},
        "columnKind": "unicodeCodePoints",
        "properties": {**report.header, **({"left_out": dict(report.left_out)} if report.left_out_words else {})},
    }
    # The results come last and one by one: there may be very many.
    head = dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2).removesuffix("\n    }\n  ]\n}")
    yield head + ',\n      "results": ['
    for number, entry in enumerate(report.entries):
        yield ("," if number else "") + "\n        " + dumped(_result(report, entry, numbers))
    yield "\n      ]\n    }\n  ]\n}\n"


def _driver(report: Report) -> dict[str, Any]:
    return {
        "name": "cinctl",
        "version": report.version,
        "semanticVersion": report.version,
        "rules": [_rule(rule) for rule in report.rules.values()],
    }


def _rule(rule: RuleText) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.say},
        "fullDescription": {"text": f"{rule.say}{f' ({rule.cite})' if rule.cite else ''}"},
        "help": {"text": "\n".join(_help(rule))},
        "defaultConfiguration": {"level": LEVELS[rule.level]},
        "properties": {
            "tags": ["protocol", *(clause for clause, _ in rule.clauses)],
            "clauses": [clause for clause, _ in rule.clauses],
            "source": rule.source,
            "cite": rule.cite,
        },
    }
    return told if rule.url is None else {**told, "helpUri": rule.url}


def _help(rule: RuleText) -> Iterator[str]:
    yield f"{rule.id}: {rule.say}"
    if rule.source:
        yield f"Source: {rule.source}{f' ({rule.cite})' if rule.cite else ''}"
    for clause, says in rule.clauses:
        yield f"Clause {clause}: {says}" if says else f"Clause {clause}"
    if rule.satisfy:
        yield f"What satisfies it: {rule.satisfy}"


def _result(report: Report, entry: Entry, numbers: Mapping[str, int]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ruleId": entry.rule,
        "level": LEVELS[entry.level],
        "message": {"text": f"{_literal(entry.who)}: {_told(entry)}"},
        "locations": [_location(report, entry)],
        "partialFingerprints": {"findingFingerprint/v1": entry.fingerprint},
    }
    if entry.rule in numbers:
        told["ruleIndex"] = numbers[entry.rule]
    if entry.standing == WAIVED:
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": entry.waiver}]
    if "baseline" in report.header:
        told["baselineState"] = "unchanged" if entry.standing == KNOWN else "new"
    dates = {"at": entry.at, "due": entry.due, "late_days": entry.late_days, "hindsight": entry.hindsight or None}
    kept = {name: value for name, value in dates.items() if value is not None}
    return {**told, "properties": {entry.about: entry.who, **kept}}


def _location(report: Report, entry: Entry) -> dict[str, Any]:
    uri = quote(report.path(entry), safe="/", errors="backslashreplace")
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": _ROOT}}
    if entry.line is not None:
        column = {} if entry.column is None else {"startColumn": entry.column}
        place["region"] = {"startLine": entry.line, **column}
    return {"physicalLocation": place, "logicalLocations": [{"name": entry.who, "kind": entry.about}]}


def _told(entry: Entry) -> str:
    """Return what is found; what lint quotes of a file that may hold anything is told as it stands there."""
    if entry.path is None:
        return entry.text
    return _literal("; ".join(part for part in (entry.text, entry.hint) if part))


def _literal(text: str) -> str:
    """Return an id as message text in which no reader finds a link or a placeholder."""
    for mark, spelt in (("\\", "\\\\"), ("[", "\\["), ("]", "\\]"), ("{", "{{"), ("}", "}}")):
        text = text.replace(mark, spelt)
    return text
