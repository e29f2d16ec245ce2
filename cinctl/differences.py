"""What one protocol says otherwise than another: rules, and every table under them, added, dropped or changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cinctl.protocol import Protocol
from cinctl.protocol.shape import is_shape, spellings

__all__ = ["differences", "natural"]

Row = dict[str, Any]

_META = ("id", "title", "status", "effective_from", "agreed_by", "published_on", "review_on", "references")
_HEADLINES = ("say", "title", "says", "on", "topics")


def differences(before: Protocol, after: Protocol) -> Iterator[Row]:
    """Yield a row for each part that only one of two protocols has, and for each key that they give otherwise.

    An added or dropped part is told by what it says; a list or a plain text has no keys.
    """
    for key in _META:
        was, now = _plain(getattr(before, key)), _plain(getattr(after, key))
        if was != now:
            yield _row("changed", "protocol", before.id, key, was, now)
    for what, parts in _PARTS.items():
        yield from _between(what, parts(before), parts(after))


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


_PARTS: dict[str, Callable[[Protocol], Mapping[str, Any]]] = {
    "calendar": _calendar,
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
