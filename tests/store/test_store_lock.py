"""The lock: one writer at a time, for judging and appending; readers never wait."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError, SystemRefusedError
from cinctl.store.log import Log
from cinctl.store.verify import verify
from tests.store.support import NOTE, Office, event, held_elsewhere


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


class TestCommands:
    """What a person at a desk sees of the lock."""

    def test_one_that_does_not_come_is_exit_6(self, office: Office) -> None:
        """The one line says which process has it and how to wait longer; nothing is recorded, no file is left."""
        before, beside = office.store.read_bytes(), sorted(office.folder.iterdir())
        with office.clerks(1) as (clerk,), held_elsewhere(office.store) as holder:
            said = clerk.run("--lock-timeout", "0.05", *NOTE, "x")

        assert (6, "") == said[:2]
        assert (
            f"cinctl: {office.store} is locked by process {holder.pid} and did not come free within 0.05 seconds: "
            "try again, or wait longer with --lock-timeout\n"
        ) == said.err
        assert (before, beside) == (office.store.read_bytes(), sorted(office.folder.iterdir()))

    def test_one_that_comes_in_time_is_had(self, office: Office) -> None:
        """A command waits for a lock, and judges by what its holder has written meanwhile."""
        with office.clerks(1) as (clerk,):
            with Log.open(office.store).writing(5) as writer:
                clerk.begin("--lock-timeout", "600", *NOTE, "x", "--json")
                writer.append([event()])
            said = clerk.end()

        assert json.loads(said.out)["event"]["seq"] == office.lines + 2

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
    def test_a_holder_that_was_killed_stands_in_nobodys_way(self, office: Office) -> None:
        """The next command goes through at once, without waiting."""
        with office.clerks(1) as (clerk,), held_elsewhere(office.store) as holder:
            holder.send_signal(signal.SIGKILL)
            holder.wait()

            assert clerk.run("--lock-timeout", "0", *NOTE, "x").code == 0
        assert verify(office.store).lines == office.lines + 1
