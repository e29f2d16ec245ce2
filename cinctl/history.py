"""An event as the domain sees it, and which events of a history count, in which order.

Order is the London date on which something happened, then the place in the log; the hour orders nothing.
A referral opens its case, so it stands first whatever its date says. Corrections are honoured here and nowhere
else: a voided event is gone, an amended one stands as amended, at its amended date, and keeps its `seq`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from cinctl.calendar import london_date

_BOOKKEEPING = frozenset({"correct", "redact", "import"})
_OUT_OF_LINE = _BOOKKEEPING | {"refer"}
_NO_DATA: dict[str, Any] = {}
_dates: dict[str, date] = {}
_parts: dict[str, tuple[str, str | None]] = {}


def day_of(at: str) -> date:
    """Return the London date of *at*, an ISO date or a date-time with offset. Raises ValueError for anything else."""
    found = _dates.get(at)
    if found is None:
        if len(_dates) > 50_000:
            _dates.clear()
        found = _dates[at] = london_date(at)
    return found


def parts_of(kind: str) -> tuple[str, str | None]:
    """Return the base and the phase of *kind*, as the log spells it: the same two for every event of the kind."""
    found = _parts.get(kind)
    if found is None:
        if len(_parts) > 1_000:
            _parts.clear()
        base, _, phase = kind.partition(".")
        found = _parts[kind] = (base, phase or None)
    return found


class Draft(NamedTuple):
    """A step somebody wants recorded, not yet judged.

    *line* is its place in the input, where there is one. *waivers* are recorded with the step, or not at all.
    """

    kind: str
    case: str | None
    at: str
    by: str | None = None
    data: dict[str, Any] = _NO_DATA
    key: str | None = None
    line: int | None = None
    waivers: tuple[Draft, ...] = ()


class Speaks(NamedTuple):
    """What a source can speak of: kind to fields (`at` for its date), from which day on, and until when; its name."""

    fields: Mapping[str, frozenset[str]]
    since: date | None = None
    until: date | None = None
    source: str = ""

    @classmethod
    def of(cls, event: Event) -> Speaks:
        """Return what the `import` event says of its source."""
        fields = {kind: frozenset(names) for kind, names in (event.get("speaks") or {}).items()}
        since, until = (
            date.fromisoformat(day) if day else None for day in map(event.get, ("covers_from", "covers_until"))
        )
        return cls(fields, since, until, event.get("source") or "")


class Event:
    """One line of the log. *on* is the London date of *at*; *data* is None once it was redacted."""

    __slots__ = (
        "amended_by",
        "at",
        "base",
        "by",
        "case",
        "data",
        "key",
        "kind",
        "on",
        "phase",
        "recorded",
        "seq",
        "speaks",
        "under",
    )

    def __init__(
        self,
        *,
        seq: int,
        kind: str,
        case: str | None,
        at: str,
        by: str | None,
        data: dict[str, Any] | None,
        recorded: str = "",
        under: str | None = "",
        key: str | None = None,
    ) -> None:
        self.seq = seq
        self.kind = kind
        self.base, self.phase = parts_of(kind)
        self.case = case
        self.at = at
        self.on = day_of(at)
        self.by = by
        self.data = data
        self.recorded = recorded
        self.under = under
        self.key = key
        self.speaks: Speaks | None = None
        self.amended_by: int | None = None

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> Event:
        """Return the event that *line*, one decoded line of the log, holds."""
        # Every event of a log comes this way, so nothing is passed on that can be set here.
        event = cls.__new__(cls)
        event.seq = line["seq"]
        event.kind = kind = line["kind"]
        event.base, event.phase = _parts.get(kind) or parts_of(kind)
        event.case = line["case"]
        event.at = at = line["at"]
        event.on = _dates.get(at) or day_of(at)
        event.by = line["by"]
        event.data = line.get("data")
        event.recorded = line["recorded"]
        event.under = line["under"]
        event.key = line.get("key")
        event.speaks = event.amended_by = None
        return event

    @property
    def redacted(self) -> bool:
        """True when the payload was removed."""
        return self.data is None

    @property
    def imported(self) -> bool:
        """True when it came from a return and was recorded as it was."""
        return self.under is None

    def get(self, field: str) -> Any:
        """Return a field of the payload as the log holds it, or None when it is not there."""
        return None if self.data is None else self.data.get(field)

    def place(self) -> tuple[bool, date, int]:
        """Return the key by which events of one case are ordered."""
        return (self.base != "refer", self.on, self.seq)

    def amended(self, change: Event) -> Event:
        """Return this event as the correction *change* amends it."""
        fields = dict(change.get("set") or {})
        at = fields.pop("at", self.at)
        by = fields.pop("by", self.by)
        data = dict(self.data or {})
        for name, value in fields.items():
            if value is None:
                data.pop(name, None)
            else:
                data[name] = value
        made = Event(
            seq=self.seq,
            kind=self.kind,
            case=self.case,
            at=at,
            by=by,
            data=None if self.redacted else data,
            recorded=self.recorded,
            under=self.under,
            key=self.key,
        )
        made.speaks = self.speaks
        made.amended_by = change.seq
        return made


def amended_day(event: Event) -> date | None:
    """Return the day to which *event* moves another, where it is a correction that does."""
    at = (event.get("set") or {}).get("at") if event.base == "correct" else None
    return None if at is None else day_of(at)


def live_corrections(events: Iterable[Event]) -> list[Event]:
    """Return the corrections among *events* that still hold, in log order: one that was voided since does not."""
    voided: set[int] = set()
    live = []
    for change in sorted((e for e in events if e.base == "correct" and e.data), key=lambda e: -e.seq):
        if change.seq in voided:
            continue
        live.append(change)
        if change.get("void"):
            voided.add(change.get("of"))
    live.reverse()
    return live


def effective(events: Sequence[Event]) -> list[Event]:
    """Return the events that count, in order, from all events of one subject in log order."""
    if in_order(events):
        return list(events)
    if not any(e.base in _BOOKKEEPING for e in events):
        return sorted(events, key=Event.place)
    by_seq = {e.seq: e for e in events if e.base not in _BOOKKEEPING}
    for change in live_corrections(events):
        target = by_seq.get(change.get("of"))
        if target is None:
            continue
        if change.get("void"):
            del by_seq[target.seq]
        else:
            by_seq[target.seq] = target.amended(change)
    return sorted(by_seq.values(), key=Event.place)


def in_order(events: Sequence[Event]) -> bool:
    """Return whether *events*, in log order, all count and stand in order as they are."""
    if not events:
        return True
    first = events[0]
    last = date.min if first.base == "refer" else first.on
    if first.base in _BOOKKEEPING:
        return False
    for event in events[1:]:
        if event.on < last or event.base in _OUT_OF_LINE:
            return False
        last = event.on
    return True
