"""`cinctl protocol graph`: the states of a case, and the steps that move it."""

from __future__ import annotations

import click

from cinctl.commands._telling import put_text
from cinctl.commands.protocol._named import named
from cinctl.option_types import FILE, PROTOCOL, Choice
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]


@made(
    "graph",
    examples=(
        "cinctl protocol graph bristol",
        "cinctl protocol graph ours.toml -f dot --gates | dot -Tsvg > states.svg",
    ),
)
@click.argument("name", metavar="[ID|FILE]", required=False, type=PROTOCOL)
@click.option("-f", "--format", "form", type=Choice(("mermaid", "dot")), default="mermaid", help="How to draw it.")
@click.option("--gates", is_flag=True, help="Name the gates that are asked at each step, instead of counting them.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write it to this file, - for stdout.")
@pass_session
def draw_states(session: Session, name: str | None, form: str, gates: bool, output: str | None) -> None:
    """Draw the states of a case and the steps that move it.

    Of the protocol named, else the one in force: as a Mermaid state diagram, which GitHub and GitLab draw in Markdown,
    or as DOT for Graphviz.
    """
    from cinctl.formats.graph import rendered
    from cinctl.rules import RuleBook
    from cinctl.states import moves

    protocol = named(session, name)
    graph = rendered(form, protocol.title, moves(RuleBook(protocol).newest), named=gates)
    put_text(session, output, graph, [protocol.file])


command = draw_states
