"""JUnit, read back by `junitparser`: a denial fails, a warning passes with output, what is waived is skipped."""

from __future__ import annotations

import pytest

from cinctl.formats.report import xml_text
from tests.formats.readers import HOSTILE, SAY, Case, entry, junit, report, text


def test_each_standing_has_its_outcome() -> None:
    """One test case a finding, and one that passes for each rule without any; nothing else."""
    told = report(
        [
            entry("R1", "deny", number=1),
            entry("R2", "warn", rule="X-2", number=2),
            entry("R3", "waived", number=3),
            entry("R4", "known", number=4),
        ]
    )

    found = junit(text("junit", told))

    assert [
        Case("X-1", f"R1 {1:016x}", "failed", f"{SAY} X-1 (Ex §1), case R1, cases.jsonl:1"),
        Case("X-1", f"R3 {3:016x}", "skipped", "waived until 2026-08-01, approved by sm1 (event 9) None"),
        Case("X-1", f"R4 {4:016x}", "passed", f"known: {SAY}\nX-1 (Ex §1), case R4, cases.jsonl:4"),
        Case("X-2", f"R2 {2:016x}", "passed", f"warn: {SAY}\nX-2, case R2, cases.jsonl:2"),
        Case("X-3", "no findings", "passed", ""),
    ] == found


@pytest.mark.parametrize(("left_out", "outcome"), [({"deny": 2, "warn": 1}, "failed"), ({"warn": 3}, "passed")])
def test_what_is_not_shown_still_counts(left_out: dict[str, int], outcome: str) -> None:
    """One more test case stands for what was not to be shown, and fails where a denial is among it."""
    found = junit(text("junit", report([], found={"X-1", "X-2"}, left_out=left_out)))

    assert [("X-3", "passed"), ("cinctl", outcome)] == [(case.classname, case.outcome) for case in found]


@pytest.mark.parametrize("standing", ["deny", "warn", "waived", "known"])
@pytest.mark.parametrize("who", HOSTILE)
def test_no_id_means_anything(who: str, standing: str) -> None:
    """Whatever an id holds, the document is well-formed, there is one test case for it, and its name shows it."""
    content = text("junit", report([entry(who, standing)], log=who))
    found = [case for case in junit(content) if case.classname == "X-1"]

    assert 1 == len(found)
    assert xml_text(f"{who} {1:016x}") in content
    assert "]]>" not in content
