"""Lateness in words."""

from __future__ import annotations

import pytest

from cinctl.lateness import in_words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("overdue", 41, 41, "days"), "41 days late"),
        (("overdue", 1, 1, "days"), "1 day late"),
        (("overdue", 4, 1, "working days"), "1 working day late"),
        (("overdue", 9, 6, "working days"), "6 working days late"),
        (("due_soon", 0, 0, "working days"), "due today"),
        (("pending", -3, -3, "days"), "in 3 days"),
        (("pending", -1, -1, "working days"), "in 1 working day"),
        (("outstanding", None, None, None), "no date"),
    ],
)
def test_words(row: tuple[str, int | None, int | None, str | None], words: str) -> None:
    """The number is in the unit of the limit, and one is not several."""
    assert words == in_words(*row)


@pytest.mark.parametrize(("late_days", "words"), [(1, "1 day late"), (-2, "in 2 days")])
def test_a_weekend_is_told_in_days(late_days: int, words: str) -> None:
    """Where no working day lies between, the days of the calendar are told: late is late."""
    assert words == in_words("overdue" if late_days > 0 else "pending", late_days, 0, "working days")
