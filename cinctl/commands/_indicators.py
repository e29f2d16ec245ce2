"""What `report` was asked for, and how its answer is laid out for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from textwrap import fill
from typing import Any

from cinctl.calendar import parse_date, weekday_date
from cinctl.commands._answer import View
from cinctl.errors import UsageError
from cinctl.indicators.measures import MEASURES
from cinctl.indicators.periods import Period, last_months
from cinctl.indicators.rows import Row
from cinctl.indicators.tally import By, Frame
from cinctl.render import rendered
from cinctl.terminal import emit

__all__ = ["asked", "show"]

_WIDE = 98
KEPT_BACK = "[c]"
"""Stands where a number is kept back: the sign for that in statistics of the government."""


def asked(today: date, since: date | None, until: date | None, by: By | None, against: str) -> Frame:
    """Return what the options add up to. Raises UsageError for what means nothing."""
    try:
        now = _period(today, since, until, by)
        return Frame(now, _against(now, against), by, today)
    except ValueError as fault:
        raise UsageError(str(fault)) from None


def _period(today: date, since: date | None, until: date | None, by: By | None) -> Period:
    if since is None and until is None:
        return last_months(today, 12 if by == "month" else 1)
    if since is None:
        raise UsageError("--until needs --from: say where the period begins")
    last = until if until is not None else today
    if last < since:
        what = f"--until {last.isoformat()}" if until is not None else f"today, {last.isoformat()},"
        raise UsageError(f"{what} is before --from {since.isoformat()}")
    return Period(since, last)


def _against(now: Period, against: str) -> Period | None:
    if against == "none":
        return None
    if against == "previous":
        return now.before()
    if against.replace("_", "-") == "last-year":
        return now.a_year_before()
    found = re.fullmatch(r"(\S+?)\.\.(\S+)", against)
    if found is None:
        raise UsageError(f"--against '{against}' is not previous, last-year, none, or two dates such as "
                         "2025-01-01..2025-01-31")  # fmt: skip
    first, last = (parse_date(text) for text in found.groups())
    if last < first:
        raise UsageError(f"--against {against}: {last.isoformat()} is before {first.isoformat()}")
    if last >= now.first:
        raise UsageError(f"--against {against} must end before {now.first.isoformat()}, where the period begins")
    return Period(first, last)


def show(view: View, found: Iterable[Row], frame: Frame, suppress: int | None) -> None:
    """Print the rows *found*: for people a table for each group of indicators, else as every command does.

    *suppress*: below what numbers are kept back, where they are.
    """
    if view.form in ("json", "jsonl"):
        view.show(found)
    elif view.form in (None, "table") and not view.columns and not view.sort:
        for piece in _sections([_marked(row) for row in found], frame, view.width, suppress):
            emit(piece)
    else:
        view.show(map(_marked, found))


def _marked(row: Row) -> Row:
    return {**row, **dict.fromkeys(row["suppressed"], KEPT_BACK)}


# For people


def _sections(rows: Sequence[Row], frame: Frame, width: int | None, suppress: int | None) -> Iterator[str]:
    """Yield the periods, a table for each section, what no clock of the protocol asks for, and what `[c]` means."""
    yield _span(frame.now) + (f"; before: {_span(frame.before)}" if frame.before is not None else "") + "\n"
    unasked = dict.fromkeys(row["indicator"] for row in rows if _is_unasked(row))
    told = [row for row in rows if row["indicator"] not in unasked and not _is_too_much(row)]
    for section, part in groupby(told, key=lambda row: MEASURES[row["indicator"]].section):
        lines = [_line(row, frame) for row in part]
        yield f"\n{section}\n\n"
        yield from rendered(lines, "table", list(lines[0]), width=width)
    if unasked:
        titles = ", ".join(MEASURES[name].title for name in unasked)
        missing = f"No clock of the protocol sets a limit, so nothing is said of: {titles}."
        yield f"\n{fill(missing, width or _WIDE)}\n"
    if suppress is not None:
        why = f"it is from 1 to {suppress - 1}, or one that is could be worked out from it"
        meaning = f"{KEPT_BACK}: kept back, because {why}."
        yield f"\n{fill(meaning, width or _WIDE)}\n"


def _is_unasked(row: Row) -> bool:
    return bool(MEASURES[row["indicator"]].stops) and not row["rules"]


def _is_too_much(row: Row) -> bool:
    """Return whether it is a band of nothing, or of one group: that is for programs."""
    empty = not row["denominator"] and not row["previous_denominator"] and not row["suppressed"]
    return row["band"] is not None and (empty or row["by"] != "all")


def _span(period: Period) -> str:
    return f"{weekday_date(period.first)} to {weekday_date(period.last)}"


def _line(row: Row, frame: Frame) -> Row:
    measure = MEASURES[row["indicator"]]
    line: Row = {"what": f"- {row['band']}" if row["band"] is not None else measure.title}
    if frame.by is not None:
        line[frame.by] = "all" if row["by"] == "all" else row["group"] or "none"
    line |= {"count": _count(row, ""), "comes_to": _amount(row, ""), "not_judged": row["not_judged"] or ""}
    if frame.before is not None:
        line |= {"before": _count(row, "previous_"), "came_to": _amount(row, "previous_")}
    return line


def _count(row: Row, prefix: str) -> str:
    numerator, denominator = row[f"{prefix}numerator"], row[f"{prefix}denominator"]
    return "" if denominator is None else f"{numerator} / {denominator}"


def _amount(row: Row, prefix: str) -> str:
    """Return a value with its unit, and the median where there is one."""
    value: Any = row[f"{prefix}value"]
    if value is None or value == KEPT_BACK:
        return value or ""
    if row["unit"] == "%":
        return f"{value}%"
    median = row[f"{prefix}median"]
    return f"{value}" if median is None else f"{value:.1f}, median {median:g}"
