"""Clocks: what must follow an event, and by when. Folds the events of one subject into its obligations.

When one event is several things to a clock it stops first, then ends, then starts. A clock never refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from cinctl.calendar import Duration
from cinctl.case import Case
from cinctl.comparing import Test
from cinctl.errors import CalendarError
from cinctl.facts import Fact, Moment, Reads
from cinctl.history import Event
from cinctl.protocol.model import IN_FORCE
from cinctl.rules import ClockRule, Edition, Hook, Listener, RuleBook, listeners, spoken
from cinctl.threads import THREAD_OF

Place = tuple[date, int]
ThreadRef = tuple[str, int]

RUNNING, DONE, ENDED, RESTARTED = "running", "done", "ended", "restarted"


class Obligation:
    """One running or finished clock on one subject.

    *start* is the day it counts from, *due* the last day in time (None: no limit). *finished* is the day it was done or
    ended, by the event *finished_seq*. *judged* is False where an import cannot speak of what it needs.
    """

    __slots__ = (
        "after",
        "cycle",
        "due",
        "finished",
        "finished_seq",
        "hits",
        "judged",
        "origin",
        "owner",
        "rule",
        "start",
        "start_seq",
        "state",
        "subject",
        "thread",
        "unseen",
    )

    def __init__(self, rule: ClockRule, subject: str, start_seq: int, start: date, due: date | None) -> None:
        self.rule = rule
        self.subject = subject
        self.start_seq = start_seq
        self.cycle = 0
        self.origin = start
        self.start = start
        self.due = due
        self.thread: ThreadRef | None = None
        self.after: Place | None = None
        self.hits = 0
        self.state = RUNNING
        self.finished: date | None = None
        self.finished_seq: int | None = None
        self.owner: str | None = None
        self.judged = True
        self.unseen = False
        """It began before the period that its source tells of, so that what is missing there may well have happened."""

    def judgeable(self, case: Case | None) -> bool:
        """Return whether the record can speak of it.

        Of what began before a return's period, a return knows only what it shows: a stop, or something begun that the
        stop would complete and that is still open.
        """
        if not self.unseen or self.state == DONE:
            return self.judged
        if self.state != RUNNING or case is None:
            return False
        kinds = {THREAD_OF[kind] for kind in self.rule.stop_kinds if kind in THREAD_OF}
        return self.judged and any(t.open for kind in kinds for t in case.threads.get(kind, ()))

    def status(self, today: date, soon: date) -> str:
        """Return `pending`, `due_soon`, `overdue`, `outstanding`, or once finished `done`, `late`, `ended`."""
        if not self.judged:
            return "not_judged"
        if self.state == DONE:
            return "late" if self.is_late() else "done"
        if self.state in (ENDED, RESTARTED):
            return "ended"
        if self.due is None:
            return "outstanding"
        if self.due < today:
            return "overdue"
        return "due_soon" if self.due <= soon else "pending"

    def is_late(self) -> bool:
        """Return whether it was finished after its due date, or ended with nothing done while it had no limit."""
        if self.finished is None:
            return False
        if self.due is None:
            return self.state == ENDED
        return self.finished > self.due

    def fingerprint(self) -> str:
        """Return what names this obligation for good: rule, subject, start and cycle, and nothing that may change."""
        return fingerprint(self.rule.id, self.subject, self.start_seq, self.cycle)


def fingerprint(*parts: object) -> str:
    """Return 16 hexadecimal digits that stand for *parts*."""
    from cinctl.digests import sha256

    digits: str = sha256("\x1f".join(str(p) for p in parts).encode()).hexdigest()[:16]
    return digits


class Tracker:
    """The clocks of one subject: a case, a practitioner, or the service."""

    def __init__(self, subject: str, book: RuleBook, sort: str = "case") -> None:
        self.subject = subject
        self.book = book
        self.sort = sort
        self.running: dict[str, list[Obligation]] = {}
        self.finished: list[Obligation] = []
        self._stops: dict[ClockRule, list[tuple[Place, Event, ThreadRef | None]]] = {}

    def open_dues(self, rule: str) -> list[date | None]:
        """Return the due date of each running obligation of *rule*; None for one without a limit."""
        return [o.due for o in self.running.get(rule, ())]

    def all(self) -> Iterator[Obligation]:
        """Yield every obligation, running or finished."""
        yield from self.finished
        for obligations in self.running.values():
            yield from obligations

    def advance(self, moment: Moment) -> list[Obligation]:
        """Take in the event of *moment*, with the case just after it. Returns the obligations that it finished."""
        event = moment.event
        if event.base == "reopen":
            self._stops.clear()
        touched: list[Obligation] = []
        for edition, clocks in self.book.heard[self.sort][event.kind].clocks:
            self._edition(edition, clocks, moment, touched)
        return touched

    def begin(self, edition: Edition, moment: Moment) -> None:
        """Start what runs from the day on which *edition* comes into force."""
        self._edition(edition, listeners(edition.hooks_on(self.sort, IN_FORCE)), moment, [])

    def _edition(self, edition: Edition, clocks: Iterable[Listener], moment: Moment, touched: list[Obligation]) -> None:
        """Ask every clock first what it hears, then let them act: none hears what another does at the same event."""
        heard = _heard(clocks, moment)
        if not heard:
            return
        ref = _thread_ref(moment)
        for clock, role, hook in heard:
            if role == "stop":
                self._stop(clock, moment, hook, ref, touched)
            elif role == "start":
                self._start(edition, clock, moment, hook, ref, touched)
            elif role == "until":
                self._end(clock, moment, ref, touched)
            else:
                self._resume(clock, moment, ref)

    # Starting

    def _start(
        self,
        edition: Edition,
        clock: ClockRule,
        moment: Moment,
        hook: Hook,
        ref: ThreadRef | None,
        touched: list[Obligation],
    ) -> None:
        event = moment.event
        if event.kind != IN_FORCE and self.book.in_force(event.on) is not edition:
            return
        running = self.running.setdefault(clock.id, [])
        restarted = False
        if running and clock.again == "keep":
            return
        if running and clock.again == "restart":
            # What was overdue by then stays a finding; a new start forgives nothing.
            for obligation in list(running):
                self._finish(obligation, RESTARTED, event, touched)
            restarted = True
        made = self._new(clock, moment, hook)
        made.thread = ref
        made.owner = _fixed_owner(clock, moment)
        made.after = (event.on, event.seq) if restarted else None
        running.append(made)
        if not restarted:
            self._look_back(made, moment, touched)

    def _new(self, clock: ClockRule, moment: Moment, hook: Hook) -> Obligation:
        event = moment.event
        start, dated_by = event.on, None
        for fact in clock.from_:
            day = fact.get(moment)
            if isinstance(day, date):
                start, dated_by = day, fact
                break
        speaks = event.speaks
        judged = speaks is None or spoken(_needs(clock, hook, event, dated_by), speaks.fields, event.kind)
        if event.data is None and (clock.from_ or isinstance(clock.limit, Fact)):
            judged = False
        due: date | None = None
        try:
            due = self._due(clock, moment, start)
            if event.imported:
                clock.calendar.check(start)
        except CalendarError:
            if not event.imported:
                raise
            judged = False
        made = Obligation(clock, self.subject, event.seq, start, due)
        made.judged = judged
        made.unseen = speaks is not None and speaks.since is not None and start < speaks.since
        return made

    def _due(self, clock: ClockRule, moment: Moment, start: date) -> date | None:
        if isinstance(clock.limit, Fact) and clock.every is None:
            day = clock.limit.get(moment)
            return day if isinstance(day, date) else None
        return clock.ends(start)

    def _look_back(self, made: Obligation, moment: Moment, touched: list[Obligation]) -> None:
        """Let stops that stand earlier in order count, where the obligation counts from a day not after theirs."""
        stops = self._stops.get(made.rule)
        if stops is None:
            return
        early = made.rule.clock.early
        current: Obligation | None = made
        for place, event, ref in stops:
            if current is None or current.state != RUNNING:
                break
            # What starts the clock and stops it too has stopped what ran before, not what it starts.
            if event.seq == made.start_seq or not (early or current.start <= place[0]):
                continue
            if current.after is not None and place <= current.after:
                continue
            if _same_thread(current, ref, event, moment.case):
                current = self._hit(current, event, moment, touched)

    # Stopping, resuming, ending

    def _stop(
        self, clock: ClockRule, moment: Moment, hook: Hook, ref: ThreadRef | None, touched: list[Obligation]
    ) -> None:
        event = moment.event
        place = (event.on, event.seq)
        stops = self._stops.get(clock)
        if stops is None:
            stops = self._stops[clock] = []
        stops.append((place, event, ref))
        running = self.running.get(clock.id)
        for obligation in tuple(running) if running else ():
            if obligation.rule is not clock or obligation.start > event.on:
                continue
            if obligation.after is not None and place <= obligation.after:
                continue
            if not _same_thread(obligation, ref, event, moment.case):
                continue
            if event.speaks is not None and not spoken(hook.reads, event.speaks.fields, event.kind):
                obligation.judged = False
            self._hit(obligation, event, moment, touched)

    def _hit(
        self, obligation: Obligation, event: Event, moment: Moment, touched: list[Obligation]
    ) -> Obligation | None:
        """Count one stop. Returns the obligation that now runs: the same, the next cycle, or None."""
        obligation.hits += 1
        if obligation.hits < obligation.rule.times:
            return obligation
        self._finish(obligation, DONE, event, touched)
        return self._next_cycle(obligation, event)

    def _finish(self, obligation: Obligation, state: str, event: Event, touched: list[Obligation]) -> None:
        obligation.state = state
        obligation.finished, obligation.finished_seq = event.on, event.seq
        self.running[obligation.rule.id].remove(obligation)
        self.finished.append(obligation)
        touched.append(obligation)

    def _next_cycle(self, before: Obligation, event: Event) -> Obligation | None:
        clock = before.rule
        if clock.every is None:
            return None
        try:
            start, due = _cycle(before, clock.every, event.on)
            over = clock.lasts is not None and due > clock.lasts.after(before.origin, clock.calendar)
        except CalendarError:
            if not event.imported:
                raise
            return None
        if over:
            return None
        made = Obligation(clock, self.subject, before.start_seq, start, due)
        made.cycle = before.cycle + 1
        made.origin = before.origin
        made.thread = before.thread
        made.owner = before.owner
        # What somebody types begins a cycle that is judged as any other, whatever the first start was.
        made.judged = before.judged or not event.imported
        made.after = (event.on, event.seq)
        self.running[clock.id].append(made)
        return made

    def _resume(self, clock: ClockRule, moment: Moment, ref: ThreadRef | None) -> None:
        event = moment.event
        for obligation in reversed(self.finished):
            if (
                obligation.rule is clock
                and obligation.state == DONE
                and _same_thread(obligation, ref, event, moment.case)
            ):
                self.finished.remove(obligation)
                obligation.state, obligation.finished, obligation.finished_seq = RUNNING, None, None
                obligation.hits = 0
                obligation.after = (event.on, event.seq)
                self.running.setdefault(clock.id, []).append(obligation)
                return

    def _end(self, clock: ClockRule, moment: Moment, ref: ThreadRef | None, touched: list[Obligation]) -> None:
        running = self.running.get(clock.id)
        if not running:
            return
        event = moment.event
        for obligation in tuple(running):
            started_here = obligation.start_seq == event.seq
            if obligation.rule is clock and not started_here and _same_thread(obligation, ref, event, moment.case):
                self._finish(obligation, ENDED, event, touched)


def _heard(clocks: Iterable[Listener], moment: Moment) -> list[tuple[ClockRule, str, Hook]]:
    """Return what each of *clocks* hears in the event: for each role the first hook whose conditions hold."""
    heard = []
    gone = moment.event.data is None or (moment.case is not None and bool(moment.case.redacted))
    for clock, role, first, others in clocks:
        holds = first.holds
        if holds is None or (_hears(first, holds, moment) if gone else holds(moment)):
            heard.append((clock, role, first))
        elif others:
            hook = next((h for h in others if h.holds is None or _hears(h, h.holds, moment)), None)
            if hook is not None:
                heard.append((clock, role, hook))
    return heard


def _hears(hook: Hook, holds: Test, moment: Moment) -> bool:
    """Return whether a clock hears what may be redacted: that holds as a stop's condition, and fails as a start's."""
    case = moment.case
    if moment.event.data is None or (case is not None and case.redacted and case.clouded(hook.reads)):
        return hook.role != "start"
    return holds(moment)


def _needs(clock: ClockRule, hook: Hook, event: Event, dated_by: Fact | None) -> Reads:
    """Return all that must be known for an obligation to be judged which *hook* starts at *event*."""
    own_date = frozenset({(event.kind, "at")})
    # That a stop is missing can be said where its kind can be spoken of; when it came is asked once it comes.
    existence = frozenset((kind, "" if field == "at" else field) for kind, field in clock.stop_reads)
    reads = hook.reads - own_date | (dated_by.reads if dated_by is not None else own_date) | existence
    return reads | clock.limit.reads if isinstance(clock.limit, Fact) else reads


def _cycle(before: Obligation, every: Duration, stopped: date) -> tuple[date, date]:
    """Return start and due date of the cycle that follows *before*, which a stop on *stopped* finished.

    On a grid (`anchor = "start"`) it is due at the first point that comes after the stop and after what was due before.
    Each point is counted from the origin, so that a month's end stays one.
    """
    clock = before.rule
    if clock.clock.anchor != "start":
        return stopped, every.after(stopped, clock.calendar, clock.roll)
    last = max(stopped, before.due or stopped)
    step, start = 1, before.origin
    while True:
        point = Duration(every.n * step, every.unit).after(before.origin, clock.calendar)
        if point > last:
            return start, Duration(every.n * step, every.unit).after(before.origin, clock.calendar, clock.roll)
        start = point
        step += 1


def _thread_ref(moment: Moment) -> ThreadRef | None:
    """Return the thread that the event belongs to, the case being as it is just after it."""
    name = THREAD_OF.get(moment.event.kind)
    if name is None or moment.case is None:
        return None
    for thread in reversed(moment.case.threads.get(name, ())):
        if moment.event.seq in thread.seqs:
            return (name, thread.seq)
    return None


def _same_thread(obligation: Obligation, ref: ThreadRef | None, event: Event, case: Case | None) -> bool:
    """Return whether *event* may stop *obligation*: it is of the same thread, of none, or of one that names it."""
    mine = obligation.thread
    if mine is None or ref is None or case is None:
        return True
    if mine[0] == ref[0]:
        return mine == ref
    named: Any = event.get(mine[0])
    if named is None:
        return True
    thread = next((t for t in case.threads.get(mine[0], ()) if named in t.seqs), None)
    return thread is not None and thread.seq == mine[1]


def _fixed_owner(clock: ClockRule, moment: Moment) -> str | None:
    owner = clock.clock.owner
    if owner == "lead_at_start":
        return moment.case.lead if moment.case is not None else None
    if owner is not None and owner.startswith("start."):
        value = moment.event.by if owner == "start.by" else moment.event.get(owner.removeprefix("start."))
        return value if isinstance(value, str) else None
    return None
