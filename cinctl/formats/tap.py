r"""TAP 14: one test point a finding, and one for each rule without any.

A denial is `not ok`. A warning, and what the baseline knows, is `ok` with a diagnostic block: some readers take a
`not ok` with `# TODO` for a failure all the same. What is waived is `ok` with `# SKIP`.

In a description `#` is spelt `\x23`: readers of TAP 13 do not know `\#` and would take what follows for a directive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cinctl.formats.report import DENY, KNOWN, NOTE, WAIVED, Entry, Report, dumped, shown

_SEVERITIES = {DENY: "fail", WAIVED: "skip", KNOWN: "known", NOTE: "note"}


class Point(NamedTuple):
    """One test point. *skip* says why it was skipped; *block* is told beneath it, without what is None."""

    ok: bool
    description: str
    skip: str | None = None
    block: Mapping[str, Any] | None = None


def document(points: Sequence[Point], summary: str) -> Iterator[str]:
    """Yield *points* as one TAP document, *summary* a comment at its head."""
    yield f"TAP version 14\n1..{len(points)}\n# {_plain(summary)}\n"
    for number, point in enumerate(points, 1):
        skip = "" if point.skip is None else f" # SKIP {_plain(point.skip)}"
        yield f"{'ok' if point.ok else 'not ok'} {number} - {_plain(point.description)}{skip}\n{_block(point)}"


def _block(point: Point) -> str:
    """Return the diagnostic block: YAML whose every value is JSON, which YAML can be."""
    if point.block is None:
        return ""
    lines = (f"  {name}: {dumped(value)}\n" for name, value in point.block.items() if value is not None)
    return f"  ---\n{''.join(lines)}  ...\n"


def _plain(text: str) -> str:
    return shown(text).replace("\\", "\\\\").replace("#", "\\\\x23")


def render(report: Report) -> Iterator[str]:
    """Yield *report* as one TAP document."""
    points = [_point(report, entry) for entry in report.entries]
    points += [Point(True, f"{rule.id}: no findings") for rule in report.clean]
    if report.left_out_words:
        points.append(Point(not report.left_out.get(DENY), f"{report.left_out_words} not shown"))
    yield from document(points, report.summary)


def _point(report: Report, entry: Entry) -> Point:
    told = {
        "message": entry.text,
        "severity": _SEVERITIES.get(entry.standing, "warning"),
        entry.about: entry.who,
        "file": report.path(entry),
        "line": entry.line,
        "column": entry.column,
        "hint": entry.hint or None,
        "at": entry.at,
        "due": entry.due,
        "late_days": entry.late_days,
        "fingerprint": entry.fingerprint,
    }
    skip = entry.waiver if entry.standing == WAIVED else None
    return Point(entry.standing != DENY, f"{entry.rule} {entry.who}: {entry.say}", skip, told)
