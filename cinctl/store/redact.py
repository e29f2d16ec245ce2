"""Take the payload out of lines of a log: the log is written anew beside itself, and takes its own place.

Until then the old one stands, and it is whole; a crash leaves either the one or the other. Readers that have it open
keep reading the old one; writers notice that it is another file (`cinctl.store.lock`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from cinctl.errors import SystemRefusedError, UsageError
from cinctl.store import platform
from cinctl.store.envelope import compose, parts, without_payload
from cinctl.store.faults import refusals, why
from cinctl.store.files import folder_of
from cinctl.store.sweep import Payload, drop, drop_caches, leftovers, rewriting_path, tails_with
from cinctl.store.verify import verify
from cinctl.store.walk import Walk

_NOT = "not redacted"


class Redacted(NamedTuple):
    """The envelopes that were *written*, completed; and the files that are gone from beside the log.

    *tails* held part of the payloads; *leftovers* were of a redaction that was cut short.
    """

    written: list[dict[str, Any]]
    tails: list[str]
    leftovers: list[str]


class Place(NamedTuple):
    """A log under its lock: where it is, open as *fd*, whole up to *walk*; *salts* for what is appended."""

    path: str
    fd: int
    walk: Walk
    salts: Any


def rewrite(place: Place, seqs: Collection[int], envelopes: Sequence[Mapping[str, Any]]) -> Redacted:
    """Take the payloads of lines *seqs* out of the log, and append *envelopes*; both, or neither.

    No payload that is gone from the log is left in a cache or in a tail set aside. Afterwards `place.fd` is the new
    log, and its lock is held.

    Raises:
        UsageError: the log goes by several names, and the payloads would stay under the others.
        SystemRefusedError: the system said no; the log is as it was.
    """
    path, walk = place.path, place.walk
    if not platform.REPLACES_OPEN_FILES:
        raise SystemRefusedError(f"{path}: {_NOT}: this system replaces no file that is open")
    _check_names(path, place.fd)
    with refusals(path, _NOT):
        cleared = drop(path, leftovers(path))
        payloads = _payloads(place, seqs)
        new = os.open(rewriting_path(path), platform.CREATE_NEW, platform.PRIVATE_FILE)
        try:
            written, head = _write(new, place, seqs, envelopes)
            _check_written(path, walk.length + len(written), head)
            # Before the log changes: after it, nobody would look for them again.
            tails = drop(path, tails_with(path, payloads))
            drop_caches(path)
            _take_place(path, place.fd, new)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(rewriting_path(path))
            raise
        finally:
            os.close(new)
    _settle(path)
    return Redacted(written, tails, cleared)


def _check_names(path: str, fd: int) -> None:
    names = os.fstat(fd).st_nlink
    if names > 1:
        raise UsageError(
            f"{path} goes by {names} names (hard links), and the payload would stay under the others: remove them first"
        )


def _payloads(place: Place, seqs: Collection[int]) -> list[Payload]:
    with open(place.fd, "rb", closefd=False) as file:
        return [Payload(*parts(line)[1:]) for number, line in _lines(file, place.walk) if number in seqs]


def _lines(file: BinaryIO, walk: Walk) -> Iterator[tuple[int, bytes]]:
    """Yield the number of each line of *file* up to *walk*, and the line without its newline."""
    file.seek(0)
    for number in range(1, walk.length + 1):
        yield number, file.readline().removesuffix(b"\n")


def _write(
    new: int, place: Place, seqs: Collection[int], envelopes: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], bytes]:
    """Write the log as it is to be; return what was appended, and the hash that it ends in."""
    written, head = [], place.walk.head
    with open(new, "wb", closefd=False) as out, open(place.fd, "rb", closefd=False) as file:
        for number, line in _lines(file, place.walk):
            out.write((without_payload(line) if number in seqs else line) + b"\n")
        for seq, envelope in enumerate(envelopes, place.walk.length + 1):
            line, head, complete = compose(envelope, seq, head, place.salts())
            out.write(line)
            written.append(complete)
    return written, head


def _check_written(path: str, lines: int, head: bytes) -> None:
    """Read what was written once more before it replaces the only copy there is."""
    found = verify(rewriting_path(path))
    if not found.ok or (found.lines, found.head) != (lines, head.decode()):
        raise SystemRefusedError(f"{path}: {_NOT}: what was written does not read back as it should")


def _take_place(path: str, old: int, new: int) -> None:
    """Let the file *new* be the log: owned and readable as it was, locked, on disk; *old* is the same file then."""
    state, made = os.fstat(old), os.fstat(new)
    if (state.st_uid, state.st_gid) != (made.st_uid, made.st_gid):
        os.chown(rewriting_path(path), state.st_uid, state.st_gid)
    if stat.S_IMODE(state.st_mode) != platform.PRIVATE_FILE:
        os.chmod(rewriting_path(path), stat.S_IMODE(state.st_mode))
    platform.sync(new)
    # Nobody else knows the file yet. Who waits for the old log's lock sees that it is not the log any more.
    platform.try_lock(new, old)
    os.replace(rewriting_path(path), os.path.realpath(path))
    os.dup2(new, old, inheritable=False)


def _settle(path: str) -> None:
    """Let the new log survive a power cut, and remove what a reader may have cached of the old one meanwhile."""
    try:
        platform.sync_folder(folder_of(path))
        drop_caches(path)
    except OSError as error:
        raise SystemRefusedError(
            f"{path}: the payload is removed, but not yet for certain: {why(error)}; "
            "run 'cinctl repair' once that is mended"
        ) from error
