"""The timelines of all cases as one block of JSON, which the page reads when a case is opened.

Names stand once, in lists, and what happened refers to them by place; days are counted from 1970-01-01. So the block
stays small, and nothing in it is markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from cinctl.board.collecting import Line
from cinctl.happenings import kind_in_words
from cinctl.lateness import in_words
from cinctl.obligations import Duty
from cinctl.owed import late_on
from cinctl.terminal import visible

__all__ = ["STATUSES", "day_number", "timelines"]

STATUSES = ("done", "late", "ended", "overdue", "due_soon", "pending", "outstanding")
"""What came of a clock, in the order in which the block counts them."""

_EPOCH = date(1970, 1, 1).toordinal()
_MARKUP = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def day_number(day: date | None) -> int | None:
    """Return *day* counted from 1970-01-01."""
    return None if day is None else day.toordinal() - _EPOCH


class _Names:
    """Names, each once, in the order in which they were first asked for."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}

    def place(self, name: Any) -> int | None:
        """Return the place of *name*; None for None."""
        return None if name is None else self._places.setdefault(name, len(self._places))

    def texts(self) -> list[Any]:
        """Return them all, as they are shown."""
        return [_shown(name) for name in self._places]


def _shown(name: Any) -> Any:
    if isinstance(name, str):
        return visible(name)
    return [None if part is None else visible(part) for part in name]


def timelines(lines: Iterable[Line], today: date) -> str:
    """Return *lines* on *today* as JSON that may stand in a script element."""
    kinds, people, rules = _Names(), _Names(), _Names()
    cases = [
        [
            visible(line.id),
            _words(line.state),
            people.place(line.lead),
            people.place(line.supervisor),
            people.place(line.unit),
            day_number(line.referred),
            [_flat(day_number(e.on), kinds.place(kind_in_words(e.kind)), people.place(e.by)) for e in line.happened],
            [_duty(duty, people, rules, today) for duty in line.duties],
        ]
        for line in lines
    ]
    told = {"kinds": kinds.texts(), "names": people.texts(), "rules": rules.texts(), "cases": cases}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    for mark, escape in _MARKUP.items():
        text = text.replace(mark, escape)
    return text


def _words(code: str | None) -> str | None:
    return None if code is None else visible(code.replace(".", ": ").replace("_", " "))


def _flat(*values: Any) -> list[Any]:
    """Return *values* without the Nones at their end."""
    made = list(values)
    while made and made[-1] is None:
        made.pop()
    return made


def _duty(duty: Duty, people: _Names, rules: _Names, today: date) -> list[Any]:
    rule, clause, what, _ = duty.label
    owner = duty.owner or (duty.owner_role or "").replace("_", " ") or None
    return _flat(
        rules.place((rule, clause, what)),
        day_number(duty.start),
        STATUSES.index(duty.status),
        day_number(duty.due),
        day_number(duty.finished),
        people.place(owner),
        day_number(duty.waived_until),
        people.place(_lateness(duty, today)),
    )


def _lateness(duty: Duty, today: date) -> str | None:
    """Return in words how late *duty* was met, in calendar days, or how it stands, in the unit of its limit."""
    if duty.due is None or duty.status in ("done", "ended"):
        return None
    if duty.status == "late":
        return in_words(duty.status, duty.late_days, None, None)
    return in_words(duty.status, *late_on(duty.due.isoformat(), duty.label.calendar, today))
