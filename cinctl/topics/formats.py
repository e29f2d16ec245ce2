"""`cinctl help formats`."""

from __future__ import annotations

from cinctl.render import FORMATS
from cinctl.topics import table

__all__ = ["text"]

_MEANS = {
    "table": "for people; may change from version to version",
    "json": "one array, or one object for one thing",
    "jsonl": "one JSON object a line",
    "csv": "comma separated, a heading first; safe to open in a spreadsheet",
    "tsv": "the same with tabs",
    "markdown": "a table for a page or an issue",
    "ids": "the ids alone, each once, a line each: what a pipe takes",
}
"""What each general format is. A new one has to be told of here: a test sees to it."""


def text() -> str:
    """Return the page."""
    return f"""
Formats
=======

Every command that answers takes `-f FORMAT`, or `--json` for short:

{table((form, _MEANS[form]) for form in FORMATS)}

The answer is all that stands on stdout. Hints, warnings, counts and progress
go to stderr, so a pipe or a file gets the answer and nothing else.

    cinctl due --json
    cinctl list -f csv > cases.csv
    cinctl due --overdue -f ids

Columns and order
-----------------

`--columns` chooses fields and their order; `--sort` orders by fields,
backwards with a minus, what is null last:

    cinctl due --columns case,rule,due,late --sort -late
    cinctl list --sort unit,case -f tsv

What programs rely on
---------------------

Fields in JSON keep their names, and later versions only add to them. Dates are
ISO 8601. `cinctl schema COMMAND` prints the JSON Schema of an answer:

    cinctl schema
    cinctl schema due > due.schema.json

The same store, protocol and `--today` give the same bytes, on every machine.
Control characters in what people wrote are spelt out, never sent to a
terminal; a cell of CSV that a spreadsheet would take for a formula begins with
a '.

Some commands know more: `audit` and `protocol lint` write SARIF, JUnit, TAP,
GitHub, GitLab and HTML, several at once, each to its file; `due` a calendar.

    cinctl audit --fail-on never -f sarif -o audit.sarif -f junit -o audit.xml
    cinctl due -f ics > duty.ics

See also: cinctl help pipes, cinctl help exit-codes
"""
