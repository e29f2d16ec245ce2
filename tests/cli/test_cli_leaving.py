"""How a process ends: at once where nothing waits for the end, and with everything written all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Desk


def _run(desk: Desk, *args: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "CINCTL_TODAY": "2026-03-02", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run([sys.executable, *args], cwd=desk.folder, env=environment, check=False, **more)


@pytest.mark.parametrize(
    ("line", "code"),
    [("list --json", 0), ("due --exit-code", 1), ("show R9", 2), ("reopen R1", 3), ("--store none.jsonl list", 4)],
)
def test_the_answer_and_the_exit_code_are_what_they_are_in_process(case: Desk, line: str, code: int) -> None:
    """Through a pipe comes all that was said, and the code with it."""
    told = case.type(line)
    done = _run(case, "-m", "cinctl", *line.split(), capture_output=True)

    assert (code, told.out.encode()) == (done.returncode, done.stdout)
    assert code == told.code


def test_a_long_answer_is_written_to_its_end(case: Desk, tmp_path: Path) -> None:
    """Far more than a buffer holds, into a file."""
    for number in range(40):
        case.must(f"note R1 --text {number}{'x' * 2000}")
    with (tmp_path / "out").open("wb") as file:
        done = _run(case, "-m", "cinctl", "history", "R1", "--json", stdout=file)

    assert 0 == done.returncode
    assert case.must("history R1 --json").out.encode() == (tmp_path / "out").read_bytes()


_CALLED = """
import atexit
atexit.register(lambda: print("called"))
import sys
sys.argv = ["cinctl", "list", "-f", "ids"]
from cinctl.__main__ import main
main()
"""


def test_who_asked_to_be_called_at_the_end_is(case: Desk) -> None:
    """Whatever runs cinctl may have something to do when it ends."""
    assert b"R1\ncalled\n" == _run(case, "-c", _CALLED, capture_output=True).stdout.replace(b"\r\n", b"\n")


def test_a_profile_is_written(case: Desk) -> None:
    """Who watches what runs gets what they came for."""
    done = _run(case, "-m", "cProfile", "-o", "profile", "-m", "cinctl", "list", "-f", "ids", capture_output=True)

    assert (0, b"R1\n") == (done.returncode, done.stdout.replace(b"\r\n", b"\n"))
    assert (case.folder / "profile").stat().st_size
