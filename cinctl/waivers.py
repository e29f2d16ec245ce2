"""Waivers: a recorded departure from one rule on one case, until a day, for a reason, approved by somebody.

A gate's finding is waived when its event is dated on or before the waiver's last day; a clock's while it runs and today
is, or when it was finished, on or before it. After that the finding stands again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cinctl.gates import Finding, Waiver
from cinctl.history import Event


class Waivers:
    """The waivers on one case, from its events that count. *used* holds the `seq` of those that waived something."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._by_rule: dict[str, list[Waiver]] = {}
        self.used: set[int] = set()
        for event in events:
            if event.base == "waive" and event.get("until") and event.get("rule"):
                until = date.fromisoformat(event.get("until"))
                made = Waiver(event.seq, until, event.get("approved_by"))
                self._by_rule.setdefault(event.get("rule"), []).append(made)

    def __bool__(self) -> bool:
        return bool(self._by_rule)

    def last_day(self, rule: str) -> date | None:
        """Return the last day on which a departure from *rule* that still runs is covered, or None."""
        return max((waiver.until for waiver in self._by_rule.get(rule, ())), default=None)

    def over_gate(self, finding: Finding, on: date) -> Finding:
        """Return *finding*, about an event dated *on*, as waived where a waiver covers it."""
        return self._over(finding, on)

    def over_clock(self, finding: Finding, on: date) -> Finding:
        """Return *finding* as waived where a waiver covers it; *on* is when it was finished, or today if it runs."""
        due = date.fromisoformat(finding.due) if finding.due else None
        for waiver in self._by_rule.get(finding.rule, ()):
            # It hid a lateness while that ran, though no longer.
            if due is not None and due < waiver.until:
                self.used.add(waiver.seq)
        return self._over(finding, on)

    def _over(self, finding: Finding, on: date) -> Finding:
        covering = [waiver for waiver in self._by_rule.get(finding.rule, ()) if on <= waiver.until]
        self.used.update(waiver.seq for waiver in covering)
        return finding.waived_by(max(covering, key=lambda w: (w.until, w.seq))) if covering else finding
