"""Readers of event logs that hold them to their standards, and to what reads them back where that is installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(os.environ.get("CINCTL_PEERS", ROOT / "build" / "bench" / "peers")) / "bin" / "python"
"""A Python that has pm4py, such as `make bench-peers` tells how to make."""

_NAME = re.compile(r"[A-Za-z_:][\w:.-]*")
_NC_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_MOMENT = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_HEADS = ("extension", "global", "classifier")
_ORDER = (*_HEADS, "attribute", "trace", "event")


def _is_value(sort: str, text: str) -> bool:
    if sort == "date":
        return bool(_MOMENT.fullmatch(text)) and datetime.fromisoformat(text) is not None
    if sort == "int":
        return bool(re.fullmatch(r"[+-]?\d+", text)) and abs(int(text)) < 2**63
    if sort == "boolean":
        return text in ("true", "false", "0", "1")
    return sort in ("string", "id")


def _attributes(element: ElementTree.Element) -> dict[str, Any]:
    """Return the attributes of *element* once each is as the schema has it: a Name as key, a value of its type."""
    found: dict[str, Any] = {}
    for child in element:
        if child.tag in ("event", "trace", *_HEADS):
            continue
        assert {"key", "value"} == set(child.attrib), child.attrib
        key, text = child.attrib["key"], child.attrib["value"]
        assert _NAME.fullmatch(key), key
        assert _is_value(child.tag, text), (child.tag, key, text)
        assert not len(child)
        assert key not in found, f"{key} stands twice"
        found[key] = text
    return found


def _in_order(element: ElementTree.Element, order: tuple[str, ...]) -> None:
    places = [order.index(child.tag if child.tag in order else "attribute") for child in element]
    assert sorted(places) == places


def xes(content: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the traces of a log, attributes and events, held to the schema of IEEE 1849: names, types and order."""
    log = ElementTree.fromstring(content.encode("utf-8"))
    assert "log" == log.tag
    assert set(log.attrib) <= {"xes.version", "xes.features"}
    assert re.fullmatch(r"\d+\.\d+", log.attrib["xes.version"])
    _in_order(log, _ORDER)
    _attributes(log)
    for child in log:
        if child.tag in ("extension", "classifier"):
            assert _NC_NAME.fullmatch(child.attrib["name"])
    traces = []
    for trace in log.iter("trace"):
        _in_order(trace, ("attribute", "event"))
        traces.append((_attributes(trace), [_attributes(event) for event in trace.iter("event")]))
    return traces


_TYPED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "attributes"],
        "properties": {
            "name": {"type": "string"},
            "attributes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "type"],
                    "properties": {
                        "name": {"type": "string"},
                        "type": {"enum": ["string", "time", "integer", "float", "boolean"]},
                    },
                },
            },
        },
    },
}
_RELATED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["objectId", "qualifier"],
        "properties": {"objectId": {"type": "string"}, "qualifier": {"type": "string"}},
    },
}
_TIME = {"type": "string", "format": "date-time", "pattern": r"T.*Z$"}


def _valued(*more: str) -> dict[str, Any]:
    properties = {"name": {"type": "string"}, "value": {"type": "string"}, "time": _TIME}
    return {
        "type": "array",
        "items": {"type": "object", "required": ["name", "value", *more], "properties": properties},
    }


_OCEL = {
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "properties": {
        "eventTypes": _TYPED,
        "objectTypes": _TYPED,
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type", "time"],
                "properties": {
                    "id": {"type": "string"},
                    "type": {"type": "string"},
                    "time": _TIME,
                    "attributes": _valued(),
                    "relationships": _RELATED,
                },
            },
        },
        "objects": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type"],
                "properties": {
                    "id": {"type": "string"},
                    "type": {"type": "string"},
                    "attributes": _valued("time"),
                    "relationships": _RELATED,
                },
            },
        },
    },
}


def ocel(content: str) -> dict[str, Any]:
    """Return a log held to what OCEL 2.0 asks for: its shape, ids that are told apart, types that were declared."""
    from jsonschema import Draft202012Validator, FormatChecker

    log: dict[str, Any] = json.loads(content)
    faults = Draft202012Validator(_OCEL, format_checker=FormatChecker()).iter_errors(log)
    assert [] == [f"{fault.json_path}: {fault.message}" for fault in faults]
    objects = {thing["id"] for thing in log["objects"]}
    assert len(objects) == len(log["objects"])
    assert len(log["events"]) == len({event["id"] for event in log["events"]})
    for things, types in ((log["events"], log["eventTypes"]), (log["objects"], log["objectTypes"])):
        declared = {one["name"]: {a["name"] for a in one["attributes"]} for one in types}
        assert len(declared) == len(types)
        for thing in things:
            assert {a["name"] for a in thing["attributes"]} <= declared[thing["type"]], thing
            assert {r["objectId"] for r in thing["relationships"]} <= objects
    return log


def pm4py(code: str, path: Path) -> Any:
    """Return what *code*, which has pm4py and the *path*, prints as JSON. Skips where there is no pm4py."""
    if not PEERS.exists():
        pytest.skip("there is no pm4py here: CINCTL_PEERS may name an environment that has it")
    head = "import contextlib, json, sys\nwith contextlib.redirect_stdout(sys.stderr):\n    import pm4py\n"
    script = f"{head}path = {str(path)!r}\n"
    done = subprocess.run(
        [PEERS, "-W", "ignore", "-c", script + code], capture_output=True, text=True, check=False, env={}
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
