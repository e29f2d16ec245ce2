"""The Standard Safeguarding Dataset: its tables, and what of a case stands where."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cinctl.formats.ssd import TABLES
from tests.cli.conftest import Desk
from tests.exports.full import CASES, CHILD, FAMILY, OTHER_CHILD, STAFF, Full, rows

_IDS = re.compile(r"(case|child|family|staff|event)-[0-9a-f]{16}")
# What names a row of another table, as the dataset has it.
KEYS = {
    "cont_person_id": ("ssd_person", "pers_person_id"),
    "cine_person_id": ("ssd_person", "pers_person_id"),
    "cine_referral_team": ("ssd_department", "dept_team_id"),
    "cine_referral_worker_id": ("ssd_professionals", "prof_professional_id"),
    "cina_person_id": ("ssd_person", "pers_person_id"),
    "cina_referral_id": ("ssd_cin_episodes", "cine_referral_id"),
    "cina_assessment_team": ("ssd_department", "dept_team_id"),
    "cina_assessment_worker_id": ("ssd_professionals", "prof_professional_id"),
    "cinf_assessment_id": ("ssd_cin_assessments", "cina_assessment_id"),
    "cinp_referral_id": ("ssd_cin_episodes", "cine_referral_id"),
    "cinp_person_id": ("ssd_person", "pers_person_id"),
    "cinv_person_id": ("ssd_person", "pers_person_id"),
    "s47e_referral_id": ("ssd_cin_episodes", "cine_referral_id"),
    "s47e_s47_completed_by_worker_id": ("ssd_professionals", "prof_professional_id"),
    "icpc_s47_enquiry_id": ("ssd_s47_enquiry", "s47e_s47_enquiry_id"),
    "icpc_cp_plan_id": ("ssd_cp_plans", "cppl_cp_plan_id"),
    "icpc_icpc_worker_id": ("ssd_professionals", "prof_professional_id"),
    "cppl_icpc_id": ("ssd_initial_cp_conference", "icpc_icpc_id"),
    "cppl_referral_id": ("ssd_cin_episodes", "cine_referral_id"),
    "cppv_cp_plan_id": ("ssd_cp_plans", "cppl_cp_plan_id"),
    "cppr_cp_plan_id": ("ssd_cp_plans", "cppl_cp_plan_id"),
    "invo_professional_id": ("ssd_professionals", "prof_professional_id"),
    "invo_referral_id": ("ssd_cin_episodes", "cine_referral_id"),
    "disa_person_id": ("ssd_person", "pers_person_id"),
    "fami_person_id": ("ssd_person", "pers_person_id"),
}
PROTECTION = """\
strategy R1 --chair tm1 --outcome section-47 --by tm1 --on 2026-02-24
enquire R1 --start --by sw1 --on 2026-02-24
enquire R1 --conclude --conference-needed --decided-by sw1 --by sw1 --on 2026-02-26
conference R1 --initial --enquiry 8 --chair tm1 --outcome cp-plan --by tm1 --on 2026-02-26
plan R1 --start --type child-protection --category NEG --by sw1 --on 2026-02-26
visit R1 --seen child --alone --by sw1 --on 2026-02-27
conference R1 --review --chair tm1 --outcome step-down-cin --by tm1 --on 2026-03-01
plan R1 --end --type child-protection --by sw1 --on 2026-03-01
visit R1 --seen mother --by sw1 --on 2026-03-02"""
CARE = """\
map R1 --strengths T --by tm1 --on 2026-02-24
allocate R1 --to sw1 --supervisor tm1 --unit A --by tm1 --on 2026-02-24
assess R1 --start --by sw1 --on 2026-02-24
assess R1 --complete --interviewed child --factor 1A --factor 3B --outcome child-in-need-plan --by sw1 --on 2026-02-26
approve R1 --what assessment --by tm1 --on 2026-02-27
plan R1 --part a=T --by sw1 --on 2026-02-27
plan R1 --start --by sw1 --on 2026-02-28
close R1 --reason RC7 --by tm1 --on 2026-03-02"""


def _tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    return {file.stem: rows(file) for file in sorted(folder.iterdir())}


def _exported(desk: Desk, lines: str = "", more: str = "--identifiable") -> dict[str, list[dict[str, str]]]:
    for line in lines.splitlines():
        desk.must(line)
    result = desk.run("export", "ssd", "-o", "out", *more.split())
    assert 0 == result.code, result.err
    return _tables(desk.folder / "out")


def _some(row: dict[str, str]) -> dict[str, str]:
    """Return what *row* says."""
    return {name: cell for name, cell in row.items() if cell}


def test_the_columns_are_those_of_the_dataset(full: Full) -> None:
    """Each file has the columns of its table, in order; disabilities have a table only where asked for."""
    full.export("ssd -o out")
    without = {file.stem for file in (full.folder / "out").iterdir()}
    full.export("ssd -o asked --characteristics")

    assert set(TABLES) - {"ssd_disability"} == without
    for name, head in TABLES.items():
        first = (full.folder / "asked" / f"{name}.csv").read_text(encoding="utf-8").partition("\n")[0]
        assert ",".join(column.name for column in head) == first


@pytest.mark.parametrize("more", ["", " --identifiable"])
def test_every_key_finds_its_row(full: Full, more: str) -> None:
    """Whatever names a row of another table names one that is there, hashed or not."""
    full.export("ssd -o out --characteristics" + more)
    tables = _tables(full.folder / "out")
    keys = {place: {row[place[1]] for row in tables[place[0]]} for place in set(KEYS.values())}

    seen = set()
    for found in tables.values():
        for row in found:
            for name in KEYS.keys() & _some(row).keys():
                assert row[name] in keys[KEYS[name]], (name, row)
                seen.add(name)
    assert len(seen) > 20


def test_hashed_ids_fit(full: Full) -> None:
    """No id is longer than the dataset has room for, and each says what it stands for."""
    full.export("ssd -o out")

    for name, found in _tables(full.folder / "out").items():
        for row in found:
            first = row[TABLES[name][0].name] or row["pers_person_id"]
            assert len(first) <= 48
            assert name == "ssd_department" or _IDS.match(first)


def test_siblings_and_cases_of_one_child(full: Full) -> None:
    """A child with several cases is one person, in one family, with one disability."""
    full.export("ssd -o out --characteristics --identifiable")
    tables = _tables(full.folder / "out")

    assert [CHILD, OTHER_CHILD] == [row["pers_person_id"] for row in tables["ssd_person"]]
    assert [(FAMILY, CHILD), (FAMILY, OTHER_CHILD)] == [
        (row["fami_family_id"], row["fami_person_id"]) for row in tables["ssd_family"]
    ]
    assert [CHILD] == [row["disa_person_id"] for row in tables["ssd_disability"]]
    assert len(CASES) + 1 == len(tables["ssd_cin_episodes"])
    assert sorted(STAFF) == sorted(row["prof_professional_id"] for row in tables["ssd_professionals"])


def test_a_case_of_child_in_need(case: Desk) -> None:
    """Referral, decision, assessment with factors, plan, involvement and closure, each in its columns."""
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-24")
    tables = _exported(case, CARE)

    [episode] = tables["ssd_cin_episodes"]
    assert {
        "cine_referral_id": "R1",
        "cine_person_id": "case:R1",
        "cine_referral_date": "2026-02-23T00:00:00",
        "cine_cin_primary_need_code": "N1",
        "cine_referral_source_code": "1A",
        "cine_referral_outcome_json": json.dumps(
            {"SINGLE_ASSESSMENT_FLAG": "Y", "STRATEGY_DISCUSSION_FLAG": "N", "OTHER_OUTCOMES_EXIST_FLAG": "N"}
        ),
        "cine_referral_nfa": "N",
        "cine_close_reason": "RC7",
        "cine_close_date": "2026-03-02T00:00:00",
        "cine_referral_team": "A",
        "cine_referral_worker_id": "tm1",
    } == _some(episode)
    [assessment] = tables["ssd_cin_assessments"]
    assert {
        "cina_assessment_start_date": "2026-02-24T00:00:00",
        "cina_assessment_child_seen": "Y",
        "cina_assessment_auth_date": "2026-02-27T00:00:00",
        "cina_assessment_outcome_nfa": "N",
        "cina_assessment_worker_id": "sw1",
        "cina_assessment_team": "A",
    }.items() <= assessment.items()
    assert "Y" == json.loads(assessment["cina_assessment_outcome_json"])["PROV_OF_SERVICES_FLAG"]
    assert ["1A", "3B"] == json.loads(tables["ssd_assessment_factors"][0]["cinf_assessment_factors_json"])
    [plan] = tables["ssd_cin_plans"]
    # It ended with the case, which nobody said of the plan itself.
    assert ("2026-02-28T00:00:00", "2026-03-02T00:00:00") == (
        plan["cinp_cin_plan_start_date"], plan["cinp_cin_plan_end_date"],
    )  # fmt: skip
    [spell] = tables["ssd_involvements"]
    assert ("sw1", "social_worker", "A", "2026-02-24T00:00:00", "2026-03-02T00:00:00") == tuple(
        spell[f"invo_{name}"]
        for name in (
            "professional_id", "professional_role_id", "professional_team", "involvement_start_date",
            "involvement_end_date",
        )
    )  # fmt: skip


def test_a_case_of_child_protection(case: Desk) -> None:
    """Enquiry, conference, plan, visits and review, hanging together; a visit is of the plan that ran."""
    case.must("decide R1 --outcome section-47 --by tm1 --on 2026-02-24")
    case.must("note R1 --text T --by sw1 --on 2026-02-24")
    tables = _exported(case, PROTECTION)

    [enquiry], [conference] = tables["ssd_s47_enquiry"], tables["ssd_initial_cp_conference"]
    [plan], [review] = tables["ssd_cp_plans"], tables["ssd_cp_reviews"]
    assert ("N", "2026-02-24T00:00:00", "2026-02-26T00:00:00", "sw1") == tuple(
        enquiry[f"s47e_s47_{name}"] for name in ("nfa", "start_date", "end_date", "completed_by_worker_id")
    )
    assert {
        "icpc_s47_enquiry_id": enquiry["s47e_s47_enquiry_id"],
        "icpc_cp_plan_id": plan["cppl_cp_plan_id"],
        "icpc_icpc_date": "2026-02-26T00:00:00",
        "icpc_icpc_outcome_cp_flag": "Y",
        "icpc_icpc_worker_id": "tm1",
    }.items() <= conference.items()
    assert {
        "cppl_icpc_id": conference["icpc_icpc_id"],
        "cppl_cp_plan_start_date": "2026-02-26T00:00:00",
        "cppl_cp_plan_end_date": "2026-03-01T00:00:00",
        "cppl_cp_plan_initial_category": "NEG",
        "cppl_cp_plan_ola": "",
    }.items() <= plan.items()
    assert (plan["cppl_cp_plan_id"], "2026-03-01T00:00:00", "N") == (
        review["cppr_cp_plan_id"], review["cppr_cp_review_date"], review["cppr_cp_review_outcome_continue_cp"],
    )  # fmt: skip
    [protected], [other] = tables["ssd_cp_visits"], tables["ssd_cin_visits"]
    assert ("Y", "Y", plan["cppl_cp_plan_id"]) == (
        protected["cppv_cp_visit_seen"], protected["cppv_cp_visit_seen_alone"], protected["cppv_cp_plan_id"],
    )  # fmt: skip
    assert ("N", "") == (other["cinv_cin_visit_seen"], other["cinv_cin_visit_seen_alone"])


def test_no_further_action(case: Desk) -> None:
    """A referral that went no further says so, and when it ended."""
    case.must("decide R1 --outcome no-further-action --by tm1 --on 2026-02-24")
    tables = _exported(case)

    [episode] = tables["ssd_cin_episodes"]
    assert ("Y", "2026-02-24T00:00:00", "") == (
        episode["cine_referral_nfa"], episode["cine_close_date"], episode["cine_close_reason"],
    )  # fmt: skip


def test_nobody_is_said_to_have_done_what_nobody_recorded(case: Desk) -> None:
    """A referral and nothing else leaves all that follows it empty."""
    tables = _exported(case)

    [episode] = tables["ssd_cin_episodes"]
    assert {"cine_referral_id", "cine_person_id", "cine_referral_date", "cine_cin_primary_need_code"} | {
        "cine_referral_source_code"
    } == set(_some(episode))
    assert [] == tables["ssd_cin_assessments"] + tables["ssd_cin_plans"] + tables["ssd_involvements"]


def test_an_earlier_episode_is_not_forgotten(case: Desk) -> None:
    """What came before a case was opened again is there; the referral is open again, and has no reason of closing."""
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-24")
    tables = _exported(case, f"{CARE}\nreopen R1 --reason T --by tm1 --on 2026-03-02")

    [episode] = tables["ssd_cin_episodes"]
    assert ("", "") == (episode["cine_close_date"], episode["cine_close_reason"])
    assert (1, 1) == (len(tables["ssd_cin_assessments"]), len(tables["ssd_cin_plans"]))


def test_a_census_return_comes_to_as_many_rows(bare: Desk) -> None:
    """A synthetic return that was imported has its counts in the tables."""
    source = Path(__file__).resolve().parents[1] / "data" / "census"
    found: dict[str, Any] = {file.name: file for file in source.iterdir()}
    assert found, "there is a return to read"
    [path] = [file for name, file in sorted(found.items()) if name.endswith(".xml")][:1]
    bare.must("init --protocol working-together-2023")
    assert 0 == bare.run("import", "census", str(path)).code
    told = path.read_text(encoding="utf-8")

    tables = _exported(bare, more="")

    assert told.count("<CINreferralDate>") == len(tables["ssd_cin_episodes"]) > 0


def test_what_was_last_recorded_of_a_child_holds(case: Desk) -> None:
    """Cases that contradict each other: of each field what was recorded last, on whichever case."""
    for id_ in ("A1", "B1"):
        case.must(f"refer {id_} --child K1 --source 1A --born 2015-06-01 --on 2026-02-{20 + (id_ == 'A1')}")
    case.must("child A1 --sex F --disabilities NONE --by sw1 --on 2026-02-24")
    case.must("child B1 --sex M --disabilities MOB --by sw1 --on 2026-02-26")
    case.must("child A1 --ethnicity WBRI --by sw1 --on 2026-02-25")
    tables = _exported(case, more="--identifiable --characteristics")

    [person] = [row for row in tables["ssd_person"] if row["pers_person_id"] == "K1"]
    assert ("M", "WBRI") == (person["pers_sex"], person["pers_ethnicity"])
    assert [("K1", "MOB")] == [(row["disa_person_id"], row["disa_disability_code"]) for row in tables["ssd_disability"]]


def test_no_disability_stays_of_an_earlier_export(case: Desk) -> None:
    """A folder with a table that this export has not is refused, and the file named: it would pass for part of it."""
    _exported(case, more="--identifiable --characteristics")
    result = case.run("export", "ssd", "-o", "out", "--identifiable")

    assert 2 == result.code
    assert "-o out: ssd_disability.csv of an earlier export would stay beside this one" in result.err
    assert 0 == case.run("export", "ssd", "-o", "out", "--identifiable", "--characteristics").code
