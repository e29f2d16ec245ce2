"""The store and what lies beside it. No line of it is read but the last, and of that only when it was written."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cinctl.doctor import FAIL, OK, WARN, Check, exists, short
from cinctl.errors import CinctlError
from cinctl.store import drives

if TYPE_CHECKING:
    from cinctl.session import Session

__all__ = ["CHECKS", "VERIFYING"]

_LITTLE = 100 * 1024 * 1024
_TAIL = 1 << 16
_FARTHEST = 1 << 26
_SKEW = timedelta(minutes=5)


def _path(session: Session) -> str | None:
    """Return where the store is, or None where that is not known."""
    try:
        return os.fspath(session.settings.store)
    except CinctlError:
        return None


def _there(session: Session) -> str | None:
    """Return where the store is, if it is a file that is there."""
    path = _path(session)
    return path if path is not None and os.path.isfile(path) else None


def _store(session: Session) -> Iterator[Check]:
    path = _path(session)
    if path is None:
        yield Check("store", WARN, "not known while the config is wrong")
        return
    where = short(path, session)
    if not exists(path):
        yield _missing(session, where)
        return
    from cinctl.store.log import Log

    try:
        Log.open(path)
    except CinctlError as fault:
        told = str(fault).replace(path, where)
        yield Check("store", FAIL, told, "see docs/store.md; 'cinctl verify' names the first line that does not hold")
        return
    size = os.stat(path).st_size
    yield Check("store", OK, f"{where}, {size:,} bytes")


def _missing(session: Session, where: str) -> Check:
    said = session.given.get("store") or session.environ.get("CINCTL_STORE") or session.settings.config
    if said:
        advice = "'cinctl init' makes an empty one; if there was one, look for it before anything is recorded"
        return Check("store", FAIL, f"{where} is not there", advice)
    return Check("store", WARN, f"{where} is not there", "'cinctl init --protocol ID' makes one; --store names another")


def _private(session: Session) -> Iterator[Check]:
    path = _there(session)
    if path is None:
        return
    from cinctl.store import platform
    from cinctl.store.cache import path_of
    from cinctl.store.lock import lock_path

    if sys.platform == "win32":
        yield Check("private", OK, "left to the rights of the folder on Windows")
        return
    open_ = [
        name for name in (path, path_of(path), lock_path(path))
        if os.path.exists(name) and platform.open_to_others(os.stat(name).st_mode)
    ]  # fmt: skip
    if open_:
        files = " ".join(short(name, session) for name in open_)
        yield Check("private", FAIL, f"others than you can reach {files}", f"chmod 600 {files}")
        return
    if os.stat(os.path.dirname(os.path.realpath(path))).st_mode & stat.S_IWOTH:
        advice = "keep the store in a folder that is yours alone"
        yield Check("private", WARN, "anybody can put files into the folder of the store", advice)
        return
    yield Check("private", OK, "only you can reach it")


def _disk(session: Session) -> Iterator[Check]:
    path = _path(session)
    folder = os.path.dirname(os.path.realpath(path)) if path is not None else None
    if folder is None or not os.path.isdir(folder):
        return
    kind = drives.network_drive(folder)
    if kind is not None:
        advice = "keep the store on a local disk: locks and syncs over a network are not to be relied on"
        yield Check("disk", WARN, f"the store is on a network drive ({kind})", advice)
    free = shutil.disk_usage(folder).free
    told = f"{free // (1024 * 1024):,} MB free"
    if not os.access(folder, os.W_OK):
        yield Check("space", FAIL, "the folder of the store cannot be written", "let yourself write there")
    elif free < _LITTLE:
        yield Check("space", WARN, told, "make room before it is full; what cannot be stored is refused, never lost")
    else:
        yield Check("space", OK, told)


def _tail(session: Session) -> Iterator[Check]:
    path = _there(session)
    if path is None:
        return
    last, number, before = _last_line(path)
    if not last:
        yield Check("last line", OK, "there is none yet")
        return
    yield _judged(last, number, before)
    found = re.search(rb'"recorded":"([0-9T:+-]{25})"', last)
    if found is not None and datetime.fromisoformat(found.group(1).decode()) > session.now + _SKEW:
        advice = "set the clock of this machine, or of the one that wrote it"
        yield Check("clock and store", WARN, "the last line was written later than this clock says", advice)


def _last_line(path: str) -> tuple[bytes, int | None, bytes]:
    """Return the last line, whole or not, the number of the one before and its hash; None where it has no number."""
    from cinctl.store.envelope import START

    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        window = _TAIL
        while True:
            file.seek(max(0, size - window))
            tail = file.read()
            begins = tail.rfind(b"\n", 0, max(0, len(tail) - 1)) + 1
            ahead = tail.rfind(b"\n", 0, max(0, begins - 1)) + 1
            if ahead or window >= min(size, _FARTHEST):
                break
            window *= 2
    if not begins and window >= size:
        return tail, 0, START
    found = re.match(rb'\{"v":1,"seq":([0-9]{1,18}),.*"hash":"([0-9a-f]{64})"\}\n\Z', tail[ahead:begins], re.DOTALL)
    return tail[begins:], int(found[1]) if found else None, found[2] if found else START


def _judged(last: bytes, number: int | None, before: bytes) -> Check:
    """Return what the end of the log is: whole, cut short, or none of what cinctl writes."""
    from io import BytesIO

    from cinctl.store.envelope import BrokenLine
    from cinctl.store.verify import hash_only
    from cinctl.store.walk import Walk

    amiss = Check("last line", FAIL, "it does not hold", "'cinctl verify' names the first line that does not, and why")
    if number is None:
        return amiss
    walk = Walk(0, number, before)
    try:
        for _ in walk.lines(BytesIO(last), hash_only):
            pass
    except BrokenLine:
        return amiss
    if walk.torn is not None:
        advice = "it was never acknowledged: 'cinctl repair' sets it aside, and so does the next step"
        return Check("last line", WARN, "the log ends in the middle of a line", advice)
    if walk.unterminated:
        return Check("last line", OK, "whole, but for its line break", "the next step puts it there")
    return Check("last line", OK, "whole")


def _cache(session: Session) -> Iterator[Check]:
    path = _there(session)
    if path is None:
        return
    from cinctl.store.cache import FRESH, Cache, path_of
    from cinctl.workspace import glance

    advice = "none is needed: the next command makes it anew"
    if not os.path.exists(path_of(path)):
        yield Check("cache", OK, "there is none", advice)
        return
    cache = Cache.open(path, peek=True)
    if cache is None:
        yield Check("cache", OK, "there is one that is not believed", advice)
        return
    try:
        same = cache.meta.get("maker") == glance.maker() and glance.of_this_protocol(cache, session.settings)
        standing = cache.standing()[0]
    finally:
        cache.close()
    lines = f"{cache.meta['length']:,} lines"
    if standing == FRESH and same:
        yield Check("cache", OK, f"fresh, {lines}")
    elif same:
        yield Check("cache", OK, f"{'behind the log' if standing != 'wrong' else 'of another log'}, {lines}", advice)
    else:
        yield Check("cache", OK, "made under another protocol or version", advice)


def _lock(session: Session) -> Iterator[Check]:
    path = _there(session)
    if path is None:
        return
    from cinctl.store.lock import is_free

    try:
        free = is_free(path)
    except OSError as fault:
        yield Check("lock", FAIL, f"cannot be taken: {fault.strerror}", "let yourself write the store")
        return
    if free:
        yield Check("lock", OK, "free")
    else:
        yield Check("lock", WARN, "another process holds it", "wait for it; its number is in the .lock file")


def _verify(session: Session) -> Iterator[Check]:
    path = _there(session)
    if path is None:
        return
    from cinctl.store.log import Log
    from cinctl.store.verify import verify

    try:
        Log.open(path)
        report = verify(path)
    except CinctlError as fault:
        yield Check("chain", FAIL, str(fault).replace(path, short(path, session)))
        return
    if report.fault is not None:
        found = f"line {report.fault.line} does not hold, {report.lines:,} before it do"
        yield Check("chain", FAIL, found, "take an older copy: 'cinctl verify --extends OLD' tells how far it agrees")
    else:
        yield Check("chain", OK, f"holds, {report.lines:,} lines")


CHECKS = (
    ("store", _store),
    ("private", _private),
    ("disk", _disk),
    ("last line", _tail),
    ("cache", _cache),
    ("lock", _lock),
)
VERIFYING = (("chain", _verify),)
