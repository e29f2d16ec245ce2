"""The lock: one writer at a time, for judging and appending; readers never wait."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError, SystemRefusedError
from cinctl.store.log import Log
from cinctl.store.verify import verify

PREPARE = """
import sys
from cinctl.store.log import Log
EVENT = {"kind": "note", "case": None, "at": "2026-03-02", "recorded": "r", "by": None, "under": None, "data": {}}
log = Log.open(sys.argv[1])
"""
HOLD = """
with log.writing(5) as writer:
    print("held", flush=True)
    sys.stdin.read()
"""
APPEND = """
for number in range(25):
    with log.writing(60) as writer:
        count = sum(1 for _ in writer.read())
        writer.append([{**EVENT, "data": {"who": sys.argv[2], "n": number, "count": count}}])
"""


def event(**data: Any) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {"kind": "note", "case": None, "at": "2026-03-02", "recorded": "r", "by": None, "under": None, "data": data}


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start another process that has the log open."""
    paths = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, "-c", PREPARE + code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Have another process hold the lock."""
    with start(HOLD, str(path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """A store of one line."""
    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append([event()])
    return path


class TestTheLock:
    """Who gets it, and who does not."""

    def test_one_that_does_not_come_says_who_has_it(self, path: Path) -> None:
        """The error names the process and the option that waits longer; a reader does not notice; nothing changes."""
        before = path.read_bytes()
        with held_elsewhere(path) as process:
            told = rf"locked by process {process.pid} .* within 0\.02 seconds: .*--lock-timeout"
            with pytest.raises(SystemRefusedError, match=told), Log.open(path).writing(0.02):
                pass
            assert len(list(Log.open(path).read())) == 1

        assert before == path.read_bytes()

    def test_it_is_of_the_file_under_any_of_its_names(self, path: Path) -> None:
        """Links lead to the same lock."""
        (path.parent / "soft.jsonl").symlink_to(path)
        os.link(path, path.parent / "hard.jsonl")
        with Log.open(path).writing(0):
            for name in ("soft.jsonl", "hard.jsonl"):
                with pytest.raises(SystemRefusedError, match="is locked by"), Log.open(path.parent / name).writing(0):
                    pass

    def test_it_holds_although_the_file_beside_is_deleted(self, path: Path) -> None:
        """Whatever stands beside the log may be deleted at any time."""
        with Log.open(path).writing(0):
            path.with_name("cases.jsonl.lock").unlink()
            with pytest.raises(SystemRefusedError, match="another process"), Log.open(path).writing(0):
                pass

    def test_it_is_given_back_after_an_error(self, path: Path) -> None:
        """Whatever happens inside, the next writer gets it."""
        with pytest.raises(KeyError), Log.open(path).writing(0):
            raise KeyError
        with Log.open(path).writing(0) as writer:
            writer.append([event()])

        assert path.with_name("cases.jsonl.lock").read_text() == ""

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
    def test_a_holder_that_was_killed_stands_in_nobodys_way(self, path: Path) -> None:
        """The system gives the lock back; what was written in the file beside it does not count."""
        with held_elsewhere(path) as process:
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert re.fullmatch(r"\d+\n", path.with_name("cases.jsonl.lock").read_text())
            with Log.open(path).writing(1) as writer:
                writer.append([event()])

        assert verify(path).lines == 2

    def test_it_is_of_the_log_that_has_the_name_now(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A log that is replaced between opening and locking is not written to."""
        real_open, replaced = os.open, path.with_name("old.jsonl")

        def open_then_replace(name: str, *rest: Any, **more: Any) -> int:
            fd = real_open(name, *rest, **more)
            if str(name) == str(path) and not replaced.exists():
                path.rename(replaced)
                path.write_bytes(replaced.read_bytes())
            return fd

        old = path.read_bytes()
        monkeypatch.setattr(os, "open", open_then_replace)
        with Log.open(path).writing(5) as writer:
            writer.append([event()])

        assert old == replaced.read_bytes()
        assert verify(path).lines == 2

    def test_a_log_that_went_away_is_no_store(self, path: Path) -> None:
        """Nothing is made anew by writing."""
        log = Log.open(path)
        path.unlink()
        with pytest.raises(StoreError, match="there is no store"), log.writing(0):
            pass

        assert not path.exists()

    def test_one_who_does_not_heed_it_is_noticed(self, path: Path) -> None:
        """What changed between judging and appending is not built upon."""
        with Log.open(path).writing(0) as writer:
            list(writer.read())
            with path.open("ab") as file:
                file.write(b"x")
            with pytest.raises(StoreError, match="does not heed its lock"):
                writer.append([event()])


def test_eight_processes_lose_nothing(path: Path) -> None:
    """Eight writers at once make one chain, and each judged by what stood before its own line."""
    processes = [start(APPEND, str(path), str(number)) for number in range(8)]
    for process in processes:
        with process:
            process.communicate()
        assert process.returncode == 0
    lines = list(Log.open(path).read())[1:]

    assert len(lines) == 200
    assert {(str(w), n) for w in range(8) for n in range(25)} == {(e["data"]["who"], e["data"]["n"]) for e in lines}
    assert [e["seq"] - 1 for e in lines] == [e["data"]["count"] for e in lines]
    assert verify(path).ok
