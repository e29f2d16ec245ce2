"""The JSON Schema of a protocol file, for editors: derived from the classes that such a file is made into.

It says what any protocol may hold. What only the whole can tell (whether a set, a role or a rule is there) lint says.
A file that extends another may give part of a table that it inherits, so only rules and `[protocol]` must be whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cinctl.conditions import OPERATORS
from cinctl.facts import ROOTS
from cinctl.protocol.checks import OWNERS, full_kinds
from cinctl.protocol.layer import RULES
from cinctl.protocol.model import Clock, Meta, Param, Trigger
from cinctl.protocol.shape import BESIDE, TABLES, is_shape, spellings

__all__ = ["DIALECT", "schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DAY = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_TEXT: dict[str, Any] = {"type": "string", "pattern": "\\S"}
_WORDS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_PLAIN: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_ID = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$"}
_FACT = rf"^({'|'.join(map(re.escape, ROOTS))})(\.|$)"
_DURATION = r"^[0-9]+ (working days?|days?|weeks?|months?|years?)$"
_OWNER = r"^(start\.|@)[A-Za-z0-9_]+$"
_REF = "#/$defs/"

Schema = dict[str, Any]


def schema() -> Schema:
    """Return the schema of a protocol file, which may be a config too."""
    properties = {
        "protocol": _ref("Meta"),
        **{name: _table(name, shape) for name, shape in TABLES.items()},
        **{name: {"type": "array", "items": _ref(shape.__name__)} for name, shape in RULES.items()},
        "disable": {
            "type": "object",
            "additionalProperties": _TEXT,
            "description": "Inherited rules, with the reason.",
        },
        **dict.fromkeys(sorted(BESIDE), True),
    }
    return {
        "$schema": DIALECT,
        "title": "A protocol of cinctl",
        "type": "object",
        "properties": properties,
        "required": ["protocol"],
        "additionalProperties": False,
        "$defs": _definitions(),
    }


def _ref(name: str) -> Schema:
    return {"$ref": _REF + name}


def _definitions() -> dict[str, Schema]:
    shapes = [Meta, *RULES.values(), Trigger, *_shapes_in_tables()]
    made = {shape.__name__: _of_class(shape) for shape in shapes}
    made["Gate"]["properties"]["on"] = _listed(_ref("kind"))
    made["Clock"]["properties"]["owner"] = {
        "anyOf": [{"enum": list(OWNERS)}, {"pattern": "^(start\\.|@)[A-Za-z0-9_]+$"}]
    }
    return made | {
        "kind": {"enum": list(dict.fromkeys(full_kinds())), "description": "A kind of event, or one phase of it."},
        "triggers": {"anyOf": [_trigger(), {"type": "array", "items": _trigger()}]},
        "condition": {"anyOf": [_ref("facts"), {"type": "array", "items": _ref("facts")}]},
        "facts": _facts(),
        "operators": _operators(),
    }


def _shapes_in_tables() -> list[type]:
    found: list[type] = []
    for shape in TABLES.values():
        while get_origin(shape) is dict:
            shape = get_args(shape)[1]
        if is_shape(shape):
            found.append(shape)
    return found


def _table(name: str, shape: Any) -> Schema:
    if get_origin(shape) is dict:
        inner = get_args(shape)[1]
        made: Schema = {"type": "object", "additionalProperties": _table(name, inner)}
        return made
    if shape is Param:
        # a param that is given a plain value is given its `value`
        return {"anyOf": [_ref("Param"), {"not": {"type": "object"}}]}
    return _ref(shape.__name__) if is_shape(shape) else _value(shape)


def _of_class(shape: Any) -> Schema:
    """Return the schema of a table of class *shape*: a key for each field that a file may give."""
    hints = get_type_hints(shape)
    keys = {name: key for name, key in spellings(shape).items() if key}
    made: Schema = {
        "type": "object",
        "description": (shape.__doc__ or "").split("\n")[0],
        "properties": {key: _key(shape, key, hints[name]) for name, key in keys.items()},
        "additionalProperties": False,
    }
    needed = [key for name, key in keys.items() if name not in shape._field_defaults]
    return {**made, "required": needed} if shape in (Meta, Trigger, *RULES.values()) else made


def _key(shape: Any, key: str, hint: Any) -> Schema:
    if key == "id":
        return _ID
    if key in ("every", "lasts", "valid_for") or (key == "within" and shape is not Clock):
        return {"type": "string", "pattern": _DURATION}
    if key == "within":
        return {"type": "string", "anyOf": [{"pattern": _DURATION}, {"pattern": _FACT}]}
    if key == "from":
        return _listed({"type": "string", "pattern": _FACT})
    if shape is Param and key == "value":
        return {"not": {"type": "object"}}
    return _value(hint)


def _listed(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _value(hint: Any) -> Schema:
    """Return what a value with the annotation *hint* may be."""
    parts = [part for part in get_args(hint) if part is not type(None)]
    if get_origin(hint) is Literal:
        return {"enum": list(parts)}
    if hint in _BY_HINT:
        return _BY_HINT[hint]
    if get_origin(hint) is list:
        return {"type": "array", "items": _value(parts[0])}
    if get_origin(hint) is dict:
        return {"type": "object", "additionalProperties": _value(parts[1])}
    if len(parts) == 1:  # or None: a key that is not given
        return _value(parts[0])
    raise TypeError(f"no schema for {hint!r}")


_BY_HINT: Mapping[Any, Schema] = {
    str: _TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    date: DAY,
    Any: {},
    tuple[date, ...]: {"type": "array", "items": DAY},
    tuple[str, ...]: _WORDS,
    tuple[Trigger, ...]: _ref("triggers"),
    tuple[dict[str, Any], ...]: _ref("condition"),
}


def _trigger() -> Schema:
    return {"anyOf": [_TEXT, _ref("Trigger")]}


def _facts() -> Schema:
    """Return the schema of a table of facts, each with what it must be."""
    test = {"anyOf": [_PLAIN, {"type": "array", "items": _PLAIN}, _ref("operators")]}
    return {"type": "object", "propertyNames": {"pattern": _FACT}, "additionalProperties": test}


def _operators() -> Schema:
    one_or_more = _listed(_PLAIN)
    own: dict[str, Schema] = {
        "present": {"type": "boolean"},
        "absent": {"type": "boolean"},
        "same_as": {"type": "string", "pattern": _FACT},
        "differs_from": {"type": "string", "pattern": _FACT},
        "at_least": {"type": ["integer", "string"]},
        "at_most": {"type": ["integer", "string"]},
        "within": {"type": "string"},
        "not": {"anyOf": [one_or_more, _ref("operators")]},
    }
    tests = {name: own.get(name, one_or_more) for name in OPERATORS}
    return {"type": "object", "properties": tests, "additionalProperties": False, "minProperties": 1}
