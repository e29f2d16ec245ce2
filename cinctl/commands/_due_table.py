"""What is due, as a table for people: how late in words, and on a terminal as many columns as fit its width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cinctl.commands._answer import View
from cinctl.grid import ALARM, CAREFUL, Column, fitted_lines, free_lines
from cinctl.lateness import in_words
from cinctl.owed import CASE, COLUMNS, COVERS, DUE, LEAD, OWNER, RULE, STATUS, UNIT, WHAT, owned_by, unmarked
from cinctl.tables import column

__all__ = ["LATENESS", "in_order", "summary", "table_lines", "worded"]

LATENESS = "lateness"
"""The column that only tables have: how late in words."""
Plain = Sequence[Any]
_LATE = slice(COLUMNS.index("late_days"), COLUMNS.index("late_unit") + 1)
_COMFORT = 30
_LOOKS = {"overdue": ALARM, "due_soon": CAREFUL}


def table_lines(
    view: View, rows: Sequence[Plain], width: int | None, colour: bool, marks: Sequence[str] = ()
) -> list[str]:
    """Return the table of *rows*, each the fields of `due` in their order, as lines; none where there are no rows.

    *width* is how wide it may be, None for as wide as it is. Where the *view* names no columns, it is the table that
    chooses. *marks*, where any is not empty, stand before the rows, which are in order already.
    """
    rows = in_order(view, rows)
    if not rows:
        return []
    before = [Column("new", marks, whole=True)] if any(marks) else []
    if width is not None and not view.columns:
        return fitted_lines([[*before, *columns] for columns in _arrangements(rows)], width, colour)
    columns = [*before, *(_column(name, rows) for name in view.columns or view.table)]
    if width is None:
        return free_lines(columns, colour)
    return fitted_lines([[found._replace(least=_COMFORT) for found in columns], columns], width, colour)


def worded(rows: Sequence[Plain]) -> list[dict[str, Any]]:
    """Return *rows* as tables other than a terminal's have them: their fields, and how late in words."""
    return [{**dict(zip(COLUMNS, row, strict=True)), LATENESS: in_words(row[STATUS], *row[_LATE])} for row in rows]


def summary(rows: Sequence[Plain]) -> str:
    """Return in one line how much there is: `12 overdue, 3 due today, 20 in all`."""
    overdue = sum(row[STATUS] == "overdue" for row in rows)
    today = sum(row[_LATE][0] == 0 for row in rows)
    return f"{overdue:,} overdue, {today:,} due today, {len(rows):,} in all"


def in_order(view: View, rows: Sequence[Plain]) -> Sequence[Plain]:
    """Return *rows* in the order that was asked for."""
    if not view.sort:
        return rows
    return [tuple(row.values()) for row in view.sorted(dict(zip(COLUMNS, row, strict=True)) for row in rows)]


def _column(name: str, rows: Sequence[Plain], *, least: int = 0) -> Column:
    if name == LATENESS:
        return _standing(rows, least=least)
    place = COLUMNS.index(name)
    made = column(name, [row[place] for row in rows], least=least)
    return made._replace(styles=_looks(rows)) if name == "due" else made


def _standing(rows: Sequence[Plain], *, least: int = 0) -> Column:
    known: dict[tuple[Any, ...], str] = {}
    keys = [(row[STATUS], *row[_LATE]) for row in rows]
    for key in set(keys):
        known[key] = in_words(*key)
    return Column(LATENESS, [known[key] for key in keys], least, styles=_looks(rows))


def _looks(rows: Sequence[Plain]) -> list[str | None]:
    return [_LOOKS.get(row[STATUS]) for row in rows]


def _arrangements(rows: Sequence[Plain]) -> list[list[Column]]:
    """Return what a terminal shows, widest first: who leads is the first to go, then the rule beside what it asks."""
    case, rule, lead, unit, due = (_column(COLUMNS[n], rows) for n in (CASE, RULE, LEAD, UNIT, DUE))
    owner = column("owner", [owned_by(row[OWNER], row[COVERS]) for row in rows])
    standing = _standing(rows)
    what = column("what", [unmarked(row[WHAT]) for row in rows])
    asked = column("what", [f"{unmarked(row[WHAT])} ({row[RULE]})" for row in rows])
    both = ["\n".join(filter(None, pair)) for pair in zip(due.cells, standing.cells, strict=True)]
    when = Column("due", both, whole=True, styles=due.styles)
    return [
        [case, rule, _roomy(what, 60), _roomy(owner, 40), lead, unit, due, _roomy(standing, 40)],
        [case, rule, _roomy(what, 40), _roomy(owner, 40), due, _roomy(standing, 40)],
        [case, _roomy(asked, 26), owner, due, _roomy(standing, 12)],
        [case, _roomy(asked, 16), owner, when],
        [case, asked, owner, when],
    ]


def _roomy(found: Column, least: int) -> Column:
    """Return the column, to be kept *least* wide or as wide as it is."""
    return found._replace(least=least)
