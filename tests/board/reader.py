"""A strict reader of the board's page: every element closed where it was opened, and what its parts say."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"meta", "br", "input"})
DRAWN = frozenset({"rect", "line"})
"""Elements of SVG that close themselves."""
CONTROLS = frozenset({"input", "select"})


class Element:
    """One element: its attributes, its text without that of its children, and its children in order with texts."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: Element | None) -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.content: list[Element | str] = []

    def walk(self) -> Iterator[Element]:
        """Yield this element and all under it, in the order of the page."""
        yield self
        for child in self.content:
            if isinstance(child, Element):
                yield from child.walk()

    @property
    def text(self) -> str:
        """All text under it."""
        return "".join(child if isinstance(child, str) else child.text for child in self.content)

    def all(self, tag: str, **attrs: str) -> list[Element]:
        """Return the elements *tag* under it whose attributes are *attrs*, `_` standing for `-`."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            one
            for one in self.walk()
            if one.tag == tag and all(one.attrs.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str, **attrs: str) -> Element:
        """Return the only such element."""
        [found] = self.all(tag, **attrs)
        return found


class Page(HTMLParser):
    """The page *content*, read. Raises AssertionError where an element is not closed where it was opened."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.content = content
        self.root = self._at = Element("page", {}, None)
        self.feed(content)
        self.close()
        assert self._at is self.root, f"{self._at.tag} is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element."""
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"{tag} has an attribute twice"
        made = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.content.append(made)
        if tag not in VOID:
            self._at = made

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element that closes itself."""
        assert tag in DRAWN, f"{tag} closes itself"
        self._at.content.append(Element(tag, {name: value or "" for name, value in attrs}, self._at))

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        assert tag == self._at.tag, f"{tag} is closed within {self._at.tag}"
        assert self._at.parent is not None
        self._at = self._at.parent

    def handle_data(self, data: str) -> None:
        """Take in text."""
        self._at.content.append(data)

    # What it says

    @property
    def policy(self) -> dict[str, str]:
        """The content policy, by directive."""
        [meta] = [m for m in self.root.all("meta") if m.attrs.get("http-equiv") == "Content-Security-Policy"]
        parts = [part.strip().partition(" ") for part in meta.attrs["content"].split(";")]
        return {name: value for name, _, value in parts}

    @property
    def script(self) -> str:
        """The script that runs."""
        [found] = [one for one in self.root.all("script") if "type" not in one.attrs]
        return found.text

    @property
    def timelines(self) -> Any:
        """The timelines, read as JSON."""
        return json.loads(self.root.one("script", id="timelines").text)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of each row of what is due: standing with the date, case, what with the rule, owner, unit."""
        body = self.root.one("table", id="rows").one("tbody")
        return [[" ".join(_parts(cell)) for cell in row.content if isinstance(cell, Element)] for row in body.all("tr")]

    def count(self, facet: str, value: str) -> int:
        """Return the number on the tile of *facet* and *value*."""
        tile = next(b for b in self.root.all("button", data_f=facet, data_v=value) if "tile" in b.attrs["class"])
        return int(tile.one("span", class_="count").text.replace(",", ""))

    def panel(self, facet: str) -> dict[str, tuple[int, int]]:
        """Return how many are overdue and how many there are, by the name on each button of *facet*."""
        found = {}
        for button in self.root.all("button", data_f=facet):
            if "choice" in button.attrs["class"]:
                late = re.sub(r"\D", "", button.one("b").text) or "0"
                found[button.one("span", class_="name").text] = int(late), int(button.one("i").text.replace(",", ""))
        return found

    def case(self, id_: str) -> Any:
        """Return the timeline of case *id_*."""
        [found] = [case for case in self.timelines["cases"] if case[0] == id_]
        return found


def _parts(cell: Element) -> Iterator[str]:
    """Yield the texts of a cell, without signs for the eye alone."""
    for child in cell.content:
        if isinstance(child, str):
            text = child.strip()
            if text:
                yield text
        elif "aria-hidden" not in child.attrs:
            yield from _parts(child)


def digest(text: str) -> str:
    """Return what a content policy calls *text*."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
