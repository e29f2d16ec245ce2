"""`cinctl export census`: the year's return, what it lacks, and what it never tells."""

from __future__ import annotations

import csv
import json
import stat
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.session import Session
from tests.census_shape import faults

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Result

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "census"
SYNTHETIC = str(ROOT / "examples" / "census_2026_synthetic.xml")
EXPORT = "export census --year 2026 --la 899"


@pytest.fixture(name="typed")
def _typed(bare: Desk) -> Desk:
    """Eleven cases typed by hand under a protocol that has no rules of its own; it is the last day of the year."""
    bare.patch.setenv("CINCTL_TODAY", "2026-03-31")
    bare.patch.setenv("CINCTL_PROTOCOL", str(DATA / "anything_goes.toml"))
    bare.must(f"init --protocol {DATA / 'anything_goes.toml'}")
    applied = bare.run("apply", "--atomic", "-", stdin=(DATA / "typed.jsonl").read_bytes())
    assert applied.code == 0, applied.err
    return bare


def told(desk: Desk, more: str = "") -> tuple[ET.Element, list[dict[str, str]], Result]:
    """Export, and return the return's root, the rows of problems and what was said."""
    result = desk.type(f"{EXPORT} --problems problems.csv {more}")
    assert result.code == 0, result.err
    with (desk.folder / "problems.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return ET.fromstring(result.out), rows, result


def child(root: ET.Element, id_: str) -> ET.Element:
    """The child of that id."""
    (found,) = (one for one in root.iter("Child") if one.findtext("ChildIdentifiers/LAchildID") == id_)
    return found


def said(element: ET.Element) -> list[Any]:
    """The elements in *element* as nested lists: name and text, or name and what it holds."""
    return [(one.tag, said(one) if len(one) else one.text) for one in element]


def test_a_life_from_referral_to_child_protection_and_back(typed: Desk) -> None:
    """Each event becomes its element, in the schema's order; the child protection plan begins at its conference."""
    root, _, _ = told(typed)
    (details,) = child(root, "KIDA").findall("CINdetails")

    assert said(details) == [
        ("CINreferralDate", "2025-05-12"),
        ("ReferralSource", "6"),
        ("PrimaryNeedCode", "N1"),
        (
            "Assessments",
            [
                ("AssessmentActualStartDate", "2025-05-14"),
                ("AssessmentAuthorisationDate", "2025-06-10"),
                ("FactorsIdentifiedAtAssessment", [("AssessmentFactors", "3B"), ("AssessmentFactors", "16A")]),
            ],
        ),
        ("CINPlanDates", [("CINPlanStartDate", "2025-06-16"), ("CINPlanEndDate", "2025-09-26")]),
        ("CINPlanDates", [("CINPlanStartDate", "2026-03-11")]),
        (
            "Section47",
            [
                ("S47ActualStartDate", "2025-09-08"),
                ("DateOfInitialCPC", "2025-09-26"),
                ("ICPCnotRequired", "0"),
            ],
        ),
        ("ReferralNFA", "0"),
        (
            "ChildProtectionPlans",
            [
                ("CPPstartDate", "2025-09-26"),
                ("CPPendDate", "2026-03-10"),
                ("InitialCategoryOfAbuse", "NEG"),
                ("LatestCategoryOfAbuse", "EMO"),
                ("NumberOfPreviousCPP", "0"),
                ("Reviews", [("CPPreviewDate", "2025-12-12"), ("CPPreviewDate", "2026-03-10")]),
            ],
        ),
    ]


def test_a_childs_referrals_stand_together(typed: Desk) -> None:
    """One of no further action carries its date, source and need; the next its closure and the plan that ended then."""
    root, rows, _ = told(typed)
    none, taken = child(root, "KIDB").findall("CINdetails")

    assert said(none) == [
        ("CINreferralDate", "2025-04-14"),
        ("ReferralSource", "6"),
        ("PrimaryNeedCode", "N1"),
        ("ReferralNFA", "1"),
    ]
    assert ("2025-11-10", "RC7", "2025-11-10") == (
        taken.findtext("CINclosureDate"),
        taken.findtext("ReasonForClosure"),
        taken.findtext("CINPlanDates/CINPlanEndDate"),
    )
    assert {("left_out", "CINclosureDate", "T-02"), ("derived", "CINPlanEndDate", "T-03")} == {
        (row["problem"], row["element"], row["case"]) for row in rows if row["child"] == "KIDB"
    }


def test_stepping_down_closes_and_reopening_refers_again(typed: Desk) -> None:
    """After an assessment alone a step down is RC9, after a plan RC7; who referred a reopened case is missing."""
    root, rows, _ = told(typed)
    first, second = child(root, "KIDC").findall("CINdetails")

    assert ("2025-07-01", "RC9", "0") == tuple(
        first.findtext(name) for name in ("CINclosureDate", "ReasonForClosure", "ReferralNFA")
    )
    assert ("2025-11-03", None, "N2", "2026-02-20", "RC7", "0") == tuple(
        second.findtext(name)
        for name in (
            "CINreferralDate",
            "ReferralSource",
            "PrimaryNeedCode",
            "CINclosureDate",
            "ReasonForClosure",
            "ReferralNFA",
        )
    )
    assert ["ReferralSource"] == [
        row["element"] for row in rows if row["case"] == "T-04" and row["problem"] == "missing"
    ]


def test_a_transfer_in_has_its_conference_on_the_referral(typed: Desk) -> None:
    """A conference without an enquiry stands in CINdetails itself."""
    root, _, _ = told(typed)
    (details,) = child(root, "KIDD").findall("CINdetails")

    assert "2025-10-20" == details.findtext("DateOfInitialCPC") == details.findtext("ChildProtectionPlans/CPPstartDate")
    assert details.find("Section47") is None


def test_an_enquiry_without_conference_and_an_assessment_sent_back(typed: Desk) -> None:
    """What was sent back counts from its second approval; a factor is told once."""
    root, _, _ = told(typed)
    (details,) = child(root, "KIDE").findall("CINdetails")

    assert ("2025-08-06", "1") == (
        details.findtext("Section47/S47ActualStartDate"),
        details.findtext("Section47/ICPCnotRequired"),
    )
    assert "2025-09-16" == details.findtext("Assessments/AssessmentAuthorisationDate")
    assert ["4B", "7A"] == [one.text for one in details.iter("AssessmentFactors")]


def test_what_the_year_takes(typed: Desk) -> None:
    """A case open since before the year keeps its referral and its plan, not its old assessment; others stay out."""
    root, _, result = told(typed)
    (old,) = child(root, "KIDF").findall("CINdetails")

    assert ["CINreferralDate", "ReferralSource", "PrimaryNeedCode", "CINPlanDates", "ReferralNFA"] == [
        one.tag for one in old
    ]
    assert "KIDH" not in result.out
    assert "9 children, 11 referrals; 1 case of another year" in result.err


def test_a_child_without_a_reference_goes_by_the_case(typed: Desk) -> None:
    """The case's id stands for the child, spelt as the census can; that no decision is recorded is missing."""
    root, rows, _ = told(typed)

    assert child(root, "T07").find("CINdetails/ReferralNFA") is None
    assert {("LAchildID", "derived"), ("ReferralNFA", "missing")} == {
        (row["element"], row["problem"]) for row in rows if row["case"] == "T-07"
    }


def test_shape_and_what_the_validator_does_not_see(typed: Desk) -> None:
    """Order, flags and dates are the schema's; no plans overlap, and nothing is open on a closed case."""
    root, _, result = told(typed)

    assert faults(result.out) == []
    for details in root.iter("CINdetails"):
        closed = details.findtext("CINclosureDate")
        spans = [
            (one[0].text or "", end.text if (end := one.find(name)) is not None else None)
            for group, name in (("CINPlanDates", "CINPlanEndDate"), ("ChildProtectionPlans", "CPPendDate"))
            for one in details.iter(group)
        ]
        spans.sort()
        assert all(first[1] is not None and first[1] <= then[0] for first, then in pairwise(spans))
        assert closed is None or all(end is not None and end <= closed for _, end in spans)


def test_characteristics_only_on_request(typed: Desk) -> None:
    """Sex, ethnicity, disability and UPN go out with --characteristics alone, and what is missing is told then."""
    about = "--sex F --ethnicity APKN --disabilities LD --disabilities AUT --upn-unknown UN3 --died 2026-03-30"
    typed.must(f"child T-08 {about} --on 2025-06-02 --by sw1")
    plain, _, without = told(typed)
    root, rows, _ = told(typed, "--characteristics")
    known = child(root, "KIDF")

    assert said(child(plain, "KIDF"))[1] == ("ChildCharacteristics", None)
    assert not any(word in without.out + without.err for word in ("APKN", "UN3", "AUT", "Sex>"))
    assert "without --characteristics: no sex, ethnicity, disability" in without.err
    assert said(known)[0][1][1:] == [
        ("UPNunknown", "UN3"),
        ("PersonBirthDate", "2014-02-03"),
        ("Sex", "F"),
        ("PersonDeathDate", "2026-03-30"),
    ]
    assert said(known)[1][1] == [("Ethnicity", "APKN"), ("Disabilities", [("Disability", "LD"), ("Disability", "AUT")])]
    assert {"Sex", "Ethnicity", "UPN"} <= {row["element"] for row in rows if row["child"] == "KIDG"}
    assert "not in which way" in next(
        row["what"] for row in rows if row["child"] == "KIDC" and row["element"] == "Disability"
    )


def test_characteristics_of_a_closed_case_are_the_childs(typed: Desk) -> None:
    """What was recorded on a case of another year holds for the child's case of this one."""
    typed.must("refer T-12 --source 6 --born 2014-02-03 --child KIDH --on 2026-03-02 --by sw1")
    typed.must("child T-10 --sex M --ethnicity BAFR --on 2024-05-13 --by sw1")
    root, _, _ = told(typed, "--characteristics")

    assert "BAFR" == child(root, "KIDH").findtext("ChildCharacteristics/Ethnicity")


def test_free_text_and_words_that_are_no_codes_stay(typed: Desk) -> None:
    """A note goes nowhere, nor does what stands where a code should; a code that the census has not is told."""
    local = (DATA / "anything_goes.toml").read_text(encoding="utf-8")
    local += '[codes.source]\nSecret3 = { title = "x" }\n[codes.need]\nN77 = { title = "x" }\n'
    (typed.folder / "local.toml").write_text(local, encoding="utf-8")
    typed.patch.setenv("CINCTL_PROTOCOL", "local.toml")
    for line in (
        "refer T-13 --source Secret3 --born 2014-02-03 --need N77 --child KIDJ --on 2026-03-02 --by sw1 --note Secret1",
        "decide T-13 --outcome section-17 --next-steps Secret2 --on 2026-03-02 --by sw1",
    ):
        typed.must(line)
    root, rows, result = told(typed)
    (details,) = child(root, "KIDJ").findall("CINdetails")

    assert (None, "N77") == (details.findtext("ReferralSource"), details.findtext("PrimaryNeedCode"))
    assert [("ReferralSource", "left_out"), ("PrimaryNeedCode", "invalid")] == [
        (row["element"], row["problem"]) for row in rows if row["case"] == "T-13"
    ]
    assert "Secret" not in result.out + result.err + (typed.folder / "problems.csv").read_text(encoding="utf-8")


def test_corrections_count(typed: Desk) -> None:
    """A voided closure never was; an amended date is the date."""
    closed = next(row["seq"] for row in typed.type("history T-03 --json").json if row["kind"] == "close")
    typed.must(f"correct {closed} --void --reason typo --by sw1")
    typed.must("correct 3 --set at=2025-05-09 --reason typo --by sw1")
    root, _, _ = told(typed)

    assert child(root, "KIDB").findall("CINdetails")[1].find("CINclosureDate") is None
    assert "2025-05-09" == child(root, "KIDA").findtext("CINdetails/CINreferralDate")


def test_a_birth_after_the_year_is_none_yet(typed: Desk) -> None:
    """On the last day of the year the child was expected, however soon after it was born."""
    typed.patch.setenv("CINCTL_TODAY", "2026-06-30")
    typed.must("update T-11 --born 2026-06-18 --on 2026-06-19 --by sw1")
    this, _, _ = told(typed)
    typed.must("update T-07 --need N4 --on 2026-06-19 --by sw1")
    (typed.folder / "next.xml").write_text(typed.must("export census --year 2027 --la 899").out, encoding="utf-8")
    following = ET.parse(typed.folder / "next.xml").getroot()

    assert ("2026-06-20", None) == tuple(
        child(this, "KIDI").findtext(f"ChildIdentifiers/{name}")
        for name in ("ExpectedPersonBirthDate", "PersonBirthDate")
    )
    assert (None, "2026-06-18") == tuple(
        child(following, "KIDI").findtext(f"ChildIdentifiers/{name}")
        for name in ("ExpectedPersonBirthDate", "PersonBirthDate")
    )
    assert ("N1", "N4") == (
        child(this, "T07").findtext("CINdetails/PrimaryNeedCode"),
        child(following, "T07").findtext("CINdetails/PrimaryNeedCode"),
    )


def test_two_open_referrals_of_one_child_are_told(typed: Desk) -> None:
    """Referrals that run into each other are in the return as recorded, and said to."""
    typed.must("refer T-14 --source 6 --born 2014-02-03 --child KIDF --on 2026-03-02 --by sw1")
    _, rows, _ = told(typed)

    assert ["8816"] == [row["rule"] for row in rows if row["child"] == "KIDF" and row["problem"] == "doubtful"]


def test_same_bytes_whatever_the_zone(typed: Desk) -> None:
    """The time that a return says it was made is that of --today, or of the clock in UTC."""
    first = typed.must(EXPORT).out
    typed.patch.setenv("TZ", "Asia/Tokyo")

    assert first == typed.must(EXPORT).out
    assert "<DateTime>2026-03-31T00:00:00</DateTime>" in first
    typed.patch.delenv("CINCTL_TODAY")
    now = datetime(2026, 4, 1, 1, 30, 5, 999, tzinfo=timezone(timedelta(hours=2)))
    assert "<DateTime>2026-03-31T23:30:05</DateTime>" in typed.run(*EXPORT.split(), session=Session(now=now)).out
    assert now.astimezone(UTC).hour == 23


def test_to_a_private_file_and_problems_in_three_forms(typed: Desk) -> None:
    """-o writes what stdout would get; the ending of the list's name says its form; both are the owner's alone."""
    plain = typed.must(EXPORT).out
    listed = typed.must(f"{EXPORT} -o return.xml --problems -").out
    typed.must(f"{EXPORT} -o return.xml --problems problems.csv")
    typed.must(f"{EXPORT} -o return.xml --problems problems.jsonl")
    typed.must(f"{EXPORT} -o return.xml --problems problems.json")

    assert plain == (typed.folder / "return.xml").read_text(encoding="utf-8")
    assert listed == (typed.folder / "problems.csv").read_text(encoding="utf-8")
    lines = (typed.folder / "problems.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == json.loads((typed.folder / "problems.json").read_bytes())
    assert ["child", "case", "element", "on", "problem", "rule", "what"] == list(json.loads(lines[0]))
    assert {0o600} == {
        stat.S_IMODE((typed.folder / name).stat().st_mode) for name in ("return.xml", "problems.json", "problems.jsonl")
    }


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("export census --la 899", "needs --year"),
        ("export census --year 2026", "needs --la"),
        ("export census --year 2026 --la 89", "has three digits"),
        ("export census --year 2026 --la ٨٩٩", "has three digits"),
        ("export census --year 2026 --la 000", "no authority has that number; they begin with 201"),
        ("export census --year 26 --la 899", "name the year in which the return's year ends"),
        ("export census --year 2024 --la 899", "2025 or a later one"),
        ("export census --year 2028 --la 899", "that year begins on 2027-04-01, and today is 2026-03-31"),
        (f"{EXPORT} -o cases.jsonl", "would overwrite what is being read"),
        (f"{EXPORT} --problems cases.jsonl", "would overwrite what is being read"),
        (f"{EXPORT} -o a.xml --problems ./a.xml", "name the same file"),
        (f"{EXPORT} --problems -", "stdout takes the return or its problems, not both"),
        (f"{EXPORT} --problems nowhere/p.csv", "there is no folder"),
    ],
)
def test_wrong_usage(typed: Desk, line: str, what: str) -> None:
    """What cannot be done is exit 2 and says why; nothing is written."""
    before = (typed.folder / "cases.jsonl").read_bytes()
    result = typed.type(line)

    assert (2, "") == (result.code, result.out)
    assert what in result.err
    assert before == (typed.folder / "cases.jsonl").read_bytes()
    assert not (typed.folder / "a.xml").exists()


def test_a_year_under_way_says_so(typed: Desk) -> None:
    """A return before the year is over is as far as it has come."""
    typed.patch.setenv("CINCTL_TODAY", "2025-12-31")
    result = typed.must(EXPORT)

    assert "this is how far it has come by 2025-12-31" in result.err
    assert "2026" not in result.out.replace("<Year>2026", "").replace("2026-03-31", "")


def test_an_empty_store_says_so(bare: Desk) -> None:
    """Without a child there is a return without children, and a word about it."""
    bare.must("init --protocol working-together-2023")
    result = bare.must(f"--today 2026-03-31 {EXPORT}")

    assert faults(result.out) == []
    assert "0 children" in result.err


@pytest.mark.parametrize("protocol", ["working-together-2023", "bristol"])
def test_a_synthetic_authority(bare: Desk, protocol: str) -> None:
    """The return of a demo has the shape of one, and as many children as there are cases."""
    bare.patch.setenv("CINCTL_TODAY", "2026-03-31")
    bare.patch.setenv("CINCTL_PROTOCOL", protocol)
    bare.must("demo --cases 40")
    result = bare.must(EXPORT)

    assert faults(result.out) == []
    assert result.out.count("<Child>") == 40
    assert result.out == bare.must(EXPORT).out


def test_import_export_import(bare: Desk) -> None:
    """A whole return comes out as it came in, and comes in again as the same history."""
    bare.patch.setenv("CINCTL_TODAY", "2026-04-10")
    bare.must("init --protocol working-together-2023")
    bare.run("import", "census", "--characteristics", SYNTHETIC)
    exported = bare.must(f"{EXPORT} --characteristics -o again.xml --problems problems.csv")
    bare.must("--store second.jsonl import census --characteristics again.xml")

    assert "1,000 children, 1,092 referrals" in exported.err
    assert 1 == len((bare.folder / "problems.csv").read_text(encoding="utf-8").splitlines())
    assert faults((bare.folder / "again.xml").read_bytes()) == []
    first, second = (
        [
            (line["kind"], line["case"], line["at"], line["key"], line["data"])
            for line in map(json.loads, (bare.folder / name).read_text(encoding="utf-8").splitlines())
            if line["case"] is not None
        ]
        for name in ("cases.jsonl", "second.jsonl")
    )
    assert first == second
    again = bare.must("import census --characteristics again.xml")
    assert "0 recorded (0 new cases)" in again.err


def test_characteristics_are_as_of_the_last_day(typed: Desk) -> None:
    """What happened to a child's record after 31 March belongs in the next year's return."""
    typed.patch.setenv("CINCTL_TODAY", "2026-04-20")
    typed.must("refer K9 --child KID9 --source 6 --need N1 --born 2015-06-01 --on 2026-03-02")
    typed.must("child K9 --sex F --disabilities MOB --on 2026-03-31")
    typed.must("child K9 --sex M --disabilities HAND --on 2026-04-01")
    found = {}
    for year in (2026, 2027):
        result = typed.must(f"export census --year {year} --la 899 --characteristics")
        found[year] = child(ET.fromstring(result.out), "KID9")

    assert ("F", "M") == tuple(one.findtext("ChildIdentifiers/Sex") for one in found.values())
    assert ("MOB", "HAND") == tuple(
        one.findtext("ChildCharacteristics/Disabilities/Disability") for one in found.values()
    )
