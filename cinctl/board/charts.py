"""Charts of the months, drawn as SVG that takes its colours from the page: a column for each month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cinctl.board.months import Month, month_name
from cinctl.formats.report import xml_text

__all__ = ["Column", "Scale", "caseload", "timeliness"]

_WIDTH, _HEIGHT, _TOP, _BOTTOM, _LEFT = 640, 220, 22, 40, 34
_STEPS = (1, 2, 5)


class Column(NamedTuple):
    """One column: its *value*, None where there is none, what stands over it, and beneath it in two lines."""

    value: float | None
    label: str
    under: tuple[str, str]
    soft: bool


class Scale(NamedTuple):
    """The axis beside the columns: its highest value, and where its lines are."""

    top: float
    lines: Sequence[int]


def timeliness(months: Sequence[Month]) -> Iterator[str]:
    """Yield the share in time of each month."""
    columns = [
        Column(month.share, "" if month.share is None else f"{month.share:.0f}%", *_about(n, months))
        for n, month in enumerate(months)
    ]
    said = [f"{month_name(m.days)} {m.share:.0f}%" for m in months if m.share is not None]
    yield from _chart("timeliness", columns, Scale(100, (0, 25, 50, 75, 100)), "Share met in time", said)


def caseload(months: Sequence[Month]) -> Iterator[str]:
    """Yield how many cases were open at the end of each month."""
    columns = [Column(month.open, str(month.open), *_about(n, months)) for n, month in enumerate(months)]
    said = [f"{month_name(m.days)} {m.open}" for m in months]
    yield from _chart("caseload", columns, _scale(max(m.open for m in months)), "Open cases", said)


def _about(n: int, months: Sequence[Month]) -> tuple[tuple[str, str], bool]:
    """Return what stands under the column of a month, with the year where one begins, and whether it is not over."""
    name, year = month_name(months[n].days).split()[:2]
    return (name, year if n == 0 or months[n].days.first.month == 1 else ""), n == len(months) - 1


def _scale(most: int) -> Scale:
    """Return an axis of a few round steps that holds *most*."""
    size = 1
    while True:
        for step in _STEPS:
            if most <= 5 * step * size:
                count = max(1, -(-most // (step * size)))
                return Scale(count * step * size, [n * step * size for n in range(count + 1)])
        size *= 10


def _chart(name: str, columns: Sequence[Column], scale: Scale, title: str, said: Sequence[str]) -> Iterator[str]:
    """Yield the chart; *said* is what its columns say, for who hears it."""
    high = _HEIGHT - _TOP - _BOTTOM
    step = (_WIDTH - _LEFT) / len(columns)
    label = f"{title}, by month: {', '.join(said) or 'nothing to show'}."
    yield f'<svg class="chart {name}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{xml_text(label)}">\n'
    for line in scale.lines:
        y = _TOP + high * (1 - line / scale.top)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="axis" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{line}</text>\n'
    for n, column in enumerate(columns):
        middle = _LEFT + step * (n + 0.5)
        if column.value is not None:
            tall = high * column.value / scale.top
            y = _TOP + high - tall
            kind = "column soft" if column.soft else "column"
            yield (
                f'<rect class="{kind}" x="{middle - step * 0.34:.1f}" y="{y:.1f}" width="{step * 0.68:.1f}" '
                f'height="{tall:.1f}"/>'
            )
            yield f'<text class="value" x="{middle:.1f}" y="{y - 5:.1f}" text-anchor="middle">{column.label}</text>'
        for row, text in enumerate(column.under):
            below = _HEIGHT - _BOTTOM + 16 + 15 * row
            yield f'<text class="axis" x="{middle:.1f}" y="{below}" text-anchor="middle">{xml_text(text)}</text>'
        yield "\n"
    yield "</svg>\n"
