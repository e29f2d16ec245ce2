"""Share work on the cases of a book among the cores there are. What comes of it does not depend on their number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from cinctl.casebook import Casebook

T = TypeVar("T")
Work = Callable[[Casebook, Sequence[str]], T]

_WORTH_IT = 20_000
"""So many events there must be before another process pays."""
_SLICES = 16
"""So many shares each process gets, one after the other: some cases take longer than others."""

_shared: list[tuple[Any, Casebook]] = []


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def jobs_for(book: Casebook, asked: int | None = None) -> int:
    """Return how many processes should work on *book*: as many as are *asked* for, else what pays."""
    if not hasattr(os, "fork"):
        return 1
    if asked is not None:
        return asked
    return cores() if book.length >= _WORTH_IT else 1


def shares(book: Casebook, ids: Sequence[str], work: Work[T], jobs: int) -> Iterator[tuple[int, T]]:
    """Yield how many of *ids* are done, and what *work* makes of each share of them, in their order.

    With more than one of *jobs*, the others begin with all that this process has read.
    """
    step = max(1, len(ids) // (jobs * _SLICES))
    parts = [ids[begun : begun + step] for begun in range(0, len(ids), step)]
    if jobs == 1:
        yield from ((min(len(ids), n * step), work(book, part)) for n, part in enumerate(parts, 1))
        return
    import multiprocessing

    book.ready()
    _shared.append((work, book))
    try:
        with multiprocessing.get_context("fork").Pool(jobs, initializer=_leave_signals) as pool:
            for n, made in enumerate(pool.imap(_in_share, parts), 1):
                yield min(len(ids), n * step), made
    finally:
        _shared.pop()


def _leave_signals() -> None:
    """Leave Ctrl-C to the process that was asked: it ends the others, whatever it does itself when told to end."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _in_share(ids: Sequence[str]) -> Any:
    work, book = _shared[-1]
    return work(book, ids)
