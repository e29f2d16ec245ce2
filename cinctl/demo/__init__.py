"""A synthetic authority: units, practitioners and cases under whatever protocol is in force. No child in it is real.

The same seed, day, protocol and sizes give the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from cinctl.errors import UsageError

if TYPE_CHECKING:
    from cinctl.demo.actor import Played
    from cinctl.demo.dice import Dice
    from cinctl.demo.pour import Template
    from cinctl.demo.stage import Stage
    from cinctl.history import Event
    from cinctl.rules import RuleBook
    from cinctl.workspace import Workspace

__all__ = ["CASES", "Filled", "generate"]

CASES = 40
_DIFFERENT = 160
"""So many lives are played out; beyond them they repeat."""
_OPEN = 1000
"""So many cases may be open unless told; beyond them only what has ended is repeated."""
_IMPORTED_AGO = timedelta(days=45)


class Sizes(NamedTuple):
    """How many cases, events and open cases were asked for; None where nothing was said."""

    cases: int | None
    events: int | None
    open: int | None


@attrs.frozen(kw_only=True)
class Filled:
    """What a store was filled with."""

    cases: int
    events: int


def generate(
    workspace: Workspace,
    cases: int | None = None,
    events: int | None = None,
    seed: int = 1,
    open_cases: int | None = None,
) -> Filled:
    """Fill the store of *workspace*, absent or empty, with *cases* cases or about *events* events.

    It is 40 cases unless told. With both, the cases are so long that they come to about as many events. Of the cases,
    *open_cases* are open on that day; unless told, as many as come of themselves, and no more than a thousand.

    Raises:
        UsageError: there is something in the store already, the protocol is not yet in force on that day, or fewer
            cases are asked for than are to be open.
    """
    from cinctl.demo.dice import Salts
    from cinctl.demo.pour import pour
    from cinctl.store.log import Log

    today, rules = workspace.today, workspace.rules
    rules.calendar.check(today)
    earliest = _earliest(rules, today)
    _check_empty(workspace)
    _check_open(open_cases, cases)
    wanted = cases if cases is not None or events is not None else CASES
    told_on = today - min(_IMPORTED_AGO, (today - earliest) // 2)
    office, templates = _play(rules, today, earliest, told_on, Sizes(wanted, events, open_cases), seed)
    log = Log.create(workspace.settings.store, salts=Salts(seed))
    with log.writing(workspace.settings.lock_timeout) as writer:
        made = pour(writer, office, templates, told_on, seed)
    return Filled(cases=made[0], events=made[1])


def _check_empty(workspace: Workspace) -> None:
    path = Path(workspace.settings.store)
    if path.is_file() and path.stat().st_size:
        raise UsageError(f"{path} holds something already; demo fills an absent or an empty store")


def _check_open(open_cases: int | None, cases: int | None) -> None:
    if open_cases is None:
        return
    if cases is None:
        raise UsageError("--open says how many of the --cases are open; say how many --cases there are")
    if open_cases > cases:
        raise UsageError(f"of {cases} cases {open_cases} cannot be open; ask for more --cases, or fewer --open")


def _earliest(rules: RuleBook, today: date) -> date:
    """Return the first day on which a step could be typed. Raises UsageError when it lies after *today*."""
    starts = [edition.protocol.effective_from for edition in rules.editions]
    known = [start for start in starts if start is not None]
    earliest = min(known) if len(known) == len(starts) else rules.calendar.first
    if earliest > today:
        start, day = earliest.isoformat(), today.isoformat()
        raise UsageError(f"{rules.protocol.id} is in force from {start}: on {day} nothing could be recorded")
    return max(earliest, rules.calendar.first)


def _play(
    rules: RuleBook, today: date, earliest: date, told_on: date, sizes: Sizes, seed: int
) -> tuple[list[Event], list[Template]]:
    """Play out as many lives as differ. Returns the events of no case, and the lives with how often each is told."""
    from cinctl.demo.cast import Cast
    from cinctl.demo.dice import Dice
    from cinctl.demo.pour import Template
    from cinctl.demo.stage import Stage

    cases, events = sizes.cases, sizes.events
    # As many open ones as are wanted can be had of few cases only where there are many lives to choose from.
    different = _DIFFERENT if cases is None or sizes.open is not None else min(cases, _DIFFERENT)
    dice = Dice(seed, today, rules.protocol.hash)
    cast = Cast(rules.protocol, today, rules.calendar.first, dice, leads_per_unit=4 + different // 40)
    stage = Stage(rules, cast, today, earliest)
    about = stage.tell("import", None, told_on, _about())
    played = _lives(stage, different, dice, told_on, sizes)
    times = _times(played, sizes, None if events is None else events - len(stage.staff) - 1)
    families = [number - life.sibling for number, life in enumerate(played)]
    told = [Template(p, n, f) for p, n, f in zip(played, times, families, strict=True) if n]
    if any(p.imported for p in played):
        return [*stage.staff, about], told
    return stage.staff, told


def _lives(stage: Stage, different: int, dice: Dice, told_on: date, sizes: Sizes) -> list[Played]:
    """Play *different* lives, or as few as come to the number of events asked for where no number of cases is."""
    from cinctl.demo.actor import play
    from cinctl.demo.lives import MIX

    cases, events = sizes.cases, sizes.events
    played: list[Played] = []
    total, share = 0, 0 if not cases or events is None else events * different // cases
    for number in range(different):
        if cases is None and events is not None and total >= events:
            break
        # What a short life leaves over goes to those that follow.
        length = (share - total) // (different - number)
        life = play(stage, number, MIX[number % len(MIX)], dice, told_on, length)
        if life.events:
            played.append(life)
            total += len(life.events)
    return played


def _times(played: list[Played], sizes: Sizes, events: int | None) -> list[int]:
    """Return how often each life is told, to come to the number of cases asked for or else to about *events* events."""
    times = [0] * len(played)
    every = range(len(played))
    ended = [n for n in every if played[n].ended] or every
    going = every if sizes.open is None else [n for n in every if not played[n].ended]
    most = _OPEN if sizes.open is None else sizes.open
    open_, told, total = 0, 0, 0
    turn = 0
    while played and (told < sizes.cases if sizes.cases is not None else total < (events or 0)):
        among: Sequence[int] = going if open_ < most else ended
        if sizes.cases and events:
            among = _towards(among, played, events / sizes.cases, behind=total < told * events / sizes.cases)
        number = among[turn % len(among)]
        times[number] += 1
        open_ += not played[number].ended
        told, total, turn = told + 1, total + len(played[number].events), turn + 1
    return times


def _towards(among: Sequence[int], played: list[Played], usual: float, *, behind: bool) -> Sequence[int]:
    """Return those of the lives *among* that make up for others before: the long where events are *behind*."""
    return [n for n in among if (len(played[n].events) >= usual) is behind] or among


def _about() -> dict[str, Any]:
    from cinctl.formats.census_cases import SPEAKS

    return {
        "source": "synthetic return of another system",
        "speaks": {kind: sorted(fields) for kind, fields in SPEAKS.items()},
    }
