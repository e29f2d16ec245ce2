"""What TAB can offer: ids that the cache beside a log knows, and words of the protocol that it was made under.

The cache is looked at and no more. Where it does not fit the log, or somebody is just changing it, nothing is offered:
nothing here reads the log, makes a cache, writes, or waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cinctl.store.cache import WRONG, Cache
from cinctl.workspace import glance
from cinctl.workspace.settings import Settings

if TYPE_CHECKING:
    from cinctl.protocol import Protocol

__all__ = ["MOST", "cases", "protocol", "staff", "units"]

MOST = 500
"""So many ids are offered at once."""
_AFTER_ALL = "\U0010ffff"
_CASES = "SELECT id FROM cases WHERE id >= ? AND id < ? ORDER BY id"
_STAFF = "SELECT DISTINCT person FROM desk WHERE person >= ? AND person < ? ORDER BY person"
_UNITS = "SELECT DISTINCT unit FROM owed WHERE unit >= ? AND unit < ? ORDER BY unit"


def cases(settings: Settings, prefix: str) -> list[str]:
    """Return the ids of cases that begin with *prefix*, at most `MOST` and one.

    The first and the last of all are always among them, so that what a shell takes for their common beginning is that.
    """
    return _ids(settings, prefix, _CASES)


def staff(settings: Settings, prefix: str) -> list[str]:
    """Return the ids in the staff register that begin with *prefix*, as `cases` does."""
    return _ids(settings, prefix, _STAFF)


def units(settings: Settings, prefix: str) -> list[str]:
    """Return the units that begin with *prefix* and hold a case, or have somebody, that owes anything."""
    return _ids(settings, prefix, _UNITS)


def _ids(settings: Settings, prefix: str, query: str) -> list[str]:
    with _peeked(settings) as cache:
        if cache is None:
            return []
        between = (prefix, prefix + _AFTER_ALL)
        found = [id_ for (id_,) in cache.execute(f"{query} LIMIT {MOST + 1}", between)]
        if len(found) > MOST:
            ((last,),) = cache.execute(f"{query} DESC LIMIT 1", between)
            found[MOST:] = [last]
        return found


def protocol(settings: Settings) -> Protocol | None:
    """Return the protocol in force, as the cache holds it, or None where that is not known to be still so."""
    from cinctl.protocol.frozen import thaw

    with _peeked(settings) as cache:
        if cache is None or not glance.of_this_protocol(cache, settings):
            return None
        return thaw(cache.meta["frozen"])


@contextmanager
def _peeked(settings: Settings) -> Iterator[Cache | None]:
    """Give the cache where it is that of the log, as it was when the cache was last carried on."""
    cache = Cache.open(settings.store, peek=True)
    if cache is None:
        yield None
        return
    try:
        fits = cache.meta.get("maker") == glance.maker() and cache.standing()[0] != WRONG
        yield cache if fits else None
    finally:
        cache.close()
