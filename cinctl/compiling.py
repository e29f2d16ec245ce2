"""The compiler of one version of a protocol: named events, gates and clocks, each compiled once, when it is asked for.

What is wrong is gathered as it is found. Where everything is compiled, that is every fault at once.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import TYPE_CHECKING, TypeVar

from cinctl.calendar import Calendar, Duration
from cinctl.compiled import ClockRule, GateRule, Hook, Named, Way, at_kinds
from cinctl.conditions import ALWAYS, Conditions, Vocabulary, compile_conditions
from cinctl.errors import FaultLine, did_you_mean
from cinctl.facts import Fact, FactError, Reads, Scope, compile_fact, expand
from cinctl.protocol.model import IN_FORCE, WAIVER_USED

if TYPE_CHECKING:
    from cinctl.protocol import Clock, Gate, Protocol, Trigger

V = TypeVar("V")
Kinds = tuple[str, ...]
Trainings = dict[str, tuple[tuple[str, ...], Duration | None]]
CompiledClock = tuple[ClockRule, dict[str, list[Hook]]]
"""A clock, and its hooks by the full kind that they listen to."""


class OnDemand(dict[str, V]):
    """What stands behind each name, made when it is first asked for by its key. *names* are those that are known."""

    def __init__(self, make: Callable[[str], V], names: Container[str] = ()) -> None:
        super().__init__()
        self._make = make
        self._names = names

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> V:
        made = self[name] = self._make(name)
        return made


class Compiler:
    """Compiles the rules of *protocol*; *faults* are what is wrong with those that it has compiled.

    *unfilled* holds, for each rule that is not judged for want of a parameter, that parameter.
    """

    def __init__(self, protocol: Protocol, tag: str, calendar: Calendar, trainings: Trainings, *, vetted: bool) -> None:
        self.protocol = protocol
        self.calendar = calendar
        self.faults: list[str] = []
        self.unfilled: dict[str, str] = {}
        self._tag = tag
        self._blank = {name for name, param in protocol.params.items() if param.value is None}
        self._gates: dict[str, GateRule | None] = {}
        self._clocks: dict[str, CompiledClock | None] = {}
        self._events: dict[str, Named] = {}
        self._outline: dict[str, Kinds] | None = None
        self._heard_by: dict[str, frozenset[str]] = {}
        self._words = self._vocabulary(trainings, vetted)

    def _vocabulary(self, trainings: Trainings, vetted: bool) -> Vocabulary:
        params = {name: (p.type, p.value) for name, p in self.protocol.params.items()}
        clocks = self.protocol.clocks
        # A rule may name what was compiled before it; where there is no fault, that is all that it names.
        self._named: dict[str, tuple[Kinds, Reads]] = OnDemand(self._stands_for, self.protocol.events) if vetted else {}
        read: dict[str, Reads] = OnDemand(lambda id_: self._kinds_read(clocks[id_]), clocks) if vetted else {}
        scope = Scope(named=self._named, clocks=read, trainings=trainings, params=params, tag=self._tag)
        lists = {name: list(codes) for name, codes in self.protocol.codes.items()}
        lists["role"] = list(self.protocol.roles)
        # Every role that the protocol declares, so that a rule can ask whether it knows one.
        sets = {"roles": tuple(self.protocol.roles), **self.protocol.sets}
        return Vocabulary(scope=scope, sets=sets, codes=lists)

    def tell_of_clocks(self) -> None:
        """Let the rules to come name any clock: what they can ask of it, its events decide."""
        for clock in self.protocol.clocks.values():
            self._words.scope.clocks[clock.id] = self._kinds_read(clock)

    def may_hear(self, clock: Clock, kind: str) -> bool:
        """Return whether *clock* listens to events of the full *kind*, without compiling it."""
        heard = self._heard_by.get(clock.id)
        if heard is None:
            triggers = (*clock.stops, *clock.resumes, *clock.until, *clock.starts)
            heard = frozenset(kind for trigger in triggers for on in trigger.on for kind in self._kinds_of(on))
            self._heard_by[clock.id] = heard
        return kind in heard

    def _kinds_of(self, on: str) -> Kinds:
        outline = self.kinds_of_events()
        return outline[on] if on in outline else expand(on) or (on,)

    def kinds_of_events(self) -> dict[str, Kinds]:
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

    def _stands_for(self, name: str) -> tuple[Kinds, Reads]:
        named = self.event(name)
        return ((), frozenset()) if named is None else (named.kinds, named.reads)

    def _say(self, where: str, what: str, faults: Iterable[str]) -> None:
        self.faults += [
            FaultLine(f"{where}: {what}: {fault}", getattr(fault, "check", "condition")) for fault in faults
        ]

    def event(self, name: str, ring: Kinds = ()) -> Named | None:
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
                base = self.event(on, (*ring, name))
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

    def gate(self, gate: Gate) -> GateRule | None:
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
        if self._lacks_param(gate.id, (when, require)):
            return None
        if not self.protocol.roles and any(line.operand == "@roles" for line in require.lines):
            # A protocol that declares no roles takes any: there is nothing to hold them against.
            return None
        return GateRule(gate, kinds, when, require)

    def _lacks_param(self, rule: str, asked: Iterable[Conditions | Fact]) -> bool:
        lacking = self.lacking(asked)
        if lacking is not None:
            self.unfilled[rule] = lacking
        return lacking is not None

    def lacking(self, asked: Iterable[Conditions | Fact | Named]) -> str | None:
        """Return a parameter without a value on which any of *asked* rests, or None."""
        if not self._blank:
            return None
        named = (field for one in asked for kind, field in one.reads if kind == "params" and field in self._blank)
        return min(named, default=None)

    def clock(self, clock: Clock, number: int) -> CompiledClock | None:
        """Compile *clock*, the rule and its hooks by full kind, once; None where it is not judged."""
        if clock.id not in self._clocks:
            self._clocks[clock.id] = self._compiled_clock(clock, number)
        return self._clocks[clock.id]

    def _compiled_clock(self, clock: Clock, number: int) -> CompiledClock | None:
        where, what = self.protocol.where(clock.id), f"clock {clock.id}"
        faults: list[str] = []
        stops = self._triggers(clock.stops, what, where, faults)
        starts = self._triggers(clock.starts, what, where, faults)
        kinds = tuple(kind for kind, _ in starts)
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
            stops=tuple(stops),
        )
        hooks = [("stop", t) for t in stops]
        hooks += [("resume", t) for t in self._triggers(clock.resumes, what, where, faults)]
        hooks += [("until", t) for t in self._triggers(clock.until, what, where, faults)]
        hooks += [("start", (kind, (*before, when))) for kind, before in starts]
        self._say(where, what, faults)
        if clock.id in self.unfilled:
            return None
        limits = (rule.limit,) if isinstance(rule.limit, Fact) else ()
        if self._lacks_param(clock.id, (*limits, *rule.from_, *(c for _, (_, heard) in hooks for c in heard))):
            return None
        on: dict[str, list[Hook]] = {}
        for role, way in hooks:
            on.setdefault(way[0], []).append(Hook(rule, role, way))
        return rule, on

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
            faults.append(FaultLine(str(fault), "unknown-fact"))
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

    def _triggers(self, triggers: tuple[Trigger, ...], what: str, where: str, faults: list[str]) -> list[Way]:
        """Return each way in which any of *triggers* may come about."""
        found: list[Way] = []
        for trigger in triggers:
            for on in trigger.on:
                named = self.event(on) if on in self.protocol.events else None
                ways = named.ways if named is not None else ((self._expand(on, what, where), ()),)
                kinds = tuple(dict.fromkeys(kind for kinds, _ in ways for kind in kinds))
                own = compile_conditions(trigger.when, self._words, kinds, faults) if kinds else ALWAYS
                for heard_kinds, before in ways:
                    heard = (*before, own)
                    found += [(kind, heard) for kind in dict.fromkeys(heard_kinds)]
        return found

    def _kinds_read(self, clock: Clock) -> Reads:
        kinds: set[str] = set()
        for trigger in (*clock.starts, *clock.stops):
            for on in trigger.on:
                kinds.update(self.kinds_of_events().get(on) or expand(on) or ())
        return frozenset((kind, "at") for kind in kinds)
