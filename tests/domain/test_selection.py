"""Which findings are told: rules by id or prefix, units, days; and words that mean no rule."""

from __future__ import annotations

from datetime import date

import pytest

from cinctl.errors import UsageError
from cinctl.gates import Finding
from cinctl.selection import Selection

RULES = ("BRI-3", "BRI-35", "BRI-35.cap", "BRI-40", "WT-02", "CORE-01")


def _finding(rule: str = "BRI-35", at: str | None = None, due: str | None = None, unit: str | None = None) -> Finding:
    return Finding(
        rule=rule, clause=None, clauses=(), level="warn", case="R1", seq=1, at=at, message="", due=due, unit=unit
    )


@pytest.mark.parametrize(
    ("select", "ignore", "taken"),
    [
        ((), (), set(RULES)),
        (("BRI",), (), {"BRI-3", "BRI-35", "BRI-35.cap", "BRI-40"}),
        (("BRI-35",), (), {"BRI-35", "BRI-35.cap"}),
        (("BRI-3",), (), {"BRI-3"}),
        (("BRI-4", "WT"), (), {"BRI-40", "WT-02"}),
        ((), ("BRI", "CORE-01"), {"WT-02"}),
        (("BRI",), ("BRI-35",), {"BRI-3", "BRI-40"}),
        (("BRI-35.cap",), ("BRI",), set()),
    ],
)
def test_rules_are_named_by_id_or_prefix(select: tuple[str, ...], ignore: tuple[str, ...], taken: set[str]) -> None:
    """A rule's id means it and what is dotted under it; anything else is a prefix; what is ignored stays out."""
    selection = Selection(select=select, ignore=ignore)
    selection.check(RULES)

    assert taken == {rule for rule in RULES if selection.takes(rule)}


@pytest.mark.parametrize("option", ["select", "ignore"])
def test_a_word_that_means_no_rule(option: str) -> None:
    """A misspelt rule is told, with the nearest that there is."""
    with pytest.raises(UsageError, match=rf"--{option}: no rule is called 'WT-20'.* Did you mean 'WT-02'\?"):
        Selection(**{option: ("WT-20",)}).check(RULES)  # type: ignore[arg-type]


def test_days_that_cross() -> None:
    """A first day after the last is told."""
    with pytest.raises(UsageError, match="--from 2026-03-02 lies after --until 2026-03-01"):
        Selection(since=date(2026, 3, 2), until=date(2026, 3, 1)).check(RULES)


@pytest.mark.parametrize(
    ("at", "due", "kept"),
    [
        ("2026-03-01", None, True),
        ("2026-02-28", "2026-03-01", False),
        (None, "2026-03-31", True),
        (None, "2026-04-01", False),
        ("2026-03-31T23:30:00+00:00", None, False),
        (None, None, True),
    ],
)
def test_days_are_of_the_event_or_the_due_date(at: str | None, due: str | None, kept: bool) -> None:
    """The event's London date counts, else the due date; what has neither stays."""
    selection = Selection(since=date(2026, 3, 1), until=date(2026, 3, 31))

    assert kept == selection.keeps(_finding(at=at, due=due))


def test_units() -> None:
    """Only findings of the units that were named."""
    selection = Selection(units=("A", "B"))

    assert [True, False, False] == [selection.keeps(_finding(unit=unit)) for unit in ("A", "C", None)]


def test_filters_say_what_narrows() -> None:
    """What was not asked for is not there."""
    assert {} == Selection().filters()
    assert {"select": ["X"], "unit": ["A"], "from": "2026-03-01"} == Selection(
        select=("X",), units=("A",), since=date(2026, 3, 1)
    ).filters()
