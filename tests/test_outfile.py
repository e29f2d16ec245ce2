"""Files that an answer is written to: links lead to them, signals leave nothing half done, the store is none."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cinctl import outfile
from cinctl.outfolder import Folder
from tests.cli.conftest import Desk, _bare, _case, _desk

__all__ = ["_bare", "_case", "_desk"]

_SLOW = """
import sys, time
from cinctl import outfile
from cinctl.cli import run
from cinctl.outfolder import Folder
import cinctl.cli
def pieces():
    yield "a row"
    print("ready", flush=True)
    time.sleep(60)
def one(*_):
    outfile.write("out", pieces())
def several(*_):
    with Folder("folder") as folder:
        folder.open("a.csv").writelines(piece.encode() for piece in pieces())
cinctl.cli._invoke = {"one": one, "several": several}[sys.argv[1]]
sys.exit(run([]))
"""


def test_what_a_link_leads_to_is_replaced_whole(tmp_path: Path) -> None:
    """The link stays; the file behind it is private and never half written."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("before")
    target.chmod(0o644)
    link.symlink_to("target")

    def broken() -> Iterator[str]:
        yield "half"
        raise KeyError

    with pytest.raises(KeyError):
        outfile.write(str(link), broken())
    assert "before" == target.read_text()
    outfile.write(str(link), ["after"])

    assert link.is_symlink()
    assert ("after", 0o600) == (target.read_text(), stat.S_IMODE(target.stat().st_mode))
    assert ["link", "target"] == sorted(os.listdir(tmp_path))


def test_a_link_to_nothing_yet(tmp_path: Path) -> None:
    """What it leads to is made."""
    (tmp_path / "link").symlink_to("target")
    outfile.write(str(tmp_path / "link"), ["after"])

    assert "after" == (tmp_path / "target").read_text()
    assert (tmp_path / "link").is_symlink()


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no such device")
def test_what_is_open_is_written_through(tmp_path: Path) -> None:
    """A device, and stdout by its name, even where that is a file."""
    outfile.write(os.devnull, ["gone"])
    script = "from cinctl import outfile; outfile.write('/dev/stdout', ['told'])"
    with (tmp_path / "out").open("wb") as file:
        inode = os.fstat(file.fileno()).st_ino
        subprocess.run([sys.executable, "-c", script], stdout=file, env=_environment(), check=True)

    assert "told" == (tmp_path / "out").read_text()
    assert inode == (tmp_path / "out").stat().st_ino


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("what", ["one", "several"])
def test_a_signal_leaves_nothing(tmp_path: Path, name: str, what: str) -> None:
    """Ended in the middle of an export: no row of it is anywhere, and the exit code is the shell's."""
    number = getattr(signal, name)
    with subprocess.Popen(
        [sys.executable, "-c", _SLOW, what], cwd=tmp_path, env=_environment(), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"ready\n" == process.stdout.readline()
        process.send_signal(number)
        assert 128 + number == process.wait(30)

    assert [] == os.listdir(tmp_path)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signals")
def test_handlers_are_as_they_were(tmp_path: Path) -> None:
    """Once the file is in its place nothing listens any more; and what was ignored is ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        outfile.write(str(tmp_path / "out"), _handlers())
        assert (signal.SIG_DFL, signal.SIG_IGN) == (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)

    assert "True True" == (tmp_path / "out").read_text()


def _handlers() -> Iterator[str]:
    ours = callable(signal.getsignal(signal.SIGTERM))
    yield f"{ours} {signal.getsignal(signal.SIGHUP) is signal.SIG_IGN}"


@pytest.mark.parametrize(
    "line",
    ["export xes -o", "export staff -o", "audit --fail-on never -f json -o", "protocol graph -o"],
)
@pytest.mark.parametrize("ending", ["", ".lock", ".cache", ".cache-journal", ".redacting"])
def test_nothing_of_the_store_is_written_over(case: Desk, line: str, ending: str) -> None:
    """Neither the log nor what says who writes it, nor its cache."""
    before = {path.name: path.stat().st_ino for path in case.folder.iterdir()}
    result = case.type(f"{line} cases.jsonl{ending}")

    assert 2 == result.code
    assert "would overwrite what is being read, or what belongs to it" in result.err
    assert before.items() <= {path.name: path.stat().st_ino for path in case.folder.iterdir()}.items()


@pytest.mark.parametrize("line", ["export xes -o", "export csv -o", "audit -f json -o"])
def test_a_target_without_a_name(case: Desk, line: str) -> None:
    """Said as it is: neither a file nor a folder."""
    result = case.run(*line.split(), "")

    assert (2, "cinctl: -o '' names nothing: give it a name, or leave it out\n") == (
        result.code, result.err.splitlines(keepends=True)[-1],
    )  # fmt: skip


def test_outside_the_main_thread_signals_are_left_alone(tmp_path: Path) -> None:
    """Only the main thread may listen; a file is written from any."""
    thread = threading.Thread(target=outfile.write, args=(str(tmp_path / "out"), ["told"]))
    thread.start()
    thread.join()

    assert "told" == (tmp_path / "out").read_text()


def test_a_signal_waits_while_files_come_into_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of an export are in their places, or none: one that is ended between two of them ends after the last."""
    replace = os.replace

    def ended(source: str, target: str) -> None:
        replace(source, target)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(os, "replace", ended)
    with pytest.raises(SystemExit) as stopped:
        _two_files(tmp_path / "out")

    assert 128 + signal.SIGTERM == stopped.value.code
    assert ["a.csv", "b.csv"] == sorted(os.listdir(tmp_path / "out"))


def _two_files(path: Path) -> None:
    with Folder(str(path)) as folder:
        for name in ("a.csv", "b.csv"):
            folder.open(name)
