"""`cinctl protocol`: list, show, check, explain, compare and test protocols. One module for each subcommand."""

from __future__ import annotations

from cinctl.commands.protocol import clauses, diff, docs, explain, graph, lint, list_, schema, show, test
from cinctl.shell import Group

__all__ = ["command"]

command = Group(
    "protocol",
    help="List, show, check, explain, compare and test protocols.",
    examples=("cinctl protocol list", "cinctl protocol explain BRI-29", "cinctl protocol test tests/stories"),
)

for _module in (list_, show, lint, explain, clauses, diff, test, docs, graph, schema):
    command.add_command(_module.command)
