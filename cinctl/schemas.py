"""What an answer looks like: fields with their types, declared once, from which JSON Schemas and docs are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

__all__ = ["SHAPES", "Answer", "Field", "Fields", "Shape", "schema_of"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Shape = Literal["array", "object", "either", "line"]

SHAPES = {
    "array": "An array of them.",
    "object": "One object.",
    "either": "One object, or an array of them where more than one was asked for or could have been.",
    "line": "Each line is one.",
}


class Field(NamedTuple):
    """One field: what it *says*, its *type*, whether it may be *null*, and *when* it is there, if not always.

    *parts* are the fields of what is an object in its turn; *of* those of each item of a list.
    """

    says: str
    type: Mapping[str, Any]
    null: bool = False
    when: str | None = None
    parts: Mapping[str, Field] | None = None
    of: Mapping[str, Field] | None = None

    def schema(self) -> dict[str, Any]:
        """Return it as a JSON Schema."""
        made = dict(self.type)
        if self.parts is not None:
            made |= _object(self.parts)
        if self.of is not None:
            made["items"] = _object(self.of)
        if self.null:
            if "enum" in made:
                made["enum"] = [*made["enum"], None]
            if "type" in made:
                made["type"] = [made["type"], "null"]
        return {"description": self.says + (f" ({self.when})" if self.when else ""), **made}

    def words(self) -> str:
        """Return its type in words."""
        made = self.type
        if "const" in made:
            return f"`{made['const']}`"
        if "enum" in made:
            return " or ".join(f"`{value}`" for value in made["enum"])
        if made.get("type") == "array":
            inner = "objects" if self.of is not None else "texts" if made.get("items") else "any"
            return f"list of {inner}"
        plain = {"string": made.get("format") or "text", "integer": "number", "boolean": "true or false"}
        return str(plain.get(made.get("type", ""), made.get("type", "any")))


Fields = Mapping[str, Field]


class Answer(NamedTuple):
    """What some commands print as JSON: *fields* of each thing in it, and in which *shape* the things come.

    *name* is that of its schema; *number* goes up when anything but an addition is made. *commands* are those that
    print it, as typed after `cinctl`; none where it is written to a file.
    """

    name: str
    says: str
    fields: Fields
    commands: tuple[str, ...] = ()
    shape: Shape = "array"
    number: int = 1

    @property
    def id(self) -> str:
        """Its id, such as `cinctl/due/1`."""
        return f"cinctl/{self.name}/{self.number}"

    def lists(self) -> Iterator[tuple[str, Field]]:
        """Yield every field with its path, those inside another after it."""
        yield from _paths(self.fields, "")


def _paths(fields: Fields, before: str) -> Iterator[tuple[str, Field]]:
    for name, field in fields.items():
        yield before + name, field
        yield from _paths(field.parts or {}, f"{before}{name}.")
        yield from _paths(field.of or {}, f"{before}{name}[].")


def _object(fields: Fields) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: field.schema() for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.when is None],
    }


def schema_of(answer: Answer) -> dict[str, Any]:
    """Return the JSON Schema of *answer*: of the whole of it, and as `$defs/one` of one thing in it."""
    by = " ".join([f"`cinctl {name}`" for name in answer.commands[:1]] + ["and others"] * (len(answer.commands) > 1))
    one = {"$ref": "#/$defs/one"}
    many = {"type": "array", "items": one}
    shapes: dict[Shape, dict[str, Any]] = {
        "array": many,
        "line": one,
        "object": one,
        "either": {"anyOf": [one, many]},
    }
    return {
        "$schema": DIALECT,
        "$id": f"urn:{answer.id.replace('/', ':')}",
        "title": answer.id,
        "description": f"{answer.says}{f' Printed by {by}.' if by else ''} {SHAPES[answer.shape]}",
        **shapes[answer.shape],
        "$defs": {"one": _object(answer.fields)},
    }
