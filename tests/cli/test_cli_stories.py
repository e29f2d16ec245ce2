"""`protocol test`: reports that a test runner's readers take, and which rules the stories exercise."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import PROTOCOL
from tests.formats.readers import HOSTILE, junit, tap

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

STORIES = Path(__file__).resolve().parent.parent / "stories"
CAST = """
[staff.tm1]
role = "team_manager"
unit = "A"
joined = 2020-01-06

[[step]]
on = 2026-02-23
run = "refer R1 --source 1A --born 2015-06-01 --need N1"
"""
REFUSED = '\n[[step]]\non = 2026-02-23\nrun = "allocate R1 --to tm1 --by tm1"\nexpect = { refused = ["SML-1"] }\n'
FOUND = '\n[[step]]\non = 2026-02-23\nrun = "visit R1 --seen child --by tm1"\nexpect = { accepted = ["SML-3"] }\n'
PENDING = '\n[[step]]\non = 2026-02-23\ndue = [{ case = "R1", rule = "SML-2", status = "pending" }]\n'
LATE = '\n[[step]]\non = 2026-02-26\ndue = [{ case = "R1" }]\n'
UNASKED = '\n[[step]]\non = 2026-02-23\nnot_due = [{ rule = "SML-3" }]\n'
AUDITED = "\n[[step]]\non = 2026-02-26\naudit = { has = [] }\n"
WRONG = '\n[[step]]\non = 2026-02-23\nrun = "allocate R1 --to tm1 --by tm1"\n'


@pytest.fixture(name="told")
def _told(bare: Desk) -> Desk:
    """A folder with the small protocol, to put stories in."""
    (bare.folder / "small.toml").write_text(PROTOCOL, encoding="utf-8")
    return bare


def _story(desk: Desk, name: str, *steps: str, title: str = "A story", head: str = "") -> None:
    text = f'title = "{title}"\nprotocol = "small.toml"\n{head}{CAST}{"".join(steps)}'
    (desk.folder / name).write_text(text, encoding="utf-8")


def _coverage(desk: Desk, *paths: str) -> dict[str, tuple[int, int, int, int]]:
    rows = desk.run("protocol", "test", *paths, "--coverage", "--select", "SML", "--json").json
    assert all(row["exercised"] is bool(row["refused"] + row["found"] + row["due"]) for row in rows)
    return {row["rule"]: (row["refused"], row["found"], row["due"], row["silent"]) for row in rows}


@pytest.mark.parametrize(
    ("step", "rule", "counts"),
    [
        (REFUSED, "SML-1", (1, 0, 0, 0)),
        (FOUND, "SML-3", (0, 1, 0, 0)),
        (PENDING, "SML-2", (0, 0, 1, 0)),
        (LATE, "SML-2", (0, 0, 1, 0)),
        (UNASKED, "SML-2", (0, 0, 0, 1)),
        (AUDITED, "SML-2", (0, 1, 0, 0)),
        ("", "SML-1", (0, 0, 0, 1)),
    ],
    ids=["refused", "found", "expected", "late", "pending unasked", "audited", "silent"],
)
def test_what_exercises_a_rule(told: Desk, step: str, rule: str, counts: tuple[int, ...]) -> None:
    """A refusal, a finding with a step or in an audit, a due row that is expected or late; merely pending is not."""
    _story(told, "s1.toml", step)

    assert counts == _coverage(told, "s1.toml")[rule]


def test_stories_are_counted_not_steps(told: Desk) -> None:
    """Each story counts once for a rule, whatever it did how often."""
    _story(told, "s1.toml", REFUSED, REFUSED)
    _story(told, "s2.toml", REFUSED, FOUND)
    _story(told, "s3.toml")

    assert {"SML-1": (2, 0, 0, 1), "SML-2": (0, 0, 0, 3), "SML-3": (0, 1, 0, 2)} == _coverage(
        told, "s1.toml", "s2.toml", "s3.toml"
    )


def test_rule_of_a_patch_is_not_counted(told: Desk) -> None:
    """What only a story's patch states is the story's own; a rule that it changes counts where it is stated."""
    patch = '[[protocol_patch.gate]]\nid = "MY-1"\non = "note"\nrequire = { "event.text" = { absent = true } }\n'
    changed = '[[protocol_patch.gate]]\nid = "SML-3"\nlevel = "deny"\n'
    refused = '\n[[step]]\non = 2026-02-23\nrun = "visit R1 --seen child --by tm1"\nexpect = { refused = ["SML-3"] }\n'
    _story(told, "s1.toml", refused, head=patch + changed)

    found = _coverage(told, "s1.toml")
    assert {"SML-1", "SML-2", "SML-3"} == set(found)
    assert (1, 0, 0, 0) == found["SML-3"]


def test_inherited_rules_count(told: Desk) -> None:
    """Without --select the rules of core stand there too, each under the protocol that states it."""
    _story(told, "s1.toml")

    rows = told.type("protocol test s1.toml --coverage --json").json
    assert {"core", "small"} == {row["protocol"] for row in rows}
    assert rows == sorted(rows, key=lambda row: row["protocol"])


@pytest.mark.parametrize(("percent", "code"), [("0", 0), ("33.3", 0), ("33.4", 1), ("100", 1)])
def test_fail_under(told: Desk, percent: str, code: int) -> None:
    """One of three rules is 33.3 %: exit 1 below what was asked for, and stderr says how much it is."""
    _story(told, "s1.toml", REFUSED)

    result = told.type(f"protocol test s1.toml --fail-under {percent} --select SML")
    assert code == result.code
    assert "1 of 3 rules exercised (33.3 %)" in result.err
    assert "ok   s1.toml: A story\n" == result.out


def test_story_that_fails_fails_coverage_too(told: Desk) -> None:
    """With --coverage the answer is the rules; failures are told on stderr, and exit 1 all the same."""
    _story(told, "s1.toml", WRONG)

    result = told.type("protocol test s1.toml --coverage -f ids --select SML")
    assert (1, "SML-1\nSML-2\nSML-3\n") == (result.code, result.out)
    assert "FAIL s1.toml: A story" in result.err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--select SML", "add --coverage or --fail-under"),
        ("--coverage --select SLM-9", "no rule is called 'SLM-9'"),
        ("--coverage --select ,", "--select names no rule"),
        ("--fail-under 101", "--fail-under"),
        ("--coverage --columns title", "there is no column 'title'"),
        ("-f junit -f tap", "cannot both go to stdout"),
        ("-f junit --columns file", "mean nothing to junit"),
        ("--filter nothing", "no story's file name or title matches"),
        ("-f sarif", "'sarif' is not one of"),
    ],
)
def test_wrong_usage(told: Desk, flags: str, says: str) -> None:
    """What means nothing is exit 2, and says so."""
    _story(told, "s1.toml")

    result = told.type(f"protocol test s1.toml {flags}")
    assert (2, True) == (result.code, says in result.err)


def test_junit_and_tap(told: Desk) -> None:
    """One test a story: those that went as told pass, the other fails with what was expected and what came."""
    _story(told, "s1.toml", REFUSED, title="One")
    _story(told, "s2.toml", WRONG, title="Two")
    (told.folder / "s3.toml").write_text("x = =", encoding="utf-8")

    result = told.type("protocol test s1.toml s2.toml s3.toml -f junit -o out.xml -f tap")
    cases = junit((told.folder / "out.xml").read_text(encoding="utf-8"))
    points = tap(result.out)

    assert 1 == result.code
    assert [("s1.toml", "One", "passed"), ("s2.toml", "Two", "failed"), ("s3.toml", "s3", "failed")] == [
        case[:3] for case in cases
    ]
    assert "step 2, 2026-02-23, allocate R1 --to tm1 --by tm1: expected it accepted" in cases[1].output
    assert [True, False, False] == [point.ok for point in points]
    assert points[1].block is not None
    assert ("s2.toml", "fail") == (points[1].block["file"], points[1].block["severity"])


@pytest.mark.parametrize("words", [words for words in HOSTILE if "\ud83d" not in words])
def test_title_forges_nothing(told: Desk, words: str) -> None:
    """Whatever the title of a story says, each reader finds one test, which failed, and no cell is a formula."""
    title = "".join(char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in words)
    _story(told, "s1.toml", WRONG, title=title)
    results = {form: told.type(f"protocol test s1.toml -f {form}") for form in ("junit", "tap", "csv", "json")}

    (case,) = junit(results["junit"].out)
    (point,) = tap(results["tap"].out)
    assert ("failed", False, False, False) == (case.outcome, point.ok, point.skip, point.todo)
    rows = list(csv.reader(io.StringIO(results["csv"].out)))
    assert 2 == len(rows)
    assert not rows[1][1].startswith(("=", "@", "+", "-"))
    assert words == results["json"].json[0]["title"]


NOT_REACHED = {"CORE-11": "nobody can be recorded in a role that the protocol in force does not know"}


def test_bundled_protocols_are_covered_by_their_stories(bare: Desk) -> None:
    """Every rule of the bundled protocols did something in a story, but for those that no story can reach."""
    rows = bare.type(f"protocol test {STORIES} --coverage --json").json

    assert set(NOT_REACHED) == {row["rule"] for row in rows if not row["exercised"]}
    assert {"core", "bristol", "hampshire", "torbay", "working-together-2023"} == {row["protocol"] for row in rows}
