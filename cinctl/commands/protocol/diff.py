"""`cinctl protocol diff`: what one protocol says otherwise than another."""

from __future__ import annotations

import click

from cinctl.commands._answer import View, answers
from cinctl.commands.protocol._named import named
from cinctl.option_types import PROTOCOL
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]

DIFF = ("change", "what", "name", "key", "before", "after", "was", "now")
TABLE = ("change", "what", "name", "key", "was", "now")


@made("diff", examples=("cinctl protocol diff bristol working-together-2023", "cinctl protocol diff old.toml new.toml"))
@click.argument("before", metavar="A", type=PROTOCOL)
@click.argument("after", metavar="B", type=PROTOCOL)
@answers(DIFF, TABLE, ids="name")
@pass_session
def diff_protocols(session: Session, view: View, before: str, after: str) -> None:
    """Show what protocol B says otherwise than protocol A.

    A and B are ids or files. What only B has is added, what only A has is dropped; of what both have, each key that
    differs is a row: rules, named events, sets, roles, codes, params, training, calendar and the rest. A table tells it
    in words; before and after are as a file would have it.
    """
    from cinctl.differences import differences

    view.show(differences(named(session, before), named(session, after)), empty="No difference.")


command = diff_protocols
