"""The cache is of the log that is there and the protocol that is asked for, and sees what hangs together."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError
from cinctl.store import log
from cinctl.store.position import Position
from cinctl.store.verify import verify
from cinctl.workspace import Workspace, glance, keeping
from tests.cache.support import (
    OTHER,
    PROTOCOL,
    append,
    cache_of,
    chained,
    hand_composed,
    replayed,
    right,
    rows,
    tables,
)
from tests.domain.world import World, clock, draft, gate


class TestTheLog:
    """It is of the log that is there, as it is now."""

    def test_appended_to_by_something_else(self, world: World) -> None:
        """Lines that something else appended are caught up with."""
        with world.store.open("ab") as file:
            file.write(hand_composed(world))
        right(world)

    @pytest.mark.parametrize("number", [1, 40])
    def test_imported_into(self, number: int, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """It holds what an import brought: carried on where that is little, made anew where it is most of the log."""
        carried = []

        def catch_up(*args: Any) -> Position:
            carried.append(True)
            return keeping.catch_up(*args)

        monkeypatch.setattr("cinctl.workspace.turns.catch_up", catch_up)
        about = {"source": "another system", "speaks": {"refer": ["at", "child"]}}
        told = [draft("refer", f"I{n}", "2026-01-05", key=f"k{n}", child=f"c{n}") for n in range(number)]
        outcome = world.workspace().bring_in(about, [(one, {}) for one in told])

        assert number == outcome.events
        assert tables(world)["meta"]["length"] == len(world.lines())
        assert (number == 1) is bool(carried)
        assert replayed(world) == rows(world)

    def test_spelt_otherwise(self, world: World) -> None:
        """A line that spells its case and kind with escapes counts as any other."""
        line = hand_composed(world, kind="visit", case="R1")
        plain = line.replace(b'"kind":"visit","case":"R1"', b'"kind":"v\\u0069sit","case":"\\u00521"')
        *_, last = log.Log.open(world.store).read()
        append(world, chained(plain, last["hash"]))
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
