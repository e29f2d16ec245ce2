"""A whole history held to its protocol: gates replayed, clocks read, waivers applied. Findings are values.

Each step is judged twice: as it was judged when it was recorded, by the lines before it, and with all that is known
now. What only the second finds is hindsight, at `warn`: so a step accepted without a waiver never has a `deny` finding
of its own making. For a case whose lines stand in date order, uncorrected, one pass is both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from cinctl.case import Case
from cinctl.casebook import Casebook
from cinctl.clocks import ENDED, Obligation, Tracker
from cinctl.facts import Moment
from cinctl.folding import take_in
from cinctl.gates import Finding, gate_finding, judge
from cinctl.history import Event, amended_day, day_of, effective, live_corrections
from cinctl.judging import lateness
from cinctl.track import Track
from cinctl.waivers import Waivers

_UNJUDGED_KINDS = frozenset({"correct", "redact", "import"})


class Audit:
    """What judging a history came to. *not_judged* counts what the record cannot speak of."""

    __slots__ = ("book", "cases", "events", "filters", "findings", "not_judged", "today")

    def __init__(self, book: Casebook, today: date, filters: dict[str, Any] | None = None) -> None:
        self.book = book
        self.today = today
        self.filters = filters or {}
        self.findings: list[Finding] = []
        self.cases = 0
        self.events = 0
        self.not_judged = 0

    def counts(self) -> dict[str, int]:
        """Return how many findings of each sort there are, and what they were found in."""
        standing = [f for f in self.findings if not f.waived]
        return {
            "cases": self.cases,
            "events": self.events,
            "deny": sum(f.level == "deny" for f in standing),
            "warn": sum(f.level == "warn" for f in standing),
            "waived": len(self.findings) - len(standing),
            "hindsight": sum(f.hindsight for f in self.findings),
            "not_judged": self.not_judged,
        }

    def header(self) -> dict[str, Any]:
        """Return what it was judged by, and counts: all of the object but its findings."""
        protocol = self.book.rules.protocol
        return {
            "today": self.today.isoformat(),
            "protocol": {"id": protocol.id, "hash": protocol.hash},
            "calendar": protocol.calendar.bank_holidays,
            "store": {"head": self.book.head, "length": self.book.length},
            "filters": self.filters,
            "counts": self.counts(),
        }

    def as_object(self) -> dict[str, Any]:
        """Return the audit as one object: what it was judged by, counts, findings."""
        return {**self.header(), "findings": [f.row() for f in self.findings]}


class Part(NamedTuple):
    """What judging some cases came to."""

    findings: list[Finding]
    cases: int
    events: int
    not_judged: int


def judged(book: Casebook, ids: Sequence[str], today: date) -> Part:
    """Judge the cases *ids* as of *today*, one after the other; none is kept in memory that can be fetched again."""
    made = Audit(book, today)
    for id_ in ids:
        made.findings += case_findings(book, id_, today, made)
        book.let_go(id_)
    return Part(made.findings, made.cases, made.events, made.not_judged)


def audit(
    book: Casebook,
    today: date,
    cases: Sequence[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    spread: Callable[[Sequence[str]], Iterable[Part]] | None = None,
) -> Audit:
    """Judge the history of *cases* (all, and the staff register, when None) as of *today*.

    *since* and *until* keep the findings whose event, or for what never came whose due date, lies between them.
    *spread* has cases judged in parts; all at once unless told.
    """
    made = Audit(book, today, filters=_filters(cases, since, until))
    ids = list(dict.fromkeys(cases)) if cases is not None else book.case_ids()
    for part in spread(ids) if spread is not None else (judged(book, ids, today),):
        made.findings += part.findings
        made.cases += part.cases
        made.events += part.events
        made.not_judged += part.not_judged
    if cases is None:
        made.findings += _staff_gate_findings(book, made)
        made.findings += _practitioner_findings(book, today)
        made.findings += _service_findings(book, today)
    made.findings = [f for f in made.findings if _between(f, since, until)]
    made.findings.sort(key=lambda f: (f.case is None, f.case or f.staff or "", f.seq or 0, f.rule, f.fingerprint))
    return made


def _filters(cases: Sequence[str] | None, since: date | None, until: date | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if cases is not None:
        told["cases"] = list(cases)
    if since is not None:
        told["from"] = since.isoformat()
    if until is not None:
        told["until"] = until.isoformat()
    return told


def _between(finding: Finding, since: date | None, until: date | None) -> bool:
    text = finding.at or finding.due
    if text is None:
        return True
    on = day_of(text)
    return (since is None or on >= since) and (until is None or on <= until)


def case_findings(book: Casebook, id_: str, today: date, into: Audit | None = None) -> list[Finding]:
    """Return every finding on case *id_* as of *today*; *into* counts cases, events and what is not judged."""
    track = book.track(id_)
    into = into or Audit(book, today)
    into.cases += 1
    into.events += len(track.events)
    judged = _gates(book, track, into)
    waivers = Waivers(judged.events)
    found = [waivers.over_gate(f, on) for f, on in judged.found]
    found += _clock_findings(book, judged, waivers, today, into)
    found += _unused_waivers(book, judged.tracker, waivers, today)
    return [f.held(judged.case.unit, judged.case.lead) for f in found]


# Gates

_Dated = tuple[Finding, date]


class _Pass(NamedTuple):
    """One pass over a case: findings of its gates, what it folded to, and whether later staff lines tell otherwise."""

    found: list[_Dated]
    case: Case
    tracker: Tracker
    stale: bool
    events: list[Event]


def _gates(book: Casebook, track: Track, into: Audit) -> _Pass:
    now = _pass(book, track, into, as_recorded=track.straight)
    if track.straight and not now.stale:
        return now
    if track.straight:
        now = _pass(book, track, Audit(book, into.today), as_recorded=False)
    then = _as_recorded(book, track)
    known = {(f.rule, f.seq) for f, _ in then}
    later = [(f._replace(hindsight=True, level="warn"), on) for f, on in now.found if (f.rule, f.seq) not in known]
    return now._replace(found=then + later)


def _pass(book: Casebook, track: Track, into: Audit, *, as_recorded: bool) -> _Pass:
    """Judge every event of a case in order: by what was known when each was recorded, or by all that is known now."""
    found: list[_Dated] = []
    rules, events = book.rules, book.effective(track.events)
    always = rules.always
    case, tracker, moment = Case(track.id), Tracker(track.id, rules), None
    book.register.stale = False
    for event in events:
        before_seq = event.seq if as_recorded else None
        if moment is None:
            moment = book.moment(event, case, tracker, before_seq=before_seq)
        else:
            moment.turn_to(event, before_seq)
        if always is None or event.under is None or event.data is None or case.redacted:
            found += _judge_one(book, moment, into)
        else:
            # Nearly every event: judged by the one version there is, on a record that has everything.
            for rule in always.gates_on[event.kind]:
                if rule.departs(moment):
                    found.append((gate_finding(always.protocol, rule, moment), event.on))
        take_in(rules, moment, case, tracker)
    return _Pass(found, case, tracker, book.register.stale, events)


def _judge_one(book: Casebook, moment: Moment, into: Audit) -> list[_Dated]:
    """Judge the event of *moment*, by the version in force on its day."""
    event, rules = moment.event, book.rules
    edition = rules.in_force(event.on)
    if edition is None or (event.under is None and not _in_calendar(book, event.on)):
        into.not_judged += 1
        return []
    if not edition.gates_on[event.kind]:
        return []
    moment.calendar = edition.calendar
    findings, unjudged = judge(edition, moment)
    moment.calendar = rules.calendar
    into.not_judged += unjudged
    return [(f, event.on) for f in findings]


def _in_calendar(book: Casebook, on: date) -> bool:
    return book.rules.calendar.first <= on <= book.rules.calendar.last


def _as_recorded(book: Casebook, track: Track) -> list[_Dated]:
    """Repeat the judgement that each event had when it was recorded, or last amended: by the lines before it only."""
    book.register.stale = False
    found = _Then(book, track, exact=False).judge()
    if book.register.stale:
        # What was known of somebody changed on the way: every event is judged on a history folded for it alone.
        found = _Then(book, track, exact=True).judge()
    return found


class _Then:
    """A case as it was known line by line. While lines come in date order one fold serves them all."""

    def __init__(self, book: Casebook, track: Track, *, exact: bool) -> None:
        corrections = live_corrections(track.events)
        self._book = book
        self._track = track
        self._exact = exact
        self._voided = {c.get("of") for c in corrections if c.get("void")}
        self._amendments: dict[int, list[Event]] = {}
        for change in corrections:
            if not change.get("void"):
                self._amendments.setdefault(change.get("of"), []).append(change)
        self._known: list[Event] = []
        self._running: tuple[Case, Tracker] | None = None
        self._last: tuple[bool, date, int] | None = None

    def judge(self) -> list[_Dated]:
        """Return the findings of each event at its time."""
        found: list[_Dated] = []
        for raw in self._track.events:
            if raw.base not in _UNJUDGED_KINDS and raw.seq not in self._voided:
                found += self._amended(raw) if raw.seq in self._amendments else self._plain(raw)
            self._learn(raw)
        return found

    def _plain(self, event: Event) -> list[_Dated]:
        in_order = self._last is None or event.place() > self._last
        if self._exact or not in_order:
            return self._alone(event, event.seq)
        if self._running is None:
            self._running = self._book.fold(self._track.id, effective(self._known), before_seq=event.seq)
        return self._judge(event, *self._running, event.seq)

    def _amended(self, raw: Event) -> list[_Dated]:
        judged = raw
        for change in self._amendments[raw.seq]:
            judged = judged.amended(change)
        if self._book.until is not None and judged.on > self._book.until:
            return []
        return self._alone(judged, self._amendments[raw.seq][-1].seq)

    def _alone(self, judged: Event, horizon: int) -> list[_Dated]:
        """Judge an event on a history folded for it: the lines before *horizon* that come before it in order."""
        known = effective([e for e in self._track.events if e.seq < horizon and e.seq != judged.seq])
        earlier = (e for e in known if e.place() < judged.place())
        case, tracker = self._book.fold(self._track.id, earlier, before_seq=horizon)
        return self._judge(judged, case, tracker, horizon)

    def _judge(self, event: Event, case: Case, tracker: Tracker, before_seq: int) -> list[_Dated]:
        moment = self._book.moment(event, case, tracker, before_seq=before_seq)
        return _judge_one(self._book, moment, Audit(self._book, event.on))

    def _learn(self, raw: Event) -> None:
        self._known.append(raw)
        if raw.base in _UNJUDGED_KINDS:
            self._running = None
            if (moved := amended_day(raw)) is not None:
                place = (True, moved, raw.seq)
                self._last = place if self._last is None else max(self._last, place)
        elif self._last is None or raw.place() > self._last:
            self._last = raw.place()
            if self._running is not None:
                self._book.advance(raw, *self._running, raw.seq)
        else:
            self._running = None


# Clocks


def _clock_findings(book: Casebook, judged: _Pass, waivers: Waivers, today: date, into: Audit) -> Iterable[Finding]:
    for obligation in judged.tracker.all():
        if not obligation.judgeable(judged.case):
            into.not_judged += 1
        elif not obligation.rule.awaits_use and _departs(obligation, today):
            finding = lateness(book, obligation, today)
            yield waivers.over_clock(finding, obligation.finished or today)


def _departs(obligation: Obligation, today: date) -> bool:
    """Return whether *obligation* is overdue, was done late, or ended undone."""
    if obligation.finished is not None:
        return obligation.is_late()
    return obligation.due is not None and obligation.due < today


def _unused_waivers(book: Casebook, tracker: Tracker, waivers: Waivers, today: date) -> Iterable[Finding]:
    """Yield a finding for each waiver that has run out unused: its clock stops when a finding is waived by it."""
    for obligation in tracker.all():
        if not obligation.rule.awaits_use or obligation.start_seq in waivers.used:
            continue
        over = obligation.due is not None and obligation.due < today
        if over and (obligation.state != ENDED or obligation.is_late()):
            yield lateness(book, obligation, today)


def _staff_gate_findings(book: Casebook, into: Audit) -> Iterable[Finding]:
    """Yield what the gates find in staff and service events that belong to no case."""
    for event in book.effective(book.office):
        edition = book.rules.in_force(event.on)
        if event.case is not None:
            continue
        if edition is None:
            into.not_judged += 1
            continue
        moment = book.moment(event, None, None, before_seq=event.seq, subject=event.get("staff"), edition=edition)
        findings, unjudged = judge(edition, moment)
        into.not_judged += unjudged
        yield from findings


def _practitioner_findings(book: Casebook, today: date) -> Iterable[Finding]:
    for person, tracker in sorted(book.practitioners().items()):
        unit = book.register.as_of(person, today).unit
        for obligation in tracker.all():
            if obligation.judged and _departs(obligation, today):
                yield lateness(book, obligation, today)._replace(unit=unit)


def _service_findings(book: Casebook, today: date) -> Iterable[Finding]:
    for obligation in book.service().all():
        if obligation.judged and _departs(obligation, today):
            yield lateness(book, obligation, today)._replace(unit="service")
