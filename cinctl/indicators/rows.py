"""What was counted, as rows: each indicator for all and for each group, beside an earlier period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cinctl.indicators.measures import MEASURES, Measure
from cinctl.indicators.national import Band
from cinctl.indicators.periods import Period
from cinctl.indicators.suppressing import Counts, Shown, Table, hidden_of_line
from cinctl.indicators.tally import ALL, Cell, Frame, Key, Tally

__all__ = ["COLUMNS", "NUMBERS", "rows"]

NUMBERS = ("numerator", "denominator", "value", "median", "not_judged")
COLUMNS = (
    *("indicator", "band", "by", "group", "from", "until", "numerator", "denominator", "value", "unit", "median"),
    *(
        "not_judged",
        "previous_from",
        "previous_until",
        *(f"previous_{name}" for name in NUMBERS),
        "rules",
        "suppressed",
    ),
)
Place = tuple[bool, str | None]
Row = dict[str, Any]


def rows(tally: Tally, frame: Frame, rules: Mapping[str, Sequence[str]], least: int | None = None) -> Iterator[Row]:
    """Yield a row for each indicator, and each of its bands: first for all, then for each group that *frame* asks for.

    *rules* are those that an indicator is read from. Numbers from 1 to below *least* are kept back, and others for
    their sake: None stands there, and `suppressed` names them.
    """
    for measure in MEASURES.values():
        groups = _groups(tally, frame, measure)
        sides = [_Side(tally, frame, measure, number, groups, least) for number, _ in frame.periods]
        for place in (ALL, *groups):
            for band in (None, *measure.bands):
                yield _row(measure, frame, place, band, sides, rules.get(measure.name, ()))


def _groups(tally: Tally, frame: Frame, measure: Measure) -> list[Place]:
    if frame.by is None or (frame.by == "rule" and not measure.stops):
        return []
    if frame.by == "month":
        return [(False, name) for name, _ in frame.months(0)]
    found = {key.group for key in tally if key.measure == measure.name and not key.whole}
    return [(False, group) for group in sorted(found, key=lambda g: (g is None, g or ""))]


class _Side:
    """One indicator in one period, and what of it is to be kept back."""

    def __init__(
        self, tally: Tally, frame: Frame, measure: Measure, number: int, groups: Sequence[Place], least: int | None
    ) -> None:
        self.measure = measure
        self.prefix = "previous_" if number else ""
        self.spans: dict[Place, Period] = {}
        if frame.by == "month":
            self.spans = {(False, name): month for name, month in frame.months(number)}
        self.whole = frame.periods[number][1]
        self._cells = {place: tally.get(Key(measure.name, number, *place), Cell()) for place in (ALL, *groups)}
        self._shown: dict[Place, Shown] = {}
        self._unjudged: set[Place] = set()
        if least is not None:
            self._suppress(groups, least, overlapping=measure.windowed and frame.by == "month")

    def _suppress(self, groups: Sequence[Place], least: int, *, overlapping: bool) -> None:
        table = Table(
            {place: self._counts(place) for place in groups},
            self._counts(ALL),
            least,
            totals_add=not overlapping,
            # Each change happened in one month, whatever months its case was open in.
            parts_add=not overlapping or self.measure.sort == "rate",
        )
        self._shown = {**table.shown, ALL: table.whole_shown}
        left = {place: self._cells[place].not_judged for place in groups}
        kept, whole = hidden_of_line(left, self._cells[ALL].not_judged, least, adds=not overlapping)
        self._unjudged = kept | ({ALL} if whole else set())

    def _counts(self, place: Place) -> Counts:
        cell = self._cells[place]
        if self.measure.sort == "share":
            return Counts(cell.total, (cell.hits, cell.total - cell.hits))
        if self.measure.sort == "rate":
            return Counts(cell.total, (cell.hits,))
        return Counts(cell.total, tuple(_within(cell, band) for band in self.measure.bands))

    def span(self, place: Place) -> Period | None:
        """Return the days that the numbers at *place* are of; None where this period has no such month."""
        return self.spans.get(place) if place in self._cells and self.spans and place != ALL else self.whole

    def numbers(self, place: Place, band: Band | None) -> tuple[dict[str, Any], list[str]]:
        """Return the numbers at *place*, and which of them are kept back."""
        cell, shown = self._cells[place], self._shown.get(place, Shown.ALL)
        numerator, value = _value(self.measure, cell, band)
        found = {
            "numerator": numerator,
            "denominator": cell.total,
            "value": value,
            "median": cell.median() if band is None else None,
            "not_judged": cell.not_judged,
        }
        kept = [*(("numerator", "value", "median") if shown >= Shown.TOTAL else ())]
        kept += ["denominator"] if shown is Shown.NOTHING else []
        kept += ["not_judged"] if place in self._unjudged else []
        kept = [name for name in NUMBERS if name in kept and found[name] is not None]
        return {**found, **dict.fromkeys(kept)}, kept


def _value(measure: Measure, cell: Cell, band: Band | None) -> tuple[int, float | None]:
    """Return the numerator, and what it comes to."""
    if measure.sort == "days" and band is None:
        numerator = sum(days * number for days, number in cell.days.items())
    else:
        numerator = _within(cell, band) if band is not None else cell.hits
    if not cell.total:
        return numerator, None
    if measure.sort == "share" or band is not None:
        return numerator, round(100 * numerator / cell.total, 1)
    return numerator, round(numerator / cell.total, 2)


def _within(cell: Cell, band: Band) -> int:
    return sum(number for days, number in cell.days.items() if band.holds(days))


def _row(
    measure: Measure, frame: Frame, place: Place, band: Band | None, sides: Sequence[_Side], rules: Sequence[str]
) -> Row:
    whole, group = place
    row: Row = dict.fromkeys(COLUMNS)
    row |= {
        "indicator": measure.name,
        "band": band.name if band is not None else None,
        "by": "all" if whole else frame.by,
        "group": group,
        "unit": "%" if band is not None else measure.unit,
        "rules": [group] if frame.by == "rule" and not whole else list(rules),
        "suppressed": [],
    }
    for side in sides:
        span = side.span(place)
        if span is None:
            continue
        numbers, kept = side.numbers(place, band)
        row |= {f"{side.prefix}from": span.first.isoformat(), f"{side.prefix}until": span.last.isoformat()}
        row |= {side.prefix + name: value for name, value in numbers.items()}
        row["suppressed"] += [side.prefix + name for name in kept]
    return row
