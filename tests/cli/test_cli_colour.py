"""Colour: where there is any, what it marks, and that no meaning hangs on it."""

from __future__ import annotations

import ctypes
import io
import itertools
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.console import acts_on_escapes
from cinctl.terminal import colour_wanted
from tests.cli.on_terminal import STYLE, in_a_pipe, on_terminal

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

RED, YELLOW, DIM = "\x1b[1;31m", "\x1b[33m", "\x1b[2m"
VALUES = (None, "", "0", "1", "false")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 7


def _expected(terminal: bool, no: str | None, force: str | None, term: str | None, off: bool) -> bool:
    """Return what no-color.org and force-color.org ask for: an option first, then NO_COLOR, then FORCE_COLOR."""
    if off or no not in (None, ""):
        return False
    return True if force not in (None, "") else terminal and term != "dumb"


@pytest.mark.parametrize("off", [False, True])
@pytest.mark.parametrize("term", [None, "dumb", "xterm-256color"])
@pytest.mark.parametrize("terminal", [False, True])
def test_the_whole_matrix(terminal: bool, term: str | None, off: bool) -> None:
    """--no-color, NO_COLOR, FORCE_COLOR, a dumb terminal and a pipe each have their say, whatever the others hold."""
    stream = _Terminal() if terminal else io.StringIO()
    for no, force in itertools.product(VALUES, VALUES):
        given = {"NO_COLOR": no, "FORCE_COLOR": force, "TERM": term}
        environ = {name: value for name, value in given.items() if value is not None}

        assert _expected(terminal, no, force, term, off) is colour_wanted(stream, environ, off)


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_what_is_closed_gets_colour_only_by_force(stream: io.StringIO | None) -> None:
    """A closed stdout is no terminal."""
    if stream is not None:
        stream.close()

    assert not colour_wanted(stream, {}, False)
    assert colour_wanted(stream, {"FORCE_COLOR": "1"}, False)


@pytest.mark.parametrize(
    ("known", "agrees", "expected"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_windows_console_is_asked_first(
    monkeypatch: pytest.MonkeyPatch, known: bool, agrees: bool, expected: bool
) -> None:
    """A console that acts on escape sequences gets colour once it was told to; an older one gets none."""
    asked: list[tuple[int, int]] = []

    def set_mode(handle: int, mode: int) -> bool:
        asked.append((handle, mode))
        return agrees

    def get_mode(_handle: int, mode: Any) -> bool:
        mode._obj.value = 3
        return known

    kernel = SimpleNamespace(GetConsoleMode=get_mode, SetConsoleMode=set_mode)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(get_osfhandle=lambda number: number + 1))
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(sys, "platform", "win32")

    assert expected is acts_on_escapes(_Terminal())
    assert asked == ([(8, 7)] if known else [])


@pytest.mark.parametrize("option", ["", "--no-color "])
@pytest.mark.parametrize(
    ("environ", "colour"),
    [
        ({}, True),
        ({"NO_COLOR": "0"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_on_a_terminal(case: Desk, environ: dict[str, str], colour: bool, option: str) -> None:
    """A real terminal gets colour where it is wanted, and the same words with and without."""
    plain = on_terminal(case.folder, "--no-color due")
    written = on_terminal(case.folder, f"{option}due", 80, **environ)

    assert (colour and not option) is ("\x1b[" in written)
    assert STYLE.sub("", written) == plain


@pytest.mark.parametrize("command", ["due", "audit --fail-on never", "list", "show R1", "due --json", "due -f csv"])
def test_in_a_pipe(case: Desk, command: str) -> None:
    """A pipe gets none unless FORCE_COLOR asks for it, and then tables and pages only."""
    plain = in_a_pipe(case.folder, command)
    forced = in_a_pipe(case.folder, command, FORCE_COLOR="1", TERM="dumb")

    assert "\x1b" not in plain.stdout + plain.stderr
    assert STYLE.sub("", forced.stdout) == plain.stdout
    assert ("\x1b" in forced.stdout) is (command in ("due", "audit --fail-on never", "show R1"))


def test_what_is_overdue_is_red_and_what_is_due_today_yellow(case: Desk) -> None:
    """The date and how late are marked; nothing else of the row is, and what has time is plain."""
    case.must("refer R2 --source 1A --born 2015-06-01 --need N1 --on 2026-02-27")
    late, today = on_terminal(case.folder, "due", 100).splitlines()[2:4]

    assert late.count(RED) == 2
    assert f"{RED}Tue 24 Feb 2026\x1b[0m  {RED}4 working days late\x1b[0m" in late
    assert f"{YELLOW}Mon 2 Mar 2026\x1b[0m   {YELLOW}due today\x1b[0m" in today


def test_what_is_waived_is_turned_down(case: Desk) -> None:
    """A finding that a waiver covers is not as red as one that stands."""
    case.must("note R1 --text T --by sw1 --on 2026-02-24")
    case.must("visit R1 --seen child --by sw1 --on 2026-02-24")
    stands = on_terminal(case.folder, "audit --fail-on never")
    case.must("waive R1 --rule SML-3 --reason T --until 2026-08-01 --approved-by tm1 --on 2026-02-24")
    waived = on_terminal(case.folder, "audit --fail-on never")

    assert f"{YELLOW}warn" in stands
    assert f"{DIM}warn" in waived


def test_numbers_of_overdue_work_are_red_where_there_are_any(case: Desk) -> None:
    """A caseload marks how much is overdue, and leaves a nought alone."""
    late = on_terminal(case.folder, "caseload --columns overdue,due_soon").splitlines()
    early = on_terminal(case.folder, "--today 2026-02-23 caseload --columns overdue,due_soon").splitlines()

    assert late[2] == f"{RED}1\x1b[0m        0"
    assert early[2] == "0        0"
