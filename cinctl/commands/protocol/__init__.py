"""`cinctl protocol`: list, show, check, explain, compare, test and write protocols. A module for each subcommand."""

from __future__ import annotations

from cinctl.commands.protocol import clauses, diff, docs, explain, graph, lint, list_, new, schema, show, test
from cinctl.shell import Group

__all__ = ["command"]

command = Group(
    "protocol",
    help="List, show, check, explain, compare, test and write protocols.",
    examples=("cinctl protocol list", "cinctl protocol explain BRI-29", "cinctl protocol test tests/stories"),
)

for _module in (list_, show, lint, explain, clauses, diff, test, docs, graph, new, schema):
    command.add_command(_module.command)
