"""Walk the chain of a store and name the first line that does not hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from cinctl.store.envelope import START, BrokenLine, check, run
from cinctl.store.faults import examine, store_errors
from cinctl.store.walk import Torn, Walk, patiently_in

Watch = Callable[[int], None]

_BATCH = 1 << 17


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


class Survey(NamedTuple):
    """A whole walk: its *report*, the byte at which the last line that holds ends, and the hash of line *mark*."""

    report: VerifyReport
    end: int
    marked: str | None


def verify(path: str | os.PathLike[str], watch: Watch | None = None) -> VerifyReport:
    """Walk the whole chain of the store at *path*. A torn tail is no fault: nothing in it was ever acknowledged.

    *watch* is told now and then up to which byte it holds.

    Raises:
        StoreError: there is no store there, or no file.
        SystemRefusedError: it cannot be read.
    """
    return survey(path, watch=watch).report


def survey(path: str | os.PathLike[str], mark: int = 0, watch: Watch | None = None) -> Survey:
    """As `verify`, and say what the hash of line *mark* is: None when there are not as many, zeros for line 0."""
    name = os.fspath(path)
    walk, fault = Walk(), None
    marks = {0: START}
    with store_errors(name, "cannot be read"):
        examine(name)
        with open(name, "rb", buffering=0) as file:
            _run_on(file.fileno(), walk, mark, marks, watch)
            try:
                for _ in patiently_in(file.fileno(), walk, hash_only):
                    if walk.length == mark:
                        marks[mark] = walk.head
            except BrokenLine as broken:
                fault = Fault(walk.length + 1, walk.end, broken.reason)
    report = VerifyReport(fault is None, walk.length, walk.head.decode(), walk.torn, fault)
    marked = marks.get(mark)
    return Survey(report, walk.end, None if marked is None else marked.decode())


def _run_on(fd: int, walk: Walk, mark: int, marks: dict[int, bytes], watch: Watch | None) -> None:
    """Take *walk* over all lines but what is broken or unfinished, which is left for a closer look."""
    with open(fd, "rb", closefd=False) as file:
        while lines := file.readlines(_BATCH):
            unfinished = not lines[-1].endswith(b"\n")
            if unfinished:
                lines.pop()
            while lines:
                # A batch ends at the mark, so that the hash there is seen.
                cut = mark - walk.length if walk.length < mark <= walk.length + len(lines) else len(lines)
                if not _pass(walk, lines[:cut]):
                    return
                del lines[:cut]
                if walk.length == mark:
                    marks[mark] = walk.head
            if unfinished:
                return
            if watch is not None:
                watch(walk.end)


def _pass(walk: Walk, lines: list[bytes]) -> bool:
    """Take *walk* over *lines*; False when one of them does not hold, which it then stands before."""
    while lines:
        count, head = run(lines, walk.length + 1, walk.head)
        if count:
            walk.advance(sum(map(len, lines[:count])), head, count)
            lines = lines[count:]
        # What the shortest way does not take: a redacted line, a name that is not ASCII.
        for line in lines[:1]:
            try:
                head = check(line[:-1], walk.length + 1, walk.head)[0]
            except BrokenLine:
                return False
            walk.advance(len(line), head)
            lines = lines[1:]
    return True


def hash_only(line: bytes, seq: int, previous: bytes) -> tuple[bytes, None]:
    """What a walk makes of a line that is checked and not read."""
    return check(line, seq, previous)[0], None
