"""One life after another, placed in time and played out on a stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import attrs

from cinctl.clocks import Obligation
from cinctl.demo.cast import UNITS
from cinctl.demo.dice import Dice
from cinctl.demo.lives import Day, Life, Script, Someone, Step, padded
from cinctl.demo.stage import Stage
from cinctl.demo.texts import WAIVED
from cinctl.errors import CalendarError
from cinctl.history import Draft, Event

_TURNING_POINTS = ("refer", "decide")
"""Where the protocol lets nobody take one of these, the life goes no further."""
_NEARBY = (0, -1, 1, -2, 2, -3, 3, -4, 4)
_WAIVED_FOR = timedelta(days=24)


@attrs.frozen(eq=False)
class Played:
    """A life as it went: its events in order, the first *imported* of them told by another system; *ended* or not."""

    events: tuple[Event, ...]
    imported: int
    ended: bool
    sibling: bool


def play(stage: Stage, number: int, life: Life, dice: Dice, told_on: date, wanted: int) -> Played:
    """Play *life*, the one with that *number*, and return how it went.

    *told_on* is the day of the import; *wanted* is how many events it should have at least, where it is long enough.
    """
    actor = Actor(stage, life, number)
    script = life.script(dice)
    full = padded(script, wanted, dice)
    if life.imported is not None:
        return _told(actor, life.imported(dice), full, told_on, dice)
    start = stage.today - timedelta(days=max(step.day for step in script) + dice.between(*life.ago))
    if life.aim is not None:
        start = _aimed(actor, script, start, life.aim)
    return actor.play("case", full, start)


def _aimed(actor: Actor, script: Script, start: date, aim: tuple[str, int]) -> date:
    """Rehearse *script* from one day after another; return that on which what *aim* names is due when it should be."""
    target = actor.stage.today + timedelta(days=aim[1])
    # A day off may come between; only what is due at once has to be met to the day.
    near_enough = 0 if abs(aim[1]) <= 1 else 1
    actor.play("first", script, start)
    due = actor.next_due(aim[0])
    if due is None:
        return start
    best = abs((due - target).days), start
    for shift in _NEARBY:
        if best[0] <= near_enough:
            break
        tried = start + (target - due) + timedelta(days=shift)
        actor.play(f"again{shift:+}", script, tried)
        found = actor.next_due(aim[0])
        if found is not None and abs((found - target).days) < best[0]:
            best = abs((found - target).days), tried
    return best[1]


def _told(actor: Actor, told: Script, script: Script, told_on: date, dice: Dice) -> Played:
    """Take in what another system told by *told_on*, then play what was typed since."""
    first, last = min(step.day for step in told), max(step.day for step in told)
    ago = dice.between(5, 60)
    # Under a young protocol everything happens faster, or none of it could be judged.
    pace = min(1.0, (told_on - actor.stage.earliest).days / (last - first + ago))
    told = [attrs.evolve(step, day=int(step.day * pace)) for step in told]
    actor.hear(told, told_on - timedelta(days=int((last + ago) * pace)), told_on)
    return actor.go_on(script, told_on)


class Actor:
    """The life with that *number*, under way in one of the units."""

    def __init__(self, stage: Stage, life: Life, number: int) -> None:
        self.stage = stage
        self.life = life
        self.unit = UNITS[number % len(UNITS)]
        self.number = number
        self.case = ""
        self._start = stage.today
        self._imported = 0

    def play(self, take: str, script: Script, start: date) -> Played:
        """Play *script* from *start* on; *take* tells one time from another."""
        self.case, self._start = f"{take}-{self.number}", max(start, self.stage.earliest)
        self._run(script)
        return self._played()

    def hear(self, told: Script, start: date, told_on: date) -> None:
        """Take in steps as another system tells them, unjudged."""
        first = self.stage.book.rules.calendar.first
        self.case, self._start = f"told-{self.number}", start
        for step in told:
            on = min(max(start + timedelta(days=step.day), first), told_on)
            self.stage.tell(step.kind, self.case, on, self._data(step))
        self._imported = len(told)

    def go_on(self, script: Script, since: date) -> Played:
        """Play what was typed after *since* on a case that was heard of."""
        self._start = since
        self._run(script)
        return self._played()

    def next_due(self, kind: str) -> date | None:
        """Return when the first thing is due that a step of *kind* would finish, or None where nothing is."""
        dues = [o.due for o in self._running() if kind in o.rule.stop_kinds and o.due is not None]
        return min(dues, default=None)

    def _running(self) -> list[Obligation]:
        if self.case not in self.stage.book.tracks:
            return []
        _, tracker = self.stage.book.folded(self.case)
        return [o for obligations in tracker.running.values() for o in obligations]

    def _played(self) -> Played:
        track = self.stage.book.tracks.get(self.case)
        events = tuple(track.events) if track is not None else ()
        case = self.stage.book.folded(self.case)[0] if events else None
        ended = case is not None and case.ended_on is not None
        return Played(events, self._imported, ended, self.life.sibling)

    def _run(self, script: Script) -> None:
        try:
            for step in script:
                on = self._day(step.day)
                if on is not None and not self._step(step, on) and step.kind in _TURNING_POINTS:
                    return
            if self.life.waives == "clock":
                self._waive_overdue()
        except CalendarError:
            # A limit would end beyond the last year that the calendar knows: the life stops here.
            return

    def _step(self, step: Step, on: date) -> bool:
        daring = self.life.waives == "gate"
        someone = None if daring else self._person("manager")
        for data in self._versions(step):
            draft = Draft(step.kind, self.case, on.isoformat(), data=data)
            if self.stage.attempt(draft, self._people(step.by), someone):
                return True
            if daring and self._waive_refusal(on):
                return self.stage.attempt(draft, self._people(step.by), someone)
        return False

    # Days

    def _working(self, day: date) -> date:
        """Return *day*, or on a day off the next working day; today, whatever it is, is the last."""
        calendar, today = self.stage.book.rules.calendar, self.stage.today
        day = min(max(day, self.stage.earliest), today)
        while day < today and not calendar.is_working_day(day):
            day += timedelta(days=1)
        return day

    def _day(self, n: int) -> date | None:
        day = self._start + timedelta(days=n)
        return None if day > self.stage.today else self._working(day)

    # People

    def _person(self, who: str) -> str | None:
        cast = self.stage.cast
        if who == "lead":
            return self._lead()
        if who == "senior":
            return cast.senior.id
        return cast.managers[self.unit][who == "deputy"].id

    def _lead(self) -> str | None:
        track = self.stage.book.tracks.get(self.case)
        return self.stage.book.folded(self.case)[0].lead if track is not None else None

    def _people(self, who: str) -> list[str]:
        """Return who might take a step, whoever is meant to first."""
        found = (self._person(one) for one in (who, "manager", "lead", "deputy", "senior"))
        return list(dict.fromkeys(person for person in found if person is not None))

    # What a step says

    def _versions(self, step: Step) -> Iterator[dict[str, Any]]:
        """Yield the data of a step, for an allocation once for each lead that it might go to."""
        data = self._data(step)
        if step.kind != "allocate":
            yield data
            return
        lead = self._lead()
        if lead is not None:
            data["from"] = lead
        wanted = self.life.social_worker or lead is not None
        for member in self.stage.cast.leads_of(self.unit, social_worker=wanted, turn=self.number // len(UNITS)):
            if member.id != lead:
                yield {**data, "to": member.id}

    def _data(self, step: Step) -> dict[str, Any]:
        data = {name: self._value(value) for name, value in step.data.items()}
        if step.kind == "refer" and step.by:
            data["unit"] = self.unit
        if step.kind == "correct":
            data["of"] = self._last_visit()
        return {name: value for name, value in data.items() if value is not None}

    def _value(self, value: Any) -> Any:
        if isinstance(value, Day):
            return (self._start + timedelta(days=value.n)).isoformat()
        return self._person(value.who) if isinstance(value, Someone) else value

    def _last_visit(self) -> int | None:
        events = self.stage.book.tracks[self.case].events
        return next((e.seq for e in reversed(events) if e.kind == "visit"), None)

    # Departures

    def _waive_overdue(self) -> None:
        today = self.stage.today
        overdue = [o for o in self._running() if o.due is not None and o.due < today and not o.rule.clock.locked]
        for rule in dict.fromkeys(o.rule.id for o in overdue):
            self._waive(rule, self._working(today - timedelta(days=1)))

    def _waive_refusal(self, on: date) -> bool:
        rules = list(dict.fromkeys(finding.rule for finding in self.stage.refused))
        return bool(rules) and all(self._waive(rule, on) for rule in rules)

    def _waive(self, rule: str, on: date) -> bool:
        until = max(on, self.stage.today) + _WAIVED_FOR
        data = {"rule": rule, "reason": WAIVED, "until": until.isoformat(), "approved_by": self.stage.cast.senior.id}
        return self.stage.attempt(Draft("waive", self.case, on.isoformat(), data=data), self._people("manager"), None)
