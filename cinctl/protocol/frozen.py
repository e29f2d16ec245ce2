"""A checked protocol as one text, and back, so that a process need not read, check and cite it all anew.

The text holds every version of the protocol with where each rule stands and how its clause is cited. It is believed as
it is: keep with it a digest of the files that it was made from, and the version of the tool that checked it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any

from cinctl.protocol.model import (
    CalendarSpec,
    CaseloadSpec,
    Clause,
    Clock,
    Code,
    Condition,
    Gate,
    NamedEvent,
    Param,
    Protocol,
    Role,
    Rule,
    Source,
    Training,
    Trigger,
)

FORMAT = 2
_MARK = "cinctl protocol"


class _Cited(Protocol):
    """A protocol that was thawed. *cited* says how the first clauses of its rules are cited."""

    cited: Mapping[str, str | None] = MappingProxyType({})

    def citation(self, clause_id: str) -> str | None:
        return self.cited[clause_id] if clause_id in self.cited else super().citation(clause_id)


def freeze(protocol: Protocol) -> str:
    """Return *protocol* as one JSON text, from which `thaw` makes an equal one."""
    return json.dumps({_MARK: FORMAT, "protocol": _frozen(protocol)}, separators=(",", ":"))


def thaw(text: str) -> Protocol:
    """Return the protocol that `freeze` made *text* from.

    Raises:
        ValueError: *text* is no frozen protocol, one of another format, or not whole.
    """
    try:
        made = json.loads(text)
        found = made.get(_MARK) if isinstance(made, dict) else None
        if type(found) is not int:
            raise ValueError("this is no frozen protocol")
        if found != FORMAT:
            raise ValueError(f"this is a frozen protocol of format {found}, not {FORMAT}")
        return _thawed(made["protocol"])
    except (LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise ValueError(f"this is not a whole frozen protocol: {fault!r}") from None


# Freezing: each part is the row of its fields


def _frozen(protocol: Protocol) -> dict[str, Any]:
    rules: tuple[Rule, ...] = (*protocol.gates.values(), *protocol.clocks.values())
    clauses = dict.fromkeys(rule.clauses[0] for rule in rules if rule.clauses)
    return {
        "row": [_row(value) for value in protocol],
        "cited": {clause: protocol.citation(clause) for clause in clauses},
    }


def _row(value: Any) -> Any:
    if isinstance(value, Protocol):
        return _frozen(value)
    if isinstance(value, Param):
        return [*value[:-1], _marked(value.value)]
    if isinstance(value, tuple) and not isinstance(value, CaseloadSpec):
        condition = any(isinstance(part, dict) for part in value)
        return _tables(value) if condition else [_row(part) for part in value]
    if isinstance(value, CaseloadSpec):
        return [_row(part) for part in value]
    if isinstance(value, dict):
        return {key: _row(part) for key, part in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _tables(condition: Condition) -> Any:
    """Return the tables as a list, as they are; those that JSON cannot hold as they are, under a key and marked."""
    return list(condition) if all(map(_is_json, condition)) else {"marked": [_marked(table) for table in condition]}


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int | float)


def _marked(value: Any) -> Any:
    """Return *value* with each date and each list as a pair: what it is, and what it holds."""
    if isinstance(value, dict):
        return {key: _marked(part) for key, part in value.items()}
    if isinstance(value, list):
        return ["list", [_marked(part) for part in value]]
    if _is_json(value):
        return value
    if type(value) not in _NAMES:
        raise TypeError(f"a protocol that was read from TOML holds no {type(value).__name__}")
    return [_NAMES[type(value)], value.isoformat()]


_TIMES: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
}
_NAMES: dict[type, str] = {date: "date", datetime: "datetime", time: "time"}


# Thawing: a row becomes its class once the fields that JSON has otherwise are made

_Maker = Callable[[Any], Any]


def _thawed(found: dict[str, Any]) -> Protocol:
    made: _Cited = _of_protocol(found["row"])
    made.cited = found["cited"]
    return made


def _condition(tables: Any) -> Condition:
    return tuple(tables) if isinstance(tables, list) else tuple(map(_unmarked, tables["marked"]))


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(part) for key, part in value.items()}
    if not isinstance(value, list):
        return value
    mark, held = value
    return [_unmarked(part) for part in held] if mark == "list" else _TIMES[mark](held)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None


def _maker(shape: Any, makers: Mapping[str, _Maker]) -> _Maker:
    """Return what makes a *shape* of the row of its fields."""
    plan = [(place, makers[name]) for place, name in enumerate(shape._fields) if name in makers]
    make = shape._make

    def of_row(row: list[Any]) -> Any:
        for place, maker in plan:
            row[place] = maker(row[place])
        return make(row)

    return of_row


def _many(maker: _Maker) -> _Maker:
    return lambda rows: tuple(map(maker, rows))


def _named(maker: _Maker) -> _Maker:
    return lambda rows: {name: maker(row) for name, row in rows.items()}


_trigger = _maker(Trigger, {"on": tuple, "when": _condition})
_FIELDS: dict[str, _Maker] = {
    **dict.fromkeys(("on", "clauses", "topics", "from_"), tuple),
    **dict.fromkeys(("when", "require"), _condition),
    **dict.fromkeys(("starts", "stops", "resumes", "until"), _many(_trigger)),
    "closures": _many(date.fromisoformat),
    "value": _unmarked,
}
_of_protocol = _maker(
    _Cited,
    {
        **dict.fromkeys(("effective_from", "published_on", "review_on"), _day),
        **dict.fromkeys(("extends", "agreed_by", "references"), tuple),
        "supersedes": lambda found: found and _thawed(found),
        "calendar": _maker(CalendarSpec, _FIELDS),
        "caseload": _maker(CaseloadSpec, _FIELDS),
        "sets": _named(tuple),
        "codes": _named(_named(_maker(Code, _FIELDS))),
        "sources": _named(_maker(Source, _FIELDS)),
        "clauses": _named(_maker(Clause, _FIELDS)),
        "roles": _named(_maker(Role, _FIELDS)),
        "params": _named(_maker(Param, _FIELDS)),
        "training": _named(_maker(Training, _FIELDS)),
        "events": _named(_maker(NamedEvent, _FIELDS)),
        "gates": _named(_maker(Gate, _FIELDS)),
        "clocks": _named(_maker(Clock, _FIELDS)),
    },
)
