"""The cache beside a log: where the lines of each case stand, and what is owed. It may be deleted at any time.

It is one SQLite file, `<log>.cache`. What it says is believed only while it was made by the same maker, since the
machine started, from the bytes that the log still begins with; else it is made anew. No dying process can damage it
(its journal sees to that), a power cut can: so it does not outlive one.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from binascii import crc32
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from weakref import finalize

from cinctl.store import platform
from cinctl.store.position import Position

FORMAT = 3
SUFFIX = ".cache"
CacheError = sqlite3.Error
"""What an open cache raises when it cannot be read or written, or turns out not to be whole."""
_BUSY = 2.0
_BUSY_AT_COMMIT = _BUSY_AT_OPENING = 0.2
"""Who reads, or writes, for longer than that is not waited for: it is caught up with later, or done without."""
_TAIL = 128
_PAGE = 4096

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE cases (id TEXT PRIMARY KEY, places BLOB NOT NULL, last TEXT, people TEXT, services INTEGER, row TEXT,
  changes INTEGER);
CREATE INDEX cases_by_last ON cases (last);
CREATE TABLE owed (due TEXT, subject TEXT, rule TEXT, n INTEGER, label INTEGER, owner TEXT, lead TEXT, unit TEXT,
  start TEXT, hidden TEXT, since TEXT, head TEXT, of TEXT, seq INTEGER, cycle INTEGER,
  PRIMARY KEY (due, subject, rule, n, of)) WITHOUT ROWID;
CREATE INDEX owed_by_case ON owed (of);
CREATE TABLE labels (n INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE absences (person TEXT, first TEXT, last TEXT, back_after TEXT, cover TEXT,
  PRIMARY KEY (person, first)) WITHOUT ROWID;
CREATE TABLE desk (seq INTEGER PRIMARY KEY, place INTEGER, kind TEXT, person TEXT);
CREATE INDEX desk_by_person ON desk (person);
CREATE TABLE keys (digest INTEGER, seq INTEGER, place INTEGER, PRIMARY KEY (digest, seq)) WITHOUT ROWID;
CREATE TABLE marks (seq INTEGER PRIMARY KEY, place INTEGER);
"""


class Stamp(NamedTuple):
    """What tells one state of the log's file from another: its inode, size, and time of change in nanoseconds."""

    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, state: os.stat_result) -> Stamp:
        """Return the stamp of a file with this *state*."""
        return cls(state.st_ino, state.st_size, state.st_mtime_ns)


FRESH, BEHIND, WRONG = "fresh", "behind", "wrong"


def path_of(log: str | os.PathLike[str]) -> str:
    """Return where the cache of *log* stands: the same place for every link to the log."""
    return os.path.realpath(log) + SUFFIX


class Cache:
    """An open cache. *meta* holds what it was made from, as of when it was opened or last committed."""

    def __init__(self, db: sqlite3.Connection, log: str | os.PathLike[str], path: str | None) -> None:
        self._db = db
        self._log = log
        self.path = path
        self.execute = db.execute
        self.many = db.executemany
        self.meta: dict[str, Any] = {}

    # Opening and making

    @classmethod
    def open(cls, log: str | os.PathLike[str], *, peek: bool = False) -> Cache | None:
        """Open the cache of *log*, or return None where there is none that can be used.

        *peek*: only to look at it: nothing is written, and nobody waited for; who is changing it just now hides it.
        """
        path = path_of(log)
        try:
            state = os.stat(path)
            if not stat.S_ISREG(state.st_mode) or state.st_size % _PAGE:
                # Where the last page is cut short, SQLite takes what is missing for zeros. A pipe it would wait for.
                return None
        except OSError:
            return None
        db = None
        try:
            db = _connect_to_read(path) if peek else _connect(path)
            made = cls(db, log, path)
            if peek:
                made.reload()
            else:
                db.execute(f"PRAGMA busy_timeout = {_BUSY_AT_OPENING * 1000:.0f}")
                made.reload()
                db.execute(f"PRAGMA busy_timeout = {_BUSY * 1000:.0f}")
        except sqlite3.Error:
            if db is not None:
                db.close()
            return None
        if made.meta.get("format") == FORMAT and made.meta.get("boot") == platform.boot_id():
            return made
        db.close()
        return None

    @classmethod
    def build(cls, log: str | os.PathLike[str], *, in_memory: bool = False) -> Cache:
        """Return an empty cache of *log*, to be filled and then kept by `keep`.

        It is in memory where it is asked for, or where none can be written.
        """
        final = path_of(log)
        path: str | None = None if in_memory else f"{final}-{os.getpid()}"
        db = _new_file(path, final) if path is not None else None
        if db is None:
            path, db = None, sqlite3.connect(":memory:", isolation_level=None)
        db.executescript(_TABLES)
        return cls(db, log, path)

    def keep(self, position: Position, state: os.stat_result, facts: Mapping[str, Any]) -> Cache:
        """Commit what was filled in and put it in its place beside the log, of which it goes to *position*.

        *state* is that of the log's file. Returns what is now to be used: where it cannot take its place, it is for
        this process alone.

        Raises:
            CacheLostError: it was there and is gone again, or another process has put its own in its place.
        """
        self._write_meta({"format": FORMAT, "boot": platform.boot_id(), **facts}, position, state)
        self._db.execute("COMMIT")
        self.reload()
        if self.path is None:
            return self
        final = path_of(self._log)
        self._db.close()
        if not _take_place(self.path, final):
            self._db = _connect(self.path)
            self.execute, self.many = self._db.execute, self._db.executemany
            # Nobody else will remove its file, if this process is in a hurry to leave.
            finalize(self, _unlink, self.path)
            return self
        self.path = None
        with suppress(OSError):
            if os.stat(self._log).st_ino != state.st_ino:
                # The log was replaced meanwhile, as a redaction does: nothing of the old one may stay.
                os.unlink(final)
        made = Cache.open(self._log)
        if made is None or made.meta != self.meta:
            raise CacheLostError
        return made

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, and remove it where it was never kept. It closes itself when nobody needs it any more."""
        with suppress(sqlite3.Error):
            self._db.close()
        if self.path is not None and not self.path.endswith(SUFFIX):
            with suppress(OSError):
                os.unlink(self.path)

    def spoil(self) -> None:
        """Close it and remove its file, which is not whole: the next to ask makes it anew."""
        path = self.path
        self.close()
        for name in (path, f"{path}-journal") if path is not None else ():
            with suppress(OSError):
                os.unlink(name)

    # What it was made from

    def reload(self) -> None:
        """Read anew what it was made from. Raises CacheError where that is not whole.

        By what stands there lines are appended to the log: so one bit of it that is wrong is too much.
        """
        meta = dict(self._db.execute("SELECT name, value FROM meta"))
        if meta.pop("sum", None) != _sum(meta):
            raise sqlite3.DatabaseError("what the cache was made from is not whole")
        self.meta = meta

    @property
    def position(self) -> Position:
        """How far into the log it goes."""
        return Position(self.meta["end"], self.meta["length"], self.meta["head"])

    def standing(self) -> tuple[str, os.stat_result]:
        """Say whether it is `fresh`, `behind` what was written since, or `wrong` about the log; and the log's state.

        Raises:
            OSError: the log cannot be looked at.
        """
        state = os.stat(self._log)
        stamp = Stamp(self.meta["inode"], self.meta["size"], self.meta["changed"])
        end = self.meta["end"]
        if state.st_size < end or state.st_ino != stamp.inode or (state.st_size == end and Stamp.of(state) != stamp):
            return WRONG, state
        with open(self._log, "rb") as file:
            begun = max(0, end - _TAIL)
            file.seek(begun)
            tail = file.read(end - begun).rstrip(b"\n")
        holds = not end or tail.endswith(b'"hash":"%b"}' % self.meta["head"].encode())
        if not holds:
            return WRONG, state
        return (FRESH if state.st_size == end else BEHIND), state

    # Changing

    @contextmanager
    def changing(self, since: Position) -> Iterator[bool]:
        """Hold the right to change it; gives False, and nothing may be changed, when it moved on from *since*."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self.reload()
        except sqlite3.Error:
            self._undo()
            yield False
            return
        try:
            yield self.position == since
        except BaseException:
            self._undo()
            raise
        self._undo()

    def begin(self) -> None:
        """Begin to fill it."""
        self._db.execute("BEGIN")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one state of it, whatever is committed meanwhile; *meta* is of that state."""
        self._db.execute("BEGIN")
        try:
            self.reload()
            yield
        finally:
            self._undo()

    def commit(self, position: Position, state: os.stat_result) -> bool:
        """Keep what was changed: it now goes to *position* in a log whose file has this *state*.

        Returns False where that cannot be, and it stays as it was: the disk is full, or somebody goes on reading.
        """
        try:
            self._write_meta({}, position, state)
            self._db.execute(f"PRAGMA busy_timeout = {_BUSY_AT_COMMIT * 1000:.0f}")
            self._db.execute("COMMIT")
        except sqlite3.Error:
            self._undo()
            with suppress(sqlite3.Error):
                self.reload()
            return False
        return True

    def _undo(self) -> None:
        if self._db.in_transaction:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def _write_meta(self, facts: Mapping[str, Any], position: Position, state: os.stat_result) -> None:
        stamp = Stamp.of(state)
        whole = {
            **facts, **position._asdict(), "inode": stamp.inode, "size": stamp.size, "changed": stamp.changed,
        }  # fmt: skip
        self.set_meta(**whole)
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('sum', ?)", (_sum(self.meta),))

    def set_meta(self, **facts: Any) -> None:
        """Write *facts* down beside what it was made from."""
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())
        self.meta.update(facts)


def _sum(meta: Mapping[str, Any]) -> int:
    """Return 32 bits that one altered bit of *meta* would change."""
    return crc32(repr(sorted(meta.items())).encode("utf-8", "surrogatepass"))


class CacheLostError(Exception):
    """The cache that was just made is gone again; whoever needs one makes another."""


def _unlink(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _sweep(final: str) -> None:
    """Remove what processes left behind that died while they made a cache."""
    import glob

    for path in glob.glob(f"{glob.escape(final)}-[0-9]*"):
        pid = path.rpartition("-")[2]
        if pid.isdigit() and not platform.is_running(int(pid)):
            with suppress(OSError):
                os.unlink(path)


def _take_place(path: str, final: str) -> bool:
    """Let the cache at *path* stand at *final*. Returns False, with nothing changed, where it cannot.

    The journal of a cache goes by its name: what a dead process left of one would be taken for that of the new file,
    and so would that of a change still going on. So the old file is locked first, which undoes the former and waits
    for no one with the latter.
    """
    old: sqlite3.Connection | None = None
    try:
        there = os.stat(final).st_ino if os.path.exists(final) else None
        if there is not None:
            old = _locked(final)
            if os.stat(final).st_ino != there:
                return False
        if old is None:
            with suppress(FileNotFoundError):
                os.unlink(f"{final}-journal")
        elif not platform.REPLACES_OPEN_FILES:
            old.close()
        os.replace(path, final)
    except (OSError, sqlite3.Error):
        return False
    finally:
        if old is not None:
            old.close()
    return True


def _locked(path: str) -> sqlite3.Connection | None:
    """Return the cache at *path*, locked against changes; None where it is no cache that anybody could change.

    Raises:
        sqlite3.Error: somebody else is changing it, or it cannot be opened.
    """
    db = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        db.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_READONLY,
        ):
            return None
        raise
    return db


def _new_file(path: str, final: str) -> sqlite3.Connection | None:
    try:
        _sweep(final)
        os.close(os.open(path, platform.CREATE_NEW, platform.PRIVATE_FILE))
        db = _connect(path)
        # Until it is kept nobody else sees it, and it is thrown away if this process dies.
        db.execute("PRAGMA journal_mode = OFF")
        db.execute(f"PRAGMA page_size = {_PAGE}")
    except (OSError, sqlite3.Error):
        return None
    return db


def _connect(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
    # Nothing in it needs to survive a power cut, except where it cannot be told that there was one.
    db.execute(f"PRAGMA synchronous = {'OFF' if platform.boot_id() else 'FULL'}")
    db.execute("PRAGMA trusted_schema = OFF")
    return db


def _connect_to_read(path: str) -> sqlite3.Connection:
    """Return a connection that cannot write: not even undo what a process left half done, which then is an error."""
    name = path.replace(os.sep, "/").replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if not name.startswith("/"):
        name = f"/{name}"
    db = sqlite3.connect(f"file://{name}?mode=ro", uri=True, timeout=0, isolation_level=None)
    db.execute("PRAGMA trusted_schema = OFF")
    return db


Rows = Iterable[Sequence[Any]]
