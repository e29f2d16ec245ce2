"""Gates: what must be true at the moment something is recorded. Facts and protocol in, findings out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from cinctl.case import Case
from cinctl.clocks import DONE, Obligation, fingerprint
from cinctl.facts import OWN, Moment
from cinctl.history import Event
from cinctl.rules import Edition, GateRule, spoken
from cinctl.words import satisfy, why


class Waiver(NamedTuple):
    """A waiver that covers a finding: the event that recorded it, its last day, who approved it."""

    seq: int
    until: date
    approved_by: str | None


if TYPE_CHECKING:
    from cinctl.protocol import Protocol, Rule


class Finding(NamedTuple):
    """One way in which a history departs from its protocol.

    *seq* is the event that departs, or for something that never came the event that started its clock. *due* and
    *late_days* (calendar days) belong to clocks. *hindsight*: only what was recorded later shows it.

    *message* may quote what the record holds. *say*, the protocol's words, and *how*, a clock's dates, never do.
    *unit* and *lead* are the case's as it stands; *waiver* is what waived it.
    """

    rule: str
    clause: str | None
    clauses: tuple[str, ...]
    level: str
    case: str | None
    seq: int | None
    at: str | None
    message: str
    cite: str = ""
    due: str | None = None
    late_days: int | None = None
    waived: bool = False
    hindsight: bool = False
    fingerprint: str = ""
    staff: str | None = None
    unit: str | None = None
    lead: str | None = None
    say: str = ""
    how: str = ""
    waiver: Waiver | None = None

    def row(self) -> dict[str, Any]:
        """Return the finding as a row of `audit`, field names as documented."""
        row: dict[str, Any] = {
            "rule": self.rule,
            "clause": self.clause,
            "clauses": list(self.clauses),
            "level": self.level,
            "case": self.case,
            "seq": self.seq,
            "at": self.at,
            "message": self.message,
            "due": self.due,
            "late_days": self.late_days,
            "waived": self.waived,
            "hindsight": self.hindsight,
            "fingerprint": self.fingerprint,
        }
        if self.case is None:
            row["staff"] = self.staff
            row["unit"] = self.unit
        return row

    def line(self, verb: str) -> str:
        """Return one line for people: `refused by BRI-53 (Bristol §7): ...`."""
        cite = f" ({self.cite})" if self.cite else ""
        return f"{verb} {self.rule}{cite}: {self.message}"

    def held(self, unit: str | None, lead: str | None) -> Finding:
        """Return the finding as one on a case that *unit* holds and *lead* leads."""
        return self._replace(unit=unit, lead=lead)

    def waived_by(self, waiver: Waiver) -> Finding:
        """Return the finding as one that *waiver* covers."""
        return self._replace(waived=True, waiver=waiver)

    @property
    def denies(self) -> bool:
        """Whether it stands against the step: a `deny` finding that no waiver covers."""
        return self.level == "deny" and not self.waived


def judge(edition: Edition, moment: Moment) -> tuple[list[Finding], int]:
    """Return the findings of every gate on the event of *moment*, and how many gates could not be judged.

    The case is as it was just before the event. An imported event is not judged by what its source cannot speak of,
    nor a redacted one by conditions that need what is gone.
    """
    event, case = moment.event, moment.case
    rules = edition.gates_on[event.kind]
    if event.speaks is None and event.data is not None and (case is None or not case.redacted):
        return [gate_finding(edition.protocol, rule, moment) for rule in rules if rule.departs(moment)], 0
    spoken_of = [rule for rule in rules if _speaks_of(rule, event, case)]
    found = [gate_finding(edition.protocol, rule, moment) for rule in spoken_of if rule.departs(moment)]
    return found, len(rules) - len(spoken_of)


def _speaks_of(rule: GateRule, event: Event, case: Case | None) -> bool:
    """Return whether the record says of *event* what the rule looks at: not what its source cannot, or is redacted."""
    if event.speaks is not None and not spoken(rule.reads, event.speaks.fields, event.kind):
        return False
    if case is not None and case.redacted and case.clouded(rule.reads):
        return False
    # What is known of a case when it opens is what the referral says.
    own = (OWN, "refer") if event.base == "refer" else (OWN,)
    return not (event.redacted and any(kind in own and field not in ("at", "by") for kind, field in rule.reads))


def gate_finding(protocol: Protocol, rule: GateRule, moment: Moment) -> Finding:
    """Return the finding that *rule* makes of the event of *moment*, with what stood in the way."""
    event, gate = moment.event, rule.gate
    reasons = dict.fromkeys(why(line, moment) for line in rule.require.failing(moment))
    message = "; ".join((gate.say, *reasons)) if gate.say else "; ".join(reasons)
    return Finding(
        rule=gate.id,
        clause=gate.clauses[0] if gate.clauses else None,
        clauses=gate.clauses,
        level=gate.level,
        case=event.case,
        seq=event.seq,
        at=event.at,
        message=message + marks(gate),
        cite=protocol.cite(gate),
        fingerprint=fingerprint(gate.id, event.case or event.get("staff") or "service", event.seq),
        staff=None if event.case else event.get("staff"),
        unit=None if event.case else event.get("unit"),
        say=(gate.say or satisfy(rule.require)) + marks(gate),
    )


def marks(rule: Rule) -> str:
    """Return what is printed beside a rule that rests on a reading of ours or on a source outside the documents."""
    told = [f"assumption {rule.assumption}"] if rule.assumption else []
    told += [f"external: {rule.external}"] if rule.external else []
    return f" [{'; '.join(told)}]" if told else ""


def clock_finding(protocol: Protocol, obligation: Obligation, *, at: str | None, how: str, late_days: int) -> Finding:
    """Return the finding that an obligation makes that is overdue, was done late, or ended undone: *how* says which."""
    clock = obligation.rule.clock
    say = clock.say or clock.id
    case = obligation.subject if clock.subject == "case" else None
    late_event = obligation.finished_seq if obligation.state == DONE else None
    return Finding(
        rule=clock.id,
        clause=clock.clauses[0] if clock.clauses else None,
        clauses=clock.clauses,
        level=clock.level,
        case=case,
        seq=late_event if late_event is not None else obligation.start_seq,
        at=at,
        message=f"{say}: {how}{marks(clock)}",
        cite=protocol.cite(clock),
        due=obligation.due.isoformat() if obligation.due else None,
        late_days=late_days,
        fingerprint=obligation.fingerprint(),
        staff=obligation.subject if clock.subject == "practitioner" else None,
        say=say + marks(clock),
        how=how,
    )
