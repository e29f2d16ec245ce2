"""Disks that are full, folders that cannot be written, and a stdout that takes nothing: with real commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cinctl.store.log import Log
from cinctl.store.verify import verify
from tests.store.support import DEADLINE, NOTE, WORKERS, Office, environment

SMALL_DISK = 'mount -t tmpfs -o size=64k none "$0" && exec "$@"'
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


@pytest.fixture(scope="module", name="apart")
def _apart(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """How to run something that sees disks of its own; skips where that is not allowed."""
    folder = str(tmp_path_factory.mktemp("mounted"))
    for how in (("unshare", "--mount"), ("unshare", "--map-root-user", "--mount")):
        if shutil.which("unshare"):
            for script in (SMALL_DISK, READ_ONLY):
                tried = [*how, "sh", "-c", script, folder, "true"]
                if subprocess.run(tried, capture_output=True, check=False).returncode:
                    break
            else:
                return how
    pytest.skip("no file system can be mounted here")


def worker(what: str, path: Path) -> list[str]:
    """Return the command line of one of the workers."""
    return [sys.executable, str(WORKERS), what, str(path)]


class TestAFullDisk:
    """It is told in one line, and what was acknowledged before is there."""

    def test_it_fills_up(self, apart: tuple[str, ...], tmp_path: Path) -> None:
        """Events go in until the disk is full; then none does, in the system's words, and all from before are there."""
        argv = [*apart, "sh", "-c", SMALL_DISK, str(tmp_path), *worker("fill", tmp_path / "cases.jsonl")]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE, env=environment(), check=False)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)

        assert [f"{tmp_path / 'cases.jsonl'}: not stored: No space left on device"] * 3 == told["refused"]
        assert told["acknowledged"] == told["read"] > 20
        assert told["ok"]
        assert told["after"] == told["read"] + 1


class TestReadOnly:
    """Reading needs no permission to write; writing is refused in the system's words."""

    @pytest.mark.parametrize("what", ["folder", "store"])
    def test_a_folder_and_a_file(self, what: str, apart: tuple[str, ...], office: Office) -> None:
        """Where nothing can be written, what reads answers as ever, and what writes is exit 6."""
        before = office.store.read_bytes()
        for beside in set(office.folder.iterdir()) - {office.store, office.protocol}:
            beside.unlink()
        beneath = (*apart, "sh", "-c", READ_ONLY, str(getattr(office, what)))
        read = {line: office.command(line, before=beneath) for line in ("due", "verify")}
        said = office.command(*NOTE, "x", before=beneath)

        assert dict.fromkeys(read, 0) == {line: one.code for line, one in read.items()}, read
        assert all("Read-only" not in one.err for one in read.values())
        assert (6, "", f"cinctl: {office.store}: cannot be written: Read-only file system\n") == said
        assert before == office.store.read_bytes()

    def test_a_store_cannot_be_made_there(self, apart: tuple[str, ...], office: Office) -> None:
        """The reason is told, and there is none."""
        new = office.folder / "new.jsonl"
        beneath = (*apart, "sh", "-c", READ_ONLY, str(office.folder))
        said = office.command("--store", str(new), "init", before=beneath, cwd=office.folder)

        assert said.code == 6
        assert "Read-only file system" in said.err
        assert not new.exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("command", [(*NOTE, "x"), ("apply", "-")], ids=["note", "apply"])
def test_an_answer_that_cannot_be_written(command: tuple[str, ...], office: Office) -> None:
    """The event is recorded, and the message says so: who is told of a full disk must not record it twice."""
    line = '{"kind":"note","case":"N1","by":"tm1","data":{"text":"x"}}\n'
    source = office.folder / "lines.jsonl"
    source.write_text(line, encoding="utf-8")
    with open("/dev/full", "wb") as full, source.open("rb") as given:
        said = office.command(*command, stdout=full, stdin=given)

    assert said.code == 6
    assert "No space left on device" in said.err
    assert "recorded" in said.err
    assert office.lines + 1 == verify(office.store).lines == len(list(Log.open(office.store).read()))
