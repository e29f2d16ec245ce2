"""A protocol's rules by what they listen to: gates by the kind they judge, clocks and named events by what they hear.

Compiling finds every fault at once; a protocol that is known to be without may be compiled rule by rule, when one is
asked for. One edition stands for one version of a protocol; a rule book holds the version in force and those that it
supersedes, newest first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from cinctl.calendar import Calendar, Duration
from cinctl.compiled import ClockRule, GateRule, Hook, Listener, Named, Sign, listeners, spoken
from cinctl.compiling import Compiler, OnDemand
from cinctl.errors import ProtocolError
from cinctl.facts import expand

if TYPE_CHECKING:
    from cinctl.protocol import Protocol

__all__ = ["ClockRule", "Edition", "GateRule", "Heard", "Hook", "Listener", "Named", "RuleBook", "listeners", "spoken"]


class Tables(NamedTuple):
    """All that one edition holds, compiled."""

    gates: dict[str, list[GateRule]]
    gate_rules: dict[str, GateRule]
    hooks: dict[str, dict[str, list[Hook]]]
    clock_rules: dict[str, ClockRule]
    named: dict[str, Named]
    named_by_kind: dict[str, list[Named]]


class Edition:
    """One version of a protocol, compiled. Raises ProtocolError with every fault at once.

    One that is *vetted* has been compiled before, by this version of cinctl and without a fault: it compiles nothing
    before it is asked for.
    """

    def __init__(self, protocol: Protocol, tag: str = "", *, vetted: bool = False) -> None:
        self.protocol = protocol
        self.calendar = Calendar.load(protocol.calendar.bank_holidays, protocol.calendar.closures)
        self.trainings = {
            name: (training.topics, Duration.parse(training.valid_for) if training.valid_for else None)
            for name, training in protocol.training.items()
        }
        self._compiler = Compiler(protocol, tag, self.calendar, self.trainings, vetted=vetted)
        self.gates_on: Mapping[str, tuple[GateRule, ...]] = OnDemand(self._judging)
        """The gates that judge each full kind, for any that is asked for."""
        self._tables: Tables | None = None
        if not vetted:
            self.compile()

    def in_force_from(self) -> date | None:
        """Return since when the edition holds; for one that holds for all dates, since when the service's clocks do.

        That is the earliest date that a parameter of the protocol names, such as the inception of posts.
        """
        if self.protocol.effective_from is not None:
            return self.protocol.effective_from
        named = [p.value for p in self.protocol.params.values() if isinstance(p.value, date)]
        return min(named) if named else None

    def codes(self, name: str) -> Mapping[str, Any]:
        """Return the code list *name*: roles and training topics count as lists too; empty where there is none."""
        if name == "role":
            return self.protocol.roles
        if name == "topic" and name not in self.protocol.codes:
            return {t: t for topics, _ in self.trainings.values() for t in topics}
        return self.protocol.codes.get(name, {})

    def rule_ids(self) -> list[str]:
        """Return the id of every gate and clock."""
        return [*self.protocol.gates, *self.protocol.clocks]

    def compile(self) -> Tables:
        """Compile all that is not yet compiled. Raises ProtocolError with every fault at once."""
        if self._tables is None:
            tables = self._compiled()
            self._check()
            self._tables = tables
        return self._tables

    def _check(self) -> None:
        if self._compiler.faults:
            raise ProtocolError(dict.fromkeys(self._compiler.faults))

    def _compiled(self) -> Tables:
        made = Tables({}, {}, {"case": {}, "practitioner": {}, "service": {}}, {}, {}, {})
        compiler = self._compiler
        for name in self.protocol.events:
            compiler.event(name)
        compiler.tell_of_clocks()
        for name, kinds in compiler.kinds_of_events().items():
            named = compiler.event(name)
            if named is not None:
                made.named[name] = named
                for kind in () if compiler.lacking([named]) else kinds:
                    made.named_by_kind.setdefault(kind, []).append(named)
        for gate in self.protocol.gates.values():
            rule = compiler.gate(gate)
            if rule is not None:
                made.gate_rules[gate.id] = rule
                for kind in rule.kinds:
                    made.gates.setdefault(kind, []).append(rule)
        for number, clock in enumerate(self.protocol.clocks.values()):
            found = compiler.clock(clock, number)
            if found is not None:
                made.clock_rules[clock.id] = found[0]
                for kind, hooks in found[1].items():
                    made.hooks[clock.subject].setdefault(kind, []).extend(hooks)
        return made

    @property
    def gates(self) -> dict[str, list[GateRule]]:
        """Every gate that is judged, by full kind."""
        return self.compile().gates

    @property
    def gate_rules(self) -> dict[str, GateRule]:
        """Every gate that is judged, by id."""
        return self.compile().gate_rules

    @property
    def hooks(self) -> dict[str, dict[str, list[Hook]]]:
        """What every clock listens to: the hooks by what the clock is for, then by full kind."""
        return self.compile().hooks

    @property
    def clock_rules(self) -> dict[str, ClockRule]:
        """Every clock that is judged, by id."""
        return self.compile().clock_rules

    @property
    def named(self) -> dict[str, Named]:
        """Every named event."""
        return self.compile().named

    @property
    def named_by_kind(self) -> dict[str, list[Named]]:
        """The named events that come about by each full kind, those that others are built on first."""
        return self.compile().named_by_kind

    @property
    def unfilled(self) -> dict[str, str]:
        """For each rule that is not judged for want of a parameter, the parameter."""
        self.compile()
        return self._compiler.unfilled

    # What one kind of event concerns

    def _judging(self, kind: str) -> tuple[GateRule, ...]:
        base = kind.partition(".")[0]
        names = {kind, base} if kind in (expand(base) or ()) else {kind}
        gates = (gate for gate in self.protocol.gates.values() if not names.isdisjoint(gate.on))
        rules = tuple(rule for rule in map(self._compiler.gate, gates) if rule is not None and kind in rule.kinds)
        self._check()
        return rules

    def named_on(self, kind: str) -> list[Named]:
        """Return the named events that an event of the full *kind* may be."""
        compiler = self._compiler
        found = [compiler.event(name) for name, kinds in compiler.kinds_of_events().items() if kind in kinds]
        self._check()
        return [named for named in found if named is not None and not compiler.lacking([named])]

    def hooks_on(self, sort: str, kind: str) -> list[Hook]:
        """Return the hooks of every clock for *sort* that listens to events of the full *kind*."""
        hooks: list[Hook] = []
        for number, clock in enumerate(self.protocol.clocks.values()):
            if clock.subject == sort and self._compiler.may_hear(clock, kind):
                found = self._compiler.clock(clock, number)
                hooks += found[1].get(kind, ()) if found is not None else ()
        self._check()
        return hooks


class Heard(NamedTuple):
    """Who listens to one kind of event on a case: the signs of named events, and each edition's clocks."""

    signs: tuple[Sign, ...]
    clocks: tuple[tuple[Edition, tuple[Listener, ...]], ...]


class RuleBook:
    """The editions of a protocol, newest first. *vetted*: it is known to be without a fault, and none is looked for."""

    def __init__(self, protocol: Protocol, *, vetted: bool = False) -> None:
        editions: list[Edition] = []
        version: Protocol | None = protocol
        while version is not None:
            editions.append(Edition(version, tag=f"{len(editions)}:" if editions else "", vetted=vetted))
            version = version.supersedes
        self.editions: tuple[Edition, ...] = tuple(editions)
        # Most protocols hold for all dates: then there is nothing to choose.
        self.always: Edition | None = editions[0] if editions[0].protocol.effective_from is None else None
        """The version that is in force whatever the date, where one is."""
        self.heard: Mapping[str, Mapping[str, Heard]] = {
            sort: OnDemand(partial(self._hearing, sort)) for sort in ("case", "practitioner", "service")
        }
        """By what a clock is for, and by full kind: who listens to such events."""

    def _hearing(self, sort: str, kind: str) -> Heard:
        signs = [named.at(kind) for edition in self.editions for named in edition.named_on(kind)]
        each = ((edition, listeners(edition.hooks_on(sort, kind))) for edition in self.editions)
        return Heard(tuple(signs), tuple((edition, clocks) for edition, clocks in each if clocks))

    @cached_property
    def across(self) -> bool:
        """Whether what runs on one case may depend on what another says: on how many families a service works with."""
        for edition in self.editions:
            told = (edition.protocol.clocks, edition.protocol.events)
            if any("service.open_families" in repr(rule) for rules in told for rule in rules.values()):
                return True
        return False

    @property
    def newest(self) -> Edition:
        """The version that was asked for."""
        return self.editions[0]

    @property
    def protocol(self) -> Protocol:
        """The protocol that was asked for."""
        return self.editions[0].protocol

    @property
    def calendar(self) -> Calendar:
        """The calendar of the version that was asked for."""
        return self.editions[0].calendar

    def in_force(self, on: date) -> Edition | None:
        """Return the version in force on *on*, or None when *on* is before all of them."""
        if self.always is not None:
            return self.always
        for edition in self.editions:
            start = edition.protocol.effective_from
            if start is None or on >= start:
                return edition
        return None
