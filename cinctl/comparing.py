"""The tests that conditions come to: a fact held against a literal, a set or another fact, and tests put together.

Each is one closure over what was known when the rule was compiled. Text, which most facts are, is compared without a
further call; a list, or a map's keys, is looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cinctl.facts import Get, Moment

Test = Callable[[Moment], bool]


def always(_moment: Moment) -> bool:
    """Hold at any moment."""
    return True


def all_test(tests: Sequence[Test]) -> Test:
    """Return the test that holds when each of *tests* does, in turn, and never by a loop: few lines are usual."""
    if len(tests) <= 1:
        return tests[0] if tests else always
    if len(tests) == 3:
        first, second, third = tests
        return lambda m: first(m) and second(m) and third(m)
    one, rest = tests[0], all_test(tests[1:])
    return lambda m: one(m) and rest(m)


def any_test(tests: Sequence[Test]) -> Test:
    """Return the test that holds when any of *tests* does, or always when there are none."""
    if len(tests) <= 1:
        return tests[0] if tests else always
    one, rest = tests[0], any_test(tests[1:])
    return lambda m: one(m) or rest(m)


_SEQUENCES = (list, tuple)


def listed(value: Any) -> Sequence[Any] | None:
    """Return a list fact's items, a map fact's keys, or None for anything else."""
    if isinstance(value, dict):
        return list(value)
    return value if isinstance(value, _SEQUENCES) else None


def equality(get: Get, literal: Any) -> Test:
    """Return the test of `fact = literal`: text and flags, which most are, are told apart without a call."""
    plain = literal.__class__

    def test(moment: Moment) -> bool:
        value = get(moment)
        if value.__class__ is plain:
            return bool(value == literal)
        return value is not None and equals(value, literal)

    return test


def membership(get: Get, literals: frozenset[Any], wanted: bool) -> Test:
    """Return the test of `fact = [...]`, or of its complement."""

    def test(moment: Moment) -> bool:
        value = get(moment)
        if value.__class__ is str:
            return (value in literals) is wanted
        return among(value, literals) is wanted

    return test


def inclusion(get: Get, wanted: frozenset[Any], every: bool) -> Test:
    """Return the test that a list holds any of *wanted*, or every one of them."""

    def test(moment: Moment) -> bool:
        items = listed(get(moment))
        if items is None:
            return every and not wanted and get(moment) is not None
        return wanted.issubset(items) if every else not wanted.isdisjoint(items)

    return test


def equals(value: Any, literal: Any) -> bool:
    """Return whether *value* is *literal*, or holds it as a list does."""
    if value is None:
        return False
    items = listed(value)
    return bool(literal in items if items is not None else value == literal)


def among(value: Any, literals: frozenset[Any]) -> bool:
    """Return whether *value*, or for a list any item of it, is one of *literals*."""
    if value is None:
        return False
    items = listed(value)
    return any(i in literals for i in items) if items is not None else value in literals


def same(value: Any, other: Any) -> bool:
    """Return whether two facts say the same: between a value and a list, whether it is in there."""
    if value is None or other is None:
        return False
    left, right = listed(value), listed(other)
    if left is not None and right is not None:
        return list(left) == list(right)
    if left is not None:
        return other in left
    return bool(value in right if right is not None else value == other)


def size_of(value: Any) -> int | None:
    """Return the number that a fact is, or how long a list is; None for anything else."""
    items = listed(value)
    if items is not None:
        return len(items)
    return value if isinstance(value, int) else None
