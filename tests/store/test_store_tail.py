"""The end of a log: whole, torn, or tampered with."""

from __future__ import annotations

import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError
from cinctl.store.log import Log
from cinctl.store.verify import verify
from tests.store.support import goes_on, quick_disk


def event(**data: Any) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {
        "kind": "note",
        "case": None,
        "at": "2026-03-02",
        "recorded": "2026-03-02T10:01:12+00:00",
        "by": 'k"é\\w\n1',
        "under": None,
        "data": data,
    }


RICH = {
    "text": 'x,"data":{ é👪\u2028 \\ "q" \x01',
    "list": [1, -2.5e10, [], {}, [{"a": None}], True, False],
    "none": None,
    "in": {"digest": "x", "deep": {"er": ["", {}]}},
    "": {},
}


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """A store of three lines, the last two rich in what JSON can hold."""
    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append([event(n=1), event(**RICH), {**event(**RICH), "key": "k"}])
    return path


def read(path: Path) -> tuple[list[int], tuple[int, int] | None]:
    """Return the numbers of the lines that a reader gets, and what it finds torn."""
    log = Log.open(path)
    return [line["seq"] for line in log.read()], log.torn


class TestATornTail:
    """What a crash leaves."""

    def test_cut_at_any_byte(self, path: Path) -> None:
        """Wherever the log is cut, the whole lines are read and the rest is told as torn."""
        content = path.read_bytes()
        ends = [0] + [at + 1 for at, byte in enumerate(content) if byte == ord("\n")]
        for cut in range(len(content) + 1):
            path.write_bytes(content[:cut])
            whole = sum(end <= cut + 1 for end in ends[1:])
            torn = None if cut in ends or cut + 1 in ends else (ends[whole], cut - ends[whole])

            assert (list(range(1, whole + 1)), torn) == read(path), cut

    def test_cut_at_any_byte_of_its_last_three_lines_it_goes_on(self, tmp_path: Path) -> None:
        """Wherever it is cut, the next line goes in after the last whole one, and what was cut short is kept beside."""
        path = tmp_path / "plain.jsonl"
        with Log.create(path).writing(5) as writer:
            writer.append([event(n=number) for number in range(4)])
        content = path.read_bytes()
        ends = [0] + [at + 1 for at, byte in enumerate(content) if byte == ord("\n")]
        for cut in range(ends[1], len(content) + 1):
            path.write_bytes(content[:cut])
            whole = sum(end <= cut + 1 for end in ends[1:])
            with quick_disk():
                assert whole == len(goes_on(path)), cut
            torn = b"" if cut + 1 in ends else content[ends[whole] : cut]
            assert content[: ends[whole]] == path.read_bytes()[: ends[whole]]
            kept = list(tmp_path.glob("*.torn-*"))
            assert ([torn] if torn else []) == [left.read_bytes() for left in kept]
            for left in kept:
                left.unlink()

    def test_cut_at_any_byte_and_filled_with_nuls(self, path: Path) -> None:
        """A power cut can leave NULs where the rest of a line was to be; they are torn with it."""
        content = path.read_bytes()
        third = content.rindex(b"\n", 0, -1) + 1
        for cut in range(third, len(content)):
            path.write_bytes(content[:cut] + b"\0" * (len(content) - cut))
            whole = cut == len(content) - 1

            assert ([1, 2, 3] if whole else [1, 2]) == read(path)[0]
            assert (cut if whole else third, len(content) - (cut if whole else third)) == read(path)[1]
            assert verify(path).ok

    def test_the_first_line_cut_at_any_byte_and_filled_with_nuls(self, path: Path) -> None:
        """A store whose only line the power took while it was written is a store without events, not a foreign file."""
        first = path.read_bytes().split(b"\n")[0] + b"\n"
        for cut in range(len(first) - 1):
            path.write_bytes(first[:cut] + b"\0" * (len(first) - cut))

            assert ([], (0, len(first))) == read(path), cut

    @pytest.mark.parametrize("nuls", [1, 5000])
    def test_nuls_after_the_last_line(self, nuls: int, path: Path) -> None:
        """A run of NULs is torn, also in a store that has no line yet."""
        size = path.stat().st_size
        with path.open("ab") as file:
            file.write(b"\0" * nuls)
        assert ([1, 2, 3], (size, nuls)) == read(path)
        path.write_bytes(b"\0" * nuls)

        assert ([], (0, nuls)) == read(path)

    @pytest.mark.parametrize("end", [b"", b"\n", b'\n{"v":1,"seq":4'], ids=["no newline", "newline", "part of a line"])
    @pytest.mark.parametrize("nuls", [1, 511, 4096, 70_000])
    def test_after_any_length_of_nuls_it_goes_on(self, nuls: int, end: bytes, path: Path) -> None:
        """NULs after a line, whole but for its newline or not, or after part of one, go, and the log goes on."""
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + end + b"\0" * nuls)

        assert len(goes_on(path)) == 3
        assert path.read_bytes().startswith(whole + b'{"v":1,"seq":4,')

    @pytest.mark.parametrize("nuls", [1, 4096])
    def test_nuls_that_end_in_a_newline_are_no_torn_tail(self, nuls: int, path: Path) -> None:
        """A newline is the last byte of a write: with it on the disk the line before it should be too."""
        with path.open("ab") as file:
            file.write(b"\0" * nuls + b"\n")
        before = path.read_bytes()
        with Log.open(path).writing(5) as writer, pytest.raises(StoreError, match="line 4 does not hold"):
            writer.append([event()])

        assert before == path.read_bytes()

    def test_a_reader_says_so_and_changes_nothing(self, path: Path) -> None:
        """The notice tells where and how much."""
        with path.open("ab") as file:
            file.write(b'{"v":1,"seq":4,')
        before, size = path.read_bytes(), path.stat().st_size - 15
        log = Log.open(path)
        for _ in range(2):
            list(log.read())
        told = f"{path} ends in a torn line, never acknowledged (15 bytes from byte {size} on): left out"

        assert [told] == log.notices
        assert before == path.read_bytes()
        assert sorted(p.name for p in path.parent.iterdir()) == ["cases.jsonl", "cases.jsonl.lock"]

    def test_a_writer_sets_it_aside_and_goes_on(self, path: Path) -> None:
        """The torn bytes are kept in a private file beside the log, and the log goes on after its last whole line."""
        whole = path.read_bytes()
        torn = b'{"v":1,"seq":4,"kind":"no\0\0'
        path.write_bytes(whole + torn)
        log = Log.open(path)
        with log.writing(5) as writer:
            writer.append([event(n=4)])
        aside = path.with_name(f"cases.jsonl.torn-{len(whole)}")

        assert torn == aside.read_bytes()
        if sys.platform != "win32":
            assert stat.S_IMODE(aside.stat().st_mode) == 0o600
        assert path.read_bytes().startswith(whole + b'{"v":1,"seq":4,"kind":"note"')
        assert read(path) == ([1, 2, 3, 4], None)
        assert log.torn is None
        assert [note.endswith(f"set aside as {aside.resolve()}") for note in log.notices] == [True]

    def test_a_writer_that_writes_nothing_leaves_it(self, path: Path) -> None:
        """A refused step leaves the store as it was, torn tail and all, and still says so."""
        with path.open("ab") as file:
            file.write(b"{")
        before = path.read_bytes()
        log = Log.open(path)
        with log.writing(5) as writer:
            list(writer.read())
            writer.append([])

        assert before == path.read_bytes()
        assert log.torn == (len(before) - 1, 1)
        assert [note.rsplit(": ")[-1] for note in log.notices] == ["left out"]

    def test_two_torn_at_the_same_place_are_both_kept(self, path: Path) -> None:
        """What was set aside once is never written over."""
        whole = path.read_bytes()
        for torn in (b"{", b'{"v"'):
            path.write_bytes(whole + torn)
            with Log.open(path).writing(5) as writer:
                writer.append([event()])
        kept = [p.read_bytes() for p in sorted(path.parent.glob("*.torn-*"))]

        assert kept == [b"{", b'{"v"']

    def test_a_reader_overtaken_by_a_writer_looks_again(self, path: Path) -> None:
        """What a reader has of a torn tail and what a writer puts in its place are not taken for one line."""
        with path.open("ab") as file:
            file.write(b'{"v":1,"seq":4,"kind":"assess')
        log = Log.open(path)
        lines = log.read()
        first = next(lines)
        with Log.open(path).writing(5) as writer:
            writer.append([event(n=4), event(n=5)])

        assert [line["seq"] for line in (first, *lines)] == [1, 2, 3, 4, 5]
        assert (log.torn, log.notices) == (None, [])

    def test_a_writer_held_up_in_the_middle_of_a_write(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What a reader sees of a write that stands still for some milliseconds is not told as torn."""
        with Log.open(path).writing(5) as writer:
            writer.append([event(n=4)])
        whole = path.read_bytes()
        path.write_bytes(whole[:-100])
        pauses = iter([False, True])

        def pause(seconds: float) -> None:
            if next(pauses, False):
                path.write_bytes(whole)

        monkeypatch.setattr(time, "sleep", pause)
        log = Log.open(path)

        assert [1, 2, 3, 4] == [line["seq"] for line in log.read()]
        assert (None, []) == (log.torn, log.notices)


class TestALineWithoutItsNewline:
    """A last line that only lacks its newline is whole."""

    @pytest.mark.parametrize("nuls", [0, 3])
    def test_a_writer_gives_it_back(self, nuls: int, path: Path) -> None:
        """Nothing of the line is lost, and what stands after it goes."""
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + b"\0" * nuls)
        assert read(path)[0] == [1, 2, 3]
        with Log.open(path).writing(5) as writer:
            writer.append([event(n=4)])
            writer.append([event(n=5)])

        assert path.read_bytes().startswith(whole + b'{"v":1,"seq":4,')
        assert read(path) == ([1, 2, 3, 4, 5], None)


class TestAnythingElse:
    """What no crash leaves is an error, and is left as it is."""

    @pytest.mark.parametrize(
        "tail",
        [
            b"x",
            b"garbage",
            b" ",
            b"[",
            b"{}",
            b"{ ",
            b'{"v":1,"seq":3',
            b'{"v":1,"seq":5,',
            b'{"v":1,"seq":41',
            b'{"v":1,"seq":4,"kind":5',
            b'{"v":1,"seq":4,"kind":"x","at"',
            b'{"v":1,"seq":4,"kind":"x","case":nil',
            b'{"v":1,"seq":4,"kind":"\xff',
            b'{"v":1,"seq":4,"kind":"\x01',
            b'{"v":1,"seq":4,"kind":"\\q',
            b"\0x",
            b"\0\0{",
        ],
    )
    def test_it_is_an_error(self, tail: bytes, path: Path) -> None:
        """The line is named, and neither a reader nor a writer goes on."""
        content = path.read_bytes() + tail
        path.write_bytes(content)
        with pytest.raises(StoreError, match="line 4 does not hold"):
            read(path)
        with Log.open(path).writing(5) as writer, pytest.raises(StoreError, match="line 4 does not hold"):
            writer.append([event()])

        assert content == path.read_bytes()

    @pytest.mark.parametrize(
        "data",
        [
            b"[",
            b"5",
            b"{,",
            b"{1",
            b'{"a",',
            b'{"a":,',
            b'{"a":1,}',
            b'{"a":1]',
            b'{"a":[1}',
            b'{"a":[1:',
            b'{"a":x',
            b'{"a":nulL',
            b'{"a":{}}}',
            b'{} ,"salt"',
            b'{},"hash"',
            b'{},"salt":"xyz',
            b'{},"salt":"' + b"0" * 33,
            b'{},"salt":"' + b"0" * 32 + b'","hash":"' + b"0" * 64 + b'"]',
        ],
    )
    def test_data_that_is_none(self, data: bytes, path: Path) -> None:
        """The data of a torn line must be the beginning of some JSON object."""
        head = b'{"v":1,"seq":4,"kind":"x","case":null,"at":"2026-01-01","recorded":"r","by":null,"under":null,"data":'
        path.write_bytes(path.read_bytes() + head + data)
        with pytest.raises(StoreError, match="line 4 does not hold"):
            read(path)

    def test_a_whole_line_with_a_wrong_hash_is_tampered_with(self, path: Path) -> None:
        """Taking the newline off does not turn a changed line into a torn one."""
        content = path.read_bytes()
        third = content.rindex(b"\n", 0, -1) + 1
        for at in range(third, len(content) - 1):
            changed = bytearray(content[:-1])
            changed[at] ^= 1
            path.write_bytes(changed)
            with pytest.raises(StoreError):
                read(path)
