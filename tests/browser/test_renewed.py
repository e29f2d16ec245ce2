"""A page that a server keeps: renewed when the log has grown, with all that the reader did, and honest about it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cinctl.cli import run
from tests.browser.conftest import TODAY, Tab

WAIT = 60_000


class Desk:
    """A store, and its board on this machine."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "live.jsonl"
        self.here = ["--store", str(self.store), "--protocol", "bristol", "--today", TODAY]
        self.must("demo", "--cases", "20")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cinctl", *self.here, "board", "--serve"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().rstrip("\n")

    def must(self, *args: str) -> None:
        """Run one command line that has to be accepted."""
        assert 0 == run([*self.here, *args])

    def end(self) -> None:
        """Let there be no server any more."""
        self.process.terminate()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    """A store of twenty cases, served."""
    made = Desk(tmp_path)
    yield made
    made.end()


@pytest.fixture(name="tab")
def _tab(chromium: Any, desk: Desk) -> Iterator[Tab]:
    """Its board in a browser."""
    tab = Tab(chromium.new_page(), Path("/"))
    tab.page.goto(desk.address)
    yield tab
    tab.page.close()


def test_the_page_is_renewed(tab: Tab, desk: Desk) -> None:
    """A new case appears unasked; search and focus stay; it waits while told to or a case is open; it says why."""
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
    tab.page.locator("#q").fill("")
    tab.page.locator("#rows .case").first.click()
    desk.must("refer", "NEW-3", "--source", "1A", "--born", "2015-06-01", "--on", "2026-03-02")
    tab.page.locator("dialog #renewal", has_text="Something changed since").wait_for(timeout=WAIT)
    assert tab.page.locator("#case").is_visible()
    tab.page.keyboard.press("Escape")
    tab.page.locator("#rows .case", has_text="NEW-3").wait_for(timeout=WAIT)
    assert "Duty board" == tab.page.title()
    desk.end()
    tab.page.locator("#renewal", has_text="No longer renewed since ").wait_for(timeout=WAIT)
    assert "Not renewed: Duty board" == tab.page.title()
    tab.page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    assert tab.page.evaluate("document.querySelector('#renewal').getBoundingClientRect().bottom === innerHeight")


def test_a_store_that_does_not_hold_is_no_board(tab: Tab, desk: Desk) -> None:
    """While the store cannot be read the browser shows what is wrong and no list, and then the list by itself again."""
    aside = desk.store.with_name("aside")
    os.rename(desk.store, aside)
    tab.page.get_by_text("there is no store").wait_for(timeout=WAIT)
    assert 0 == tab.page.locator("#rows").count()

    os.rename(aside, desk.store)
    tab.page.locator("#rows").wait_for(timeout=WAIT)
