"""The commands that answer: their rows, filters, formats, and bytes that are the same everywhere."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.queries import Book
from cinctl.render import FORMATS
from cinctl.session import Session

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

ANSWERS = {
    "list": ("case", "child", "family", "born", "expected", "state", "tier", "need", "lead", "lead_role", "supervisor",
             "unit", "referred", "closed"),
    "show R1": ("case", "child", "family", "born", "expected", "state", "tier", "need", "lead", "lead_role",
                "supervisor", "unit", "referred", "closed"),
    "history R1": ("seq", "kind", "at", "recorded", "by", "case", "data", "corrected_by"),
    "next R1": ("case", "step", "refused", "rules", "why", "satisfy"),
    "due": ("case", "rule", "clause", "what", "owner", "lead", "unit", "start", "due", "status", "late_days", "late",
            "late_unit", "covers"),
    "audit": ("rule", "clause", "clauses", "level", "case", "seq", "at", "message", "due", "late_days", "waived",
              "hindsight", "fingerprint"),
    "caseload": ("lead", "role", "unit", "cases", "overdue", "due_soon", "outstanding", "lead_changes", "leads",
                 "limit", "over", "away_from", "away_until", "cover"),
    "staff list": ("staff", "role", "unit", "employer", "qualified", "registered_until", "in_post", "since",
                   "training", "away_from", "away_until", "cover"),
    "staff show tm1": ("staff", "role", "unit", "employer", "qualified", "registered_until", "in_post", "since",
                       "training", "away_from", "away_until", "cover"),
    "verify": ("store", "ok", "lines", "head", "torn", "fault_line", "fault"),
    "init": ("config", "store", "protocol", "created"),
    "protocol list": ("id", "title", "status"),
    "protocol show": ("id", "title", "status"),
    "protocol lint": ("protocol", "level", "rule", "where", "message"),
    "protocol explain": ("rule", "clause", "source", "section", "level", "on", "within", "owner", "say", "satisfy"),
    "protocol clauses": ("clause", "level", "source", "section", "says", "home"),
}  # fmt: skip
QUIET = ("audit", "--fail-on", "never")


def _args(command: str) -> tuple[str, ...]:
    return QUIET if command == "audit" else tuple(command.split())


def _rows(answer: Any) -> list[dict[str, Any]]:
    if isinstance(answer, dict) and "findings" in answer and "counts" in answer:
        answer = answer["findings"]
    return answer if isinstance(answer, list) else [answer]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("command", ANSWERS)
def test_every_answer_in_every_format(case: Desk, command: str, form: str) -> None:
    """Each answering command prints each format, and nothing but the answer, on stdout; exit 0."""
    result = case.run(*_args(command), "-f", form)

    assert result.code == 0, result.err
    if form in ("csv", "tsv"):
        rows = list(csv.reader(io.StringIO(result.out), delimiter="," if form == "csv" else "\t"))
        assert {len(rows[0])} == {len(row) for row in rows}
        assert set(ANSWERS[command]) <= set(rows[0])
    elif form == "json":
        assert result.json is not None
    elif form == "jsonl":
        assert all(isinstance(json.loads(line), dict) for line in result.out.splitlines())
    elif form == "ids":
        assert len(set(result.out.split())) == len(result.out.split())


@pytest.mark.parametrize("command", [c for c in ANSWERS if c != "protocol lint"])
def test_field_names_are_stable(case: Desk, command: str) -> None:
    """The documented fields are in every row of JSON, in their order."""
    rows = _rows(case.run(*_args(command), "--json").json)

    assert rows
    for row in rows:
        assert list(ANSWERS[command]) == [name for name in row if name in ANSWERS[command]]


@pytest.mark.parametrize("command", ANSWERS)
def test_columns_and_sort(case: Desk, command: str) -> None:
    """--columns picks fields in the order asked for, in every format that has fields."""
    first, last = ANSWERS[command][0], ANSWERS[command][-1]

    picked = case.run(*_args(command), "-f", "jsonl", "--columns", f"{last},{first}", "--sort", f"-{first}")
    table = case.run(*_args(command), "-f", "csv", "--columns", f"{last},{first}")

    assert (picked.code, table.code) == (0, 0)
    assert all([last, first] == list(json.loads(line)) for line in picked.out.splitlines())
    assert f"{last},{first}" == table.out.splitlines()[0]


def test_unknown_column_reads_nothing(case: Desk) -> None:
    """A misspelt column is told before anything is read."""
    result = case.type("--store nowhere.jsonl list --columns cas")

    assert result.code == 2
    assert result.err.endswith("Did you mean 'case'?\n")


def test_one_answer_feeds_another(case: Desk) -> None:
    """ids, JSON lines and a JSON array of one command are cases for the next."""
    for form in ("ids", "jsonl", "json"):
        due = case.type(f"due --overdue -f {form}").out
        assert [row["case"] for row in case.type("show - --json", stdin=due).json] == ["R1"]


def test_due(case: Desk) -> None:
    """A row says what, whose, since when, by when, how late; the table has weekdays."""
    case.must("refer R2 --source 1A --born 2015-06-01 --unit B --on 2026-03-02")

    rows = case.type("due --json").json

    assert [(row["case"], row["status"], row["due"], row["late_days"]) for row in rows] == [
        ("R1", "overdue", "2026-02-24", 6),
        ("R2", "pending", "2026-03-03", -1),
    ]
    assert "Tue 24 Feb 2026" in case.type("due").out


DUE_FILTERS = [
    ("--overdue", ["R1"]),
    ("--within 1d", ["R1", "R2"]),
    ("--within 0d", ["R1"]),
    ("--within 5wd", ["R1", "R2"]),
    ("--within 2w", ["R1", "R2"]),
    ("R2", ["R2"]),
    ("R1 R2", ["R1", "R2"]),
    ("--rule SML-2", ["R1", "R2"]),
    ("--unit B", ["R2"]),
    ("--owner manager", ["R1", "R2"]),
    ("--owner @manager", ["R1", "R2"]),
    ("--owner tm1", []),
    ("--lead sw1", []),
    ("--sort due", ["R1", "R2"]),
    ("--sort -due", ["R2", "R1"]),
]


@pytest.mark.parametrize(("options", "expected"), DUE_FILTERS, ids=[options for options, _ in DUE_FILTERS])
def test_due_filters(case: Desk, options: str, expected: list[str]) -> None:
    """Each option narrows the answer, or orders it."""
    case.must("refer R2 --source 1A --born 2015-06-01 --unit B --on 2026-03-02")

    assert expected == [row["case"] for row in case.type(f"due --json {options}").json]


def test_due_mine(case: Desk) -> None:
    """--mine is what CINCTL_ACTOR owes."""
    case.patch.setenv("CINCTL_ACTOR", "tm1")

    assert case.type("due --mine --json").json == []


def test_due_exit_code(case: Desk) -> None:
    """--exit-code: 1 when something in the answer is overdue, else 0; the answer is printed either way."""
    overdue = case.type("due --overdue --exit-code -f ids")

    assert overdue[:2] == (1, "R1\n")
    assert case.type("due --exit-code --today 2026-02-24").code == 0
    assert case.type("due --overdue").code == 0


def test_due_soon_is_wider_by_config(case: Desk) -> None:
    """due_soon is today, unless the config says more."""
    assert [row["status"] for row in case.type("due --json --today 2026-02-24").json] == ["due_soon"]
    assert [row["status"] for row in case.type("due --json --today 2026-02-23").json] == ["pending"]
    with open(case.folder / "cinctl.toml", "a", encoding="utf-8") as file:
        file.write('due_soon = "2 days"\n')
    assert [row["status"] for row in case.type("due --json --today 2026-02-23").json] == ["due_soon"]


def test_nothing_due_is_silence_on_stdout(desk: Desk) -> None:
    """An empty table is no bytes on stdout and a word on stderr."""
    assert desk.type("due") == (0, "", "Nothing is due.\n")


def test_list_filters(case: Desk) -> None:
    """--open and --state narrow the list; what is there comes sorted by id."""
    case.must("refer A9 --source 1A --born 2015-06-01 --on 2026-02-24")
    case.must("decide A9 --outcome no-further-action --on 2026-02-25")

    assert case.type("list -f ids").out.split() == ["A9", "R1"]
    assert case.type("list --open --state referred -f ids").out.split() == ["R1"]
    assert case.type("list --state no-further-action -f ids").out.split() == ["A9"]
    assert case.type("list --state closed").err == "There are no such cases.\n"


def test_show_one_and_several(case: Desk) -> None:
    """One case is one object, several an array."""
    case.must("refer R2 --source 1A --born 2015-06-01")

    assert case.type("show R1 --json").json["case"] == "R1"
    assert [row["case"] for row in case.type("show R2 R1 --json").json] == ["R2", "R1"]


def test_next_says_what_stands_in_the_way(case: Desk) -> None:
    """A step that a rule refuses whatever it says is told as refused, with why."""
    (row,) = (row for row in case.type("next R1 --json").json if row["step"] == "allocate")

    assert (row["refused"], row["rules"]) == (True, ["SML-1"])
    assert "team mapping" in row["why"]


def test_events_after_today_are_left_out_and_told(case: Desk) -> None:
    """--today before the newest event: left out of the answer, and said so on stderr."""
    result = case.type("list --today 2026-02-22")

    assert result[:2] == (0, "")
    assert "1 event dated after 2026-02-22 left out" in result.err


def test_audit(case: Desk) -> None:
    """--json is one object: what it was judged by, counts, findings; the sums go to stderr."""
    result = case.type("audit --json")

    assert result.code == 0
    assert list(result.json) == ["schema", "today", "protocol", "calendar", "store", "filters", "counts", "findings"]
    assert (result.json["today"], result.json["protocol"]["id"]) == ("2026-03-02", "small")
    assert [finding["rule"] for finding in result.json["findings"]] == ["SML-2"]
    assert "1 warn" in result.err


@pytest.mark.parametrize(("level", "code"), [("deny", 0), ("warn", 1), ("never", 0)])
def test_audit_fails_on_warnings(case: Desk, level: str, code: int) -> None:
    """A warning fails an audit only where it is asked to."""
    assert code == case.type(f"audit --fail-on {level}").code


@pytest.mark.parametrize(("options", "code"), [("", 1), ("--fail-on warn", 1), ("--fail-on never", 0)])
def test_audit_fails_on_denials(case: Desk, options: str, code: int) -> None:
    """What the protocol forbids fails an audit unless told never to; a changed protocol finds it in old history."""
    case.must("visit R1 --seen child --on 2026-02-24")
    path = case.folder / "small.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('level = "warn"', 'level = "deny"'), encoding="utf-8")

    result = case.type(f"audit {options} -f ids")

    assert (code, "R1\n") == result[:2]


def test_audit_filters(case: Desk) -> None:
    """--from, --until and case ids narrow the findings."""
    for options, expected in (("--until 2026-02-23", 0), ("--from 2026-03-03", 0), ("R1", 1), ("--from 2026-02-24", 1)):
        assert expected == len(case.type(f"audit --json {options}").json["findings"]), options


def test_verify(case: Desk) -> None:
    """A whole log: how many lines, and the head of its chain."""
    result = case.type("verify --json")

    assert (result.code, result.json["ok"], result.json["lines"]) == (0, True, 3)


def test_verify_names_the_first_bad_line(case: Desk) -> None:
    """An altered line is exit 4 and named; the answer is printed all the same."""
    path = case.folder / "cases.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"sw1"', b'"sw2"'))

    result = case.type("verify --json")

    assert (result.code, result.json["ok"], result.json["fault_line"]) == (4, False, 2)
    assert "line 2 does not hold" in result.err


def test_torn_tail_is_told_and_left_out(case: Desk) -> None:
    """A half-written last line is no fault: left out, said so, exit 0."""
    with open(case.folder / "cases.jsonl", "ab") as file:
        file.write(b'{"v":1,"seq":4,"ki')

    listed, verified = case.type("list -f ids"), case.type("verify")

    assert listed[:2] == (0, "R1\n")
    assert "torn" in listed.err
    assert verified.code == 0
    assert "torn" in verified.err


def test_hostile_text_from_the_log(case: Desk) -> None:
    """Text of a record reaches neither terminal nor spreadsheet as a command; JSON has it as it was."""
    text = "=1+1\x1b[2J\nSECOND"
    case.run("note", "R1", "--text", text, "--by", "sw1")

    table, sheet = case.type("history R1"), case.type("history R1 -f csv --columns seq,data")

    assert "\x1b" not in table.out
    assert len(table.out.splitlines()) == 2 + 2
    assert "\x1b" not in sheet.out
    assert text == case.type("history R1 --json").json[1]["data"]["text"]


def test_formula_in_a_cell(case: Desk) -> None:
    """A unit that is a formula is defused in CSV."""
    case.must("refer R2 --source 1A --born 2015-06-01 --unit =1+1")

    assert "R2,'=1+1" in case.type("list -f csv --columns case,unit").out


def test_init(bare: Desk) -> None:
    """Init writes a config that loads and a private store; doing it again changes nothing."""
    first = bare.must("init --protocol working-together-2023 --json").json
    config = (bare.folder / "cinctl.toml").read_bytes()
    again = bare.must("init --protocol working-together-2023 --json").json
    plain = bare.must("init --json").json

    assert tomllib.loads(config.decode()) == {"protocol": "working-together-2023", "store": "cases.jsonl"}
    assert first["created"] == ["config", "store"]
    assert [] == again["created"] == plain["created"]
    assert config == (bare.folder / "cinctl.toml").read_bytes()
    if os.name == "posix":
        assert (bare.folder / "cases.jsonl").stat().st_mode & 0o777 == 0o600


def test_init_never_overwrites(bare: Desk) -> None:
    """A config that says otherwise stays, and init says so: exit 2."""
    bare.must("init --protocol working-together-2023")
    config = (bare.folder / "cinctl.toml").read_bytes()

    for options in ("--protocol bristol", "--store other.jsonl"):
        result = bare.type(f"init {options}")
        assert result[:2] == (2, "")
        assert "change it there" in result.err
    assert config == (bare.folder / "cinctl.toml").read_bytes()


def test_init_with_a_bad_protocol_writes_nothing(bare: Desk) -> None:
    """An unknown protocol is exit 5 before a byte is written."""
    assert bare.type("init --protocol bristo").code == 5
    assert list(bare.folder.iterdir()) == []


def test_init_elsewhere(bare: Desk) -> None:
    """--config names another place; paths in it start from there."""
    bare.must("init --protocol working-together-2023 --config team/cinctl.toml --store team/log/c.jsonl")

    found = tomllib.loads((bare.folder / "team" / "cinctl.toml").read_text(encoding="utf-8"))
    assert found["store"] == "log/c.jsonl"
    assert (bare.folder / "team" / "log" / "c.jsonl").is_file()


def test_init_keeps_a_store(case: Desk) -> None:
    """A store that is there is kept as it is."""
    before = (case.folder / "cases.jsonl").read_bytes()
    case.must("init")

    assert before == (case.folder / "cases.jsonl").read_bytes()


def test_whole_protocol_in_the_config_runs(bare: Desk) -> None:
    """config.example.toml runs as it is: its gate refuses and its clock runs."""
    example = Path(__file__).parents[2] / "config.example.toml"
    (bare.folder / "cinctl.toml").write_bytes(example.read_bytes())
    bare.must("init")
    bare.must("refer R1 --source 1A --born 2015-06-01 --on 2026-02-23")

    result = bare.type("assess R1 --start --on 2026-02-24")

    assert result.code == 3
    assert "refused by EX-1 (Example §1): a manager gives direction" in result.err
    assert bare.type("protocol lint").code == 0


def test_protocol_list(bare: Desk) -> None:
    """The bundled protocols, without a config."""
    assert {"bristol", "working-together-2023"} <= set(bare.type("protocol list -f ids").out.split())


def test_protocol_show(case: Desk) -> None:
    """The protocol in force, or the one named."""
    assert case.type("protocol show --json").json["id"] == "small"
    assert case.type("protocol show bristol --json").json["id"] == "bristol"


def test_protocol_lint_tells_faults_at_once(bare: Desk) -> None:
    """Faults are exit 5, each a row of the answer; where that is ids only, each is a line on stderr."""
    (bare.folder / "bad.toml").write_text('[protocol]\nid = "bad"\n[[gate]]\nid = "X-1"\non = "refr"\nrequire = {}\n')

    told = bare.type("protocol lint bad.toml working-together-2023 --json")
    ids = bare.type("protocol lint bad.toml working-together-2023 -f ids")

    errors = [row["message"] for row in told.json if row["level"] == "error"]
    assert (told.code, told.err, ids.code) == (5, "", 5)
    assert len(errors) == ids.err.count("\n") >= 2
    assert "Did you mean 'refer'?" in ids.err
    assert any(message.endswith("Did you mean 'refer'?") for message in errors)


def test_protocol_lint_warns(desk: Desk) -> None:
    """What loads and may not be meant is a row: here a param that nobody filled in."""
    path = desk.folder / "small.toml"
    text = path.read_text(encoding="utf-8").replace('require = { "event.alone" = true }', UNFILLED)
    path.write_text(text + '\n[params.start]\ntype = "text"\nsay = "a word"\n', encoding="utf-8")

    result = desk.type("protocol lint --json")

    assert result.code == 0
    assert (result.json[0]["level"], result.json[0]["rule"]) == ("warning", "SML-3")
    assert "params.start" in result.json[0]["message"]


UNFILLED = 'require = { "event.note" = { same_as = "params.start" } }'


def test_protocol_explain(case: Desk) -> None:
    """A rule in words, with its source; by rule or by clause."""
    (row,) = case.type("protocol explain SML-2 --json").json

    assert (row["rule"], row["source"], row["section"]) == ("SML-2", "Small authority's protocol", "§2")
    assert (row["on"], row["within"], row["owner"]) == (["refer"], "1 working day", "@manager")


def test_protocol_clauses(case: Desk) -> None:
    """Each clause of the protocol's sources, and where it lives."""
    rows = {row["clause"]: row["home"] for row in case.type("protocol clauses --json").json}

    assert (rows["SML-1"], rows["SML-2"]) == (["gate SML-1"], ["clock SML-2"])


STORY = """
title = "Mapping first"
protocol = "small.toml"

[staff.tm1]
role = "team_manager"
joined = 2020-01-06

[[step]]
on = 2026-02-23
run = "refer R1 --source 1A --born 2015-06-01"

[[step]]
on = 2026-02-24
run = "allocate R1 --to tm1"
expect = { refused = ["%s"] }
"""


def test_protocol_test(desk: Desk) -> None:
    """A story that goes as told is exit 0, one that does not is exit 1 with what was expected and what came."""
    (desk.folder / "good.toml").write_text(STORY % "SML-1", encoding="utf-8")
    (desk.folder / "wrong.toml").write_text(STORY % "SML-9", encoding="utf-8")

    good, wrong = desk.type("protocol test good.toml"), desk.type("protocol test good.toml wrong.toml")

    assert (good.code, good.err) == (0, "1 story, 0 failed\n")
    assert wrong.code == 1
    assert "expected SML-9" in wrong.out
    assert desk.type("protocol test nowhere").code == 2


def _bytes(desk: Desk, args: tuple[str, ...], **environ: str) -> bytes:
    env = {**os.environ, **environ}
    done = subprocess.run(
        [sys.executable, "-m", "cinctl", *args], cwd=desk.folder, env=env, capture_output=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "args", [("due",), ("history", "R1", "--json"), (*QUIET, "--json"), ("next", "R1", "-f", "csv")]
)
def test_same_bytes_everywhere(case: Desk, args: tuple[str, ...]) -> None:
    """Neither time zone, locale, hash seed nor terminal changes a byte."""
    case.run("note", "R1", "--text", "naïve – ☂ – 児童", "--by", "sw1")
    case.patch.setenv("CINCTL_TODAY", "2026-03-02")

    here = _bytes(case, args, TZ="Europe/London", PYTHONHASHSEED="1")
    there = _bytes(case, args, TZ="Pacific/Auckland", LC_ALL="C", PYTHONUTF8="0", PYTHONHASHSEED="2", COLUMNS="40")

    assert here == there
    assert here.decode("utf-8")
    if "history" in args:
        assert "naïve – ☂ – 児童".encode() in here


def test_one_process_in_another_zone_records_the_same_day(case: Desk) -> None:
    """What day it is depends on London's clock alone."""
    from datetime import UTC, datetime

    late = Session(now=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))

    assert case.run("note", "R1", "--text", "T", "--on", "2026-07-01", session=late).code == 0


@pytest.mark.parametrize("command", ["list", "show R1", "history R1", "next R1", "caseload", "due --lead nobody"])
def test_damage_to_the_cache_is_mended_unasked(case: Desk, command: str) -> None:
    """Whatever comes upon it in the middle does without, and says what it would have said."""
    expected = case.type(f"{command} --json")
    with contextlib.closing(sqlite3.connect(case.folder / "cases.jsonl.cache")) as db:
        db.execute("UPDATE cases SET places = ?, row = '[\"R1'", (b"\x07" + b"\0" * 7,))
        db.commit()

    assert expected == case.type(f"{command} --json")
    assert case.must("verify --json").json["ok"]


def test_damage_is_told_once_something_was_read(case: Desk) -> None:
    """Ids from stdin are gone by then: the next try does without the cache, and is left to whoever has them."""
    case.must("due")
    with contextlib.closing(sqlite3.connect(case.folder / "cases.jsonl.cache")) as db:
        db.execute("UPDATE cases SET row = '[\"R1'")
        db.commit()
    told = case.type("show -", stdin="R1\n")

    assert (6, "") == (told.code, told.out)
    assert "not whole, and has been removed; nothing was recorded: try again" in told.err
    assert 0 == case.type("show -", stdin="R1\n").code


def test_a_list_of_an_earlier_day_holds_one_case(case: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the cache cannot tell is worked out case by case, and let go of."""
    for number in range(2, 6):
        case.must(f"refer R{number} --source 1A --born 2015-06-01 --need N1 --on 2026-02-2{number}")
    held = []
    real = Book.let_go

    def let_go(self: Book, id_: str) -> None:
        real(self, id_)
        held.append(len(list(dict.values(self.tracks))))

    monkeypatch.setattr(Book, "let_go", let_go)

    assert 4 == len(case.must("--today 2026-02-24 list --json").json)
    assert [0, 0, 0, 0] == held
