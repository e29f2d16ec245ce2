"""What the next step would come to, and what a clock that was not kept amounts to: findings on a casebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from cinctl.case import Case
from cinctl.casebook import Casebook
from cinctl.clocks import ENDED, Obligation, Tracker
from cinctl.errors import UsageError, did_you_mean
from cinctl.gates import Finding, clock_finding, judge
from cinctl.history import Event
from cinctl.rules import Edition, RuleBook
from cinctl.waivers import Waivers


class Judgement(NamedTuple):
    """What judging one step came to."""

    event: Event
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        """Whether nothing stands against the step."""
        return not any(f.denies for f in self.findings)


def judge_step(book: Casebook, event: Event, waivers: Sequence[Event] = ()) -> Judgement:
    """Judge *event*, not yet recorded, against what is known now; *waivers* are about to be recorded with it."""
    if event.base == "correct":
        return _judge_correction(book, event)
    return _judge_as(book, event, event, (), waivers)


def _judge_as(
    book: Casebook, judged: Event, recorded: Event, without: tuple[int, ...], waivers: Sequence[Event] = ()
) -> Judgement:
    edition = book.rules.in_force(judged.on)
    if edition is None:
        # Staff took up post long before any protocol: that is history, not a departure.
        early = () if judged.case is None else (_before_all(judged, book.rules),)
        return Judgement(event=recorded, findings=early)
    case, tracker = _before(book, judged, without)
    findings, _ = judge(edition, book.moment(judged, case, tracker, subject=judged.get("staff"), edition=edition))
    if judged.kind == "waive":
        findings += _locked(judged, edition)
    if findings and judged.case is not None:
        known = book.tracks[judged.case].events if judged.case in book.tracks else []
        held = Waivers([*book.effective(known), *waivers])
        findings = [held.over_gate(f, judged.on) for f in findings]
    return Judgement(event=recorded, findings=tuple(findings))


def _before(book: Casebook, event: Event, without: tuple[int, ...]) -> tuple[Case | None, Tracker | None]:
    """Return the case just before *event* in order, as now known, leaving out the events *without*."""
    if event.case is None:
        return None, None
    track = book.tracks.get(event.case)
    if track is None:
        return Case(event.case), Tracker(event.case, book.rules)
    place = event.place()
    if not without and track.last_place is not None and place > track.last_place:
        return book.folded(event.case)
    earlier = (e for e in book.effective(track.events) if e.place() < place and e.seq not in without)
    return book.fold(event.case, earlier)


def _judge_correction(book: Casebook, event: Event) -> Judgement:
    target = book.find(event.get("of"))
    if event.get("void") or target.base == "correct":
        return Judgement(event=event, findings=())
    amended = (book.current(target.seq) or target).amended(event)
    if amended.case is not None:
        book.rules.calendar.check(amended.on)
    return _judge_as(book, amended, event, (target.seq,))


def finished_late(book: Casebook, case: str | None, obligations: Iterable[Obligation], today: date) -> list[Finding]:
    """Return the findings of those *obligations* on *case* that were finished late."""
    late = [o for o in obligations if o.judged and o.is_late()]
    if not late or case is None:
        return []
    waivers = Waivers(book.effective(book.tracks[case].events))
    return [waivers.over_clock(lateness(book, o, today), o.finished or today) for o in late]


def lateness(book: Casebook, obligation: Obligation, today: date) -> Finding:
    """Return the finding that *obligation* makes, which is late, ended undone, or runs on *today*."""
    until = obligation.finished or today
    days = 0 if obligation.due is None else (until - obligation.due).days
    return clock_finding(
        book.rules.protocol,
        obligation,
        at=obligation.finished.isoformat() if obligation.finished else None,
        how=_how(obligation, days),
        late_days=days,
    )


def _how(obligation: Obligation, days: int) -> str:
    from cinctl.calendar import weekday_date

    counted = f"{days} day{'' if days == 1 else 's'} late"
    if obligation.due is None:
        return "never done; the case ended without it"
    due = weekday_date(obligation.due)
    if obligation.state == ENDED:
        return f"was due {due}, and not done when it ended, {counted}"
    if obligation.finished is not None:
        return f"was due {due}, done {weekday_date(obligation.finished)}, {counted}"
    return f"was due {due}, {counted}"


def _before_all(event: Event, rules: RuleBook) -> Finding:
    start = min(e.protocol.effective_from for e in rules.editions if e.protocol.effective_from is not None)
    return Finding(
        rule="effective_from",
        clause=None,
        clauses=(),
        level="deny",
        case=event.case,
        seq=event.seq,
        at=event.at,
        message=f"{rules.protocol.id} is in force from {start.isoformat()}; the step is dated {event.on.isoformat()}",
        cite=rules.protocol.id,
    )


def _locked(event: Event, edition: Edition) -> list[Finding]:
    rule_id = event.get("rule")
    rule = edition.protocol.rule(rule_id)
    if rule is None:
        raise UsageError(f"there is no rule '{rule_id}'.{did_you_mean(rule_id, edition.rule_ids())}")
    if not rule.locked:
        return []
    return [
        Finding(
            rule=rule.id,
            clause=rule.clauses[0] if rule.clauses else None,
            clauses=rule.clauses,
            level="deny",
            case=event.case,
            seq=event.seq,
            at=event.at,
            message=f"{rule.say or rule.id}: this rule is locked and cannot be waived",
            cite=edition.protocol.cite(rule),
        )
    ]
