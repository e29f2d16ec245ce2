"""The progress bar: on a terminal only, rarely written, and gone at the end."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cinctl.progress import file_progress, progress


class Terminal(io.StringIO):
    """A stderr that is a terminal, and counts what is written to it."""

    writes = 0

    def isatty(self) -> bool:
        """Say that it is one."""
        return True

    def write(self, text: str) -> int:
        """Write, and count it."""
        self.writes += 1
        return super().write(text)

    def screen(self) -> str:
        """What is seen on its one line now."""
        shown = ""
        for piece in self.getvalue().split("\r"):
            shown = piece + shown[len(piece) :]
        return shown


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Let stderr be a terminal; a fixture could not, for what pytest captures takes its place when the test begins."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_a_terminal_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The label, a bar and the percentage."""
    terminal = on_terminal(monkeypatch)
    with progress(200, "verify") as reach:
        reach(100)
        seen = terminal.screen()

    assert seen == f"verify [{'#' * 15}{'.' * 15}]  50 %"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [(30, f"verify [{'#' * 7}{'.' * 7}]  50 %"), (16, "verify  50 %"), (0, f"verify [{'#' * 15}{'.' * 15}]  50 %")],
)
def test_it_fits_a_narrow_terminal(columns: int, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar that would wrap is shorter, or left out; a terminal that does not say how wide it is counts as usual."""
    terminal = on_terminal(monkeypatch)
    terminal.fileno = lambda: 2  # type: ignore[method-assign]
    monkeypatch.setattr("os.get_terminal_size", lambda _fd: os.terminal_size((columns, 24)))
    with progress(200, "verify") as reach:
        reach(100)
        assert shown == terminal.screen()


def test_nothing_of_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is blank at the end, also after an error, and the cursor at its beginning."""
    terminal = on_terminal(monkeypatch)
    with suppress(KeyError), progress(3, "verify") as reach:
        reach(2)
        raise KeyError

    assert terminal.screen().strip() == ""
    assert terminal.getvalue().endswith("\r")


def test_only_a_change_of_the_percentage_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is told, there are a hundred steps at most; more than all counts as all."""
    terminal = on_terminal(monkeypatch)
    with progress(1_000_000, "verify") as reach:
        for done in range(0, 1_200_000, 100):
            reach(done)
        assert "100 %" in terminal.screen()

    assert terminal.writes <= 101 + 2


def test_what_is_done_at_once_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written when nothing was reached, and nothing of an empty file."""
    terminal = on_terminal(monkeypatch)
    with progress(5, "verify"):
        pass
    with progress(0, "verify") as reach:
        reach(7)

    assert terminal.getvalue() == ""


def test_anything_but_a_terminal_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, a file, and no stderr at all."""
    pipe = io.StringIO()
    for stream in (pipe, None):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress(5, "verify") as reach:
            reach(3)

    assert pipe.getvalue() == ""


def test_a_terminal_that_went_away_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be shown is not shown."""

    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stderr", Gone())
    with progress(5, "verify") as reach:
        reach(3)


def test_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its bytes are the whole; of one that is not there, there is nothing to show."""
    terminal = on_terminal(monkeypatch)
    (tmp_path / "x").write_bytes(b"x" * 40)
    with file_progress(tmp_path / "x", "verify") as reach:
        reach(10)
        assert " 25 %" in terminal.screen()
    before = terminal.getvalue()
    with file_progress(tmp_path / "none", "verify") as reach:
        reach(10)

    assert before == terminal.getvalue()


def test_verify_shows_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """On a terminal the command shows how far it is, and leaves nothing of it."""
    terminal = on_terminal(monkeypatch)
    from cinctl.cli import run
    from cinctl.store.log import Log

    event: dict[str, Any] = {
        "kind": "note",
        "case": None,
        "at": "2026-03-02",
        "recorded": "r",
        "by": None,
        "under": None,
        "data": {},
    }
    with Log.create(tmp_path / "cases.jsonl").writing(5) as writer:
        writer.append([event] * 1000)

    assert run(["--store", str(tmp_path / "cases.jsonl"), "verify", "--json"]) == 0
    assert "verify [#" in terminal.getvalue()
    assert terminal.screen().strip() == ""
    assert b'"lines": 1000' in capsysbinary.readouterr().out


def test_an_import_shows_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a terminal it shows how much of the return is read, and what stays are its sums."""
    terminal = on_terminal(monkeypatch)
    from cinctl.cli import run

    census = Path(__file__).parents[1] / "examples" / "census_2026_synthetic.xml"
    store = ["--store", str(tmp_path / "cases.jsonl"), "--protocol", "working-together-2023", "--today", "2026-03-31"]

    assert run([*store, "import", "census", str(census)]) == 0
    assert f"reading {census} [###" in terminal.getvalue()
    assert "recorded before" in terminal.screen()
    assert "[#" not in terminal.screen()
