"""The file of the cache: cut, altered, replaced, of another make: it is not believed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import SpoiltCacheError, SystemRefusedError
from cinctl.store import platform
from cinctl.store.cache import Cache
from cinctl.workspace import glance
from tests.cache.support import alter, cache_of, replayed, right, rows, tables
from tests.domain.world import World, draft

NOTE = b'{"kind":"note","case":"%b","at":"2026-03-02","data":{"text":"T"}}'


def misplaced(path: Path) -> None:
    """Alter in the cache at *path* where the lines of R1 are, in a way that SQLite does not notice."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE cases SET places = ? WHERE id = 'R1'", (b"\x07" + b"\0" * 7,))
        db.commit()


class TestTheFile:
    """Whatever happens to the file, it is not believed where it is wrong."""

    def test_deleted(self, world: World) -> None:
        """A cache that was deleted is made anew."""
        cache_of(world).unlink()
        right(world)

        assert cache_of(world).exists()

    def test_truncated_anywhere(self, world: World) -> None:
        """One that was cut short, wherever, is made anew."""
        whole = cache_of(world).read_bytes()
        for length in (*range(0, 200, 7), *range(200, len(whole), 1023), len(whole) - 1):
            cache_of(world).write_bytes(whole[:length])
            assert Cache.open(world.store) is None
            assert replayed(world) == rows(world), length
            cache_of(world).write_bytes(whole[:length])
            assert replayed(world) == world.book().due_rows(world.today), length

    def test_a_page_of_anything(self, world: World) -> None:
        """One of whose pages holds nonsense stops no step for good, and is believed in nothing that SQLite can see."""
        whole = cache_of(world).read_bytes()
        for begin in range(0, len(whole), 4096):
            for what in (b"\0" * 4096, b"\xff" * 4096):
                cache_of(world).write_bytes(whole[:begin] + what + whole[begin + 4096 :])
                assert replayed(world) == rows(world), begin
                cache_of(world).write_bytes(whole[:begin] + what + whole[begin + 4096 :])
                before = world.store.read_bytes()
                with contextlib.suppress(SystemRefusedError):
                    world.workspace().record([draft("note", "R1", "2026-03-02", "w1", text="x")])
                    before = world.store.read_bytes()
                assert before == world.store.read_bytes()
                assert replayed(world) == rows(world), begin
                whole = cache_of(world).read_bytes() if len(cache_of(world).read_bytes()) == len(whole) else whole

        right(world)

    def test_a_step_that_comes_upon_one_that_is_not_whole(self, world: World) -> None:
        """In the middle of judging it makes it anew unasked, and records once."""
        misplaced(cache_of(world))
        before = world.store.read_bytes().count(b"\n")
        (verdict,) = world.workspace().record([draft("visit", "R1", "2026-03-02", "w1", seen=["child"])])

        assert verdict.accepted
        assert before + 1 == world.store.read_bytes().count(b"\n")
        right(world)

    def test_a_stream_that_comes_upon_one_that_is_not_whole(self, world: World) -> None:
        """Every line of it is recorded once, those before the damage and those after."""
        before = world.store.read_bytes().count(b"\n")

        def batches() -> Iterator[list[bytes]]:
            yield [NOTE % b"R2"]
            misplaced(cache_of(world))
            yield [NOTE % b"R1"]

        told = world.workspace().apply(batches())

        assert [True, True] == [verdict.accepted for verdicts in told for verdict in verdicts]
        assert before + 2 == world.store.read_bytes().count(b"\n")
        right(world)

    def test_what_cannot_be_given_twice_says_so(self, world: World) -> None:
        """Lines that come through a pipe and are all or nothing: nothing is recorded, and a second try succeeds."""
        misplaced(cache_of(world))
        before = world.store.read_bytes()
        with pytest.raises(SpoiltCacheError, match=r"not whole, and has been removed; nothing was recorded: try again"):
            list(world.workspace().apply(iter([[NOTE % b"R1"]]), atomic=True))

        assert before == world.store.read_bytes()
        right(world)

    @pytest.mark.parametrize("bad", [b"x", b"{}", b"\0" * 4096, b"SQLite format 3\0" + b"\0" * 4080])
    def test_garbage(self, bad: bytes, world: World) -> None:
        """Something else under its name is replaced."""
        cache_of(world).write_bytes(bad)
        right(world)

        assert tables(world)["meta"]["maker"] == glance.maker()

    def test_a_folder_of_that_name(self, world: World) -> None:
        """Where a folder has its name, everything works without."""
        cache_of(world).unlink()
        cache_of(world).mkdir()
        right(world)

        assert [] == [p.name for p in world.folder.iterdir() if p.name.startswith("cases.jsonl.cache-")]

    def test_a_link_that_leads_nowhere(self, world: World) -> None:
        """A dangling link of its name is replaced."""
        cache_of(world).unlink()
        cache_of(world).symlink_to(world.folder / "nowhere")
        right(world)

        assert not cache_of(world).is_symlink()

    def test_no_file_can_be_made(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a folder where none can be made, everything works without."""
        cache_of(world).unlink()
        monkeypatch.setattr(platform, "CREATE_NEW", os.O_RDONLY)
        right(world)

        assert not cache_of(world).exists()

    def test_one_that_cannot_be_written(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that may only be read is read, and what it lacks is made up for."""
        real = sqlite3.connect

        def read_only(path: str, **more: Any) -> sqlite3.Connection:
            made: sqlite3.Connection = (
                real(f"file:{path}?mode=ro", uri=True, **more) if path.endswith(".cache") else real(path, **more)
            )
            return made

        monkeypatch.setattr(sqlite3, "connect", read_only)
        right(world)

    @pytest.mark.parametrize("name", ["boot", "maker", "format", "protocol", "head", "inode", "size", "changed"])
    def test_made_by_somebody_else(self, name: str, world: World) -> None:
        """Made since another start of the machine, by another version, of another protocol or log: made anew."""
        alter(world, {name: "another"}, "UPDATE owed SET due = '1999-01-01'")
        if name == "protocol":
            _ = (asked := world.workspace()).protocol
            assert replayed(world) == rows(world, asked)
            return
        if name == "head":
            world.ok("visit", "R0", "2026-03-02", "w1")
        right(world)

    @pytest.mark.parametrize("name", ["chosen", "digest", "frozen", "sources"])
    def test_where_its_protocol_came_from_is_unclear(self, name: str, world: World) -> None:
        """Where it does not tell from which files its protocol came, or not the whole of it, the files are read."""
        alter(world, {name: "another"})
        world.ok("visit", "R0", "2026-03-02", "w1")
        right(world)

    @pytest.mark.parametrize("name", ["length", "head", "end", "latest", "next_number", "maker", "frozen"])
    def test_one_bit_of_what_it_was_made_from(self, name: str, world: World) -> None:
        """One bit that is wrong there breaks no line of the log, and is not believed."""
        with contextlib.closing(sqlite3.connect(cache_of(world))) as db:
            (value,) = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
            other = value ^ 1 if isinstance(value, int) else chr(ord(value[0]) ^ 1) + value[1:]
            db.execute("UPDATE meta SET value = ? WHERE name = ?", (other, name))
            db.commit()
        world.ok("visit", "R0", "2026-03-02", "w1")
        assert Cache.open(world.store) is not None
        right(world)

    def test_without_what_it_was_made_from(self, world: World) -> None:
        """A cache without what it was made from is not believed."""
        with contextlib.closing(sqlite3.connect(cache_of(world))) as db:
            db.execute("DELETE FROM meta WHERE name IN ('sources', 'latest', 'end')")
            db.execute("UPDATE owed SET due = '1999-01-01'")
            db.commit()
        right(world)
