"""`cinctl protocol docs`: the written procedure, made from the protocol."""

from __future__ import annotations

import click

from cinctl.commands._telling import put_text
from cinctl.commands.protocol._named import named
from cinctl.option_types import FILE, PROTOCOL, Choice
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]


@made(
    "docs",
    examples=(
        "cinctl protocol docs bristol > procedure.md",
        "cinctl protocol docs ours.toml -f html -o procedure.html",
    ),
)
@click.argument("name", metavar="[ID|FILE]", required=False, type=PROTOCOL)
@click.option("-f", "--format", "form", type=Choice(("markdown", "html")), default="markdown", help="How to write it.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write it to this file, - for stdout.")
@pass_session
def write_procedure(session: Session, name: str | None, form: str, output: str | None) -> None:
    """Write the procedure that a protocol amounts to.

    Of the protocol named, else the one in force: roles, who may do what, each step with what it needs and what follows
    by when, time limits, lists of words, training, what is to be filled in, and the clauses with their sources. The
    HTML is one page that fetches nothing, runs nothing, and prints.
    """
    from cinctl.formats.procedure import rendered
    from cinctl.procedure import sections
    from cinctl.rules import RuleBook

    protocol = named(session, name)
    put_text(session, output, rendered(form, protocol.title, sections(RuleBook(protocol).newest)), [protocol.file])


command = write_procedure
