"""The chain: whatever is changed in a log that was written is found, by reading and by verifying."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError
from cinctl.store.log import Log
from cinctl.store.verify import verify


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


def filled(path: Path, lines: int) -> list[bytes]:
    """Make a store of some lines and return them, each with its newline."""
    log = Log.create(path)
    with log.writing(5) as writer:
        writer.append([event(n=number) for number in range(lines)])
    return path.read_bytes().splitlines(keepends=True)


def rehashed(line: bytes, previous: str = "0" * 64) -> bytes:
    """What a forger writes who knows the format: *line* with a hash that holds."""
    head, rest = line.split(b',"data":', 1)
    data, salt = rest[:-118], rest[-109:-77]
    digest = sha256(salt + data).hexdigest().encode()
    return line[:-67] + sha256(previous.encode() + head + digest).hexdigest().encode() + b'"}\n'


class TestTheHash:
    """What goes into it."""

    def test_it_is_what_the_format_says(self, tmp_path: Path) -> None:
        """SHA-256 over the last hash, the bytes before the data, and the digest of salt and data."""
        filled(tmp_path / "cases.jsonl", 3)
        previous = "0" * 64
        for line in (tmp_path / "cases.jsonl").read_text().splitlines():
            found = re.fullmatch(r'(.*?),"data":(\{.*\}),"salt":"([0-9a-f]{32})","hash":"([0-9a-f]{64})"\}', line)
            assert found
            head, data, salt, given = found.groups()
            digest = sha256((salt + data).encode()).hexdigest()

            assert given == sha256((previous + head + digest).encode()).hexdigest()
            previous = given

        assert previous == verify(tmp_path / "cases.jsonl").head

    def test_a_redacted_line_still_holds(self, tmp_path: Path) -> None:
        """With the digest in place of salt and data, the chain is what it was; the data reads as None."""
        path = tmp_path / "cases.jsonl"
        lines = filled(path, 3)
        before = verify(path)
        head, rest = lines[1].split(b',"data":', 1)
        digest = sha256(rest[-109:-77] + rest[:-118]).hexdigest().encode()
        redacted = head + b',"digest":"' + digest + rest[-77:]
        path.write_bytes(lines[0] + redacted + lines[2])
        read = list(Log.open(path).read())

        assert before == verify(path)
        assert [line["data"] for line in read] == [{"n": 0}, None, {"n": 2}]
        assert digest.decode() == read[1]["digest"]
        assert "salt" not in read[1]
        for at in range(len(redacted) - 1):
            path.write_bytes(lines[0] + redacted[:at] + bytes([redacted[at] ^ 1]) + redacted[at + 1 :] + lines[2])
            assert not verify(path).ok


class TestVerify:
    """The report of a whole walk."""

    def test_a_good_log(self, tmp_path: Path) -> None:
        """The report gives the length and the head, and no fault."""
        filled(tmp_path / "cases.jsonl", 3)
        log = Log.open(tmp_path / "cases.jsonl")
        list(log.read())

        assert (True, 3, log.head, None, None) == verify(tmp_path / "cases.jsonl")

    def test_a_log_without_events(self, tmp_path: Path) -> None:
        """An empty store holds."""
        Log.create(tmp_path / "cases.jsonl")

        assert verify(tmp_path / "cases.jsonl") == (True, 0, "0" * 64, None, None)

    def test_every_changed_byte_is_found(self, tmp_path: Path) -> None:
        """Whichever byte is changed, verify names its line, and reading gives nothing from there on."""
        path = tmp_path / "cases.jsonl"
        lines = filled(path, 3)
        content = b"".join(lines)
        ends = [len(b"".join(lines[: n + 1])) for n in range(3)]
        for at in range(len(content)):
            changed = bytearray(content)
            changed[at] ^= 1 << (at % 8)
            path.write_bytes(changed)
            number = next(n for n, end in enumerate(ends) if at < end)
            report = verify(path)

            assert report.fault is not None, at
            assert number == report.lines, at
            assert number + 1 == report.fault.line
            given: list[int] = []
            with pytest.raises(StoreError):
                given.extend(line["seq"] for line in Log.open(path).read())
            assert len(given) <= number

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            pytest.param(lambda a, b, c, d: a + c + d, 2, id="one cut out"),
            pytest.param(lambda a, b, c, d: b + c + d, 1, id="the first cut off"),
            pytest.param(lambda a, b, c, d: a + c + b + d, 2, id="two swapped"),
            pytest.param(lambda a, b, c, d: a + b + b + c + d, 3, id="one twice"),
            pytest.param(lambda a, b, c, d: a + b + b"\n" + c + d, 3, id="an empty line"),
            pytest.param(lambda a, b, c, d: a + b[:-1] + b"\r\n" + c + d, 2, id="the newline of another system"),
            pytest.param(lambda a, b, c, d: a + b[:-1] + c + d, 2, id="two run together"),
            pytest.param(lambda a, b, c, d: a + b[:40] + b"\n" + c + d, 2, id="one cut short in the middle"),
            pytest.param(lambda a, b, c, d: a + b"\0" * 50 + c + d, 2, id="NULs in the middle"),
            pytest.param(lambda a, b, c, d: a + b"\xef\xbb\xbf" + b + c + d, 2, id="a mark of byte order"),
            pytest.param(lambda a, b, c, d: a + b.replace(b'"n":1', b'"n": 1') + c + d, 2, id="a blank"),
        ],
    )
    def test_what_someone_does_to_lines_is_found(
        self, change: Callable[..., bytes], fault: int, tmp_path: Path
    ) -> None:
        """The first line that does not hold is named; reading and appending stop there, and the log stays as it is."""
        path = tmp_path / "cases.jsonl"
        tampered = change(*filled(path, 4))
        path.write_bytes(tampered)
        report = verify(path)

        assert (False, fault - 1) == (report.ok, report.lines)
        assert report.fault
        assert fault == report.fault.line
        with pytest.raises(StoreError, match=f"line {fault} does not hold: {re.escape(report.fault.reason)}"):
            list(Log.open(path).read())
        with Log.open(path).writing(5) as writer, pytest.raises(StoreError):
            writer.append([event()])
        assert tampered == path.read_bytes()

    def test_a_line_whose_own_hash_was_made_to_fit_is_found_by_the_next(self, tmp_path: Path) -> None:
        """A forger must rewrite everything that follows."""
        path = tmp_path / "cases.jsonl"
        lines = filled(path, 3)
        path.write_bytes(rehashed(lines[0].replace(b"kw1", b"kw2")) + lines[1] + lines[2])
        report = verify(path)

        assert report.fault
        assert (2, len(lines[0])) == report.fault[:2]

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            (b'{"n":0}', b'{"n":0', "not JSON"),
            (b'{"n":0}', b'{"n":NaN}', "not JSON"),
            (b'{"n":0}', b'{"n":"\xff"}', "not JSON .*Unicode"),
            (b'{"n":0}', b'{"n":"\t"}', "not JSON"),
            (b'{"n":0}', b'{"n":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "not JSON .*nested too deeply"),
            (b'{"n":0}', b'{"n":0},"x":{}', "not one JSON object"),
            (b'"kw1"', b'"\xff"', "not JSON .*Unicode"),
            (b'"kw1"', b"5", "not as cinctl writes"),
            (b'"kw1"', b'"\\q"', "not as cinctl writes"),
            (b'"by"', b'"bY"', "not as cinctl writes"),
            (b'"seq":1', b'"seq":1,"seq":1', "not as cinctl writes"),
            (b'"seq":1', b'"seq":01', "not as cinctl writes|seq"),
            (b'"seq":1', b'"seq":2', "its seq is 2 where 1 comes next"),
            (b'"salt":"0', b'"salt":""', "does not end in a salt"),
        ],
    )
    def test_a_hash_that_holds_does_not_make_up_for_the_rest(
        self, old: bytes, new: bytes, reason: str, tmp_path: Path
    ) -> None:
        """What is not JSON, or not of our shape, is found although the hash covers it."""
        path = tmp_path / "cases.jsonl"
        with Log.create(path, salts=lambda: b"\0" * 16).writing(5) as writer:
            writer.append([event(n=0)])
        path.write_bytes(rehashed(path.read_bytes().replace(old, new)))
        report = verify(path)

        assert report.fault
        assert re.search(reason, report.fault.reason)
        with pytest.raises(StoreError):
            list(Log.open(path).read())

    def test_it_changes_nothing(self, tmp_path: Path) -> None:
        """Verifying leaves no file and no byte behind."""
        path = tmp_path / "cases.jsonl"
        content = b"".join(filled(path, 2)) + b'{"v":1,"se'
        path.write_bytes(content)
        before = sorted(os.listdir(tmp_path))
        report = verify(path)

        assert (True, 2, (len(content) - 10, 10)) == (report.ok, report.lines, report.torn)
        assert (content, before) == (path.read_bytes(), sorted(os.listdir(tmp_path)))
