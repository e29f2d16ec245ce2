"""Gather the duty board of a store: its cases one after the other, by as many processes as there are cores."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cinctl import __version__
from cinctl.board.collecting import Board, Made, Part, board_of, gathered, kept_back_rules
from cinctl.errors import UsageError, did_you_mean
from cinctl.progress import progress
from cinctl.workspace.processes import jobs_for, shares

if TYPE_CHECKING:
    from cinctl.workspace.desk import Workspace

__all__ = ["board_store"]


def board_store(workspace: Workspace, title: str, unit: str | None = None) -> tuple[Board, list[str]]:
    """Return the board of today, of *unit* only where one is given, and what the reader should know of the log.

    Raises:
        StoreError: there is no store, or it does not hold.
        UsageError: nobody knows such a unit.
    """
    book, today = workspace.surveyed(), workspace.today
    ids, parts = book.case_ids(), list[Part]()
    work = partial(gathered, today=today, soon=book.soon(today), kept_back=kept_back_rules(book), unit=unit)
    with progress(len(ids), "gathering") as reach:
        for done, part in shares(book, ids, work, jobs_for(book)):
            parts.append(part)
            reach(done)
    protocol = workspace.protocol
    calendar = protocol.calendar.bank_holidays
    made = Made(protocol.id, protocol.hash, calendar, book.length, book.head, __version__)
    board, units = board_of(book, parts, today, title=title, unit=unit, made=made)
    if unit is not None and unit not in units:
        hint = did_you_mean(unit, sorted(units))
        raise UsageError(f"--unit: '{unit}' is not the unit of any case or practitioner.{hint}")
    return board, book.notices
