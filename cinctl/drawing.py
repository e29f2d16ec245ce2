"""A chart in text: lanes of marks and bars over a scale of days.

Each state has a character of its own; colour only adds to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from cinctl.calendar import weekday_date
from cinctl.grid import ALARM, BOLD, CAREFUL, FAINT, painted
from cinctl.textwidth import clip, pad, width_of

__all__ = ["ASCII", "UNICODE", "Glyphs", "Lane", "Scale", "Span", "chart"]

_LOOKS = {"overdue": ALARM, "due_soon": CAREFUL, "late": ALARM, "done": FAINT, "ended": FAINT}
_GAP = "  "
_LEAST_LABEL, _LEAST_PLOT = 14, 24


class Glyphs(NamedTuple):
    """The characters of a chart."""

    event: str
    start: str
    runs: str
    left: str
    due: str
    over: str
    done: str
    late: str
    ended: str
    overdue: str
    beyond: str
    today: str
    tick: str
    rule: str
    cut: str


UNICODE = Glyphs("●", "├", "─", "┄", "┤", "━", "✓", "✗", "∅", "!", "›", "┊", "┴", "─", "…")
ASCII = Glyphs("*", "[", "-", ".", "]", "=", "v", "x", "/", "!", ">", ":", "+", "-", "...")

_LEGEND = {
    "event": "an event (a number: so many, + more)",
    "runs": "runs",
    "left": "time left",
    "over": "over time",
    "start": "begins",
    "due": "due",
    "beyond": "goes on",
    "ended": "ended with nothing done",
    "done": "done in time",
    "late": "late",
    "overdue": "overdue",
    "today": "today",
}
_RANK = {name: rank for rank, name in enumerate(_LEGEND)}
"""Which glyph stands where several would: the one that says more."""


class Span(NamedTuple):
    """One clock: from *start* to *due*, the last day in time (None for no limit), *finished* or still running.

    *status* is that of an obligation: `pending`, `due_soon`, `overdue`, `outstanding`, `done`, `late` or `ended`; or
    `waived`, of one that runs.
    """

    start: date
    due: date | None
    finished: date | None
    status: str


class Lane(NamedTuple):
    """One line of the chart: its label, what stands after it in words and in a word, and what is drawn.

    *status* is what its words are about, None for marks.
    """

    label: str
    note: str
    short: str
    status: str | None
    marks: Sequence[date]
    spans: Sequence[Span]


class Scale:
    """The days from *first* to *last* on so many columns."""

    def __init__(self, first: date, last: date, columns: int) -> None:
        self.first, self.last, self.columns = first, max(first, last), columns
        self.days = (self.last - first).days + 1

    def at(self, day: date) -> int:
        """Return the column of *day*; before the first that is -1, after the last one too many."""
        if day < self.first:
            return -1
        if day > self.last:
            return self.columns
        return (day - self.first).days * self.columns // self.days

    def ticks(self) -> list[tuple[int, str]]:
        """Return where Mondays, or first days of months or years, stand, as close as their names allow."""
        per_day = self.columns / self.days
        if per_day * 7 >= 8:
            mondays = range(-self.first.weekday() % 7, self.days, 7)
            days = [self.first + timedelta(number) for number in mondays]
            return [(self.at(day), f"{day.day} {_month(day)}") for day in days]
        step = next((months for months in (1, 3, 6, 12, 24, 60) if per_day * 30 * months >= 5), 120)
        return [
            (self.at(day), str(day.year) if day.month == 1 else _month(day))
            for day in self._months()
            if ((day.year * 12 + day.month - 1) % step) == 0
        ]

    def _months(self) -> Iterator[date]:
        year, month = self.first.year, self.first.month
        while True:
            day = date(year, month, 1)
            if day > self.last:
                return
            if day >= self.first:
                yield day
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            if year > date.max.year:
                return


def _month(day: date) -> str:
    return weekday_date(day).split()[2]


Cell = tuple[str, str | None]


def chart(
    groups: Iterable[Sequence[Lane]],
    days: tuple[date, date],
    today: date,
    *,
    width: int,
    glyphs: Glyphs = UNICODE,
    colour: bool = False,
) -> list[str]:
    """Return *groups* of lanes over *days*, the first and the last, as lines of at most *width* columns, 40 or more.

    Labels have been made visible.
    """
    shown = [group for group in groups if group]
    lanes = [lane for group in shown for lane in group]
    label, note, brief = _margins(lanes, width)
    scale = Scale(*days, width - label - note - (len(_GAP) if note else 0) - len(_GAP))
    now = scale.at(today) if scale.first <= today <= scale.last else None
    used: set[str] = set()
    lines = [" " * label + _GAP + line for line in _axis(scale, glyphs)]
    for group in shown:
        if group is not shown[0]:
            lines.append("" if now is None else " " * label + _GAP + " " * now + glyphs.today)
        for lane in group:
            cells, names = _drawn(lane, scale, today, now, glyphs)
            used |= names
            look = _LOOKS.get(lane.status or "")
            text = pad(clip(lane.label, label, glyphs.cut), label) + _GAP + _painted(cells, colour)
            words = lane.short if brief else lane.note
            lines.append((text + (_GAP + painted(words, look if colour else None) if note else "")).rstrip())
    if now is not None:
        lines.append(_today(today, now, label, scale.columns))
        used.add("today")
    lines.append("")
    told = [f"{getattr(glyphs, name)} {says}" for name, says in _LEGEND.items() if name in used]
    return [*(line.rstrip() for line in lines), *_legend(told, width)]


def _margins(lanes: Sequence[Lane], width: int) -> tuple[int, int, bool]:
    """Return how wide the labels are, how wide the words after the bars, and whether these are the short ones."""
    label = min(max((width_of(lane.label) for lane in lanes), default=0), max(_LEAST_LABEL, width * 3 // 10))
    for brief in (False, True):
        note = max((width_of(lane.short if brief else lane.note) for lane in lanes), default=0)
        if width - label - note - 2 * len(_GAP) >= max(_LEAST_PLOT, width // 3):
            return label, note, brief
    return label, 0, True


def _axis(scale: Scale, glyphs: Glyphs) -> tuple[str, str]:
    """Return the names of the days that are marked, and the line under them."""
    names, rule, free = "", list(glyphs.rule * scale.columns), 0
    for at, name in scale.ticks():
        rule[at] = glyphs.tick
        if at >= free and at + len(name) <= scale.columns:
            names = names.ljust(at) + name
            free = at + len(name) + 1
    return names, "".join(rule)


def _today(today: date, now: int, label: int, columns: int) -> str:
    """Return the line that names today under the column in which it stands."""
    text = f"today, {weekday_date(today)}"
    at = len(_GAP) + label + now
    start = at if now + len(text) <= columns else max(at - len(text) + 1, 0)
    return " " * start + text


def _legend(told: Sequence[str], width: int) -> list[str]:
    """Return the legend, no entry of it broken."""
    lines = [""]
    for entry in told:
        longer = f"{lines[-1]}   {entry}" if lines[-1] else entry
        if width_of(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(entry)
    return lines


def _painted(cells: Sequence[Cell], colour: bool) -> str:
    if not colour:
        return "".join(char for char, _ in cells)
    parts = groupby(cells, key=lambda cell: cell[1])
    return "".join(painted("".join(char for char, _ in some), look) for look, some in parts)


def _drawn(lane: Lane, scale: Scale, today: date, now: int | None, glyphs: Glyphs) -> tuple[list[Cell], set[str]]:
    """Return the characters of one lane, and the names of those glyphs that are among them."""
    names: dict[int, tuple[str, str | None]] = {}
    for span in lane.spans:
        for at, name in _span(span, scale, today):
            if 0 <= at < scale.columns and _RANK[name] >= _RANK[names.get(at, ("event", None))[0]]:
                names[at] = (name, _look(name, span.status))
    counts: dict[int, int] = {}
    for mark in lane.marks:
        counts[scale.at(mark)] = counts.get(scale.at(mark), 0) + 1
    cells: list[Cell] = []
    for at in range(scale.columns):
        if at in names:
            cells.append((getattr(glyphs, names[at][0]), names[at][1]))
        elif at in counts:
            cells.append((glyphs.event if counts[at] == 1 else str(counts[at]) if counts[at] < 10 else "+", BOLD))
        else:
            cells.append((glyphs.today, FAINT) if at == now else (" ", None))
    drawn = {name for name, _ in names.values()}
    return cells, drawn | ({"event"} if counts else set())


def _look(name: str, status: str) -> str | None:
    if status == "waived":
        return None
    if name in ("over", "overdue", "late"):
        return ALARM
    return _LOOKS.get(status) if status in ("due_soon", "done", "ended") else None


def _span(span: Span, scale: Scale, today: date) -> Iterator[tuple[int, str]]:
    """Yield the column and the glyph of each part of a bar."""
    running = span.finished is None
    end = span.finished if span.finished is not None else today
    in_time = end if span.due is None else min(end, span.due)
    yield from ((at, "runs") for at in _columns(scale, span.start, in_time))
    if span.due is not None and end > span.due:
        yield from ((at, "over") for at in _columns_after(scale, span.due, end))
    if running and span.due is not None and span.due > today:
        yield from ((at, "left") for at in _columns_after(scale, max(today, span.start), span.due))
    yield scale.at(span.start), "start"
    if span.due is not None and (running or end > span.due):
        yield scale.at(span.due), "due"
    if not running:
        yield scale.at(end), span.status if span.status in ("done", "ended") else "late"
    elif span.status == "overdue":
        yield scale.at(today), "overdue"
    elif span.due is None or end > span.due:
        yield scale.at(today), "beyond"
    if running and span.due is not None and span.due > scale.last:
        yield scale.columns - 1, "beyond"


def _columns(scale: Scale, first: date, last: date) -> range:
    """Return the columns of the days from *first* to *last* that are on the scale."""
    if last < first:
        return range(0)
    return range(max(scale.at(first), 0), min(scale.at(last), scale.columns - 1) + 1)


def _columns_after(scale: Scale, day: date, last: date) -> range:
    """Return the columns up to that of *last* which follow the one in which *day* begins, where it ends in time."""
    if day >= scale.last:
        return range(0)
    return range(scale.at(day) + 1, min(scale.at(last), scale.columns - 1) + 1)
