"""GitLab's code quality report: what GitLab needs of each issue, and its severities."""

from __future__ import annotations

import json

import pytest

from tests.formats.readers import HOSTILE, SAY, entry, report, text


def test_each_finding_is_an_issue() -> None:
    """A denial is major, a warning minor, what stands no more info; each has rule, fingerprint, path and line."""
    told = report([entry(standing=s, number=n) for n, s in enumerate(("deny", "warn", "waived", "known"), 1)])
    issues = json.loads(text("gitlab", told))

    assert ["major", "minor", "info", "info"] == [issue["severity"] for issue in issues]
    assert {
        "description": f"R1: {SAY} (Ex §1)",
        "check_name": "X-1",
        "fingerprint": f"{1:016x}",
        "severity": "major",
        "location": {"path": "cases.jsonl", "lines": {"begin": 1}},
    } == issues[0]
    assert 4 == len({issue["fingerprint"] for issue in issues})


def test_nothing_found_is_an_empty_array() -> None:
    """GitLab takes an empty array for a clean report."""
    assert "[]\n" == text("gitlab", report([]))


def test_a_finding_without_a_line_begins_at_one() -> None:
    """GitLab wants a line whatever it is about."""
    assert 1 == json.loads(text("gitlab", report([entry(line=None)])))[0]["location"]["lines"]["begin"]


@pytest.mark.parametrize("who", HOSTILE)
def test_no_id_means_anything(who: str) -> None:
    """Whatever an id holds, the report is one array of one issue that has it."""
    [issue] = json.loads(text("gitlab", report([entry(who)])))

    assert f"{who}: {SAY} (Ex §1)" == issue["description"]
