"""A case and its clocks, folded: each event is taken in by the case, then told to named events, then to the clocks."""

from __future__ import annotations

from cinctl.case import Case
from cinctl.clocks import Obligation, Tracker
from cinctl.facts import Moment
from cinctl.rules import RuleBook

_NOTHING: list[Obligation] = []


def take_in(rules: RuleBook, moment: Moment, case: Case, tracker: Tracker) -> list[Obligation]:
    """Let *case* and its clocks take in the event of *moment*. Returns the obligations that it finished.

    The case of *moment* is *case*: a gate asks it before this, named events and clocks see it after.
    """
    event = moment.event
    case.advance(event, moment.register, moment.before_seq)
    signs, clocks = rules.heard["case"][event.kind]
    for key, holds, unasked in signs:
        if holds(moment) if event.data is not None else unasked:
            case.note(key, event)
    if clocks or event.base == "reopen":
        return tracker.advance(moment)
    return _NOTHING
