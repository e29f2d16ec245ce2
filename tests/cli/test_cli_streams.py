"""What streams: events through a pipe as they come, a return through a pipe, an audit by several processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.queries import Book
from cinctl.workspace.turns import Turn

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

NOTE = b'{"kind":"note","case":"R1","data":{"text":"T"}}\n'


def _environment(desk: Desk) -> dict[str, str]:
    return {**os.environ, "CINCTL_TODAY": "2026-03-02", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def test_a_verdict_comes_before_the_next_line(case: Desk) -> None:
    """Whoever feeds events one by one is answered one by one, each once it is on disk."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cinctl", "apply", "-"],
        cwd=case.folder,
        env=_environment(case),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    answers, lengths = [], []
    with process:
        for _ in range(3):
            process.stdin.write(NOTE)
            process.stdin.flush()
            answers.append(process.stdout.readline())
            lengths.append((case.folder / "cases.jsonl").read_bytes().count(b"\n"))
        process.stdin.close()

    assert [b'"line": 1,', b'"line": 2,', b'"line": 3,'] == [answer[1:11] for answer in answers]
    assert [4, 5, 6] == lengths
    assert process.returncode == 0


@pytest.mark.parametrize("whole", ["--atomic", "--dry-run"])
def test_a_slow_pipe_keeps_nobody_from_writing(case: Desk, whole: str) -> None:
    """What is judged as one is read to its end before the lock is taken."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cinctl", "apply", "-", whole],
        cwd=case.folder,
        env=_environment(case),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(NOTE)
        process.stdin.flush()
        case.must("--lock-timeout 5 note R1 --text meanwhile")
        process.stdin.close()
        answer = process.stdout.read()

    assert b'"accepted": true' in answer
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
def test_a_return_comes_through_a_pipe(bare: Desk) -> None:
    """It is read more than once all the same: nothing is lost, and it comes to what the file comes to."""
    source = Path(__file__).parents[1] / "data" / "census" / "cin_census_sample.xml"
    shutil.copy(source, bare.folder / "return.xml")
    bare.must("init --protocol bristol")
    from_file = bare.must("--store file.jsonl import census return.xml --today 2026-03-31").err
    pipe = bare.folder / "pipe.xml"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f'cat "{bare.folder / "return.xml"}" > "{pipe}"']):
        from_pipe = bare.must("--store pipe.jsonl import census pipe.xml --today 2026-03-31").err

    assert from_file.replace("return.xml", "pipe.xml") == from_pipe


def test_an_audit_comes_to_the_same_whatever_the_jobs(bare: Desk) -> None:
    """The same bytes out, on stdout and in a report, by one process, by two and by five."""
    bare.must("init --protocol bristol")
    bare.must("--store demo.jsonl demo --cases 60 --today 2026-03-31")
    told = [
        bare.must(f"--store demo.jsonl audit --today 2026-03-31 --fail-on never --json --jobs {jobs}").out
        for jobs in (1, 2, 5)
    ]

    assert told[0].count('"rule"') > 10
    assert [told[0]] * 3 == told


def test_an_audit_says_what_does_not_hold_whatever_the_jobs(bare: Desk) -> None:
    """A line that was altered is exit 4 before any case is judged."""
    bare.must("init --protocol bristol")
    bare.must("--store demo.jsonl demo --cases 20 --today 2026-03-31")
    store = bare.folder / "demo.jsonl"
    store.write_bytes(store.read_bytes().replace(b'"need":"N1"', b'"need":"N2"', 1))
    for jobs in (1, 2):
        result = bare.type(f"--store demo.jsonl audit --today 2026-03-31 --jobs {jobs}")

        assert (result.code, result.out) == (4, "")
        assert "does not hold: its hash does not follow" in result.err


def _referrals() -> str:
    data = {"source": "1A", "born": "2015-06-01"}
    return _lines({"kind": "refer", "case": f"S{n}", "at": "2026-02-20", "data": data} for n in range(6))


def _interleaved() -> str:
    """Steps on six cases in turn: accepted, out of order, on a case that is not there or not anew, and no step."""
    lines: list[dict[str, Any]] = []
    for day in range(21, 27):
        for n in range(6):
            lines.append({"kind": "note", "case": f"S{n}", "at": f"2026-02-{day}", "data": {"text": "T"}})
        lines.append({"kind": "note", "case": f"S{day % 6}", "at": "2026-02-20", "data": {"text": "late"}})
        lines.append({"kind": "note", "case": "S9", "at": "2026-02-21", "data": {"text": "T"}})
        lines.append({"kind": "note", "case": "S1", "data": {"txt": "T"}})
        lines.append({"kind": "refer", "case": "S1", "data": {"source": "1A", "born": "2015-06-01"}})
    return _lines(lines)


def _lines(found: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(line) + "\n" for line in found)


def _said(log: Path) -> list[dict[str, Any]]:
    chance = ("salt", "hash", "recorded")
    lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return [{name: value for name, value in line.items() if name not in chance} for line in lines]


def test_an_apply_that_lets_go_of_cases_comes_to_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However little of the cases memory may hold, each step is judged by all that came before it."""
    assert 0 == desk.run("apply", "-", stdin=_referrals()).code
    log, before = desk.folder / "cases.jsonl", (desk.folder / "cases.jsonl").read_bytes()
    plain = desk.run("apply", "-", stdin=_interleaved())
    held = _said(log)
    log.write_bytes(before)
    turns = []

    def some(self: Turn, batch: Any, number: int) -> Any:
        taken, verdicts = Turn.judged(self, batch, number)  # type: ignore[attr-defined]
        turns.append(taken)
        return taken, verdicts

    monkeypatch.setattr(Turn, "judged", Turn.some, raising=False)
    monkeypatch.setattr(Turn, "some", some)
    monkeypatch.setattr("cinctl.workspace.turns._MOST_EVENTS", 3)
    monkeypatch.setattr("cinctl.workspace.turns._MOST_FETCHED", 2)
    little = desk.run("apply", "-", stdin=_interleaved())

    assert plain == little
    assert held == _said(log)
    assert len(turns) > 10
    assert desk.must("verify --json").json["ok"]


def test_a_stream_of_nothing_accepted_lets_go_too(case: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a refused line made it fetch does not stay."""
    held = []
    shrink = Book.shrink

    def shrunk(self: Book, most: int) -> None:
        shrink(self, most)
        held.append(len(list(self.tracks.held())))  # type: ignore[attr-defined]

    monkeypatch.setattr(Book, "shrink", shrunk)
    monkeypatch.setattr("cinctl.workspace.turns._MOST_EVENTS", 0)
    refused = case.run("apply", "-", stdin='{"kind":"refer","case":"R1","data":{"source":"1A","born":"2015-06-01"}}\n')

    assert 2 == refused.code
    assert [0] == held


def test_among_very_many_cases_no_name_is_suggested(case: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest id is looked for where that takes no time; where it would, the line is answered without."""
    line = '{"kind":"note","case":"R11","data":{"text":"T"}}\n'
    hinted = case.run("apply", "-", stdin=line * 2)
    monkeypatch.setattr("cinctl.casebook._MOST_NAMES", 0)
    plain = case.run("apply", "-", stdin=line * 2)

    assert 2 == hinted.err.count("Did you mean 'R1'?")
    assert 2 == plain.err.count("there is no case 'R11'. See 'cinctl list'.")
