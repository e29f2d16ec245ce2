"""What one protocol says otherwise than another: rules, and every table under them, added, dropped or changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from cinctl.errors import ProtocolError
from cinctl.looking import asked_when
from cinctl.protocol import Clock, Protocol, Rule
from cinctl.protocol.shape import is_shape, spellings
from cinctl.rules import Edition, RuleBook
from cinctl.words import satisfy

__all__ = ["differences", "natural"]

Row = dict[str, Any]

_META = ("id", "title", "status", "effective_from", "agreed_by", "published_on", "review_on", "references")
_HEADLINES = ("say", "title", "says", "on", "topics")


def differences(before: Protocol, after: Protocol) -> Iterator[Row]:
    """Yield a row for each part that only one of two protocols has, and for each key that they give otherwise.

    An added or dropped part is told by what it says; a list or a plain text has no keys. *was* and *now* tell in words
    what *before* and *after* give as a file would.
    """
    told = (_Words(before), _Words(after))
    for row in _rows(before, after):
        yield {**row, "was": told[0].of(row, "before"), "now": told[1].of(row, "after")}


def _rows(before: Protocol, after: Protocol) -> Iterator[Row]:
    for key in _META:
        was, now = _plain(getattr(before, key)), _plain(getattr(after, key))
        if was != now:
            yield _row("changed", "protocol", before.id, key, was, now)
    for what, parts in _PARTS.items():
        yield from _between(what, parts(before), parts(after))


class _Words:
    """One of two protocols, in words."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    @cached_property
    def edition(self) -> Edition | None:
        """The protocol compiled; None for one that loads and does not compile, whose conditions have no words."""
        try:
            return RuleBook(self.protocol).newest
        except ProtocolError:
            return None

    def of(self, row: Row, side: str) -> str | None:
        """Return what *row* tells of this *side*, `before` or `after`."""
        value, key = row[side], row["key"]
        if value is None:
            return None
        if row["what"] in ("gate", "clock"):
            told = self._of_rule(row["name"], key)
            if told is not None:
                return told
        return _plainly(value)

    def _of_rule(self, name: str, key: str | None) -> str | None:
        rule = self.protocol.rule(name)
        if rule is None or self.edition is None:
            return None
        if key is None:
            return self._whole(rule)
        gate = self.edition.gate_rules.get(name)
        if key == "require" and gate is not None:
            return satisfy(gate.require)
        if key == "when" and (gate is not None or name in self.edition.clock_rules):
            return asked_when(rule, self.edition) or "always"
        return None

    def _whole(self, rule: Rule) -> str:
        """Return what *rule* asks and, where it can be told, what satisfies it or by when."""
        assert self.edition is not None
        gate = self.edition.gate_rules.get(rule.id)
        if isinstance(rule, Clock):
            limit = rule.within or (f"every {rule.every}" if rule.every else "no limit")
            return f"{rule.say or rule.id} ({limit})"
        return f"{rule.say or rule.id} ({satisfy(gate.require)})" if gate is not None else rule.say or rule.id


def _plainly(value: Any) -> str:
    """Return what a file would hold, as a person would say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_plainly, value)) or "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_plainly(one)}" for key, one in value.items())
    return value.isoformat() if isinstance(value, date) else str(value)


def _between(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Row]:
    for name in sorted({*before, *after}, key=natural):
        if name not in before:
            yield _row("added", what, name, None, None, _headline(after[name]))
        elif name not in after:
            yield _row("dropped", what, name, None, _headline(before[name]), None)
        else:
            yield from _changes(what, name, before[name], after[name])


def _changes(what: str, name: str, before: Any, after: Any) -> Iterator[Row]:
    was, now = _keys(before), _keys(after)
    for key in now:
        if was[key] != now[key]:
            yield _row("changed", what, name, key, was[key], now[key])


def _row(change: str, what: str, name: str, key: str | None, before: Any, after: Any) -> Row:
    return {"change": change, "what": what, "name": name, "key": key, "before": before, "after": after}


def natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts `X-9` before `X-10`."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"([0-9]+)", name) if part]


def _keys(part: Any) -> dict[str | None, Any]:
    """Return *part* key by key, spelt as in a file; what has no keys is one value under None."""
    if not is_shape(type(part)):
        return {None: _plain(part)}
    spelt = spellings(type(part))
    return {key: _plain(getattr(part, name)) for name, key in spelt.items() if key and name != "id"}


def _headline(part: Any) -> Any:
    if not is_shape(type(part)):
        return _plain(part)
    said = (getattr(part, name) for name in _HEADLINES if hasattr(part, name))
    return next((_plain(text) for text in said if text), None)


def _plain(value: Any) -> Any:
    """Return *value* as a file would have it: triggers without a condition are names, one condition is no list."""
    if is_shape(type(value)):
        made = {key: found for key, found in _keys(value).items() if found not in (None, [], "")}
        return made["on"] if list(made) == ["on"] else made
    if isinstance(value, tuple | list):
        items = [_plain(item) for item in value]
        if items and all(isinstance(item, list) for item in items):
            return [name for item in items for name in item]
        return items
    return value


def _code_words(protocol: Protocol) -> dict[str, Any]:
    return {f"{name}.{word}": code for name, codes in protocol.codes.items() for word, code in codes.items()}


def _calendar(protocol: Protocol) -> dict[str, Any]:
    return {key or "": value for key, value in _keys(protocol.calendar).items()}


def _caseload(protocol: Protocol) -> dict[str, Any]:
    told = {key or "": value for key, value in _keys(protocol.caseload).items()}
    by_name = {f"{table}.{name}": limit for table in ("roles", "units") for name, limit in told.pop(table).items()}
    return {key: value for key, value in {**told, **by_name}.items() if value not in (None, [], "")}


_PARTS: dict[str, Callable[[Protocol], Mapping[str, Any]]] = {
    "calendar": _calendar,
    "caseload": _caseload,
    "gate": lambda p: p.gates,
    "clock": lambda p: p.clocks,
    "disabled": lambda p: p.disabled,
    "event": lambda p: p.events,
    "set": lambda p: p.sets,
    "role": lambda p: p.roles,
    "code": _code_words,
    "param": lambda p: p.params,
    "training": lambda p: p.training,
    "source": lambda p: p.sources,
    "clause": lambda p: p.clauses,
    "home": lambda p: p.homes,
}
