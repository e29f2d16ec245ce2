"""Audit a store: read anew, its chain checked, its cases judged by as many processes as there are cores."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from cinctl.casebook import Casebook
from cinctl.conformance import Audit, Part, audit, judged
from cinctl.progress import Reach, progress

if TYPE_CHECKING:
    from cinctl.workspace.desk import Workspace

__all__ = ["audit_store", "cores"]

_WORTH_IT = 20_000
"""So many events there must be before another process pays."""
_SLICES = 16
"""So many shares each process gets, one after the other: some cases take longer than others."""

_shared: list[tuple[Casebook, date]] = []


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def audit_store(workspace: Workspace, cases: Sequence[str] | None = None, jobs: int | None = None) -> Audit:
    """Judge the history of *cases* (all, the staff register and the service, when None), with *jobs* processes.

    What comes of it does not depend on their number, which is that of the cores unless told.

    Raises:
        StoreError: there is no store, or it does not hold.
        UsageError: there is no such case.
    """
    book = workspace.surveyed()
    for case in cases or ():
        book.require_case(case)
    wanted = cores() if jobs is None else jobs
    if wanted < 2 or not hasattr(os, "fork") or (jobs is None and book.length < _WORTH_IT):
        wanted = 1

    def spread(ids: Sequence[str]) -> Iterator[Part]:
        with progress(len(ids), "judging") as reach:
            yield from (
                _here(book, ids, workspace.today, reach)
                if wanted == 1
                else _spread(book, ids, workspace.today, wanted, reach)
            )

    return audit(book, workspace.today, cases=cases, spread=spread)


def _here(book: Casebook, ids: Sequence[str], today: date, reach: Reach) -> Iterator[Part]:
    step = max(1, len(ids) // 100)
    for begun in range(0, len(ids), step):
        yield judged(book, ids[begun : begun + step], today)
        reach(begun + step)


def _spread(book: Casebook, ids: Sequence[str], today: date, jobs: int, reach: Reach) -> Iterator[Part]:
    """Yield what comes of each share of *ids*, in their order. The processes begin with all that this one has read."""
    import multiprocessing

    step = max(1, len(ids) // (jobs * _SLICES))
    shares = [ids[begun : begun + step] for begun in range(0, len(ids), step)]
    book.ready()
    _shared.append((book, today))
    try:
        with multiprocessing.get_context("fork").Pool(jobs, initializer=_leave_interrupts) as pool:
            for done, part in enumerate(pool.imap(_share, shares), 1):
                reach(done * step)
                yield part
    finally:
        _shared.clear()


def _leave_interrupts() -> None:
    """Leave Ctrl-C to the process that was asked to audit: it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _share(ids: Sequence[str]) -> Part:
    book, today = _shared[-1]
    return judged(book, ids, today)
