"""Keeping the log, on the command line: seal, verify and repair."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Desk

NEEDS_SSH = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
SECRET = "UNMISTAKEABLE"
TORN = b'{"v":1,"seq":4,"ki'


def store(desk: Desk) -> Path:
    """The log of the desk."""
    return desk.folder / "cases.jsonl"


@pytest.fixture(name="noted")
def _noted(case: Desk) -> Desk:
    """The case with a note, event 4, that says what must go."""
    case.run("note", "R1", "--text", f"the child said {SECRET}", "--by", "sw1")
    return case


class TestSealing:
    """`seal` and `verify --seal`."""

    def test_a_seal_is_written_and_held_to(self, case: Desk) -> None:
        """Beside the store unless told; what was appended since does not matter."""
        made = case.must("seal --json").json
        case.must("note R1 --text T")
        held = case.must(f"verify --seal {made['file']} --json").json

        assert made["file"] == f"{made['store']}.seal-3"
        assert (made["lines"], made["signature"], made["sealed"]) == (3, None, "2026-03-02T09:30:00+00:00")
        assert json.loads(Path(made["file"]).read_text())["head"] == made["head"]
        assert (held["ok"], held["lines"]) == (True, 4)

    def test_its_date_is_the_real_one(self, case: Desk) -> None:
        """--today does not change when a seal was made."""
        assert case.must("--today 2026-01-05 seal -o x --json").json["sealed"] == "2026-03-02T09:30:00+00:00"

    def test_an_end_that_was_cut_off_is_exit_4(self, case: Desk) -> None:
        """The answer and stderr say what is wrong."""
        case.must("seal -o x.seal")
        store(case).write_bytes(b"".join(store(case).read_bytes().splitlines(keepends=True)[:-1]))
        result = case.type("verify --seal x.seal --json")

        assert (result.code, result.json["ok"], result.json["fault_line"]) == (4, False, None)
        assert "its last line was cut off" in result.json["fault"]
        assert result.err.endswith("it has 2: its last line was cut off\n")
        assert case.type("verify").code == 0

    def test_another_store_is_exit_4(self, case: Desk) -> None:
        """A log that was written anew holds by itself, and not beside the seal."""
        case.must("seal -o x.seal")
        lines = store(case).read_bytes()
        store(case).write_bytes(b"")
        for n in range(4):
            case.must(f"staff join new{n} --role social_worker")
        result = case.type("verify --seal x.seal")

        assert lines != store(case).read_bytes()
        assert result.code == 4
        assert "its line 3 is not the one that was sealed" in result.err

    def test_a_broken_store_is_not_sealed(self, case: Desk) -> None:
        """Exit 4, the line is named, and no file is there."""
        store(case).write_bytes(store(case).read_bytes().replace(b'"sw1"', b'"sw2"'))
        result = case.type("seal -o x.seal")

        assert (result.code, result.out) == (4, "")
        assert "line 2 does not hold" in result.err
        assert not (case.folder / "x.seal").exists()

    def test_a_torn_tail_is_told(self, case: Desk) -> None:
        """It is not part of what was sealed."""
        store(case).write_bytes(store(case).read_bytes() + TORN)

        assert "torn" in case.must("seal").err

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("verify --seal none", "there is no file 'none'"),
            ("verify --seal cases.jsonl --signer tm1", "--allowed-signers and --signer go together"),
            ("verify --allowed-signers a", "--allowed-signers and --signer go together"),
            ("verify --allowed-signers a --signer b", "--allowed-signers needs --seal"),
            ("verify --extends none", "there is no file 'none'"),
            ("seal -o cases.jsonl", "is there already"),
            ("seal --key none", "there is no file 'none'"),
        ],
    )
    def test_what_is_asked_wrongly_is_exit_2(self, case: Desk, line: str, told: str) -> None:
        """One line says what was wrong; no file appears."""
        before = sorted(os.listdir(case.folder))
        result = case.type(line)

        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert told in result.err
        assert before == sorted(os.listdir(case.folder))

    def test_what_is_no_seal_is_exit_4(self, case: Desk) -> None:
        """The store itself is none."""
        result = case.type("verify --seal cases.jsonl")

        assert result.code == 4
        assert "cases.jsonl is not a seal of cinctl" in result.err

    def test_a_folder_that_is_not_there_is_exit_6(self, case: Desk) -> None:
        """The system's words are told."""
        result = case.type("seal -o none/x.seal")

        assert result.code == 6
        assert "No such file or directory" in result.err

    @NEEDS_SSH
    def test_signed_and_checked(self, case: Desk) -> None:
        """By ssh-keygen; another signer, or no signature, is exit 4."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(case.folder / "k")], check=True)
        (case.folder / "signers").write_text("tm1 " + (case.folder / "k.pub").read_text())
        made = case.must("seal -o x.seal --key k --json").json
        case.must("seal -o plain.seal")

        assert made["signature"] == "x.seal.sig"
        case.must("verify --seal x.seal --allowed-signers signers --signer tm1")
        for line, told in (
            ("--seal x.seal --allowed-signers signers --signer sm1", "not shown to be signed by sm1"),
            ("--seal plain.seal --allowed-signers signers --signer tm1", "plain.seal is not signed"),
        ):
            result = case.type(f"verify {line}")
            assert (result.code, result.out) == (4, "")
            assert told in result.err

    def test_without_ssh_keygen_it_is_exit_6(self, case: Desk) -> None:
        """Signing and checking say what is missing."""
        case.must("seal -o x.seal")
        (case.folder / "x.seal.sig").write_text("x")
        case.patch.setenv("PATH", str(case.folder))
        for line in ("seal -o y.seal --key x.seal", "verify --seal x.seal --allowed-signers x.seal --signer tm1"):
            result = case.type(line)
            assert result.code == 6
            assert "ssh-keygen is not installed" in result.err


class TestExtends:
    """`verify --extends`."""

    def test_an_older_copy(self, noted: Desk) -> None:
        """A store that grew, and lost a payload lawfully, begins with every line of its copy."""
        shutil.copy(store(noted), noted.folder / "old.jsonl")
        noted.must("note R1 --text T")
        if sys.platform != "win32":
            noted.must("redact 4 --reason erasure --approved-by tm1")

        assert noted.must("verify --extends old.jsonl --json").json["ok"] is True

    def test_a_copy_that_differs_is_exit_4(self, noted: Desk) -> None:
        """The first line that differs is named; a longer copy shows what was cut off."""
        shutil.copy(store(noted), noted.folder / "old.jsonl")
        lines = store(noted).read_bytes().splitlines(keepends=True)
        store(noted).write_bytes(b"".join(lines[:3]))
        cut = noted.type("verify --extends old.jsonl --json")
        noted.must("note R1 --text other")
        changed = noted.type("verify --extends old.jsonl")

        assert (cut.code, cut.json["ok"]) == (4, False)
        assert "it is cut off: old.jsonl has 4 lines, and it has the first 3 of them" in cut.err
        assert changed.code == 4
        assert "line 4 is not the one that old.jsonl has there" in changed.err

    def test_a_broken_copy_is_exit_4(self, noted: Desk) -> None:
        """It is named, and nothing is compared."""
        (noted.folder / "old.jsonl").write_bytes(store(noted).read_bytes().replace(b"sw1", b"sw2"))
        result = noted.type("verify --extends old.jsonl")

        assert (result.code, result.out) == (4, "")
        assert "old.jsonl: line 2 does not hold" in result.err

    def test_both_are_held_to(self, noted: Desk) -> None:
        """A seal and a copy, on one command: the first that does not hold is told."""
        shutil.copy(store(noted), noted.folder / "old.jsonl")
        noted.must("seal -o x.seal")
        noted.must("verify --seal x.seal --extends old.jsonl")
        (noted.folder / "old.jsonl").write_bytes(store(noted).read_bytes())
        store(noted).write_bytes(b"".join(store(noted).read_bytes().splitlines(keepends=True)[:3]))

        assert "were sealed on" not in noted.type("verify --extends old.jsonl").err
        assert "were sealed on" in noted.type("verify --seal x.seal --extends old.jsonl").err


class TestRepairing:
    """`repair`."""

    def test_a_torn_tail(self, case: Desk) -> None:
        """It says what it did and where; doing it again there is nothing to do."""
        size = store(case).stat().st_size
        store(case).write_bytes(store(case).read_bytes() + TORN)
        dry = case.must("repair --dry-run --json").json
        asked = case.must("repair --dry-run")
        assert store(case).stat().st_size == size + len(TORN)
        done = case.must("repair --json").json
        again = case.must("repair")

        named = {"schema": "cinctl/repair/1", "store": done["store"]}
        expected = {**named, "repaired": False, "offset": size, "removed": len(TORN), "kept": None}
        assert dry == {**expected, "cleared": []}
        assert "would be set aside" in asked.out
        kept = f"{os.path.realpath(store(case))}.torn-{size}"
        assert done == {**expected, "repaired": True, "kept": kept, "cleared": []}
        assert TORN == Path(kept).read_bytes()
        assert "there is nothing to repair; 3 lines hold" in again.out
        assert case.must("repair --json").json["removed"] == 0

    def test_it_is_told_in_words(self, case: Desk) -> None:
        """For people: how much, where, and where it is kept."""
        size = store(case).stat().st_size
        store(case).write_bytes(store(case).read_bytes() + TORN)
        result = case.must("repair")

        assert f"18 bytes from byte {size} on, after line 3, set aside as " in result.out

    def test_anything_else_is_exit_4(self, case: Desk) -> None:
        """The line is named, and nothing is touched."""
        content = store(case).read_bytes().replace(b'"sw1"', b'"sw2"') + TORN
        store(case).write_bytes(content)
        result = case.type("repair")

        assert (result.code, result.out) == (4, "")
        assert "line 2 does not hold" in result.err
        assert content == store(case).read_bytes()

    def test_it_clears_away_what_a_redaction_left(self, case: Desk) -> None:
        """And says so; in a dry run, what it would."""
        left = case.folder / "cases.jsonl.redacting"
        left.write_text(SECRET)

        assert "cases.jsonl.redacting would be removed" in case.must("repair --dry-run").err
        assert left.exists()
        assert "cases.jsonl.redacting removed" in case.must("repair").err
        assert not left.exists()

    def test_it_needs_no_protocol(self, bare: Desk) -> None:
        """Whatever the config says, the log can be kept."""
        (bare.folder / "cases.jsonl").touch(mode=0o600)
        for line in ("repair", "seal -o x", "verify --seal x"):
            bare.must(line)


@pytest.mark.parametrize("line", ["seal", "repair", "verify --seal x", "redact 1 --reason x --approved-by tm1"])
def test_an_absent_store_is_exit_4(desk: Desk, line: str) -> None:
    """There is nothing to keep."""
    desk.must("seal -o x")
    result = desk.type(f"--store elsewhere.jsonl {line}")

    assert (result.code, result.out, result.err.count("\n")) == (4, "", 1)
    assert "there is no store at" in result.err
