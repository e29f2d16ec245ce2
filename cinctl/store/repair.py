"""Set aside what a crash left torn at the end of a log, and clear away what an interrupted redaction left beside it."""

from __future__ import annotations

from typing import NamedTuple

from cinctl.store.faults import refusals
from cinctl.store.files import folder_of
from cinctl.store.log import Log
from cinctl.store.platform import sync_folder
from cinctl.store.sweep import drop, drop_caches, leftovers
from cinctl.store.walk import Torn


class Repair(NamedTuple):
    """What was *torn* after the *lines* that hold, where it is *kept* now, and the files that were *cleared* away."""

    lines: int
    torn: Torn | None
    kept: str | None
    cleared: list[str]


def repair(log: Log, timeout: float, *, dry_run: bool = False) -> Repair:
    """Repair *log* under its lock; nothing but a torn tail of it is touched. In a dry run only say what would be.

    Raises:
        StoreError: a line does not hold; nothing was touched.
        SystemRefusedError: the lock did not come, or the system said no.
    """
    if dry_run:
        for _ in log.read():
            pass
        return Repair(log.length, log.torn, None, leftovers(log.path))
    with log.writing(timeout) as writer:
        for _ in writer.read():
            pass
        torn = log.torn
        kept = writer.settle()
        with refusals(log.path, "not cleared"):
            cleared = drop(log.path, leftovers(log.path))
            # A redaction may have been cut short after it had changed the log; a cache is made anew unasked.
            drop_caches(log.path)
            sync_folder(folder_of(log.path))
    return Repair(log.length, torn, kept, cleared)
