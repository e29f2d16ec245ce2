"""Redacting a log: the payload goes and the event is appended, or neither; and nothing beside the log keeps it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError, SystemRefusedError, UsageError
from cinctl.store import envelope, platform, redact
from cinctl.store.log import Log
from cinctl.store.verify import verify

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows replaces no file that is open")

SECRET = "UNMISTAKEABLE"
BESIDE = ("cases.jsonl", "cases.jsonl.lock")

# The steps of the system that a rewriting takes, each with the logs (by their lines) that a crash before it can leave.
OLD, NEW = 3, 4
STEPS = {
    "open": {OLD, NEW},
    "fsync": {OLD, NEW},
    "unlink": {OLD, NEW},
    "close": {OLD, NEW},
    "fdatasync": {OLD},
    "replace": {OLD},
    "dup2": {NEW},
}
CRASH = """
import os, signal, sys
from cinctl.store.log import Log
name, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
EVENT = {"kind": "redact", "case": "C-1", "at": "2026-03-02", "recorded": "r", "by": None, "under": None}
EVENT["data"] = {"of": 2}
log = Log.open(path)
with log.writing(5) as writer:
    list(writer.read())
    real, left = getattr(os, name), [count]
    def step(*arguments, **more):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **more)
    setattr(os, name, step)
    writer.redact([2], [EVENT])
    setattr(os, name, real)
"""


def event(kind: str = "note", case: str | None = "C-1", **data: Any) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {"kind": kind, "case": case, "at": "2026-03-02", "recorded": "r", "by": None, "under": None, "data": data}


REDACT = event("redact", of=2, reason="x")


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """A store of three lines, the second of which says what is to go."""
    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append([event(n=1), {**event(text=SECRET), "key": "k"}, event(case=None, n=3)])
    return path


def run(path: Path, *seqs: int, envelopes: Any = (REDACT,)) -> redact.Redacted:
    """Redact under the lock."""
    with Log.open(path).writing(5) as writer:
        return writer.redact(seqs, envelopes)


def holding(folder: Path) -> list[str]:
    """The files of a folder that hold the text."""
    return sorted(p.name for p in folder.iterdir() if p.is_file() and SECRET.encode() in p.read_bytes())


def test_the_payload_goes_and_the_chain_holds(path: Path) -> None:
    """All hashes are as they were; the line has its digest and nothing else changed; the event follows."""
    before = list(Log.open(path).read())
    done = run(path, 2)
    after = list(Log.open(path).read())

    assert verify(path).ok
    assert [line["hash"] for line in before] == [line["hash"] for line in after[:3]]
    assert [before[0], before[2]] == [after[0], after[2]]
    kept = {name: value for name, value in before[1].items() if name not in ("data", "salt")}
    assert kept == {name: value for name, value in after[1].items() if name not in ("data", "digest")}
    assert after[1]["data"] is None
    assert done.written == after[3:]
    assert [] == holding(path.parent)


def test_all_else_stays_as_it_is(path: Path) -> None:
    """Owner and mode of the log stay; nothing is left beside it."""
    path.chmod(0o640)
    run(path, 2)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(BESIDE) == sorted(os.listdir(path.parent))


def test_it_is_private_while_it_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file is 0600 from its first byte, though the log is not; and it is synced before it takes its place."""
    path.chmod(0o644)
    seen: list[Any] = []

    def told(what: str, real: Any) -> Any:
        def step(*arguments: Any) -> Any:
            seen.append(what or stat.S_IMODE(path.with_name("cases.jsonl.redacting").stat().st_mode))
            return real(*arguments)

        return step

    monkeypatch.setattr("cinctl.store.redact.compose", told("", envelope.compose))
    monkeypatch.setattr(platform, "sync", told("sync", platform.sync))
    monkeypatch.setattr(os, "replace", told("replace", os.replace))
    monkeypatch.setattr(platform, "sync_folder", told("folder", platform.sync_folder))
    run(path, 2)

    assert [0o600, "sync", "replace", "folder"] == seen


def test_a_link_stays_a_link(path: Path) -> None:
    """The log is replaced where it lies, not the name that leads there."""
    link = path.with_name("link.jsonl")
    link.symlink_to(path)
    run(link, 2)

    assert link.is_symlink()
    assert verify(path).lines == 4


def test_a_log_under_two_names_is_not_redacted(path: Path) -> None:
    """The payload would stay under the other name."""
    os.link(path, path.with_name("hard.jsonl"))
    content = path.read_bytes()
    with pytest.raises(UsageError, match="goes by 2 names"):
        run(path, 2)

    assert content == path.read_bytes()


def test_a_line_that_lacks_its_newline(path: Path) -> None:
    """The last line may be redacted too, whole but for its newline."""
    path.write_bytes(path.read_bytes()[:-1])
    run(path, 2, 3)

    assert (True, 4) == verify(path)[:2]
    assert [1, None, None, {"of": 2, "reason": "x"}] == [
        line["data"] and line["data"].get("n", line["data"]) for line in Log.open(path).read()
    ]


class TestWhatStandsBeside:
    """Caches, tails set aside, leftovers."""

    @pytest.mark.parametrize("ending", [".cache", ".cache-journal", ".cache-wal", ".cache-shm"])
    def test_caches_go(self, path: Path, ending: str) -> None:
        """A cache holds what it was made from."""
        path.with_name(f"cases.jsonl{ending}").write_text(SECRET)
        run(path, 2)

        assert [] == holding(path.parent)

    def test_a_cache_made_meanwhile_goes_too(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A reader may have made one of the old log just before it was replaced."""
        real = os.replace

        def replace(*names: Any) -> None:
            path.with_name("cases.jsonl.cache").write_text(SECRET)
            real(*names)

        monkeypatch.setattr(os, "replace", replace)
        run(path, 2)

        assert [] == holding(path.parent)

    @pytest.mark.parametrize("length", [160, 145])
    def test_a_tail_of_the_same_event_goes(self, path: Path, length: int) -> None:
        """A crash had torn the same step before it was recorded; how much of it is there makes no difference."""
        size = path.stat().st_size
        torn = path.read_bytes().splitlines()[1].replace(b'"seq":2', b'"seq":4')[:length]
        path.write_bytes(path.read_bytes() + torn)
        done = run(path, 2)

        assert [f"{os.path.realpath(path)}.torn-{size}"] == done.tails
        assert list(BESIDE) == sorted(os.listdir(path.parent))

    @pytest.mark.parametrize(
        ("tail", "goes"),
        [
            (b'{"v":1,"seq":9,"kind":"x","case":"C-1","at":"2026', True),
            (b'{"v":1,"seq":9,"kind":"x","case":"C-2","at":"2026-01-01","data":{"n":1', False),
            (b'{"v":1,"seq":9,"kind":"x","case":null,"at":"2026-01-01","data":{"text":"UNMIS', True),
            (b'{"v":1,"seq":9,"kind":"x","case":null,"at":"2026-01-01","data":{"text":"UNMIS\0\0\0', True),
            (b'{"v":1,"seq":9,"kind":"x","case":null,"data":{"text":"UNMISTAKEABLE"},"salt":"00', True),
            (b'{"v":1,"seq":9,"kind":"x","case":null,"at":"2026-01-01","data":{"te', False),
            (b'{"v":1,"seq":9,"kind":"x","ca', False),
            (b"\0\0\0", False),
        ],
    )
    def test_which_tails_go(self, path: Path, tail: bytes, goes: bool) -> None:
        """One of the same case, or with the payload or its beginning; any other is kept."""
        kept = path.with_name("cases.jsonl.torn-77")
        kept.write_bytes(tail)
        done = run(path, 2)

        assert goes is not kept.exists()
        assert ([os.path.realpath(kept)] if goes else []) == done.tails

    def test_a_tail_of_another_store_is_left_alone(self, path: Path) -> None:
        """Only what is named after this log is looked at."""
        other = path.with_name("other.jsonl.torn-77")
        other.write_text(SECRET)
        run(path, 2)

        assert other.exists()

    def test_what_an_earlier_one_left_goes(self, path: Path) -> None:
        """A rewriting that was cut short stands in nobody's way."""
        left = path.with_name("cases.jsonl.redacting")
        left.write_text(SECRET)

        assert [os.path.realpath(left)] == run(path, 2).leftovers
        assert list(BESIDE) == sorted(os.listdir(path.parent))


class TestOthers:
    """Readers and writers at the same time."""

    def test_a_reader_keeps_reading_what_it_opened(self, path: Path) -> None:
        """Half-way through the log, it is replaced; the reader comes to the end of the old one."""
        reader = Log.open(path).read()
        first = next(reader)
        run(path, 2)

        assert [1, {"text": SECRET}, 3] == [line["data"].get("n", line["data"]) for line in (first, *reader)]

    def test_a_writer_that_waited_goes_on_with_the_new_log(self, path: Path) -> None:
        """It had opened the old log; it appends to the one that took its place."""
        waiting = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys\nfrom cinctl.store.log import Log\nlog = Log.open(sys.argv[1])\nprint('here', flush=True)\n"
                "with log.writing(30) as writer:\n"
                "    writer.append([{'kind': 'note', 'case': None, 'at': '2026-03-02', 'recorded': 'r', 'by': None,"
                " 'under': None, 'data': {'late': True}}])\n",
                str(path),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        with Log.open(path).writing(5) as writer:
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == "here\n"
            writer.redact([2], [REDACT])
        with waiting:
            assert waiting.wait(30) == 0
        lines = list(Log.open(path).read())

        assert [{"n": 1}, None, {"n": 3}, {"of": 2, "reason": "x"}, {"late": True}] == [line["data"] for line in lines]

    def test_the_lock_is_held_to_the_end(self, path: Path) -> None:
        """Who has redacted may append, and nobody else till then; it is the new log that is written to."""
        with Log.open(path).writing(5) as writer:
            writer.redact([2], [REDACT])
            with pytest.raises(SystemRefusedError, match="is locked"), Log.open(path).writing(0):
                pass
            writer.append([event(n=5)])
            assert [1, 2, 3, 4, 5] == [line["seq"] for line in writer.read()]
        with Log.open(path).writing(0) as writer:
            writer.append([event(n=6)])

        assert (True, 6) == verify(path)[:2]


class TestFaults:
    """The system says no, or the machine stops."""

    @pytest.mark.parametrize(
        ("where", "name"),
        [(os, "replace"), (platform, "sync"), (redact, "compose"), (redact, "verify"), (redact, "tails_with")],
    )
    def test_what_fails_leaves_the_log_as_it_was(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
    ) -> None:
        """The words of the system are told, and nothing is left behind."""
        content = path.read_bytes()

        def fail(*_arguments: Any, **_more: Any) -> Any:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(where, name, fail)
            with pytest.raises(SystemRefusedError, match="not redacted: No space left on device"):
                run(path, 2)

        assert content == path.read_bytes()
        assert list(BESIDE) == sorted(os.listdir(path.parent))
        assert run(path, 2).written

    def test_what_does_not_read_back_does_not_take_its_place(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The new file is verified before it replaces the only copy there is."""
        content = path.read_bytes()
        monkeypatch.setattr(redact, "without_payload", lambda line: line.replace(b"note", b"nota"))
        with pytest.raises(SystemRefusedError, match="does not read back"):
            run(path, 2)

        assert content == path.read_bytes()
        assert list(BESIDE) == sorted(os.listdir(path.parent))

    def test_a_redaction_that_is_not_certain_yet_says_so(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Once the new log stands, a folder that cannot be synced is told as what it is."""

        def fail(_folder: str) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(platform, "sync_folder", fail)
        with pytest.raises(SystemRefusedError, match=r"removed, but not yet for certain: Input/output error.*repair"):
            run(path, 2)

        assert [] == holding(path.parent)
        assert verify(path).lines == 4

    def test_a_broken_log_is_not_rewritten(self, path: Path) -> None:
        """The line is named, and the log stays as it is."""
        content = path.read_bytes().replace(b'"n":1', b'"n":7')
        path.write_bytes(content)
        with pytest.raises(StoreError, match="line 1 does not hold"):
            run(path, 2)

        assert content == path.read_bytes()

    def test_where_open_files_cannot_be_replaced_it_says_so(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """On such a system nothing is begun."""
        monkeypatch.setattr(platform, "REPLACES_OPEN_FILES", False)
        with pytest.raises(SystemRefusedError, match="replaces no file that is open"):
            run(path, 2)

        assert list(BESIDE) == sorted(os.listdir(path.parent))

    @pytest.mark.skipif(sys.platform != "linux", reason="syncing is another call there")
    @pytest.mark.parametrize("step", STEPS)
    def test_a_kill_before_any_step_leaves_the_old_log_or_the_new(self, path: Path, step: str) -> None:
        """Whichever it is, it is whole; and once the new one stands, no file beside it holds the payload."""
        old = path.read_bytes()
        path.with_name("cases.jsonl.cache").write_text(SECRET)
        tail = old.splitlines()[1].replace(b'"seq":2', b'"seq":4')[:-30]
        seen = set()
        for count in range(40):
            path.write_bytes(old)
            path.with_name("cases.jsonl.torn-9").write_bytes(tail)
            if self._killed(path, step, count) == 0:
                break
            report = verify(path)
            assert report.ok
            seen.add(report.lines)
            if report.lines == OLD:
                assert old == path.read_bytes()
            else:
                assert [] == holding(path.parent)
            # What the kill left is cleared away by the next redaction, whichever log it finds.
            run(path, *([2] if report.lines == OLD else [1]))
            assert list(BESIDE) == sorted(os.listdir(path.parent))
            assert [] == holding(path.parent)
        else:
            pytest.fail("it never came to its end")

        assert STEPS[step] == seen

    def _killed(self, path: Path, step: str, count: int) -> int:
        """Redact in another process, which is killed before it takes *step* for the *count*th time."""
        paths = os.pathsep.join(filter(None, sys.path))
        return subprocess.run(
            [sys.executable, "-c", CRASH, step, str(count), str(path)],
            env={**os.environ, "PYTHONPATH": paths},
            check=False,
        ).returncode
