"""Taking steps into a book, one after the other: judged, put into the shape of the log, and told what came of each.

Values in, values out; who holds the lock and appends what is pending is not its business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from cinctl.casebook import Casebook
from cinctl.check import full_kind
from cinctl.drafting import checker_for, event_from
from cinctl.errors import CalendarError, UsageError, did_you_mean
from cinctl.gates import Finding
from cinctl.history import Draft, Event
from cinctl.judging import finished_late, judge_step

Envelope = dict[str, Any]

_LINE_KEYS = ("kind", "case", "at", "by", "key", "data")


class Verdict(NamedTuple):
    """What came of one step. *event* is its envelope, as written or as it would be; *error*: why it means nothing."""

    accepted: bool
    event: dict[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    error: str | None = None
    line: int | None = None
    case: str | None = None
    known: bool = False

    def undone(self) -> Verdict:
        """Return it as it stands when another step, with which it was to be recorded or not at all, was refused."""
        return self._replace(accepted=False)

    @property
    def refusals(self) -> list[str]:
        """One line for each rule that refuses the step."""
        return [f.line("refused by") for f in self.findings if f.denies]

    @property
    def warnings(self) -> list[str]:
        """One line for each finding that does not refuse it."""
        return [f.line("waived" if f.waived else "finding") for f in self.findings if not f.denies]


class ImportOutcome(NamedTuple):
    """What an import added: how many events and cases, and how many were there already.

    *conflicts* are cases that something else opened under the same id; nothing was added to them.
    """

    events: int
    cases: int
    already: int
    conflicts: tuple[str, ...] = ()


class Recorder:
    """Takes steps into a book in turn, each judged against all before it.

    *pending* are the envelopes to append, each with its event. *recorded* is when they are written down, as the log
    holds it; dates after *today* are wrong usage.
    """

    def __init__(self, book: Casebook, *, today: date, recorded: str) -> None:
        self._book = book
        self._today = today
        self._recorded = recorded
        self.pending: list[tuple[dict[str, Any], Event]] = []

    def step(self, draft: Draft, line: int | None = None) -> Verdict:
        """Judge one step and take it into the book if it is accepted."""
        try:
            return self._step(draft, line)
        except UsageError as fault:
            return Verdict(accepted=False, error=str(fault), line=line, case=draft.case)
        except CalendarError as fault:
            # One line of many is told of its fault; a command of its own leaves with the calendar's exit code.
            if line is None:
                raise
            return Verdict(accepted=False, error=str(fault), line=line, case=draft.case)

    def _step(self, draft: Draft, line: int | None) -> Verdict:
        book = self._book
        if draft.key is not None and draft.key in book.keys:
            found = self._done_already(draft, book.keys[draft.key])
            envelope = _envelope(found, found.recorded)
            return Verdict(accepted=True, event=envelope, line=line, case=found.case, known=True)
        event = event_from(book, draft, today=self._today)
        if draft.waivers:
            return self._with_waivers(draft, event, line)
        judgement = judge_step(book, event)
        if not judgement.accepted:
            return Verdict(accepted=False, findings=judgement.findings, line=line, case=event.case)
        return self._accept(event, judgement.findings, line)

    def _accept(self, event: Event, findings: tuple[Finding, ...], line: int | None) -> Verdict:
        late = self._take(event)
        envelope = self._append(event)
        return Verdict(accepted=True, event=envelope, findings=(*findings, *late), line=line, case=event.case)

    def _done_already(self, draft: Draft, seq: int) -> Event:
        """Return the event that *draft* repeats. Raises UsageError when its key was used for something else."""
        found = self._book.find(seq)
        same = full_kind(draft.kind) == found.kind and draft.case in (None, found.case) and draft.by == found.by
        # Of a redacted event nobody can say any more what it said: its key alone makes it the same.
        if not same or (not found.redacted and self._typed(draft, found) != found.data):
            raise UsageError(f"key '{draft.key}' was used for another event, {seq}")
        return found

    def _typed(self, draft: Draft, found: Event) -> dict[str, Any] | None:
        """Return the data of *draft* in the shape that it was given when *found* was recorded."""
        if found.base == "correct":
            return event_from(self._book, draft, today=self._today).data
        return checker_for(self._book, found.on).data(found.kind, draft.data)

    def _with_waivers(self, draft: Draft, event: Event, line: int | None) -> Verdict:
        """Judge and take in a step together with its waivers, or neither.

        On a case that is there the waivers come first; on one that the step opens they follow it.
        """
        if event.case is None:
            raise UsageError("a waiver is a departure from a rule on a case, and this step belongs to none")
        opens = event.case not in self._book.tracks
        told = [Event(**_as_event(w, event.case)) for w in draft.waivers]
        steps = [draft, *self._waivers(draft, event.case)] if opens else [*self._waivers(draft, event.case), draft]
        taken: list[Event] = []
        try:
            verdict = self._together(draft, steps, told if opens else (), taken, line)
        except (UsageError, CalendarError):
            self._undo(taken)
            raise
        if not verdict.accepted:
            self._undo(taken)
        return verdict

    def _together(
        self, draft: Draft, steps: Sequence[Draft], told: Sequence[Event], taken: list[Event], line: int | None
    ) -> Verdict:
        """Take in *steps*, of which *draft* is the one asked for; *taken* tells what to undo when one fails."""
        verdict: Verdict | None = None
        findings: list[Finding] = []
        for step in steps:
            made = event_from(self._book, step, today=self._today)
            judgement = judge_step(self._book, made, told if step is draft else ())
            if not judgement.accepted:
                return Verdict(accepted=False, findings=judgement.findings, line=line, case=made.case)
            accepted = self._accept(made, judgement.findings, line)
            taken.append(made)
            findings += accepted.findings
            verdict = accepted if step is draft else verdict
        assert verdict is not None
        return verdict._replace(findings=tuple(findings))

    def _undo(self, taken: Sequence[Event]) -> None:
        for event in reversed(taken):
            self._book.untake(event)
            self.pending.pop()

    def _waivers(self, draft: Draft, case: str) -> list[Draft]:
        return [waiver._replace(case=case) for waiver in draft.waivers]

    def _append(self, event: Event) -> dict[str, Any]:
        envelope = _envelope(event, self._recorded)
        self.pending.append(({k: v for k, v in envelope.items() if k != "seq"}, event))
        return envelope

    def _take(self, event: Event) -> list[Finding]:
        """Take *event* into the book. Returns what it finished late, or for a step out of order what it now shows."""
        try:
            if event.base in ("staff", "correct") or not self._in_order(event):
                return self._take_back_dated(event)
            return self._take_next(event)
        except CalendarError:
            if self._book.length == event.seq:
                self._book.untake(event)
            raise

    def _in_order(self, event: Event) -> bool:
        track = self._book.tracks.get(event.case) if event.case is not None else None
        return track is None or track.last_place is None or event.place() > track.last_place

    def _take_next(self, event: Event) -> list[Finding]:
        book = self._book
        known = event.case is not None and event.case in book.tracks
        before = set(book.folded(event.case)[1].finished) if known and event.case is not None else set()
        book.take(event)
        after = book.folded(event.case)[1].finished if event.case is not None else []
        return finished_late(book, event.case, (o for o in after if o not in before), self._today)

    def _take_back_dated(self, event: Event) -> list[Finding]:
        """Take in what may change how earlier steps are seen, and return the findings that it brings to light."""
        cases = self._seen_otherwise(event)
        known = {_mark(f) for f in self._findings(cases)}
        self._book.take(event)
        fresh = (f for f in self._findings(cases) if _mark(f) not in known)
        return [f for f in fresh if f.hindsight or f.due is not None]

    def _seen_otherwise(self, event: Event) -> list[str]:
        """Return the cases that *event* may show in another light: its own, or those that name its practitioner."""
        book = self._book
        if event.case is not None:
            return [event.case]
        person = event.get("staff") if event.base == "staff" else book.register.owner(event.get("of"))
        since = event.on if event.base == "staff" else date.min
        return book.naming(person, since) if person else []

    def _findings(self, cases: Iterable[str]) -> list[Finding]:
        from cinctl.conformance import case_findings

        return [f for case in cases for f in case_findings(self._book, case, self._today)]


def _mark(finding: Finding) -> tuple[str, int | None, str]:
    return (finding.rule, finding.seq, finding.fingerprint)


def _as_event(draft: Draft, case: str) -> dict[str, Any]:
    return {"seq": 0, "kind": draft.kind, "case": case, "at": draft.at, "by": draft.by, "data": draft.data}


def _envelope(event: Event, recorded: str) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "seq": event.seq,
        "kind": event.kind,
        "case": event.case,
        "at": event.at,
        "recorded": recorded,
        "by": event.by,
        "under": event.under,
    }
    if event.key is not None:
        envelope["key"] = event.key
    envelope["data"] = event.data
    return envelope


def draft_from(line: bytes | str, number: int, *, at: str, by: str | None) -> Draft:
    """Return the draft that a JSON line as `apply` takes it asks for; *at* and *by* where it does not say.

    Raises UsageError naming what is wrong with it.
    """
    try:
        found = json.loads(line)
        if b"\\ud" in (line if isinstance(line, bytes) else line.encode("utf-8", "replace")).lower():
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("it holds half a surrogate pair, which is not valid Unicode text") from None
    except (ValueError, UnicodeDecodeError, RecursionError) as fault:
        raise UsageError(f"not a JSON line: {fault}") from None
    if not isinstance(found, dict):
        raise UsageError("not a JSON object")
    for key in found:
        if key not in _LINE_KEYS:
            raise UsageError(f"unexpected key '{key}'.{did_you_mean(key, _LINE_KEYS)}")
    for key in ("kind", "case", "at", "by", "key"):
        if found.get(key) is not None and not isinstance(found[key], str):
            raise UsageError(f"'{key}' must be text")
    data = {} if found.get("data") is None else found["data"]
    if not isinstance(data, dict):
        raise UsageError("'data' must be an object")
    return Draft(
        kind=found.get("kind") or "",
        case=found.get("case"),
        at=found.get("at") or at,
        by=found.get("by") or by,
        data=data,
        key=found.get("key"),
        line=number,
    )
