"""`cinctl board`: what is due, and each case's timeline, as one page for the duty desk."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

import click

from cinctl.commands._telling import put_text
from cinctl.commands.export._destination import output_option
from cinctl.errors import UsageError
from cinctl.option_types import WORD
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import tell

__all__ = ["board_pieces", "command"]

TITLE = "Duty board"


@command(
    "board",
    examples=(
        "cinctl board -o board.html",
        "cinctl board --unit A -o unit-a.html",
        "cinctl board --title 'Duty desk, North' -o north.html",
        "cinctl --today 2026-03-02 board > board.html",
        "cinctl board --serve",
    ),
)
@output_option()
@click.option("--unit", type=WORD, metavar="UNIT", help="Only what this unit owes, and its cases.")
@click.option("--title", type=WORD, metavar="TEXT", default=TITLE, help=f"What heads the page. [default: {TITLE}]")
@click.option("--serve", is_flag=True, help="Serve it on this machine alone, renewed while the log grows.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Where --serve listens. [default: any free]")
@pass_session
def make_board(
    session: Session, /, output: str | None, unit: str | None, title: str, serve: bool, port: int | None
) -> None:
    """Make one page of what is due, with filters and each case's timeline.

    The page needs no network and no server: open it from a folder or a share. It holds ids, rules and dates, and no
    free text of any record; docs/board.md says what it shows and what it keeps back.

    With --serve it prints an address instead, which only this machine can reach. Whoever has the address can read the
    page: give it to nobody who must not. Ctrl-C ends it.
    """
    if not title.strip():
        raise UsageError("--title '' heads nothing: give it words, or leave it out")
    if serve:
        if output is not None:
            raise UsageError("-o and --serve exclude each other: a page is kept in a file, or served")
        from cinctl.commands._serving import serve_page

        serve_page(session, partial(board_pieces, unit=unit, title=title), port or 0)
        return
    if port is not None:
        raise UsageError("--port is where --serve listens, and means nothing without it")
    if output is None and on_terminal():
        raise UsageError("a page is to be opened, not read here: name a file with -o FILE, or send stdout elsewhere")
    put_text(session, output, board_pieces(session, unit=unit, title=title))


command = make_board


def on_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def board_pieces(
    session: Session,
    *,
    unit: str | None = None,
    title: str = TITLE,
    live: str = "",
    note: Callable[[str], None] = tell,
) -> Iterator[str]:
    """Yield the page of today; *note* is told what the reader should know of the log.

    With *live* it asks the server that it came from for `head`, and loads itself anew once that is no longer *live*.
    """
    from cinctl.board.page import page
    from cinctl.workspace.boarding import board_store

    board, notices = board_store(session.workspace, title, unit)
    for notice in notices:
        note(notice)
    yield from page(board, live=live)
