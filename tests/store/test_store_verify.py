"""Verifying: any one byte that changed is found and its line named, whatever the line is like, in little memory."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from cinctl.store import envelope
from cinctl.store.envelope import START, check, run, without_payload
from cinctl.store.log import Log
from cinctl.store.verify import survey, verify

# A bit at a time, and all of them.
FLIPS = [1 << bit for bit in range(8)] + [0xFF]


def event(**more: Any) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {
        "kind": "note",
        "case": "C-1",
        "at": "2026-03-02",
        "recorded": "2026-03-02T10:01:12+00:00",
        "by": None,
        "under": None,
        "data": {"n": [1, 2.5, True, None], "text": 'Zoë "\\ \n'},
        **more,
    }


VARIETY = (event(), event(key="k1", data={}), event(by="Zoë", case=None), event(kind="a\\b"), event(), event(key="é"))


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """A log with every sort of line: a key, a name that is not ASCII, an escape, redacted with and without a key."""
    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append(VARIETY)
    lines = path.read_bytes().splitlines()
    for at in (1, 4):
        lines[at] = without_payload(lines[at])
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert verify(path).ok
    return path


def test_every_flip_of_every_byte_is_found(path: Path) -> None:
    """Whichever bit of whichever byte is turned over, the line it stands in is named."""
    content = path.read_bytes()
    fd = os.open(path, os.O_RDWR)
    try:
        missed = []
        for at, byte in enumerate(content):
            line = content.count(b"\n", 0, at) + 1
            for flip in FLIPS:
                os.pwrite(fd, bytes([byte ^ flip]), at)
                fault = verify(path).fault
                if fault is None or fault.line != line:
                    missed.append((at, flip, fault))
            os.pwrite(fd, bytes([byte]), at)
    finally:
        os.close(fd)

    assert [] == missed
    assert verify(path).ok


def test_the_short_way_accepts_nothing_that_the_long_one_does_not(path: Path) -> None:
    """What `run` takes for whole, `check` takes for whole, with the same hash; where it stops, `check` decides."""
    lines = path.read_bytes().splitlines(keepends=True)
    seq, head, short = 1, START, 0
    while lines:
        count, reached = run(lines, seq, head)
        for line in lines[: count or 1]:
            head = check(line[:-1], seq, head)[0]
            seq += 1
        if count:
            assert reached == head
        short += count
        lines = lines[count or 1 :]

    assert short == 1
    assert verify(path).head == head.decode()


def test_a_salt_that_is_no_hexadecimal_ends_the_run(tmp_path: Path) -> None:
    """A salt must be what cinctl writes, although the hash would hold over any bytes."""
    from hashlib import sha256

    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append([event()])
    head, rest = path.read_bytes().split(b',"data":', 1)
    salt = b"Z" * 32
    digest = sha256(salt + rest[:-118]).hexdigest().encode()
    hashed = sha256(START + head + digest).hexdigest().encode()
    line = b'%b,"data":%b,"salt":"%b","hash":"%b"}\n' % (head, rest[:-118], salt, hashed)

    assert (0, START) == run([line], 1, START)
    path.write_bytes(line)
    fault = verify(path).fault
    assert fault is not None
    assert fault.reason == "it does not end in a salt and a hash"


def test_it_takes_little_memory_whatever_the_size(tmp_path: Path) -> None:
    """A log is read in pieces: ten times its lines take no more memory."""
    path = tmp_path / "cases.jsonl"
    log = Log.create(path)
    peaks = []
    for lines in (2_000, 20_000):
        with log.writing(5) as writer:
            writer.append(event(data={"n": n, "text": "x" * 200}) for n in range(lines))
        tracemalloc.start()
        assert verify(path).ok
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert path.stat().st_size > 10_000_000
    assert peaks[1] < 1.5 * peaks[0] + 100_000


def test_who_watches_is_told_how_far_it_is(tmp_path: Path) -> None:
    """The bytes that hold are told now and then, and at the end all of them."""
    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append(event(data={"text": "x" * 500}) for _ in range(1_000))
    told: list[int] = []
    verify(path, told.append)

    assert sorted(told) == told
    assert len(told) > 2
    assert path.stat().st_size == told[-1]


@pytest.mark.parametrize("mark", range(8))
def test_the_hash_at_a_mark_is_seen(path: Path, mark: int) -> None:
    """A survey says which hash a line has, also of one that is redacted; of a line that is not there, none."""
    hashes: list[str | None] = ["0" * 64, *(line["hash"] for line in Log.open(path).read()), None]

    assert hashes[mark] == survey(path, mark).marked


def test_the_mark_of_a_line_without_a_newline_is_seen(path: Path) -> None:
    """A last line that lacks only its newline is whole, and counts."""
    path.write_bytes(path.read_bytes()[:-1])
    found = survey(path, 6)

    assert (6, found.report.head) == (found.report.lines, found.marked)
    assert path.stat().st_size == found.end


def test_a_writer_at_work_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that was half written when it was read is read again; what is appended meanwhile is read too."""
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    real = envelope.run

    def run_then_write(*arguments: Any) -> Any:
        path.write_bytes(whole)
        return real(*arguments)

    monkeypatch.setattr("cinctl.store.verify.run", run_then_write)
    report = verify(path)

    assert (True, 6, None) == (report.ok, report.lines, report.torn)


def test_a_log_that_takes_its_place_meanwhile_is_not_looked_at(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader keeps to the file that it opened: half of one and half of another would hold in neither."""
    old, real = path.read_bytes() + b'{"v":1,"seq":7,"k', envelope.run
    path.write_bytes(old)

    def run_then_replace(*arguments: Any) -> Any:
        path.rename(path.with_name("old"))
        path.write_bytes(b"")
        monkeypatch.setattr("cinctl.store.verify.run", real)
        return real(*arguments)

    monkeypatch.setattr("cinctl.store.verify.run", run_then_replace)
    report = verify(path)

    assert (True, 6) == (report.ok, report.lines)
    assert report.torn is not None
