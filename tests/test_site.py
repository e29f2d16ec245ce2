"""The site of docs/: every page is in it once, every link leads somewhere, and it fetches nothing from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "mailto:")


def _config() -> dict[str, Any]:
    """Return mkdocs.yml."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    return loaded


def _entries(nav: object) -> Iterator[str]:
    """Yield the pages of a navigation, section by section."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for inner in nav.values():
            yield from _entries(inner)
    elif isinstance(nav, list):
        for inner in nav:
            yield from _entries(inner)


def _prose(page: Path) -> str:
    """Return the text of a page without its blocks and spans of code, where what looks like a link is none."""
    text = re.sub(r"^( *)```.*?^\1```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def _anchors(page: Path, *, site: bool) -> set[str]:
    """Return the anchors of a page's headings: as the site makes them, or as code hosts do."""
    text = re.sub(r"^( *)```.*?^\1```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {(_site_slug if site else _host_slug)(words) for words in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def _site_slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words.replace("`", "")).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _host_slug(words: str) -> str:
    return re.sub(r"[^\w\s-]", "", words.replace("`", "").strip().lower()).replace(" ", "-")


def _broken(page: Path) -> Iterator[str]:
    """Yield each link of *page* that leads nowhere."""
    for link in LINK.findall(_prose(page)):
        if link.startswith(ELSEWHERE):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.is_file() or (path and DOCS not in target.parents and page.parent == DOCS):
            yield f"{page.name}: {link}: no such page"
        elif anchor and not all(anchor in _anchors(target, site=site) for site in (True, False)):
            yield f"{page.name}: {link}: no such heading"


def test_every_page_is_in_the_navigation_once() -> None:
    """Nothing in docs/ is left out, named twice, or named and not there."""
    assert PAGES == sorted(_entries(_config()["nav"]))


@pytest.mark.parametrize("page", [*PAGES, "../README.md"])
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link and #anchor holds, on the site and where the pages are read as they are."""
    assert [] == list(_broken((DOCS / page).resolve()))


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    """A page and a heading that are not there are each named; code, other hosts and headings that are there are not."""
    (tmp_path / "other.md").write_text("# Other\n\n## Über `it`\n\n```text\n# no heading\n```\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n[a](gone.md) [b](other.md#no-heading) [c](other.md#other) [d](#page) [e](https://host.example/x)\n"
        "`[f](gone.md)`\n\n```text\n[g](gone.md)\n```\n",
        encoding="utf-8",
    )

    assert ["page.md: gone.md: no such page", "page.md: other.md#no-heading: no such heading"] == list(_broken(page))


def test_the_site_is_set_to_fetch_nothing() -> None:
    """No font from elsewhere, search without a server, every page a file of its own, every warning an error."""
    config = _config()

    assert config["theme"]["font"] is False
    assert {"search", "offline"} == set(config["plugins"])
    assert (False, True) == (config["use_directory_urls"], config["strict"])
    assert [] == [key for key in ("repo_url", "extra_javascript") if key in config]
    for path in (*config["extra"]["polyfills"], *config["extra_css"]):
        assert (DOCS / path).is_file()


def _checked(site: Path) -> subprocess.CompletedProcess[str]:
    """Run the check of a built site on *site*."""
    return subprocess.run(
        [sys.executable, "tools/check_site.py", str(site)], cwd=ROOT, capture_output=True, text=True, check=False
    )


FETCHED = {
    "script.html": '<script src="https://host.example/a.js"></script>',
    "style.html": '<link rel="stylesheet" href="//host.example/a.css">',
    "picture.html": '<img src="HTTPS://host.example/a.png">',
    "form.html": '<form action="https://host.example/send"></form>',
    "inline.html": '<script>fetch("https://host.example/b")</script>',
    "block.html": "<style>body { background: url(https://host.example/c) }</style>",
    "styled.html": "<p style=\"background: url('https://host.example/d')\">x</p>",
    "import.css": '@import "https://host.example/d.css";',
    "loads.js": "load(`https://host.example/e.js`)",
}


@pytest.mark.parametrize("name", FETCHED)
def test_what_a_page_would_fetch_is_found(name: str, tmp_path: Path) -> None:
    """A script, style, picture, form or address in a script that leads to another host is named with its file."""
    (tmp_path / "index.html").write_text("<p>x</p>", encoding="utf-8")
    (tmp_path / name).write_text(FETCHED[name], encoding="utf-8")

    done = _checked(tmp_path)

    assert 1 == done.returncode
    assert done.stderr.lower().startswith(f"{name}: ")
    assert "//host.example/" in done.stderr


def test_links_and_own_files_are_let_through(tmp_path: Path) -> None:
    """A plain link to another host is no fetching, nor is what lies in the site, nor a name that is an address."""
    (tmp_path / "index.html").write_text(
        '<a href="https://host.example/">x</a><script src="assets/a.js"></script><link rel="icon" href="i.png">'
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        encoding="utf-8",
    )
    (tmp_path / "a.js").write_text('draw("http://www.w3.org/2000/svg") // see https://host.example/', encoding="utf-8")

    assert (0, "") == (_checked(tmp_path).returncode, _checked(tmp_path).stderr)


def test_no_site_is_not_a_clean_site(tmp_path: Path) -> None:
    """A folder without a site does not pass."""
    assert 1 == _checked(tmp_path).returncode


def _finished(site: Path) -> subprocess.CompletedProcess[str]:
    """Run on *site* what MkDocs runs when it has built one."""
    code = "import sys, site_hooks; site_hooks.on_post_build({'site_dir': sys.argv[1]})"
    return subprocess.run(
        [sys.executable, "-c", code, str(site)], cwd=ROOT / "tools", capture_output=True, text=True, check=False
    )


def test_addresses_in_the_scripts_of_the_theme_go(tmp_path: Path) -> None:
    """What the theme could fetch is emptied; a site that would fetch something else still fails the build, by name."""
    (tmp_path / "index.html").write_text("<p>x</p>", encoding="utf-8")
    script = tmp_path / "bundle.js"
    script.write_text('load("https://unpkg.com/mermaid@11/x.js"); ask(`https://api.github.com/repos/${r}`)', "utf-8")
    clean = _finished(tmp_path)
    script.write_text('load("https://host.example/x.js")', encoding="utf-8")
    fetching = _finished(tmp_path)

    assert (0, "") == (clean.returncode, clean.stderr)
    assert 1 == fetching.returncode
    assert "bundle.js: https://host.example/x.js" in fetching.stderr


BUILDER = ROOT / "build" / "docs" / "venv" / "bin" / "python"


@pytest.mark.skipif(not BUILDER.exists(), reason="make site has not been run here")
def test_site_builds_and_fetches_nothing(tmp_path: Path) -> None:
    """Where `make site` has installed what builds it: no warning, a word that is found, and nothing fetched."""
    done = subprocess.run(
        [str(BUILDER), "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert 0 == _checked(tmp_path / "site").returncode
    assert "lateness" in (tmp_path / "site" / "search" / "search_index.js").read_text(encoding="utf-8").lower()
    shutil.rmtree(tmp_path / "site")
