"""GitLab's code quality report: an array of issues, a denial `major`, a warning `minor`, what stands no more `info`."""

from __future__ import annotations

from collections.abc import Iterator

from cinctl.formats.report import DENY, WARN, Entry, Report, dumped

_SEVERITIES = {DENY: "major", WARN: "minor"}


def render(report: Report) -> Iterator[str]:
    """Yield *report* as one JSON array."""
    first = True
    for entry in report.entries:
        yield ("[\n" if first else ",\n") + dumped(_issue(report, entry))
        first = False
    yield "[]\n" if first else "\n]\n"


def _issue(report: Report, entry: Entry) -> dict[str, object]:
    ended = entry.why_it_stands_no_more
    more = f"{f' [{ended}]' if ended else ''}{f'; {entry.hint}' if entry.hint else ''}"
    return {
        "description": f"{entry.who}: {entry.text}{report.cite(entry.rule)}{more}",
        "check_name": entry.rule,
        "fingerprint": entry.fingerprint,
        "severity": _SEVERITIES.get(entry.standing, "info"),
        "location": {"path": report.path(entry), "lines": {"begin": entry.line or 1}},
    }
