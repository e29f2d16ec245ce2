"""Processes that are killed, and calls of the system that fail, in the middle of recording."""

from __future__ import annotations

import itertools
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from cinctl.store.log import Log
from tests.store.support import NOTE, Office, Said, append, goes_on, start, wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")


def killed_at_random(path: Path, chance: random.Random) -> list[int]:
    """Let two writers append for some milliseconds, kill them, and return every seq that they acknowledged."""
    writers = [start("acknowledge", path, str(who), str(chance.random())) for who in range(2)]
    for writer in writers:
        wait_for(writer, "ready")
    time.sleep(chance.uniform(0.005, 0.08))
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    said = [writer.communicate()[0] for writer in writers]
    # A line that was cut short acknowledges nothing.
    lines = [line for out in said for line in out.split("\n")[:-1]]
    return [int(seq) for line in lines for seq in line.split()]


class TestKilledAtRandom:
    """Whenever it strikes, what was acknowledged is there."""

    @pytest.mark.parametrize("kills", [10, pytest.param(300, marks=pytest.mark.slow)])
    def test_nothing_acknowledged_is_lost(self, kills: int, tmp_path: Path) -> None:
        """Two writers are killed at random moments, over and over: their events are there, and the log goes on."""
        chance, acknowledged = random.Random(kills), 0
        for number in range(kills):
            path = tmp_path / f"{number // 10}.jsonl"
            if not path.exists():
                Log.create(path)
                append(path, 1)
            seqs = killed_at_random(path, chance)
            acknowledged += len(seqs)
            there = [line["seq"] for line in goes_on(path)]
            assert len(seqs) == len(set(seqs))
            assert set(seqs) <= set(there), (number, path)

        assert acknowledged > kills


CHANGING = (
    "openat", "write", "pwrite64", "pwritev", "ftruncate", "fallocate", "fsync", "fdatasync", "rename", "renameat",
    "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "chmod", "fchmod", "fchmodat", "close",
)  # fmt: skip
RECORD = (*NOTE, "x")
CALL = re.compile(r"^\d+\s+(\w+)\((.*?)(?:\)\s+= |$)")
OPENS_FOR_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")
TORN = b'{"v":1,"seq":5,"ki'


class Point(NamedTuple):
    """The *number*-th call of one kind, and what it does to the store."""

    call: str
    number: int
    what: str


def _traces() -> bool:
    """Whether strace is there, and may do its work."""
    if shutil.which("strace") is None:
        return False
    options = ("-f", "-e", "trace=write", "-e", "inject=write:error=EIO:when=1")
    tried = ["strace", *options, sys.executable, "-c", "print()"]
    return b"INJECTED" in subprocess.run(tried, capture_output=True, check=False).stderr


@pytest.fixture(scope="module", name="traced")
def _traced() -> None:
    """Skip where no system call can be made to fail."""
    if not _traces():
        pytest.skip("strace is not installed, or not allowed to trace")


def traced(office: Office, command: Sequence[str], inject: str | None = None) -> tuple[Said, list[str]]:
    """Run *command* under strace; return what came of it, and the calls that it made."""
    report = office.folder / "strace.out"
    calls = ",".join(f"?{call}" for call in (*CHANGING, "read"))
    options = ["-f", "--quiet=all", "-y", "-s", "16", "-o", str(report), "-e", f"trace={calls}"]
    injection = ["-e", f"inject={inject}"] if inject else []
    said = office.command(*command, before=("strace", *options, *injection), cwd=office.folder.parent)
    return said, report.read_text(encoding="utf-8", errors="replace").splitlines()


def points(office: Office, command: Sequence[str] = RECORD, which: Sequence[str] = CHANGING) -> list[Point]:
    """Return every call of *command* that changes, or that is one of *which*, on the log or on a file beside it."""
    seen, found = Counter[str](), []
    here = re.compile(re.escape(str(office.folder)) + f"(?:/(?!{office.protocol.name})|>)")
    for line in traced(office, command)[1]:
        if call := CALL.match(line):
            seen[call[1]] += 1
            changes = call[1] != "openat" or OPENS_FOR_WRITING.search(call[2])
            if changes and call[1] in which and here.search(call[2]):
                found.append(Point(call[1], seen[call[1]], f"{call[1]}({call[2].replace(str(office.folder), '')})"))
    return found


def again(office: Office, torn: bool) -> None:
    """Put the folder back to how it was before the note: the log, perhaps with a torn tail, and nothing beside it."""
    whole = b"".join(office.store.read_bytes().splitlines(keepends=True)[: office.lines])
    for beside in set(office.folder.iterdir()) - {office.store, office.protocol}:
        beside.unlink()
    office.store.write_bytes(whole + (TORN if torn else b""))


def everywhere(office: Office, faults: tuple[str, ...], torn: bool) -> Iterator[tuple[Point, str, Said]]:
    """Let every such call meet every one of *faults*, and yield what came of it."""
    again(office, torn)
    found = points(office)
    for point, fault in itertools.product(found, faults):
        again(office, torn)
        said, calls = traced(office, RECORD, f"{point.call}:{fault}:when={point.number}")
        hit = [line for line in calls if "(INJECTED)" in line or "SIGKILL" in line or "killed by" in line]
        assert hit or said.code < 0 or said.code == 137, f"{point.what} was not reached: {said}"
        yield point, fault, said


def whole_or_not_at_all(office: Office, said: Said, where: object) -> None:
    """The events from before are there, the new one wholly or not at all; and if it was acknowledged, wholly."""
    torn = office.store.read_bytes().endswith(TORN)
    lines = goes_on(office.store)
    kept = [beside.read_bytes() for beside in office.folder.glob("*.torn-*")]

    assert len(lines) - office.lines in (0, 1), where
    assert said.code != 0 or len(lines) == office.lines + 1, where
    assert not torn or TORN in kept, where


class TestEveryCall:
    """Each call that changes a file is where the process dies, or where the disk fails."""

    @pytest.mark.slow
    @pytest.mark.usefixtures("traced")
    @pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])
    def test_killed_there(self, torn: bool, office: Office) -> None:
        """A command that is killed before any of its calls leaves its event wholly there or not at all."""
        count = 0
        for point, _, said in everywhere(office, ("signal=KILL",), torn):
            assert said.code in (-signal.SIGKILL, 128 + signal.SIGKILL), point
            whole_or_not_at_all(office, said, point)
            count += 1

        assert count >= (13 if torn else 7)

    @pytest.mark.slow
    @pytest.mark.usefixtures("traced")
    @pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])
    def test_failed_there(self, torn: bool, office: Office) -> None:
        """A command whose call fails says what the system said and records nothing, or succeeds: never between."""
        words = {"error=EIO": "Input/output error", "error=ENOSPC": "No space left on device"}
        codes = set()
        for point, fault, said in everywhere(office, tuple(words), torn):
            whole_or_not_at_all(office, said, point)
            recorded = len(list(Log.open(office.store).read())) - 1 == office.lines + 1
            assert (said.code, recorded) in {(0, True), (6, False)}, (point, fault, said)
            assert said.code == 0 or words[fault] in said.err, (point, fault, said)
            codes.add(said.code)

        assert 6 in codes

    @pytest.mark.usefixtures("traced")
    @pytest.mark.parametrize("call", ["write", "fdatasync"])
    def test_a_sample_of_both(self, call: str, office: Office) -> None:
        """The one write and the one sync of the log, killed and failed."""
        again(office, torn=False)
        (point,) = [p for p in points(office) if p.call == call and p.what.find("cases.jsonl>") > 0]
        for fault, code in (("signal=KILL", -signal.SIGKILL), ("error=EIO", 6)):
            again(office, torn=False)
            said, _ = traced(office, RECORD, f"{point.call}:{fault}:when={point.number}")
            assert said.code in (code, 128 - code), said
            whole_or_not_at_all(office, said, point)
            if code == 6:
                assert f"cinctl: {office.store}: not stored: Input/output error\n" == said.err

    @pytest.mark.usefixtures("traced")
    def test_a_read_that_fails(self, office: Office) -> None:
        """A log that the disk does not give back is told as that, and not as one that somebody altered."""
        again(office, torn=False)
        point = next(p for p in points(office, ("list",), ("read",)) if "/cases.jsonl>" in p.what)
        said, _ = traced(office, ("list",), f"read:error=EIO:when={point.number}+")

        assert (6, "", f"cinctl: {office.store}: cannot be read: Input/output error\n") == said

    @pytest.mark.slow
    @pytest.mark.usefixtures("traced")
    def test_init_killed_there(self, office: Office) -> None:
        """An init that is killed before any of its calls leaves nothing that stands in the way of the next."""
        config = office.folder / "cinctl.toml"
        command = ("--config", str(config), "init")
        config.unlink(missing_ok=True)
        office.store.unlink()
        found = points(office, command)
        for point in found:
            for path in set(office.folder.iterdir()) - {office.protocol}:
                path.unlink()
            assert traced(office, command, f"{point.call}:signal=KILL:when={point.number}")[0].code != 0, point
            said = office.command(*command)
            assert said.code == 0, (point, said)
            assert goes_on(office.store) == []

        assert len(found) > 5
