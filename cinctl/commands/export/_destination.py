"""Where an export may go: what -o takes, and what it must not name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from cinctl import outfile
from cinctl.commands._kept import kept_files
from cinctl.errors import UsageError
from cinctl.option_types import FILE
from cinctl.session import Session

__all__ = ["check_output", "output_option"]


def output_option() -> Callable[[Any], Any]:
    """Give a command -o, as *output*: None for stdout."""

    def absent_for_stdout(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
        return None if value == "-" else value

    return click.option(
        "-o",
        "--output",
        type=FILE,
        metavar="FILE",
        callback=absent_for_stdout,
        help="Write it to this file, - for stdout.",
    )


def check_output(
    session: Session, output: str | None, *, binary: bool = False, kept: Iterable[str | None] = ()
) -> None:
    """Raise UsageError when an export must not go to *output*; call it before anything is read.

    A *binary* one does not go to a terminal, and none over the store and what belongs to it, the config or the
    protocol, or over another of the files *kept*.
    """
    if output is None:
        if binary and sys.stdout is not None and sys.stdout.isatty():
            raise UsageError("this format is no text: name a file with -o FILE, or send stdout elsewhere")
        return
    outfile.check_target(output, "-o", kept_files(session, *kept))
