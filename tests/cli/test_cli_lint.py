"""`protocol lint` for whoever reads it: a check, a place and a hint for each, in every format, and nothing forged."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.checklist import CHECKS
from cinctl.formats.reports import REPORTS
from cinctl.protocol.source import places_in
from tests.formats.readers import Page, github, junit, sarif, tap

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

IDS = {
    *("unreadable-file", "syntax", "unknown-protocol", "unknown-key", "missing-key", "wrong-value", "version"),
    *("rule-id", "duplicate-rule", "gate-parts", "clock-events", "clock-limit", "clock-owner", "event-names"),
    *("spelling", "param-value", "training", "clause-source", "calendar", "locked-rule", "disabled-rule"),
    *("unknown-fact", "condition", "gate-never-holds", "gate-never-asked", "clock-never-stops", "clock-never-starts"),
    *("limits-in-a-ring", "unknown-role", "unknown-code", "unknown-clause", "blank-param", "absent-fact", "unnamed"),
    *("unsaid", "speechless", "caseload"),
}
HEAD = '[protocol]\nid = "mine"\n'
GATE = '[[gate]]\nid = "X-1"\non = "visit"\nrequire = { "event.alone" = true }\nsay = "so"\n'
CLOCK = '[[clock]]\nid = "X-1"\nstarts = "refer"\nstops = "visit"\nsay = "so"\n'
FOUND = [
    ("syntax", 'x = "', 1, 6),
    ("missing-key", "[sets]\n", None, None),
    ("unknown-protocol", HEAD + '  extends = "brstol"\n', 3, 3),
    ("unknown-key", HEAD + "titel = 1\n", 3, 1),
    ("missing-key", HEAD + '  [[gate]]\n  id = "X-1"\n', 3, 3),
    ("wrong-value", HEAD + "\ttitle = 1\n", 3, 2),
    ("version", HEAD + 'supersedes = "bristol"\n', 3, 1),
    ("rule-id", HEAD + GATE.replace("X-1", "X 1"), 4, 1),
    ("duplicate-rule", HEAD + GATE + GATE, 9, 1),
    ("gate-parts", HEAD + GATE.replace('on = "visit"', '   on = "visti"'), 5, 4),
    ("clock-events", HEAD + CLOCK.replace("refer", "refr"), 5, 1),
    ("clock-limit", HEAD + CLOCK + 'within = "soon"\n', 8, 1),
    ("clock-owner", HEAD + CLOCK + 'owner = "boss"\n', 8, 1),
    ("event-names", HEAD + '[events.visit]\non = "note"\n', 3, 1),
    ("spelling", HEAD + '[sets]\n  "a b" = []\n', 4, 3),
    ("param-value", HEAD + '[params.p]\ntype = "date"\nvalue = "x"\n', 5, 1),
    ("training", HEAD + "[training.t]\ntopics = []\n", 4, 1),
    ("clause-source", HEAD + '[clauses.C-1]\nsource = "NO"\nsection = "1"\nlevel = "hard"\nsays = "so"\n', 4, 1),
    ("calendar", HEAD + '[calendar]\nbank_holidays = "mars"\n', 4, 1),
    ("locked-rule", HEAD + GATE.replace("X-1", "CORE-01"), 4, 1),
    ("disabled-rule", HEAD + '[disable]\n    "X-9" = "so"\n', 4, 5),
    ("unknown-fact", HEAD + GATE.replace("event.alone", "event.aloen"), 3, 1),
    ("condition", HEAD + GATE.replace('{ "event.alone" = true }', '{ "event.alone" = 3 }'), 3, 1),
    ("gate-never-holds", HEAD + GATE.replace("= true }", "= { present = true, absent = true } }"), 3, 1),
    ("gate-never-asked", HEAD + GATE + 'when = { "event.alone" = { present = true, absent = true } }\n', 3, 1),
    ("clock-never-stops", HEAD + CLOCK.replace('stops = "visit"\n', ""), 3, 1),
    (
        "clock-never-starts",
        HEAD + '[[clock]]\nid = "X-1"\nfor = "service"\nstarts = "protocol"\nstops = "govern.report"\n',
        3,
        1,
    ),
    ("limits-in-a-ring", HEAD + CLOCK + 'within = "due.X-1"\n', 3, 1),
    (
        "unknown-role",
        HEAD
        + '[roles.boss]\ntitle = "boss"\n[sets]\nother = []\n  lead = ["bos"]\n[protocol.x]\n'.replace(
            "[protocol.x]\n", ""
        ),
        7,
        3,
    ),
    ("unknown-role", HEAD + '[roles.boss]\ntitle = "boss"\n[caseload.roles]\n bos = 3\n', 6, 2),
    ("caseload", HEAD + "[caseload]\n unit = -1\n", 4, 2),
    (
        "unknown-code",
        HEAD
        + '[codes.audience]\nfamily = { title = "f" }\n[sets]\nkin = ["cousin"]\n'
        + GATE.replace("visit", "inform").replace('{ "event.alone" = true }', '{ "event.who" = "@kin" }'),
        7,
        1,
    ),
    ("unknown-clause", HEAD + '[homes]\n "WT-99" = "nowhere"\n', 4, 2),
    (
        "blank-param",
        HEAD
        + '[params.p]\ntype = "text"\nsay = "a word"\n'
        + GATE.replace('{ "event.alone" = true }', '{ "event.purpose" = { same_as = "params.p" } }'),
        6,
        1,
    ),
    ("absent-fact", HEAD + GATE.replace("= true }", "= { not = true } }"), 3, 1),
    ("unnamed", HEAD + 'status = "guide"\n', 1, 1),
    ("unsaid", HEAD + 'status = "agreed"\n', 1, 1),
    ("speechless", HEAD + GATE.replace('say = "so"\n', ""), 3, 1),
]


def _lint(desk: Desk, text: str, more: str = "--json") -> Any:
    (desk.folder / "mine.toml").write_text(text, encoding="utf-8")
    return desk.type(f"protocol lint mine.toml {more}")


def test_ids_of_checks_do_not_change() -> None:
    """Ids stand in the baselines and code scanning of others: one may be added, none renamed or taken away."""
    assert IDS == set(CHECKS)


@pytest.mark.parametrize(
    ("check", "text", "line", "column"), FOUND, ids=[f"{one[0]} {n}" for n, one in enumerate(FOUND)]
)
def test_check_with_its_place(bare: Desk, check: str, text: str, line: int | None, column: int | None) -> None:
    """Each check finds what it is for, at the line and column where the key or the head of the table begins."""
    rows = [row for row in _lint(bare, text).json if row["check"] == check]

    assert rows
    assert {("mine.toml", line, column)} == {(row["file"], row["line"], row["column"]) for row in rows}
    assert all(row["hint"] for row in rows)
    assert {row["level"] for row in rows} <= {"error", "warning", "note"}


def test_every_check_is_tried() -> None:
    """Each id is tried above, but for the one that a missing file alone can show."""
    assert set(CHECKS) - {check for check, *_ in FOUND} == {"unreadable-file"}


def test_file_that_cannot_be_read(bare: Desk) -> None:
    """A folder in a file's place is told with its check, and nothing else."""
    (bare.folder / "mine.toml").mkdir()

    (row,) = bare.type("protocol lint mine.toml --json").json
    assert ("unreadable-file", "mine.toml", None) == (row["check"], row["file"], row["line"])


def test_hint_is_the_nearest_name_where_there_is_one(bare: Desk) -> None:
    """A misspelling's hint is what may have been meant; any other fault's is how to put it right."""
    (one,) = [row for row in _lint(bare, HEAD + "titel = 1\n").json if row["check"] == "unknown-key"]
    (other,) = [row for row in _lint(bare, 'x = "').json if row["check"] == "syntax"]

    assert "Did you mean 'title'?" == one["hint"]
    assert CHECKS["syntax"].mend == other["hint"]


def test_rule_that_cannot_be_made_hides_no_other(bare: Desk) -> None:
    """What the conditions of one gate say wrong is told beside another gate that listens to nothing."""
    text = HEAD + GATE.replace("visit", "visti") + GATE.replace("X-1", "X-2").replace("alone", "aloen")

    assert [("gate-parts", 5), ("unknown-fact", 8)] == [(r["check"], r["line"]) for r in _lint(bare, text).json]


@pytest.mark.parametrize("text", ["  [[gate]]\nid = 1\n", "\t\tkey = 1\n", '"a" = """\n\n"""\n [x]\n'])
def test_columns_are_where_a_line_begins(text: str) -> None:
    """The column of a key or table is that of its first mark, and each line that has one has a column."""
    lines, columns = places_in(text)

    assert set(lines.values()) == set(columns)
    written = text.split("\n")
    assert {line: len(written[line - 1]) - len(written[line - 1].lstrip()) + 1 for line in columns} == columns


BAD = HEAD + "titel = 1\n" + GATE.replace("visit", "visti")


def test_reports_are_what_their_readers_take(bare: Desk) -> None:
    """Each report has two errors at their places, for a reader that is not ours; exit 5 whatever the format."""
    told = {form: _lint(bare, BAD, f"-f {form}") for form in REPORTS}

    assert {5} == {result.code for result in told.values()}
    run = sarif(told["sarif"].out)
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in run["results"]]
    assert [{"startLine": 3, "startColumn": 1}, {"startLine": 6, "startColumn": 1}] == regions
    assert list(CHECKS) == [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    cases = junit(told["junit"].out)
    assert ["unknown-key", "gate-parts"] == [case.classname for case in cases if case.outcome == "failed"]
    assert {"passed", "failed"} == {case.outcome for case in cases}
    points = tap(told["tap"].out)
    assert [(3, 1), (6, 1)] == [(p.block["line"], p.block["column"]) for p in points if not p.ok and p.block]
    assert ["error", "error", "notice"] == [one.command for one in github(told["github"].out)]
    assert ("3", "1") == tuple(github(told["github"].out)[0].properties[key] for key in ("line", "col"))
    assert ["major", "major"] == [issue["severity"] for issue in json.loads(told["gitlab"].out)]
    assert "mine.toml:6:1" in told["markdown"].out
    assert 10 == len(Page(told["html"].out).cells)


def test_warnings_and_notes_fail_nothing(bare: Desk) -> None:
    """They are warnings and notes in every report, and exit 0."""
    text = HEAD + GATE.replace("= true }", "= { not = true } }").replace('say = "so"\n', "")
    told = {form: _lint(bare, text, f"-f {form}") for form in REPORTS}

    assert {0} == {result.code for result in told.values()}
    assert ["warning", "note"] == [result["level"] for result in sarif(told["sarif"].out)["results"]]
    assert ["warning", "notice", "notice"] == [one.command for one in github(told["github"].out)]
    assert {"passed"} == {case.outcome for case in junit(told["junit"].out)}
    assert all(point.ok for point in tap(told["tap"].out))


def test_several_formats_at_once(bare: Desk) -> None:
    """As for audit: each -f goes to the -o behind it; two to stdout is wrong usage, and no file is read then."""
    result = _lint(bare, BAD, "-f sarif -o lint.sarif -f ids")

    assert (5, "X-1\n") == (result.code, result.out)
    assert 2 == len(sarif((bare.folder / "lint.sarif").read_text(encoding="utf-8"))["results"])
    assert 2 == _lint(bare, BAD, "-f sarif -f json").code


def test_job_summary(bare: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With GITHUB_STEP_SUMMARY, annotations come with the page of -f markdown, as those of audit do."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    page = _lint(bare, BAD, "-f markdown").out
    _lint(bare, BAD, "-f github")

    assert page == (bare.folder / "summary.md").read_text(encoding="utf-8")


def test_what_two_protocols_inherit_is_reported_once(bare: Desk) -> None:
    """A fault of a file that both extend is one result, and fingerprints tell all results apart."""
    bare.folder.joinpath("below.toml").write_text(HEAD.replace("mine", "below") + GATE.replace('say = "so"\n', ""))
    for name in ("one", "two"):
        bare.folder.joinpath(f"{name}.toml").write_text(HEAD.replace("mine", name) + 'extends = "below.toml"\n')

    results = sarif(bare.type("protocol lint one.toml two.toml -f sarif").out)["results"]
    prints = [result["partialFingerprints"]["findingFingerprint/v1"] for result in results]
    assert 1 == len([result for result in results if result["ruleId"] == "speechless"])
    assert len(set(prints)) == len(prints)


def test_fingerprint_does_not_move_with_the_line(bare: Desk) -> None:
    """A comment above changes the line and no fingerprint."""
    before, after = (sarif(_lint(bare, text, "-f sarif").out)["results"] for text in (BAD, "# a comment\n" + BAD))

    assert [r["partialFingerprints"] for r in before] == [r["partialFingerprints"] for r in after]
    assert [r["locations"] for r in before] != [r["locations"] for r in after]


HOSTILE = (
    *("::error::forged", "a]]>b", "%0A::error::forged", "##[error]forged", "=cmd|' /C calc'!A0", "a\\u202edesrever"),
    *("nul\\u0007\\u001b[31m", "two\\nlines", "# SKIP no", "| `x` | <b>", "[l](https://example.org)", "not\\uffffxml"),
)


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_is_forged(bare: Desk, words: str) -> None:
    """Whatever keys, ids and texts of a protocol say, each reader finds one error, and nothing that moves a cursor."""
    text = HEAD + f'"{words}" = 1\n[roles.r]\ntitle = "{words}"\n'
    told = {form: _lint(bare, text, f"-f {form}") for form in (*REPORTS, "json", "csv", "tsv", "table", "jsonl")}

    assert {5} == {result.code for result in told.values()}
    assert 1 == len(sarif(told["sarif"].out)["results"])
    assert 1 == len([case for case in junit(told["junit"].out) if case.outcome == "failed"])
    assert 1 == len([point for point in tap(told["tap"].out) if not point.ok])
    assert ["error", "notice"] == [one.command for one in github(told["github"].out)]
    assert 1 == len(json.loads(told["gitlab"].out)) == len(told["json"].json)
    assert 5 == len(Page(told["html"].out).cells)
    assert 2 == len(list(csv.reader(io.StringIO(told["csv"].out))))
    for result in told.values():
        assert not set(result.out) & set("\x07\x1b\u202e\uffff")


@pytest.mark.parametrize("words", ["=1+1", "::error::x", "]]>"])
def test_name_of_a_file_forges_nothing(bare: Desk, words: str) -> None:
    """A file may be called anything."""
    (bare.folder / words).write_text("x = =\n", encoding="utf-8")
    told = {form: bare.run("protocol", "lint", words, "-f", form) for form in ("sarif", "junit", "tap", "github")}

    assert {5} == {result.code for result in told.values()}
    assert 1 == len(sarif(told["sarif"].out)["results"])
    assert 1 == len([case for case in junit(told["junit"].out) if case.outcome == "failed"])
    assert 1 == len([point for point in tap(told["tap"].out) if not point.ok])
    assert ["error", "notice"] == [one.command for one in github(told["github"].out)]
