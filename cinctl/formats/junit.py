"""JUnit XML: one suite a rule, one test case a finding, and one that passes for a rule without any.

A denial fails. A warning passes and says so in its output, as does what the baseline knows. What is waived is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from cinctl.formats.report import DENY, WAIVED, Entry, Report, shown, xml_text

_NONE = "no findings"


class Case(NamedTuple):
    """One test case. *message* says why it failed or was skipped; *text* may say more, whatever came of it."""

    classname: str
    name: str
    outcome: Literal["passed", "failed", "skipped"] = "passed"
    message: str = ""
    text: str = ""
    type: str = DENY


def document(title: str, suites: Iterable[tuple[str, Sequence[Case]]]) -> Iterator[str]:
    """Yield *suites*, each a name and its cases, as one XML document."""
    found = list(suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites{_counts(title, [case for _, cases in found for case in cases])}>\n"
    for name, cases in found:
        yield f"  <testsuite{_counts(name, cases)}>\n{''.join(map(_written, cases))}  </testsuite>\n"
    yield "</testsuites>\n"


def _counts(name: str, cases: Sequence[Case]) -> str:
    failures, skipped = (sum(case.outcome == outcome for case in cases) for outcome in ("failed", "skipped"))
    return (
        f' name="{xml_text(name)}" tests="{len(cases)}" failures="{failures}" errors="0" skipped="{skipped}" time="0"'
    )


def _written(case: Case) -> str:
    head = f'    <testcase classname="{xml_text(case.classname)}" name="{xml_text(case.name)}" time="0"'
    inner = _outcome(case)
    return f"{head}>{inner}</testcase>\n" if inner else f"{head}/>\n"


def _outcome(case: Case) -> str:
    text = "\n".join(xml_text(line) for line in case.text.split("\n"))
    if case.outcome == "skipped":
        return f'<skipped message="{xml_text(case.message)}"/>'
    if case.outcome == "failed":
        return f'<failure message="{xml_text(case.message)}" type="{xml_text(case.type)}">{text}</failure>'
    return f"<system-out>{text}</system-out>" if text else ""


def render(report: Report) -> Iterator[str]:
    """Yield *report* as one XML document."""
    by_rule: dict[str, list[Entry]] = {rule.id: [] for rule in report.clean}
    for entry in report.entries:
        by_rule.setdefault(entry.rule, []).append(entry)
    order = {rule: number for number, rule in enumerate(report.rules)}
    suites = [
        (rule, [_case(report, entry) for entry in by_rule[rule]] or [Case(rule, _NONE)])
        for rule in sorted(by_rule, key=lambda rule: order.get(rule, len(order)))
    ]
    if report.left_out_words:
        suites.append(("cinctl", [_left_out(report)]))
    yield from document(report.title, suites)


def _left_out(report: Report) -> Case:
    """Return the case that stands for what was not to be shown: it fails where any of that would have."""
    words, name = report.left_out_words, "findings not shown"
    if report.left_out.get(DENY):
        return Case("cinctl", name, "failed", words)
    return Case("cinctl", name, text=words)


def _case(report: Report, entry: Entry) -> Case:
    name = f"{entry.who} {entry.fingerprint}"
    if entry.standing == WAIVED:
        return Case(entry.rule, name, "skipped", entry.waiver)
    word, where = report.word(entry.standing), _where(report, entry)
    text = shown(entry.text)
    if entry.standing == DENY:
        return Case(entry.rule, name, "failed", text, where, word)
    return Case(entry.rule, name, text=f"{word}: {text}\n{where}")


def _where(report: Report, entry: Entry) -> str:
    hint = f"; {entry.hint}" if entry.hint else ""
    where = f"{entry.rule}{report.cite(entry.rule)}, {entry.about} {entry.who}, {report.place(entry)}{hint}"
    return shown(where)
