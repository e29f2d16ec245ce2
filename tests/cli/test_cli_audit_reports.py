"""`audit` in the formats of CI, several at once, to files: where answers go, and that the verdict stays the same."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cinctl.commands._outputs import FORMS
from cinctl.formats.reports import REPORTS
from tests.formats.readers import github, junit, sarif, tap

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

FAILS = "visit R2 --seen child --on 2026-02-24"


@pytest.fixture(name="found")
def _found(case: Desk) -> Desk:
    """Two cases of unit A: R1 with a warning and a waived denial, R2 with a denial that stands, and a late clock."""
    case.must("refer R2 --source 1A --born 2015-06-01 --need N1 --on 2026-02-27")
    case.must("decide R2 --outcome section-17 --by tm1 --on 2026-03-02")
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-23")
    case.must("visit R1 --seen child --on 2026-02-24")
    case.must(FAILS.replace("2026-02-24", "2026-03-01"))
    case.must("waive R1 --rule SML-3 --reason secret-reason --until 2026-08-01 --approved-by tm1 --by tm1")
    path = case.folder / "small.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('level = "warn"', 'level = "deny"'), encoding="utf-8")
    return case


def _kept(desk: Desk) -> dict[str, bytes]:
    """Return what every file in the folder holds, but for the cache, which comes and goes."""
    names = (name for name in os.listdir(desk.folder) if not name.endswith(".cache"))
    return {name: (desk.folder / name).read_bytes() for name in names}


def test_the_fixture_is_what_it_says(found: Desk) -> None:
    """One denial stands and one is waived."""
    rows = found.type("audit --json").json["findings"]

    assert [("SML-3", "R1", True), ("SML-3", "R2", False)] == [(r["rule"], r["case"], r["waived"]) for r in rows]


def test_several_at_once(found: Desk) -> None:
    """Each -f goes to the -o behind it; the one without goes to stdout; all tell the same findings."""
    result = found.type("audit -f sarif -o a.sarif -f junit -o a.xml -f tap -o a.tap -f github")
    run = sarif((found.folder / "a.sarif").read_text(encoding="utf-8"))
    cases = junit((found.folder / "a.xml").read_text(encoding="utf-8"))
    points = tap((found.folder / "a.tap").read_text(encoding="utf-8"))

    assert 1 == result.code
    assert [True, False] == ["suppressions" in result for result in run["results"]]
    assert 1 == run["invocations"][0]["exitCode"]
    assert ["skipped", "failed"] == [case.outcome for case in cases if case.classname == "SML-3"]
    assert {"passed"} == {case.outcome for case in cases if case.classname != "SML-3"}
    assert [True, False] == [point.ok for point in points[:2]]
    assert ["error", "notice"] == [one.command for one in github(result.out)]


def test_the_clause_and_line_are_in_sarif(found: Desk) -> None:
    """The rule object cites its clause and says what satisfies it; the result stands at the event's line."""
    found.type("audit -f sarif -o a.sarif")
    run = sarif((found.folder / "a.sarif").read_text(encoding="utf-8"))
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    seq = [row["seq"] for row in found.type("audit --json").json["findings"]]

    assert "Source: Small authority's protocol (Small §3)" in rules["SML-3"]["help"]["text"]
    assert "Clause SML-3: the child is seen alone" in rules["SML-3"]["help"]["text"]
    assert "What satisfies it: --alone" in rules["SML-3"]["help"]["text"]
    assert seq == [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in run["results"]]
    assert ["waived until 2026-08-01, approved by tm1 (event 9)"] == [
        s["justification"] for r in run["results"] for s in r.get("suppressions", [])
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("flags", ["", "--max-findings 0", "--statistics", "--mask", "-o answer"])
def test_the_same_verdict_whatever_the_format(found: Desk, form: str, flags: str) -> None:
    """Neither format nor flag changes the exit code, 1 with a denial and 0 where none is to fail."""
    assert 1 == found.type(f"audit -f {form} {flags}").code
    assert 0 == found.type(f"audit -f {form} {flags} --fail-on never").code


@pytest.mark.parametrize("form", FORMS)
def test_a_file_holds_what_stdout_would(found: Desk, form: str) -> None:
    """-o FILE has the bytes that stdout has, and nobody else can read it."""
    printed = found.type(f"audit -f {form}")
    written = found.type(f"audit -f {form} -o answer")
    path = found.folder / "answer"

    assert (printed.code, "", printed.err) == written
    assert printed.out == path.read_text(encoding="utf-8")
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [] == [name for name in os.listdir(found.folder) if name.startswith(".cinctl")]


def test_a_dash_is_stdout(found: Desk) -> None:
    """-o - says stdout aloud."""
    assert found.type("audit -f tap").out == found.type("audit -f tap -o -").out


def test_an_output_before_the_only_format(found: Desk) -> None:
    """With one -f the order does not matter; with none the table goes to the file; --json counts as a format."""
    found.type("audit -o a.tap -f tap")
    found.type("audit -o a.txt")
    found.type("audit --json -o a.json -f ids")

    assert (found.folder / "a.tap").read_text(encoding="utf-8").startswith("TAP version 14\n")
    assert (found.folder / "a.txt").read_text(encoding="utf-8").startswith("level ")
    assert "cinctl/audit/1" == json.loads((found.folder / "a.json").read_text(encoding="utf-8"))["schema"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("-f sarif -f junit", "sarif and junit cannot both go to stdout"),
        ("--json -f csv", "json and csv cannot both go to stdout"),
        ("-f tap -o a -f csv -o a", "-o a is named twice"),
        ("-f tap -o a -o b", "-o b has no -f of its own"),
        ("-o a -f tap -f csv", "-o a stands before any -f"),
        ("-o a -f tap -o b", "-o a stands before any -f"),
        ("-f tap -o .", "that is a folder, not a file"),
        ("-f tap -o nowhere/a", "there is no folder 'nowhere'"),
        ("-f tap -o cases.jsonl", "that would overwrite what is being read"),
        ("-f tap -o ./small.toml --protocol small.toml", "that would overwrite what is being read"),
        ("-f tap -o cinctl.toml", "that would overwrite what is being read"),
        ("--write-baseline cases.jsonl", "that would overwrite what is being read"),
        ("-f tap -o k --write-baseline k", "-o k is the file of --write-baseline"),
        ("-f sarif --columns case", "--columns and --sort mean nothing to sarif"),
        ("-f junit --sort case", "--columns and --sort mean nothing to junit"),
        ("--statistics --columns case", "--statistics has columns and an order of its own"),
        ("-f sarfi", "Did you mean 'sarif'?"),
        ("--max-findings -1", "--max-findings"),
        ("--protocol-hash 1234567", "is not 8 to 64 hexadecimal digits"),
        ("--protocol-hash xyzxyzxyz", "is not 8 to 64 hexadecimal digits"),
        ("--baseline nowhere.json", "there is no file 'nowhere.json'"),
        ("--baseline small.toml", "not valid JSON"),
        ("--mask-key-file nowhere", "there is no file 'nowhere'"),
        ("--mask-key-file .", "'.' is a folder, not a file"),
        ("--mask-key-file long.key", "'long.key' is no key: it holds more than 64 KiB"),
        ("--mask --write-baseline k", "--write-baseline with --mask needs a key that lasts"),
        ("--select SLM-3", "--select: no rule is called 'SLM-3', or begins so. Did you mean 'SML-3'?"),
        ("--ignore X", "--ignore: no rule is called 'X', or begins so."),
        ("--select ,", "--select names no rule"),
        ("--unit Q", "--unit: 'Q' is not the unit of any case or practitioner."),
        ("--since 2026-03-02 --until 2026-03-01", "--from 2026-03-02 lies after --until 2026-03-01"),
    ],
)
def test_what_means_nothing(found: Desk, line: str, fault: str) -> None:
    """What cannot be meant is exit 2, with what is wrong; no file is touched and nothing is printed."""
    (found.folder / "long.key").write_bytes(b"k" * (64 * 1024 + 1))
    before = _kept(found)

    result = found.type(f"audit {line}")

    assert (2, "") == result[:2]
    assert fault in result.err
    assert before == _kept(found)


def test_a_link_to_the_store_is_the_store(found: Desk) -> None:
    """No other name of the log lets an answer overwrite it."""
    (found.folder / "link").symlink_to("cases.jsonl")
    os.link(found.folder / "cases.jsonl", found.folder / "hard")

    assert [2, 2] == [found.type(f"audit -f tap -o {name}").code for name in ("link", "hard")]


def test_a_full_disk_is_told(found: Desk) -> None:
    """An answer that cannot be written is exit 6, and the device is still there."""
    result = found.type("audit -f tap -o /dev/full")

    assert (6, "") == result[:2]
    assert "/dev/full: No space left on device" in result.err
    assert Path("/dev/full").is_char_device()


def test_a_folder_that_cannot_be_written_to(found: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in the file stays there when the new answer cannot be put in its place."""
    (found.folder / "a.tap").write_text("old\n", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cinctl.outfile.os.replace", refuse)

    result = found.type("audit -f tap -o a.tap")

    assert 6 == result.code
    assert "a.tap: Permission denied" in result.err
    assert "old\n" == (found.folder / "a.tap").read_text(encoding="utf-8")
    assert [] == [name for name in os.listdir(found.folder) if name.startswith(".cinctl")]


def test_a_link_is_written_through(found: Desk) -> None:
    """A link stays a link: the file behind it holds the answer."""
    (found.folder / "link").symlink_to("a.tap")

    found.type("audit -f tap -o link")

    assert (found.folder / "link").is_symlink()
    assert (found.folder / "a.tap").read_text(encoding="utf-8").startswith("TAP version 14\n")
    assert 0o600 == stat.S_IMODE((found.folder / "a.tap").stat().st_mode)


def test_the_job_summary_is_added_to(found: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With $GITHUB_STEP_SUMMARY set, -f github adds a page to it and keeps what is there; other formats do not."""
    summary = found.folder / "summary.md"
    summary.write_text("# Before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    page = found.type("audit -f markdown").out

    found.type("audit -f github")

    assert f"# Before\n{page}" == summary.read_text(encoding="utf-8")


def test_a_full_job_summary_is_left_alone(found: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub drops a summary of more than a mebibyte: one that is nearly so long gets no more."""
    summary = found.folder / "summary.md"
    summary.write_text("x" * (1024 * 1024 - 900), encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    assert 1 == found.type("audit -f github").code
    assert 1024 * 1024 - 900 == summary.stat().st_size


def test_only_some_are_shown(found: Desk) -> None:
    """--max-findings limits what is printed: the counts and the exit code are those of all, and stderr says so."""
    result = found.type("audit --json --max-findings 1")

    assert 1 == result.code
    assert (1, 1, 1) == (len(result.json["findings"]), result.json["not_shown"], result.json["counts"]["deny"])
    assert "1 more finding not shown (--max-findings 1)" in result.err


@pytest.mark.parametrize("form", ["junit", "tap"])
def test_a_denial_that_is_not_shown_still_fails(found: Desk, form: str) -> None:
    """A reader of the report comes to the verdict of the exit code, however few findings are shown."""
    out = found.type(f"audit -f {form} --max-findings 1").out

    if form == "junit":
        assert ["failed"] == [case.outcome for case in junit(out) if case.classname == "cinctl"]
    else:
        assert not tap(out)[-1].ok


def test_a_rule_that_was_not_judged_does_not_pass(found: Desk) -> None:
    """A report has no test for a rule that waits for a parameter, nor for one that --select leaves out."""
    path = found.folder / "small.toml"
    waiting = (
        '\n[params.begun]\ntype = "date"\n\n[[gate]]\nid = "SML-9"\non = "visit"\n'
        'require = { "event.on" = { on_or_after = "params.begun" } }\nsay = "after the first day"\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + waiting, encoding="utf-8")

    assert "SML-9" not in {case.classname for case in junit(found.type("audit -f junit").out)}
    assert {"SML-3"} == {case.classname for case in junit(found.type("audit -f junit --select SML-3").out)}


def test_rules_of_staff_are_not_judged_for_a_case(found: Desk) -> None:
    """An audit of named cases says nothing of rules about practitioners."""
    path = found.folder / "small.toml"
    clock = (
        '\n[[clock]]\nid = "SML-8"\nfor = "practitioner"\nstarts = "staff.join"\nstops = "fileaudit"\n'
        'within = "1 day"\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + clock, encoding="utf-8")

    assert "SML-8" in {case.classname for case in junit(found.type("audit -f junit").out)}
    assert "SML-8" not in {case.classname for case in junit(found.type("audit R1 R2 -f junit").out)}


@pytest.mark.parametrize("form", [*REPORTS, "json", "csv"])
def test_the_same_bytes_everywhere(found: Desk, form: str) -> None:
    """Locale, time zone and hash seed change nothing."""
    outs = set()
    for seed, zone, locale in (("0", "UTC", "C"), ("1", "Pacific/Auckland", "C.UTF-8")):
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": os.getcwd()}
        done = subprocess.run(
            [sys.executable, "-m", "cinctl", "--today", "2026-03-02", "audit", "-f", form, "--statistics"],
            env=env,
            cwd=found.folder,
            capture_output=True,
            check=False,
        )
        assert 1 == done.returncode, done.stderr
        outs.add(done.stdout)

    assert 1 == len(outs)


def test_the_log_is_named_from_here(found: Desk) -> None:
    """A store in a folder below has its relative path in reports; one elsewhere its name alone."""
    (found.folder / "inner").mkdir()
    (found.folder / "cases.jsonl").rename(found.folder / "inner" / "cases.jsonl")

    inside = github(found.type("audit -f github --store inner/cases.jsonl").out)
    os.chdir(found.folder / "inner")
    (found.folder / "cases.jsonl").write_bytes((found.folder / "inner" / "cases.jsonl").read_bytes())
    outside = github(found.type("audit -f github --store ../cases.jsonl --protocol ../small.toml").out)

    assert "inner/cases.jsonl" == inside[0].properties["file"]
    assert "cases.jsonl" == outside[0].properties["file"]


def test_markdown_with_columns_is_a_table_of_them(found: Desk) -> None:
    """--columns makes of Markdown what it is for any command."""
    assert "| case   | rule   |" == found.type("audit -f markdown --columns case,rule").out.splitlines()[0]
    assert found.type("audit -f markdown").out.startswith("## cinctl audit: small\n")


def test_a_report_is_loaded_when_asked_for(found: Desk) -> None:
    """An audit that wants one report loads that one, and an audit that wants none loads none."""
    script = "import sys; from cinctl.cli import run; run(sys.argv[1:]); sys.stderr.write(' '.join(sys.modules))"

    def loaded(form: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", script, "--today", "2026-03-02", "audit", "-f", form],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            cwd=found.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return {name for name in REPORTS if f"cinctl.formats.{name}" in done.stderr.split()}

    assert (set(), {"sarif"}) == (loaded("json"), loaded("sarif"))


@pytest.fixture(name="grown")
def _grown(bare: Desk) -> Desk:
    """A case under Bristol's protocol that is open 47 days after the 18th birthday, which was on 4 March 2026."""
    bare.must("init --protocol bristol")
    bare.must("refer R1 --source 1A --born 2008-03-04 --need N1 --on 2026-02-23")
    return bare


def _tells_the_birthday(text: str) -> list[str]:
    return [day for day in ("2026-03-04", "4 Mar 2026", "47 days", '"late_days": 47', "2008") if day in text]


@pytest.mark.parametrize("form", REPORTS)
def test_report_gives_no_date_that_tells_a_birthday(grown: Desk, form: str) -> None:
    """What was to be done by an 18th birthday is found in every report, without a day that tells the birthday."""
    text = grown.run("--today", "2026-04-20", "audit", "-f", form).out

    assert "end the case by the 18th birthday" in text
    assert [] == _tells_the_birthday(text)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
def test_masked_rows_give_no_date_that_tells_a_birthday(grown: Desk, form: str) -> None:
    """Nor does --mask in the general formats; without it they are for where the record may be, and tell it."""
    asked = ["--today", "2026-04-20", "audit", "-f", form]

    assert [] == _tells_the_birthday(grown.run(*asked, "--mask").out)
    assert [] != _tells_the_birthday(grown.run(*asked).out)


def test_baseline_holds_no_date_that_tells_a_birthday(grown: Desk) -> None:
    """A baseline, which may stand in a repository, knows the finding again without the day."""
    grown.run("--today", "2026-04-20", "audit", "--write-baseline", "known.json", "-f", "ids")
    text = (grown.folder / "known.json").read_text(encoding="utf-8")
    again = grown.run(
        "--today", "2026-04-21", "audit", "--fail-on", "warn", "--baseline", "known.json", "--select", "BRI-03"
    )

    assert "BRI-03.eighteen" in text
    assert [] == _tells_the_birthday(text)
    assert 0 == again.code
