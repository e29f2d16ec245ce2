"""A protocol's rules by what they listen to: gates by the kind they judge, clocks and named events by what they hear.

Compiling finds every fault at once; a protocol that is known to be without may be compiled rule by rule, when one is
asked for. One edition stands for one version of a protocol; a rule book holds the version in force and those that it
supersedes, newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, TypeVar

from cinctl.calendar import Calendar, Duration
from cinctl.compiled import ClockRule, GateRule, Hook, Listener, Named, Sign, at_kinds, listeners, spoken
from cinctl.conditions import ALWAYS, Conditions, Vocabulary, compile_conditions
from cinctl.errors import ProtocolError, did_you_mean
from cinctl.facts import Fact, FactError, Reads, Scope, compile_fact, expand
from cinctl.protocol import Clock, Gate, Protocol, Trigger
from cinctl.protocol.checks import IN_FORCE, WAIVER_USED

__all__ = ["ClockRule", "Edition", "GateRule", "Heard", "Hook", "Listener", "Named", "RuleBook", "listeners", "spoken"]

V = TypeVar("V")
Kinds = tuple[str, ...]


class _OnDemand(dict[str, V]):
    """Names that are all known, and what stands behind each once it is asked for."""

    def __init__(self, names: Container[str], make: Callable[[str], V]) -> None:
        super().__init__()
        self._names = names
        self._make = make

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> V:
        made = self[name] = self._make(name)
        return made


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
        self._tag = tag
        self._faults: list[str] = []
        self._unfilled: dict[str, str] = {}
        self._blank = {name for name, param in protocol.params.items() if param.value is None}
        self._gates: dict[str, GateRule | None] = {}
        self._clocks: dict[str, tuple[ClockRule, dict[str, list[Hook]]] | None] = {}
        self._events: dict[str, Named] = {}
        self._gates_on: dict[str, tuple[GateRule, ...]] = {}
        self._outline: dict[str, Kinds] | None = None
        self._tables: Tables | None = None
        self._words = self._vocabulary(vetted)
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

    def _vocabulary(self, vetted: bool) -> Vocabulary:
        params = {name: (p.type, p.value) for name, p in self.protocol.params.items()}
        clocks = self.protocol.clocks
        # A rule may name what was compiled before it; where there is no fault, that is all that it names.
        self._named: dict[str, tuple[Kinds, Reads]] = (
            _OnDemand(self.protocol.events, self._stands_for) if vetted else {}
        )
        read: dict[str, Reads] = _OnDemand(clocks, lambda id_: self._kinds_read(clocks[id_])) if vetted else {}
        scope = Scope(named=self._named, clocks=read, trainings=self.trainings, params=params, tag=self._tag)
        lists = {name: list(codes) for name, codes in self.protocol.codes.items()}
        lists["role"] = list(self.protocol.roles)
        # Every role that the protocol declares, so that a rule can ask whether it knows one.
        sets = {"roles": tuple(self.protocol.roles), **self.protocol.sets}
        return Vocabulary(scope=scope, sets=sets, codes=lists)

    def compile(self) -> Tables:
        """Compile all that is not yet compiled. Raises ProtocolError with every fault at once."""
        if self._tables is None:
            tables = self._compiled()
            self._check()
            self._tables = tables
        return self._tables

    def _check(self) -> None:
        if self._faults:
            raise ProtocolError(dict.fromkeys(self._faults))

    def _compiled(self) -> Tables:
        made = Tables({}, {}, {"case": {}, "practitioner": {}, "service": {}}, {}, {}, {})
        for name in self.protocol.events:
            self._event(name, ())
        for clock in self.protocol.clocks.values():
            self._words.scope.clocks[clock.id] = self._kinds_read(clock)
        for name, kinds in self._kinds_of_events().items():
            made.named[name] = named = self._events[name]
            for kind in () if self._unfilled_param(named.reads) else kinds:
                made.named_by_kind.setdefault(kind, []).append(named)
        for gate in self.protocol.gates.values():
            rule = self._gate(gate)
            if rule is not None:
                made.gate_rules[gate.id] = rule
                for kind in rule.kinds:
                    made.gates.setdefault(kind, []).append(rule)
        for number, clock in enumerate(self.protocol.clocks.values()):
            found = self._clock(clock, number)
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
        return self._unfilled

    # What one kind of event concerns

    def gates_on(self, kind: str) -> tuple[GateRule, ...]:
        """Return the gates that judge events of the full *kind*."""
        found = self._gates_on.get(kind)
        if found is None:
            base = kind.partition(".")[0]
            names = {kind, base} if kind in (expand(base) or ()) else {kind}
            rules = (self._gate(gate) for gate in self.protocol.gates.values() if not names.isdisjoint(gate.on))
            found = self._gates_on[kind] = tuple(rule for rule in rules if rule is not None and kind in rule.kinds)
            self._check()
        return found

    def named_on(self, kind: str) -> list[Named]:
        """Return the named events that an event of the full *kind* may be."""
        found = [self._event(name, ()) for name, kinds in self._kinds_of_events().items() if kind in kinds]
        self._check()
        return [named for named in found if named is not None and not self._unfilled_param(named.reads)]

    def hooks_on(self, sort: str, kind: str) -> list[Hook]:
        """Return the hooks of every clock for *sort* that listens to events of the full *kind*."""
        hooks: list[Hook] = []
        for number, clock in enumerate(self.protocol.clocks.values()):
            if clock.subject == sort and self._may_hear(clock, kind):
                found = self._clock(clock, number)
                hooks += found[1].get(kind, ()) if found is not None else ()
        self._check()
        return hooks

    def _may_hear(self, clock: Clock, kind: str) -> bool:
        triggers = (*clock.stops, *clock.resumes, *clock.until, *clock.starts)
        return any(kind in self._kinds_of(on) for trigger in triggers for on in trigger.on)

    def _kinds_of(self, on: str) -> Kinds:
        outline = self._kinds_of_events()
        return outline[on] if on in outline else expand(on) or (on,)

    def _kinds_of_events(self) -> dict[str, Kinds]:
        """Return the full kinds that each named event comes about by, those that others are built on first."""
        if self._outline is None:
            self._outline = {}
            for name in self.protocol.events:
                self._sketch(name, (), self._outline)
        return self._outline

    def _sketch(self, name: str, ring: Kinds, into: dict[str, Kinds]) -> None:
        if name in into or name in ring:
            return
        own: list[str] = []
        based: list[str] = []
        for on in self.protocol.events[name].on:
            if on in self.protocol.events:
                self._sketch(on, (*ring, name), into)
                based += into.get(on, ())
            else:
                own += expand(on) or ((on,) if on in (WAIVER_USED, IN_FORCE) else ())
        into[name] = tuple(dict.fromkeys((*own, *based)))

    # Compiling

    def _stands_for(self, name: str) -> tuple[Kinds, Reads]:
        named = self._event(name, ())
        return ((), frozenset()) if named is None else (named.kinds, named.reads)

    def _say(self, where: str, what: str, faults: Iterable[str]) -> None:
        self._faults += [f"{where}: {what}: {fault}" for fault in faults]

    def _event(self, name: str, ring: tuple[str, ...]) -> Named | None:
        """Compile the named event *name*, and first those that it builds on."""
        if name in self._events:
            return self._events[name]
        if name in ring:
            self._say(self.protocol.file, f"event {name}", [f"it is built on itself: {' -> '.join((*ring, name))}"])
            return None
        event = self.protocol.events[name]
        own: list[str] = []
        bases: list[tuple[tuple[str, ...], tuple[Conditions, ...]]] = []
        for on in event.on:
            if on in self.protocol.events:
                base = self._event(on, (*ring, name))
                bases += base.ways if base is not None else ()
            else:
                own += self._expand(on, f"event {name}", self.protocol.file)
        kinds = tuple(dict.fromkeys([*own, *(kind for kinds, _ in bases for kind in kinds)]))
        faults: list[str] = []
        conditions = compile_conditions(event.when, self._words, kinds, faults)
        self._say(self.protocol.file, f"event {name}", faults)
        ways = [
            *([(tuple(dict.fromkeys(own)), (conditions,))] if own else []),
            *((k, (*c, conditions)) for k, c in bases),
        ]
        reads = frozenset().union(*(at_kinds(c.reads, k) for k, conditions in ways for c in conditions))
        made = self._events[name] = Named(self._tag + name, tuple(ways), reads)
        self._named[name] = (made.kinds, made.reads)
        return made

    def _expand(self, on: str, what: str, where: str) -> tuple[str, ...]:
        if on in (WAIVER_USED, IN_FORCE):
            return (on,)
        found = expand(on)
        if found is None:
            self._say(where, what, [f"'{on}' is not an event.{did_you_mean(on, self._words.scope.event_names())}"])
            return ()
        return found

    def _gate(self, gate: Gate) -> GateRule | None:
        """Compile *gate*, once; None where it is not judged."""
        if gate.id not in self._gates:
            self._gates[gate.id] = self._compiled_gate(gate)
        return self._gates[gate.id]

    def _compiled_gate(self, gate: Gate) -> GateRule | None:
        where, what = self.protocol.where(gate.id), f"gate {gate.id}"
        kinds = tuple(dict.fromkeys(full for on in gate.on for full in self._expand(on, what, where)))
        faults: list[str] = []
        when = compile_conditions(gate.when, self._words, kinds, faults)
        require = compile_conditions(gate.require, self._words, kinds, faults)
        self._say(where, what, faults)
        reads = when.reads | require.reads
        if self._lacks_param(gate.id, reads):
            return None
        if not self.protocol.roles and any(line.operand == "@roles" for line in require.lines):
            # A protocol that declares no roles takes any: there is nothing to hold them against.
            return None
        return GateRule(gate, kinds, when, require, reads)

    def _lacks_param(self, rule: str, reads: Reads) -> bool:
        lacking = self._unfilled_param(reads)
        if lacking is not None:
            self._unfilled[rule] = lacking
        return lacking is not None

    def _unfilled_param(self, reads: Reads) -> str | None:
        if not self._blank:
            return None
        return next((field for kind, field in sorted(reads) if kind == "params" and field in self._blank), None)

    def _clock(self, clock: Clock, number: int) -> tuple[ClockRule, dict[str, list[Hook]]] | None:
        """Compile *clock*, the rule and its hooks by full kind, once; None where it is not judged."""
        if clock.id not in self._clocks:
            self._clocks[clock.id] = self._compiled_clock(clock, number)
        return self._clocks[clock.id]

    def _compiled_clock(self, clock: Clock, number: int) -> tuple[ClockRule, dict[str, list[Hook]]] | None:
        where, what = self.protocol.where(clock.id), f"clock {clock.id}"
        faults: list[str] = []
        stops = self._triggers(clock.stops, what, where, faults)
        starts = self._triggers(clock.starts, what, where, faults)
        kinds = tuple(kind for kind, _, _ in starts)
        when = compile_conditions(clock.when, self._words, kinds, faults)
        within = self._filled_in(clock)
        rule = ClockRule(
            clock=clock,
            number=number,
            from_=tuple(f for name in clock.from_ if (f := self._fact(name, kinds, faults)) is not None),
            limit=self._limit(within, kinds, faults),
            every=Duration.parse(clock.every) if clock.every else None,
            lasts=Duration.parse(clock.lasts) if clock.lasts else None,
            roll=clock.roll or self.protocol.calendar.roll,
            calendar=self.calendar,
            stop_reads=frozenset().union(*(reads for _, _, reads in stops)),
            stop_kinds=frozenset(kind for kind, _, _ in stops),
        )
        hooks = [("stop", t) for t in stops]
        hooks += [("resume", t) for t in self._triggers(clock.resumes, what, where, faults)]
        hooks += [("until", t) for t in self._triggers(clock.until, what, where, faults)]
        hooks += [("start", (k, (*c, when), r | at_kinds(when.reads, (k,)))) for k, c, r in starts]
        self._say(where, what, faults)
        if clock.id in self._unfilled:
            return None
        limits = rule.limit.reads if isinstance(rule.limit, Fact) else frozenset()
        heard = (reads for _, (_, _, reads) in hooks)
        if self._lacks_param(clock.id, frozenset().union(limits, *heard, *(f.reads for f in rule.from_))):
            return None
        heard_on: dict[str, list[Hook]] = {}
        for role, (kind, conditions, reads) in hooks:
            heard_on.setdefault(kind, []).append(Hook(rule, role, conditions, reads))
        return rule, heard_on

    def _filled_in(self, clock: Clock) -> str | None:
        """Return the limit of *clock*; where a parameter holds it as a duration, what was filled in there."""
        name = (clock.within or "").removeprefix("params.")
        param = self.protocol.params.get(name) if (clock.within or "").startswith("params.") else None
        if param is None or param.type != "duration":
            return clock.within
        if param.value is None:
            self._unfilled[clock.id] = name
            return None
        return str(param.value)

    def _fact(self, name: str, kinds: tuple[str, ...], faults: list[str]) -> Fact | None:
        try:
            fact = compile_fact(name, self._words.scope, kinds)
        except FactError as fault:
            faults.append(str(fault))
            return None
        if fact.type != "date":
            faults.append(f"'{name}' is a {fact.type} and no date")
        return fact

    def _limit(self, within: str | None, kinds: tuple[str, ...], faults: list[str]) -> Duration | Fact | None:
        if within is None:
            return None
        if within[:1].isdigit():
            return Duration.parse(within)
        return self._fact(within, kinds, faults)

    def _triggers(
        self, triggers: tuple[Trigger, ...], what: str, where: str, faults: list[str]
    ) -> list[tuple[str, tuple[Conditions, ...], Reads]]:
        """Return (full kind, conditions that must all hold, what they read) for each way a trigger may come about."""
        found: list[tuple[str, tuple[Conditions, ...], Reads]] = []
        for trigger in triggers:
            for on in trigger.on:
                named = self._event(on, ()) if on in self.protocol.events else None
                ways = named.ways if named is not None else ((self._expand(on, what, where), ()),)
                kinds = tuple(dict.fromkeys(kind for kinds, _ in ways for kind in kinds))
                own = compile_conditions(trigger.when, self._words, kinds, faults) if kinds else ALWAYS
                for heard_kinds, before in ways:
                    heard = (*before, own)
                    for kind in dict.fromkeys(heard_kinds):
                        reads = frozenset().union(*(at_kinds(c.reads, (kind,)) for c in heard))
                        found.append((kind, heard, reads | {(kind, "at")}))
        return found

    def _kinds_read(self, clock: Clock) -> Reads:
        kinds: set[str] = set()
        for trigger in (*clock.starts, *clock.stops):
            for on in trigger.on:
                kinds.update(self._kinds_of_events().get(on) or expand(on) or ())
        return frozenset((kind, "at") for kind in kinds)


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
        self._heard: dict[str, dict[str, Heard]] = {"case": {}, "practitioner": {}, "service": {}}
        # Most protocols hold for all dates: then there is nothing to choose.
        only = editions[0] if editions[0].protocol.effective_from is None else None
        self._always: Edition | None = only

    def heard(self, kind: str, sort: str = "case") -> Heard:
        """Return who listens to events of the full *kind* among the clocks of *sort*, and by which named events."""
        found = self._heard[sort].get(kind)
        if found is None:
            signs = [named.at(kind) for edition in self.editions for named in edition.named_on(kind)]
            each = ((edition, listeners(edition.hooks_on(sort, kind))) for edition in self.editions)
            found = Heard(tuple(signs), tuple((edition, clocks) for edition, clocks in each if clocks))
            self._heard[sort][kind] = found
        return found

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
        if self._always is not None:
            return self._always
        for edition in self.editions:
            start = edition.protocol.effective_from
            if start is None or on >= start:
                return edition
        return None
