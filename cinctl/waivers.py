"""Waivers: a recorded departure from one rule on one case, until a day, for a reason, approved by somebody.

A gate's finding is waived when its event is dated on or before the waiver's last day; a clock's while it runs and today
is, or when it was finished, on or before it. After that the finding stands again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cinctl.gates import Finding
from cinctl.history import Event


class Waivers:
    """The waivers on one case, from its events that count. *used* holds the `seq` of those that waived something."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._by_rule: dict[str, list[tuple[date, int]]] = {}
        self.used: set[int] = set()
        for event in events:
            if event.base == "waive" and event.get("until") and event.get("rule"):
                until = date.fromisoformat(event.get("until"))
                self._by_rule.setdefault(event.get("rule"), []).append((until, event.seq))

    def __bool__(self) -> bool:
        return bool(self._by_rule)

    def over_gate(self, finding: Finding, on: date) -> Finding:
        """Return *finding*, about an event dated *on*, as waived where a waiver covers it."""
        return self._over(finding, on)

    def over_clock(self, finding: Finding, on: date) -> Finding:
        """Return *finding* as waived where a waiver covers it; *on* is when it was finished, or today if it runs."""
        due = date.fromisoformat(finding.due) if finding.due else None
        for until, seq in self._by_rule.get(finding.rule, ()):
            # It hid a lateness while that ran, though no longer.
            if due is not None and due < until:
                self.used.add(seq)
        return self._over(finding, on)

    def _over(self, finding: Finding, on: date) -> Finding:
        covering = [seq for until, seq in self._by_rule.get(finding.rule, ()) if on <= until]
        self.used.update(covering)
        return finding._replace(waived=True) if covering else finding
