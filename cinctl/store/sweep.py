"""What may stand beside a log and hold what it held: a cache, a tail set aside, a rewriting that was cut short."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import NamedTuple

from cinctl.store.cache import path_of
from cinctl.store.files import folder_of
from cinctl.store.lock import lock_path
from cinctl.store.platform import sync_folder

_SHORTEST = 8


class Payload(NamedTuple):
    """What a line holds that is to go: its *case*, as it is spelt in it (null where it has none), and its *data*."""

    case: bytes
    data: bytes


def rewriting_path(path: str) -> str:
    """Return where the log at *path* is written anew before it takes the old one's place."""
    return f"{os.path.realpath(path)}.redacting"


def leftovers(path: str) -> list[str]:
    """Return what a rewriting that was cut short has left beside the log at *path*; the lock must be held."""
    name = rewriting_path(path)
    return [name] if os.path.lexists(name) else []


def drop(path: str, names: Iterable[str]) -> list[str]:
    """Remove the files *names* beside the log at *path*; return those that were there. They are gone for good then."""
    gone = []
    for name in names:
        with suppress(FileNotFoundError):
            os.unlink(name)
            gone.append(name)
    if gone:
        sync_folder(folder_of(path))
    return gone


def belongings(path: str | os.PathLike[str]) -> list[str]:
    """Return the log at *path* and all that stands, or may stand, beside it as its own: no answer may replace any."""
    log, cache = os.path.realpath(path), path_of(path)
    beside = [lock_path(log), *_cache_files(cache), rewriting_path(log)]
    return [os.fspath(path), *beside, *sorted(glob.glob(f"{glob.escape(log)}.torn-*"))]


def _cache_files(cache: str) -> list[str]:
    being_made = glob.glob(f"{glob.escape(cache)}-[0-9]*")
    return [cache, *(cache + end for end in ("-journal", "-wal", "-shm")), *being_made]


def drop_caches(path: str) -> None:
    """Remove every cache beside the log at *path*; it is made anew from what the log holds then."""
    drop(path, _cache_files(path_of(path)))


def tails_with(path: str, payloads: Collection[Payload]) -> list[str]:
    """Return the tails set aside from the log at *path* that hold one of *payloads*, part of it, or its case."""
    found = []
    for name in sorted(glob.glob(f"{glob.escape(os.path.realpath(path))}.torn-*")):
        with open(name, "rb") as file:
            tail = file.read()
        if any(_tells_of(tail, payload) for payload in payloads):
            found.append(name)
    return found


def _tells_of(tail: bytes, payload: Payload) -> bool:
    if payload.case != b"null" and b',"case":%b,' % payload.case in tail:
        return True
    _, cut, data = tail.rstrip(b"\0").partition(b',"data":')
    return bool(cut) and (payload.data in data or (len(data) >= _SHORTEST and payload.data.startswith(data)))
