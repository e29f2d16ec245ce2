"""What MkDocs is asked to do beside building the site: take out what a page could fetch, and look that nothing is left.

The theme can draw diagrams with a script from a public host, and ask a code host about a repository. No page here makes
it do either; the addresses go all the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import check_site

_FETCHED = re.compile(r"https://(?:unpkg\.com|cdn\.jsdelivr\.net|api\.github\.com|\$\{e\}/api/v4)/[^\"'`\s]*")


def on_post_build(config: Any) -> None:
    """Empty the addresses of script hosts in the theme's scripts; raise ValueError where anything else is fetched."""
    site = Path(config["site_dir"])
    for script in site.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        if _FETCHED.search(text):
            script.write_text(_FETCHED.sub("", text), encoding="utf-8", newline="\n")
    faults = list(check_site.faults(site))
    if faults:
        raise ValueError("the site fetches what is not in it:\n" + "\n".join(faults))
