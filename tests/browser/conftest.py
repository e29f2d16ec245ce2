"""A real browser, and the pages to open in it: they are made as anybody would make them, and opened from files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cinctl.cli import run

ROOT = Path(__file__).resolve().parent.parent.parent
SHOTS = ROOT / "build" / "browser"
TODAY = "2026-03-02"
HOSTILE = "<script>window.ran=1</script>\"'&<img/src/onerror=ran=1>"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


class Tab:
    """One page, opened: what the browser complained of is kept, and there is to be nothing."""

    def __init__(self, page: Any, path: Path) -> None:
        self.page, self.path = page, path
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "http://127.0.0.1")):
            self.complaints.append(f"asked for {request.url}")

    def open(self, view: str = "") -> Tab:
        """Load the page anew, with *view* behind the `#` of its address."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.path.as_uri()}#{view}")
        return self

    @property
    def shown(self) -> int:
        """How many rows are shown."""
        return int(self.page.locator("#rows tbody tr:not([hidden])").count())

    def says(self) -> str:
        """Return what the live region says."""
        return str(self.page.locator("#shown").text_content())

    def focused(self) -> str:
        """Return the id or the words of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.textContent"))

    def shoot(self, name: str) -> None:
        """Keep a picture of what is in sight, to be looked at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SHOTS / f"{name}.png"))

    def violations(self) -> list[str]:
        """Return what axe, which runs beside the page, finds against WCAG 2.2 AA; and texts that are too faint."""
        # What lies half under the head of the table, which stays in sight, would be too small a target for that.
        self.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        protocol = self.page.context.new_cdp_session(self.page)
        tree = protocol.send("Page.getFrameTree")
        world = protocol.send("Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"]})
        axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        asked = (
            f"axe.run(document, {{runOnly: {json.dumps(LEVELS)}}}).then((found) => JSON.stringify(found.violations))"
        )
        told: dict[str, Any] = {}
        for code in (axe, asked):
            told = protocol.send(
                "Runtime.evaluate",
                {"expression": code, "contextId": world["executionContextId"], "awaitPromise": True},
            )
            assert "exceptionDetails" not in told, told
        faint = [f"too faint: {text}" for text in self.page.evaluate(FAINT)]
        return faint + [
            f"{one['id']}: {node['html']} {node['failureSummary']}"
            for one in json.loads(told["result"]["value"])
            for node in one["nodes"]
        ]


# axe leaves out signs, single letters, and what lies half in sight: here every text is held against what lies under it.
FAINT = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, n) => sum + one * [0.2126, 0.7152, 0.0722][n], 0);
  const under = (one) => {
    for (let at = one; at !== null; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] === 1) { return found; }
    }
    return parts(getComputedStyle(document.documentElement).backgroundColor);
  };
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !one.checkVisibility() || one.closest(".hush, script, option, title")) {
      continue;
    }
    const style = getComputedStyle(one), drawn = one.namespaceURI.endsWith("svg");
    const two = [parts(drawn ? style.fill : style.color), under(one)].map(light).sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (two[0] + 0.05) / (two[1] + 0.05);
    if (ratio < (large ? 3 : 4.5)) { faint.push(ratio.toFixed(2) + " " + walk.currentNode.textContent.trim()); }
  }
  return faint;
}"""


@pytest.fixture(name="chromium", scope="session")
def _chromium() -> Iterator[Any]:
    """The browser that $CHROMIUM names."""
    from playwright.sync_api import sync_playwright

    if "CHROMIUM" not in os.environ:
        pytest.fail("no browser is named: run make test-browser, or set CHROMIUM to the path of one")
    with sync_playwright() as found:
        browser = found.chromium.launch(executable_path=os.environ["CHROMIUM"], args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(name="folder", scope="session")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pages are."""
    return tmp_path_factory.mktemp("boards")


def _made(folder: Path, name: str, cases: int, open_: int | None = None) -> Path:
    here = ["--store", str(folder / f"{name}.jsonl"), "--protocol", "bristol", "--today", TODAY]
    number = ["--cases", str(cases), *(["--open", str(open_)] if open_ is not None else [])]
    assert 0 == run([*here, "demo", *number])
    assert 0 == run([*here, "refer", HOSTILE, "--source", "1A", "--born", "2015-06-01", "--on", "2026-02-20"])
    assert 0 == run([*here, "board", "-o", str(folder / f"{name}.html")])
    return folder / f"{name}.html"


@pytest.fixture(name="small", scope="session")
def _small(folder: Path) -> Path:
    """The page of sixty cases, and one whose reference is hostile."""
    return _made(folder, "small", 60)


@pytest.fixture(name="large", scope="session")
def _large(folder: Path) -> Path:
    """The page of more than 5,000 open obligations."""
    return _made(folder, "large", 3300, 2300)


@pytest.fixture(name="tab", params=[{}])
def _tab(request: pytest.FixtureRequest, chromium: Any, small: Path) -> Iterator[Tab]:
    """The small page, opened; a parameter is how: a colour scheme, a size."""
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **request.param})
    made = Tab(context.new_page(), small).open()
    yield made
    context.close()
    assert [] == made.complaints
