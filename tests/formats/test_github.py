"""Annotations of GitHub, as a runner takes them: one a finding that stands, a sum, and nothing forged."""

from __future__ import annotations

import pytest

from cinctl.terminal import visible
from tests.formats.readers import HOSTILE, SAY, entry, github, report, text


def test_what_stands_is_annotated() -> None:
    """Denials come first, then warnings, at their lines; what is waived or known is in the sum alone, a notice."""
    told = report(
        [
            entry("R2", "warn", rule="X-2", number=2),
            entry("R3", "waived", number=3),
            entry("R4", "known", number=4),
            entry("R1", "deny", number=1),
        ]
    )

    assert [
        ("error", {"title": "X-1 R1", "file": "cases.jsonl", "line": "1"}, f"{SAY} (Ex §1)"),
        ("warning", {"title": "X-2 R2", "file": "cases.jsonl", "line": "2"}, SAY),
        ("notice", {"title": "cinctl audit: example"}, told.summary),
    ] == github(text("github", told))


def test_the_sum_says_where_the_rest_is() -> None:
    """More than a page shows are all in the log; what --max-findings left out is counted."""
    many = report([entry(number=n) for n in range(1, 12)], left_out={"deny": 2, "warn": 1})

    found = github(text("github", many))

    assert 11 + 1 == len(found)
    assert "3 more findings (2 deny, 1 warn) not shown" in found[-1].message
    assert "GitHub shows 10 of each level" in found[-1].message


@pytest.mark.parametrize("who", HOSTILE)
def test_no_id_means_anything(who: str) -> None:
    """Whatever an id or a path holds, a runner finds one error and one notice, and the title shows the id."""
    found = github(text("github", report([entry(who)], log=who)))

    assert ["error", "notice"] == [one.command for one in found]
    assert {"title": f"X-1 {visible(who)}", "file": visible(who), "line": "1"} == found[0].properties
    assert f"{SAY} (Ex §1)" == found[0].message
