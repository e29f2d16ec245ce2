"""Ids as keyed hashes."""

from __future__ import annotations

import pytest

from cinctl.errors import UsageError
from cinctl.masking import Mask

KEY = b"thirty-two bytes are quite enough"


def test_the_same_key_gives_the_same_hash() -> None:
    """One id is one hash under one key, another under another."""
    assert Mask(KEY).case("R1") == Mask(KEY).case("R1")
    assert Mask(KEY).case("R1") != Mask(KEY[::-1]).case("R1")
    assert Mask(KEY).case("R1") != Mask(KEY).case("R2")
    assert "case-124c88e190701e0d" == Mask(KEY).case("R1")


def test_a_case_and_a_practitioner_of_one_name_differ() -> None:
    """A hash says what it stands for, and no two sorts share one."""
    case, staff = Mask(KEY).case("x1"), Mask(KEY).staff("x1")

    assert case.startswith("case-")
    assert staff.startswith("staff-")
    assert case.partition("-")[2] != staff.partition("-")[2]


def test_fingerprints_are_hashed_too() -> None:
    """Whoever knows a rule could find the case behind a plain fingerprint by trying ids out."""
    assert "0123456789abcdef" != Mask(KEY).fingerprint("0123456789abcdef")
    assert 16 == len(Mask(KEY).fingerprint("0123456789abcdef"))
    assert "" == Mask(KEY).fingerprint("")


def test_without_a_key_nothing_changes() -> None:
    """No key, no mask."""
    row = {"case": "R1", "message": "as told", "fingerprint": "ab"}

    assert row == Mask().row(row, "other")
    assert ("R1", None) == (Mask().case("R1"), Mask().check)


def test_a_row_names_nobody() -> None:
    """Case, practitioner and fingerprint are hashed, and the message gives way to one without names."""
    row = {"rule": "X-1", "case": None, "staff": "sw1", "message": "sw1 is a clerk", "fingerprint": "ab"}
    mask = Mask(KEY)

    assert {
        "rule": "X-1",
        "case": None,
        "staff": mask.staff("sw1"),
        "message": "plain",
        "fingerprint": mask.fingerprint("ab"),
    } == mask.row(row, "plain")


def test_any_id_has_a_hash() -> None:
    """Not even half a surrogate pair stands in the way."""
    assert Mask(KEY).case("half\ud83d").startswith("case-")


def test_a_key_that_could_be_guessed() -> None:
    """A short key is refused."""
    with pytest.raises(UsageError, match="the mask key has 3 bytes: give it 16 or more"):
        Mask(b"key")


def test_each_sort_of_id_has_hashes_of_its_own() -> None:
    """A child, a family, a UPN and an event that read the same as a case are told apart."""
    mask = Mask(KEY)
    hashed = [mask.case("1"), mask.staff("1"), mask.child("1"), mask.family("1"), mask.upn("1"), mask.event(1)]

    assert ["case", "staff", "child", "family", "upn", "event"] == [id_.partition("-")[0] for id_ in hashed]
    assert len(hashed) == len({id_.partition("-")[2] for id_ in hashed})
    assert ["1"] * 4 == [Mask().child("1"), Mask().family("1"), Mask().upn("1"), Mask().event(1)]


def test_more_ids_than_are_kept_are_hashed_alike() -> None:
    """However many ids come in between, one id is one hash."""
    mask = Mask(KEY)
    first = mask.case("R1")
    for number in range(60_000):
        mask.event(number)

    assert first == mask.case("R1")
