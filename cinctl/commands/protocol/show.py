"""`cinctl protocol show`: what a protocol is, and how much of what it holds."""

from __future__ import annotations

import click

from cinctl.commands._answer import View, answers
from cinctl.commands.protocol._named import SUMMARY, named
from cinctl.option_types import PROTOCOL
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]


@made("show", examples=("cinctl protocol show bristol", "cinctl protocol show ours.toml --json"))
@click.argument("name", metavar="[ID|FILE]", required=False, type=PROTOCOL)
@answers(SUMMARY, ids="id", schema="cinctl/protocol/1")
@pass_session
def show_protocol(session: Session, view: View, name: str | None) -> None:
    """Show a protocol: the one named, else the one in force."""
    from cinctl.explain import summary

    view.show([summary(named(session, name))], one=True)


command = show_protocol
