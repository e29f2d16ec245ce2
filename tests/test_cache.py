"""The cache beside the log: whatever befalls it, the answers are the log's; it stops nobody, and leaks nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cinctl.casebook import Casebook
from cinctl.errors import StoreError, SystemRefusedError
from cinctl.events import KINDS
from cinctl.history import Draft
from cinctl.store import cache as cache_module
from cinctl.store import log, platform
from cinctl.store.cache import Cache, path_of
from cinctl.store.envelope import compose
from cinctl.store.log import Log
from cinctl.store.verify import verify
from cinctl.workspace import Workspace, glance
from cinctl.workspace.redaction import Request, redact
from tests.domain.world import World, clock, draft, gate
from tests.machine.world import contents
from tests.store.support import environment

PROTOCOL = clock("K", "refer", "visit", within="5 days") + clock("N", "visit", "note", within="3 days", again="another")
OTHER = clock("K", "refer", "visit", within="9 days")
DAY = "2026-12-31"


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> World:
    """A store with two people and three cases, its cache made."""
    made = World(tmp_path, PROTOCOL)
    made.staff("b1", role="boss")
    made.staff("w1", role="worker")
    for number in range(3):
        made.refer(f"R{number}", "2026-02-23")
    made.ok("visit", "R2", "2026-02-24", "w1")
    made.workspace().due()
    return made


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

    def test_one_that_is_not_whole_is_told_and_gone(self, world: World) -> None:
        """Where a step comes upon it in the middle, nothing is recorded, and the second try succeeds."""
        with contextlib.closing(sqlite3.connect(cache_of(world))) as db:
            db.execute("UPDATE cases SET places = ? WHERE id = 'R1'", (b"\x07" + b"\0" * 7,))
            db.commit()
        before = world.store.read_bytes()
        with pytest.raises(
            SystemRefusedError, match=r"not whole, and has been removed; nothing was recorded: try again"
        ):
            world.workspace().record([draft("visit", "R1", "2026-03-02", "w1")])

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


class TestTheLog:
    """It is of the log that is there, as it is now."""

    def test_appended_to_by_something_else(self, world: World) -> None:
        """Lines that something else appended are caught up with."""
        with world.store.open("ab") as file:
            file.write(hand_composed(world))
        right(world)

    def test_spelt_otherwise(self, world: World) -> None:
        """A line that spells its case and kind with escapes counts as any other."""
        line = hand_composed(world, kind="visit", case="R1")
        plain = line.replace(b'"kind":"visit","case":"R1"', b'"kind":"v\\u0069sit","case":"\\u00521"')
        *_, last = Log.open(world.store).read()
        append(world, _chained(plain, last["hash"]))
        expected = replayed(world)
        for gone in (False, True):
            if gone:
                cache_of(world).unlink()
            assert expected == rows(world)
            assert 2 == len(world.book().history_rows("R1"))

        assert [] == [row for row in expected if row["case"] == "R1" and row["rule"] == "K"]

    def test_whole_without_its_newline_and_nuls_behind(self, world: World) -> None:
        """The last line, its newline lost and NULs behind it, is read as it is."""
        world.store.write_bytes(world.store.read_bytes()[:-1] + b"\0" * 77)
        expected = replayed(world)

        assert expected == rows(world)
        assert expected == world.book().due_rows(world.today)
        assert 2 == len(world.book().history_rows("R2"))
        world.ok("note", "R2", "2026-03-02", "w1", text="x")
        assert replayed(world) == rows(world)

    @pytest.mark.parametrize("tail", [b'{"v":1,"seq":7,"ki', b"\0" * 100])
    def test_torn(self, tail: bytes, world: World) -> None:
        """A torn tail is left out and told of, every time, until a writer sets it aside."""
        with world.store.open("ab") as file:
            file.write(tail)
        for _ in range(3):
            found, notices = world.workspace().due()
            assert len(found) == len(replayed(world))
            assert ["torn" in notice for notice in notices] == [True]

        right(world)

    def test_another_log_in_its_place(self, world: World, tmp_path: Path) -> None:
        """Another log by that name, renamed or copied there with the same size and time, is noticed."""
        (tmp_path / "b").mkdir()
        other = World(tmp_path / "b", PROTOCOL)
        other.staff("b1", role="boss")
        other.staff("w1", role="worker")
        for number in range(3):
            other.refer(f"R{number}", "2026-04-23")
        other.ok("visit", "R2", "2026-04-24", "w1")
        state = world.store.stat()
        assert other.store.stat().st_size == state.st_size
        for put in (shutil.copyfile, os.replace):
            put(other.store, world.store)
            os.utime(world.store, ns=(state.st_atime_ns, state.st_mtime_ns + (1 if put is shutil.copyfile else 0)))
            assert replayed(world) == rows(world)
            state = world.store.stat()

    def test_cut_by_lines(self, world: World) -> None:
        """A log that lost its last lines, and one that grew again since, are noticed."""
        lines = world.store.read_bytes().splitlines(keepends=True)
        world.store.write_bytes(b"".join(lines[:-1]))
        assert replayed(world) == rows(world)
        world.store.write_bytes(b"".join(lines))
        assert replayed(world) == rows(world)
        world.store.write_bytes(b"".join(lines[:-1]))
        append(world, hand_composed(world, data={"text": "x" * 300}))

        assert replayed(world) == rows(world)
        right(world)

    def test_a_line_altered(self, world: World) -> None:
        """A line altered in its middle is told of at the next reading; with size and time kept, by `verify` alone."""
        state = world.store.stat()
        world.store.write_bytes(world.store.read_bytes().replace(b"2015-06-01", b"2015-06-02", 1))
        os.utime(world.store, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert not verify(world.store).ok
        world.workspace().due()
        os.utime(world.store)
        with pytest.raises(StoreError, match="line 3 does not hold"):
            world.workspace().due()
        with pytest.raises(StoreError, match="line 3 does not hold"):
            world.workspace().record([draft("visit", "R1", "2026-03-02", "w1")])

    def test_replaced_while_it_is_surveyed(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """A log that takes the other's place, with the same size, during the pass is not taken for what was read."""
        cache_of(world).unlink()
        twin = world.folder / "twin"
        twin.write_bytes(world.store.read_bytes().replace(b"2026-02-23", b"2026-02-22"))
        real = log._run

        def replaced(*arguments: Any) -> None:
            real(*arguments)
            if twin.exists():
                os.replace(twin, world.store)

        monkeypatch.setattr(log, "_run", replaced)
        with pytest.raises(StoreError, match="line 3 does not hold"):
            world.workspace().due()


def _chained(line: bytes, previous: str) -> bytes:
    """Return *line* with the hash that it ought to have after *previous*."""
    from hashlib import sha256

    head, _, rest = line.partition(b',"data":')
    payload, salt = rest[: rest.rindex(b',"salt":')], line[-109:-77]
    digest = sha256(salt + payload).hexdigest().encode()
    return line[:-67] + sha256(previous.encode() + head + digest).hexdigest().encode() + b'"}\n'


class TestTheProtocol:
    """It is of the protocol that is asked for, as its files are now."""

    def test_another_protocol(self, world: World) -> None:
        """Two who hold to different protocols take turns, and each gets what is theirs."""
        other = world.folder / "other.toml"
        other.write_text('[protocol]\nid = "other"\n' + OTHER, encoding="utf-8")
        for _ in range(2):
            assert replayed(world) == rows(world)
            asked = Workspace(world.workspace().settings._replace(protocol=str(other)))
            assert replayed(world, str(other)) == rows(world, asked)

        assert {"2026-02-28"} == {row["due"] for row in replayed(world) if row["rule"] == "K"}
        assert {"2026-03-04"} == {row["due"] for row in replayed(world, str(other))}

    def test_its_file_changed_and_nothing_shows(self, world: World) -> None:
        """A protocol file changed with its size and time kept is noticed."""
        path = Path(world.protocol)
        state = path.stat()
        path.write_text(path.read_text(encoding="utf-8").replace('"5 days"', '"4 days"'), encoding="utf-8")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        from cinctl.protocol import loading

        loading._loaded.clear()

        assert {"2026-02-27"} == {row["due"] for row in rows(world) if row["rule"] == "K"}

    def test_a_link_led_elsewhere(self, world: World) -> None:
        """A link to a protocol that is led to another is noticed."""
        other, link = world.folder / "other.toml", world.folder / "link.toml"
        other.write_text('[protocol]\nid = "local"\n' + OTHER, encoding="utf-8")
        link.symlink_to(world.protocol)
        asked = world.workspace().settings._replace(protocol=str(link))
        assert "2026-02-28" in {row["due"] for row in rows(world, Workspace(asked))}
        link.unlink()
        link.symlink_to(other)

        assert {"2026-03-04"} == {row["due"] for row in rows(world, Workspace(asked)) if row["rule"] == "K"}

    def test_the_tables_of_a_config(self, world: World) -> None:
        """A config that is a whole protocol is read anew once it says something else."""
        from cinctl.config import load

        config = world.folder / "cinctl.toml"

        def asked(limit: str) -> set[str]:
            config.write_text(f'[protocol]\nid = "mine"\n{PROTOCOL.replace("5 days", limit)}', encoding="utf-8")
            given = world.workspace().settings._replace(protocol=None, config=str(config), config_tables=load(config))
            return {row["due"] for row in rows(world, Workspace(given)) if row["rule"] == "K"}

        assert [{"2026-02-28"}, {"2026-02-27"}, {"2026-02-28"}] == [asked("5 days"), asked("4 days"), asked("5 days")]

    def test_where_it_came_from_outlives_a_rebuild(self, world: World) -> None:
        """Who takes the protocol from a cache that is wrong about the log leaves one that has the protocol, too."""
        os.utime(world.store)
        world.workspace().due()

        assert glance.believed(world.workspace().settings) is not None


class TestAcrossCases:
    """What one case shows may hang on another, or on the register."""

    def test_families_of_a_service(self, tmp_path: Path) -> None:
        """A clock that asks how many families a service works with hears of a start that is told of later."""
        toml = clock(
            "F", '[{ on = "service.start", when = { "service.open_families" = { at_least = 1 } } }]', "service.end",
            within="1 month",
        )  # fmt: skip
        world = World(tmp_path, toml)
        for case in ("R1", "R2", "R3"):
            world.refer(case, "2026-02-23")
        world.ok("service.start", "R1", "2026-03-10", service="ifss")
        assert [] == rows(world)
        late = world.ok("service.start", "R2", "2026-03-05", service="ifss")
        assert ["R1"] == [row["case"] for row in rows(world)]
        ((verdict,),) = world.workspace().apply([[_as_line("service.start", "R3", "2026-03-01")]])
        assert verdict.accepted
        assert replayed(world) == rows(world)
        world.ok("correct", None, "2026-03-11", of=late, void=True, reason="r")

        assert replayed(world) == rows(world)
        assert replayed(world) == world.book().due_rows(world.today)

    @pytest.mark.parametrize("field", ["to", "at"])
    def test_what_a_correction_put_there(self, field: str, tmp_path: Path) -> None:
        """A change of post is seen in a case that names the person, or that day, by a correction alone."""
        toml = clock("L", '[{ on = "allocate", when = { "to.role" = "boss" } }]', "visit", within="5 days")
        world = World(tmp_path, toml)
        world.staff("w1", role="worker")
        world.staff("w2", role="worker")
        world.refer("R1", "2026-01-10")
        seq = world.ok("allocate", "R1", "2026-01-20", to="w2" if field == "to" else "w1")
        changed = {"to": "w1"} if field == "to" else {"at": "2026-03-05"}
        world.ok("correct", None, "2026-01-21", of=seq, set=changed, reason="r")
        assert [] == rows(world)
        world.ok("staff.change", None, "2026-01-15" if field == "to" else "2026-03-01", staff="w1", role="boss")

        assert ["L"] == [row["rule"] for row in rows(world)]
        assert replayed(world) == rows(world)

    @pytest.mark.parametrize("gone", [False, True])
    def test_a_day_before_that_to_which_a_correction_moved_a_step(self, gone: bool, world: World) -> None:
        """As of a day before the newest event as amended, what happened after it is left out."""
        seq = world.ok("visit", "R1", "2026-02-25", "w1")
        world.ok("correct", None, "2026-02-26", "b1", of=seq, set={"at": "2026-03-05"}, reason="r")
        if gone:
            cache_of(world).unlink()
        world.workspace().due()
        world.today = date(2026, 3, 1)

        assert replayed(world) == rows(world)
        assert {"R0", "R1"} == {row["case"] for row in rows(world) if row["rule"] == "K"}

    def test_a_step_before_one_that_was_moved(self, tmp_path: Path) -> None:
        """A step dated before another that a correction moved onwards is taken in where it belongs."""
        toml = clock("V", "visit", "note", within="5 days") + gate(
            "G", '"note"', '{ "last.visit.on" = { absent = true } }'
        )
        world = World(tmp_path, toml)
        world.refer("R1", "2026-01-10")
        seq = world.ok("visit", "R1", "2026-01-20")
        world.ok("correct", None, "2026-01-21", of=seq, set={"at": "2026-03-05"}, reason="r")
        kept = world.workspace()
        assert kept.record([draft("note", "R1", "2026-02-01", text="x")])[0].accepted

        assert replayed(world) == rows(world)
        assert ["2026-03-10"] == [row["due"] for row in rows(world)]
        assert [] == world.findings("G")


def _as_line(kind: str, case: str, at: str) -> str:
    return json.dumps({"kind": kind, "case": case, "at": at, "data": {"service": "ifss"}})


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
