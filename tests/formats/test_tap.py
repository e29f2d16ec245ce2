"""TAP, read back by `tap.py`: a denial is not ok, a warning is, what is waived is skipped."""

from __future__ import annotations

import pytest

from tests.formats.readers import HOSTILE, SAY, entry, report, tap, text


def test_each_standing_has_its_point() -> None:
    """One point a finding, in order, then one for each rule without any."""
    told = report(
        [
            entry("R1", "deny", number=1),
            entry("R2", "warn", rule="X-2", number=2),
            entry("R3", "waived", number=3),
            entry("R4", "known", number=4),
        ]
    )

    found = tap(text("tap", told))

    assert [
        (False, f"X-1 R1: {SAY}", False, "fail"),
        (True, f"X-2 R2: {SAY}", False, "warning"),
        (True, f"X-1 R3: {SAY}", True, "skip"),
        (True, f"X-1 R4: {SAY}", False, "known"),
    ] == [(p.ok, p.description.rstrip(), p.skip, p.block and p.block["severity"]) for p in found[:-1]]
    assert (True, "X-3: no findings") == (found[-1].ok, found[-1].description)
    assert not any(point.todo for point in found)


def test_the_block_has_the_evidence() -> None:
    """A diagnostic block holds the message, whom it is about, the line of the log, and the dates."""
    late = entry("R1", "warn", how="was due Tue 24 Feb 2026, 3 days late", due="2026-02-24", late_days=3, at=None)

    block = tap(text("tap", report([late])))[0].block

    assert {
        "message": f"{SAY}: was due Tue 24 Feb 2026, 3 days late",
        "severity": "warning",
        "case": "R1",
        "file": "cases.jsonl",
        "line": 1,
        "due": "2026-02-24",
        "late_days": 3,
        "fingerprint": f"{1:016x}",
    } == block


@pytest.mark.parametrize(("left_out", "ok"), [({"deny": 2}, False), ({"warn": 3}, True)])
def test_what_is_not_shown_still_counts(left_out: dict[str, int], ok: bool) -> None:
    """One more point stands for what was not to be shown, and is not ok where a denial is among it."""
    found = tap(text("tap", report([], found={"X-1", "X-2", "X-3"}, left_out=left_out)))

    assert [ok] == [point.ok for point in found]


@pytest.mark.parametrize("standing", ["deny", "warn", "waived", "known"])
@pytest.mark.parametrize("who", HOSTILE)
def test_no_id_means_anything(who: str, standing: str) -> None:
    """Whatever an id holds, it is one point with the verdict of its standing, and the block has the id as it is."""
    point = tap(text("tap", report([entry(who, standing)])))[0]

    assert (standing != "deny", standing == "waived", False) == (point.ok, point.skip, point.todo)
    assert point.block is not None
    # YAML has no half of a surrogate pair.
    assert who.replace("\ud83d", "") == str(point.block["case"]).replace("\ud83d", "")
