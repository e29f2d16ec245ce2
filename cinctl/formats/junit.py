"""JUnit XML: one suite a rule, one test case a finding, and one that passes for a rule without any.

A denial fails. A warning passes and says so in its output, as does what the baseline knows. What is waived is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cinctl.formats.report import DENY, WAIVED, Entry, Report, RuleText, xml_text

_NONE = "no findings"


def render(report: Report) -> Iterator[str]:
    """Yield *report* as one XML document."""
    by_rule: dict[str, list[Entry]] = {rule.id: [] for rule in report.clean}
    for entry in report.entries:
        by_rule.setdefault(entry.rule, []).append(entry)
    order = {rule: number for number, rule in enumerate(report.rules)}
    suites = [
        _suite(report, rule, by_rule[rule]) for rule in sorted(by_rule, key=lambda rule: order.get(rule, len(order)))
    ]
    if report.left_out_words:
        suites.append(_left_out(report))
    counts = [sum(column) for column in zip((0, 0, 0), *(suite.counts for suite in suites), strict=True)]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites{_counts(f'cinctl audit: {report.protocol}', *counts)}>\n"
    for suite in suites:
        yield suite.text
    yield "</testsuites>\n"


class _Suite(NamedTuple):
    """One suite as XML, and its tests, failures and skipped tests."""

    text: str
    counts: tuple[int, int, int]


def _suite(report: Report, rule: str, entries: Sequence[Entry]) -> _Suite:
    cases = [_case(report, entry) for entry in entries] or [_passed(report.rules[rule])]
    standings = [entry.standing for entry in entries]
    return _made(rule, cases, failures=standings.count(DENY), skipped=standings.count(WAIVED))


def _made(name: str, cases: Sequence[str], *, failures: int, skipped: int = 0) -> _Suite:
    counts = (len(cases), failures, skipped)
    return _Suite(f"  <testsuite{_counts(name, *counts)}>\n{''.join(cases)}  </testsuite>\n", counts)


def _left_out(report: Report) -> _Suite:
    """Return the suite that stands for what was not to be shown: it fails where any of that would have."""
    words = xml_text(report.left_out_words)
    failed = int(bool(report.left_out.get(DENY)))
    inner = f'<failure message="{words}" type="deny"/>' if failed else f"<system-out>{words}</system-out>"
    case = f'    <testcase classname="cinctl" name="findings not shown" time="0">{inner}</testcase>\n'
    return _made("cinctl", [case], failures=failed)


def _counts(name: str, tests: int, failures: int, skipped: int) -> str:
    return f' name="{xml_text(name)}" tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}" time="0"'


def _passed(rule: RuleText) -> str:
    return f'    <testcase classname="{xml_text(rule.id)}" name="{_NONE}" time="0"/>\n'


def _case(report: Report, entry: Entry) -> str:
    name = xml_text(f"{entry.who} {entry.fingerprint}")
    outcome = _outcome(report, entry)
    return f'    <testcase classname="{xml_text(entry.rule)}" name="{name}" time="0">{outcome}</testcase>\n'


def _outcome(report: Report, entry: Entry) -> str:
    text = xml_text(entry.text)
    if entry.standing == WAIVED:
        return f'<skipped message="{xml_text(entry.waiver)}"/>'
    if entry.standing == DENY:
        return f'<failure message="{text}" type="deny">{_where(report, entry)}</failure>'
    return f"<system-out>{xml_text(entry.standing)}: {text}\n{_where(report, entry)}</system-out>"


def _where(report: Report, entry: Entry) -> str:
    at = f"{report.log}:{entry.line}" if entry.line is not None else report.log
    return xml_text(f"{entry.rule}{report.cite(entry.rule)}, {entry.about} {entry.who}, {at}")
