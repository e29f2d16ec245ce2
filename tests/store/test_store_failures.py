"""What an append leaves behind when the system fails it: nothing, and one line that says so."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cinctl.errors import SystemRefusedError
from cinctl.store import platform
from cinctl.store.log import Log
from cinctl.store.verify import verify
from tests.store.support import append, event, fail, half_then_fail, numbers_in, start

CALLS = ["open", "read", "write", "lseek", "stat", "fstat", "fsync", "fdatasync", "ftruncate", "unlink", "close"]


class Fault(NamedTuple):
    """How a call fails: with this error, a write perhaps only after half of it was done."""

    code: int
    half: bool = False


FAULTS = [Fault(errno.EIO), Fault(errno.ENOSPC), Fault(errno.ENOSPC, half=True)]
MOST = 100
TORN = b'{"v":1,'


class Fatal:
    """Count the calls of the system, and have one of them fail."""

    def __init__(self, patch: pytest.MonkeyPatch, which: int, fault: Fault) -> None:
        self.which = which
        self.fault = fault
        self.count = 0
        self.rest = False
        for name in CALLS:
            if hasattr(os, name):
                patch.setattr(os, name, self._counting(name, getattr(os, name)))

    def _counting(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            self.count += 1
            if self.rest:
                self.rest = False
                return fail(code=self.fault.code)
            if self.count != self.which:
                return real(*arguments, **more)
            if self.fault.half and name == "write":
                self.rest = True
                return real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            if name == "close":
                real(*arguments)
            return fail(code=self.fault.code)

        return call


class TestTheSystemSaysNo:
    """A failed append is told in one line, and the log is as it was."""

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
    @pytest.mark.parametrize("name", ["write", "sync"])
    def test_not_stored(self, name: str, code: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """After a short write and an error, or a sync that fails, the batch is cut off again."""
        before = path.read_bytes()
        with Log.open(path).writing(5) as writer:
            with monkeypatch.context() as patch:
                if name == "write":
                    patch.setattr(os, "write", half_then_fail(code))
                else:
                    patch.setattr(platform, "sync", lambda fd: fail(code=code))
                with pytest.raises(SystemRefusedError) as caught:
                    writer.append([event(n=3), event(n=4)])
            assert before == path.read_bytes()
            writer.append([event(n=5)])

        assert f"{path}: not stored: {os.strerror(code)}" == str(caught.value)
        assert numbers_in(path) == [1, 2, 5]

    def test_a_system_that_writes_nothing_is_not_asked_for_ever(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No progress is an error."""
        with Log.open(path).writing(5) as writer:
            monkeypatch.setattr(os, "write", lambda fd, content: 0)
            with pytest.raises(SystemRefusedError, match="not stored: nothing could be written"):
                writer.append([event(n=3)])

        assert numbers_in(path) == [1, 2]

    def test_short_writes_are_gone_on_with(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A system that takes seven bytes at a time gets them all."""
        real = os.write
        monkeypatch.setattr(os, "write", lambda fd, content: real(fd, content[:7]))
        append(path, 3, 4)

        assert numbers_in(path) == [1, 2, 3, 4]

    def test_what_cannot_be_removed_is_told(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """When even the way back fails, the error says what is left and where; the next writer sets it aside."""
        size = path.stat().st_size
        with Log.open(path).writing(5) as writer, monkeypatch.context() as patch:
            patch.setattr(os, "write", half_then_fail(errno.ENOSPC))
            patch.setattr(os, "ftruncate", fail)
            with pytest.raises(SystemRefusedError, match=f"not stored: .*from byte {size} on, could not be removed"):
                writer.append([event(n=3)])
            patch.undo()
            torn = verify(path).torn

            assert torn
            assert size == torn.offset
            writer.append([event(n=3)])
        assert numbers_in(path) == [1, 2, 3]

    @pytest.mark.parametrize("name", ["sync", "sync_folder"])
    def test_a_store_that_could_not_be_made_is_not_there(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No half-made file stays behind, nor one whose name a power cut could take away."""
        monkeypatch.setattr(platform, name, lambda what: fail(code=errno.ENOSPC))
        with pytest.raises(SystemRefusedError, match=f"cannot be created: {os.strerror(errno.ENOSPC)}"):
            Log.create(tmp_path / "new.jsonl")

        assert not (tmp_path / "new.jsonl").exists()

    @pytest.mark.parametrize("place", [os, platform], ids=["write", "sync"])
    def test_an_interrupted_append_is_taken_back(self, place: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who interrupts is told that nothing was done, and nothing was."""

        def interrupt(*_: Any) -> int:
            raise KeyboardInterrupt

        before = path.read_bytes()
        with Log.open(path).writing(5) as writer, monkeypatch.context() as patch:
            patch.setattr(place, "write" if place is os else "sync", interrupt)
            with pytest.raises(KeyboardInterrupt):
                writer.append([event(n=3)])

        assert before == path.read_bytes()

    def test_a_torn_tail_is_safe_before_it_is_cut_off(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The copy and its name are synced first, then the log is cut and synced, then written and synced."""
        with path.open("ab") as file:
            file.write(b"{")
        order: list[str] = []

        def recording(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(what: Any, *rest: Any) -> Any:
                name = os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else what
                order.append(f"{real.__name__} {Path(name).name.removeprefix('cases.jsonl') or 'log'}")
                return real(what, *rest)

            return call

        if not Path("/proc/self/fd").exists():
            pytest.skip("there is no way to see what a descriptor is of")
        with Log.open(path).writing(5) as writer:
            list(writer.read())
            for place, name in ((os, "write"), (os, "ftruncate"), (os, "fsync"), (platform, "sync")):
                monkeypatch.setattr(place, name, recording(getattr(place, name)))
            writer.append([event(n=3)])
            monkeypatch.undo()
        aside = next(path.parent.glob("*.torn-*")).name.removeprefix("cases.jsonl")

        assert [
            f"write {aside}",
            f"sync {aside}",
            f"fsync {path.parent.name}",
            "ftruncate log",
            "fsync log",
            "write log",
            "sync log",
        ] == order

    @pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
    def test_a_true_short_write(self, path: Path) -> None:
        """A limit on the size of files makes the system itself write short, then fail."""
        before = path.read_bytes()
        with start("limited", path, str(len(before) + 100)) as process:
            told = process.communicate()[1]

        assert told.rstrip().endswith("not stored: File too large")
        assert before == path.read_bytes()


@pytest.mark.parametrize("fault", FAULTS, ids=["EIO", "ENOSPC", "short"])
@pytest.mark.parametrize("torn", [b"", TORN], ids=["whole", "torn"])
class TestWhicheverCallFails:
    """Each call of an append in turn, those that set a torn tail aside among them: all or nothing, every time."""

    def test_a_whole_turn(self, torn: bytes, fault: Fault, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What failed says what the system said, and changed nothing but to set aside what was torn; then all works."""
        before = path.read_bytes()
        for which in range(1, MOST):
            fresh(path, before + torn)
            with monkeypatch.context() as patch:
                fatal = Fatal(patch, which, fault)
                told = refusal(lambda: append(path, 3, 4))
            if told is None:
                assert [1, 2, 3, 4] == numbers_in(path), which
            else:
                assert os.strerror(fault.code) in told
                assert_nothing_done(path, before, torn)
            append(path, 5)
            assert numbers_in(path)[-1] == 5
            assert any(torn in left.read_bytes() for left in path.parent.glob("*.torn-*")) or not torn
            if fatal.count < which:
                break

        assert MOST - 1 > which > 10

    def test_a_second_try_in_the_same_turn(
        self, torn: bytes, fault: Fault, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A writer that still holds the lock may try again, and its line goes in where the first was to be."""
        before = path.read_bytes()
        for which in range(1, MOST):
            fresh(path, before + torn)
            with Log.open(path).writing(5) as writer:
                list(writer.read())
                with monkeypatch.context() as patch:
                    fatal = Fatal(patch, which, fault)
                    told = refusal(lambda: writer.append([event(n=3)]))
                if told is not None:
                    assert f"{path}: not stored: {os.strerror(fault.code)}" == told
                    assert_nothing_done(path, before, torn)
                    writer.append([event(n=3)])
            assert [1, 2, 3] == numbers_in(path), which
            if fatal.count < which:
                break

        assert MOST - 1 > which > 2


def fresh(path: Path, content: bytes) -> None:
    """Have the log hold *content*, and nothing stand beside it."""
    for beside in path.parent.glob("cases.jsonl.*"):
        beside.unlink()
    path.write_bytes(content)


def refusal(act: Callable[[], object]) -> str | None:
    """Return what the system's refusal says, or None when there was none."""
    try:
        act()
    except SystemRefusedError as error:
        return str(error)
    return None


def assert_nothing_done(path: Path, before: bytes, torn: bytes) -> None:
    """The log is as it was, or its torn tail is in a file beside it and no longer at its end."""
    now = path.read_bytes()
    kept = [left.read_bytes() for left in path.parent.glob("*.torn-*")]
    assert now == before + torn or (now == before and torn in kept)
