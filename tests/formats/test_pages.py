"""The pages in Markdown and HTML: what they tell, and that no id is markup in them."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from cinctl.formats.markdown import render
from cinctl.terminal import visible
from tests.formats.readers import HOSTILE, SAY, Page, entry, report, text

STATISTICS = [{"by": "rule", "name": "X-1", "findings": 2}, {"by": "unit", "name": None, "findings": 2}]


def _rows(content: str) -> list[list[str]]:
    """Return the cells of every table row of a Markdown page, as written."""
    lines = [line for line in content.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1] for line in lines]


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_page_says_how_it_was_made(form: str) -> None:
    """Day, protocol with its hash, counts, filters and findings are all there; what was left out is counted."""
    told = report([entry(standing="waived")], left_out={"warn": 2}, statistics=STATISTICS)
    header = {**told.header, "filters": {"select": ["X"], "left_out": {"deny": 1}}}

    content = text(form, report(told.entries, left_out={"warn": 2}, statistics=STATISTICS, header=header))

    for words in ("2026-03-02", "ab" * 32, "select X; left out 1 deny", SAY, "waived until 2026-08-01", "unit"):
        assert words in content
    assert "2 more findings (2 warn) not shown" in content


def test_a_page_of_nothing() -> None:
    """Without findings the page says so."""
    assert "No findings to show." in text("markdown", report([]))
    assert [] == Page(text("html", report([]))).cells


def test_a_cut_page_keeps_its_limit() -> None:
    """A job summary stops before it is too long, says so, and stands alone where there is no room at all."""
    many = report([entry(number=n) for n in range(1, 200)])

    cut = "".join(render(many, 4000))

    assert len(cut.encode()) <= 4000
    assert cut.endswith("The rest does not fit here.\n")
    assert text("markdown", many).startswith(cut[: cut.index("\nThe rest")])
    assert "" == "".join(render(many, -5))


def test_the_page_runs_and_fetches_nothing() -> None:
    """No script, no link, no event handler; the policy allows one style, which is the page's own."""
    page = Page(text("html", report([entry()])))
    style = re.search("<style>(.*?)</style>", text("html", report([entry()])), re.DOTALL)
    assert style is not None
    [policy] = [v for _, name, v in page.attributes if name == "content" and v is not None and "default-src" in v]

    assert {"script", "link", "img", "iframe", "a", "form"}.isdisjoint(page.tags)
    assert [] == [name for _, name, _ in page.attributes if name.startswith("on") or name in ("src", "href")]
    assert f"style-src 'sha256-{b64encode(sha256(style[1].encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "prefers-color-scheme: dark" in style[1]


@pytest.mark.parametrize("who", HOSTILE)
def test_no_id_is_markup_in_html(who: str) -> None:
    """Whatever an id holds, the page has the same elements, and one cell shows the id."""
    plain, hostile = (Page(text("html", report([entry(one)]))) for one in ("R1", who))

    assert plain.tags == hostile.tags
    assert visible(who).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff") == hostile.cells[2]


@pytest.mark.parametrize("who", HOSTILE)
def test_no_id_is_markup_in_markdown(who: str) -> None:
    """Whatever an id holds, its row has as many cells as any, and no mark in it is without its backslash."""
    content = text("markdown", report([entry(who)]))
    rows = _rows(content)

    assert {5} == {len(row) for row in rows}
    assert visible(who) == re.sub(r"\\(.)", r"\1", rows[1][2].strip())
    assert None is re.search(r"(?<!\\)(?:\\\\)*[`*<>\[\]]", rows[1][2])
    assert len(text("markdown", report([entry()])).splitlines()) == len(content.splitlines())
