"""Walk the chain of a store and name the first line that does not hold."""

from __future__ import annotations

import os
from typing import NamedTuple

from cinctl.store.envelope import BrokenLine, check
from cinctl.store.faults import examine, store_errors
from cinctl.store.walk import Torn, Walk, patiently


class Fault(NamedTuple):
    """The first line that does not hold (counted from 1), the byte it starts at, and why it does not."""

    line: int
    offset: int
    reason: str


class VerifyReport(NamedTuple):
    """How far the chain holds: *lines* of them, up to the hash *head*, and the fault after them if there is one."""

    ok: bool
    lines: int
    head: str
    torn: Torn | None
    fault: Fault | None


def verify(path: str | os.PathLike[str]) -> VerifyReport:
    """Walk the whole chain of the store at *path*. A torn tail is no fault: nothing in it was ever acknowledged.

    Raises:
        StoreError: there is no store there, or no file.
        SystemRefusedError: it cannot be read.
    """
    name = os.fspath(path)
    walk, fault = Walk(), None
    with store_errors(name, "cannot be read"):
        examine(name)
        try:
            for _ in patiently(name, walk, _hash_only):
                pass
        except BrokenLine as broken:
            fault = Fault(walk.length + 1, walk.end, broken.reason)
    return VerifyReport(fault is None, walk.length, walk.head.decode(), walk.torn, fault)


def _hash_only(line: bytes, seq: int, previous: bytes) -> tuple[bytes, None]:
    return check(line, seq, previous)[0], None
