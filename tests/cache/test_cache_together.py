"""Processes at once, disks that fail, and who may read what: the cache stops nobody and leaks nothing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cinctl.events import KINDS
from cinctl.history import Draft
from cinctl.owed import Label
from cinctl.store import cache as cache_module
from cinctl.store.cache import Cache
from cinctl.workspace import Workspace, glance
from cinctl.workspace.redaction import Request, redact
from cinctl.workspace.shelves import CacheShelf
from tests.cache.support import OTHER, PROTOCOL, append, cache_of, hand_composed, replayed, right, rows
from tests.domain.world import World, draft
from tests.store.support import environment


class TestTogether:
    """Processes at once."""

    def test_a_journal_of_somebody_else(self, world: World) -> None:
        """A change that is going on in the old cache never ends up in a new one."""
        with contextlib.closing(sqlite3.connect(cache_of(world), isolation_level=None)) as busy:
            busy.execute("PRAGMA cache_size = 1")
            busy.execute("PRAGMA synchronous = OFF")
            busy.execute("BEGIN IMMEDIATE")
            busy.execute("UPDATE owed SET lead = 'somebody' || hex(randomblob(9000))")
            assert cache_of(world).with_name("cases.jsonl.cache-journal").exists()
            state = cache_of(world).stat()
            other = world.folder / "other.toml"
            other.write_text('[protocol]\nid = "other"\n' + OTHER, encoding="utf-8")
            asked = Workspace(world.workspace().settings._replace(protocol=str(other)))
            assert replayed(world, str(other)) == rows(world, asked)
            assert cache_of(world).with_name("cases.jsonl.cache-journal").exists()
            assert state.st_ino == cache_of(world).stat().st_ino
            busy.execute("ROLLBACK")

        right(world)

    def test_what_is_recorded_while_a_caseload_is_told(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """Cases, what is owed on them and who is away are of one moment, whatever another records meanwhile."""
        expected = world.book().caseload_rows(world.today)
        real = CacheShelf.loads

        def loads(shelf: CacheShelf) -> Any:
            found = real(shelf)
            monkeypatch.undo()
            world.ok("visit", "R1", "2026-03-02", "w1")
            world.ok("allocate", "R0", "2026-03-02", to="w1")
            return found

        monkeypatch.setattr(CacheShelf, "loads", loads)

        assert expected == world.book().caseload_rows(world.today)
        assert expected != world.book().caseload_rows(world.today)
        right(world)

    def test_what_a_dead_writer_left_is_undone_first(self, world: World) -> None:
        """The journal of a change that was cut short is not taken for that of the cache which replaces the old one."""
        cache, journal = cache_of(world), cache_of(world).with_name("cases.jsonl.cache-journal")
        with contextlib.closing(sqlite3.connect(cache, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE owed SET lead = 'x'")
            db.execute("UPDATE meta SET value = 'x' WHERE name = 'maker'")
            left = journal.read_bytes()
            db.execute("ROLLBACK")
        for spoil in (cache.unlink, lambda: cache.write_bytes(b"garbage")):
            world.ok("note", "R1", "2026-03-02", "w1", text="x")
            world.workspace().due()
            journal.write_bytes(left)
            spoil()
            assert replayed(world) == rows(world)
            assert not journal.exists()
            assert world.workspace().due() == world.workspace().due()
        right(world)

    def test_another_put_theirs_in_its_place(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """A cache that another process put there between ours and its opening is not taken for ours."""
        other = world.folder / "other.toml"
        other.write_text('[protocol]\nid = "other"\n' + OTHER, encoding="utf-8")
        settings = world.workspace().settings._replace(protocol=str(other))
        Workspace(settings).due()
        theirs = cache_of(world).read_bytes()
        real, times = os.replace, iter([1, 1])

        def beaten(old: str, new: Any) -> None:
            real(old, new)
            if next(times, None) and str(new).endswith(".cache"):
                Path(new).write_bytes(theirs)

        monkeypatch.setattr(os, "replace", beaten)
        assert replayed(world) == rows(world)
        cache_of(world).unlink(missing_ok=True)
        times = iter([1])
        assert world.step("visit", "R1", "2026-03-02", "w1").accepted
        monkeypatch.undo()

        assert replayed(world) == rows(world)

    def test_a_reader_that_never_finishes(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """A reader that stays in the middle of reading stops no writer, which does not wait for it either."""
        monkeypatch.setattr(cache_module, "_BUSY", 3600.0)
        with contextlib.closing(sqlite3.connect(cache_of(world), isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM owed").fetchone()
            for number in range(3):
                world.ok("note", "R1", "2026-03-02", "w1", text=str(number))
                assert replayed(world) == rows(world)

        right(world)

    def test_a_reader_sees_one_state(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is recorded while somebody reads shows to the next: nobody sees half of it, and nothing is made anew."""
        world = World(tmp_path, PROTOCOL)
        world.staff("w1", role="worker")
        world.refer("R1", "2026-02-23")
        before, state = rows(world), cache_of(world).stat()
        real = glance._labels
        recorded: list[str] = []

        def labels(cache: Cache) -> dict[int, Label]:
            found = real(cache)
            if not recorded:
                recorded.append("visit")  # which starts a clock that no row was of until now
                world.ok("visit", "R1", "2026-03-02", "w1")
            return found

        monkeypatch.setattr(glance, "_labels", labels)

        assert before == rows(world)
        assert ["visit"] == recorded
        assert state.st_ino == cache_of(world).stat().st_ino
        assert before != rows(world) == replayed(world)

    def test_a_writer_that_never_finishes(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that holds the cache for good stops no reader, and no other writer."""
        monkeypatch.setattr(cache_module, "_BUSY", 0.05)
        with contextlib.closing(sqlite3.connect(cache_of(world), isolation_level=None)) as writer:
            for hold in ("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"):
                writer.execute(hold)
                right(world)
                writer.execute("ROLLBACK")
        assert [] == [p.name for p in world.folder.iterdir() if p.name.startswith("cases.jsonl.cache-")]
        right(world)

    def test_many_at_once(self, world: World) -> None:
        """Some write, some read, some delete the cache, some hold to another protocol: nothing is lost or wrong."""
        other = world.folder / "other.toml"
        other.write_text('[protocol]\nid = "other"\n' + OTHER, encoding="utf-8")
        before = len(world.lines())
        common = [sys.executable, "-c", _BUSY_PROCESS, str(world.store)]
        jobs = [("write", world.protocol), ("write", world.protocol), ("read", str(other)), ("delete", world.protocol)]
        with contextlib.ExitStack() as stack:
            started = [
                stack.enter_context(
                    subprocess.Popen([*common, *job], env=environment(), stderr=subprocess.PIPE, text=True)
                )
                for job in jobs
            ]
            said = [process.communicate(timeout=120)[1] for process in started]
        assert [""] * len(jobs) == said
        assert before + 2 * 12 == len(world.lines())

        assert replayed(world, str(other)) == rows(
            world, Workspace(world.workspace().settings._replace(protocol=str(other)))
        )
        right(world)


_BUSY_PROCESS = """
import os, sys
from datetime import UTC, date, datetime
from cinctl.history import Draft
from cinctl.workspace import Settings, Workspace
store, what, protocol = sys.argv[1:]
day = date(2026, 12, 31)
settings = Settings(store=store, protocol=protocol, today=day, now=datetime(2026, 12, 31, 12, tzinfo=UTC))
for number in range(12):
    if what == "write":
        (verdict,) = Workspace(settings).record([Draft("note", "R1", "2026-03-02", "w1", {"text": "x"})])
        assert verdict.accepted, verdict
    elif what == "read":
        Workspace(settings).due()
        Workspace(settings).book().case_ids()
    else:
        try:
            os.unlink(store + ".cache")
        except FileNotFoundError:
            pass
        Workspace(settings).due()
"""


class TestTheDisk:
    """What the disk does to the cache stops no step."""

    @pytest.mark.parametrize("when", ["execute", "commit", "begin"])
    @pytest.mark.parametrize("standing", ["fresh", "behind", "gone"])
    def test_it_cannot_be_written(
        self, when: str, standing: str, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On a full disk, or one that fails, the step is recorded, once, and every answer is right."""
        if standing == "behind":
            append(world, hand_composed(world))
        if standing == "gone":
            cache_of(world).unlink()
        monkeypatch.setattr(sqlite3, "connect", _failing(when, sqlite3.connect))
        before = len(world.lines())
        assert world.step("visit", "R1", "2026-03-02", "w1").accepted
        assert before + 1 == len(world.lines())
        assert replayed(world) == rows(world)
        assert replayed(world) == world.book().due_rows(world.today)
        monkeypatch.undo()

        right(world)

    def test_an_import_when_it_cannot_be_written(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """An import succeeds all the same."""
        about = {"source": "a return", "speaks": {"refer": ["at", "born"]}}
        monkeypatch.setattr(sqlite3, "connect", _failing("execute", sqlite3.connect))
        made = world.workspace().bring_in(
            about, [(draft("refer", "I1", "2026-02-23", key="i1", source="1A", born="2015-01-01"), {})]
        )
        assert 1 == made.events
        assert replayed(world) == rows(world)


class _Failing(sqlite3.Connection):
    """A connection to a file on a disk that is full."""

    when = ""

    def execute(self, asked: str, *more: Any) -> sqlite3.Cursor:
        writes = asked.startswith(("INSERT", "UPDATE", "DELETE"))
        if {"execute": writes, "commit": asked == "COMMIT", "begin": asked == "BEGIN IMMEDIATE"}[self.when]:
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(asked, *more)

    def executemany(self, asked: str, *more: Any) -> sqlite3.Cursor:
        if self.when == "execute":
            raise sqlite3.OperationalError("disk I/O error")
        return super().executemany(asked, *more)


def _failing(when: str, connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    made = type("Failing", (_Failing,), {"when": when})

    def open_it(path: str, **more: Any) -> sqlite3.Connection:
        return connect(path, **more) if path == ":memory:" else connect(path, factory=made, **more)

    return open_it


class TestPrivacy:
    """It tells nobody more than it must, and nothing of it is left behind."""

    IDS = frozenset({"child", "family", "unit"})
    """Fields that hold a reference or the name of a unit, never prose: `list` and `due` print them."""

    def test_no_prose(self, world: World) -> None:
        """Not one free text of any kind of event is in the cache, which only its owner can read."""
        secret = "Q-distinctive-Q"
        for kind in KINDS.values():
            if kind.name in ("import", "correct", "redact", "refer", "waive"):
                continue
            for full in kind.full_names():
                data: dict[str, Any] = {}
                for field in kind.fields.values():
                    if field.type == "text" and field.name not in self.IDS:
                        data[field.name] = {"a": secret} if field.mapping else [secret] if field.many else secret
                    elif field.required:
                        data[field.name] = {"staff": "w1", "date": "2026-03-02", "event": 3}.get(field.type, "x")
                if full == "staff.join":
                    data["staff"] = "w9"
                if full in ("staff.leave", "reopen", "close", "stepdown"):
                    continue
                if full == "staff.train":
                    data["topic"] = ["x"]
                case = "R1" if kind.subject == "case" else None
                world.workspace().record([Draft(full, case, "2026-03-02", "w1", data)])
        world.ok("correct", None, "2026-03-02", "b1", of=3, set={"note": secret}, reason=secret)
        world.ok("refer", "R9", "2026-03-02", note=secret, referrer=secret, source="1A", born="2015-01-01")
        assert world.store.read_bytes().count(secret.encode()) > 60
        for gone in (False, True):
            if gone:
                cache_of(world).unlink()
            world.workspace().due()
            assert secret.encode() not in cache_of(world).read_bytes()
            assert 0o600 == cache_of(world).stat().st_mode & 0o777

    def test_nothing_of_what_was_redacted(self, world: World) -> None:
        """Once a payload is redacted nothing of it is in the cache, nor in a reader's that was made meanwhile."""
        world.ok("refer", "R7", "2026-02-23", source="1A", born="2011-11-11", child="child-77", family="family-77")
        world.workspace().due()
        old = world.workspace().book()
        assert b"child-77" in cache_of(world).read_bytes()
        seq = len(world.lines())
        assert redact(world.workspace(), Request(seqs=(seq,), reason="r", approved_by="b1", at="2026-03-02")).accepted
        assert not cache_of(world).exists()
        assert old.case_row("R7")["child"] == "child-77"
        world.workspace().due()
        for path in world.folder.iterdir():
            assert b"-77" not in path.read_bytes(), path

    def test_what_dead_processes_left_is_swept(self, world: World) -> None:
        """What a process left that died while it made one is removed by the next; that of a living one stays."""
        dead, alive = (cache_of(world).with_name(f"cases.jsonl.cache-{pid}") for pid in (2**22 + 7, os.getppid()))
        dead.write_bytes(b"x")
        alive.write_bytes(b"x")
        cache_of(world).unlink()
        world.workspace().due()

        assert (dead.exists(), alive.exists()) == (False, True)
