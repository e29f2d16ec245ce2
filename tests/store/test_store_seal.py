"""Seals and older copies: what the chain alone cannot show, a cut-off end or a log written anew."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import StoreError, SystemRefusedError, UsageError
from cinctl.store import files, platform, seal
from cinctl.store.envelope import without_payload
from cinctl.store.extends import extends
from cinctl.store.log import Log

NEEDS_SSH = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
WHEN = "2026-03-02T10:01:12+00:00"


def event(n: int) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {
        "kind": "note",
        "case": "C-1",
        "at": "2026-03-02",
        "recorded": WHEN,
        "by": None,
        "under": None,
        "data": {"n": n},
    }


def filled(path: Path, lines: int) -> Path:
    """Make a store of some lines."""
    with Log.create(path).writing(5) as writer:
        writer.append(map(event, range(lines)))
    return path


def redact(path: Path, number: int) -> None:
    """Take the payload of one line away, as a lawful redaction leaves it."""
    lines = path.read_bytes().splitlines()
    lines[number - 1] = without_payload(lines[number - 1])
    path.write_bytes(b"".join(line + b"\n" for line in lines))


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return filled(tmp_path / "cases.jsonl", 4)


@pytest.fixture(name="sealed")
def _sealed(path: Path, tmp_path: Path) -> str:
    """A seal of that store's four lines."""
    file = str(tmp_path / "four.seal")
    seal.write(file, seal.take(str(path), sealed=WHEN, cinctl="0.1.0")[1])
    return file


def wrong(path: Path, sealed: str) -> str | None:
    """What the seal shows to be wrong."""
    report, fault = seal.check(str(path), seal.read(sealed)[0])
    assert report.ok
    return fault


class TestTheSeal:
    """What it records."""

    def test_it_holds_what_the_docs_say(self, path: Path, sealed: str) -> None:
        """One JSON object: versions, lines, head, bytes, when and by which cinctl."""
        assert json.loads(Path(sealed).read_text()) == {
            "seal": 1,
            "format": 1,
            "lines": 4,
            "head": [line["hash"] for line in Log.open(path).read()][-1],
            "bytes": path.stat().st_size,
            "sealed": WHEN,
            "cinctl": "0.1.0",
        }

    @POSIX_ONLY
    def test_only_the_owner_can_read_it(self, sealed: str) -> None:
        """A seal is 0600, whatever the umask."""
        assert stat.S_IMODE(os.stat(sealed).st_mode) == 0o600

    def test_a_torn_tail_is_not_sealed(self, path: Path, tmp_path: Path) -> None:
        """What was never acknowledged is not part of it."""
        size = path.stat().st_size
        with path.open("ab") as file:
            file.write(b'{"v":1,"seq":5,')
        report, made = seal.take(str(path), sealed=WHEN, cinctl="x")

        assert report.torn is not None
        assert (4, size) == (made.lines, made.bytes)

    def test_what_is_sealed_is_on_disk(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever wrote the last line may have died before syncing it: a seal sees to that, or is not made."""

        def fail(_fd: int) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(platform, "sync", fail)
        with pytest.raises(SystemRefusedError, match="could not be synced, and was not sealed: Input/output error"):
            seal.take(str(path), sealed=WHEN, cinctl="x")

    def test_what_does_not_hold_is_not_sealed(self, path: Path) -> None:
        """The line is named."""
        path.write_bytes(path.read_bytes().replace(b'"n":2', b'"n":7'))
        with pytest.raises(StoreError, match=r"line 3 does not hold: .*; it was not sealed"):
            seal.take(str(path), sealed=WHEN, cinctl="x")

    def test_a_seal_is_never_written_over(self, path: Path, sealed: str) -> None:
        """An older seal is evidence."""
        before = Path(sealed).read_bytes()
        with pytest.raises(UsageError, match="never written over"):
            seal.write(sealed, seal.take(str(path), sealed=WHEN, cinctl="x")[1])

        assert before == Path(sealed).read_bytes()

    def test_a_folder_that_is_not_there_is_told(self, path: Path, tmp_path: Path) -> None:
        """The system's words are in the message."""
        made = seal.take(str(path), sealed=WHEN, cinctl="x")[1]
        with pytest.raises(SystemRefusedError, match="not written: No such file or directory"):
            seal.write(str(tmp_path / "none" / "x.seal"), made)


class TestHeldToASeal:
    """Verifying with one."""

    def test_what_was_appended_since_changes_nothing(self, path: Path, sealed: str) -> None:
        """The store still holds the sealed head at its line."""
        assert wrong(path, sealed) is None
        with Log.open(path).writing(5) as writer:
            writer.append([event(9)])

        assert wrong(path, sealed) is None

    @pytest.mark.parametrize("line", [1, 4])
    def test_a_lawful_redaction_changes_nothing(self, path: Path, sealed: str, line: int) -> None:
        """Hashes are compared, not bytes."""
        redact(path, line)

        assert wrong(path, sealed) is None

    @pytest.mark.parametrize(("left", "told"), [(3, "its last line was cut off"), (1, "3 lines were cut off")])
    def test_an_end_that_was_cut_off_is_found(self, path: Path, sealed: str, left: int, told: str) -> None:
        """How many lines are missing is told, and when they were there."""
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:left]))

        assert wrong(path, sealed) == f"4 lines were sealed on {WHEN}, and it has {left}: {told}"

    def test_a_log_written_anew_is_found(self, path: Path, sealed: str) -> None:
        """It may be as long and hold by itself: the sealed head is not in its place."""
        path.unlink()
        filled(path, 6)

        assert (wrong(path, sealed) or "").startswith(f"its line 4 is not the one that was sealed on {WHEN}")

    def test_a_broken_line_comes_first(self, path: Path, sealed: str) -> None:
        """Where the chain itself does not hold, the report says so, and nothing else is said."""
        path.write_bytes(path.read_bytes().replace(b'"n":2', b'"n":7'))
        report, fault = seal.check(str(path), seal.read(sealed)[0])

        assert report.fault is not None
        assert (3, None) == (report.fault.line, fault)

    def test_a_seal_of_an_empty_store_holds_for_any(self, path: Path, tmp_path: Path) -> None:
        """Nothing was sealed, so nothing is missing."""
        file = str(tmp_path / "empty.seal")
        empty = Log.create(tmp_path / "empty.jsonl").path
        seal.write(file, seal.take(empty, sealed=WHEN, cinctl="x")[1])

        assert wrong(path, file) is None

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"", "is not a seal of cinctl"),
            (b"[1]", "is not a seal of cinctl"),
            (b"\xff{", "is not a seal of cinctl"),
            (b"[" * 60_000, "is not a seal of cinctl"),
            (b'{"v":1}', "is not a seal of cinctl"),
            (b'{"seal":true}', "is not a seal of cinctl"),
            (b'{"seal":2}', "from a newer version of cinctl: a seal of version 2"),
            (b'{"seal":1,"format":1,"lines":"4"}', "it is damaged"),
            (b'{"seal":1,"format":1,"lines":4,"bytes":1,"head":"x","sealed":"","cinctl":""}', "it is damaged"),
        ],
    )
    def test_what_is_no_seal_is_told(self, tmp_path: Path, content: bytes, told: str) -> None:
        """Damaged, foreign and newer ones are StoreErrors."""
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(StoreError, match=told):
            seal.read(str(tmp_path / "x"))

    @pytest.mark.parametrize("name", ["none", ".", "four.seal/x"])
    def test_no_file_is_wrong_usage(self, tmp_path: Path, sealed: str, name: str) -> None:
        """The seal that is named must be there."""
        assert sealed
        with pytest.raises(UsageError, match="there is no file"):
            seal.read(str(tmp_path / name))


@NEEDS_SSH
class TestSigned:
    """Signed by ssh-keygen, and checked by it."""

    @pytest.fixture(name="keys")
    def _keys(self, tmp_path: Path) -> Path:
        """A folder with two keys, and a file that allows the first as tm1."""
        keys = tmp_path / "keys"
        keys.mkdir()
        for name in ("mine", "other"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(keys / name)], check=True
            )
        public = (keys / "mine.pub").read_text().split()
        (keys / "signers").write_text(f"tm1 {public[0]} {public[1]}\n")
        return keys

    def check(self, file: str, keys: Path, signer: str = "tm1") -> None:
        """Check the signature of a seal."""
        seal.check_signature(file, seal.read(file)[1], signers=str(keys / "signers"), signer=signer)

    def write(self, path: Path, file: Path, key: Path) -> str:
        """Write a signed seal."""
        seal.write(str(file), seal.take(str(path), sealed=WHEN, cinctl="x")[1], str(key))
        return str(file)

    def test_a_signature_holds(self, path: Path, tmp_path: Path, keys: Path) -> None:
        """It is private, and made in cinctl's own namespace."""
        file = self.write(path, tmp_path / "a.seal", keys / "mine")
        self.check(file, keys)

        assert stat.S_IMODE(os.stat(f"{file}.sig").st_mode) & 0o077 == 0 or sys.platform == "win32"
        elsewhere = ["ssh-keygen", "-Y", "verify", "-f", str(keys / "signers"), "-I", "tm1", "-s", f"{file}.sig"]
        content = Path(file).read_bytes()
        assert (
            subprocess.run(
                [*elsewhere, "-n", "cinctl-seal"], input=content, capture_output=True, check=False
            ).returncode
            == 0
        )
        assert (
            subprocess.run([*elsewhere, "-n", "file"], input=content, capture_output=True, check=False).returncode != 0
        )

    def test_another_key_another_name_and_another_seal_do_not(self, path: Path, tmp_path: Path, keys: Path) -> None:
        """Each is a StoreError with what ssh-keygen said."""
        theirs = self.write(path, tmp_path / "b.seal", keys / "other")
        with pytest.raises(StoreError, match="is not shown to be signed by tm1: ssh-keygen said: "):
            self.check(theirs, keys)
        mine = self.write(path, tmp_path / "a.seal", keys / "mine")
        with pytest.raises(StoreError, match="is not shown to be signed by sm1"):
            self.check(mine, keys, "sm1")
        Path(mine).write_bytes(Path(mine).read_bytes().replace(b'"lines": 4', b'"lines": 3'))
        with pytest.raises(StoreError, match="is not shown to be signed by tm1"):
            self.check(mine, keys)

    def test_an_unsigned_seal_fails(self, sealed: str, keys: Path) -> None:
        """What should be signed and is not, is not taken on trust."""
        with pytest.raises(StoreError, match=r"is not signed: there is no .*four\.seal\.sig"):
            self.check(sealed, keys)

    def test_signers_that_are_not_there(self, sealed: str, tmp_path: Path) -> None:
        """The file must be there."""
        with pytest.raises(UsageError, match=r"there is no file .*--allowed-signers"):
            self.check(sealed, tmp_path)

    def test_a_key_that_is_none_writes_nothing(self, path: Path, tmp_path: Path) -> None:
        """Neither a missing key nor a file that is no key leaves a seal behind."""
        with pytest.raises(UsageError, match=r"there is no file .*--key"):
            self.write(path, tmp_path / "a.seal", tmp_path / "none")
        (tmp_path / "bad").write_text("no key\n")
        (tmp_path / "bad").chmod(0o600)
        with pytest.raises(SystemRefusedError, match="not signed, nothing was written: ssh-keygen said: "):
            self.write(path, tmp_path / "a.seal", tmp_path / "bad")

        assert not (tmp_path / "a.seal").exists()

    def test_a_signature_that_is_there_is_not_written_over(self, path: Path, tmp_path: Path, keys: Path) -> None:
        """Neither file is made when one of them is there."""
        (tmp_path / "a.seal.sig").write_text("x")
        with pytest.raises(UsageError, match=r"a\.seal\.sig is there already"):
            self.write(path, tmp_path / "a.seal", keys / "mine")

        assert not (tmp_path / "a.seal").exists()

    def test_half_a_pair_does_not_stay(
        self, path: Path, tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When the signature cannot be written, the seal goes too."""
        real = files.create_private

        def create(name: str, content: bytes) -> None:
            if name.endswith(".sig"):
                raise OSError(28, "No space left on device")
            real(name, content)

        monkeypatch.setattr("cinctl.store.seal.create_private", create)
        with pytest.raises(SystemRefusedError, match="No space left"):
            self.write(path, tmp_path / "a.seal", keys / "mine")

        assert not (tmp_path / "a.seal").exists()


def test_without_ssh_keygen_it_says_so(
    path: Path, sealed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither signing nor checking goes on without it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    Path(f"{sealed}.sig").write_text("x")
    made = seal.take(str(path), sealed=WHEN, cinctl="x")[1]
    with pytest.raises(SystemRefusedError, match="ssh-keygen is not installed"):
        seal.write(str(tmp_path / "a.seal"), made, sealed)
    with pytest.raises(SystemRefusedError, match="ssh-keygen is not installed"):
        seal.check_signature(sealed, b"", signers=sealed, signer="tm1")


class TestExtends:
    """Held to an older copy."""

    @pytest.fixture(name="old")
    def _old(self, path: Path, tmp_path: Path) -> Path:
        """A copy of the store as it was; it has grown since."""
        old = tmp_path / "old.jsonl"
        shutil.copy(path, old)
        with Log.open(path).writing(5) as writer:
            writer.append([event(9)])
        return old

    def test_a_store_that_grew_holds(self, path: Path, old: Path) -> None:
        """Every older line is in its place."""
        report, fault = extends(str(path), str(old))

        assert (True, 5, None) == (report.ok, report.lines, fault)

    @pytest.mark.parametrize("name", ["cases.jsonl", "old.jsonl"])
    def test_a_redaction_of_either_changes_nothing(self, path: Path, old: Path, name: str) -> None:
        """Lines are compared by hash."""
        redact(path.with_name(name), 2)

        assert extends(str(path), str(old))[1] is None

    def test_a_torn_tail_of_the_copy_changes_nothing(self, path: Path, old: Path) -> None:
        """A copy taken during a write may end so."""
        with old.open("ab") as file:
            file.write(b'{"v":1,"seq":5,"ki')

        assert extends(str(path), str(old))[1] is None

    def test_the_first_line_that_differs_is_named(self, path: Path, old: Path) -> None:
        """A log that was written anew from some line on."""
        kept = path.read_bytes().splitlines(keepends=True)[:2]
        path.write_bytes(b"".join(kept))
        with Log.open(path).writing(5) as writer:
            writer.append(map(event, range(5)))

        assert (extends(str(path), str(old))[1] or "").startswith(f"line 3 is not the one that {old} has there")

    @pytest.mark.parametrize("left", [0, 3])
    def test_a_longer_copy_shows_that_the_end_was_cut_off(self, path: Path, old: Path, left: int) -> None:
        """How much is left is told."""
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:left]))
        told = f"it is cut off: {old} has 4 lines, and it has the first {left} of them"

        assert told == extends(str(path), str(old))[1]

    def test_a_shorter_log_that_is_another_is_no_cut(self, path: Path, old: Path) -> None:
        """Where it differs before it ends, that is told."""
        path.unlink()
        filled(path, 2)

        assert (extends(str(path), str(old))[1] or "").startswith("line 1 is not the one")

    def test_a_copy_that_does_not_hold_proves_nothing(self, path: Path, old: Path) -> None:
        """It is named, with its line."""
        old.write_bytes(old.read_bytes().replace(b'"n":2', b'"n":7'))
        with pytest.raises(StoreError, match=r"old\.jsonl: line 3 does not hold: .*; nothing was compared"):
            extends(str(path), str(old))

    def test_no_copy_is_wrong_usage(self, path: Path, tmp_path: Path) -> None:
        """It must be there."""
        with pytest.raises(UsageError, match="there is no file"):
            extends(str(path), str(tmp_path / "none"))

    def test_a_store_that_does_not_hold_is_told_first(self, path: Path, old: Path) -> None:
        """The report names its line."""
        path.write_bytes(path.read_bytes().replace(b'"n":2', b'"n":7'))
        report, fault = extends(str(path), str(old))

        assert report.fault is not None
        assert (3, None) == (report.fault.line, fault)
