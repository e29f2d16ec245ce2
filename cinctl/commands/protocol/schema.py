"""`cinctl protocol schema`: the JSON Schema of a protocol file, for editors."""

from __future__ import annotations

import json

import click

from cinctl.commands._telling import put_text
from cinctl.option_types import FILE
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]


@made("schema", examples=("cinctl protocol schema -o protocol.schema.json",))
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write it to this file, - for stdout.")
@pass_session
def print_schema(session: Session, output: str | None) -> None:
    """Print the JSON Schema (2020-12) of a protocol file.

    An editor that knows it completes keys and marks what is misspelt; lint says the rest. A file names it in its first
    line: #:schema ./protocol.schema.json
    """
    from cinctl.protocol.schema import schema

    put_text(session, output, [json.dumps(schema(), indent=2) + "\n"])


command = print_schema
