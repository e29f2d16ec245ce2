"""Conditions that no event could ever meet: lines that ask the impossible of one fact.

Only what is certain is told. Two facts that depend on each other are taken to be free of each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from cinctl.conditions import Conditions, Line

__all__ = ["impossible"]

Sets = Mapping[str, tuple[str, ...]]

MOST_WAYS = 2_000
_ALWAYS_THERE = ("count.", "open.")


def impossible(conditions: Sequence[Conditions], sets: Sets) -> str | None:
    """Return why *conditions* can never all hold at once, or None when they may."""
    choices = [c.tables for c in conditions if c.tables]
    ways = 1
    for tables in choices:
        ways *= len(tables)
    if ways > MOST_WAYS:
        return None
    first = None
    for way in itertools.product(*choices):
        reason = _clash([line for table in way for line in table], sets)
        if reason is None:
            return None
        first = first or reason
    return first


def _clash(lines: Iterable[Line], sets: Sets) -> str | None:
    """Return what two of *lines* ask of one fact that cannot be, or None."""
    by_fact: dict[str, list[Line]] = {}
    for line in lines:
        by_fact.setdefault(line.fact.name, []).append(line)
    for name, asked in by_fact.items():
        for check in _CHECKS:
            reason = next(iter(check(asked, sets)), None)
            if reason is not None:
                return f"'{name}' {reason}"
    return None


def _presence(lines: Sequence[Line], _sets: Sets) -> Iterator[str]:
    if not any(_asks_absence(line) for line in lines):
        return
    if any(_asks_presence(line) for line in lines):
        yield "would have to be both present and absent"
    if lines[0].fact.name.startswith(_ALWAYS_THERE):
        yield "is never absent"


def _asks_absence(line: Line) -> bool:
    return line.operator == "absent" or (line.operator == "not" and line.operand == {"present": True})


def _asks_presence(line: Line) -> bool:
    if line.operator == "not":
        return bool(line.operand == {"absent": True})
    return line.operator not in ("absent", "none_of", "differs_from")


def _values(lines: Sequence[Line], sets: Sets) -> Iterator[str]:
    """Two values at once, or one that another line rules out."""
    wanted = [found for line in lines for found in _wanted(line, sets)]
    barred = frozenset().union(*(_literals(line.operand, sets) or () for line in lines if _bars(line)))
    if not _several(lines[0]) and wanted:
        common = frozenset.intersection(*wanted)
        if not common:
            yield f"cannot be {' and '.join(_listed(values) for values in wanted)} at once"
        wanted = [common]
    for values in wanted:
        if values <= barred:
            yield f"would have to be {_listed(values)}, which another condition rules out"


def _several(line: Line) -> bool:
    return line.fact.type in ("list", "map")


def _bars(line: Line) -> bool:
    return line.operator == "none_of" or (line.operator == "not" and not isinstance(line.operand, dict))


def _wanted(line: Line, sets: Sets) -> Iterator[frozenset[Any]]:
    """Yield each list of values of which *line* asks one."""
    if line.operator == "is":
        yield frozenset((line.operand,))
    elif line.operator in ("any_of", "includes", "includes_all"):
        values = _literals(line.operand, sets)
        if values is not None:
            yield from [frozenset((v,)) for v in values] if line.operator == "includes_all" else [values]


def _literals(operand: Any, sets: Sets) -> frozenset[Any] | None:
    """Return the values that *operand* lists, those of its sets too, or None when a fact decides them."""
    found: set[Any] = set()
    for item in operand if isinstance(operand, list) else [operand]:
        if not (isinstance(item, str) and item.startswith("@")):
            found.add(item)
        elif item[1:] in sets:
            found.update(sets[item[1:]])
        else:
            return None
    return frozenset(found)


def _listed(values: Iterable[Any]) -> str:
    return " or ".join(sorted(repr(v) if isinstance(v, str) else str(v) for v in values)) or "one of nothing"


def _sameness(lines: Sequence[Line], _sets: Sets) -> Iterator[str]:
    same = {line.other.name for line in lines if line.operator == "same_as" and line.other}
    differs = {line.other.name for line in lines if line.operator == "differs_from" and line.other}
    yield from (f"would have to be the same as '{name}' and not" for name in sorted(same & differs))


def _bounds(lines: Sequence[Line], sets: Sets) -> Iterator[str]:
    for low, high in (("at_least", "at_most"), ("on_or_after", "on_or_before")):
        least = [line.operand for line in lines if line.operator == low and line.other is None]
        most = [line.operand for line in lines if line.operator == high and line.other is None]
        if least and most and max(least) > min(most):
            yield f"would have to be {low} {max(least)} and {high} {min(most)}"
        if _several(lines[0]):
            continue
        for values in (found for line in lines for found in _wanted(line, sets)):
            if least and all(value < max(least) for value in values):
                yield f"would have to be {_listed(values)} and {low} {max(least)}"
            if most and all(value > min(most) for value in values):
                yield f"would have to be {_listed(values)} and {high} {min(most)}"


_CHECKS: tuple[Callable[[Sequence[Line], Sets], Iterator[str]], ...] = (_presence, _values, _sameness, _bounds)
