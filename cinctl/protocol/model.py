"""What a protocol is made of, as named tuples. Field by field, these are the keys that a protocol file may hold.

`cinctl.protocol.shape` knows which keys are spelt otherwise, and which fields are no keys: where a rule stands and what
its table is called, the loader fills in. This module is on the way of every command: named tuples are made in a tenth
of the time that attrs takes, and their annotations faster yet when Python reads them than when it keeps them as text.
"""

from datetime import date
from os import PathLike
from typing import Any, Literal, NamedTuple

Condition = tuple[dict[str, Any], ...]
"""Condition tables as written: it holds when any table does, and `()` always holds."""

Level = Literal["deny", "warn"]
Roll = Literal["none", "next", "previous"]

IN_FORCE = "protocol"
"""What starts a clock of the service when the protocol comes into force: no event does."""
WAIVER_USED = "waiver.used"
"""What stops the clock of a waiver: a finding was waived by it. No event says so; judging the case does."""


class Trigger(NamedTuple):
    """Something to listen for: any of the kinds or named events *on*, when the case is then as *when* says."""

    on: tuple[str, ...]
    when: Condition = ()


class Gate(NamedTuple):
    """What must be true at the moment something is recorded. *require* is never empty."""

    id: str
    on: tuple[str, ...]
    require: Condition
    clauses: tuple[str, ...] = ()
    when: Condition = ()
    level: Level = "deny"
    say: str = ""
    external: str | None = None
    assumption: str | None = None
    locked: bool = False
    protocol: str = ""
    file: str = ""
    line: int = 0


class Clock(NamedTuple):
    """What must follow something, and by when.

    *within* is a duration or a date fact; *every* and *lasts* are durations. With neither *within* nor *every* there is
    no limit. *stops*, *resumes* and *until* are `()` when nothing does; *from_* is `()` for the starting event's date.
    """

    id: str
    starts: tuple[Trigger, ...]
    clauses: tuple[str, ...] = ()
    subject: Literal["case", "practitioner", "service"] = "case"
    when: Condition = ()
    from_: tuple[str, ...] = ()
    stops: tuple[Trigger, ...] = ()
    within: str | None = None
    every: str | None = None
    early: bool = False
    again: Literal["keep", "restart", "another"] = "keep"
    resumes: tuple[Trigger, ...] = ()
    anchor: Literal["stop", "start"] = "stop"
    times: int = 1
    lasts: str | None = None
    roll: Roll | None = None
    until: tuple[Trigger, ...] = ()
    owner: str | None = None
    level: Level = "warn"
    say: str = ""
    external: str | None = None
    assumption: str | None = None
    locked: bool = False
    protocol: str = ""
    file: str = ""
    line: int = 0


Rule = Gate | Clock


class NamedEvent(NamedTuple):
    """A kind, or another named event, and a condition, under a name of its own."""

    on: tuple[str, ...]
    when: Condition = ()
    name: str = ""


class Role(NamedTuple):
    """What a role is called and where it comes from; only gates refuse."""

    title: str
    clauses: tuple[str, ...] = ()
    say: str = ""
    id: str = ""


class Code(NamedTuple):
    """One word of a closed list."""

    title: str
    clauses: tuple[str, ...] = ()


class Param(NamedTuple):
    """Something that an authority must fill in. *value* is None until it has."""

    type: Literal["date", "text", "number", "flag", "duration"]
    say: str = ""
    value: Any = None


class Training(NamedTuple):
    """A set of topics that a practitioner completes. *within* and *valid_for* are durations."""

    topics: tuple[str, ...]
    within: str | None = None
    valid_for: str | None = None
    clauses: tuple[str, ...] = ()
    say: str = ""


class Source(NamedTuple):
    """A document that clauses come from."""

    title: str
    short: str = ""
    url: str | None = None
    id: str = ""


class Clause(NamedTuple):
    """One numbered statement of a source document, paraphrased."""

    source: str
    section: str
    level: Literal["hard", "soft", "context"]
    says: str
    id: str = ""


class CalendarSpec(NamedTuple):
    """Which days are working days, and what a limit in weeks or longer does that ends on a day off."""

    bank_holidays: str = "england-and-wales"
    closures: tuple[date, ...] = ()
    roll: Roll = "none"


class CaseloadSpec(NamedTuple):
    """The most open cases: that a practitioner leads, or one in a role; that a unit holds, or one of a name."""

    practitioner: int | None = None
    roles: dict[str, int] = {}  # noqa: RUF012 - nobody changes it: a protocol is made once and read
    unit: int | None = None
    units: dict[str, int] = {}  # noqa: RUF012
    clauses: tuple[str, ...] = ()
    say: str = ""

    def of_practitioner(self, role: str | None) -> int | None:
        """Return how many cases somebody in *role* leads at most; None where that has no limit."""
        return self.practitioner if role is None else self.roles.get(role, self.practitioner)

    def of_unit(self, unit: str | None) -> int | None:
        """Return how many cases *unit* holds at most; None where that has no limit."""
        return None if unit is None else self.units.get(unit, self.unit)


class Meta(NamedTuple):
    """The `[protocol]` table, which is the only one that is not inherited."""

    id: str
    title: str = ""
    extends: str | None = None
    status: Literal["statutory", "agreed", "interim", "guide"] | None = None
    effective_from: date | None = None
    supersedes: str | None = None
    agreed_by: tuple[str, ...] = ()
    published_on: date | None = None
    review_on: date | None = None
    references: tuple[str, ...] = ()


class Protocol(NamedTuple):
    """A protocol with all that it inherits laid together.

    *extends* are the ids of what it inherits from, nearest first, `core` last. *disabled* says why for each rule that
    it or a parent took out; *homes* where each clause is kept that no rule states. *hash* is the SHA-256 of its
    content: file names, lines and the order of keys do not count.
    """

    id: str
    title: str
    status: str | None
    effective_from: date | None
    extends: tuple[str, ...]
    supersedes: "Protocol | None"
    agreed_by: tuple[str, ...]
    published_on: date | None
    review_on: date | None
    references: tuple[str, ...]
    sources: dict[str, Source]
    clauses: dict[str, Clause]
    calendar: CalendarSpec
    sets: dict[str, tuple[str, ...]]
    roles: dict[str, Role]
    codes: dict[str, dict[str, Code]]
    params: dict[str, Param]
    training: dict[str, Training]
    events: dict[str, NamedEvent]
    gates: dict[str, Gate]
    clocks: dict[str, Clock]
    homes: dict[str, str]
    disabled: dict[str, str]
    file: str
    hash: str = ""
    caseload: CaseloadSpec = CaseloadSpec()

    @classmethod
    def load(cls, ref: str | PathLike[str]) -> "Protocol":
        """Return the protocol that *ref* names: a bundled id, or the path of a TOML file.

        Raises:
            ProtocolError: with every fault of the file and of those it extends.
        """
        from cinctl.protocol.loading import load

        return load(ref)

    def rule(self, rule_id: str) -> Rule | None:
        """Return the gate or clock called *rule_id*."""
        return self.gates.get(rule_id) or self.clocks.get(rule_id)

    def clause(self, clause_id: str) -> Clause | None:
        """Return the clause, the protocol's own before the bundled registers', which are read on first need."""
        from cinctl.protocol.registers import register

        return self.clauses.get(clause_id) or register().get(clause_id)

    def source(self, source_id: str) -> Source | None:
        """Return the source document: with a short name if the bundled register alone gives it one."""
        from cinctl.protocol.registers import register_sources

        own, known = self.sources.get(source_id), register_sources().get(source_id)
        return own if own is not None and (own.short or known is None) else known or own

    def where(self, rule_id: str) -> str:
        """Return where the rule stands, such as `bristol.toml:120`; the protocol's file when there is no such rule."""
        rule = self.rule(rule_id)
        if rule is None:
            return self.file
        return f"{rule.file}:{rule.line}" if rule.line else rule.file

    def cite(self, rule: Rule) -> str:
        """Return the source and section of the rule's first clause, such as `Bristol §7`.

        A rule without a clause that is known is cited by the id of the protocol that states it.
        """
        cited = self.citation(rule.clauses[0])
        return rule.protocol if cited is None else cited

    def citation(self, clause_id: str) -> str | None:
        """Return the source and section of a clause, or None for one that nobody knows."""
        clause = self.clause(clause_id)
        if clause is None:
            return None
        source = self.source(clause.source)
        name = (source.short or source.title) if source else clause.source
        if not clause.section:
            return name
        return f"{name}{' ' if clause.section.startswith('§') else ', '}{clause.section}"
