"""JSON Schemas held strictly, and against what they were: only additions are allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"
RELEASED = Path(__file__).resolve().parent / "released"
"""The schemas as they were at the last release: `cp docs/schemas/*.json tests/released/` is part of making one."""

_WORDS = ("description", "title", "$schema")


def read(path: Path) -> dict[str, Any]:
    """Return the schema in the file *path*."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def strict(schema: Any) -> Any:
    """Return *schema* with nothing allowed beside the properties that it names."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    return {**made, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else made


def faults(schema: Mapping[str, Any], answer: Any, *, one: bool = False) -> list[str]:
    """Return where *answer* departs from *schema*, held strictly; *one*: it is one thing of what the schema tells."""
    wanted = strict(dict(schema))
    if one:
        wanted = {"$defs": wanted["$defs"], "$ref": "#/$defs/one"}
    validator = jsonschema.Draft202012Validator(wanted, format_checker=jsonschema.FormatChecker(["date"]))
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(answer)]


def breaks(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what a reader of *before* could stumble over in *after*: anything but new properties and new words.

    A type may not become wider either: who has never met a null does not expect one.
    """
    if before.get("$id") != after.get("$id"):
        return []  # the number went up: that is said to be another answer
    return list(_breaks(before, after, "$"))


def _breaks(before: Any, after: Any, where: str) -> Iterator[str]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        if before != after:
            yield f"{where}: {before!r} has become {after!r}"
        return
    for key in {**before, **after}:
        was, now = before.get(key), after.get(key)
        if key in _WORDS:
            continue
        if key == "properties":
            yield from _properties(was or {}, now or {}, where)
        elif key == "required":
            yield from (f"{where}.{name}: may be missing now" for name in was or () if name not in (now or ()))
        elif key == "enum" and was is not None and now is not None:
            yield from (f"{where}: '{word}' is gone" for word in was if word not in now)
            if None in now and None not in was:
                yield f"{where}: may be null now"
        elif key == "$defs":
            yield from (text for name in was or () for text in _breaks(before[key][name], (now or {}).get(name), where))
        else:
            yield from _breaks(was, now, where if key == "items" else f"{where}({key})")


def _properties(before: Mapping[str, Any], after: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, was in before.items():
        if name in after:
            yield from _breaks(was, after[name], f"{where}.{name}")
        else:
            yield f"{where}.{name}: is gone"
