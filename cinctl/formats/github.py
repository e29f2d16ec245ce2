"""Annotations of GitHub Actions: a line for each finding that stands, and a line that sums up.

GitHub shows ten errors, ten warnings and ten notices of a step; so the sum is a notice, what does not stand has none,
and the job summary has them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cinctl.formats.report import DENY, NOTE, WARN, Entry, Report, shown

_COMMANDS = {DENY: "error", WARN: "warning", NOTE: "notice"}
_LIMIT = 10


def render(report: Report) -> Iterator[str]:
    """Yield the lines of *report*, denials first."""
    for standing in _COMMANDS:
        for entry in report.entries:
            if entry.standing == standing:
                yield _annotation(report, entry)
    yield _command("notice", {"title": report.title}, _sum(report))


def _annotation(report: Report, entry: Entry) -> str:
    place: dict[str, str] = {"title": f"{entry.rule} {entry.who}", "file": report.path(entry)}
    if entry.line is not None:
        place["line"] = str(entry.line)
    if entry.column is not None:
        place["col"] = str(entry.column)
    hint = f"; {entry.hint}" if entry.hint else ""
    return _command(_COMMANDS[entry.standing], place, f"{entry.text}{report.cite(entry.rule)}{hint}")


def _sum(report: Report) -> str:
    words = report.summary
    if report.left_out_words:
        words += f"; {report.left_out_words} not shown"
    standings = [entry.standing for entry in report.entries]
    if max(standings.count(DENY), standings.count(WARN)) > _LIMIT:
        words += f"; GitHub shows {_LIMIT} of each level, the job summary and the log have all"
    return words


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(message)}\n"


def _data(text: str) -> str:
    return shown(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
