"""Repairing: a torn tail is set aside, and nothing else is touched."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError, SystemRefusedError
from cinctl.store import platform
from cinctl.store.log import Log
from cinctl.store.repair import repair
from cinctl.store.verify import verify

TORN = b'{"v":1,"seq":3,"kind":"no'


def event(n: int) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {
        "kind": "note",
        "case": "C-1",
        "at": "2026-03-02",
        "recorded": "r",
        "by": None,
        "under": None,
        "data": {"n": n},
    }


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append([event(1), event(2)])
    return path


@pytest.mark.parametrize("tail", [TORN, b"\0" * 100, TORN + b"\0\0"])
def test_a_torn_tail_is_kept_beside_the_log(path: Path, tail: bytes) -> None:
    """It is private, the log is what it was without it, and the next append works."""
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    log = Log.open(path)
    done = repair(log, 5)

    assert (2, (len(whole), len(tail)), []) == (done.lines, done.torn, done.cleared)
    assert done.kept == f"{os.path.realpath(path)}.torn-{len(whole)}"
    assert tail == Path(done.kept).read_bytes()
    assert whole == path.read_bytes()
    assert len(log.notices) == 1
    if sys.platform != "win32":
        assert stat.S_IMODE(os.stat(done.kept).st_mode) == 0o600
    with Log.open(path).writing(5) as writer:
        writer.append([event(3)])
    assert verify(path).lines == 3


def test_what_is_kept_is_on_disk_before_it_is_cut_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is synced, then its name, and only then the log is shortened."""
    path.write_bytes(path.read_bytes() + TORN)
    done: list[str] = []
    for name in ("sync", "sync_folder"):
        monkeypatch.setattr(platform, name, lambda _what, name=name: done.append(name))
    real = os.ftruncate

    def cut(fd: int, size: int) -> None:
        done.append(f"cut {size}")
        real(fd, size)

    monkeypatch.setattr(os, "ftruncate", cut)
    size = path.stat().st_size - len(TORN)
    repair(Log.open(path), 5)

    before = done[: done.index(f"cut {size}")]
    assert ["sync", "sync_folder"] == [step for step in before if not step.startswith("cut")]


def test_two_tails_at_one_place_are_both_kept(path: Path) -> None:
    """What was kept before is not written over."""
    whole = path.read_bytes()
    kept = []
    for tail in (TORN, TORN[:-1]):
        path.write_bytes(whole + tail)
        kept.append(repair(Log.open(path), 5).kept)

    assert [TORN, TORN[:-1]] == [Path(name or "").read_bytes() for name in kept]


@pytest.mark.parametrize("cut", [0, 1], ids=["whole", "lacks its newline"])
def test_a_whole_store_is_left_as_it_is(path: Path, cut: int) -> None:
    """There is nothing to repair; a last line that lacks only its newline is whole."""
    content = path.read_bytes()[: -cut or None]
    path.write_bytes(content)
    before = sorted(os.listdir(path.parent))

    assert (2, None, None, []) == repair(Log.open(path), 5)
    assert (content, before) == (path.read_bytes(), sorted(os.listdir(path.parent)))


def test_a_dry_run_touches_nothing(path: Path) -> None:
    """It says what would be done."""
    path.write_bytes(path.read_bytes() + TORN)
    content, before = path.read_bytes(), sorted(os.listdir(path.parent))
    done = repair(Log.open(path), 5, dry_run=True)

    assert (len(content) - len(TORN), len(TORN)) == done.torn
    assert done.kept is None
    assert (content, before) == (path.read_bytes(), sorted(os.listdir(path.parent)))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda content: content.replace(b'"n":1', b'"n":7'), 1),
        (lambda content: content + b"garbage", 3),
        (lambda content: content[:-2] + b"x\n", 2),
        (lambda content: content.replace(b'"n":1', b'"n":7') + TORN, 1),
    ],
)
def test_anything_else_is_left_alone(path: Path, change: Any, line: int) -> None:
    """The line is named, and no byte is touched, dry run or not."""
    content = change(path.read_bytes())
    path.write_bytes(content)
    for dry_run in (False, True):
        with pytest.raises(StoreError, match=f"line {line} does not hold"):
            repair(Log.open(path), 5, dry_run=dry_run)

    assert content == path.read_bytes()
    assert list(path.parent.glob("*.torn-*")) == []


def test_it_waits_for_the_lock(path: Path) -> None:
    """A writer at work is not disturbed."""
    with Log.open(path).writing(5), pytest.raises(SystemRefusedError, match="is locked by process"):
        repair(Log.open(path), 0)


def test_what_a_redaction_left_is_cleared_away(path: Path) -> None:
    """A rewriting that was cut short is recognised by its name; caches are made anew by whoever wants them."""
    for ending in (".redacting", ".cache", ".cache-journal"):
        path.with_name(f"cases.jsonl{ending}").write_text("x")

    left = f"{os.path.realpath(path)}.redacting"
    assert [left] == repair(Log.open(path), 5, dry_run=True).cleared
    assert os.path.exists(left)
    assert [left] == repair(Log.open(path), 5).cleared
    assert ["cases.jsonl", "cases.jsonl.lock"] == sorted(os.listdir(path.parent))
