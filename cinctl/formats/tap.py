r"""TAP 14: one test point a finding, and one for each rule without any.

A denial is `not ok`. A warning, and what the baseline knows, is `ok` with a diagnostic block: some readers take a
`not ok` with `# TODO` for a failure all the same. What is waived is `ok` with `# SKIP`.

In a description `#` is spelt `\x23`: readers of TAP 13 do not know `\#` and would take what follows for a directive.
"""

from __future__ import annotations

from collections.abc import Iterator

from cinctl.formats.report import DENY, KNOWN, WAIVED, Entry, Report, dumped, shown


def render(report: Report) -> Iterator[str]:
    """Yield *report* as one TAP document."""
    total = len(report.entries) + len(report.clean) + bool(report.left_out_words)
    yield f"TAP version 14\n1..{total}\n# {_plain(report.summary)}\n"
    number = 0
    for entry in report.entries:
        number += 1
        yield _point(report, number, entry)
    for rule in report.clean:
        number += 1
        yield f"ok {number} - {_plain(rule.id)}: no findings\n"
    if report.left_out_words:
        verdict = "not ok" if report.left_out.get(DENY) else "ok"
        yield f"{verdict} {total} - {_plain(report.left_out_words)} not shown\n"


def _point(report: Report, number: int, entry: Entry) -> str:
    verdict = "not ok" if entry.standing == DENY else "ok"
    directive = f" # SKIP {_plain(entry.waiver)}" if entry.standing == WAIVED else ""
    return (
        f"{verdict} {number} - {_plain(f'{entry.rule} {entry.who}: {entry.say}')}{directive}\n{_block(report, entry)}"
    )


def _block(report: Report, entry: Entry) -> str:
    """Return the diagnostic block: YAML whose every value is a JSON string or number, which YAML can be."""
    severity = {DENY: "fail", WAIVED: "skip", KNOWN: "known"}.get(entry.standing, "warning")
    told = {
        "message": entry.text,
        "severity": severity,
        entry.about: entry.who,
        "file": report.log,
        "line": entry.line,
        "at": entry.at,
        "due": entry.due,
        "late_days": entry.late_days,
        "fingerprint": entry.fingerprint,
    }
    lines = (f"  {name}: {dumped(value)}\n" for name, value in told.items() if value is not None)
    return f"  ---\n{''.join(lines)}  ...\n"


def _plain(text: str) -> str:
    return shown(text).replace("\\", "\\\\").replace("#", "\\\\x23")
