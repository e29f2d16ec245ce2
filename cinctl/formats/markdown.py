"""A page in Markdown: what was judged and by what, the counts, and a table of the findings. The job summary too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from cinctl.formats.report import Report, shown

# Only what means something amid a line: no text of a report begins one. The last two would become links by themselves.
_MARKUP = re.compile(r"([\\`*_<>\[\]|~&$]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_CUT = "\nThe rest does not fit here.\n"


def render(report: Report, limit: int | None = None) -> Iterator[str]:
    """Yield *report* as a page; with *limit* it stops before it has more bytes than that, and says so."""
    room = limit
    for line in chain(_head(report), _findings(report)):
        if room is not None:
            room -= len(line.encode())
            if room < len(_CUT):
                yield _CUT if limit is not None and limit > len(_CUT) else ""
                return
        yield line


def _head(report: Report) -> Iterator[str]:
    yield f"## {escaped(report.title)}\n\n{escaped(report.summary)}\n\n"
    if "protocol" in report.header:
        protocol = report.header["protocol"]
        told = f"As of {report.header['today']}, by protocol {protocol['id']} ({protocol['hash']})."
        yield escaped(told) + "\n\n"
    if report.header.get("filters"):
        yield escaped("Narrowed: " + "; ".join(words_of(report.header["filters"]))) + "\n\n"
    if report.statistics is not None:
        columns = list(report.statistics[0]) if report.statistics else []
        yield from table(columns, ([row[name] for name in columns] for row in report.statistics))


def words_of(filters: dict[str, object]) -> Iterator[str]:
    """Yield what each filter narrows to."""
    for name, value in filters.items():
        told = value
        if isinstance(value, dict):
            told = ", ".join(f"{number} {key}" for key, number in value.items())
        elif isinstance(value, list):
            told = ", ".join(map(str, value))
        yield f"{name.replace('_', ' ')} {told}"


def _findings(report: Report) -> Iterator[str]:
    if not report.entries:
        yield "No findings to show.\n"
    yield from table(report.columns, map(report.cells, report.entries))
    if report.left_out_words:
        yield f"\n{escaped(report.left_out_words)} not shown.\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a table of *rows* whose every cell is shown as it is; nothing when there are none."""
    first = True
    for row in rows:
        if first:
            yield "| " + " | ".join(columns) + " |\n"
            yield "|" + " --- |" * len(columns) + "\n"
        first = False
        yield "| " + " | ".join("" if cell is None else escaped(str(cell)) for cell in row) + " |\n"
    if not first:
        yield "\n"


def escaped(text: str) -> str:
    """Return *text* as Markdown that shows it as it is: no markup, no mention, no link."""
    return _MARKUP.sub(r"\\\1", shown(text))
