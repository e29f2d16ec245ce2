"""Say what a built site would fetch from elsewhere: a page may link to another place, and that is all.

python tools/check_site.py FOLDER
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

_ELSEWHERE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)
_IN_SCRIPT = re.compile(r"[\"'`](https?://(?!www\.w3\.org/)[^\"'`\s]*)", re.IGNORECASE)


class _Page(HTMLParser):
    """Collects what a page fetches: every `src` and the like, and every `href` but that of a link to follow."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        for name, value in attrs:
            if name in ("src", "srcset", "data", "poster", "action", "formaction") or (name == "href" and tag != "a"):
                self.fetched += [value] if value and _ELSEWHERE.match(value) else []
            elif name == "style":
                self.fetched += _IN_STYLE.findall(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        pattern = {"style": _IN_STYLE, "script": _IN_SCRIPT}.get(self._within)
        self.fetched += pattern.findall(data) if pattern else []


def faults(site: Path) -> Iterator[str]:
    """Yield one line for each thing that a page, style or script in *site* would fetch from another host."""
    for path in sorted(site.rglob("*")):
        if path.suffix in (".html", ".css", ".js") and path.is_file():
            text = path.read_text(encoding="utf-8")
            for address in _fetched(path.suffix, text):
                yield f"{path.relative_to(site).as_posix()}: {address}"


def _fetched(suffix: str, text: str) -> list[str]:
    if suffix == ".css":
        return _IN_STYLE.findall(text)
    if suffix == ".js":
        return [] if text.startswith("var __index = ") else _IN_SCRIPT.findall(text)
    page = _Page()
    page.feed(text)
    return page.fetched


def main() -> int:
    """Print what is fetched from elsewhere, and return 1 when anything is, or when there is no site."""
    site = Path(sys.argv[1])
    found = list(faults(site)) if (site / "index.html").is_file() else [f"{site}: no site"]
    sys.stderr.write("".join(f"{fault}\n" for fault in found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
