"""Columns of cells drawn as lines: as wide as they are, or fitted to a width.

A colour says nothing that no word says: whoever does not see it misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cinctl.textwidth import fold, longest_word, pad, width_of

__all__ = [
    "ALARM",
    "BOLD",
    "CAREFUL",
    "FAINT",
    "Column",
    "block_lines",
    "card_lines",
    "fitted_lines",
    "free_lines",
    "painted",
]

ALARM, CAREFUL, FAINT, BOLD = "1;31", "33", "2", "1"
"""Colours of the basic sixteen, which every terminal lets its reader choose: overdue or refused; soon; done with."""
GAP = "  "
_LONGEST_WHOLE = 16
"""Words up to this long are never broken, however narrow the table: ids, and dates with their spaces."""
_HEAD_PAD = 2


class Column(NamedTuple):
    """One column: its head, and its cells, made visible.

    *least* is how wide it stays where others can give way. *whole*: its cells are not broken at spaces either, as
    dates are not. *styles* are the colours of its cells, None for none.
    """

    head: str
    cells: Sequence[str]
    least: int = 0
    whole: bool = False
    styles: Sequence[str | None] | None = None


def painted(text: str, style: str | None) -> str:
    """Return *text* in the colour *style*."""
    return f"\x1b[{style}m{text}\x1b[0m" if style and text else text


def free_lines(columns: Sequence[Column], colour: bool) -> list[str]:
    """Return the table with each row on one line, as wide as that takes."""
    heads = [column.head for column in columns]
    stripped = [[cell.strip() for cell in column.cells] for column in columns]
    widths = [
        max(len(head) + _HEAD_PAD, *map(width_of, set(cells))) for head, cells in zip(heads, stripped, strict=True)
    ]
    lines = [_joined(heads, widths), _joined(["-" * width for width in widths], widths)]
    if not colour and all(cell.isascii() for cells in stripped for cell in set(cells)):
        form = GAP.join(f"%-{width}s" for width in widths)
        return lines + [(form % row).rstrip() for row in zip(*stripped, strict=True)]
    made = [_padded(*one, colour) for one in zip(columns, stripped, widths, strict=True)]
    return lines + [GAP.join(row).rstrip() for row in zip(*made, strict=True)]


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(map(pad, cells, widths)).rstrip()


def _padded(column: Column, cells: Sequence[str], width: int, colour: bool) -> Iterator[str]:
    for cell, style in zip(cells, _styles(column, colour), strict=True):
        yield painted(cell, style) + " " * (width - width_of(cell))


def _styles(column: Column, colour: bool) -> Sequence[str | None]:
    return column.styles if colour and column.styles is not None else [None] * len(column.cells)


def fitted_lines(
    arrangements: Sequence[Sequence[Column]], width: int, colour: bool, *, heads: bool = True
) -> list[str]:
    """Return the first of *arrangements* that fits *width*, long cells on several lines; else the last in blocks.

    Without *heads* the columns stand for themselves.
    """
    tries = [(columns, max(width // 3, _LONGEST_WHOLE)) for columns in arrangements]
    for columns, whole in (*tries, (arrangements[-1], _LONGEST_WHOLE)):
        widths = _widths(columns, width, whole)
        if widths is not None:
            return _lines(columns, widths, colour, heads)
    return block_lines(arrangements[-1], width, colour)


def _widths(columns: Sequence[Column], width: int, whole: int) -> list[int] | None:
    """Return how wide each column is for all to fit *width*, the longest giving way most; None where they do not.

    What is not to be broken, up to so long as *whole*, is not.
    """
    floors, natural = [], []
    for column in columns:
        full, floor = _extent(column, whole)
        natural.append(min(full, width))
        floors.append(min(full, max(floor, column.least)))
    room = width - len(GAP) * (len(columns) - 1) - sum(floors)
    lacking = sum(natural) - sum(floors)
    if room < 0:
        return None
    if room >= lacking:
        return natural
    limits = [floor + (full - floor) * room // lacking for floor, full in zip(floors, natural, strict=True)]
    return _tightened(columns, natural, limits, sum(floors) + room)


def _extent(column: Column, most: int) -> tuple[int, int]:
    """Return how wide *column* is, and the longest in it that is not to be broken, up to *most*."""
    full = floor = 0
    for cell in {column.head, *column.cells}:
        for line in cell.split("\n"):
            taken = width_of(line)
            full = max(full, taken)
            if taken > floor:
                floor = max(floor, taken if column.whole and taken <= most else longest_word(line))
    return full, min(floor, most)


def _tightened(columns: Sequence[Column], natural: Sequence[int], limits: Sequence[int], room: int) -> list[int]:
    """Return *limits* as folding leaves them; what is left of *room* makes columns whole, as many as it can."""
    needed = []
    for column, full, limit in zip(columns, natural, limits, strict=True):
        folded = (fold(cell, limit) for cell in {column.head, *column.cells}) if limit < full else ()
        needed.append(max((width_of(line) for lines in folded for line in lines), default=limit))
    left = room - sum(needed)
    lacking = sorted(range(len(columns)), key=lambda n: natural[n] - needed[n])
    for n in lacking:
        more = natural[n] - needed[n]
        if more <= left or n == lacking[-1]:
            needed[n] += min(more, left)
            left -= min(more, left)
    return needed


class _Folds(dict[str, list[tuple[str, str]]]):
    """The lines of each cell of one column, each with the spaces after it; most cells come again and again."""

    def __init__(self, width: int) -> None:
        self.width = width

    def __missing__(self, cell: str) -> list[tuple[str, str]]:
        made = self[cell] = [(line, " " * (self.width - width_of(line))) for line in fold(cell, self.width)]
        return made


def _lines(columns: Sequence[Column], widths: Sequence[int], colour: bool, heads: bool) -> list[str]:
    folds = [_Folds(width) for width in widths]
    lines = _row([column.head for column in columns], [None] * len(columns), folds) if heads else []
    lines += [GAP.join("-" * width for width in widths)] if heads else []
    styles = [_styles(column, colour) for column in columns]
    rows = zip(*(column.cells for column in columns), strict=True)
    for cells, looks in zip(rows, zip(*styles, strict=True), strict=True):
        lines += _row(cells, looks, folds)
    return lines


def _row(cells: Sequence[str], looks: Sequence[str | None], folds: Sequence[_Folds]) -> list[str]:
    parts = [fold_[cell.strip()] for cell, fold_ in zip(cells, folds, strict=True)]
    height = max(map(len, parts))
    lines = []
    for n in range(height):
        made = [
            painted(part[n][0], look) + part[n][1] if n < len(part) else " " * fold_.width
            for part, look, fold_ in zip(parts, looks, folds, strict=True)
        ]
        lines.append(GAP.join(made).rstrip())
    return lines


def block_lines(columns: Sequence[Column], width: int, colour: bool) -> list[str]:
    """Return each row as a block of its own, a cell a line with its head before it, blank lines between."""
    lines: list[str] = []
    styles = [_styles(column, colour) for column in columns]
    for number in range(len(columns[0].cells) if columns else 0):
        cells = [(c.head, c.cells[number], look[number]) for c, look in zip(columns, styles, strict=True)]
        lines += [*([""] if lines else []), *card_lines([cell for cell in cells if cell[1]], width, colour)]
    return lines


def card_lines(cells: Sequence[tuple[str, str, str | None]], width: int | None, colour: bool) -> list[str]:
    """Return heads and cells, each with its colour, a cell a line; folded where there is a *width*."""
    margin = max((width_of(head) for head, _, _ in cells), default=0) + len(GAP)
    lines = []
    for head, cell, look in cells:
        folded = fold(cell, max(width - margin, 2)) if width else cell.split("\n")
        for n, line in enumerate(folded):
            lines.append((pad("" if n else head, margin) + painted(line, look if colour else None)).rstrip())
    return lines
