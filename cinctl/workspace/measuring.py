"""Count the indicators of a store: its cases one after the other, by as many processes as there are cores."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cinctl.indicators.counting import Counted, counted, with_rereferrals
from cinctl.indicators.tally import Frame, Tally
from cinctl.progress import progress
from cinctl.workspace.processes import jobs_for, shares

if TYPE_CHECKING:
    from cinctl.workspace.desk import Workspace

__all__ = ["measure_store"]


def measure_store(workspace: Workspace, frame: Frame, jobs: int | None = None) -> tuple[Tally, list[str]]:
    """Return all that *frame* asks for, and what the reader should know of the log.

    What comes of it does not depend on the number of processes, *jobs*, which is that of the cores unless told.

    Raises:
        StoreError: there is no store, or it does not hold.
    """
    book = workspace.surveyed()
    ids = book.case_ids()
    made = Counted()
    with progress(len(ids), "counting") as reach:
        for done, part in shares(book, ids, partial(counted, frame=frame), jobs_for(book, jobs)):
            made.merge(part)
            reach(done)
    return with_rereferrals(made, book, frame), book.notices
