"""The log as its callers see it: made, opened, appended to, read; and what is no log."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cinctl.errors import StoreError, SystemRefusedError, UsageError
from cinctl.store import platform
from cinctl.store.log import Log
from cinctl.store.verify import verify

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
NOT_ROOT = pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="nothing is forbidden to root")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        'x,"data":{',
        ',"digest":"',
        ',"salt":"0","hash":"',
        "one\u2028two\u2029three\x85",
        "a\nb\r\nc\0",
        "\\",
        '"',
        "é👪",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ENVELOPES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["refer", "assess.start"]),
        "case": st.none() | TEXT,
        "at": st.just("2026-03-02"),
        "recorded": st.just("2026-03-02T10:01:12+00:00"),
        "by": st.none() | TEXT,
        "under": st.none() | TEXT,
        "data": st.dictionaries(TEXT, JSON, max_size=4),
    },
    optional={"key": TEXT},
)


def event(**data: Any) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {
        "kind": "note",
        "case": "C-1",
        "at": "2026-03-02",
        "recorded": "2026-03-02T10:01:12+00:00",
        "by": "kw1",
        "under": None,
        "data": data,
    }


def append(log: Log, *envelopes: dict[str, Any]) -> list[dict[str, Any]]:
    """Append one batch under the lock."""
    with log.writing(5) as writer:
        return writer.append(envelopes)


class TestAppendAndRead:
    """What was appended is what is read."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(batches=st.lists(st.lists(ENVELOPES, max_size=3), max_size=3))
    def test_whatever_is_appended_comes_back(self, batches: list[list[dict[str, Any]]], tmp_path: Path) -> None:
        """Any text and any JSON survives, also text that looks like the framing of a line."""
        path = tmp_path / "cases.jsonl"
        path.unlink(missing_ok=True)
        log = Log.create(path)
        written = [line for batch in batches for line in append(log, *batch)]

        assert written == list(Log.open(path).read())
        given_in = [envelope for batch in batches for envelope in batch]
        assert given_in == [{k: v for k, v in e.items() if k not in {"v", "seq", "salt", "hash"}} for e in written]
        assert verify(path).ok

    def test_a_line_has_its_keys_in_order_and_nothing_else(self, tmp_path: Path) -> None:
        """The line is compact UTF-8 JSON with the keys in the order that DESIGN gives."""
        log = Log.create(tmp_path / "cases.jsonl", salts=lambda: b"\x01" * 16)
        append(log, {**event(text="Zoë\u2028"), "key": "k1"}, event())
        first, second = (tmp_path / "cases.jsonl").read_bytes().split(b"\n")[:2]

        assert first.startswith(
            '{"v":1,"seq":1,"kind":"note","case":"C-1","at":"2026-03-02","recorded":"2026-03-02T10:01:12+00:00",'
            '"by":"kw1","under":null,"key":"k1","data":{"text":"Zoë\u2028"},"salt":"01010101'.encode()
        )
        assert list(json.loads(second)) == [
            "v",
            "seq",
            "kind",
            "case",
            "at",
            "recorded",
            "by",
            "under",
            "data",
            "salt",
            "hash",
        ]

    def test_the_same_salts_make_the_same_bytes(self, tmp_path: Path) -> None:
        """With its own source of salts, a demonstration writes the same bytes each time; without, no two are alike."""
        contents = []
        for number, salts in enumerate([lambda: b"s" * 16, lambda: b"s" * 16, None]):
            log = Log.create(tmp_path / f"{number}.jsonl", **({"salts": salts} if salts else {}))
            append(log, event(text="x"))
            contents.append((tmp_path / f"{number}.jsonl").read_bytes())

        assert contents[0] == contents[1] != contents[2]

    def test_length_and_head_follow_what_was_read_and_written(self, tmp_path: Path) -> None:
        """They tell how far the log was seen, and end where its last line ends."""
        log = Log.create(tmp_path / "cases.jsonl")
        assert (log.length, log.head) == (0, "0" * 64)
        last = append(log, event(), event())[-1]
        assert (2, last["hash"]) == (log.length, log.head)
        again = Log.open(tmp_path / "cases.jsonl")
        list(again.read())

        assert (2, last["hash"]) == (again.length, again.head)

    def test_a_writer_reads_and_appends_more_than_once(self, tmp_path: Path) -> None:
        """Under one lock, judging and appending may alternate."""
        log = Log.create(tmp_path / "cases.jsonl")
        with log.writing(5) as writer:
            assert list(writer.read()) == []
            writer.append([event(n=1)])
            writer.append([])
            writer.append([event(n=2), event(n=3)])

            assert [line["data"]["n"] for line in writer.read()] == [1, 2, 3]
            writer.append([event(n=4)])

        assert [line["seq"] for line in log.read()] == [1, 2, 3, 4]

    def test_a_walk_broken_off_does_not_misplace_the_next_line(self, tmp_path: Path) -> None:
        """A writer that read only the first line still appends after the last."""
        log = Log.create(tmp_path / "cases.jsonl")
        append(log, event(), event(), event())
        with log.writing(5) as writer:
            next(writer.read())
            writer.append([event()])

        assert len(list(log.read())) == 4

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param({"text": "\ud800"}, id="half a surrogate pair"),
            pytest.param({"n": float("nan")}, id="not a number"),
            pytest.param({"n": float("inf")}, id="infinity"),
        ],
    )
    def test_what_is_not_json_is_refused_and_nothing_is_written(self, data: dict[str, Any], tmp_path: Path) -> None:
        """A batch with one such envelope is a usage error and leaves the log as it was."""
        log = Log.create(tmp_path / "cases.jsonl")
        append(log, event())
        before = (tmp_path / "cases.jsonl").read_bytes()
        with pytest.raises(UsageError, match="note: this cannot be written down"):
            append(log, event(), event(**data))

        assert before == (tmp_path / "cases.jsonl").read_bytes()

    @pytest.mark.parametrize("depth", [100, 600, 100_000])
    def test_what_is_nested_too_deeply_is_refused(self, depth: int, tmp_path: Path) -> None:
        """Hostile nesting is a usage error: neither a crash, nor a line that a caller further down could not read."""
        deep: Any = 1
        for _ in range(depth):
            deep = [deep]
        log = Log.create(tmp_path / "cases.jsonl")
        with pytest.raises(UsageError, match="nested too deeply"):
            append(log, event(deep=deep))
        append(log, event(wide=[[]] * 500, deep=[[{"a": []}]]))

        assert log.length == 1

    @pytest.mark.parametrize("change", [{"case": 5}, {"data": None}, {"seq": 7}, {"at": None}])
    def test_what_is_no_envelope_is_a_bug_and_never_written(self, change: dict[str, Any], tmp_path: Path) -> None:
        """Nothing goes into the log that could not be read again."""
        log = Log.create(tmp_path / "cases.jsonl")
        with pytest.raises(ValueError, match="envelope"):
            append(log, {**event(), **change})

        assert (tmp_path / "cases.jsonl").stat().st_size == 0


class TestCreate:
    """Making a store."""

    @POSIX_ONLY
    def test_only_the_owner_can_read_what_is_made(self, tmp_path: Path) -> None:
        """Files are 0600 and new folders 0700, whatever the umask allows; folders that exist stay as they are."""
        (tmp_path / "old").mkdir(mode=0o755)
        before = os.umask(0)
        try:
            log = Log.create(tmp_path / "old" / "a" / "b" / "cases.jsonl")
            append(log, event())
        finally:
            os.umask(before)

        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "old").rglob("*")}
        assert modes == {"a": 0o700, "b": 0o700, "cases.jsonl": 0o600, "cases.jsonl.lock": 0o600}
        assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o755
        assert Log.open(log.path).notices == []

    def test_it_is_on_disk_with_its_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The folder is synced too: without that, a power cut can lose the name."""
        synced: list[str] = []
        monkeypatch.setattr(platform, "sync_folder", synced.append)
        Log.create(tmp_path / "new" / "cases.jsonl")

        assert [os.path.realpath(tmp_path), os.path.realpath(tmp_path / "new")] == synced

    def test_a_file_of_no_bytes_will_do(self, tmp_path: Path) -> None:
        """An empty file is a store without events, for creating and for opening."""
        path = tmp_path / "cases.jsonl"
        path.touch(mode=0o600)
        assert list(Log.open(path).read()) == []
        append(Log.create(path), event())

        assert len(list(Log.open(path).read())) == 1

    def test_a_store_is_never_made_over_something(self, tmp_path: Path) -> None:
        """A file that holds bytes is left alone."""
        path = tmp_path / "cases.jsonl"
        path.write_text("x")
        with pytest.raises(UsageError, match="holds something already"):
            Log.create(path)

        assert path.read_text() == "x"

    def test_a_folder_in_its_place_is_a_store_error(self, tmp_path: Path) -> None:
        """There is no store, and cannot be one."""
        with pytest.raises(StoreError, match="is a folder"):
            Log.create(tmp_path)

    def test_a_file_where_a_folder_should_be(self, tmp_path: Path) -> None:
        """The system's reason is told."""
        (tmp_path / "file").write_text("x")
        with pytest.raises(SystemRefusedError, match="cannot be created: Not a directory"):
            Log.create(tmp_path / "file" / "cases.jsonl")


class TestOpen:
    """What is no store, or none that can be used."""

    def test_an_absent_store_names_init(self, tmp_path: Path) -> None:
        """The error says what to do."""
        for path in (tmp_path / "cases.jsonl", tmp_path / "no" / "cases.jsonl"):
            with pytest.raises(StoreError, match=r"there is no store at .*: make one with cinctl init"):
                Log.open(path)
            with pytest.raises(StoreError, match="there is no store"):
                verify(path)

        assert list(tmp_path.iterdir()) == []

    def test_a_folder_is_no_store(self, tmp_path: Path) -> None:
        """A folder is told as one."""
        with pytest.raises(StoreError, match="is a folder"):
            Log.open(tmp_path)
        with pytest.raises(StoreError, match="is a folder"):
            verify(tmp_path)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files here")
    def test_a_pipe_is_no_store_and_does_not_hang(self, tmp_path: Path) -> None:
        """Opening a pipe for reading would wait for ever."""
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(StoreError, match="not a regular file"):
            Log.open(tmp_path / "pipe")

    @pytest.mark.parametrize(
        "content",
        [
            b"\x7fELF\x02\x01\x01\0\0\0\n\0\0",
            b"SQLite format 3\0",
            b"\0\0\0x",
            b"case,at\nR1,2026-01-01\n",
            b'{"id":1}\n',
            b"\n",
            b"\xef\xbb\xbf{}",
            b"[1]",
        ],
    )
    def test_a_foreign_file_is_told_as_one(self, content: bytes, tmp_path: Path) -> None:
        """Binary or text, it is not ours, is not read on and is not written to."""
        path = tmp_path / "cases.jsonl"
        path.write_bytes(content)
        with pytest.raises(StoreError, match="is not a store of cinctl"):
            Log.open(path)
        with pytest.raises(StoreError, match="is not a store of cinctl"):
            append(Log(str(path)), event())

        assert content == path.read_bytes()
        assert not verify(path).ok

    @pytest.mark.parametrize("content", [b'{"v":2,"seq":1}\n', b'{"v":2', b'{"v":17,"kind":"x"}'])
    def test_a_newer_store_is_told_as_one(self, content: bytes, tmp_path: Path) -> None:
        """A higher version is not taken for damage."""
        path = tmp_path / "cases.jsonl"
        path.write_bytes(content)
        with pytest.raises(StoreError, match=r"is from a newer version of cinctl: .*version (2|17)"):
            Log.open(path)

    def test_a_newer_line_further_down_is_told_as_one(self, tmp_path: Path) -> None:
        """A store that a newer version went on with is not read in part."""
        path = tmp_path / "cases.jsonl"
        append(Log.create(path), event())
        with path.open("ab") as file:
            file.write(b'{"v":2,"seq":2}\n')
        with pytest.raises(StoreError, match="newer version"):
            list(Log.open(path).read())

    @POSIX_ONLY
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
    def test_a_store_that_others_can_read_gets_a_notice(self, mode: int, tmp_path: Path) -> None:
        """The notice says what to do about it."""
        path = tmp_path / "cases.jsonl"
        Log.create(path)
        path.chmod(mode)

        assert [f"{path} is not private to you (mode {mode:o}): chmod 600 {path}"] == Log.open(path).notices

    @NOT_ROOT
    def test_what_may_not_be_read_is_the_systems_refusal(self, tmp_path: Path) -> None:
        """Permission is exit 6, not a broken store."""
        path = tmp_path / "cases.jsonl"
        Log.create(path)
        path.chmod(0)
        with pytest.raises(SystemRefusedError, match="Permission denied"):
            Log.open(path)

    @NOT_ROOT
    def test_reading_needs_no_permission_to_write(self, tmp_path: Path) -> None:
        """In a read-only folder the log is read; writing is refused in one line, and nothing changes."""
        path = tmp_path / "cases.jsonl"
        append(Log.create(path), event())
        path.with_name("cases.jsonl.lock").unlink()
        path.chmod(0o400)
        tmp_path.chmod(0o500)
        try:
            assert len(list(Log.open(path).read())) == 1
            with pytest.raises(SystemRefusedError, match="cannot be written: Permission denied"):
                append(Log.open(path), event())
        finally:
            tmp_path.chmod(0o700)

        assert [path] == list(tmp_path.iterdir())

    def test_importing_it_stays_cheap(self) -> None:
        """The log is on the way of every command: none of the slow imports may come with it."""
        code = (
            "import sys, cinctl.store.log, cinctl.store.verify; "
            "print(*{'click', 'attr', 'cattrs', 'pathlib', 'tomllib', 'logging', 'subprocess'} & set(sys.modules))"
        )
        told = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, env=environment())

        assert (told.stderr, told.stdout) == ("", "\n")


def environment() -> dict[str, str]:
    """Where a bare interpreter finds what this one has."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
