"""Redacting, on the command line; and who can read what the tool leaves."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such modes, and open files stay")
SECRET = "UNMISTAKEABLE"
TORN = b'{"v":1,"seq":4,"ki'


def store(desk: Desk) -> Path:
    """The log of the desk."""
    return desk.folder / "cases.jsonl"


def holding(folder: Path, text: str = SECRET) -> list[str]:
    """Every file under a folder that holds the text, in any encoding that the tool writes."""
    forms = [text.encode(), text.encode("utf-16-le"), json.dumps(text).strip('"').encode()]
    return sorted(
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and any(form in file.read_bytes() for form in forms)
    )


@pytest.fixture(name="noted")
def _noted(case: Desk) -> Desk:
    """The case with a note, event 4, that says what must go."""
    case.run("note", "R1", "--text", f"the child said {SECRET}", "--by", "sw1")
    return case


def beside(desk: Desk) -> list[str]:
    """Return what stands in the folder, but for the cache, which comes and goes."""
    return sorted(name for name in os.listdir(desk.folder) if not name.endswith(".cache"))


class TestRedacting:
    """`redact`."""

    def test_nothing_of_it_is_left_in_the_folder(self, noted: Desk) -> None:
        """Not in the log, a cache, a tail that was set aside or torn, or a file of an earlier redaction."""
        line = store(noted).read_bytes().splitlines()[3]
        (noted.folder / "cases.jsonl.cache").write_bytes(line)
        (noted.folder / "cases.jsonl.cache-journal").write_bytes(line)
        (noted.folder / "cases.jsonl.torn-5").write_bytes(line[:-20])
        (noted.folder / "cases.jsonl.redacting").write_bytes(line)
        with store(noted).open("ab") as file:
            file.write(line.replace(b'"seq":4', b'"seq":5')[:-90])
        assert len(holding(noted.folder)) == 5
        result = noted.must("redact 4 --reason erasure --approved-by tm1 --by tm1")

        assert [] == holding(noted.folder)
        assert result.out == "R1: redact, Mon 2 Mar 2026, recorded as 5\n"
        assert "the payload of 1 event removed; copies kept elsewhere" in result.err
        assert len(re.findall(r"torn-\d+ removed: it held part of that", result.err)) == 2
        assert "cases.jsonl.redacting removed" in result.err
        assert noted.must("verify --json").json["lines"] == 5

    def test_every_reading_command_goes_on(self, noted: Desk) -> None:
        """The line keeps kind, case, date and author; a table says that it is redacted, JSON has no data."""
        noted.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-24")
        due, counts = noted.must("due --json").json, noted.must("audit --json --fail-on never").json["counts"]
        noted.must("redact 4 5 --reason erasure --approved-by tm1")
        rows = noted.must("history R1 --json").json

        assert [row["data"] for row in rows[:3]] == [rows[0]["data"], None, None]
        assert [(row["kind"], row["by"]) for row in rows[1:3]] == [("note", "sw1"), ("decide", "tm1")]
        assert list(rows[1]) == ["seq", "kind", "at", "recorded", "by", "case", "data", "corrected_by"]
        assert noted.must("history R1").out.count("redacted") == 2
        assert due == noted.must("due --json").json
        assert noted.must("audit --json --fail-on deny").json["counts"] == {**counts, "events": counts["events"] + 2}
        for line in ("show R1", "list", "next R1", "caseload", "audit R1 --fail-on never"):
            noted.must(line)

    def test_a_whole_case(self, noted: Desk) -> None:
        """Retention: the case is still there, and nothing of it is known but what happened when."""
        result = noted.must("redact --case R1 --reason retention --approved-by tm1 --json").json

        assert result["event"]["data"] == {
            "of": 3,
            "reason": "retention",
            "approved_by": "tm1",
            "lines": 2,
            "whole_case": True,
        }
        shown = noted.must("show R1 --json").json
        assert (shown["born"], shown["need"], shown["referred"]) == (None, None, "2026-02-23")
        assert [] == holding(noted.folder)
        for line in ("due", "audit --fail-on deny", "list", "next R1", "history R1"):
            noted.must(line)

    def test_corrections_are_named_and_taken_along(self, noted: Desk) -> None:
        """It says which hold part of it; --with-corrections takes them."""
        noted.run("correct", "4", "--set", f"text=not {SECRET}", "--reason", "typo", "--by", "sw1")
        asked = noted.must("redact 4 --reason erasure --approved-by tm1 --dry-run")
        assert "would be recorded" in asked.out
        assert "the payload of 1 event would be removed" in asked.err
        assert "event 5 corrects event 4 and holds part of what it said" in asked.err
        assert holding(noted.folder) == ["cases.jsonl"]
        noted.must("redact 4 --reason erasure --approved-by tm1 --with-corrections")

        assert [] == holding(noted.folder)

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("redact --reason x --approved-by tm1", "takes either events, SEQ..., or --case"),
            ("redact 4 --case R1 --reason x --approved-by tm1", "takes either events, SEQ..., or --case"),
            ("redact 4 --approved-by tm1", "needs --reason"),
            ("redact 4 --reason x", "needs --approved-by"),
            ("redact x --reason x --approved-by tm1", "'x' is not a whole number"),
            ("redact 99 --reason x --approved-by tm1", "there is no event 99 in the store"),
            ("redact 4 --reason x --approved-by tm2", "'tm2' is not in the staff register. Did you mean 'tm1'?"),
            ("redact 4 --reason x --approved-by tm1 --on 2026-03-01 --at 2026-03-01T09:00Z", "exclude each other"),
            ("redact 4 --reason x --approved-by tm1 --on 2027-03-01", "lies after today"),
            ("redact --case R2 --reason x --approved-by tm1", "there is no case 'R2'"),
        ],
    )
    def test_what_cannot_be_is_exit_2(self, noted: Desk, line: str, told: str) -> None:
        """One line says why, and the log stays as it is."""
        before = store(noted).read_bytes()
        result = noted.type(line)

        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert told in result.err
        assert before == store(noted).read_bytes()

    def test_the_same_twice_is_exit_2(self, noted: Desk) -> None:
        """Redacted is redacted; the redaction itself stays."""
        noted.must("redact 4 --reason x --approved-by tm1")

        assert "event 4 is redacted already" in noted.type("redact 4 --reason x --approved-by tm1").err
        assert "event 5 tells of an import or a redaction" in noted.type("redact 5 --reason x --approved-by tm1").err

    def test_a_protocol_may_refuse_it(self, noted: Desk) -> None:
        """A gate on redactions: exit 3, with its clause, and nothing written."""
        text = (noted.folder / "small.toml").read_text(encoding="utf-8")
        rule = '\n[[gate]]\nid = "SML-9"\non = "redact"\nrequire = { "event.approved_by.role" = "team_manager" }\n'
        (noted.folder / "small.toml").write_text(text + rule + 'say = "a manager approves"\n', encoding="utf-8")
        before = store(noted).read_bytes()
        result = noted.type("redact 4 --reason x --approved-by sw1")

        assert (result.code, result.out) == (3, "")
        assert "refused by SML-9 (small): a manager approves" in result.err
        assert before == store(noted).read_bytes()
        noted.must("redact 4 --reason x --approved-by tm1")

    def test_of_staff_it_names_the_event(self, desk: Desk) -> None:
        """What belongs to no case is told by its number."""
        result = desk.must("redact 2 --reason x --approved-by tm1")

        assert result.out == "event 2: redact, Mon 2 Mar 2026, recorded as 3\n"
        assert "what it said of sw1 counts no more" in result.err

    def test_a_full_disk_is_exit_6(self, noted: Desk) -> None:
        """The system's words are told, and the log and its folder are as they were."""
        before, names = store(noted).read_bytes(), beside(noted)

        def full(*_names: Any) -> None:
            raise OSError(28, "No space left on device")

        noted.patch.setattr(os, "replace", full)
        result = noted.type("redact 4 --reason x --approved-by tm1")

        assert (result.code, result.out) == (6, "")
        assert "not redacted: No space left on device" in result.err
        assert (before, names) == (store(noted).read_bytes(), beside(noted))


class TestPrivacy:
    """Who can read what the tool leaves."""

    def test_every_file_is_the_owners_alone(self, noted: Desk) -> None:
        """Log, lock, seals, tails set aside: 0600, whatever the umask."""
        before = os.umask(0)
        try:
            noted.must("seal -o x.seal")
            store(noted).write_bytes(store(noted).read_bytes() + TORN.replace(b'"seq":4', b'"seq":5'))
            noted.must("repair")
            noted.must("redact 4 --reason x --approved-by tm1")
        finally:
            os.umask(before)
        files = [file for file in noted.folder.iterdir() if file.suffix != ".toml"]

        assert len(files) == 4
        assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}

    @pytest.mark.parametrize(
        "line", ["list", "note R1 --text T", "redact 3 --reason x --approved-by tm1", "repair", "verify", "seal"]
    )
    def test_a_log_that_others_can_read_is_told(self, case: Desk, line: str) -> None:
        """One line on stderr says its mode and how to mend it; the command does its work."""
        store(case).chmod(0o644)
        result = case.must(line)

        assert re.search(r"cases\.jsonl is not private to you \(mode 644\): chmod 600 ", result.err)
        assert result.err.count("not private") == 1
        store(case).chmod(0o600)
        assert "not private" not in case.must("list").err

    def test_a_crash_report_holds_nothing_of_a_case(self, noted: Desk, tmp_path: Path) -> None:
        """Where a bug happened is kept, in a private file, and no value: neither text, nor id, nor argument."""
        import tempfile

        from cinctl import payloads

        def bug(*_arguments: Any, **_more: Any) -> Any:
            held = store(noted).read_text()
            raise RuntimeError(held)

        noted.patch.setattr(tempfile, "tempdir", str(tmp_path))
        noted.patch.setenv("CINCTL_DEBUG", "1")
        noted.patch.setattr(payloads, "judge_step", bug)
        result = noted.type("redact 4 --reason zzz-why --approved-by tm1")
        (kept,) = tmp_path.glob("cinctl-*.txt")
        text = kept.read_text(encoding="utf-8")

        assert (result.code, result.out) == (70, "")
        assert "payloads.py" in text
        for word in (SECRET, "R1", "zzz-why", "tm1", "sw1"):
            assert word not in text
            assert word not in result.err
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
