"""Which payloads a redaction takes away, whether it may, and what is recorded of it: judged, not yet written.

What a correction did outlasts its payload: where an event would count again, or at another date, a bare correction
that says only that stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from cinctl.casebook import Casebook
from cinctl.drafting import checker_for, past_day
from cinctl.errors import UsageError
from cinctl.gates import Finding
from cinctl.history import Event, effective
from cinctl.judging import judge_step
from cinctl.recording import Verdict

_KEPT = frozenset({"redact", "import"})
_BARE = frozenset({"at", "by"})
_STANDS_IN = "stands in for a correction whose payload was removed"

_Read = tuple[str, str | None, dict[str, Any] | None]


@attrs.frozen(kw_only=True)
class Request:
    """What somebody asks for: the events *seqs*, or all of a *case*; why, who approved it; when and by whom.

    *corrections*: take along those that hold part of what the events said.
    """

    seqs: tuple[int, ...] = ()
    case: str | None = None
    reason: str
    approved_by: str
    note: str | None = None
    at: str
    by: str | None = None
    corrections: bool = False


@attrs.frozen(kw_only=True)
class Plan:
    """What came of a request: a verdict for each line that is to be recorded, and the *seqs* whose payloads go.

    *told* is what the user should know. Once it is done, *tails* are the files that went because they held part of the
    payloads, and *leftovers* those that an earlier redaction had left when it was cut short.
    """

    verdicts: list[Verdict]
    seqs: tuple[int, ...]
    told: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether nothing stands against any of it."""
        return all(verdict.accepted for verdict in self.verdicts)

    @property
    def envelopes(self) -> list[dict[str, Any]]:
        """The lines to append."""
        events = [verdict.event for verdict in self.verdicts if verdict.event is not None]
        return [{name: value for name, value in event.items() if name != "seq"} for event in events]


def plan(book: Casebook, request: Request, *, today: date, recorded: str) -> Plan:
    """Judge *request* on a book that holds the whole log. Raises UsageError when it cannot be."""
    planner = _Planner(book, request, today, recorded)
    asked = _of_case(book, request.case) if request.case is not None else _named(book, request.seqs)
    quoting = _quoting(book, asked)
    chosen = [*asked, *(quoting if request.corrections else ())]
    planner.stand_in(chosen)
    if request.case is not None:
        planner.redact(chosen[0], lines=len(chosen), whole_case=True)
    else:
        for event in chosen:
            planner.redact(event)
    told = () if request.corrections else tuple(_told_of(change) for change in quoting)
    return Plan(
        verdicts=planner.verdicts,
        seqs=tuple(event.seq for event in chosen),
        told=(*told, *(_told_of_staff(event) for event in chosen if event.base == "staff")),
    )


def _of_case(book: Casebook, case: str) -> list[Event]:
    events = book.track(case).events
    found = [e for e in events if e.base not in _KEPT and not e.redacted and not _only_stands_in(e)]
    if not found:
        raise UsageError(f"no event of case '{case}' has a payload left")
    return found


def _only_stands_in(event: Event) -> bool:
    """Return whether *event* is a correction that says nothing but what it puts in place."""
    said = set(event.data or ()) - {"of", "void", "set", "reason"}
    return event.get("reason") == _STANDS_IN and not said and _BARE.issuperset(event.get("set") or ())


def _named(book: Casebook, seqs: Iterable[int]) -> list[Event]:
    return [_one(book, seq) for seq in dict.fromkeys(seqs)]


def _one(book: Casebook, seq: int) -> Event:
    if not book.knows(seq):
        raise UsageError(f"there is no event {seq} in the store")
    try:
        found = book.find(seq)
    except UsageError:
        found = None  # bookkeeping that belongs to no case
    if found is None or found.base in _KEPT:
        raise UsageError(f"event {seq} tells of an import or a redaction, and keeps its payload")
    if found.redacted:
        raise UsageError(f"event {seq} is redacted already")
    return found


def _quoting(book: Casebook, asked: Sequence[Event]) -> list[Event]:
    """Return the corrections of *asked*, not among them, that hold values of their fields."""
    seqs = {event.seq for event in asked}
    return [
        change
        for event in asked
        for change in book.all_about(event.seq)
        if change.base == "correct" and change.seq not in seqs and _quotes(change, event.seq)
    ]


def _quotes(change: Event, seq: int) -> bool:
    return change.get("of") == seq and bool(set(change.get("set") or ()) - _BARE)


def _told_of(change: Event) -> str:
    of = change.get("of")
    return (
        f"event {change.seq} corrects event {of} and holds part of what it said: "
        f"redact {change.seq} too, or both at once with --with-corrections"
    )


def _told_of_staff(event: Event) -> str:
    return f"event {event.seq} is of the staff register: what it said of {event.get('staff')} counts no more"


class _Planner:
    """Gathers the lines that a redaction records, each judged after those before it."""

    def __init__(self, book: Casebook, request: Request, today: date, recorded: str) -> None:
        self._book, self._request, self._recorded = book, request, recorded
        self._on = past_day(request.at, today)
        self._checker = checker_for(book, self._on)
        self._by = None if request.by is None else self._checker.person(request.by, "--by")
        self.verdicts: list[Verdict] = []

    def redact(self, event: Event, **more: Any) -> None:
        """Judge and record that the payload of *event* is removed."""
        asked = self._request
        given = {"of": event.seq, "reason": asked.reason, "approved_by": asked.approved_by, "note": asked.note, **more}
        if event.case is not None:
            self._book.rules.calendar.check(self._on)
        made = self._event("redact", event.case, self._checker.data("redact", given))
        judgement = judge_step(self._book, made)
        if judgement.accepted:
            self._take(made, judgement.findings)
        else:
            self.verdicts.append(Verdict(accepted=False, findings=judgement.findings, case=made.case))

    def stand_in(self, chosen: Sequence[Event]) -> None:
        """Record what keeps every event in its place once the *chosen* have no payload. Raises UsageError."""
        seqs = {event.seq for event in chosen}
        # One of each history that loses a correction.
        for event in {event.case: event for event in chosen if event.base == "correct"}.values():
            for change in _stand_ins(self._book.all_about(event.seq), seqs):
                # It changes nothing, so there is nothing to judge.
                self._take(self._event("correct", event.case, change))

    def _take(self, event: Event, findings: tuple[Finding, ...] = ()) -> None:
        self._book.take(event)
        envelope = _envelope(event, self._recorded)
        self.verdicts.append(Verdict(accepted=True, event=envelope, findings=findings, case=event.case))

    def _event(self, kind: str, case: str | None, data: dict[str, Any]) -> Event:
        protocol = self._book.rules.protocol
        return Event(
            seq=self._book.length + 1,
            kind=kind,
            case=case,
            at=self._request.at,
            by=self._by,
            data=data,
            under=f"{protocol.id}@{protocol.hash[:8]}",
        )


def _envelope(event: Event, recorded: str) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "kind": event.kind,
        "case": event.case,
        "at": event.at,
        "recorded": recorded,
        "by": event.by,
        "under": event.under,
        "data": event.data,
    }


def _stand_ins(events: Sequence[Event], seqs: set[int]) -> list[dict[str, Any]]:
    """Return corrections that leave *events* as they count now, though those at *seqs* lose their payloads."""
    before, bare = _read(events, seqs), [_without(event) if event.seq in seqs else event for event in events]
    after = _read(bare, seqs)
    made = [
        {"of": seq, **({"void": True} if seq not in before else {"set": _moved(before[seq], after[seq])})}
        for seq in after
        if seq not in before or before[seq][:2] != after[seq][:2]
    ]
    made = [{**change, "reason": _STANDS_IN} for change in made]
    next_seq = max(event.seq for event in events) + 1
    changes = [_change(seq, change, events[0]) for seq, change in enumerate(made, next_seq)]
    held = _read([*bare, *changes], seqs)
    for seq in sorted(before.keys() | held.keys()):
        if before.get(seq) != held.get(seq):
            raise UsageError(
                f"without that payload event {seq} would read otherwise than it does now: "
                f"correct event {seq} anew first, or redact it too"
            )
    return made


def _read(events: Sequence[Event], seqs: set[int]) -> Mapping[int, _Read]:
    """Return how each event reads that counts: when, by whom, and what it says unless its payload goes."""
    return {e.seq: (e.at, e.by, None if e.seq in seqs else e.data) for e in effective(events)}


def _moved(before: _Read, after: _Read) -> dict[str, Any]:
    return {name: was for name, was, now in zip(("at", "by"), before, after, strict=False) if was != now}


def _without(event: Event) -> Event:
    return Event(seq=event.seq, kind=event.kind, case=event.case, at=event.at, by=event.by, data=None)


def _change(seq: int, data: dict[str, Any], like: Event) -> Event:
    return Event(seq=seq, kind="correct", case=like.case, at=like.at, by=None, data=data)
