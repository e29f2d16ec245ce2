"""A page of 5,000 open obligations: how long it takes to load, to filter, to sort and to open a case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.browser.conftest import SHOTS, Tab

MOST = 1000.0
"""So many milliseconds anything may take."""
STEPS = {
    "filter by a unit": "document.querySelector('.choice[data-f=unit]').click()",
    "show everything": "document.querySelector('#clear').click()",
    "search": "(q => { q.value = 'supervision'; q.dispatchEvent(new Event('input')); })(document.querySelector('#q'))",
    "show everything again": "document.querySelector('#clear').click()",
    "sort by owner": "document.querySelector('[data-sort=owner]').click()",
    "open a case": "document.querySelector('#rows .case').click()",
}


def _timed(page: Any, step: str) -> float:
    """Return how many milliseconds *step* takes until all is laid out anew."""
    laid_out = f"const t = performance.now(); {step}; document.body.offsetHeight; return performance.now() - t;"
    return float(page.evaluate(f"(() => {{ {laid_out} }})()"))


def test_5000_rows(chromium: Any, large: Path) -> None:
    """Each of these takes well under a second: the best of three, as other work on the machine only adds to it."""
    best: dict[str, float] = {}
    for _ in range(3):
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        tab = Tab(context.new_page(), large).open()
        assert tab.shown >= 5000
        took = {"load": float(tab.page.evaluate("performance.getEntriesByType('navigation')[0].duration"))}
        took |= {name: _timed(tab.page, step) for name, step in STEPS.items()}
        best = {name: round(min(number, best.get(name, number)), 1) for name, number in took.items()}
        assert [] == tab.complaints
        tab.shoot("large")
        context.close()
    told = {"rows": 5000, "bytes": large.stat().st_size, "milliseconds": best}
    (SHOTS / "timings.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")

    assert {} == {name: number for name, number in best.items() if number >= MOST}
