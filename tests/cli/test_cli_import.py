"""Bringing in a census return, and filling a store with a synthetic authority."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

ROOT = Path(__file__).parents[2]
SYNTHETIC = str(ROOT / "examples" / "census_2026_synthetic.xml")
SAMPLES = [str(path) for path in sorted((ROOT / "tests" / "data" / "census").glob("*.xml"))]

RETURN = """<?xml version="1.0" encoding="utf-8"?>
<Message>
<Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year><ReferenceDate>2026-03-31</ReferenceDate>
</CollectionDetails><Source><LEA>899</LEA></Source></Header>
<Children><Child>
<ChildIdentifiers><LAchildID>K1</LAchildID>%s</ChildIdentifiers>
<CINdetails><CINreferralDate>%s</CINreferralDate><ReferralSource>1A</ReferralSource>
<PrimaryNeedCode>N1</PrimaryNeedCode><ReferralNFA>false</ReferralNFA></CINdetails>
</Child></Children>
</Message>
"""
BORN = "<PersonBirthDate>2015-06-01</PersonBirthDate>"
EXPECTED = "<ExpectedPersonBirthDate>2025-08-01</ExpectedPersonBirthDate>"
BORN_SINCE = EXPECTED + "<PersonBirthDate>2025-08-03</PersonBirthDate>"


@pytest.fixture(name="authority")
def _authority(bare: Desk) -> Desk:
    """A folder with the national baseline chosen, and no store yet."""
    (bare.folder / "cinctl.toml").write_text('protocol = "working-together-2023"\n', encoding="utf-8")
    bare.patch.setenv("CINCTL_TODAY", "2026-03-31")
    return bare


def _number(text: str, what: str) -> int:
    match = re.search(rf"([0-9,]+) {what}", text)
    assert match, text
    return int(match.group(1).replace(",", ""))


def test_whole_authority(authority: Desk) -> None:
    """A whole return comes in, makes the store, and its sums add up; `due` and `audit` run on it."""
    result = authority.run("import", "census", SYNTHETIC)

    assert (result.code, result.out) == (0, "")
    sums = [_number(result.err, what) for what in ("data elements", "used", "left out", "in ")]
    assert sums[0] == sums[1] + sums[2] + sums[3]
    assert len(authority.type("list -f ids").out.split()) == _number(result.err, "new cases") == 1092
    assert authority.type("verify").code == 0


def test_whole_authority_judged(authority: Desk) -> None:
    """What is late in a return is found, all of it, and nothing that the return cannot know.

    It was made with 77 assessments authorised more than 45 working days after the referral and one still open past
    them, 16 initial conferences after more than 15 working days, 7 first reviews late and one overdue, and one late
    later review. What began before the return's year and is not in it may well have been done: that is not judged.
    """
    authority.run("import", "census", SYNTHETIC)

    overdue = json.loads(authority.type("--protocol bristol due --overdue --rule WT-45WD --json").out)
    audited = json.loads(authority.type("--protocol bristol audit --json").out)

    assert len(overdue) == 1
    late = [f for f in audited["findings"] if f["rule"] == "WT-45WD"]
    assert (len([f for f in late if f["at"]]), len([f for f in late if not f["at"]])) == (77, 1)
    counts = Counter(f["rule"] for f in audited["findings"])
    assert counts == {"WT-45WD": 78, "WT-ICPC": 16, "WT-RCPC": 8, "WT-RCPC.later": 1, "BRI-03": 1, "BRI-03.eighteen": 4}
    assert audited["counts"]["not_judged"] > 0


def test_again_adds_nothing(authority: Desk) -> None:
    """The same return again is known already: the store keeps its bytes."""
    authority.run("import", "census", SYNTHETIC)
    before = (authority.folder / "cases.jsonl").read_bytes()

    again = authority.run("import", "census", SYNTHETIC)

    assert again.code == 0
    assert _number(again.err, "recorded \\(") == 0
    assert before == (authority.folder / "cases.jsonl").read_bytes()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: Path(path).stem)
def test_returns_full_of_errors(authority: Desk, path: str) -> None:
    """What cannot be read is listed by line; what can is recorded; exit 0."""
    listed = authority.run("import", "census", path, "--dry-run")
    rows = authority.run("import", "census", path, "-f", "csv")

    problems = list(csv.DictReader(io.StringIO(rows.out)))
    assert (listed.code, rows.code) == (0, 0)
    assert len(re.findall(r": line [0-9]+: ", listed.err)) == len(problems)
    assert all(problem["file"] == path and int(problem["line"]) > 0 for problem in problems)


def test_dry_run_makes_no_store(authority: Desk) -> None:
    """--dry-run reads, says what is there, and writes nothing."""
    result = authority.run("import", "census", SYNTHETIC, "--dry-run")

    assert result.code == 0
    assert "none recorded (--dry-run)" in result.err
    assert not (authority.folder / "cases.jsonl").exists()


def test_next_years_return_tells_of_a_birth(authority: Desk) -> None:
    """A child expected in one return and born in the next: the birth is added to the case."""
    (authority.folder / "a.xml").write_text(RETURN % (EXPECTED, "2025-06-11"), encoding="utf-8")
    (authority.folder / "b.xml").write_text(RETURN % (BORN_SINCE, "2025-06-11"), encoding="utf-8")

    assert authority.type("import census a.xml b.xml").code == 0
    (case,) = authority.type("list -f ids").out.split()
    assert authority.type(f"show {case} --json").json["born"] == "2025-08-03"


def test_another_birth_than_the_one_added_is_told(authority: Desk) -> None:
    """A date of birth that one return added and the next tells otherwise is listed, without either, and stays."""
    for name, born in (("a", EXPECTED), ("b", BORN_SINCE), ("c", BORN_SINCE.replace("2025-08-03", "2025-08-04"))):
        (authority.folder / f"{name}.xml").write_text(RETURN % (born, "2025-06-11"), encoding="utf-8")
    authority.must("import census a.xml b.xml")
    again = authority.must("import census b.xml")

    result = authority.must("import census c.xml")

    assert "recorded before with" not in again.err
    assert "update: recorded before with a date of birth that differs" in result.err
    assert "2025-08" not in result.err
    assert authority.type("list --json").json[0]["born"] == "2025-08-03"


def test_contradiction_is_told_and_not_recorded(authority: Desk) -> None:
    """What a later return says otherwise is a problem with its line; what was recorded stays."""
    (authority.folder / "a.xml").write_text(RETURN % (BORN, "2025-06-11"), encoding="utf-8")
    (authority.folder / "b.xml").write_text((RETURN % (BORN, "2025-06-11")).replace("N1<", "N3<"), encoding="utf-8")
    authority.must("import census a.xml")

    result = authority.type("import census b.xml")

    assert result.code == 0
    assert "recorded before" in result.err
    assert authority.type("list --json").json[0]["need"] == "N1"


HOSTILE = {
    "no return": "<Message></Message>",
    "no xml": "hello",
    "bomb": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Message>&b;</Message>',
    "external": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Message>&a;</Message>',
    "empty": "",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_unfit_files(authority: Desk, name: str) -> None:
    """A file that is no return, or means harm, is exit 2 in one line; nothing of any file is recorded."""
    (authority.folder / "good.xml").write_text(RETURN % (BORN, "2025-06-11"), encoding="utf-8")
    (authority.folder / "bad.xml").write_text(HOSTILE[name], encoding="utf-8")

    result = authority.type("import census good.xml bad.xml")

    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "bad.xml" in result.err
    assert not (authority.folder / "cases.jsonl").exists()


def test_demo(authority: Desk) -> None:
    """A synthetic authority, the same bytes for the same seed, in an absent or an empty store only."""
    made = authority.type("demo --cases 12 --seed 7 --json")
    authority.must("demo --cases 12 --seed 7 --store again.jsonl")

    first, second = ((authority.folder / name).read_bytes() for name in ("cases.jsonl", "again.jsonl"))
    assert made.json["cases"] == 12 == len(authority.type("list -f ids").out.split())
    assert first == second
    assert authority.type("demo").code == 2
