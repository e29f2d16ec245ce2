"""The lists of an inspection out and in on the command line: files, periods, what stays empty, what is told."""

from __future__ import annotations

import csv
import io
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cinctl.formats.annex_a import LISTS
from cinctl.formats.xlsx import Sheet, workbook
from cinctl.formats.xlsx_reading import Workbook

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

ROOT = Path(__file__).parents[2]
SYNTHETIC = str(ROOT / "examples" / "census_2026_synthetic.xml")
LIFE = (
    "refer R1 --child K1 --source 1A --born 2015-06-01 --need N1 --unit =Team --on 2026-01-05",
    "child R1 --sex F --ethnicity WBRI --disabilities LD --on 2026-01-05",
    "decide R1 --outcome section-17 --on 2026-01-06",
    "map R1 --on 2026-01-06",
    "allocate R1 --to sw1 --by tm1 --on 2026-01-06",
    "visit R1 --seen child --alone --by sw1 --on 2026-01-09",
    "assess R1 --start --by sw1 --on 2026-01-08",
    "assess R1 --complete --outcome child-in-need-plan --by sw1 --on 2026-02-02",
    "approve R1 --what assessment --by tm1 --on 2026-02-03",
    "enquire R1 --start --by sw1 --on 2026-02-05",
    "enquire R1 --conclude --conference-needed --by sw1 --on 2026-02-12",
    "conference R1 --initial --outcome cp_plan --by tm1 --on 2026-02-19",
    "plan R1 --start --type child_protection --category NEG --latest-category EMO --by sw1 --on 2026-02-19",
    "refer R2 --source 9 --expected 2026-06-01 --on 2025-09-01",
    "decide R2 --outcome no-further-action --on 2025-09-01",
)


@pytest.fixture(name="lived")
def _lived(desk: Desk) -> Desk:
    """A store with a child on a protection plan, and one referred more than six months ago."""
    for line in LIFE:
        desk.must(line)
    return desk


def _list(desk: Desk, number: int, *more: str) -> list[dict[str, str]]:
    result = desk.run(*more, "export", "annex-a", "--list", str(number), "--characteristics")
    assert result.code == 0, result.err
    return list(csv.DictReader(io.StringIO(result.out)))


def _picked(row: dict[str, str], *columns: str) -> list[str]:
    return [row[column] for column in columns]


def test_the_lists_of_a_life(lived: Desk) -> None:
    """One child's life, list by list, in the spellings of the sector."""
    (referral,), (assessment,), (enquiry,), (need,), (plan,) = (_list(lived, number) for number in range(3, 8))

    common = ("Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)")
    assert ["K1", "b) Female", "a) WBRI", "01/06/2015", "10"] == _picked(referral, *common)
    assert ["05/01/2026", "a) 1A: Individual", "b) No", "0", "'=Team", "sw1"] == list(referral.values())[5:]
    assert ["a) Yes", "08/01/2026", "a) Yes", "03/02/2026", "a) Yes"] == list(assessment.values())[5:10]
    assert ["a) Yes", "05/02/2026", "b) No", "19/02/2026", "a) Yes", "0", "0"] == list(enquiry.values())[5:12]
    assert ["05/01/2026", "N1 - Abuse or neglect", "09/01/2026", "", "", "b) Child Protection plan"] == list(
        need.values()
    )[6:12]
    assert ["19/02/2026", "a) Neglect", "d) Emotional abuse", "", "", "", "", "b) No", "0"] == list(plan.values())[6:15]


def test_the_period_is_the_six_months_up_to_today(lived: Desk) -> None:
    """A referral six months before today is listed, one a day earlier is not."""
    assert [["R2", "01/09/2025", "a) Yes"]] == [
        _picked(row, "Child Unique ID", "Date of referral", "Referral NFA?")
        for row in _list(lived, 3, "--today", "2026-03-01")
        if row["Child Unique ID"] == "R2"
    ]
    assert ["K1"] == [row["Child Unique ID"] for row in _list(lived, 3, "--today", "2026-03-02")]


def test_a_workbook_has_eleven_sheets(lived: Desk) -> None:
    """Every list is a sheet with its heads, the empty ones too; dates are dates, and the file is its owner's alone."""
    target = lived.folder / "annex-a.xlsx"

    said = lived.must("export annex-a -o annex-a.xlsx")

    with target.open("rb") as stream:
        book = Workbook(stream, name="f")
        sheets = {name: [list(row.cells) for row in book.rows(name)] for name in book.sheets}
    assert [listed.sheet for listed in LISTS.values()] == list(sheets)
    assert [list(listed.columns) for listed in LISTS.values()] == [rows[0] for rows in sheets.values()]
    assert [1, 1, 2, 2, 2, 2, 2, 1, 1, 1, 1] == [len(rows) for rows in sheets.values()]
    assert ["K1", "", "", "42156", "10", "46027"] == sheets["List 3"][1][:6]
    assert 0o600 == stat.S_IMODE(target.stat().st_mode)
    assert 1 == said.err.count("gender, ethnicity and disability are left out: --characteristics writes them")


def test_no_characteristic_goes_out_unasked(lived: Desk) -> None:
    """Gender, ethnicity and disability are empty in every list unless they are asked for."""
    lived.must("export annex-a --folder lists")

    texts = [(lived.folder / "lists" / f"annex-a-list-{n}.csv").read_text(encoding="utf-8") for n in range(3, 8)]
    rows = [row for text in texts for row in csv.DictReader(io.StringIO(text))]
    assert 5 == len(rows)
    assert {("", "", "")} == {
        (row["Gender"], row["Ethnicity"], row.get("Does the Child have a Disability", "")) for row in rows
    }


def test_a_folder_has_a_file_for_each_list(lived: Desk) -> None:
    """--folder makes the folder and writes lists 1 to 7, each as --list writes it, for nobody else to read."""
    lived.must("export annex-a --folder lists --characteristics")

    folder = lived.folder / "lists"
    assert [f"annex-a-list-{n}.csv" for n in range(1, 8)] == sorted(path.name for path in folder.iterdir())
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    for number in range(1, 8):
        one = lived.must(f"export annex-a --characteristics --list {number}").out
        assert one == (folder / f"annex-a-list-{number}.csv").read_text(encoding="utf-8")


def test_what_the_log_does_not_say_is_told(desk: Desk) -> None:
    """Empty cells that a reader wants filled are counted on stderr by list and column."""
    desk.must("refer R1 --source 6 --born 2015-06-01 --on 2026-02-23")

    said = desk.must("export annex-a --list 3")

    assert "List 3, referrals: 1 row; empty, for the log does not say: Referral NFA? 1, Allocated Team 1" in said.err
    assert 1 == said.err.count("Lists 1, 2 and 8 to 11 are empty")


def test_an_empty_store_is_lists_without_rows(desk: Desk) -> None:
    """Nothing recorded is no error: the sheets have their heads."""
    assert [1] == [len(desk.must("export annex-a --list 6").out.splitlines())]


WRONG = {
    "export annex-a -o lists.csv": "a workbook is no CSV: --list N writes one list",
    "export annex-a --list 8": "8 is not in the range 1<=x<=7",
    "export annex-a --folder lists -o a.xlsx": "leave -o and --list out",
    "export annex-a --folder small.toml": "that is a file, not a folder",
    "export annex-a -o cases.jsonl": "would overwrite what is being read",
    "import annex-a missing.xlsx": "there is no file 'missing.xlsx'",
    "import annex-a small.toml": "small.toml: there is no list of Annex A in it",
    "import annex-a": "FILE...",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_usage_says_what_to_do(lived: Desk, line: str) -> None:
    """Each is exit 2 and a line that says what was wrong; the store keeps its bytes."""
    before = (lived.folder / "cases.jsonl").read_bytes()

    said = lived.type(line)

    assert 2 == said.code
    assert WRONG[line] in said.err
    assert before == (lived.folder / "cases.jsonl").read_bytes()


def test_the_bytes_are_the_same_everywhere(lived: Desk) -> None:
    """Another time zone, locale and hash seed make the same workbook."""
    lived.must("--today 2026-03-31 export annex-a --characteristics -o a.xlsx")
    environ = {**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    line = [
        sys.executable,
        "-m",
        "cinctl",
        "--today",
        "2026-03-31",
        "export",
        "annex-a",
        "--characteristics",
        "-o",
        "b.xlsx",
    ]
    subprocess.run(line, cwd=lived.folder, env=environ, check=True, capture_output=True)

    assert (lived.folder / "a.xlsx").read_bytes() == (lived.folder / "b.xlsx").read_bytes()


# --- in ---


def test_the_lists_come_back(lived: Desk) -> None:
    """Out, into an empty store, and out again: the same lists but for what is listed as lost."""
    lived.must("--today 2026-03-31 export annex-a --characteristics -o a.xlsx")
    lived.must("--today 2026-03-31 --store again.jsonl import annex-a a.xlsx --characteristics")

    lost = (
        "Allocated Worker",
        "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)",
    )
    for number in range(3, 8):
        first = _list(lived, number, "--today", "2026-03-31")
        again = _list(lived, number, "--today", "2026-03-31", "--store", "again.jsonl")
        assert [{c: v for c, v in row.items() if c not in lost} for row in first] == [
            {c: v for c, v in row.items() if c not in lost} for row in again
        ]
    assert 0 == lived.type("--store again.jsonl verify").code


def test_again_adds_nothing_and_csv_is_the_same(lived: Desk) -> None:
    """The same workbook again, or the same lists as CSV files, add nothing; what changed adds itself."""
    lived.must("export annex-a -o a.xlsx")
    lived.must("export annex-a --folder lists")
    first = lived.must("--store again.jsonl import annex-a a.xlsx")
    before = (lived.folder / "again.jsonl").read_bytes()

    again = lived.must("--store again.jsonl import annex-a a.xlsx")
    files = [f"lists/annex-a-list-{n}.csv" for n in range(1, 8)]
    as_csv = lived.run("--store", "again.jsonl", "import", "annex-a", *files)

    assert "10 events read: 10 recorded (1 new case), 0 recorded before" in first.err
    assert "10 events read: 0 recorded (0 new cases), 10 recorded before" in again.err
    assert "10 events read: 0 recorded (0 new cases), 10 recorded before" in as_csv.err
    assert before == (lived.folder / "again.jsonl").read_bytes()

    lived.must("close R1 --reason RC7 --by tm1 --on 2026-03-02")
    lived.must("export annex-a -o b.xlsx")
    assert "2 recorded (0 new cases)" in lived.must("--store again.jsonl import annex-a b.xlsx").err


def test_characteristics_come_in_only_when_asked(lived: Desk) -> None:
    """Without --characteristics none is recorded and their cells are counted; a later import with it adds them."""
    lived.must("export annex-a --characteristics -o a.xlsx")
    said = lived.must("--store again.jsonl import annex-a a.xlsx")
    log = (lived.folder / "again.jsonl").read_text(encoding="utf-8")

    more = lived.must("--store again.jsonl import annex-a a.xlsx --characteristics")

    assert "characteristics, without --characteristics 14" in said.err
    assert "WBRI" not in log
    assert "disabled" not in log
    assert "12 events read: 2 recorded (0 new cases), 10 recorded before" in more.err


def test_what_is_late_is_found_and_no_more(bare: Desk) -> None:
    """An authority's lists show the same findings as its whole return does, for what falls into the six months.

    Nothing is found that the lists cannot know: visits and reviews of which only the last is listed, an assessment from
    before the period, the age of an unborn child.
    """
    (bare.folder / "cinctl.toml").write_text('protocol = "bristol"\n', encoding="utf-8")
    bare.patch.setenv("CINCTL_TODAY", "2026-03-31")
    bare.run("import", "census", SYNTHETIC)
    bare.must("export annex-a -o a.xlsx")
    bare.must("--store lists.jsonl import annex-a a.xlsx")

    def found(*store: str) -> list[tuple[str, str, str]]:
        audited = bare.run(*store, "audit", "--json", "--fail-on", "never").json["findings"]
        asked = ("WT-45WD", "WT-ICPC", "BRI-03")
        return sorted((f["rule"], f["case"], f["at"] or "") for f in audited if f["rule"] in asked)

    of_return = [finding for finding in found() if not finding[2] or finding[2] >= "2025-09-30"]
    assert of_return == found("--store", "lists.jsonl")
    assert len(of_return) > 40
    kinds = {f["rule"] for f in bare.must("--store lists.jsonl audit --json --fail-on never").json["findings"]}
    assert {"WT-45WD", "WT-ICPC", "BRI-03", "BRI-03.eighteen"} == kinds


REAL = """Annex A - referrals\t\t\t\t
Run on 31/03/2026\t\t\t\t

child unique ID\tDate of  Birth\tREFERRAL DATE\tReferral source\tReferral NFA
K1\t01/06/2015 00:00\t2026-01-05\tq) 6: Police\tN

K2\t1-Jun-2016\t46027\tPolice\tb. No
"""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_files_as_systems_save_them(bare: Desk, encoding: str) -> None:
    """Titles above the heads, heads of any case, tabs, blank rows, serial dates and every usual encoding."""
    (bare.folder / "cinctl.toml").write_text('protocol = "working-together-2023"\n', encoding="utf-8")
    (bare.folder / "list.txt").write_bytes(REAL.encode(encoding))

    said = bare.must("import annex-a list.txt --made-on 2026-03-31")

    assert "4 events read: 4 recorded (2 new cases)" in said.err
    assert [("K1", "2015-06-01", "2026-01-05"), ("K2", "2016-06-01", "2026-01-05")] == [
        (row["child"], row["born"], row["referred"]) for row in bare.must("list --json").json
    ]


def test_problems_are_an_answer_too(lived: Desk) -> None:
    """With a format, problems are rows with file, line, where and what, and stderr has the sums alone."""
    (lived.folder / "a.csv").write_text("Child Unique ID,Date of referral\nK9,soon\n", encoding="utf-8")

    dry = lived.must("import annex-a a.csv --dry-run")
    rows = lived.must("import annex-a a.csv --dry-run --json")

    assert "a.csv: line 2: List 3, Date of referral: 'soon' is not a date" in dry.err
    assert ("a.csv", 2, "List 3, Date of referral") == tuple(rows.json[0][name] for name in ("file", "line", "where"))
    assert "not a date" not in rows.err


def test_bytes_of_no_encoding_are_not_recorded(lived: Desk) -> None:
    """A team or an id in bytes that cannot be read is a problem with its line, and not in the log."""
    head = b"Child Unique ID,Date of referral,Allocated Team\n"
    (lived.folder / "a.csv").write_bytes(head + b"K9,05/01/2026,Te\x81m\nK\x81,05/01/2026,B\n")

    said = lived.must("import annex-a a.csv")

    assert "a.csv: line 2: List 3, Allocated Team: holds characters that could not be read" in said.err
    assert "a.csv: line 3: List 3, Child Unique ID: holds characters that could not be read" in said.err
    assert "\\ufffd" not in (lived.folder / "cases.jsonl").read_text(encoding="utf-8").replace("\ufffd", "\\ufffd")


def test_contradictions_are_told_and_not_recorded(lived: Desk) -> None:
    """What later lists say otherwise is a problem; what was recorded stays."""
    head = "Child Unique ID,Date of Birth,Date of referral,Referral Source\n"
    (lived.folder / "a.csv").write_text(head + "K9,,05/01/2026,6\n", encoding="utf-8")
    (lived.folder / "b.csv").write_text(head + "K9,01/02/2026,05/01/2026,9\n", encoding="utf-8")
    lived.must("import annex-a a.csv")

    said = lived.must("import annex-a b.csv")

    assert "b.csv: line 2: K9-20260105, refer: recorded before with source 6, not 9" in said.err
    shown = lived.must("show K9-20260105 --json").json
    assert ("6", "2026-02-01") == (lived.must("history K9-20260105 --json").json[0]["data"]["source"], shown["born"])


def test_another_birth_than_the_one_added_is_told(lived: Desk) -> None:
    """A date of birth that later lists added and yet later ones tell otherwise is listed, without either."""
    for name, born in (("a", ""), ("b", "01/06/2015"), ("c", "02/06/2015")):
        (lived.folder / f"{name}.csv").write_text(
            f"Child Unique ID,Date of Birth,Date of referral\nK9,{born},05/01/2026\n", encoding="utf-8"
        )
    lived.must("import annex-a a.csv")
    lived.must("import annex-a b.csv")

    assert "recorded before with" not in lived.must("import annex-a b.csv").err
    assert "recorded before with a date of birth that differs" in lived.must("import annex-a c.csv").err


def test_what_differs_of_a_child_is_not_repeated(lived: Desk) -> None:
    """A date of birth, gender, ethnicity or disability told otherwise later is listed by line without either value."""
    head = "Child Unique ID,Date of Birth,Gender,Ethnicity,Disability,Continuous Assessment Start Date\n"
    (lived.folder / "r.csv").write_text("Child Unique ID,Date of referral\nK9,05/01/2026\n", encoding="utf-8")
    (lived.folder / "a.csv").write_text(head + "K9,01/06/2015,F,WBRI,Y,06/01/2026\n", encoding="utf-8")
    (lived.folder / "b.csv").write_text(head + "K9,02/06/2015,M,APKN,N,06/01/2026\n", encoding="utf-8")
    lived.must("import annex-a r.csv a.csv --characteristics")

    said = lived.must("import annex-a r.csv b.csv --characteristics").err

    for what in ("a date of birth", "a sex that differs and with an ethnicity", "a disability"):
        assert f"recorded before with {what} that differs" in said
    assert not any(value in said for value in ("2015", "WBRI", "APKN", "True", "False", "not M"))


def test_a_case_that_somebody_typed_is_left_alone(lived: Desk) -> None:
    """A case under the same id that no import opened gets nothing added, and that is told."""
    lived.must("refer K9-20260105 --source 6 --born 2015-06-01 --on 2026-01-05")
    (lived.folder / "a.csv").write_text("Child Unique ID,Date of referral\nK9,05/01/2026\n", encoding="utf-8")

    assert "case K9-20260105 was opened by somebody else" in lived.must("import annex-a a.csv").err


def test_a_hostile_workbook_records_nothing(lived: Desk) -> None:
    """One bad file among good ones: exit 2, one line, and nothing of any is recorded."""
    lived.must("export annex-a -o good.xlsx")
    with zipfile.ZipFile(lived.folder / "bad.xlsx", "w") as made:
        made.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>')
        made.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")

    said = lived.type("--store again.jsonl import annex-a good.xlsx bad.xlsx")

    assert (2, 1) == (said.code, said.err.count("\n"))
    assert "bad.xlsx: xl/workbook.xml: line 1: has a document type declaration" in said.err
    assert not (lived.folder / "again.jsonl").exists()


def test_formulas_in_a_workbook_are_text(lived: Desk) -> None:
    """What begins as a formula does comes in as text and is defused when it goes out."""
    rows = [["Child Unique ID", "Date of referral", "Allocated Team"], ["=K1", "05/01/2026", "@SUM(1)"]]
    (lived.folder / "a.xlsx").write_bytes(b"".join(workbook([Sheet("List 3", rows)])))
    lived.must("--store again.jsonl import annex-a a.xlsx")

    assert [["'=K1", "'@SUM(1)"]] == [
        _picked(row, "Child Unique ID", "Allocated Team") for row in _list(lived, 3, "--store", "again.jsonl")
    ]


def test_a_pipe_does_for_a_file(lived: Desk) -> None:
    """With - a workbook is read from stdin."""
    lived.must("export annex-a -o a.xlsx")

    said = lived.run("--store", "again.jsonl", "import", "annex-a", "-", stdin=(lived.folder / "a.xlsx").read_bytes())

    assert "10 events read: 10 recorded" in said.err
