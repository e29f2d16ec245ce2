"""How late something is, in words: what tables, pages and hints print beside a due date."""

from __future__ import annotations

__all__ = ["in_words"]


def in_words(status: str, late_days: int | None, late: int | None, late_unit: str | None) -> str:
    """Return how an obligation stands to its due date, from the fields of a row of `due`.

    *late_days* are calendar days and *late* is in *late_unit*, `days` or `working days`; both are negative while there
    is time left. `41 days late`, `due today`, `in 3 working days`; `no date` where *status* is `outstanding`.
    """
    if late_days is None or status == "outstanding":
        return "no date"
    if late_days == 0:
        return "due today"
    # From a Friday to a Saturday no working day passes, and yet it is a day late.
    number, unit = (abs(late), late_unit) if late and late_unit else (abs(late_days), "days")
    told = f"{number} {unit[:-1] if number == 1 else unit}"
    return f"{told} late" if late_days > 0 else f"in {told}"
