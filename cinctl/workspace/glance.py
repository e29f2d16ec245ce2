"""What the cache beside a log tells at a glance, when it is to be believed. Imports neither rules nor casebook."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

from cinctl import __version__
from cinctl.calendar import Duration
from cinctl.digests import digest
from cinctl.owed import Label, Plain, Row, calendar_of, rows
from cinctl.store.cache import FRESH, Cache, CacheError
from cinctl.store.platform import open_to_others
from cinctl.workspace.settings import Settings

NO_LIMIT = "~"
"""Stands in the cache for the due date of what has no limit: it sorts after every date."""


def maker() -> str:
    """Return what must be the same for a cache to be believed: the version of cinctl that made it, on which machine."""
    return f"cinctl {__version__}, {sys.byteorder}-endian"


def believed(settings: Settings, protocol_hash: str | None = None) -> Cache | None:
    """Return the cache beside the store if it was made by this cinctl under the protocol in force, else None.

    *protocol_hash* is that of the protocol where it is loaded already; else the files that it was made from are
    compared with what they were.
    """
    cache = Cache.open(settings.store)
    if cache is None:
        return None
    try:
        if cache.meta.get("maker") == maker() and _same_protocol(cache.meta, settings, protocol_hash):
            return cache
    except (LookupError, ValueError, TypeError):
        pass
    cache.close()
    return None


def _same_protocol(meta: dict[str, Any], settings: Settings, protocol_hash: str | None) -> bool:
    if protocol_hash is not None:
        return protocol_hash == meta.get("protocol")
    if settings.chosen is None or meta.get("chosen") != settings.chosen or not meta.get("digest"):
        return False
    return bool(digest(json.loads(meta["sources"])) == meta["digest"])


def due(settings: Settings) -> tuple[list[Row], list[str]] | None:
    """Return the rows of `due` and what the reader should know of the log; None where the log must be looked at."""
    try:
        cache = believed(settings)
    except OSError:
        return None
    if cache is None:
        return None
    try:
        standing, state = cache.standing()
        found = rows_of(cache, settings) if standing == FRESH else None
    except OSError:
        return None
    finally:
        cache.close()
    return None if found is None else (found, private_notices(settings.store, state.st_mode))


def private_notices(path: str | os.PathLike[str], mode: int) -> list[str]:
    """Return a warning where others than its owner can reach the log at *path*."""
    if not open_to_others(mode):
        return []
    return [f"{os.fspath(path)} is not private to you (mode {mode & 0o777:o}): chmod 600 {os.fspath(path)}"]


def rows_of(cache: Cache, settings: Settings) -> list[Row] | None:
    """Return the rows of `due` that *cache* holds; None where it does not tell of that day, or is not whole."""
    try:
        with cache.reading():
            return due_rows(cache, settings) if settings.day.isoformat() >= cache.meta["latest"] else None
    except (CacheError, LookupError, ValueError, TypeError):
        cache.spoil()
        return None


def due_rows(cache: Cache, settings: Settings) -> list[Row]:
    """Return the rows of `due` that *cache* holds, most overdue first."""
    today = settings.day
    return list(rows(owed(cache), today, soon(cache, settings, today)))


def soon(cache: Cache, settings: Settings, today: date) -> date:
    """Return the last day of what is due soon."""
    duration = Duration.parse(settings.due_soon)
    if not duration.n:
        return today
    name, closures = json.loads(cache.meta["calendar"])
    return duration.after(today, calendar_of(name, tuple(closures)))


def owed(cache: Cache) -> Iterator[Plain]:
    """Yield what *cache* says is owed, most overdue first."""
    labels = {n: Label.read(text) for n, text in cache.execute("SELECT n, text FROM labels")}
    found = cache.execute(
        "SELECT of, label, owner, lead, unit, start, due, hidden, since FROM owed ORDER BY due, subject, rule, n, of"
    )
    for of, label, owner, lead, unit, start, due_, hidden, since in found.fetchall():
        yield of or None, labels[label], owner, lead, unit, start, None if due_ == NO_LIMIT else due_, hidden, since
