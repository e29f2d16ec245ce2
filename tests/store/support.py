"""What the tests of the store share: events, short ways to append and read, and processes of their own."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cinctl.store import platform
from cinctl.store.log import Log
from cinctl.store.verify import verify

WORKERS = Path(__file__).with_name("workers.py")
TODAY = "2026-03-02"
DEADLINE = 120.0

SMALL = '[protocol]\nid = "small"\ntitle = "Nothing but the rules of the core"\n'
CAST = (
    "staff join tm1 --role team_manager --unit A --on 2020-01-06",
    "staff join sw1 --role social_worker --unit A --on 2024-01-08",
    "staff join sw2 --role social_worker --unit A --on 2024-01-08",
    "refer N1 --source 1A --born 2015-06-01 --need N1 --on 2026-02-23",
)
NOTE = ("note", "N1", "--by", "tm1", "--text")


def event(**data: Any) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {"kind": "note", "case": None, "at": "2026-03-02", "recorded": "r", "by": None, "under": None, "data": data}


def append(path: Path, *numbers: int) -> None:
    """Append one batch."""
    with Log.open(path).writing(5) as writer:
        writer.append([event(n=number) for number in numbers])


def numbers_in(path: Path) -> list[int]:
    """Return what a reader finds."""
    return [line["data"]["n"] for line in Log.open(path).read()]


def goes_on(path: Path) -> list[dict[str, Any]]:
    """Return the lines of the log after a crash, once the chain was seen to hold and one more line to go in."""
    lines = list(Log.open(path).read())
    report = verify(path)
    assert report.ok
    assert len(lines) == report.lines
    with Log.open(path).writing(5) as writer:
        (added,) = writer.append([event(n="one more")])
    assert [*lines, added] == list(Log.open(path).read())
    assert verify(path).torn is None
    return lines


@contextmanager
def quick_disk() -> Iterator[None]:
    """Leave out every sync, where many thousands would only take time: the power stays on meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("sync", "sync_folder"):
            patch.setattr(platform, name, lambda what: None)
        patch.setattr(os, "fsync", lambda fd: None)
        yield


def fail(*_: Any, code: int = errno.EIO, **__: Any) -> Any:
    """Fail as a disk does."""
    raise OSError(code, os.strerror(code))


def half_then_fail(code: int = errno.EIO) -> Callable[[int, bytes], int]:
    """Return a write that takes half of what it is given, and nothing after that."""
    real, calls = os.write, iter([True])

    def write(fd: int, content: bytes) -> int:
        return real(fd, content[: len(content) // 2]) if next(calls, False) else fail(code=code)

    return write


def environment() -> dict[str, str]:
    """What a process of its own needs to find what this one has, and to behave the same every time."""
    paths = os.pathsep.join(filter(None, sys.path))
    return {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


def start(what: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start one of the workers."""
    return subprocess.Popen(
        [sys.executable, str(WORKERS), what, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    """Wait until a worker says *word*."""
    assert process.stdout is not None
    assert f"{word}\n" == process.stdout.readline()


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Have another process hold the lock."""
    with start("hold", path) as process:
        wait_for(process, "held")
        try:
            yield process
        finally:
            process.kill()


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


class Clerk:
    """A process that runs commands, one after another, on one store: as real as a new one each time, and quicker."""

    def __init__(self, office: Office) -> None:
        self._process = start("commands", office.store, office.protocol)
        wait_for(self._process, "ready")

    def begin(self, *arguments: str) -> None:
        """Have a command run, and do not wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()

    def end(self) -> Said:
        """Return what the command that was begun came to."""
        assert self._process.stdout is not None
        return Said(*json.loads(self._process.stdout.readline()))

    def run(self, *arguments: str) -> Said:
        """Run a command."""
        self.begin(*arguments)
        return self.end()

    def leave(self) -> None:
        """End the process."""
        self._process.communicate(timeout=DEADLINE)


class Office:
    """A folder with a small protocol, and a store with two social workers, their manager and a case in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "cases.jsonl"
        self.protocol = folder / "small.toml"
        self.protocol.write_text(SMALL, encoding="utf-8")
        Log.create(self.store)
        with self.clerks(1) as (clerk,):
            for line in CAST:
                said = clerk.run(*line.split())
                assert said.code == 0, said.err
        self.lines = len(CAST)

    @contextmanager
    def clerks(self, count: int) -> Iterator[list[Clerk]]:
        """Give processes that run commands on the store."""
        clerks: list[Clerk] = []
        try:
            clerks += [Clerk(self) for _ in range(count)]
            yield clerks
        finally:
            for clerk in clerks:
                clerk.leave()

    def argv(self, *arguments: str) -> list[str]:
        """Return a whole command line."""
        given = ["--store", str(self.store), "--protocol", str(self.protocol), "--today", TODAY]
        return [sys.executable, "-m", "cinctl", *given, *arguments]

    def command(self, *arguments: str, before: tuple[str, ...] = (), **more: Any) -> Said:
        """Run a command as a process of its own; *before* is what stands before it, such as a debugger."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **more}
        argv = [*before, *self.argv(*arguments)]
        done = subprocess.run(argv, text=True, timeout=DEADLINE, env=environment(), check=False, **streams)
        return Said(done.returncode, done.stdout or "", done.stderr or "")
