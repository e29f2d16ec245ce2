"""Rows as tables for people: values in words, dates with their weekday, fitted to a terminal or as wide as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cinctl.grid import ALARM, CAREFUL, FAINT, Column, card_lines, fitted_lines, free_lines
from cinctl.terminal import visible

__all__ = ["cell", "column", "day", "table"]

Row = Mapping[str, Any]

_ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?"
_DATE_COLUMNS = frozenset({
    "at", "away_from", "away_until", "born", "closed", "done", "due", "effective_from", "ended", "expected",
    "finished", "from", "joined", "last", "left", "oldest", "previous_from", "previous_until", "published_on",
    "recorded", "referred", "registered_until", "review_on", "since", "start", "until", "waived_until",
})  # fmt: skip
_LOOKS: Mapping[str, Mapping[str, str]] = {
    "status": {
        "overdue": ALARM,
        "due_soon": CAREFUL,
        "late": ALARM,
        "done": FAINT,
        "ended": FAINT,
        "fail": ALARM,
        "warn": CAREFUL,
    },
    "level": {"deny": ALARM, "error": ALARM, "warn": CAREFUL, "warning": CAREFUL},
    "state": {"closed": FAINT, "stepped_down": FAINT, "no_further_action": FAINT},
}
"""The colours of words that mean one thing in the field in which they stand."""
_COUNTS = {"overdue": ALARM, "due_soon": CAREFUL}
"""The colours of numbers, where they are more than none."""
_QUIET = ("waived", "known")
_COMFORT = 30
"""How wide a column of long text stays while there is something else to leave out."""


def cell(name: str, value: Any) -> str:
    """Return *value* of the field *name* as a person reads it, with nothing in it that moves the cursor."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date) or (name in _DATE_COLUMNS and isinstance(value, str)):
        return day(value)
    if isinstance(value, list | tuple):
        return ", ".join(cell("", item) for item in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{visible(str(key))}={cell('', item)}" for key, item in value.items())
    return visible(str(value))


def day(value: str | date) -> str:
    """Return a date, or the London date of an ISO date-time, with its weekday: `Tue 24 Feb 2026`; else the text."""
    from cinctl.calendar import london_date, weekday_date

    text = value.isoformat() if isinstance(value, date) else value
    try:
        return weekday_date(london_date(text)) if re.fullmatch(_ISO_DATE, text) else visible(text)
    except ValueError:
        return visible(text)


def column(name: str, values: Iterable[Any], *, least: int = 0) -> Column:
    """Return the column of the field *name*; most of its values come again and again."""
    known: dict[Any, str] = {}
    cells = []
    for value in values:
        if not isinstance(value, str):
            cells.append(cell(name, value))
            continue
        found = known.get(value)
        if found is None:
            found = known[value] = cell(name, value)
        cells.append(found)
    return Column(name.replace("_", " "), cells, least, whole=name in _DATE_COLUMNS, styles=_styles(name, cells))


def _styles(name: str, cells: Sequence[str]) -> list[str | None] | None:
    looks = _LOOKS.get(name)
    if looks is not None:
        return [looks.get(text) for text in cells]
    counted = _COUNTS.get(name)
    return None if counted is None else [counted if text.isdecimal() and text != "0" else None for text in cells]


def table(
    rows: Iterable[Row],
    names: Sequence[str],
    *,
    one: bool = False,
    width: int | None = None,
    colour: bool = False,
    spare: Sequence[str] | None = None,
) -> list[str]:
    """Return the fields *names* of *rows* as the lines of a table, or with *one* each row as a card.

    *width*: how wide it may be, where that is limited. *spare*: the fields that may be left out where it is too
    narrow, the first first, once those that hold nothing are; None where every one was asked for.
    """
    if one:
        return [line for row in rows for line in card_lines([*_card(row, names)], width, colour)]
    wanted = (*names, *_QUIET) if "level" in names else names
    values = list(zip(*([row.get(name) for name in wanted] for row in rows), strict=True))
    if not values:
        return []
    columns = [column(name, found) for name, found in zip(names, values, strict=False)]
    if len(wanted) > len(names):
        off = [any(flags) for flags in zip(*values[len(names) :], strict=True)]
        columns = [_quieted(made, off) for made in columns]
    if width is None:
        return free_lines(columns, colour)
    kept = range(len(names))
    return fitted_lines(_arrangements(columns, [[*kept], *_narrower(names, columns, spare)]), width, colour)


def _quieted(made: Column, off: Sequence[bool]) -> Column:
    """Return the column with the colours of what a waiver covers, or a baseline knows, turned down."""
    if made.styles is None:
        return made
    return made._replace(styles=[FAINT if quiet else style for quiet, style in zip(off, made.styles, strict=True)])


def _narrower(names: Sequence[str], columns: Sequence[Column], spare: Sequence[str] | None) -> Iterator[list[int]]:
    """Yield which columns to keep: the first, which says what a row is of, and those that hold anything; then fewer."""
    if spare is None:
        return
    full = [n for n, found in enumerate(columns) if n == 0 or any(found.cells)]
    yield full
    for name in spare:
        full = [n for n in full if names[n] != name]
        yield full


def _arrangements(columns: Sequence[Column], kept: Sequence[Sequence[int]]) -> list[list[Column]]:
    """Return the columns that are *kept*, more or fewer, in comfort; then the fewest however narrow."""
    easy = [found._replace(least=_COMFORT) for found in columns]
    return [[easy[n] for n in some] for some in kept if some] + [[columns[n] for n in [s for s in kept if s][-1]]]


def _card(row: Row, names: Sequence[str]) -> Iterator[tuple[str, str, str | None]]:
    """Yield names and values; each entry of a table within it on a line of its own."""
    for name in names:
        value = row.get(name)
        if isinstance(value, Mapping) and value:
            text = "\n".join(f"{visible(str(key))}: {cell('', item)}" for key, item in value.items())
        else:
            text = cell(name, value)
        yield name.replace("_", " "), text, _LOOKS.get(name, {}).get(text)
