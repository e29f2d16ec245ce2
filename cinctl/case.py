"""A case as its events leave it: one child's involvement, folded event by event.

`last`, `first` and `count` look at the present episode, since the referral or the latest reopening; former leads
and their roles belong to the whole case.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cinctl.history import Event
from cinctl.staff import Register
from cinctl.threads import THREAD_OF, THREADS, Thread

ENDED = frozenset({"closed", "stepped_down"})
_STATUTORY = frozenset({"section_17", "section_47"})
_NOT_TAKEN_ON = frozenset({"no_further_action", "early_help"})


class Case:
    """One child's involvement, as far as its events have gone."""

    __slots__ = (
        *("agencies", "born", "by_seq", "child", "consent", "count", "coworkers", "cp_since", "disabled"),
        *("ended_on", "escalated", "expected", "family", "first", "former_leads", "id", "last", "lead"),
        *("lead_roles", "lead_since", "legal_status", "manager", "need", "opener", "outcome", "received"),
        *("redacted", "referred", "scope", "source", "state", "supervisor", "supervisor_since", "threads"),
        *("tier", "unit_decided", "unit_recorded"),
    )

    def __init__(self, id: str) -> None:  # noqa: A002 - the field's own word
        self.id = id
        self.opener: Event | None = None
        self.child: str | None = None
        self.family: str | None = None
        self.born: date | None = None
        self.expected: date | None = None
        self.source: str | None = None
        self.need: str | None = None
        self.disabled: bool | None = None
        self.agencies: list[str] | None = None
        self.referred: date | None = None
        self.received: date | None = None
        self.state: str | None = None
        self.ended_on: date | None = None
        self.tier: str | None = None
        self.outcome: str | None = None
        self.lead: str | None = None
        self.lead_since: date | None = None
        self.supervisor: str | None = None
        self.supervisor_since: date | None = None
        self.manager: str | None = None
        self.scope: list[str] | None = None
        self.unit_recorded: str | None = None
        self.unit_decided: str | None = None
        self.coworkers: list[str] = []
        self.lead_roles: list[str] = []
        self.former_leads: list[tuple[str, str | None]] = []
        self.consent: dict[str, str] = {}
        self.legal_status: list[str] = []
        self.cp_since: date | None = None
        self.escalated = False
        self.last: dict[str, Event] = {}
        self.first: dict[str, Event] = {}
        self.count: dict[str, int] = {}
        self.threads: dict[str, list[Thread]] = {}
        self.by_seq: dict[int, Event] = {}
        self.redacted: set[str] = set()
        """Kinds of which an event in this episode has lost its payload."""

    @property
    def unit(self) -> str | None:
        """The unit as recorded, else that of whoever decided."""
        return self.unit_recorded or self.unit_decided

    @property
    def open(self) -> bool:
        """Whether the case is referred or open."""
        return self.state in ("referred", "open")

    def note(self, name: str, event: Event) -> None:
        """Count *event* under the kind or named event *name*."""
        self.last[name] = event
        counts = self.count
        if name in counts:
            counts[name] += 1
        else:
            counts[name] = 1
            self.first[name] = event

    def advance(self, event: Event, register: Register, before_seq: int | None = None) -> None:
        """Take in *event*, the next in order. *register* says who people were on its day."""
        kind, base = event.kind, event.base
        if base == "reopen" or (base == "refer" and self.opener is None):
            self._new_episode()
        self.by_seq[event.seq] = event
        if event.data is None:
            self.redacted.add(kind)
        if kind in THREAD_OF:
            self._thread(event, THREAD_OF[kind])
        step = _STEPS.get(base)
        if step is not None:
            step(self, event if event.data is not None else _bare(event), register, before_seq)
        self.note(base, event)
        if event.phase is not None:
            self.note(kind, event)

    def clouded(self, reads: Iterable[tuple[str, str]]) -> bool:
        """Return whether something in *reads*, (kind, field) pairs, was in a payload that is gone."""
        return any(field not in ("", "at", "by") and self._lost(kind) for kind, field in reads)

    def _lost(self, kind: str) -> bool:
        return any(kind in (full, full.partition(".")[0]) for full in self.redacted)

    def _new_episode(self) -> None:
        self.redacted.clear()
        self.last.clear()
        self.first.clear()
        self.count.clear()
        self.threads.clear()

    # Threads

    def thread_for(self, event: Event) -> Thread | None:
        """Return the thread that *event* belongs to, or None when it opens one or belongs to none."""
        name = THREAD_OF.get(event.kind)
        if name is None or event.kind in THREADS[name].opens:
            return None
        return self.thread_named(name, event.get("of"), event)

    def thread_named(self, name: str, seq: int | None, event: Event | None = None) -> Thread | None:
        """Return the thread of kind *name* at *seq*; without *seq* the only open one, else the latest that fits."""
        threads = self.threads.get(name, [])
        if seq is not None:
            return next((t for t in threads if seq in t.seqs), None)
        fitting = [t for t in threads if event is None or _fits(t, event)]
        still_open = [t for t in fitting if t.open]
        pool = still_open or ([] if event is not None and event.kind == "plan.start" else fitting)
        return pool[-1] if pool else None

    def _thread(self, event: Event, name: str) -> None:
        thread = self.thread_for(event)
        if thread is None:
            if event.kind == "plan.draft":
                self._close_plans(event)
            thread = Thread(name, event)
            self.threads.setdefault(name, []).append(thread)
        thread.take(event)

    def _close_plans(self, event: Event) -> None:
        for plan in self.threads.get("plan", ()):
            if plan.fields.get("type") == event.get("type"):
                plan.open = False

    def close_threads(self, name: str | None = None) -> None:
        """Close every open thread, or those of kind *name*."""
        for kind, threads in self.threads.items():
            if name is None or kind == name:
                for thread in threads:
                    thread.open = False

    # Leads

    def previous_lead(self) -> str | None:
        """Return the latest former lead, or None."""
        return self.former_leads[-1][0] if self.former_leads else None

    def previous_social_worker(self) -> str | None:
        """Return the latest former lead who then was a social worker and is not the present lead, or None."""
        for person, role in reversed(self.former_leads):
            if role == "social_worker" and person != self.lead:
                return person
        return None


def _fits(thread: Thread, event: Event) -> bool:
    type_ = event.get("type")
    if type_ is not None and thread.fields.get("type", "child_in_need") != type_:
        return False
    return not (event.kind == "plan.start" and "started" in thread.marks)


def _bare(event: Event) -> Event:
    return Event(seq=event.seq, kind=event.kind, case=event.case, at=event.at, by=event.by, data={})


def _as_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _refer(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    data = event.data or {}
    case.opener = event
    case.child = data.get("child")
    case.family = data.get("family")
    case.born = _as_day(data.get("born"))
    case.expected = _as_day(data.get("expected"))
    case.source = data.get("source")
    case.need = data.get("need")
    case.disabled = data.get("disabled")
    case.agencies = data.get("agencies")
    case.unit_recorded = data.get("unit")
    case.referred = event.on
    case.received = _as_day(data.get("received_by_team")) or event.on
    case.state = "referred"


def _decide(case: Case, event: Event, register: Register, before: int | None) -> None:
    case.outcome = event.get("outcome")
    if case.state in ENDED:
        pass
    elif case.outcome in _NOT_TAKEN_ON:
        case.state = "no_further_action"
        case.ended_on = event.on
    else:
        case.state = "open"
        case.ended_on = None
    if case.outcome in _STATUTORY and case.tier != "child_protection":
        case.tier = "section_17"
    if event.by is not None:
        case.unit_decided = register.as_of(event.by, event.on, before).unit or case.unit_decided


def _consent(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    if event.phase and event.get("answer"):
        case.consent[event.phase] = event.get("answer")


def _allocate(case: Case, event: Event, register: Register, before: int | None) -> None:
    data = event.data or {}
    to = data.get("to")
    if to is None:
        return
    if case.lead is not None and case.lead != to:
        was = case.lead_roles[-1] if case.lead_roles else None
        case.former_leads.append((case.lead, was))
    if case.lead != to:
        case.lead_since = event.on
    case.lead = to
    role = register.as_of(to, event.on, before).role
    case.lead_roles.append(role or "unknown")
    if data.get("supervisor") is not None:
        if data["supervisor"] != case.supervisor:
            case.supervisor_since = event.on
        case.supervisor = data["supervisor"]
    case.manager = data.get("manager", case.manager)
    case.scope = data.get("scope", case.scope)
    case.unit_recorded = data.get("unit", case.unit_recorded)
    case.close_threads("escalation")


def _cowork(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    person = event.get("with")
    if event.phase == "end":
        case.coworkers = [p for p in case.coworkers if p != person]
    elif person is not None and person not in case.coworkers:
        case.coworkers = [*case.coworkers, person]


def _update(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    data = event.data or {}
    if "born" in data:
        case.born, case.expected = _as_day(data["born"]), None
    case.need = data.get("need", case.need)
    case.agencies = data.get("agencies", case.agencies)
    case.unit_recorded = data.get("unit", case.unit_recorded)
    case.tier = data.get("tier", case.tier)
    case.family = data.get("family", case.family)
    case.disabled = data.get("disabled", case.disabled)


def _plan(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    if event.get("type") != "child_protection":
        return
    if event.phase == "start":
        case.tier, case.cp_since = "child_protection", case.cp_since or event.on
    elif event.phase == "end":
        case.tier, case.cp_since = "section_17", None


def _conference(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    outcome = event.get("outcome")
    if outcome == "cp_plan":
        case.tier, case.cp_since = "child_protection", case.cp_since or event.on
    elif outcome == "step_down_cin":
        case.tier, case.cp_since = "section_17", None


def _legal(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    status = event.get("status")
    kept = [s for s in case.legal_status if s != status]
    case.legal_status = [*kept, status] if event.phase == "start" and status else kept


def _escalate(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    case.escalated = event.phase != "decline"


def _end(case: Case, event: Event, _register: Register, _before: int | None) -> None:
    case.state = "closed" if event.base == "close" else "stepped_down"
    case.ended_on = event.on
    if event.base == "stepdown":
        case.tier = "early_help"
    case.close_threads()


def _reopen(case: Case, _event: Event, _register: Register, _before: int | None) -> None:
    if case.lead is not None:
        case.former_leads.append((case.lead, case.lead_roles[-1] if case.lead_roles else None))
    case.lead = case.lead_since = None
    case.supervisor = case.supervisor_since = case.manager = None
    case.state, case.ended_on, case.escalated = "open", None, False
    case.coworkers = []
    case.tier = "section_17"


_STEPS = {
    "refer": _refer,
    "decide": _decide,
    "consent": _consent,
    "allocate": _allocate,
    "cowork": _cowork,
    "update": _update,
    "plan": _plan,
    "conference": _conference,
    "legal": _legal,
    "escalate": _escalate,
    "close": _end,
    "stepdown": _end,
    "reopen": _reopen,
}
