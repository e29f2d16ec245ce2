"""Which findings an audit tells of: by rule id or prefix, by unit, by date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import attrs

from cinctl.casebook import Casebook
from cinctl.errors import UsageError, did_you_mean
from cinctl.gates import Finding
from cinctl.history import day_of

__all__ = ["Selection", "units"]


@attrs.define(kw_only=True)
class Selection:
    """What was asked for; an empty one keeps everything.

    A word of *select* or *ignore* that is a rule's id means that rule and those whose id goes on with a dot; any other
    is a prefix. *ignore* counts before *select*. Days are those of the event, or for what never came of its due date.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    _rules: dict[str, bool] = attrs.field(factory=dict, init=False)
    _known: frozenset[str] = attrs.field(default=frozenset(), init=False)

    def check(self, rules: Iterable[str]) -> None:
        """Take in the ids of all *rules*. Raises UsageError for a word that means none of them, or dates that cross."""
        if self.since is not None and self.until is not None and self.since > self.until:
            raise UsageError(f"--from {self.since.isoformat()} lies after --until {self.until.isoformat()}")
        self._known = frozenset(rules)
        for option, words in (("--select", self.select), ("--ignore", self.ignore)):
            for word in words:
                if not any(self._means(word, rule) for rule in self._known):
                    hint = did_you_mean(word, sorted(self._known))
                    raise UsageError(f"{option}: no rule is called '{word}', or begins so.{hint}")

    def takes(self, rule: str) -> bool:
        """Return whether findings of *rule* are told."""
        found = self._rules.get(rule)
        if found is None:
            wanted = not self.select or any(self._means(word, rule) for word in self.select)
            found = self._rules[rule] = wanted and not any(self._means(word, rule) for word in self.ignore)
        return found

    def keeps(self, finding: Finding) -> bool:
        """Return whether *finding* is told."""
        if not self.takes(finding.rule) or (self.units and finding.unit not in self.units):
            return False
        text = finding.at or finding.due
        if text is None or (self.since is None and self.until is None):
            return True
        on = day_of(text)
        return (self.since is None or on >= self.since) and (self.until is None or on <= self.until)

    def filters(self) -> dict[str, Any]:
        """Return what narrows, as JSON names it."""
        told: dict[str, Any] = {"select": list(self.select), "ignore": list(self.ignore), "unit": list(self.units)}
        told["from"] = self.since.isoformat() if self.since else None
        told["until"] = self.until.isoformat() if self.until else None
        return {name: value for name, value in told.items() if value}

    def _means(self, word: str, rule: str) -> bool:
        return rule == word or rule.startswith(f"{word}." if word in self._known else word)


def units(book: Casebook, today: date) -> list[str]:
    """Return every unit that holds a case, or has a practitioner *today*, sorted."""
    cases = (book.folded(case)[0].unit for case in book.case_ids())
    staff = (book.register.as_of(person, today).unit for person in book.register)
    return sorted({unit for unit in (*cases, *staff) if unit is not None})
