"""XES (IEEE 1849): one trace a case, one event an event, for process mining. Pieces of text; one trace in memory.

It stands in no namespace, as the schema of the standard has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from cinctl.exports.leaving import Value
from cinctl.formats.report import xml_text

__all__ = ["Attributes", "Trace", "document", "utc"]

Attributes = Mapping[str, Value]

_EXTENSIONS = (
    ("Concept", "concept"),
    ("Time", "time"),
    ("Lifecycle", "lifecycle"),
    ("Organizational", "org"),
)
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="">
"""
_GLOBALS = """<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event"><string key="concept:name" value=""/>\
<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>\
<string key="lifecycle:transition" value="complete"/></global>
<classifier name="Activity" scope="event" keys="concept:name"/>
"""


class Trace(NamedTuple):
    """One case: what is known of it, and its events in order."""

    attributes: Attributes
    events: Iterable[Attributes]


def document(about: Attributes, traces: Iterable[Trace]) -> Iterator[str]:
    """Yield a log of *traces*; *about* says what it is a log of."""
    yield _HEAD
    for name, prefix in _EXTENSIONS:
        yield f'<extension name="{name}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>\n'
    yield _GLOBALS + _attributes(about)
    for trace in traces:
        yield "<trace>\n" + _attributes(trace.attributes)
        for event in trace.events:
            yield "<event>\n" + _attributes(event) + "</event>\n"
        yield "</trace>\n"
    yield "</log>\n"


def utc(moment: datetime) -> str:
    """Return *moment*, which is in UTC, as XML writes it."""
    return moment.isoformat(timespec="milliseconds")


def _attributes(values: Attributes) -> str:
    return "".join(
        _attribute(key, ", ".join(value) if isinstance(value, list) else value) for key, value in values.items()
    )


@lru_cache(maxsize=10_000, typed=True)
def _attribute(key: str, value: str | bool | int | date | datetime) -> str:
    """Return one attribute; most of them come again and again."""
    sort, text = _typed(value)
    return f'<{sort} key="{key}" value="{xml_text(text)}"/>\n'


def _typed(value: str | bool | int | date | datetime) -> tuple[str, str]:
    """Return the type of an attribute and its text. A date without a time is text: XES has no type for it."""
    if isinstance(value, bool):
        return "boolean", "true" if value else "false"
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, datetime):
        return "date", utc(value)
    if isinstance(value, date):
        return "string", value.isoformat()
    return "string", value
