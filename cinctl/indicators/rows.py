"""What was counted, as rows: each indicator for all and for each group, beside an earlier period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cinctl.indicators.measures import MEASURES, Measure
from cinctl.indicators.national import Band
from cinctl.indicators.periods import Period
from cinctl.indicators.suppressing import Counts, Shown, Table, hidden_of_line, tied
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
    groups = {measure: _groups(tally, frame, measure) for measure in MEASURES.values()}
    sides = [[_Side(tally, frame, m, number, groups[m], least) for m in groups] for number, _ in frame.periods]
    for period in sides:
        _tie(period)
    for measure, *both in zip(groups, *sides, strict=True):
        for place in (ALL, *groups[measure]):
            for band in (None, *measure.bands):
                yield _row(measure, frame, place, band, both, rules.get(measure.name, ()))


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
        self.spans: dict[Place, Period] | None = None
        if frame.by == "month":
            self.spans = {(False, name): month for name, month in frame.months(number)}
        self.whole = frame.periods[number][1]
        self._cells = {place: tally.get(Key(measure.name, number, *place), Cell()) for place in (ALL, *groups)}
        self.table: Table[Place] | None = None
        self._unjudged: set[Place] = set()
        if least is not None:
            self._suppress(groups, least, overlapping=measure.windowed and frame.by == "month")

    @property
    def tied(self) -> bool:
        """Whether others count what it counts."""
        return bool(self.measure.counts)

    def _suppress(self, groups: Sequence[Place], least: int, *, overlapping: bool) -> None:
        self.table = Table(
            {place: self._counts(place) for place in groups},
            self._counts(ALL),
            least,
            totals_add=not overlapping,
            # Each change happened in one month, whatever months its case was open in.
            parts_add=not overlapping or self.measure.sort == "rate",
        )
        left = {place: self._cells[place].not_judged for place in groups}
        kept, whole = hidden_of_line(left, self._cells[ALL].not_judged, least, adds=not overlapping)
        self._unjudged = kept | ({ALL} if whole else set())

    def _counts(self, place: Place) -> Counts:
        cell, measure = self._cells[place], self.measure
        if measure.sort == "share":
            parts: tuple[int, ...] = cell.hits, cell.total - cell.hits
        elif measure.sort == "rate":
            parts = (cell.hits,)
        else:
            parts = tuple(_within(cell, band) for band in measure.bands)
        # Of what others count too, what is not judged is the sum that stands there less the denominator.
        beside = (cell.not_judged, cell.total + cell.not_judged) if self.tied else ()
        return Counts(cell.total, (), (*beside, *parts)) if measure.parts_too else Counts(cell.total, parts, beside)

    def _shown(self, place: Place) -> Shown:
        if self.table is None:
            return Shown.ALL
        return self.table.whole_shown if place == ALL else self.table.shown[place]

    def span(self, place: Place) -> Period | None:
        """Return the days that the numbers at *place* are of; None where this period has no such month."""
        return self.whole if self.spans is None or place == ALL else self.spans.get(place)

    def numbers(self, place: Place, band: Band | None) -> tuple[dict[str, Any], list[str]]:
        """Return the numbers at *place*, and which of them are kept back."""
        cell, shown = self._cells[place], self._shown(place)
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
        kept += ["not_judged"] if place in self._unjudged or (self.tied and shown is Shown.NOTHING) else []
        kept = [name for name in NUMBERS if name in kept and found[name] is not None]
        return {**found, **dict.fromkeys(kept)}, kept


def _tie(sides: Sequence[_Side]) -> None:
    """Keep back in each of *sides* what a number kept back in another could be worked out from."""
    tables = [(side.measure, side.table) for side in sides if side.table is not None]
    pairs = [
        (one, other, Shown.NOTHING if a.counts else Shown.TOTAL)
        for a, one in tables
        for b, other in tables
        if a is not b and ((a.counts and a.counts == b.counts) or a.over == b.name)
    ]
    while sum(tied(*pair) for pair in pairs):
        pass


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
