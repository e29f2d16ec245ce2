"""What once went wrong at the command line: whose findings, names nobody knows, half-written configs, lost answers."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

NEEDS_FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


def _seqs(desk: Desk) -> int:
    return len((desk.folder / "cases.jsonl").read_text(encoding="utf-8").splitlines())


# Names that nobody knows

UNKNOWN = [
    ("--lead sw2", "--lead: 'sw2' is not in the staff register. Did you mean 'sw1'?"),
    ("--owner sw2", "--owner: 'sw2' is not a practitioner, a role or a set of roles. Did you mean 'sw1'?"),
    ("--owner @managr", "Did you mean 'manager'?"),
    ("--owner team-manger", "Did you mean 'team_manager'?"),
    ("--unit Bs", "--unit: 'Bs' is not the unit of any case or practitioner. Did you mean 'B'?"),
]


@pytest.mark.parametrize(("options", "told"), UNKNOWN, ids=[options for options, _ in UNKNOWN])
def test_due_of_nobody(case: Desk, options: str, told: str) -> None:
    """A practitioner, role or unit that nobody knows is wrong usage, with the nearest: not an empty answer."""
    case.must("refer R2 --source 1A --born 2015-06-01 --unit B --on 2026-03-02")

    result = case.type(f"due {options}")

    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert told in result.err


@pytest.mark.parametrize(
    "options",
    ["--lead sw1", "--lead tm1", "--owner sw1", "--owner team-manager", "--owner @manager", "--owner lead", "--unit A"],
)
def test_due_of_somebody_who_owes_nothing(case: Desk, options: str) -> None:
    """Whom the register, the roles, the sets or a case know may owe nothing: an empty answer."""
    result = case.type(f"due --json --today 2026-02-22 {options}")

    assert (result.code, result.json) == (0, []), result.err


# Audit

STAFF_CLOCK = """
[[clock]]
id = "SML-4"
clauses = ["SML-1"]
for = "practitioner"
starts = "staff.join"
stops = "staff.train"
within = "4 weeks"
say = "induction"
"""


def _with_a_staff_clock(desk: Desk) -> Desk:
    with open(desk.folder / "small.toml", "a", encoding="utf-8") as file:
        file.write(STAFF_CLOCK)
    return desk


def test_audit_table_says_whose(case: Desk) -> None:
    """A finding about a practitioner stands under their id where one about a case has its case."""
    _with_a_staff_clock(case)

    table = case.type("audit --fail-on never").out.splitlines()
    rows = case.type("audit --fail-on never --json").json["findings"]

    assert table[0].split()[:3] == ["level", "rule", "who"]
    assert [line.split()[1:3] for line in table[2:]] == [["SML-2", "R1"], ["SML-4", "sw1"], ["SML-4", "tm1"]]
    assert [(row["case"], row.get("staff")) for row in rows] == [("R1", None), (None, "sw1"), (None, "tm1")]
    assert "who" not in rows[0]


def test_audit_stays_one_object(case: Desk) -> None:
    """--columns narrows the findings of the object, and --sort orders them."""
    _with_a_staff_clock(case)

    whole = case.type("audit --fail-on never --json").json
    narrow = case.type("audit --fail-on never --json --columns rule,staff --sort -rule,staff").json

    assert narrow["findings"] == [
        {"rule": "SML-4", "staff": "sw1"},
        {"rule": "SML-4", "staff": "tm1"},
        {"rule": "SML-2", "staff": None},
    ]
    assert whole | {"findings": []} == narrow | {"findings": []}


def test_audit_feeds_others(case: Desk) -> None:
    """The cases of an audit's findings are cases for the next command; what has no case is skipped."""
    _with_a_staff_clock(case)
    answer = case.type("audit --fail-on never --json").out

    assert [row["case"] for row in case.type("show - --json", stdin=answer).json] == ["R1"]


def test_one_is_one(case: Desk) -> None:
    """The summary counts one case as one."""
    assert case.type("audit R1 --fail-on never").err.startswith("1 case, 1 event: ")


def test_step_feeds_others(case: Desk) -> None:
    """What a step answers, accepted or refused, is a case for the next command; a staff step is none."""
    accepted, refused = case.type("note R1 --text T --json").out, case.type("allocate R1 --to sw1 --json").out
    staff = case.type("staff change sw1 --unit B --json").out

    for stdin in (accepted, refused, accepted + staff + refused):
        assert [row["case"] for row in case.type("show - --json", stdin=stdin).json] == ["R1"]
    assert case.type("show - --json", stdin=staff).json == []


def test_show_of_one_from_stdin(case: Desk) -> None:
    """One id typed is one object; from stdin it is an array, whatever comes; a person sees one case either way."""
    assert case.type("show R1 --json").json["case"] == "R1"
    assert len(case.type("show - --json", stdin="R1\n").json) == 1
    assert case.type("show -", stdin="R1\n").out == case.type("show R1").out


# Init


@pytest.mark.parametrize(("text", "what"), [("", "is empty"), ("# mine\n", "is empty"), ('actor = "x"\n', "names no")])
def test_init_over_a_config_without_a_protocol(bare: Desk, text: str, what: str) -> None:
    """It says what is wrong with the config and how to mend it; nothing is written."""
    (bare.folder / "cinctl.toml").write_text(text, encoding="utf-8")

    result = bare.type("init --protocol bristol")

    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert what in result.err
    assert 'add the line protocol = "bristol"' in result.err
    assert [path.name for path in bare.folder.iterdir()] == ["cinctl.toml"]
    assert (bare.folder / "cinctl.toml").read_text(encoding="utf-8") == text


def test_init_over_a_foreign_store(bare: Desk) -> None:
    """A store that cannot be used leaves no config behind."""
    (bare.folder / "cases.jsonl").write_bytes(b"\x00\x01binary")

    assert bare.type("init --protocol bristol").code == 4
    assert [path.name for path in bare.folder.iterdir()] == ["cases.jsonl"]


def test_init_over_a_config_whose_protocol_is_broken(bare: Desk) -> None:
    """A protocol that does not load is exit 5 before there is a store."""
    (bare.folder / "cinctl.toml").write_text('protocol = "bristo"\n', encoding="utf-8")

    assert bare.type("init").code == 5
    assert [path.name for path in bare.folder.iterdir()] == ["cinctl.toml"]


def test_init_whose_config_cannot_be_written(bare: Desk) -> None:
    """A config that cannot be written leaves neither half of it nor a store."""

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    bare.patch.setattr(Path, "replace", full)

    result = bare.type("init --protocol bristol")

    assert (result.code, result.out) == (6, "")
    assert list(bare.folder.iterdir()) == []


# Answers that cannot be written


def _typed_into_a_full_disk(desk: Desk, *args: str, stdin: bytes = b"") -> tuple[int, str]:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cinctl", *args],
            cwd=desk.folder,
            input=stdin,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    return done.returncode, done.stderr.decode()


@NEEDS_FULL
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_recorded_though_the_answer_is_lost(case: Desk, form: str) -> None:
    """The step stands, and stderr says where: exit 6."""
    code, err = _typed_into_a_full_disk(case, "note", "R1", "--text", "T", "-f", form)

    assert code == 6
    assert err == "cinctl: recorded as 4, but the answer could not be written: No space left on device\n"
    assert _seqs(case) == 4


@NEEDS_FULL
def test_applied_though_the_answer_is_lost(case: Desk) -> None:
    """So does a stream of events; a dry run has nothing to say of the log."""
    line = b'{"kind":"note","case":"R1","data":{"text":"T"}}\n'

    code, err = _typed_into_a_full_disk(case, "apply", "-", stdin=line + line)
    dry = _typed_into_a_full_disk(case, "apply", "-", "--dry-run", stdin=line)

    assert (code, err.count("\n"), dry[0], _seqs(case)) == (6, 1, 6, 5)
    assert "recorded as 4 to 5, but" in err
    assert "recorded" not in dry[1]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes there tell no errno")
def test_recorded_though_the_reader_went_away(case: Desk) -> None:
    """A closed pipe is exit 141 as ever, and the step stands."""
    reader, writer = os.pipe()
    os.close(reader)
    args = [sys.executable, "-m", "cinctl", "note", "R1", "--text", "T"]

    done = subprocess.run(args, cwd=case.folder, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)

    assert done.returncode == 141
    assert done.stderr.startswith(b"recorded as 4, but")


# Demo


def test_demo_over_what_is_not_ours(bare: Desk) -> None:
    """A foreign, binary or newer file is exit 4; a store with something in it exit 2; both stay as they are."""
    newer = b'{"v":99,"seq":1,"kind":"x"}\n'
    for content in (b"\x00\x01\x02", b"a,b\n1,2\n", newer):
        (bare.folder / "cases.jsonl").write_bytes(content)
        assert bare.type("--protocol bristol demo --cases 1").code == 4
        assert (bare.folder / "cases.jsonl").read_bytes() == content
    (bare.folder / "cases.jsonl").unlink()
    bare.must("--protocol bristol demo --cases 1")
    before = (bare.folder / "cases.jsonl").read_bytes()

    assert bare.type("--protocol bristol demo --cases 1").code == 2
    assert (bare.folder / "cases.jsonl").read_bytes() == before


def test_demo_over_a_folder(bare: Desk) -> None:
    """A folder is no store."""
    (bare.folder / "cases.jsonl").mkdir()

    assert bare.type("--protocol bristol demo --cases 1").code == 4


# Protocols

HIDDEN = """[protocol]
id = "mine"
titel = "Mine"

[[gate]]
id = "X-1"
on = "visit"
require = { "event.alone" = true }
sya = "alone"

[[gate]]
id = "X-2"
on = "visit"
require = { "event.aloen" = true }
say = "alone"
"""


def test_unknown_key_hides_no_condition(bare: Desk) -> None:
    """Keys that nobody knows and what a condition says wrong are told at once, each with its line."""
    (bare.folder / "mine.toml").write_text(HIDDEN, encoding="utf-8")

    result = bare.type("protocol lint mine.toml --json")
    told = {row["where"]: row["message"] for row in result.json}

    assert result.code == 5
    assert sorted(told) == ["mine.toml:11", "mine.toml:3", "mine.toml:9"]
    assert "Did you mean 'alone'?" in told["mine.toml:11"]


def test_protocol_that_may_not_be_read(case: Desk) -> None:
    """A protocol file without permission is the system's no, wherever it is named."""
    real = open
    secret = str(case.folder / "small.toml")
    with real(secret, "a", encoding="utf-8") as file:
        file.write("\n# read anew, because it has changed\n")

    def guarded(file: Any, *args: Any, **more: Any) -> Any:
        if os.path.abspath(file) == secret:
            raise PermissionError(13, "Permission denied", str(file))
        return real(file, *args, **more)

    case.patch.setattr("builtins.open", guarded)
    case.patch.setattr("io.open", guarded)

    for line in ("list", "protocol lint small.toml", "protocol show small.toml", "--protocol small.toml due"):
        result = case.type(line)
        assert (result.code, result.err.count("\n")) == (6, 1), result.err
        assert "Permission denied" in result.err


STORY = """
title = "%s"
protocol = "small.toml"

[[step]]
on = 2026-02-23
run = "refer R1 --source 1A --born 2015-06-01"
expect = "%s"
"""


def _two_stories(desk: Desk) -> None:
    (desk.folder / "good.toml").write_text(STORY % ("Good", "accepted"), encoding="utf-8")
    (desk.folder / "wrong.toml").write_text(STORY % ("Wrong", "refused"), encoding="utf-8")


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "tsv"])
def test_stories_in_every_format(desk: Desk, form: str) -> None:
    """A row for each story: file, title, passed, failures; exit 1 when one failed."""
    _two_stories(desk)

    result = desk.type(f"protocol test good.toml wrong.toml -f {form}")
    rows: list[dict[str, Any]]
    if form == "json":
        rows = result.json
    elif form == "jsonl":
        rows = [json.loads(line) for line in result.out.splitlines()]
    else:
        rows = list(csv.DictReader(io.StringIO(result.out), delimiter="," if form == "csv" else "\t"))

    assert (result.code, result.err) == (1, "2 stories, 1 failed\n")
    assert list(rows[0]) == ["file", "title", "passed", "failures"]
    assert [(row["file"], row["title"]) for row in rows] == [("good.toml", "Good"), ("wrong.toml", "Wrong")]
    assert [str(row["passed"]).lower() for row in rows] == ["true", "false"]
    assert [bool(row["failures"]) for row in rows] == [False, True]


@pytest.mark.parametrize("form", ["table", "markdown", "ids"])
def test_stories_for_people(desk: Desk, form: str) -> None:
    """A table, Markdown and ids name each file."""
    _two_stories(desk)

    out = desk.type(f"protocol test good.toml wrong.toml -f {form}").out

    assert "good.toml" in out
    assert "wrong.toml" in out


def test_filter_that_matches_nothing(desk: Desk) -> None:
    """No story told is wrong usage, not success."""
    _two_stories(desk)

    result = desk.type("protocol test good.toml wrong.toml --filter Nowhere")

    assert (result.code, result.out) == (2, "")
    assert "matches 'Nowhere'" in result.err
    assert desk.type("protocol test good.toml wrong.toml --filter Good").err == "1 story, 0 failed\n"


# Starting up

INTERRUPTED = """
import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from cinctl.__main__ import main
main()
"""


@pytest.mark.parametrize("name", ["click", "cinctl.cli", "cinctl.commands.due", "cinctl.workspace"])
def test_interrupt_while_it_loads(case: Desk, name: str) -> None:
    """Ctrl-C is exit 130 without a word, however early it comes."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(name=name), "due"],
        cwd=case.folder,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
