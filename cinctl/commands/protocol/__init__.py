"""`cinctl protocol`: list, show, check, explain, compare, test and write protocols. A module for each subcommand."""

from __future__ import annotations

from cinctl.shell import LazyGroup

__all__ = ["SUBCOMMANDS", "command"]

SUBCOMMANDS: dict[str, tuple[str, str]] = {
    "list": ("list_", "List the bundled protocols."),
    "show": ("show", "Show a protocol: the one named, else the one in force."),
    "lint": ("lint", "Check protocols: those named, else the one in force."),
    "explain": ("explain", "Explain rules: those named (by rule or clause), else all."),
    "clauses": ("clauses", "List every clause of the registers, and where each one lives."),
    "diff": ("diff", "Show what protocol B says otherwise than protocol A."),
    "test": ("test", "Run stories: steps on dates, and what should come of each."),
    "docs": ("docs", "Write the procedure that a protocol amounts to."),
    "graph": ("graph", "Draw the states of a case and the steps that move it."),
    "new": ("new", "Write a new protocol file, with comments."),
    "schema": ("schema", "Print the JSON Schema (2020-12) of a protocol file."),
}

command = LazyGroup(
    "protocol",
    package=__name__,
    table=SUBCOMMANDS,
    help="List, show, check, explain, compare, test and write protocols.",
    examples=("cinctl protocol list", "cinctl protocol explain BRI-29", "cinctl protocol test tests/stories"),
)
