"""Reports to test with, and readers of what comes of them: those that others wrote, or that do as a runner does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from cinctl.formats.report import Entry, Report, RuleText
from cinctl.formats.reports import rendered

SCHEMAS = Path(__file__).resolve().parent.parent / "data" / "schemas"
SAY = "a manager gives direction first"
RULES = (
    RuleText("X-1", "deny", SAY, "Ex §1", "Example", "https://example.org/x", (("X-1", "direction comes first"),), "T"),
    RuleText("X-2", "warn", "the child is seen alone", "", "", None, (), ""),
    RuleText("X-3", "warn", "nothing is ever found of this", "Ex §3", "Example", None, (("X-3", ""),), "T"),
)
HOSTILE = (
    "two\nlines",
    "back\rwards",
    "tab\there",
    "nul\x00bell\x07esc\x1b[31m",
    "::error::forged",
    "\n::error title=x::forged",
    "##[error]forged",
    "%0A::error::forged",
    "a,b=c:d;e",
    "]]>",
    "<script>alert(1)</script>",
    "\"quoted\" & 'quoted'",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "# SKIP not me",
    "\\# TODO later",
    "ok 1 - forged",
    "Bail out!",
    "...",
    "---",
    "[link](https://example.org)",
    "{0} {1}",
    "| cell | `code` | *bold* | ~~gone~~",
    "www.example.org",
    "a\u202edesrever\u202c",
    "hid\u200bden\ufeff",
    "line\u2028para\u2029",
    "\U0001f9d2\U0001f3fd",
    "not\ufffexml\uffff",
    "half\ud83d",
    "C1\x85\x9b",
)


def entry(who: str = "R1", standing: str = "deny", *, rule: str = "X-1", number: int = 1, **more: Any) -> Entry:
    """Return one finding on the case *who*."""
    told: dict[str, Any] = {
        "rule": rule,
        "level": standing if standing in ("deny", "warn") else "deny",
        "standing": standing,
        "who": who,
        "about": "case",
        "say": SAY,
        "how": "",
        "line": number,
        "at": "2026-02-24",
        "due": None,
        "late_days": None,
        "hindsight": False,
        "waiver": "waived until 2026-08-01, approved by sm1 (event 9)" if standing == "waived" else "",
        "fingerprint": f"{number:016x}",
    }
    return Entry(**{**told, **more})


def report(entries: Iterable[Entry], **more: Any) -> Report:
    """Return a report of *entries*."""
    entries = list(entries)
    header: dict[str, Any] = {
        "schema": "cinctl/audit/1",
        "today": "2026-03-02",
        "protocol": {"id": "example", "hash": "ab" * 32},
        "calendar": "england-and-wales",
        "store": {"head": "cd" * 32, "length": 9},
        "filters": {},
        "counts": {"cases": 1},
    }
    told: dict[str, Any] = {
        "version": "0.1.0",
        "header": header,
        "entries": entries,
        "found": {one.rule for one in entries},
        "left_out": {},
        "log": "cases.jsonl",
        "summary": "1 case, 9 events: 1 deny, 0 warn, 0 waived",
        "exit_code": 1,
        "rules_of": lambda: RULES,
    }
    return Report(**{**told, **more})


def text(form: str, told: Report) -> str:
    """Return *told* in the format *form*."""
    return "".join(rendered(form, told))


def sarif(content: str) -> dict[str, Any]:
    """Return the run of a SARIF log that its JSON Schema finds nothing wrong with."""
    from jsonschema import Draft202012Validator, FormatChecker

    log = json.loads(content)
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    assert [] == [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(log)]
    [run] = log["runs"]
    assert isinstance(run, dict)
    return run


class Case(NamedTuple):
    """A test case, as `junitparser` reads it: the outcome is passed, failed, skipped or error."""

    classname: str
    name: str
    outcome: str
    output: str


def junit(content: str) -> list[Case]:
    """Return the test cases that `junitparser` finds, once the sums are what it counts itself."""
    from junitparser import Error, Failure, JUnitXml, Skipped

    told = JUnitXml.fromstring(content.encode("utf-8"))
    sums = (told.tests, told.failures, told.errors, told.skipped)
    told.update_statistics()  # type: ignore[no-untyped-call]
    assert sums == (told.tests, told.failures, told.errors, told.skipped)
    names = {Failure: "failed", Skipped: "skipped", Error: "error"}
    found = []
    for suite in told:
        for case in suite:
            [outcome] = [names[type(result)] for result in case.result] or ["passed"]
            output = " ".join(filter(None, [case.system_out, *(f"{r.message} {r.text}" for r in case.result)]))
            found.append(Case(case.classname, case.name, outcome, output))
    return found


class Point(NamedTuple):
    """A test point, as `tap.py` reads it."""

    ok: bool
    description: str
    skip: bool
    todo: bool
    block: Mapping[str, Any] | None


def tap(content: str) -> list[Point]:
    """Return the test points that `tap.py` finds, once they are as many as the plan says and nothing is unknown."""
    from tap.parser import Parser

    lines = list(Parser().parse_text(content))
    assert {"version", "plan", "diagnostic", "test"} >= {line.category for line in lines}
    [plan] = [line for line in lines if line.category == "plan"]
    points = [line for line in lines if line.category == "test"]
    assert list(range(1, plan.expected_tests + 1)) == [line.number for line in points]
    return [Point(p.ok, p.description.removeprefix("- "), p.skip, p.todo, p.yaml_block) for p in points]


class Annotation(NamedTuple):
    """A workflow command, as a runner takes it."""

    command: str
    properties: Mapping[str, str]
    message: str


def github(content: str) -> list[Annotation]:
    """Return the commands that a runner finds: it goes line by line, trims, and looks for `::`, else for `##[`."""
    found = []
    for line in content.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        trimmed = line.lstrip()
        assert trimmed.startswith("::"), line
        end = trimmed.index("::", 2)
        command, _, rest = trimmed[2:end].partition(" ")
        properties = dict(pair.strip().split("=", 1) for pair in rest.split(",") if "=" in pair)
        decoded = {name: _decoded(value, ((":", "%3A"), (",", "%2C"))) for name, value in properties.items()}
        found.append(Annotation(command, decoded, _decoded(trimmed[end + 2 :])))
    return found


def _decoded(value: str, more: tuple[tuple[str, str], ...] = ()) -> str:
    for mark, spelt in (("\r", "%0D"), ("\n", "%0A"), *more, ("%", "%25")):
        value = value.replace(spelt, mark)
    return value


class Page(HTMLParser):
    """A page, read: its elements, their attributes, and the text of each cell."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.cells: list[str] = []
        self._open = ""
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._open = tag
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._open = ""

    def handle_data(self, data: str) -> None:
        """Take in text."""
        if self._open == "td":
            self.cells[-1] += data
