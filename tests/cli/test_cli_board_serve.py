"""`board --serve`: a page on loopback that is renewed with the store, and never looks fresh when it is not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from cinctl.serving import Page, Server
from tests.cli.conftest import Desk

PATIENCE = 60.0
COMMAND = [sys.executable, "-m", "cinctl"]
REFER = "refer {case} --source 1A --born 2015-06-01 --need N1 --on 2026-02-26"


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


class Board:
    """A board that is served."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--today", "2026-02-26", "board", "--serve", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().rstrip("\n")

    def get(self, name: str = "") -> Reply:
        """Return the page, or what stands beside it under *name*."""
        found = urlsplit(self.address)
        link = HTTPConnection(found.hostname or "", found.port, timeout=PATIENCE)
        link.request("GET", f"{found.path}{name}")
        answer = link.getresponse()
        reply = Reply(answer.status, dict(answer.getheaders()), answer.read().decode())
        link.close()
        return reply

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """End it by a signal; return its exit code and what else it wrote to stdout and stderr."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


Serve = Callable[..., Board]


@pytest.fixture(name="serve")
def _serve(case: Desk) -> Iterator[Serve]:
    """Serve the board of the store with one case, two days late."""
    begun: list[Board] = []

    def start(*arguments: str) -> Board:
        begun.append(Board(case.folder, *arguments))
        return begun[-1]

    yield start
    for board in begun:
        board.end(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)


def test_the_page_is_served_at_the_address_that_is_printed(serve: Serve) -> None:
    """The one line on stdout leads to the page of today."""
    board = serve()
    page = board.get()

    assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+/[-_A-Za-z0-9]{43}/", board.address)
    assert 200 == page.status
    assert ">R1<" in page.text


def test_the_policy_of_the_page_is_a_header_too(serve: Serve) -> None:
    """What the page says it keeps to, the server says too, and that no page may frame it."""
    page = serve().get()
    said = re.search('Content-Security-Policy" content="([^"]*)"', page.text)

    assert said is not None
    assert f"{said[1]}; frame-ancestors 'none'" == page.headers["Content-Security-Policy"]


def test_the_page_knows_what_the_server_calls_it(serve: Serve) -> None:
    """The page goes by what `head` says, and asks nothing of any server but this one."""
    board = serve()
    page, mark = board.get(), board.get("head")

    assert f'data-stamp="{mark.text.strip()}" data-live' in page.text
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]


def test_it_stays_the_same_while_nothing_changes(serve: Serve) -> None:
    """The same page, byte for byte, under the same name."""
    board = serve()

    assert (board.get().text, board.get("head").text) == (board.get().text, board.get("head").text)


@pytest.mark.parametrize("first", ["", "head"])
def test_what_is_recorded_is_in_the_next_page(case: Desk, serve: Serve, first: str) -> None:
    """Once a step is recorded, whoever asks next gets a page with it, and another name for it."""
    board = serve()
    before = board.get("head").text
    case.must(REFER.format(case="R2"))
    board.get(first)

    assert ">R2<" in board.get().text
    assert before != board.get("head").text


def test_many_who_ask_at_once_get_one_page(case: Desk, serve: Serve) -> None:
    """However many ask after a change, the page is made once for all of them."""
    board = serve()
    before = int(board.get("head").text)
    case.must(REFER.format(case="R2"))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(board.get().text)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert [board.get().text] * 20 == found
    assert before + 1 == int(board.get("head").text)


def test_a_store_that_is_corrupt_for_a_while(case: Desk, serve: Serve) -> None:
    """While the log does not hold there is no page but one that says so, and then the board is there again."""
    log = case.folder / "cases.jsonl"
    whole = log.read_bytes()
    board = serve()
    log.write_bytes(whole.replace(b"2015-06-01", b"2015-06-02"))
    page, mark = board.get(), board.get("head")
    assert (503, 503, "5") == (page.status, mark.status, page.headers["Refresh"])
    assert "line 3 does not hold" in page.text
    assert "R1" not in page.text

    log.write_bytes(whole)
    assert (200, 200) == (board.get().status, board.get("head").status)
    assert ">R1<" in board.get().text


def test_a_store_that_is_gone_for_a_while(case: Desk, serve: Serve) -> None:
    """While there is no store there is no board."""
    board = serve()
    os.rename(case.folder / "cases.jsonl", case.folder / "aside")
    page = board.get()
    assert 503 == page.status
    assert "there is no store" in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]

    os.rename(case.folder / "aside", case.folder / "cases.jsonl")
    assert 200 == board.get().status


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="only Linux tells which files are open")
@pytest.mark.parametrize("spoilt", [False, True])
def test_a_log_that_was_replaced_is_not_held_open(case: Desk, serve: Serve, spoilt: bool) -> None:
    """What a redaction took away is gone from the disk too, once somebody looked; also where the new log is no good."""
    log = case.folder / "cases.jsonl"
    board = serve()
    for n in range(2):
        copy = case.folder / f"copy-{n}"
        copy.write_bytes(log.read_bytes() if not spoilt else b"nonsense\n")
        os.replace(copy, log)
        assert (503 if spoilt else 200) == board.get().status

    folder = f"/proc/{board.process.pid}/fd"
    held = [os.readlink(os.path.join(folder, name)) for name in os.listdir(folder)]
    assert [] == [path for path in held if "jsonl" in path]


def test_a_protocol_that_is_being_edited(case: Desk, serve: Serve) -> None:
    """What the protocol says anew is in the next page, though nothing was recorded."""
    protocol = case.folder / "small.toml"
    text = protocol.read_text(encoding="utf-8")
    board = serve()
    before = board.get("head").text
    protocol.write_text(text.replace("decide next steps", "decide on it now"), encoding="utf-8")

    assert "decide on it now" in board.get().text
    assert before != board.get("head").text


def test_the_options_of_a_page_count(case: Desk, serve: Serve) -> None:
    """A board of one unit under a title of its own is served as it is written."""
    page = serve("--unit", "A", "--title", "North & South").get()

    assert "<h1>North &amp; South</h1>" in page.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_a_signal_ends_it(serve: Serve, name: str, code: int) -> None:
    """It ends as any command does; the token stands nowhere but in the answer."""
    board = serve()
    board.get()
    ended, out, err = board.end(getattr(signal, name))

    assert (code, "", "Ctrl-C ends it; whoever has this address can read the page\n") == (ended, out, err)


def test_what_the_reader_should_know_is_told_once(case: Desk, serve: Serve) -> None:
    """That a torn line is left out is said on stderr, and not again with every page."""
    board = serve()
    with (case.folder / "cases.jsonl").open("ab") as file:
        file.write(b'{"v":1,"seq":')
    first = board.get("head").text
    os.utime(case.folder / "small.toml")
    assert first != board.get("head").text

    _, _, err = board.end()
    assert 1 == err.count("ends in a torn line")


def test_a_port_that_is_taken(case: Desk) -> None:
    """The system says no: one line, and what to do."""
    with_port = Server(lambda: Page(b"", "", ""))
    result = case.run("board", "--serve", "--port", str(with_port.port))
    with_port.close()

    assert (6, "", 1) == (result.code, result.out, result.err.count("\n"))
    assert "--port" in result.err


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("board --serve -o board.html", 2, "-o and --serve exclude each other"),
        ("board --port 8000", 2, "--port is where --serve listens"),
        ("board --serve --port 70000", 2, "--port"),
        ("board --serve --unit Z", 2, "--unit: 'Z'"),
        ("--store nowhere.jsonl board --serve", 4, "there is no store"),
        ("--protocol nothing.toml board --serve", 5, "nothing.toml"),
    ],
)
def test_what_cannot_be_served_is_an_error_from_the_start(case: Desk, line: str, code: int, says: str) -> None:
    """Without a page to begin with no address is printed; the exit code is that of any other command."""
    result = case.type(line)

    assert (code, "") == (result.code, result.out)
    assert says in result.err
