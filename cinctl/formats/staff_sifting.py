"""What of a staff file is new: its events held against the register that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from cinctl.formats.census_ledger import Problem
from cinctl.history import Draft, Event

__all__ = ["Register", "Sifted"]

_LEARNT = ("topic", "activity")


@attrs.frozen
class Sifted:
    """What of a file is new, in order; how many of its events were recorded before; and what cannot be."""

    new: list[Draft]
    already: int
    problems: list[Problem]


class Register:
    """The staff events recorded so far, against which a file is held.

    *now* tells what a field of a person is today, for a file that says how people are; None for another.
    """

    def __init__(self, events: Iterable[Event], now: Callable[[str, str], Any] | None) -> None:
        self._events: dict[str, list[Event]] = {}
        self._by_key: dict[str, Event] = {}
        self._now = now
        for event in events:
            self._events.setdefault(event.get("staff") or "", []).append(event)
            if event.key is not None:
                self._by_key[event.key] = event

    def sift(self, drafts: Iterable[Draft]) -> Sifted:
        """Return what of *drafts* is to be recorded: what is new in a row, unless something in it cannot be."""
        new: list[Draft] = []
        problems: list[Problem] = []
        already = 0
        for row in _rows(drafts):
            found = self._sift_row(row)
            new += found.new
            problems += found.problems
            already += found.already
        return Sifted(sorted(new, key=_place), already, sorted(problems, key=lambda problem: problem.line))

    def _sift_row(self, row: Sequence[Draft]) -> Sifted:
        new: list[Draft] = []
        problems: list[Problem] = []
        already = 0
        events = self._events.get(row[0].data["staff"], [])
        before = len(events)
        for draft in row:
            if self._recorded(draft):
                already += 1
                continue
            fault = self._fault(draft)
            if fault is not None:
                what = f"{fault}; the row is not recorded" if len(row) > 1 else fault
                problems.append(Problem(draft.line or 0, f"{draft.data['staff']}: {draft.kind}", what))
                continue
            new.append(draft)
            events.append(
                Event(seq=0, kind=draft.kind, case=None, at=draft.at, by=None, data=draft.data, key=draft.key)
            )
            self._events[draft.data["staff"]] = events
        if problems:
            del events[before:]
            if not events:
                self._events.pop(row[0].data["staff"], None)
            return Sifted([], already, problems)
        return Sifted(new, already, [])

    def _recorded(self, draft: Draft) -> bool:
        before = self._by_key.get(draft.key or "")
        if before is not None and (before.redacted or self._is_so_today(draft)):
            return True
        events = self._events.get(draft.data["staff"], ())
        told = [e for e in events if e.kind == draft.kind and _day(e) == draft.at]
        if draft.kind == "staff.train":
            return all(_learnt(draft, field) <= set().union(*(_learnt(e, field) for e in told)) for field in _LEARNT)
        return any(not _differences(event, draft) for event in told)

    def _is_so_today(self, draft: Draft) -> bool:
        """Return whether a file that says how people are says what the register says of today."""
        person, now = draft.data["staff"], self._now
        return now is not None and all(now(person, f) == value for f, value in draft.data.items() if f != "staff")

    def _fault(self, draft: Draft) -> str | None:
        before = self._by_key.get(draft.key or "")
        if before is not None:
            return (
                f"recorded before {_differences(before, draft)}; if that changed since, 'cinctl staff change' records "
                f"it, and if it was wrong, 'cinctl correct {before.seq}' amends it"
            )
        since = self._in_post_since(draft)
        if draft.kind == "staff.join" and since is not None:
            return f"in post already since {since}; 'cinctl staff change' records what is new"
        if draft.kind in ("staff.change", "staff.leave", "staff.away") and since is None:
            return f"not in post on {draft.at}: there is no join before it"
        if draft.kind == "staff.train" and draft.data["staff"] not in self._events:
            return "not in the staff register: there is no join of theirs"
        return None

    def _in_post_since(self, draft: Draft) -> str | None:
        """Return since when the person is in post on the day, as far as has been told; None when they are not."""
        since = None
        for event in sorted(self._events.get(draft.data["staff"], ()), key=lambda e: e.on):
            if _day(event) <= draft.at and event.phase in ("join", "leave"):
                since = _day(event) if event.phase == "join" else None
        return since


def _place(draft: Draft) -> tuple[str, str]:
    return draft.data["staff"], draft.at


def _rows(drafts: Iterable[Draft]) -> list[list[Draft]]:
    """Return the rows that *drafts* come from, each in order, by person and by the day of what is first in them."""
    rows: dict[tuple[str, int | None], list[Draft]] = {}
    for draft in drafts:
        rows.setdefault((draft.data["staff"], draft.line), []).append(draft)
    return sorted((sorted(row, key=_place) for row in rows.values()), key=lambda row: _place(row[0]))


def _learnt(step: Event | Draft, field: str) -> set[str]:
    """Return what of *field* a training says was learnt."""
    return set((step.data or {}).get(field) or ())


def _day(event: Event) -> str:
    return event.on.isoformat()


def _differences(event: Event, draft: Draft) -> str:
    """Return what *draft* says otherwise than *event*, in words; nothing where it says the same."""
    told = ((field, event.get(field), value) for field, value in draft.data.items())
    parts = [f"{field} {_said(before)}, not {_said(value)}" for field, before, value in told if before != value]
    return "with " + " and ".join(parts) if parts else ""


def _said(value: Any) -> str:
    if value is None:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
