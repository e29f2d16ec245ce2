"""What the cache beside a log tells at a glance, when it is to be believed. Imports neither rules nor casebook."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, TypeVar

from cinctl import __version__
from cinctl.calendar import Duration
from cinctl.digests import digest
from cinctl.owed import (
    NO_LIMIT,
    Absent,
    Away,
    Label,
    Name,
    Owed,
    Plain,
    Row,
    calendar_of,
    head,
    named_rows,
    rows,
    stand_in,
    tail,
)
from cinctl.store.cache import FRESH, Cache, CacheError
from cinctl.store.platform import open_to_others
from cinctl.workspace.settings import Settings

T = TypeVar("T")

FACTS = ("maker", "protocol", "chosen", "sources", "digest", "frozen", "calendar")
"""What a cache says of the protocol that it was made under."""


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


def of_this_protocol(cache: Cache, settings: Settings) -> bool:
    """Return whether *cache* was made under the protocol in force, whose files are as they were then.

    Raises LookupError, ValueError or TypeError where the cache is not whole.
    """
    return _same_protocol(cache.meta, settings, None)


def _same_protocol(meta: dict[str, Any], settings: Settings, protocol_hash: str | None) -> bool:
    if protocol_hash is not None:
        return protocol_hash == meta.get("protocol")
    if settings.chosen is None or meta.get("chosen") != settings.chosen or not meta.get("digest"):
        return False
    return bool(digest(json.loads(meta["sources"])) == meta["digest"])


def glance(settings: Settings, tell: Callable[[Cache, Settings], T]) -> tuple[T, list[str]] | None:
    """Return what *tell* makes of the cache beside the store, and what the reader should know of the log.

    None where today cannot be told from the cache alone, and the log must be looked at.
    """
    try:
        cache = believed(settings)
        if cache is None:
            return None
        standing, state = cache.standing()
        found = told(cache, settings, tell) if standing == FRESH else None
    except OSError:
        return None
    cache.close()
    return None if found is None else (found, private_notices(settings.store, state.st_mode))


def told(cache: Cache, settings: Settings, tell: Callable[[Cache, Settings], T]) -> T | None:
    """Return what *tell* makes of *cache*; None where it does not tell of that day, or is not whole."""
    try:
        with cache.reading():
            return tell(cache, settings) if settings.day.isoformat() >= cache.meta["latest"] else None
    except (CacheError, LookupError, ValueError, TypeError):
        cache.spoil()
        return None


def private_notices(path: str | os.PathLike[str], mode: int) -> list[str]:
    """Return a warning where others than its owner can reach the log at *path*."""
    if not open_to_others(mode):
        return []
    return [f"{os.fspath(path)} is not private to you (mode {mode & 0o777:o}): chmod 600 {os.fspath(path)}"]


def due_rows(cache: Cache, settings: Settings) -> list[Row]:
    """Return the rows of `due` that *cache* holds, most overdue first."""
    today = settings.day
    return list(rows(owed(cache), today, soon(cache, settings, today), away_on(cache, today)))


def due_named(cache: Cache, settings: Settings) -> list[tuple[Row, Name]]:
    """Return the same, each with what names its obligation for good."""
    today = settings.day
    return list(named_rows(owed(cache), today, soon(cache, settings, today), away_on(cache, today)))


def due_lines(cache: Cache, settings: Settings) -> tuple[list[str], bool]:
    """Return the same, each as one line of JSON; and whether anything is overdue."""
    today = settings.day
    now, near = today.isoformat(), soon(cache, settings, today)
    labels = _labels(cache)
    if away := away_on(cache, today):
        return _lines_with_cover(cache, labels, away, today, near)
    tails: dict[tuple[str, int], str] = {}
    lines, first = [], NO_LIMIT
    found = cache.execute(
        "SELECT head, due, label FROM owed WHERE (hidden IS NULL OR hidden < ?) AND (since IS NULL OR since <= ?) "
        "ORDER BY due, subject, rule, n, of",
        (now, now),
    )
    for begun, due, label in found.fetchall():
        end = tails.get((due, label))
        if end is None:
            first = min(first, due)
            end = tails[due, label] = tail(None if due == NO_LIMIT else due, labels[label], today, near)
        lines.append(begun + end)
    return lines, first < now


def _lines_with_cover(
    cache: Cache, labels: dict[int, Label], away: Away, today: date, near: date
) -> tuple[list[str], bool]:
    """Return what `due_lines` does on a day on which somebody is *away*."""
    from cinctl.terminal import visible_json

    now = today.isoformat()
    tails: dict[tuple[str, int, str | None], str] = {}
    lines, first = [], NO_LIMIT
    found = cache.execute(
        "SELECT head, due, label, owner, of, lead, unit, start FROM owed "
        "WHERE (hidden IS NULL OR hidden < ?) AND (since IS NULL OR since <= ?) ORDER BY due, subject, rule, n, of",
        (now, now),
    )
    for begun, due, label, owner, of, lead, unit, start in found.fetchall():
        limit, covers = None if due == NO_LIMIT else due, None
        if of and owner in away and (other := stand_in(owner, limit, away)) is not None:
            begun, covers = visible_json(head(Owed(of, labels[label], other, lead, unit, start, limit))), owner
        end = tails.get((due, label, covers))
        if end is None:
            first = min(first, due)
            end = tails[due, label, covers] = visible_json(tail(limit, labels[label], today, near, covers))
        lines.append(begun + end)
    return lines, first < now


def away_on(cache: Cache, today: date) -> Away:
    """Return who is away on *today*."""
    now = today.isoformat()
    asked = "SELECT person, back_after, cover FROM absences WHERE first <= ? AND last >= ?"
    return {person: Absent(last, cover) for person, last, cover in cache.execute(asked, (now, now))}


def due_on(cache: Cache, settings: Settings, cases: Iterable[str]) -> list[Row]:
    """Return those of `due_rows` that are about *cases*, most overdue first."""
    today = settings.day
    found = [one for case in cases for one in owed(cache, case)]
    found.sort(key=lambda one: (one[6] or NO_LIMIT, one[0] or "", one[1].rule))
    return list(rows(found, today, soon(cache, settings, today), away_on(cache, today)))


def _labels(cache: Cache) -> dict[int, Label]:
    return {n: Label.read(text) for n, text in cache.execute("SELECT n, text FROM labels")}


def soon(cache: Cache, settings: Settings, today: date) -> date:
    """Return the last day of what is due soon."""
    duration = Duration.parse(settings.due_soon)
    if not duration.n:
        return today
    name, closures = json.loads(cache.meta["calendar"])
    return duration.after(today, calendar_of(name, tuple(closures)))


def owed(cache: Cache, case: str | None = None) -> Iterator[Plain]:
    """Yield what *cache* says is owed, on *case* where one is named, most overdue first."""
    labels = _labels(cache)
    found = cache.execute(
        f"SELECT of, label, owner, lead, unit, start, due, hidden, since, seq, cycle FROM owed "
        f"{'' if case is None else 'WHERE of = ? '}ORDER BY due, subject, rule, n, of",
        () if case is None else (case,),
    )
    for of, label, owner, lead, unit, start, due_, *rest in found.fetchall():
        yield of or None, labels[label], owner, lead, unit, start, None if due_ == NO_LIMIT else due_, *rest
