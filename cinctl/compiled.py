"""What compiling a protocol makes: gates, clocks and their hooks, named events, each with its test.

An import or a redaction leaves things that nobody can speak of; what each of these reads says whether it must be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from cinctl.calendar import Calendar, Duration
from cinctl.comparing import Test, all_test, any_test
from cinctl.conditions import Conditions
from cinctl.events import KINDS
from cinctl.facts import OWN, Fact, Reads, expand
from cinctl.protocol.model import WAIVER_USED

if TYPE_CHECKING:
    from cinctl.protocol import Clock, Gate

_MANY_DAYS = 5_000


class GateRule:
    """A gate, compiled. *kinds* are the full kinds that it judges; *departs* tells whether a step goes against it."""

    __slots__ = ("_reads", "departs", "gate", "kinds", "require", "when")

    def __init__(self, gate: Gate, kinds: tuple[str, ...], when: Conditions, require: Conditions) -> None:
        self.gate = gate
        self.kinds = kinds
        self.when = when
        self.require = require
        self._reads: Reads | None = None
        self.departs = _departure(when, require)

    @property
    def reads(self) -> Reads:
        """Everything that the gate looks at."""
        if self._reads is None:
            self._reads = self.when.reads | self.require.reads
        return self._reads


def _departure(when: Conditions, require: Conditions) -> Test:
    asked, met = when.holds, require.holds
    if not when.tables:
        return lambda m: not met(m)
    return lambda m: asked(m) and not met(m)


Way = tuple[str, tuple[Conditions, ...]]
"""A full kind to listen to, and conditions that must then all hold."""


def read_by(way: Way) -> Reads:
    """Return everything that *way* looks at, with the date of the event itself."""
    kind, conditions = way
    return frozenset({(kind, "at")}).union(*(at_kinds(c.reads, (kind,)) for c in conditions))


class Hook:
    """A clock, and what it does at an event that comes in a certain *way*: start, stop, resume or end.

    *holds* returns whether the conditions hold at a moment; None where there is nothing to ask.
    """

    __slots__ = ("_reads", "clock", "conditions", "holds", "kind", "role")

    def __init__(self, clock: ClockRule, role: str, way: Way) -> None:
        self.clock = clock
        self.role = role
        self.kind, self.conditions = way
        tests = [c.holds for c in self.conditions if c.tables]
        self.holds: Test | None = all_test(tests) if tests else None
        self._reads: Reads | None = None

    @property
    def reads(self) -> Reads:
        """Everything that the hook looks at."""
        if self._reads is None:
            self._reads = read_by((self.kind, self.conditions))
        return self._reads


class ClockRule:
    """A clock, compiled. *limit* is a duration, a date fact, or None for no limit; *every* repeats it.

    *awaits_use* marks the clock that a waiver stops by being used.
    """

    __slots__ = (
        *(
            "_ends",
            "again",
            "awaits_use",
            "calendar",
            "clock",
            "every",
            "from_",
            "id",
            "lasts",
            "limit",
            "number",
            "roll",
        ),
        *("stop_kinds", "stops", "times"),
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
        stops: tuple[Way, ...],
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
        self.stops = stops
        self.stop_kinds = frozenset(kind for kind, _ in stops)
        self.awaits_use = self.stop_kinds == {WAIVER_USED}

        self._ends: dict[date, date] = {}

    def ends(self, start: date) -> date | None:
        """Return the last day in time from *start* on, where a duration says so; None without a limit.

        Raises:
            CalendarError: the calendar does not reach so far.
        """
        found = self._ends.get(start)
        if found is None:
            limit = self.every or self.limit
            if not isinstance(limit, Duration):
                return None
            if len(self._ends) > _MANY_DAYS:
                self._ends.clear()
            found = self._ends[start] = limit.after(start, self.calendar, self.roll)
        return found

    @property
    def stop_reads(self) -> Reads:
        """Everything that any of its stops looks at."""
        return frozenset().union(*map(read_by, self.stops))


ROLES = ("stop", "resume", "until", "start")
"""What a clock may do at one event, in the order in which it does them."""


class Listener(NamedTuple):
    """One thing that a clock may do at one kind of event: the first hook that hears it decides, *others* come next."""

    clock: ClockRule
    role: str
    hook: Hook
    others: tuple[Hook, ...]


def listeners(hooks: Iterable[Hook]) -> tuple[Listener, ...]:
    """Return *hooks*, all of one kind of event, clock by clock, and for each in the order of `ROLES`."""
    by_clock: dict[ClockRule, dict[str, list[Hook]]] = {}
    for hook in hooks:
        by_clock.setdefault(hook.clock, {}).setdefault(hook.role, []).append(hook)
    return tuple(
        Listener(clock, role, found[role][0], tuple(found[role][1:]))
        for clock, found in by_clock.items()
        for role in ROLES
        if role in found
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
