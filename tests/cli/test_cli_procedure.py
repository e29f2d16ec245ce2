"""`protocol docs` and `graph`: the written procedure of any protocol, which says all and forges nothing."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import tomli_w

from cinctl.protocol import bundled, load
from tests.cli.conftest import PROTOCOL
from tests.formats.readers import HOSTILE, Page

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

SAFE = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "nav",
    "ul",
    "li",
    "a",
    "p",
    "table",
    "thead",
    "tbody",
}
SAFE |= {"tr", "th", "td", "h1", "h2", "h3", "h4"}


@pytest.mark.parametrize("form", ["markdown", "html"])
@pytest.mark.parametrize("name", bundled())
def test_nothing_is_left_out(bare: Desk, name: str, form: str) -> None:
    """Every rule that is judged or waits for a param, every role, code, training and disabled rule is in the page."""
    text = bare.must(f"protocol docs {name} -f {form}").out.replace("\\", "")
    protocol = load(name)

    ids = [*protocol.gates, *protocol.clocks, *protocol.roles, *protocol.disabled]
    ids += [word for codes in protocol.codes.values() for word in codes]
    assert [] == [id_ for id_ in ids if id_ not in text]
    assert protocol.hash in text
    for heading in ("Roles", "Who may do what", "Steps", "Time limits", "Training", "To fill in", "Clauses", "Sources"):
        assert heading in text


@pytest.mark.parametrize("name", bundled())
def test_page_is_accessible_and_inert(bare: Desk, name: str) -> None:
    """No script, nothing fetched, a policy that says so; headings skip no level; every table has heads and a name."""
    text = bare.must(f"protocol docs {name} -f html").out
    page = Page(text)

    assert set(page.tags) <= SAFE
    assert {"#"} == {str(value)[0] for tag, key, value in page.attributes if key in ("href", "src")}
    assert "default-src 'none'" in text
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert 1 == levels[0] == levels.count(1)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    tables = page.tags.count("table")
    assert tables == len([1 for tag, key, _ in page.attributes if (tag, key) == ("table", "aria-labelledby")])
    assert page.tags.count("th") == len([1 for tag, key, _ in page.attributes if (tag, key) == ("th", "scope")])
    targets = {value for _, key, value in page.attributes if key == "id"}
    assert {str(v)[1:] for _, key, v in page.attributes if key == "href"} <= targets
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_what_a_small_protocol_says(desk: Desk) -> None:
    """The config's protocol unless one is named; a step is told with what it needs and what follows, whose and when."""
    told = desk.must("protocol docs").out

    assert told == desk.must("protocol docs small.toml").out
    need = (
        "| a team mapping takes place before allocation | always | the date of the last map is on or before the date of"
    )
    assert need in told
    assert "| decide next steps | always | 1 working day | manager | SML-2, Small §2 |" in told
    assert "## Training\n\nNone.\n" in told


def _hostile(desk: Desk, words: str) -> None:
    tables = tomllib.loads(PROTOCOL)
    tables["protocol"]["title"] = words
    tables["roles"]["team_manager"]["title"] = tables["roles"]["team_manager"]["say"] = words
    tables["codes"]["outcome"]["section_17"]["title"] = words
    for rule in (*tables["gate"], *tables["clock"]):
        rule["say"] = words
    tables["sources"]["SML"] |= {"title": words, "short": words, "url": words}
    for clause in tables["clauses"].values():
        clause |= {"section": words, "says": words}
    text = tomli_w.dumps(tables)
    (desk.folder / "hostile.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("words", [words for words in HOSTILE if "\ud83d" not in words])
def test_texts_forge_nothing(bare: Desk, words: str) -> None:
    """Whatever titles, says and clauses hold, the page has the elements that it always has, and one line a row."""
    _hostile(bare, "plain words")
    page, lines = (bare.must(f"protocol docs hostile.toml -f {form}").out for form in ("html", "markdown"))
    _hostile(bare, words)
    told, text = (bare.must(f"protocol docs hostile.toml -f {form}").out for form in ("html", "markdown"))

    assert Page(page).tags == Page(told).tags
    assert Page(page).attributes == Page(told).attributes
    assert lines.count("\n") == text.count("\n")
    bare_of_escapes = [re.sub(r"\\.", "", line) for line in text.split("\n")]
    assert [line.count(" | ") for line in lines.split("\n")] == [line.count(" | ") for line in bare_of_escapes]
    for out in (told, text, bare.must("protocol graph hostile.toml -f dot").out):
        assert not set(out) & set("\x00\x07\x1b\r\u202e\u2028\u200b\ufeff")
    for line in ("protocol explain", "protocol diff bristol hostile.toml"):
        answer = bare.must(f"--protocol hostile.toml {line} -f csv").out
        assert not re.search(r"(^|,)[=@]", answer, re.MULTILINE)
        assert json.loads(bare.must(f"--protocol hostile.toml {line} --json").out)


@pytest.mark.parametrize("command", ["docs", "graph"])
def test_output_and_wrong_usage(desk: Desk, command: str) -> None:
    """-o writes what stdout would have; never over the protocol itself; a protocol that is not there is exit 5."""
    told = desk.must(f"protocol {command} small.toml").out
    desk.must(f"protocol {command} small.toml -o out.txt")

    assert told == (desk.folder / "out.txt").read_text(encoding="utf-8")
    assert 2 == desk.type(f"protocol {command} small.toml -o small.toml").code
    assert PROTOCOL == (desk.folder / "small.toml").read_text(encoding="utf-8")
    assert 5 == desk.type(f"protocol {command} nowhere").code
    assert 2 == desk.type(f"protocol {command} -f csv").code
