"""Audit a store: read anew, its chain checked, its cases judged by as many processes as there are cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from cinctl.conformance import Audit, Part, audit, judged
from cinctl.progress import progress
from cinctl.workspace.processes import jobs_for, shares

if TYPE_CHECKING:
    from cinctl.workspace.desk import Workspace

__all__ = ["audit_store"]


def audit_store(
    workspace: Workspace,
    cases: Sequence[str] | None = None,
    jobs: int | None = None,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Audit:
    """Judge the history of *cases* (all, the staff register and the service, when None), with *jobs* processes.

    What comes of it does not depend on their number, which is that of the cores unless told. *since* and *until* keep
    the findings between them, as `audit` has it.

    Raises:
        StoreError: there is no store, or it does not hold.
        UsageError: there is no such case.
    """
    book, today = workspace.surveyed(), workspace.today
    for case in cases or ():
        book.require_case(case)

    def spread(ids: Sequence[str]) -> Iterator[Part]:
        with progress(len(ids), "judging") as reach:
            for done, part in shares(book, ids, partial(judged, today=today), jobs_for(book, jobs)):
                reach(done)
                yield part

    return audit(book, today, cases=cases, since=since, until=until, spread=spread)
