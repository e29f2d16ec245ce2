"""Bring in imported history: as it is, unjudged, each event once. It streams: memory holds one case at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from cinctl.casebook import Casebook
from cinctl.history import Draft
from cinctl.recording import Envelope, ImportOutcome

Step = tuple[Draft, Mapping[str, str]]


class Importer:
    """What is to be appended for one import into *book*, dated *today* and written down at *recorded*.

    *steps* come case by case, a case's referral first. A reference names, for a field, the key of another event of the
    case whose `seq` belongs there. The events are not taken into the book.
    """

    def __init__(self, book: Casebook, about: Mapping[str, Any], *, today: date, recorded: str) -> None:
        self._book = book
        self._about = dict(about)
        self._today = today
        self._recorded = recorded
        self._length = book.length
        self._case: str | None = None
        self._foreign = False
        self._keys: dict[str, int] = {}
        self._events = self._cases = self._already = 0
        self._conflicts: list[str] = []

    def envelopes(self, steps: Iterable[Step]) -> Iterator[Envelope]:
        """Yield what is new in *steps*, the `import` event before it."""
        for draft, refs in steps:
            known = draft.key is not None and draft.key in self._book.keys
            if draft.case != self._case:
                self._begin(draft, known)
            if self._foreign:
                continue
            if known:
                self._already += 1
                continue
            if not self._events:
                yield self._next("import", None, self._today.isoformat(), self._about)
            if not self._keys and draft.case is not None and draft.case not in self._book.tracks:
                self._cases += 1
            data = dict(draft.data)
            for field, key in refs.items():
                seq = self._keys.get(key) or self._book.keys.get(key)
                if seq is not None:
                    data[field] = seq
            self._events += 1
            yield self._next(draft.kind, draft.case, draft.at, data, draft.key)

    def _begin(self, draft: Draft, known: bool) -> None:
        """Come to another case. One that somebody else opened under its id is left alone."""
        self._case, self._keys = draft.case, {}
        self._foreign = draft.kind == "refer" and not known and draft.case in self._book.tracks
        if self._foreign and draft.case is not None:
            self._conflicts.append(draft.case)

    def _next(self, kind: str, case: str | None, at: str, data: dict[str, Any], key: str | None = None) -> Envelope:
        self._length += 1
        envelope: Envelope = {
            "kind": kind, "case": case, "at": at, "recorded": self._recorded, "by": None, "under": None, "data": data,
        }  # fmt: skip
        if key is not None:
            envelope["key"] = key
            self._keys[key] = self._length
        return envelope

    def outcome(self) -> ImportOutcome:
        """Return what came of it."""
        return ImportOutcome(
            events=self._events,
            cases=self._cases,
            already=self._already,
            conflicts=tuple(sorted(self._conflicts)),
        )
