"""The bench's tools: processes, stores, streams, loops, and looking for peers. Nothing here is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import loops
from bench.machine import describe, file_system
from bench.peers import INSTALL, Peers
from bench.process import CommandFailed, Runner, environ, fsync_of
from bench.stores import Lines, Shelf, Size, stream

TINY = Size("tiny", 6, 4, 100, 100)


def _line(seq: int, kind: str, case: str | None, **more: Any) -> bytes:
    envelope = {"v": 1, "seq": seq, "kind": kind, "case": case, "at": "2026-01-05", "recorded": "r", "by": "tm1"}
    return json.dumps({**envelope, "under": "u", "data": {}, "salt": "s", "hash": "h", **more}).encode() + b"\n"


@pytest.fixture(name="run")
def _run(tmp_path: Path) -> Runner:
    return Runner(tmp_path, environ())


class TestRunner:
    """One command as a process."""

    def test_sample(self, run: Runner) -> None:
        """What it printed is kept when asked for, and something is said of time and memory."""
        sample = run([sys.executable, "-c", "print('said')"], keep=True)

        assert "said\n" == sample.printed
        assert 0 < sample.cpu
        assert 1_000_000 < sample.memory
        assert "" == run([sys.executable, "-c", "print('said')"]).printed

    def test_into(self, run: Runner) -> None:
        """What it prints goes into a file."""
        run([sys.executable, "-c", "print('said')"], into=run.folder / "said")

        assert "said\n" == (run.folder / "said").read_text()

    def test_failed(self, run: Runner) -> None:
        """A command that fails is not measured; what it said is told."""
        with pytest.raises(CommandFailed, match=r"exit 3 of .*(\n|.)*broken"):
            run([sys.executable, "-c", "import sys; sys.stderr.write('broken'); sys.exit(3)"])

        assert 0 < run([sys.executable, "-c", "import sys; sys.exit(3)"], codes=(0, 3)).wall

    def test_environ(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing keeps Python from its compiled files, and no setting of cinctl comes in from outside."""
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        monkeypatch.setenv("CINCTL_STORE", "elsewhere")

        assert "PYTHONDONTWRITEBYTECODE" not in environ()
        assert "CINCTL_STORE" not in environ()

    def test_fsync(self, tmp_path: Path) -> None:
        """Measuring a sync leaves nothing behind."""
        assert 0 < fsync_of(tmp_path).wall
        assert [] == list(tmp_path.iterdir())


class TestStores:
    """Stores are made once, and come back as they were made."""

    @pytest.fixture(name="shelf")
    def _shelf(self, tmp_path: Path) -> Shelf:
        script = tmp_path / "cinctl.sh"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cinctl "$@"\n', encoding="utf-8")
        script.chmod(0o700)
        root = str(Path(__file__).resolve().parent.parent.parent)
        return Shelf(tmp_path / "stores", str(script), {**environ(), "PYTHONPATH": root})

    def test_once(self, shelf: Shelf) -> None:
        """What was appended and the cache are gone at the next use; the log is the same, and not made again."""
        store = shelf.store(TINY)
        made, inode = store.log.read_bytes(), store.log.stat().st_ino
        store.log.write_bytes(made + made[-50:])
        cache = store.log.with_name("cases.jsonl.cache")
        cache.touch()
        again = shelf.store(TINY)

        assert made == again.log.read_bytes()
        assert inode == again.log.stat().st_ino
        assert not cache.exists()
        assert 6 == again.made["cases"]

    def test_sizes(self, shelf: Shelf) -> None:
        """As many cases are open as the size says; one of another size is made anew."""
        store = shelf.store(TINY)
        listed = json.loads(store.run([shelf.cinctl, "list", "--open", "--json"], keep=True).printed)
        other = shelf.store(TINY._replace(cases=5))

        assert 4 == len(listed)
        assert 5 == other.made["cases"]

    def test_stream_is_accepted(self, shelf: Shelf) -> None:
        """What a log held can be applied to a new store, every line of it."""
        store = shelf.store(TINY)
        events = store.run.folder / "events.jsonl"
        events.write_text("".join(stream(Lines(store.log))), encoding="utf-8")
        for path in store.run.folder.glob("c*"):
            path.unlink()
        store.run([shelf.cinctl, "init", "--protocol", "bristol"])
        told = store.run([shelf.cinctl, "apply", events], keep=True).printed.splitlines()

        assert len(told) > 50
        assert all(json.loads(line)["accepted"] for line in told)


class TestStream:
    """A log as `apply` takes it."""

    def test_stripped(self) -> None:
        """What the log puts into a line is taken out, staff come first, and what another system told is left out."""
        lines = [
            _line(1, "refer", "C-1"),
            _line(2, "staff.join", None),
            _line(3, "import", None),
            _line(4, "refer", "C-2", key="theirs"),
            _line(5, "visit", "C-2"),
            _line(6, "visit", "C-1"),
        ]
        events = [json.loads(text) for text in stream(lines)]

        assert [("staff.join", None), ("refer", "C-1"), ("visit", "C-1")] == [(e["kind"], e["case"]) for e in events]
        assert ["kind", "case", "at", "by", "data"] == list(events[0])

    def test_named(self) -> None:
        """A correction names the event that it corrects by where that stands now."""
        lines = [
            _line(7, "visit", "C-1"),
            _line(8, "correct", "C-1", data={"of": 7, "reason": "typo"}),
            _line(9, "staff.join", None),
        ]

        assert {"of": 2, "reason": "typo"} == json.loads(list(stream(lines))[2])["data"]

    def test_most(self) -> None:
        """No more than as many are yielded."""
        assert 2 == len(list(stream([_line(n, "visit", "C-1") for n in range(1, 6)], 2)))

    def test_lines(self, tmp_path: Path) -> None:
        """Lines can be gone through again."""
        path = tmp_path / "lines"
        path.write_bytes(b"a\nb\n")
        lines = Lines(path)

        assert [b"a\n", b"b\n"] == list(lines) == list(lines)


class TestLoops:
    """What passes are held to does what it says."""

    @pytest.fixture(name="log")
    def _log(self, tmp_path: Path) -> str:
        path = tmp_path / "log"
        path.write_bytes(_line(1, "refer", "C-1") + _line(2, "visit", "C-1"))
        return str(path)

    @pytest.mark.parametrize("name", ["parse", "digest"])
    def test_reads_every_line(self, log: str, name: str) -> None:
        """A line that is no JSON stops it: so it reads them all."""
        loops.main([name, log])
        with open(log, "ab") as file:
            file.write(b"no json\n")

        with pytest.raises(json.JSONDecodeError):
            loops.main([name, log])

    def test_rate(self, log: str, capsys: pytest.CaptureFixture[str]) -> None:
        """The rate is told by the wall and by the CPU."""
        loops.main(["rate", log])

        assert ["cpu", "wall"] == sorted(json.loads(capsys.readouterr().out))

    def test_dumps(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """As many rows are written as are asked for, those of the sample over and over."""
        rows = tmp_path / "rows.json"
        rows.write_text('[{"case":"C-1"},{"case":"C-2"}]')
        loops.main(["dumps", str(rows), "5"])

        assert 5 == len(capsys.readouterr().out.splitlines())


class TestMachine:
    """What is told of the machine."""

    def test_kind(self, tmp_path: Path) -> None:
        """Its kind, and no name of it."""
        assert ["cores", "cpu", "file_system", "python", "system"] == sorted(describe(tmp_path))

    def test_file_system(self) -> None:
        """That of the nearest folder above that something is mounted on, the last where two are."""
        mounts = "a / ext4 rw 0 0\nb /data tmpfs rw 0 0\nc /data xfs rw 0 0\nd /datas nfs rw 0 0\n"

        assert "xfs" == file_system(Path("/data/build"), mounts)
        assert "ext4" == file_system(Path("/home"), mounts)
        assert "unknown" == file_system(Path("/home"), "")


class TestPeers:
    """Looking for other tools."""

    @pytest.fixture(name="tools")
    def _tools(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PATH", str(tmp_path))
        return tmp_path

    @staticmethod
    def _tool(folder: Path, name: str, said: str) -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\necho '{said}'\n", encoding="utf-8")
        path.chmod(0o700)

    def test_versions(self, tools: Path) -> None:
        """Each says its version in a way of its own; another program of the same name is not taken for it."""
        self._tool(tools, "hledger", "hledger 1.25, linux-x86_64")
        self._tool(tools, "jq", "jq-1.6")
        self._tool(tools, "task", "Task version: v3.40.0")

        assert {"hledger": "1.25", "jq": "1.6"} == Peers.found(tools, environ()).versions

    def test_told(self, tools: Path) -> None:
        """What is not there is told with how to install it."""
        lines = list(Peers.found(tools, environ()).told())

        assert len(INSTALL) == len(lines)
        assert all("not found; install it with: " in line for line in lines)


def test_table_needs_no_run() -> None:
    """The table of the last run is printed without measuring anything."""
    root = Path(__file__).resolve().parent.parent.parent
    before = (root / "README.md").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--table"], cwd=root, capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("Measured on: ")
    assert before == (root / "README.md").read_bytes()
