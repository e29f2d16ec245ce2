"""Any id at all, in every report: its readers find as many things as there are, with the verdicts that they have."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.readers import Page, entry, github, junit, report, sarif, tap, text

STANDINGS = ("deny", "warn", "waived", "known")
anything = st.text(st.characters(), max_size=20) | st.text(
    "\r\n\t\x00:%#,=]>[(){}\\|`<&\"'\u202e\u2028\ufffe", max_size=12
)


@settings(max_examples=60)
@given(st.lists(st.tuples(anything, st.sampled_from(STANDINGS)), max_size=4), anything)
def test_any_id(found: list[tuple[str, str]], path: str) -> None:
    """Neither the ids nor the path of the log change how many findings a reader sees, or what they are."""
    told = report([entry(who, standing, number=n) for n, (who, standing) in enumerate(found, 1)], log=path)
    standings = [standing for _, standing in found]
    outcomes = {"deny": "failed", "waived": "skipped"}

    cases = [case for case in junit(text("junit", told)) if case.classname == "X-1" and case.name != "no findings"]
    points = tap(text("tap", told))[: len(found)]
    annotations = github(text("github", told))
    issues = json.loads(text("gitlab", told))

    assert [outcomes.get(standing, "passed") for standing in standings] == [case.outcome for case in cases]
    assert [(s != "deny", s == "waived", False) for s in standings] == [(p.ok, p.skip, p.todo) for p in points]
    assert ["error"] * standings.count("deny") + ["warning"] * standings.count("warn") + ["notice"] == [
        one.command for one in annotations
    ]
    assert [f"{who}: " for who, _ in found] == [
        issue["description"][: len(who) + 2] for (who, _), issue in zip(found, issues, strict=True)
    ]
    assert [s == "waived" for s in standings] == ["suppressions" in r for r in sarif(text("sarif", told))["results"]]
    assert 5 * len(found) == len(Page(text("html", told)).cells)
