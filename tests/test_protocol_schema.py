"""The JSON Schema of a protocol file: it is one, takes every file of ours, and marks what is wrong."""

from __future__ import annotations

import json
import tomllib
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cinctl.cli import run
from cinctl.conditions import OPERATORS
from cinctl.protocol.model import Clock, Gate
from cinctl.protocol.schema import schema
from cinctl.protocol.shape import keys_of
from cinctl.protocol.source import FOLDER

ROOT = Path(__file__).resolve().parent.parent
FILES = [*sorted(FOLDER.glob("*.toml")), ROOT / "config.example.toml"]
HEAD = '[protocol]\nid = "x"\n'
GATE = '[[gate]]\nid = "X-1"\non = "visit"\nrequire = { "event.alone" = true }\n'
CLOCK = '[[clock]]\nid = "X-1"\nstarts = "refer"\n'


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, FormatChecker

    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema(), format_checker=FormatChecker())


def _plain(value: Any) -> Any:
    """Return *value* as an editor hands TOML to a schema: dates are text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _faults(text: str) -> list[str]:
    return [f"{fault.json_path}: {fault.message}" for fault in _validator().iter_errors(_plain(tomllib.loads(text)))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_our_files_are_taken(path: Path) -> None:
    """The bundled protocols, core and the example config have nothing wrong."""
    assert [] == _faults(path.read_text(encoding="utf-8"))


RIGHT = [
    GATE.replace('"visit"', '["assess", "plan.draft"]') + 'level = "warn"\nlocked = true\nclauses = "X-1"\n',
    GATE.replace("= true }", "= { not = { any_of = [1, 2] } } }"),
    GATE.replace("{ ", "[{ ").replace(" }", ' }, { "case.age" = { at_least = 3 } }]'),
    CLOCK + 'within = "5 working days"\nowner = "@manager"\nfrom = ["event.on", "case.referred"]\n',
    CLOCK
    + 'stops = [{ on = "visit", when = { "event.alone" = true } }, "my_event"]\nwithin = "due.X-2"\nfor = "case"\n',
    "[params]\nstart = 2025-01-01\n[params.other]\ntype = 'date'\nvalue = 2025-01-01\n",
    '[codes.limb]\na = { title = "A" }\n[sets]\nlead = ["a"]\n[calendar]\nclosures = [2025-01-01]\n',
    '[caseload]\npractitioner = 18\nunit = 90\nclauses = "X-1"\nroles = { a = 12 }\n[caseload.units]\n"Team A" = 60\n',
    'store = "cases.jsonl"\ndue_soon = "3 days"\n',
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_the_language_allows(text: str) -> None:
    """Each way of the language to say something is taken."""
    top = text if text.startswith("store") else ""
    assert [] == _faults(top + HEAD + (text if not top else ""))


WRONG = [
    "",
    "[protocol]\n",
    '[protocol]\nid = "two words"\n',
    HEAD + 'titel = "x"\n',
    HEAD + "title = 3\n",
    HEAD + 'status = "agreeed"\n',
    HEAD + 'effective_from = "soon"\n',
    HEAD + "[gates]\n",
    HEAD + '[gate]\nid = "X-1"\n',
    HEAD + '[[gate]]\nid = "X-1"\n',
    HEAD + GATE.replace("visit", "visti"),
    HEAD + GATE.replace("id =", "name ="),
    HEAD + GATE + 'level = "denied"\n',
    HEAD + GATE + 'locked = "yes"\n',
    HEAD + GATE + 'protocol = "mine"\n',
    HEAD + GATE.replace("event.alone", "evnt.alone"),
    HEAD + GATE.replace("= true }", "= { presnt = true } }"),
    HEAD + GATE.replace("= true }", "= { present = 1 } }"),
    HEAD + GATE.replace("= true }", "= {} }"),
    HEAD + GATE.replace("= true }", '= { same_as = "nothing known" } }'),
    HEAD + GATE.replace('{ "event.alone" = true }', "3"),
    HEAD + CLOCK + 'within = "soon"\n',
    HEAD + CLOCK + 'every = "month"\n',
    HEAD + CLOCK + 'owner = "boss"\n',
    HEAD + CLOCK + 'again = "never"\n',
    HEAD + CLOCK + 'times = "two"\n',
    HEAD + CLOCK + 'for = "child"\n',
    HEAD + CLOCK + 'stops = { when = { "event.alone" = true } }\n',
    HEAD + '[[clock]]\nid = "X-1"\n',
    HEAD + "[sets]\nlead = 3\n",
    HEAD + '[roles.a]\ntitel = "A"\n',
    HEAD + '[training.a]\nwithin = "a while"\n',
    HEAD + '[params.a]\ntype = "money"\n',
    HEAD + '[calendar]\nroll = "up"\n',
    HEAD + "[disable]\nX-1 = true\n",
    HEAD + "[caseload]\npractitoner = 18\n",
    HEAD + '[caseload.roles]\na = "18"\n',
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_marked(text: str) -> None:
    """Misspelt keys, kinds, facts, operators and choices, missing ids, and values of another kind."""
    assert _faults(text)


def test_it_knows_what_the_classes_know() -> None:
    """Its keys and operators are those of the code: what a class gains, it gains."""
    made = schema()["$defs"]

    assert set(keys_of(Gate)) == set(made["Gate"]["properties"])
    assert set(keys_of(Clock)) == set(made["Clock"]["properties"])
    assert set(OPERATORS) == set(made["operators"]["properties"])


def test_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout, or to a file; needs neither a store nor a protocol."""
    path = tmp_path / "out.json"

    assert 0 == run(["protocol", "schema"])
    assert 0 == run(["protocol", "schema", "-o", str(path)])
    assert schema() == json.loads(capsys.readouterr().out) == json.loads(path.read_text(encoding="utf-8"))
    assert 2 == run(["protocol", "schema", "-o", str(tmp_path)])
