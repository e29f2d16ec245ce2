"""A page that a server keeps: renewed when the log has grown, with all that the reader did, and honest about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cinctl.board.page import page, stamp
from cinctl.cli import run
from cinctl.shell import Session
from cinctl.workspace.boarding import board_store
from tests.browser.conftest import TODAY, Tab

WAIT = 15_000


class Desk:
    """A store, the page that is made of it anew for whoever asks, and a server of it on this machine."""

    def __init__(self, folder: Path) -> None:
        self.here = ["--store", str(folder / "live.jsonl"), "--protocol", "bristol", "--today", TODAY]
        self.must("demo", "--cases", "20")
        desk = self

        class Handler(BaseHTTPRequestHandler):
            """Answers for the page and for what it was made from."""

            def do_GET(self) -> None:
                """Answer."""
                told = desk.stamp() if self.path == "/x/head" else desk.page()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain" if self.path == "/x/head" else "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(told.encode())

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/x/"

    def must(self, *args: str) -> None:
        """Run one command line that has to be accepted."""
        assert 0 == run([*self.here, *args])

    def _board(self) -> Any:
        session = Session(environ={})
        session.given.update(store=self.here[1], protocol="bristol", today=date.fromisoformat(TODAY))
        return board_store(session.workspace, "Live")[0]

    def page(self) -> str:
        """Return the page of now."""
        return "".join(page(self._board(), live=True))

    def stamp(self) -> str:
        """Return what changes when the store does."""
        board = self._board()
        return stamp(board.made.length, board.made.head, board.today)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    """A store of twenty cases, served."""
    made = Desk(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_the_page_is_renewed(chromium: Any, desk: Desk) -> None:
    """A new case appears unasked; search and focus stay; it waits while told to, and says when the server is gone."""
    tab = Tab(chromium.new_page(), Path("/"))
    tab.page.goto(desk.address)
    tab.page.locator("#q").fill("next steps")
    before = tab.shown
    desk.must("refer", "NEW-1", "--source", "1A", "--born", "2015-06-01", "--on", "2026-03-02")
    tab.page.locator("#rows .case", has_text="NEW-1").wait_for(timeout=WAIT)

    assert (before + 1, "next steps", "q") == (tab.shown, tab.page.locator("#q").input_value(), tab.focused())
    assert [] == tab.complaints
    tab.page.locator("#pause").click()
    desk.must("refer", "NEW-2", "--source", "1A", "--born", "2015-06-01", "--on", "2026-03-02")
    tab.page.wait_for_timeout(5000)
    assert 0 == tab.page.locator("#rows .case", has_text="NEW-2").count()
    tab.page.locator("#pause").click()
    tab.page.locator("#rows .case", has_text="NEW-2").wait_for(timeout=WAIT)
    desk.server.shutdown()
    desk.server.server_close()
    tab.page.locator("#renewal", has_text="No longer renewed since ").wait_for(timeout=WAIT)
    tab.page.close()
