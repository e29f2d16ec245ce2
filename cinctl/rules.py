"""A protocol compiled: its gates by the kind they judge, its clocks by what they listen to, its words checked.

Compiling finds every fault at once. One edition stands for one version of a protocol; a rule book holds the version in
force and those that it supersedes, newest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from cinctl.calendar import Calendar, Duration
from cinctl.conditions import ALWAYS, Conditions, Test, Vocabulary, all_test, any_test, compile_conditions
from cinctl.errors import ProtocolError, did_you_mean
from cinctl.events import KINDS
from cinctl.facts import OWN, Fact, FactError, Reads, Scope, compile_fact, expand
from cinctl.protocol import Clock, Gate, Protocol, Trigger
from cinctl.protocol.checks import IN_FORCE, WAIVER_USED


class GateRule:
    """A gate, compiled. *kinds* are the full kinds that it judges; *departs* tells whether a step goes against it."""

    __slots__ = ("departs", "gate", "kinds", "reads", "require", "when")

    def __init__(self, gate: Gate, kinds: tuple[str, ...], when: Conditions, require: Conditions, reads: Reads) -> None:
        self.gate = gate
        self.kinds = kinds
        self.when = when
        self.require = require
        self.reads = reads
        self.departs = _departure(when, require)


def _departure(when: Conditions, require: Conditions) -> Test:
    asked, met = when.holds, require.holds
    if not when.tables:
        return lambda m: not met(m)
    return lambda m: asked(m) and not met(m)


class Hook:
    """A clock, and what it does at an event when *conditions* all hold: start, stop, resume or end.

    *holds* returns whether they do at a moment; None where there is nothing to ask.
    """

    __slots__ = ("clock", "conditions", "holds", "reads", "role")

    def __init__(self, clock: ClockRule, role: str, conditions: tuple[Conditions, ...], reads: Reads) -> None:
        self.clock = clock
        self.role = role
        self.conditions = conditions
        self.reads = reads
        tests = [c.holds for c in conditions if c.tables]
        self.holds: Test | None = all_test(tests) if tests else None


class ClockRule:
    """A clock, compiled. *limit* is a duration, a date fact, or None for no limit; *every* repeats it.

    *awaits_use* marks the clock that a waiver stops by being used.
    """

    __slots__ = (
        *("again", "awaits_use", "calendar", "clock", "every", "from_", "id", "lasts", "limit", "number", "roll"),
        *("stop_kinds", "stop_reads", "times"),
    )

    def __init__(
        self,
        clock: Clock,
        number: int,
        *,
        from_: tuple[Fact, ...],
        limit: Duration | Fact | None,
        every: Duration | None,
        lasts: Duration | None,
        roll: Literal["none", "next", "previous"],
        calendar: Calendar,
        stop_reads: Reads,
        stop_kinds: frozenset[str],
    ) -> None:
        self.clock = clock
        self.id = clock.id
        self.again = clock.again
        self.times = clock.times
        self.number = number
        self.from_ = from_
        self.limit = limit
        self.every = every
        self.lasts = lasts
        self.roll = roll
        self.calendar = calendar
        self.stop_reads = stop_reads
        self.stop_kinds = stop_kinds
        self.awaits_use = stop_kinds == {WAIVER_USED}


ROLES = ("stop", "resume", "until", "start")
"""What a clock may do at one event, in the order in which it does them."""


class Listener(NamedTuple):
    """A clock that listens to one kind of event, with its hooks for each role, in the order of `ROLES`."""

    clock: ClockRule
    hooks: tuple[tuple[str, tuple[Hook, ...]], ...]


def listeners(hooks: Iterable[Hook]) -> tuple[Listener, ...]:
    """Return *hooks*, all of one kind of event, clock by clock."""
    by_clock: dict[ClockRule, dict[str, list[Hook]]] = {}
    for hook in hooks:
        by_clock.setdefault(hook.clock, {}).setdefault(hook.role, []).append(hook)
    return tuple(
        Listener(clock, tuple((role, tuple(found[role])) for role in ROLES if role in found))
        for clock, found in by_clock.items()
    )


class Named:
    """A named event, compiled: its key in a case's record, and the ways in which it comes about.

    Each way is the full kinds that it listens to, and conditions that must all hold.
    """

    __slots__ = ("key", "reads", "ways")

    def __init__(
        self, key: str, ways: tuple[tuple[tuple[str, ...], tuple[Conditions, ...]], ...], reads: Reads
    ) -> None:
        self.key = key
        self.ways = ways
        self.reads = reads

    @property
    def kinds(self) -> tuple[str, ...]:
        """The full kinds that any of its ways listens to, each once."""
        return tuple(dict.fromkeys(kind for kinds, _ in self.ways for kind in kinds))

    def at(self, kind: str) -> Sign:
        """Return how an event of the full *kind* is told to be one."""
        ways = [[c.holds for c in conditions if c.tables] for kinds, conditions in self.ways if kind in kinds]
        return Sign(self.key, any_test([all_test(way) for way in ways]), not all(ways))


class Sign(NamedTuple):
    """How an event of one kind is told to be a named event: its *key*, and what must hold.

    One that was redacted is not, where a condition would have to say, and else is (*unasked*).
    """

    key: str
    holds: Test
    unasked: bool


class Edition:
    """One version of a protocol, compiled. Raises ProtocolError with every fault at once."""

    def __init__(self, protocol: Protocol, tag: str = "") -> None:
        self.protocol = protocol
        self.calendar = Calendar.load(protocol.calendar.bank_holidays, protocol.calendar.closures)
        self.trainings = {
            name: (training.topics, Duration.parse(training.valid_for) if training.valid_for else None)
            for name, training in protocol.training.items()
        }
        self.gates: dict[str, list[GateRule]] = {}
        self.gate_rules: dict[str, GateRule] = {}
        self.hooks: dict[str, dict[str, list[Hook]]] = {"case": {}, "practitioner": {}, "service": {}}
        self.clock_rules: dict[str, ClockRule] = {}
        self.named: dict[str, Named] = {}
        self.named_by_kind: dict[str, list[Named]] = {}
        self.unfilled: dict[str, str] = {}
        self._tag = tag
        self._faults: list[str] = []
        self._words = self._vocabulary()
        self._compile()
        if self._faults:
            raise ProtocolError(dict.fromkeys(self._faults))

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

    # Compiling

    def _vocabulary(self) -> Vocabulary:
        params = {name: (p.type, p.value) for name, p in self.protocol.params.items()}
        self._kinds_of_named: dict[str, tuple[tuple[str, ...], Reads]] = {}
        scope = Scope(
            named=self._kinds_of_named,
            clocks={},
            trainings=self.trainings,
            params=params,
            tag=self._tag,
        )
        lists = {name: list(codes) for name, codes in self.protocol.codes.items()}
        lists["role"] = list(self.protocol.roles)
        # Every role that the protocol declares, so that a rule can ask whether it knows one.
        sets = {"roles": tuple(self.protocol.roles), **self.protocol.sets}
        return Vocabulary(scope=scope, sets=sets, codes=lists)

    def _compile(self) -> None:
        for name in self.protocol.events:
            self._name(name, ())
        for clock in self.protocol.clocks.values():
            self._words.scope.clocks[clock.id] = self._kinds_read(clock)
        for gate in self.protocol.gates.values():
            self._gate(gate)
        for number, clock in enumerate(self.protocol.clocks.values()):
            self._clock(clock, number)

    def _say(self, where: str, what: str, faults: Iterable[str]) -> None:
        self._faults += [f"{where}: {what}: {fault}" for fault in faults]

    def _name(self, name: str, ring: tuple[str, ...]) -> Named | None:
        """Compile the named event *name*, and first those that it builds on."""
        if name in self.named:
            return self.named[name]
        if name in ring:
            self._say(self.protocol.file, f"event {name}", [f"it is built on itself: {' -> '.join((*ring, name))}"])
            return None
        event = self.protocol.events[name]
        own: list[str] = []
        bases: list[tuple[tuple[str, ...], tuple[Conditions, ...]]] = []
        for on in event.on:
            if on in self.protocol.events:
                base = self._name(on, (*ring, name))
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
        made = Named(self._tag + name, tuple(ways), reads)
        self.named[name] = made
        self._kinds_of_named[name] = (made.kinds, made.reads)
        for kind in () if self._unfilled_param(made.reads) else made.kinds:
            self.named_by_kind.setdefault(kind, []).append(made)
        return made

    def _expand(self, on: str, what: str, where: str) -> tuple[str, ...]:
        if on in (WAIVER_USED, IN_FORCE):
            return (on,)
        found = expand(on)
        if found is None:
            self._say(where, what, [f"'{on}' is not an event.{did_you_mean(on, self._words.scope.event_names())}"])
            return ()
        return found

    def _gate(self, gate: Gate) -> None:
        where, what = self.protocol.where(gate.id), f"gate {gate.id}"
        kinds = tuple(dict.fromkeys(full for on in gate.on for full in self._expand(on, what, where)))
        faults: list[str] = []
        when = compile_conditions(gate.when, self._words, kinds, faults)
        require = compile_conditions(gate.require, self._words, kinds, faults)
        self._say(where, what, faults)
        reads = when.reads | require.reads
        if self._lacks_param(gate.id, reads):
            return
        if not self.protocol.roles and any(line.operand == "@roles" for line in require.lines):
            # A protocol that declares no roles takes any: there is nothing to hold them against.
            return
        rule = GateRule(gate, kinds, when, require, reads)
        self.gate_rules[gate.id] = rule
        for kind in kinds:
            self.gates.setdefault(kind, []).append(rule)

    def _lacks_param(self, rule: str, reads: Reads) -> bool:
        lacking = self._unfilled_param(reads)
        if lacking is not None:
            self.unfilled[rule] = lacking
        return lacking is not None

    def _unfilled_param(self, reads: Reads) -> str | None:
        params = self._words.scope.params
        return next((field for kind, field in sorted(reads) if kind == "params" and params[field][1] is None), None)

    def _clock(self, clock: Clock, number: int) -> None:
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
        if clock.id in self.unfilled:
            return
        limits = rule.limit.reads if isinstance(rule.limit, Fact) else frozenset()
        heard = (reads for _, (_, _, reads) in hooks)
        if self._lacks_param(clock.id, frozenset().union(limits, *heard, *(f.reads for f in rule.from_))):
            return
        self.clock_rules[clock.id] = rule
        for role, (kind, conditions, reads) in hooks:
            self.hooks[clock.subject].setdefault(kind, []).append(Hook(rule, role, conditions, reads))

    def _filled_in(self, clock: Clock) -> str | None:
        """Return the limit of *clock*; where a parameter holds it as a duration, what was filled in there."""
        name = (clock.within or "").removeprefix("params.")
        param = self.protocol.params.get(name) if (clock.within or "").startswith("params.") else None
        if param is None or param.type != "duration":
            return clock.within
        if param.value is None:
            self.unfilled[clock.id] = name
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
                named = self.named.get(on)
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
                kinds.update(self.named[on].kinds if on in self.named else expand(on) or ())
        return frozenset((kind, "at") for kind in kinds)


def at_kinds(reads: Reads, kinds: Iterable[str]) -> Reads:
    """Return *reads* with the judged event's own fields put down as fields of each of *kinds* that has them."""
    kinds = tuple(kinds)
    return frozenset(
        pair
        for kind, field in reads
        for pair in ([(k, field) for k in kinds if _has(k, field)] if kind == OWN else [(kind, field)])
    )


def _has(kind: str, field: str) -> bool:
    """Return whether events of the full *kind* can have *field*: what they cannot have nobody need speak of."""
    known = KINDS.get(kind.partition(".")[0])
    return field in ("", "at", "by") or known is None or field in known.fields


def spoken(reads: Reads, speaks: Mapping[str, frozenset[str]], own_kind: str) -> bool:
    """Return whether a source that speaks of *speaks* (kind to fields) can speak of everything in *reads*."""
    for kind, field in reads:
        if kind == "params":
            continue
        if kind == OWN and not _has(own_kind, field):
            continue
        name = own_kind if kind == OWN else kind
        kinds = (name,) if name in speaks else tuple(k for k in expand(name) or () if k in speaks)
        if not kinds or (field and not any(field in speaks[k] for k in kinds)):
            return False
    return True


class Heard(NamedTuple):
    """Who listens to one kind of event on a case: the signs of named events, and each edition's clocks."""

    signs: tuple[Sign, ...]
    clocks: tuple[tuple[Edition, tuple[Listener, ...]], ...]


class RuleBook:
    """The editions of a protocol, newest first."""

    def __init__(self, protocol: Protocol) -> None:
        editions: list[Edition] = []
        version: Protocol | None = protocol
        while version is not None:
            editions.append(Edition(version, tag=f"{len(editions)}:" if editions else ""))
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
            signs = [named.at(kind) for edition in self.editions for named in edition.named_by_kind.get(kind, ())]
            each = ((edition, listeners(edition.hooks[sort].get(kind, ()))) for edition in self.editions)
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
