"""`due --watch`: drawn on a real terminal, drawn again when something changes, and the terminal is left as it was."""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from select import select
from time import monotonic
from typing import Any

import pytest

from cinctl.commands._answer import View
from cinctl.commands._watching import Answer, Picture
from cinctl.owed import COLUMNS
from cinctl.session import Session
from cinctl.workspace.watching import Trouble
from tests.cli.conftest import Desk

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

import fcntl
import pty
import termios

PATIENCE = 60.0
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
COMMAND = [sys.executable, "-m", "cinctl"]
CONTROLLED = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from cinctl.__main__ import main
main()
"""
"""The same, its terminal the one on which Ctrl-C is a signal to it."""
Due = Callable[..., "Terminal"]


class Screen:
    """What is seen on a screen that cuts lines at its edge, as far as `cinctl` draws on it."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns = columns
        self.cells = [[" "] * columns for _ in range(lines)]
        self.line = self.column = 0
        self.rest = ""
        self.drawn: list[str] = []

    def take(self, text: str) -> None:
        """Draw what *text* says."""
        text = self.rest + text
        _, escape, rest = text.rpartition("\x1b")
        # a sequence may come in two pieces
        self.rest = "" if not escape or re.match(r"\[[?0-9;]*[A-Za-z]", rest) else escape + rest
        for sequence, char in re.findall(r"\x1b\[([?0-9;]*[A-Za-z])|([^\x1b])", text.removesuffix(self.rest)):
            self._do(sequence) if sequence else self._put(char)

    def _do(self, sequence: str) -> None:
        if sequence == "H":
            self.line = self.column = 0
        elif sequence in ("K", "J"):
            self.cells[self.line][self.column :] = [" "] * (self.columns - self.column)
        if sequence == "J":
            self.cells[self.line + 1 :] = [[" "] * self.columns for _ in self.cells[self.line + 1 :]]
        elif sequence == "?2026l":
            self.drawn = "\n".join("".join(cells).rstrip() for cells in self.cells).rstrip("\n").split("\n")

    def _put(self, char: str) -> None:
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.line = min(self.line + 1, len(self.cells) - 1)
        else:
            self.cells[self.line][self.column] = char
            self.column = min(self.column + 1, self.columns - 1)


class Terminal:
    """A terminal with `cinctl` on it, its size and its user's keys."""

    def __init__(self, folder: Path, arguments: list[str], size: tuple[int, int]) -> None:
        self.master, self.slave = pty.openpty()
        self._decode = getincrementaldecoder("utf-8")().decode
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        environ = {**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)}
        for name in ("COLUMNS", "LINES"):
            environ.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLED, *arguments],
            cwd=folder,
            env=environ,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
        )
        self.shown = ""

    def resize(self, columns: int, lines: int) -> None:
        """Make the window as large as that."""
        self.screen = Screen(columns, lines)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str) -> None:
        """Press *keys*."""
        os.write(self.master, keys.encode())

    def read(self, seconds: float) -> bool:
        """Take in what it shows; returns whether there was anything."""
        ready, _, _ = select([self.master], [], [], seconds)
        if ready:
            came = self._decode(os.read(self.master, 65536))
            self.shown += came
            self.screen.take(came)
        return bool(ready)

    def until(self, seen: Callable[[list[str]], Any]) -> list[str]:
        """Wait until the lines of the last whole drawing are such that *seen* says yes; return them."""
        ends = monotonic() + PATIENCE
        while monotonic() < ends:
            self.read(0.1)
            if seen(self.lines):
                return self.lines
        raise AssertionError(f"not seen: {self.shown!r}")

    def until_shown(self, *texts: str) -> list[str]:
        """Wait until all of *texts* stand in the last drawing; return its lines."""
        return self.until(lambda lines: all(any(text in line for line in lines) for text in texts))

    @property
    def lines(self) -> list[str]:
        """What stood on the screen after the last whole drawing, without colours."""
        return self.screen.drawn

    def end(self) -> int:
        """Wait for its end; return the exit code."""
        ends = monotonic() + PATIENCE
        while self.process.poll() is None and monotonic() < ends:
            self.read(0.1)
        while self.read(0):
            pass
        return self.process.wait(1)

    def is_as_before(self) -> bool:
        """Say whether the last that came gives the screen, the cursor and the keys back."""
        after = self.shown.rpartition(ENTER)[2]
        gives_back = all(text in after for text in (LEAVE, "\x1b[?25h", "\x1b[?7h"))
        return gives_back and termios.tcgetattr(self.slave) == self.before


@pytest.fixture(name="watch")
def _watch(case: Desk) -> Iterator[Callable[..., Terminal]]:
    """Start `cinctl due --watch` on a terminal, on the day on which the store's one case is two days late."""
    begun: list[Terminal] = []

    def start(*arguments: str, today: str | None = "2026-02-26", size: tuple[int, int] = (120, 30)) -> Terminal:
        told = ["--today", today] if today else []
        begun.append(Terminal(case.folder, [*told, "due", "--watch", *arguments], size))
        return begun[-1]

    yield start
    for terminal in begun:
        if terminal.process.poll() is None:
            terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.master)
        os.close(terminal.slave)


Watch = Callable[..., Terminal]


def test_it_draws_and_draws_again(case: Desk, watch: Watch) -> None:
    """What is due stands there; what is recorded by somebody else shows up, marked as new."""
    terminal = watch()
    lines = terminal.until_shown("SML-2")
    assert "Due on Thu 26 Feb 2026 at " in lines[0]
    assert "(as told): 1 overdue, 0 due today, 1 in all" in lines[0]
    assert not any("*" in line for line in lines)

    case.must("refer R2 --source 1A --born 2015-06-01 --need N1 --on 2026-02-26")
    lines = terminal.until_shown("R2", "(as told): 1 overdue, 0 due today, 2 in all")
    assert [line.split()[0] for line in lines if "SML-2" in line] == ["R1", "*"]
    assert "1 new or changed in the last five minutes (*)" in lines[-1]


def test_what_is_done_is_gone(case: Desk, watch: Watch) -> None:
    """A row whose obligation was met is not there any more."""
    terminal = watch()
    terminal.until_shown("SML-2")
    case.must("decide R1 --outcome section-17 --limb health-or-development --next-steps T --by tm1 --on 2026-02-25")

    assert terminal.until_shown("0 overdue, 0 due today, 0 in all")[1:] == ["", "q ends it"]


def test_every_filter_counts(case: Desk, watch: Watch) -> None:
    """The options that narrow, order and choose columns do so in every drawing."""
    for n in (2, 3):
        case.must(f"refer R{n} --source 1A --born 2015-06-01 --need N1 --on 2026-02-26")
    terminal = watch("R3", "R2", "--owner", "manager", "--columns", "case,due", "--sort", "-case")
    lines = terminal.until_shown("R3", "0 overdue, 0 due today, 2 in all")

    assert ["case", "R3", "R2"] == [line.split()[0] for line in lines[2:] if re.match("case|R", line)]
    assert ["case", "due"] == lines[2].split()


def test_ids_may_come_from_stdin(case: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which cases it is about may be read from a pipe; then there are no keys, and a signal ends it."""
    master, slave = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [*COMMAND, "--today", "2026-02-26", "due", "-", "--watch"]
    process = subprocess.Popen(command, cwd=case.folder, env=environ, stdin=subprocess.PIPE, stdout=slave)
    assert process.stdin is not None
    process.stdin.write(b"R1\n")
    process.stdin.close()
    shown = b""
    while b"SML-2" not in shown or not shown.endswith(b"\x1b[?2026l"):
        shown += os.read(master, 65536)
    process.terminate()

    assert 143 == process.wait(PATIENCE)
    os.close(master)
    os.close(slave)


def test_ctrl_c_ends_it(watch: Watch) -> None:
    """Ctrl-C is an interruption as of every command, and the terminal is as it was."""
    terminal = watch()
    terminal.until_shown("SML-2")
    terminal.type("\x03")

    assert (130, True) == (terminal.end(), terminal.is_as_before())


def test_q_ends_it(watch: Watch) -> None:
    """Who leaves by q did what there was to do."""
    terminal = watch()
    terminal.until_shown("SML-2")
    terminal.type("q")

    assert (0, True) == (terminal.end(), terminal.is_as_before())


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it(watch: Watch, number: int, code: int) -> None:
    """Told to end, it gives the terminal back first."""
    terminal = watch()
    terminal.until_shown("SML-2")
    terminal.process.send_signal(number)

    assert (code, True) == (terminal.end(), terminal.is_as_before())


def test_a_key_is_not_shown_and_draws_anew(watch: Watch) -> None:
    """What somebody types by mistake does not stand in the table; the screen is drawn anew."""
    terminal = watch()
    terminal.until_shown("SML-2")
    terminal.shown = ""
    terminal.type("xyz")
    terminal.until_shown("SML-2")

    assert "xyz" not in terminal.shown


def test_ctrl_z_gives_the_terminal_back_for_a_while(watch: Watch) -> None:
    """Stopped, it leaves the terminal to the shell; let go on, it takes it and draws again."""
    terminal = watch()
    terminal.until_shown("SML-2")
    # In a session of its own nobody could let it go on, so the system would not stop it: it is asked by name.
    terminal.process.send_signal(signal.SIGTSTP)
    terminal.until(lambda _: terminal.shown.count(LEAVE) == 1 and terminal.shown.count(ENTER) == 2)
    terminal.shown = terminal.shown.rpartition(ENTER)[2]
    terminal.until_shown("SML-2")
    terminal.type("q")

    assert 0 == terminal.end()


def test_it_fits_the_window(case: Desk, watch: Watch) -> None:
    """As many rows as there is room for; how many more there are stands below; a new size draws anew."""
    for n in range(2, 31):
        case.must(f"refer R{n} --source 1A --born 2015-06-01 --need N1 --on 2026-02-26")
    terminal = watch(size=(120, 12))
    lines = terminal.until_shown("24 more")
    assert (12, 6) == (len(lines), sum("SML-2" in line for line in lines))

    terminal.resize(120, 20)
    lines = terminal.until_shown("16 more")
    assert (20, 14) == (len(lines), sum("SML-2" in line for line in lines))

    terminal.resize(120, 50)
    lines = terminal.until(lambda lines: lines[-1:] == ["q ends it"])
    assert 30 == sum("SML-2" in line for line in lines)


@pytest.mark.parametrize("columns", [30, 62, 69, 70, 71, 80, 100])
def test_nothing_is_cut_off_at_the_edge(watch: Watch, columns: int) -> None:
    """A table that fills the window to its last column is seen whole."""
    lines = watch(size=(columns, 40)).until_shown("R1")

    assert "decide next steps" in " ".join(lines)
    assert any(re.search(r"2 working days late$|days late$|late$", line) for line in lines)
    assert "q ends it" == lines[-1]


def test_a_store_that_goes_away_and_comes_back(case: Desk, watch: Watch) -> None:
    """While there is no store there is no list: an old one never looks as if it were fresh."""
    terminal = watch()
    terminal.until_shown("SML-2")
    os.rename(case.folder / "cases.jsonl", case.folder / "aside")
    lines = terminal.until_shown("not known", "there is no store", "No list since")
    assert not any("SML-2" in line for line in lines)

    os.rename(case.folder / "aside", case.folder / "cases.jsonl")
    terminal.until_shown("SML-2", "1 overdue, 0 due today, 1 in all")


def test_a_store_that_is_corrupt(case: Desk, watch: Watch) -> None:
    """A log that does not hold is told in a line, and the list is there again when it is mended."""
    log = case.folder / "cases.jsonl"
    whole = log.read_bytes()
    terminal = watch()
    terminal.until_shown("SML-2")
    log.write_bytes(whole.replace(b"2015-06-01", b"2015-06-02"))
    terminal.until_shown("not known", "line 3", "No list since")
    log.write_bytes(whole)

    terminal.until_shown("SML-2", "1 overdue, 0 due today, 1 in all")


def test_a_torn_line_is_said_to_be_left_out(case: Desk, watch: Watch) -> None:
    """What somebody did not finish writing is left out, and that is said above the list."""
    terminal = watch()
    terminal.until_shown("SML-2")
    with (case.folder / "cases.jsonl").open("ab") as file:
        file.write(b'{"v":1,"seq":')

    terminal.until_shown("SML-2", "torn line")


def test_whoever_is_away_without_cover_is_told_of_above_the_list(case: Desk, watch: Watch) -> None:
    """Who is away and owns some of the list all the same is named above it, until somebody covers."""
    protocol = case.folder / "small.toml"
    clock = '[[clock]]\nid = "SML-9"\nstarts = "allocate"\nstops = "visit"\nwithin = "2 days"\nowner = "lead"\n'
    protocol.write_text(f"{protocol.read_text(encoding='utf-8')}\n{clock}", encoding="utf-8")
    case.must("staff join sw8 --role social_worker --unit A --on 2024-01-08")
    case.must("map R1 --by tm1 --on 2026-02-24")
    case.must("allocate R1 --to sw8 --by tm1 --on 2026-02-24")
    case.must("staff away sw8 --from 2026-02-25 --until 2026-03-06 --by tm1 --on 2026-02-25")
    terminal = watch()
    terminal.until_shown("SML-9", "sw8 is away until Fri 6 Mar 2026, and nobody who is there covers: 1 obligation")

    case.must("staff away sw8 --from 2026-02-25 --until 2026-03-06 --cover tm1 --by tm1 --on 2026-02-26")
    lines = terminal.until_shown("tm1 for sw8")
    assert not any("is away" in line for line in lines)


def test_a_protocol_that_is_being_edited(case: Desk, watch: Watch) -> None:
    """While the protocol does not hold together nothing is shown; what it says anew is shown."""
    protocol = case.folder / "small.toml"
    text = protocol.read_text(encoding="utf-8")
    terminal = watch()
    terminal.until_shown("decide next steps")
    protocol.write_text(text.replace("decide next steps", "decide") + "= nonsense", encoding="utf-8")
    terminal.until_shown("not known", "small.toml")
    protocol.write_text(text.replace("decide next steps", "decide on it now"), encoding="utf-8")

    terminal.until_shown("SML-2", "decide on it now")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("due --watch", "stdout is none; a script runs 'cinctl due --json' again"),
        ("due --watch --json", "--watch draws a table; it means nothing to json"),
        ("due --watch -f ics", "--watch draws a table; it means nothing to ics"),
        ("due --watch --exit-code", "--exit-code is about one answer"),
    ],
)
def test_what_it_is_not_for(case: Desk, arguments: str, says: str) -> None:
    """Without a terminal, in another form than a table, or to get an exit code: wrong usage, and what to do instead."""
    result = case.type(arguments)

    assert (2, "") == (result.code, result.out)
    assert says in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--store", "nowhere.jsonl"], 4, "there is no store"),
        (["--protocol", "nothing.toml"], 5, "nothing.toml"),
        (["--lead", "nobody"], 2, "--lead: 'nobody' is not in the staff register"),
    ],
)
def test_what_is_wrong_from_the_start_is_an_error(watch: Watch, arguments: list[str], code: int, says: str) -> None:
    """What cannot be answered at all ends it with the code of any other command, and the screen was never taken."""
    terminal = watch(*arguments)

    assert code == terminal.end()
    assert says in terminal.shown
    assert ENTER not in terminal.shown


def test_a_dumb_terminal_cannot_be_drawn_on(case: Desk) -> None:
    """On a terminal that cannot be cleared it is wrong usage."""
    master, slave = pty.openpty()
    environ = {**os.environ, "TERM": "dumb", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*COMMAND, "due", "--watch"],
        cwd=case.folder,
        env=environ,
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        check=False,
        timeout=PATIENCE,
    )
    os.close(master)
    os.close(slave)

    assert (2, True) == (done.returncode, b"this one is dumb" in done.stderr)


# What is drawn, without a terminal

NOW = datetime(2026, 2, 26, 9, 5, tzinfo=UTC)
ROW = (
    "R1", "SML-2", "SML-2", "decide", "tm1", None, "A", "2026-02-23", "2026-02-24", "overdue", 2, 2, "working days",
    None,
)  # fmt: skip


def _picture(*, colour: bool = False) -> Picture:
    view = View(Session({}, NOW), COLUMNS, ("case", "what", "owner", "status"), None, None, (), "case")
    return Picture(view, colour=colour)


def _answer(*rows: tuple[Any, ...], notices: tuple[str, ...] = (), told: bool = False) -> Answer:
    return Answer(rows, notices, date(2026, 2, 26), told)


@contextmanager
def _taken(picture: Picture, at: float, *rows: tuple[Any, ...]) -> Iterator[list[str]]:
    answer = _answer(*rows)
    picture.take(answer.rows, at)
    yield picture.lines(answer, NOW, (80, 24), at)


def test_what_changed_is_marked_for_five_minutes() -> None:
    """A row that is new, or whose status, owner or date changed, is marked until five minutes are over."""
    picture = _picture()
    later = (*ROW[:4], "tm2", *ROW[5:])
    older = (*ROW[:10], 3, 3, "working days", None)
    with _taken(picture, 0, ROW) as first, _taken(picture, 10, older) as same, _taken(picture, 20, later) as changed:
        found = [[line for line in lines if "R1" in line] for lines in (first, same, changed)]
    after = picture.lines(_answer(later), NOW, (80, 24), 320.0)

    assert [["R1"], ["R1"], ["*"]] == [[line.split()[0] for line in lines] for lines in found]
    assert ["R1"] == [line.split()[0] for line in after if "R1" in line]


def test_the_heading_tells_when_and_how_many() -> None:
    """The day, the time in London, how many rows, how many of them overdue; in summer that is an hour later."""
    summer = datetime(2026, 7, 6, 23, 5, tzinfo=UTC)
    picture = _picture()
    heads = [picture.lines(_answer(ROW), when, (80, 24), 0.0)[0] for when in (NOW, summer)]

    assert "Due on Thu 26 Feb 2026 at 09:05: 1 overdue, 0 due today, 1 in all" == heads[0]
    assert "at 00:05" in heads[1]


@pytest.mark.parametrize("columns", [10, 20, 40])
def test_a_narrow_window_shows_the_whole_heading(columns: int) -> None:
    """How many are overdue is not cut off at the edge of a narrow window; the heading goes on below."""
    lines = _picture().lines(_answer(ROW), NOW, (columns, 24), 0.0)
    head = lines[: lines.index("")]

    assert "Due on Thu 26 Feb 2026 at 09:05: 1 overdue, 0 due today, 1 in all" == " ".join(head)
    assert all(len(line) <= columns for line in head)


def test_trouble_is_told_with_the_time_since_when() -> None:
    """What is wrong stands there in words that fit the window, the time since when, and no row at all."""
    trouble = Trouble(datetime(2026, 2, 26, 8, 40, tzinfo=UTC), PermissionError(13, "Permission denied", "/srv/cases"))
    lines = _picture(colour=True).lines(trouble, NOW, (40, 24), 0.0)

    assert [
        "\x1b[1mDue: not known on Thu 26 Feb 2026 at\x1b[0m",
        "\x1b[1m09:05\x1b[0m",
        "",
        "\x1b[1;31m/srv/cases: Permission denied\x1b[0m",
        "",
        "No list since 08:40 on Thu 26 Feb 2026.",
        "It comes back by itself once this is put",
        "right; q ends it.",
    ] == lines


@pytest.mark.parametrize("height", range(1, 12))
def test_a_low_window_shows_what_fits(height: int) -> None:
    """Whatever the height, the heading comes first and what is left out is counted."""
    rows = [(f"R{n}", *ROW[1:]) for n in range(20)]
    lines = _picture().lines(_answer(*rows), NOW, (80, height), 0.0)
    shown = sum("SML" in line or line.startswith("R") for line in lines)

    assert lines[0].startswith("Due on")
    assert lines[-1] == f"{20 - shown} more; q ends it"
    assert len(lines) <= max(height, 3)


def test_notices_stand_above_the_list() -> None:
    """What the reader should know of the log takes its lines from the list; nothing in it moves the cursor."""
    lines = _picture().lines(_answer(ROW, notices=("torn \x1b[2J",)), NOW, (80, 24), 0.0)

    assert "torn \\x1b[2J" == lines[1]


def test_text_from_records_does_nothing_to_the_terminal() -> None:
    """An id that would move the cursor is spelt out, as in every table."""
    lines = _picture().lines(_answer(("R\x1b[2J", *ROW[1:])), NOW, (80, 24), 0.0)

    assert "R\\x1b[2J" == lines[4].split()[0]
