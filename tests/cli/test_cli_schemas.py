"""What commands print as JSON is what their schemas say, with nothing beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.answers import ANSWERS, answer_of
from tests.cli.test_cli_all_steps import STEPS
from tests.schemas import FOLDER, faults, read

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Result

ROOT = Path(__file__).parents[2]
RETURNS = sorted((ROOT / "tests" / "data" / "census").glob("*.xml"))
STORY = ROOT / "examples" / "story.toml"
NEVER = "audit --fail-on never"


def _told(name: str, answer: Any, *, one: bool = False) -> list[str]:
    return faults(read(FOLDER / f"{name}.json"), answer, one=one)


def _lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.out.splitlines()]


def check(desk: Desk, *lines: str, stdin: str = "", some: bool = True) -> None:
    """Run each of *lines* with --json and hold what it prints to its schema. *some*: there must be something in it."""
    for line in lines:
        words = line.split()
        found = answer_of(" ".join(words[:2])) or answer_of(words[0])
        assert found is not None, line
        whole = desk.run(*words, "--json", stdin=stdin)
        assert whole.out, (line, whole.err)
        assert [] == _told(found.name, whole.json), line
        assert whole.json or not some, line
        assert isinstance(whole.json, list) or whole.json["schema"] == found.id, line


@pytest.fixture(name="authority")
def _authority(bare: Desk) -> Desk:
    """A synthetic authority under Bristol's protocol: late, waived and imported cases among others."""
    bare.patch.setenv("CINCTL_TODAY", "2026-04-20")
    bare.must("init --protocol bristol")
    bare.must("demo --cases 40")
    return bare


READING = (
    *("due", "due --overdue", "list", "list --open", "show C-000001", "show C-000001 C-000002", "history C-000001"),
    *("history C-000004 --characteristics", "next C-000001", "caseload", "staff list", "staff show sw1", "verify"),
    *("report", "report --by unit --suppress 5 --against none", "report --by month"),
    *(NEVER, f"{NEVER} --statistics", f"{NEVER} --max-findings 1", f"{NEVER} C-000001", "repair", "repair --dry-run"),
    *(f"{NEVER} --select BRI --ignore BRI-40 --unit A --from 2026-01-01 --until 2026-04-01", "seal", "schema"),
    *(f"{NEVER} --mask --mask-key-file key", "protocol list", "protocol show", "protocol lint", "protocol explain"),
    *("protocol clauses", "protocol diff bristol working-together-2023", "protocol diff torbay hampshire"),
    "init",
)


@pytest.mark.parametrize("line", READING)
def test_of_a_synthetic_authority(authority: Desk, line: str) -> None:
    """Every command that reads, on a store with a bit of everything."""
    (authority.folder / "key").write_text("not-a-key-to-use-in-earnest", encoding="utf-8")

    check(authority, line)


def test_what_is_picked_names_no_schema(authority: Desk) -> None:
    """With --columns one object holds these fields and no other: it is not what the schema promises."""
    assert {"case": "C-000001"} == authority.must("show C-000001 --json --columns case").json


def test_each_line_of_json_lines(authority: Desk) -> None:
    """With -f jsonl a line is one of the things that the array of --json holds; findings name their own schema."""
    for line in ("due", "list", "history C-000001", "next C-000001", "caseload", "staff list", "protocol clauses"):
        found = answer_of(line) or answer_of(line.split()[0])
        assert found is not None
        told = _lines(authority.must(f"{line} -f jsonl"))

        assert told
        assert [] == [fault for row in told for fault in _told(found.name, row, one=True)]
    for line, name in ((NEVER, "finding"), (f"{NEVER} --statistics", "statistics")):
        told = _lines(authority.must(f"{line} -f jsonl"))

        assert told
        assert [] == [fault for row in told for fault in _told(name, row, one=True)]


def test_of_coverage(desk: Desk) -> None:
    """What stories exercise, as an array and one rule a line."""
    story = Path(__file__).parents[1] / "stories" / "waivers.toml"
    whole = desk.run("protocol", "test", str(story), "--coverage", "--json").json
    lines = _lines(desk.run("protocol", "test", str(story), "--coverage", "-f", "jsonl"))

    assert whole == lines
    assert any(row["exercised"] for row in lines)
    assert [] == [fault for row in lines for fault in _told("coverage", row, one=True)]


def test_of_a_baseline(authority: Desk) -> None:
    """The file itself, masked or not; an audit held against it, with what vanished; its lines and its counts."""
    authority.must(f"{NEVER} --write-baseline known.json")
    (authority.folder / "key").write_text("not-a-key-to-use-in-earnest", encoding="utf-8")
    authority.must(f"{NEVER} --mask-key-file key --write-baseline masked.json")
    files = [json.loads((authority.folder / name).read_bytes()) for name in ("known.json", "masked.json")]
    files[0]["fingerprints"].append({"fingerprint": "0" * 16, "rule": "BRI-40", "case": "C-000001", "message": "gone"})
    (authority.folder / "known.json").write_text(json.dumps(files[0]), encoding="utf-8")

    assert [[], []] == [_told("baseline", file) for file in files]
    assert "mask" in files[1]
    check(authority, f"{NEVER} --baseline known.json --statistics --select BRI")
    assert authority.must(f"{NEVER} --baseline known.json --json").json["baseline"]["vanished"]
    for line, name in (("", "finding"), ("--statistics", "statistics")):
        told = _lines(authority.must(f"{NEVER} --baseline known.json {line} -f jsonl"))

        assert "known" in told[0]
        assert [] == [fault for row in told for fault in _told(name, row, one=True)]


@pytest.mark.parametrize("line", [line for line, _ in STEPS], ids=[line for line, _ in STEPS])
def test_of_a_step(case: Desk, line: str) -> None:
    """A step of each kind and phase, and the same tried first."""
    check(case, f"{line} --dry-run", line)


def test_of_steps_that_fare_otherwise(case: Desk) -> None:
    """Several at once, a finding, a waiver, a refusal, one that means nothing, a correction, a redaction, staff."""
    case.must("refer R2 --source 1A --expected 2026-08-01 --need N1")
    waiver = "--waive SML-1 --waive-reason T --waive-until 2026-08-01 --waive-approved-by tm1"
    allocate = "allocate R1 --to sw1 --rationale need=T"

    check(case, "note R1 R2 --text T", "visit R1 --seen child", allocate, f"{allocate} {waiver}")
    check(case, "note R3 --text T", "note R1 R3 --text T --keep-going", "correct 5 --set text=U --reason typo")
    check(case, "correct 5 --void --reason typo --dry-run", "decide R1 --outcome section-17 --by tm1")
    check(case, "staff change sw1 --unit B", "staff train sw1 --topic uk_law", "staff away sw1 --until 2026-04-01")
    check(case, "staff leave sw1", "staff join sw2 --role social_worker")
    check(case, "refer --source 1A --born 2015-06-01 --need N1")
    check(case, "redact 5 --reason erasure --approved-by tm1 --with-corrections --dry-run")
    check(case, "redact 5 --reason erasure --approved-by tm1 --with-corrections", "history R1", "show R1", "due", NEVER)


def test_of_lines(case: Desk) -> None:
    """What `apply` answers: recorded, refused, found, known from before, no JSON, and for no case."""
    lines = (
        '{"kind":"note","case":"R1","data":{"text":"T"},"key":"k1"}',
        '{"kind":"note","case":"R1","data":{"text":"T"},"key":"k1"}',
        '{"kind":"allocate","case":"R1","data":{"to":"sw1","rationale":{"need":"T"}}}',
        '{"kind":"visit","case":"R1","data":{"seen":["child"]}}',
        '{"kind":"govern.locality_meeting","data":{"attendees":["tm1"]}}',
        "not json",
        '{"kind":"no_such_kind","case":"R1"}',
    )
    stdin = "\n".join(lines) + "\n"
    told = _lines(case.run("apply", "-", stdin=stdin))

    check(case, "apply - --dry-run", "apply - --atomic", stdin=stdin)
    assert [] == [fault for row in told for fault in _told("apply", row, one=True)]
    assert [True, True, False, True, True, False, False] == [row["accepted"] for row in told]


def test_of_a_log_with_a_torn_tail(case: Desk) -> None:
    """What `verify` and `repair` say of it, and what `verify` says of a line that was altered."""
    log = case.folder / "cases.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole + b'{"v":1,"seq":4,"ki')
    check(case, "verify", "repair --dry-run", "repair", "repair")
    log.write_bytes(whole.replace(b'"need":"N1"', b'"need":"N2"'))
    check(case, "verify")

    assert case.type("verify --json").json["fault_line"] == 3


def test_of_an_empty_store(bare: Desk) -> None:
    """A new store: no cases, no staff, nothing due, nothing found."""
    check(bare, "init --protocol bristol", "verify", NEVER, "seal", "repair")
    check(bare, "due", "list", "caseload", "staff list", some=False)
    check(bare, "report")
    check(bare, "demo --cases 2")


def test_of_an_import(bare: Desk) -> None:
    """What could not be read of the sample returns, and a store that was imported."""
    (bare.folder / "cinctl.toml").write_text('protocol = "working-together-2023"\n', encoding="utf-8")
    files = " ".join(map(str, RETURNS))
    wanted = bare.type(f"import census {files} --json")

    assert wanted.code == 0, wanted.err
    assert wanted.json
    assert [] == _told("import", wanted.json)
    bare.patch.setenv("CINCTL_TODAY", "2026-03-31")
    check(bare, "due", some=False)
    check(bare, "list", NEVER, f"history {bare.must('list -f ids').out.split()[0]}")


def test_of_protocols_that_do_not_hold(desk: Desk) -> None:
    """Faults of a file, of one that is missing, and a story that goes otherwise."""
    small = (desk.folder / "small.toml").read_text(encoding="utf-8")
    (desk.folder / "broken.toml").write_text(small.replace('on = "visit"', 'onn = "vizit"'), encoding="utf-8")
    (desk.folder / "syntax.toml").write_text("[[gate]\n", encoding="utf-8")
    (desk.folder.parent / "config.example.toml").write_bytes((ROOT / "config.example.toml").read_bytes())
    (desk.folder / "failing.toml").write_text(
        STORY.read_text(encoding="utf-8").replace("refused = [", 'refused = ["BRI-99", '), encoding="utf-8"
    )

    check(desk, "protocol lint broken.toml syntax.toml no-such bristol small.toml")
    check(desk, "protocol lint --protocol no-such", f"protocol test {STORY}", "protocol test failing.toml")
    check(desk, "protocol explain SML-1", "protocol show small.toml", "protocol diff small.toml bristol")


def test_schemas_can_be_printed(bare: Desk) -> None:
    """`cinctl schema COMMAND` is what stands in docs/schemas; without a command all are listed."""
    listed = bare.must("schema -f ids").out.split()

    assert [answer.id for answer in ANSWERS.values()] == listed
    assert read(FOLDER / "due.json") == json.loads(bare.must("schema due").out)
    assert read(FOLDER / "protocol.json") == json.loads(bare.must("schema protocol show --json").out)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("schema protocl list", "no command 'protocl list' answers in JSON. Did you mean 'protocol list'?"),
        ("schema completion", "no command 'completion' answers in JSON."),
        ("schema due -f csv", "a schema is JSON as it stands"),
    ],
)
def test_what_has_no_schema(bare: Desk, line: str, told: str) -> None:
    """A command that answers in none, and a schema in a format that it cannot have, are wrong usage."""
    result = bare.type(line)

    assert (result.code, result.out) == (2, "")
    assert told in result.err
