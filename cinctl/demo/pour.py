"""Lives poured into a log: by date, as a busy authority would have recorded them, each life as often as is wanted.

Memory holds the lives that differ, not the log: a life that is repeated has the same days, and an id of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cinctl.demo.actor import Played
from cinctl.demo.dice import Dice
from cinctl.history import Event
from cinctl.store.log import Writer

Envelope = dict[str, Any]
_BATCH = 4096
_OPENS, _HOURS = 8 * 3600 + 1800, 8 * 3600


class Template:
    """A life that was played, to be told *times* times. *number* is that of its first case, once it is known."""

    def __init__(self, played: Played, times: int, family: int) -> None:
        self.events = played.events
        self.imported = played.imported
        self.times = times
        self.family = family
        self.number = 0
        self._places = {event.seq: place for place, event in enumerate(self.events)}
        self._named = {e.get("of") for e in self.events if e.get("of") is not None}
        self._seqs: dict[tuple[int, int], int] = {}

    def envelopes(self, places: range, seq: int, families: int) -> Iterator[Envelope]:
        """Yield the events at *places* for every case of this life, the first of them to stand at *seq*."""
        for turn in range(self.times):
            number = self.number + turn
            case = f"C-{number:06d}"
            for place in places:
                event = self.events[place]
                data = event.data or {}
                if event.seq in self._named:
                    self._seqs[turn, event.seq] = seq
                if event.base == "refer":
                    family = f"F{1000 + self.family + turn * families}"
                    data = {**data, "child": f"CH{number * 7919 % 1_000_003:06d}", "family": family}
                elif "of" in data:
                    data = {**data, "of": self._seqs.pop((turn, data["of"]))}
                seq += 1
                yield _envelope(event, case, data, f"demo:{case}:{place}" if place < self.imported else None)


def _envelope(event: Event, case: str | None, data: Mapping[str, Any], key: str | None) -> Envelope:
    made = {"kind": event.kind, "case": case, "at": event.at, "by": event.by, "under": event.under, "data": data}
    if key is not None:
        made["key"] = key
    return made


Part = tuple[Template, range]


def by_day(templates: Sequence[Template], told_on: date) -> dict[date, list[Part]]:
    """Return which events of which lives were recorded on each day; what was imported, on the day of the import."""
    days: dict[date, list[Part]] = {}
    for template in templates:
        place, count = 0, len(template.events)
        while place < count:
            on, end = _recorded_on(template, place, told_on), place + 1
            while end < count and _recorded_on(template, end, told_on) == on:
                end += 1
            days.setdefault(on, []).append((template, range(place, end)))
            place = end
    return days


def _recorded_on(template: Template, place: int, told_on: date) -> date:
    return told_on if place < template.imported else template.events[place].on


def pour(
    writer: Writer, office: Iterable[Event], templates: Sequence[Template], told_on: date, seed: int
) -> tuple[int, int]:
    """Write everything, by the days on which it was recorded. Returns how many cases and events there were.

    *office* are the events of no case: staff, and the import.
    """
    days, desk = by_day(templates, told_on), _per_day(office)
    dice, batch, cases, events = Dice(seed, "hours"), [], 0, 0
    for on in sorted({*days, *desk}):
        staff, parts = desk.get(on, []), days.get(on, [])
        for template, _ in parts:
            if not template.number:
                template.number = cases + 1
                cases += template.times
        clock = _times(on, len(staff) + sum(len(places) * t.times for t, places in parts), dice.between(0, 1700))
        for envelope in _of_day(staff, parts, events + 1, len(templates)):
            envelope["recorded"] = next(clock)
            batch.append(envelope)
            events += 1
            if len(batch) >= _BATCH:
                writer.append(batch)
                batch = []
    writer.append(batch)
    return cases, events


def _per_day(office: Iterable[Event]) -> dict[date, list[Event]]:
    days: dict[date, list[Event]] = {}
    for event in office:
        days.setdefault(event.on, []).append(event)
    return days


def _of_day(staff: list[Event], parts: list[Part], seq: int, families: int) -> Iterator[Envelope]:
    for event in staff:
        yield _envelope(event, None, event.data or {}, None)
    seq += len(staff)
    for template, places in parts:
        yield from template.envelopes(places, seq, families)
        seq += len(places) * template.times


def _times(on: date, count: int, late: int) -> Iterator[str]:
    """Yield *count* times of the working day, one after the other, beginning *late* seconds after it opens."""
    day = on.isoformat()
    for n in range(count):
        second = _OPENS + late + n * (_HOURS - late) // count
        yield f"{day}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}+00:00"
