"""What an append leaves behind when the system fails it, or the power does."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import SystemRefusedError
from cinctl.store import platform
from cinctl.store.log import Log
from cinctl.store.verify import verify

CALLS = ["open", "write", "fsync", "fdatasync", "ftruncate"]


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


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """A store of two lines."""
    path = tmp_path / "cases.jsonl"
    Log.create(path)
    append(path, 1, 2)
    return path


def fail(*_: Any, code: int = errno.EIO) -> int:
    """Fail as a disk does."""
    raise OSError(code, os.strerror(code))


def half_then_fail(code: int) -> Callable[[int, bytes], int]:
    """Write half of what is asked for, and nothing after that."""
    real, calls = os.write, iter([True])

    def write(fd: int, content: bytes) -> int:
        return real(fd, content[: len(content) // 2]) if next(calls, False) else fail(code=code)

    return write


class Fatal:
    """Count the calls of the system, and have one of them fail."""

    def __init__(self, patch: pytest.MonkeyPatch, which: int) -> None:
        self.which = which
        self.count = 0
        for name in CALLS:
            if hasattr(os, name):
                patch.setattr(os, name, self._counting(getattr(os, name)))

    def _counting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            self.count += 1
            return fail() if self.count == self.which else real(*arguments, **more)

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

    def test_a_store_that_could_not_be_made_is_not_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No half-made file stays behind."""
        monkeypatch.setattr(platform, "sync", lambda fd: fail(code=errno.ENOSPC))
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

    def test_whichever_call_fails(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each call of an append that first sets a torn tail aside fails in turn: all or nothing, every time."""
        whole, torn = path.read_bytes(), b'{"v":1,'
        for which in range(1, 60):
            path.write_bytes(whole + torn)
            with monkeypatch.context() as patch:
                fatal = Fatal(patch, which)
                try:
                    append(path, 3, 4)
                    failed = False
                except SystemRefusedError:
                    failed = True

            assert ([1, 2] if failed else [1, 2, 3, 4]) == numbers_in(path), which
            append(path, 5)
            assert numbers_in(path)[-1] == 5
            assert torn in {p.read_bytes() for p in path.parent.glob("*.torn-*")}
            if fatal.count < which:
                break

        assert 60 > which > 10

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
        code = (
            "import resource, signal, sys\n"
            "from cinctl.store.log import Log\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 100}, {len(before) + 100}))\n"
            "with Log.open(sys.argv[1]).writing(5) as writer:\n"
            f"    writer.append([{event(n=3)!r}])\n"
        )
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        told = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=env)

        assert told.stderr.rstrip().endswith("not stored: File too large")
        assert before == path.read_bytes()


class Disk:
    """A model of a disk with a cache: what was written to one file, when it was synced, what was promised."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self.inode = path.stat().st_ino
        self.before = path.read_bytes()
        self.log: list[tuple[str, Any]] = []
        self._record(patch, os, "write", lambda fd, content: bytes(content))
        self._record(patch, os, "ftruncate", lambda fd, length: length)
        self._record(patch, os, "fsync", lambda fd: None)
        self._record(patch, platform, "sync", lambda fd: None)

    def _record(self, patch: pytest.MonkeyPatch, place: Any, name: str, take: Callable[..., Any]) -> None:
        real = getattr(place, name)

        def call(fd: int, *rest: Any) -> Any:
            done = real(fd, *rest)
            if os.fstat(fd).st_ino == self.inode:
                self.log.append((name, take(fd, *rest)))
            return done

        patch.setattr(place, name, call)

    def promise(self, count: int) -> None:
        """Note that *count* lines are acknowledged."""
        self.log.append(("promise", count))

    def crashes(self) -> Iterator[tuple[bytes, int]]:
        """Yield each content that a power cut could leave at some moment, and how many lines were promised by then.

        That is what was synced last and, of what was done since, any beginning: down to the byte, as it is or with
        NULs in place of the rest.
        """
        possible, promised = [self.before], 0
        for name, what in self.log:
            if name in {"fsync", "sync"}:
                possible = possible[-1:]
            elif name == "promise":
                promised = what
            else:
                possible += self._after(possible[-1], name, what)
            for content in possible:
                yield content, promised

    @staticmethod
    def _after(content: bytes, name: str, what: Any) -> list[bytes]:
        if name == "ftruncate":
            return [content[:what]]
        cut_short = [(content + what[:cut], len(what) - cut) for cut in range(len(what))]
        return [*(short + nul * rest for short, rest in cut_short for nul in (b"", b"\0")), content + what]


def survives(path: Path, disk: Disk) -> int:
    """Try every crash; return how many there were. Each must leave a log that holds what was promised and goes on."""
    count = 0
    spare = path.with_name("crashed.jsonl")
    for content, promised in dict.fromkeys(disk.crashes()):
        spare.write_bytes(content)
        found = numbers_in(spare)
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= promised
        if count % 11 == 0:
            append(spare, len(found) + 1)
            assert numbers_in(spare) == [*found, len(found) + 1]
        count += 1
    return count


def write_through_a_crash(path: Path, disk: Disk) -> None:
    """Append twice, and have both promised."""
    append(path, 3)
    disk.promise(3)
    append(path, 4, 5)
    disk.promise(5)


class TestThePowerGoes:
    """A power cut at any moment of an append loses nothing that was acknowledged."""

    def test_nothing_promised_is_lost(self, path: Path) -> None:
        """Whatever part of the unsynced bytes reached the disk, the promised lines are there and the log goes on."""
        path.write_bytes(path.read_bytes() + b'{"v":1,"s')
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(path, patch)
            write_through_a_crash(path, disk)

        assert survives(path, disk) > 500

    def test_the_model_notices_a_missing_sync(self, path: Path) -> None:
        """Without the sync the same test fails: it tests something."""
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(path, patch)
            patch.setattr(platform, "sync", lambda fd: None)
            write_through_a_crash(path, disk)
        with pytest.raises(AssertionError):
            survives(path, disk)
