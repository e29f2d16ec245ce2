"""`cinctl help protocol`."""

from __future__ import annotations

from cinctl.topics import table

__all__ = ["text"]


def _commands() -> str:
    from cinctl.commands.protocol import SUBCOMMANDS

    return table((f"protocol {name}", line) for name, (_, line) in SUBCOMMANDS.items())


def text() -> str:
    """Return the page."""
    return f"""
Protocols
=========

A protocol is one TOML file: who may do what (gates), and what must follow by
when (clocks), each with the paragraph of the document that it comes from.
There is no default. `init` writes the choice into the config; `--protocol
ID|FILE` or CINCTL_PROTOCOL wins over it.

    cinctl protocol list
    cinctl protocol explain BRI-22
    cinctl --protocol hampshire protocol explain -f ids

A gate says what must be true when something is recorded. Broken, it refuses
the step (level deny, exit 3), or lets it pass with a finding (level warn). A
clock says what must follow, and by when; `due` lists what runs, `audit` what
came late.

    cinctl next R1
    cinctl audit --fail-on never

To depart from one rule on one case, for a reason that can be defended, is a
waiver; it ends by itself:

    cinctl waive R1 --rule BRI-21 --reason "family abroad" --until 2026-08-01 \\
        --approved-by tm1 --by csw1

Your own
--------

A protocol may extend another, restate its rules by id, and disable them with a
reason. `new` writes a commented file to begin with; `lint` names what is wrong
with line, column and a hint; stories test it (cinctl help stories).

    cinctl protocol new --id ours --extends working-together-2023 \\
        --role key_worker -o ours.toml
    cinctl protocol lint ours.toml
    cinctl protocol diff bristol working-together-2023
    cinctl --protocol torbay audit --fail-on never

An event is judged by the version in force on its date: a new version names the
one that it supersedes, and `effective_from`.

{_commands()}

`cinctl protocol COMMAND -h` tells each; docs/protocol-language.md is the
guide.

See also: cinctl help stories, cinctl help dates
"""
