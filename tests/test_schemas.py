"""The schemas of answers: there is one for all that prints JSON, and from release to release they only grow."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import click
import jsonschema
import pytest

from cinctl.answers import ANSWERS, answer_of
from cinctl.cli import cli
from cinctl.schemas import schema_of
from tests.schemas import FOLDER, RELEASED, breaks, faults, read, strict

COLUMNS = {
    "due": "cinctl.owed:COLUMNS",
    "case": "cinctl.commands.show:COLUMNS",
    "history": "cinctl.commands.history:COLUMNS",
    "timeline": "cinctl.timelines:COLUMNS",
    "next": "cinctl.commands.next:COLUMNS",
    "caseload": "cinctl.commands.caseload:COLUMNS",
    "report": "cinctl.commands.report:COLUMNS",
    "staff": "cinctl.commands.staff:COLUMNS",
    "init": "cinctl.commands.init:COLUMNS",
    "demo": "cinctl.commands.demo:COLUMNS",
    "import": "cinctl.commands.import_.census:COLUMNS",
    "verify": "cinctl.commands.verify:COLUMNS",
    "seal": "cinctl.commands.seal:COLUMNS",
    "repair": "cinctl.commands.repair:COLUMNS",
    "apply": "cinctl.commands.apply:COLUMNS",
    "protocol": "cinctl.commands.protocol._named:SUMMARY",
    "lint": "cinctl.lintreport:NOTES",
    "explain": "cinctl.commands.protocol.explain:EXPLAIN",
    "clauses": "cinctl.commands.protocol.clauses:CLAUSES",
    "diff": "cinctl.commands.protocol.diff:DIFF",
    "stories": "cinctl.commands.protocol.test:STORIES",
    "statistics": "cinctl.commands._audit:STATISTICS",
    "coverage": "cinctl.coverage:COVERAGE",
    "schema": "cinctl.commands.schema:COLUMNS",
    "doctor": "cinctl.doctor:COLUMNS",
}


def answering(path: str = "", group: Any = cli) -> Iterator[str]:
    """Yield every command that takes --json, as typed after cinctl."""
    ctx = click.Context(cli)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, click.Group):
            yield from answering(f"{path}{name} ", command)
        elif any("--json" in param.opts for param in command.params):
            yield path + name


def test_every_answer_has_a_schema() -> None:
    """What takes --json has a schema, and a schema speaks of no command that does not."""
    told = [command for answer in ANSWERS.values() for command in answer.commands]

    assert sorted(answering()) == sorted(told)
    assert len(told) == len(set(told))


@pytest.mark.parametrize("name", COLUMNS)
def test_fields_are_the_columns(name: str) -> None:
    """What --columns knows is what the schema tells, in that order; what is not always there comes on top."""
    module, _, constant = COLUMNS[name].partition(":")
    columns = getattr(import_module(module), constant)
    answer = ANSWERS[name]
    named = answer.shape in ("object", "either")  # these begin with the schema's own name, which is no column
    fields = [field for field, told in answer.fields.items() if told.when is None and not (named and field == "schema")]

    assert list(columns) == fields


@pytest.mark.parametrize("name", ANSWERS)
def test_schema_is_one(name: str) -> None:
    """Each is valid by the rules of its dialect, and holds nothing to be true that anything would be."""
    schema = schema_of(ANSWERS[name])

    jsonschema.Draft202012Validator.check_schema(schema)
    assert faults(schema, {"no": "such"})
    assert read(FOLDER / f"{name}.json") == schema


def test_names_are_understood() -> None:
    """A command is known by what is typed, a schema by its name, and nothing else."""
    assert answer_of("protocol list") is ANSWERS["protocol"]
    assert answer_of("allocate") is ANSWERS["step"]
    assert answer_of("baseline") is ANSWERS["baseline"]
    assert answer_of("completion") is None


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.json")), ids=lambda path: path.stem)
def test_only_additions_since_the_release(path: Any) -> None:
    """Whoever reads the answers of the last release can read those of this one."""
    now = FOLDER / path.name

    assert now.is_file(), f"{path.name} was released, and is gone"
    assert [] == breaks(read(path), read(now))


BEFORE: dict[str, Any] = {
    "$id": "urn:a:1",
    "type": "array",
    "items": {"$ref": "#/$defs/one"},
    "$defs": {
        "one": {
            "type": "object",
            "properties": {
                "case": {"description": "its id", "type": "string"},
                "level": {"type": "string", "enum": ["deny", "warn"]},
                "rows": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
            },
            "required": ["case", "level"],
        }
    },
}


def _changed(**one: Any) -> dict[str, Any]:
    after = copy.deepcopy(BEFORE)
    after["$defs"]["one"]["properties"] |= one
    return after


def test_additions_break_nothing() -> None:
    """A new property, required or not, a new word of a list, other descriptions, more that is required."""
    after = _changed(new={"type": "string"}, case={"description": "the id", "type": "string"})
    after["$defs"]["one"]["properties"]["level"]["enum"].append("note")
    after["$defs"]["one"]["properties"]["rows"]["items"]["properties"]["m"] = {"type": "string"}
    after["$defs"]["one"]["required"] = ["case", "level", "new", "rows"]

    assert [] == breaks(BEFORE, after)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"case": {"type": ["string", "null"]}}, "$.case(type): 'string' has become ['string', 'null']"),
        ({"case": {"type": "integer"}}, "$.case(type): 'string' has become 'integer'"),
        ({"case": {"type": "string", "format": "date"}}, "$.case(format): None has become 'date'"),
        ({"level": {"type": "string", "enum": ["deny"]}}, "$.level: 'warn' is gone"),
        ({"level": {"type": "string", "enum": ["deny", "warn", None]}}, "$.level: may be null now"),
        ({"level": {"type": "string"}}, "$.level(enum): ['deny', 'warn'] has become None"),
        ({"rows": {"type": "array", "items": {"type": "object", "properties": {}}}}, "$.rows.n: is gone"),
    ],
)
def test_other_changes_are_told(change: dict[str, Any], told: str) -> None:
    """A type that is another, narrower or wider, and what is gone at any depth."""
    assert [told] == breaks(BEFORE, _changed(**change))


def test_what_is_gone_is_told() -> None:
    """A property that is gone, one that may be missing, and another shape of the whole."""
    gone, missing, shape = (copy.deepcopy(BEFORE) for _ in range(3))
    del gone["$defs"]["one"]["properties"]["case"]
    missing["$defs"]["one"]["required"] = ["case"]
    shape["type"] = "object"

    assert ["$.case: is gone"] == breaks(BEFORE, gone)
    assert ["$.level: may be missing now"] == breaks(BEFORE, missing)
    assert ["$(type): 'array' has become 'object'"] == breaks(BEFORE, shape)
    assert [] == breaks(BEFORE, {**shape, "$id": "urn:a:2"})


def test_strictly_nothing_else_is_allowed() -> None:
    """Held strictly, a property that no schema names is a fault, at any depth; a missing one is too."""
    row = {"case": "R1", "level": "deny", "rows": [{"n": 1}]}

    assert [] == faults(BEFORE, [row])
    assert 1 == len(faults(BEFORE, [{**row, "more": 1}]))
    assert 1 == len(faults(BEFORE, [{**row, "rows": [{"n": 1, "more": 1}]}]))
    assert 1 == len(faults(BEFORE, [{"case": "R1"}]))
    assert [] == faults(BEFORE, row, one=True)
    assert "additionalProperties" not in BEFORE["$defs"]["one"]
    assert strict(BEFORE)["$defs"]["one"]["additionalProperties"] is False
