"""Baselines: the same findings give the same bytes, what is read is what was written, and broken files are told."""

from __future__ import annotations

import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.baseline import Baseline, Known, written
from cinctl.errors import UsageError

ENTRIES = (
    Known("03", "BRI-40", "R2", "formal supervision, due 2026-03-10"),
    Known("01", "BRI-40", "R1", "formal supervision, due 2026-03-10"),
    Known("02", "BRI-40", None, "look at files, due 2026-03-10"),
    Known("00", "WT-02", "R1", "a manager is named, 2026-02-24"),
)
TEXT = """{
  "schema": "cinctl/baseline/1",
  "protocol": "bristol",
  "fingerprints": [
    {"fingerprint": "01", "rule": "BRI-40", "case": "R1", "message": "formal supervision, due 2026-03-10"},
    {"fingerprint": "03", "rule": "BRI-40", "case": "R2", "message": "formal supervision, due 2026-03-10"},
    {"fingerprint": "02", "rule": "BRI-40", "case": null, "message": "look at files, due 2026-03-10"},
    {"fingerprint": "00", "rule": "WT-02", "case": "R1", "message": "a manager is named, 2026-02-24"}
  ]
}
"""


def _read(told: object) -> Baseline:
    return Baseline.read(json.dumps(told).encode(), "known.json")


def test_one_finding_a_line_sorted() -> None:
    """By rule, case and fingerprint, in whatever order they come, once each."""
    assert {TEXT} == {"".join(written("bristol", [*order, order[0]])) for order in permutations(ENTRIES)}


def test_none_is_a_baseline_too() -> None:
    """A clean history has one as well, and it reads back."""
    assert {} == Baseline.read("".join(written("bristol", [])).encode(), "known.json").known


@given(
    st.lists(st.builds(Known, st.text(min_size=1), st.text(), st.none() | st.text(), st.text())), st.none() | st.text()
)
def test_what_is_written_is_read(entries: list[Known], mask: str | None) -> None:
    """Every entry comes back, whatever its texts hold."""
    found = Baseline.read("".join(written("bristol", entries, mask)).encode(), "known.json")

    assert {entry.fingerprint: entry for entry in entries} == found.known
    assert ("bristol", mask or None) == (found.protocol, found.mask)


def test_the_design_of_the_file() -> None:
    """A file that only has what it must have is read."""
    entry = {"fingerprint": "01", "rule": "X", "case": None, "message": ""}

    assert Known("01", "X", None, "") == _read({"protocol": "p", "fingerprints": [entry]}).known["01"]


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ([], "there are no 'fingerprints' in it"),
        ({"protocol": "p"}, "there are no 'fingerprints' in it"),
        ({"fingerprints": []}, "it does not say which protocol it is of"),
        ({"schema": "cinctl/baseline/9", "protocol": "p", "fingerprints": []}, "its schema is not"),
        ({"protocol": "p", "fingerprints": ["01"]}, "entry 1 lacks a fingerprint, rule, case or message"),
        ({"protocol": "p", "fingerprints": [{"fingerprint": ""}]}, "entry 1 lacks"),
        (
            {"protocol": "p", "fingerprints": [{"fingerprint": "1", "rule": "X", "case": 1, "message": ""}]},
            "entry 1 lacks",
        ),
        ({"protocol": "p", "fingerprints": [{"fingerprint": "1", "rule": None, "message": ""}]}, "entry 1 lacks"),
    ],
)
def test_a_broken_file_is_told(told: object, fault: str) -> None:
    """What is no baseline is wrong usage, with the file, the fault and how to make one."""
    with pytest.raises(UsageError, match=f"--baseline known.json: {fault}.*--write-baseline known.json"):
        _read(told)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_told(content: bytes) -> None:
    """Neither bytes that are no UTF-8 nor any depth of brackets is more than a fault of the file."""
    with pytest.raises(UsageError, match="not valid JSON"):
        Baseline.read(content, "known.json")
