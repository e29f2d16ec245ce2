"""The page as HTML: well formed, labelled, with a policy that fits it, and nothing in it from elsewhere."""

from __future__ import annotations

import re
from datetime import date

import pytest

from cinctl.board.collecting import Board, Happening, Horizon, Line, Made
from cinctl.board.months import Month
from cinctl.board.page import page
from cinctl.indicators.periods import Period
from cinctl.obligations import Duty
from cinctl.owed import Label
from cinctl.results import Obligation
from cinctl.session import Session
from cinctl.terminal import visible
from cinctl.workspace.boarding import board_store
from tests.board.conftest import MakeBoard
from tests.board.reader import CONTROLS, Element, Page, digest
from tests.cli.conftest import PROTOCOL, Desk
from tests.formats.readers import HOSTILE

SCRIPT = "<script>alert(1)</script>\"'&]]>"


def _name_of(button: Element) -> str:
    return button.text.strip()


@pytest.fixture(name="made")
def _made(demo: Desk, board: MakeBoard) -> Page:
    """The page of forty synthetic cases."""
    return board()


def test_every_element_is_closed_and_every_id_is_one(made: Page) -> None:
    """The strict reader read it; no id stands twice; whatever refers to an id refers to one."""
    elements = list(made.root.walk())
    ids = [one.attrs["id"] for one in elements if "id" in one.attrs]
    named = [one.attrs[name] for one in elements for name in ("for", "aria-labelledby") if name in one.attrs]
    named += [one.attrs["href"].removeprefix("#") for one in made.root.all("a")]

    assert made.content.startswith('<!DOCTYPE html>\n<html lang="en-GB">\n')
    assert len(set(ids)) == len(ids)
    assert set(named) <= set(ids)


def test_every_control_has_a_name(made: Page) -> None:
    """Each field has its label, each button its words, each section its heading, and the page its landmarks."""
    labels = [one.attrs.get("for") or one.one("input").attrs["id"] for one in made.root.all("label")]
    controls = [one.attrs["id"] for one in made.root.walk() if one.tag in CONTROLS]
    buttons = made.root.all("button")

    assert sorted(controls) == sorted(labels)
    assert [] == [one.attrs for one in buttons if not _name_of(one) or one.attrs.get("type") != "button"]
    assert [] == [one.attrs for one in made.root.all("section") if "aria-labelledby" not in one.attrs | _paper(one)]
    for landmark in ("header", "main", "footer", "h1", "search"):
        made.root.one(landmark)
    assert {"ascending", "none"} == {
        head.attrs["aria-sort"] for head in made.root.one("table", id="rows").all("th", scope="col")
    }


def _paper(section: Element) -> dict[str, str]:
    """Return as if named the one section that is empty until something is printed."""
    return {"aria-labelledby": ""} if section.attrs.get("id") == "paper" else {}


def test_nothing_comes_from_elsewhere(made: Page) -> None:
    """No address of anywhere, no link but within the page, no image, no frame, no form, no handler, no style."""
    elements = list(made.root.walk())
    attributes = [(name, value) for one in elements for name, value in one.attrs.items()]
    namespace = "http://www.w3.org/2000/svg"

    assert {"link", "img", "iframe", "form", "object", "embed", "base"}.isdisjoint(one.tag for one in elements)
    assert [] == [name for name, _ in attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert ["#due"] == [value for name, value in attributes if name == "href"]
    assert [] == re.findall(r"https?:|url\(|@import|//\w", made.content.replace(namespace, ""))


def test_the_policy_fits_the_page(made: Page) -> None:
    """Nothing is allowed but the page's own style and script, by their digests, and no text becomes markup."""
    style, plain = (one.text for one in made.root.all("style"))

    assert {
        "default-src": "'none'",
        "script-src": digest(made.script),
        "style-src": f"{digest(style)} {digest(plain)}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    } == made.policy
    metas = {meta.attrs.get("name"): meta.attrs["content"] for meta in made.root.all("meta") if "name" in meta.attrs}
    assert ("no-referrer", "noindex") == (metas["referrer"], metas["robots"])


def test_the_script_makes_no_markup_of_text(made: Page) -> None:
    """The script knows none of the ways in which text becomes markup or code, and keeps no word of a record."""
    ways = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser|\.style\b|localStorage"
    )

    assert [] == re.findall(ways, made.script)


def test_light_dark_and_paper(made: Page) -> None:
    """The style knows dark screens, paper, narrow screens, and readers who want nothing to move."""
    style = made.root.all("style")[0].text

    for query in ("prefers-color-scheme: dark", "print", "max-width", "prefers-reduced-motion", "forced-colors"):
        assert f"{query}" in style
    assert ":focus-visible" in style


@pytest.mark.parametrize("where", ["case", "unit", "owner", "title"])
def test_nothing_of_a_record_is_markup(desk: Desk, board: MakeBoard, where: str) -> None:
    """Whatever a reference, a unit, an owner or the title holds, the page has the same elements, and shows it."""
    plain, hostile = (_with(desk, board, where, word) for word in ("plain", SCRIPT))

    assert [one.tag for one in plain.root.walk()] == [one.tag for one in hostile.root.walk()]
    assert SCRIPT in hostile.root.one("main" if where != "title" else "h1").text
    assert "<script>alert" not in hostile.content
    told = [*hostile.timelines["names"], *(case[0] for case in hostile.timelines["cases"])]
    assert (SCRIPT in told) == (where != "title")


def _with(desk: Desk, board: MakeBoard, where: str, word: str) -> Page:
    here = ("--store", f"{where}-{len(word)}.jsonl")
    owner, unit, case = (word if where == name else "x" for name in ("owner", "unit", "case"))
    (desk.folder / "led.toml").write_text(PROTOCOL + LED, encoding="utf-8")
    (desk.folder / here[1]).touch(mode=0o600)
    for line in (
        ("staff", "join", owner, "--role", "social_worker", "--unit", unit, "--qualified", "--on", "2024-01-08"),
        ("staff", "join", "tm", "--role", "team_manager", "--unit", unit, "--qualified", "--on", "2024-01-08"),
        ("refer", case, "--source", "1A", "--born", "2015-06-01", "--on", "2026-02-23"),
        ("decide", case, "--outcome", "section-17", "--by", "tm", "--on", "2026-02-24"),
        ("map", case, "--by", "tm", "--on", "2026-02-24"),
        ("allocate", case, "--to", owner, "--by", "tm", "--on", "2026-02-24"),
    ):
        told = desk.run(*here, "--protocol", "led.toml", *line)
        assert 0 == told.code, told.err
    return board(*here, "--protocol", "led.toml", "--title", word if where == "title" else "x")


LED = """
[[clock]]
id = "SML-9"
starts = "refer"
stops = "close"
within = "3 days"
owner = "lead"
say = "end it"
"""


@pytest.mark.parametrize("word", HOSTILE)
def test_no_word_is_markup_or_hides(word: str) -> None:
    """Whatever stands in any field of a board, the page has the same elements, and what would hide is spelt out."""
    plain, hostile = (Page("".join(page(_board_of(one)))) for one in ("plain", word))
    shown = visible(word).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")

    assert [one.tag for one in plain.root.walk()] == [one.tag for one in hostile.root.walk()]
    assert [shown] * 2 == [hostile.root.one("h1").text, hostile.root.one("title").text]
    cells = [
        cell.text for cell in hostile.root.one("table", id="rows").one("tbody").one("tr").walk() if cell.tag != "tr"
    ]
    assert sum(shown in cell for cell in cells) >= 4
    assert visible(word) in hostile.timelines["names"]
    assert "\u2028" not in hostile.content
    assert "\u202e" not in hostile.content


def _board_of(word: str) -> Board:
    """Return a board of one case, with *word* wherever a record or a protocol has a say."""
    today = date(2026, 3, 2)
    label = Label(word, word, word, None)
    row = Obligation(word, word, word, word, word, word, word, "2026-02-23", "2026-02-24", "overdue", 6, 6, "days")
    duty = Duty(
        case=word, staff=None, label=label, owner=word, owner_role=None, lead=word, unit=word, start=today, due=today,
        finished=None, status="due_soon", late_days=None, waived_until=None, begun=1, ended=None, cycle=0,
    )  # fmt: skip
    line = Line(word, "open", word, word, word, today, [Happening(today, "note", word)], [duty])
    made = Made(word, word, word, 1, word, word)
    ahead = Horizon(date(2026, 3, 9), "next 5 working days")
    return Board(word, today, ahead, [row], [line], [Month(Period(today, today))], 1, 0, 0, word, made)


def test_the_same_bytes(demo: Desk, board: MakeBoard) -> None:
    """The same store, protocol and day give the same page, with or without a cache."""
    first = board().content
    (demo.folder / "cases.jsonl.cache").unlink(missing_ok=True)

    assert first == board().content
    assert first != board(today="2026-03-03").content


def test_a_live_page_asks_its_own_server_only(demo: Desk) -> None:
    """A page for a server may ask where it came from, says what the server calls it, and is else the same."""
    session = Session(environ={})
    session.given["today"] = date(2026, 3, 2)
    told, _ = board_store(session.workspace, "Duty board")
    plain, live = (Page("".join(page(told, live=live))) for live in ("", "7"))

    assert {**plain.policy, "connect-src": "'self'"} == live.policy
    root = live.root.one("html").attrs
    assert "7" == root["data-stamp"]
    assert "data-live" in root
    assert "data-live" not in plain.root.one("html").attrs
    assert [one.tag for one in plain.root.walk()] == [one.tag for one in live.root.walk()]
