"""Ways to look at a store by its cache and without, and to alter either behind the back of the other."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from cinctl.casebook import Casebook
from cinctl.store import cache as cache_module
from cinctl.store.cache import Cache, path_of
from cinctl.store.envelope import compose
from cinctl.store.log import Log
from cinctl.store.verify import verify
from cinctl.workspace import Workspace
from tests.domain.world import World, clock
from tests.machine.world import contents

PROTOCOL = clock("K", "refer", "visit", within="5 days") + clock("N", "visit", "note", within="3 days", again="another")
OTHER = clock("K", "refer", "visit", within="9 days")


def cache_of(world: World) -> Path:
    """Return where the cache stands."""
    return Path(path_of(world.store))


def replayed(world: World, protocol: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of `due` without any cache."""
    from cinctl.protocol import load
    from cinctl.queries import due_rows
    from cinctl.rules import RuleBook

    book = Casebook(RuleBook(load(protocol or world.protocol)), world.today).load(Log.open(world.store).read())
    return due_rows(book, world.today, world.today)


def rows(world: World, workspace: Workspace | None = None) -> list[dict[str, Any]]:
    """Return the rows of `due`, by the cache."""
    from cinctl.owed import COLUMNS

    found, _ = (workspace or world.workspace()).due()
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def right(world: World) -> None:
    """Every way of reading says what a replay says, and the next step is taken."""
    assert replayed(world) == rows(world)
    assert replayed(world) == world.book().due_rows(world.today)
    world.ok("visit", "R1", "2026-03-02", "w1")
    assert replayed(world) == rows(world)
    assert verify(world.store).ok


def tables(world: World) -> dict[str, Any]:
    """Return what the cache holds."""
    with contextlib.closing(sqlite3.connect(cache_of(world))) as db:
        return contents(db)


def alter(world: World, facts: dict[str, Any], *more: str) -> None:
    """Alter what the cache says that it was made from, as one that is whole."""
    cache = Cache.open(world.store)
    assert cache is not None
    with cache.changing(cache.position) as may:
        assert may
        for asked in more:
            cache.execute(asked)
        cache.commit(cache.position, world.store.stat())
    with contextlib.closing(sqlite3.connect(cache_of(world))) as db:
        db.executemany("UPDATE meta SET value = ? WHERE name = ?", [(value, name) for name, value in facts.items()])
        meta = dict(db.execute("SELECT name, value FROM meta WHERE name != 'sum'"))
        db.execute("UPDATE meta SET value = ? WHERE name = 'sum'", (cache_module._sum(meta),))
        db.commit()


def append(world: World, line: bytes) -> None:
    """Append a line as something else than cinctl would."""
    with world.store.open("ab") as file:
        file.write(line)


def hand_composed(world: World, **envelope: Any) -> bytes:
    """Return a line, whole and in its place, that something else than cinctl might append."""
    *_, last = Log.open(world.store).read()
    whole = {"kind": "note", "case": "R1", "at": "2026-03-03", "recorded": "x", "by": "w1", "under": "x@y", "data": {}}
    line, _, _ = compose(whole | envelope, last["seq"] + 1, last["hash"].encode(), b"0" * 16)
    return line


def chained(line: bytes, previous: str) -> bytes:
    """Return *line* with the hash that it ought to have after *previous*."""
    from hashlib import sha256

    head, _, rest = line.partition(b',"data":')
    payload, salt = rest[: rest.rindex(b',"salt":')], line[-109:-77]
    digest = sha256(salt + payload).hexdigest().encode()
    return line[:-67] + sha256(previous.encode() + head + digest).hexdigest().encode() + b'"}\n'
