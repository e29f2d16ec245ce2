"""Every obligation there was, running or finished: what was to be done, by when, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from cinctl.case import Case
from cinctl.casebook import Casebook
from cinctl.clocks import Obligation
from cinctl.owed import Label
from cinctl.protocol.model import WAIVER_USED
from cinctl.standing import label, owner_of
from cinctl.waivers import Waivers

__all__ = ["Duty", "duties_of", "office_duties"]

NOT_JUDGED = "not_judged"


class Duty(NamedTuple):
    """One obligation on *today*. *status* is that of `due`, or once finished `done`, `late` or `ended`.

    *owner* is the practitioner who owes it, *owner_role* who else does where nobody is determined; *lead* and *unit*
    are the case's as it stands. *late_days* are the calendar days after *due* on which it was finished, or has run
    until today; None where it has no limit or is not late. *waived_until* is the last day of a waiver of its rule.
    *begun* and *ended* are the `seq` of the events that started and finished it; *cycle* tells those of one start
    apart.
    """

    case: str | None
    staff: str | None
    label: Label
    owner: str | None
    owner_role: str | None
    lead: str | None
    unit: str | None
    start: date
    due: date | None
    finished: date | None
    status: str
    late_days: int | None
    waived_until: date | None
    begun: int | None
    ended: int | None
    cycle: int


def duties_of(book: Casebook, id_: str, today: date, soon: date) -> Iterator[Duty]:
    """Yield every obligation there was on case *id_*, in the order in which they began.

    *soon* is the last day of `due_soon`. Raises UsageError for an unknown id.
    """
    case, tracker = book.folded(id_)
    waivers = Waivers(book.effective(book.track(id_).events))
    for obligation in _in_order(tracker.all()):
        owner, role = _owner(case, obligation)
        until = waivers.last_day(obligation.rule.id) if waivers else None
        made = _duty(obligation, today, soon, judged=obligation.judgeable(case))
        yield made._replace(case=id_, owner=owner, owner_role=role, lead=case.lead, unit=case.unit, waived_until=until)


def office_duties(book: Casebook, today: date, soon: date) -> Iterator[Duty]:
    """Yield every obligation there was of practitioners, and then of the service as a whole."""
    for person, tracker in sorted(book.practitioners().items()):
        unit = book.register.as_of(person, today).unit
        for obligation in _in_order(tracker.all()):
            made = _duty(obligation, today, soon, judged=obligation.judged)
            yield made._replace(staff=person, owner=person, unit=unit)
    for obligation in _in_order(book.service().all()):
        role = (obligation.rule.clock.owner or "service").removeprefix("@")
        yield _duty(obligation, today, soon, judged=obligation.judged)._replace(owner_role=role)


def _in_order(found: Iterable[Obligation]) -> list[Obligation]:
    shown = (o for o in found if o.rule.stop_kinds != {WAIVER_USED})
    return sorted(shown, key=lambda o: (o.start_seq, o.rule.id, o.cycle, o.start))


def _owner(case: Case, obligation: Obligation) -> tuple[str | None, str | None]:
    """Return the practitioner who owes it, else None and the role that does; its unit is the case's."""
    owner = owner_of(case, obligation)
    if owner == obligation.subject:
        return None, None  # a clock of a case whose protocol says that the subject owes it
    people = {case.lead, case.supervisor, case.manager, obligation.owner}
    if owner is None or owner in people:
        return owner, None
    return None, owner.removesuffix(f", unit {case.unit}")


def _duty(obligation: Obligation, today: date, soon: date, *, judged: bool) -> Duty:
    return Duty(
        case=None,
        staff=None,
        label=label(obligation.rule),
        owner=None,
        owner_role=None,
        lead=None,
        unit=None,
        start=obligation.start,
        due=obligation.due,
        finished=obligation.finished,
        status=obligation.status(today, soon) if judged else NOT_JUDGED,
        late_days=_late_days(obligation, today) if judged else None,
        waived_until=None,
        begun=obligation.start_seq or None,
        ended=obligation.finished_seq,
        cycle=obligation.cycle,
    )


def _late_days(obligation: Obligation, today: date) -> int | None:
    if obligation.due is None:
        return None
    days = ((obligation.finished or today) - obligation.due).days
    return days if days > 0 else None
