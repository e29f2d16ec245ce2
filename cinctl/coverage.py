"""Which rules stories exercise: what each story made a rule do, counted over all of them.

A rule is exercised when a step was refused by it, when a finding of it came with a step or stood in an audit, or when
`due` showed what a story expects of it, or showed it late. A rule that is merely in force stays silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from cinctl.differences import natural
from cinctl.notes import rules_of
from cinctl.protocol import Protocol, Rule
from cinctl.selection import Selection
from cinctl.terminal import plural

__all__ = ["COVERAGE", "Coverage", "Seen"]

COVERAGE = ("protocol", "rule", "clause", "level", "exercised", "refused", "found", "due", "silent", "say")
_LATE = ("overdue", "outstanding")


@attrs.define
class Seen:
    """What the rules of one story did: the ids of those that refused, were found against, or were seen to be due."""

    refused: set[str] = attrs.field(factory=set)
    found: set[str] = attrs.field(factory=set)
    due: set[str] = attrs.field(factory=set)

    def take(self, answer: Any) -> None:
        """Take in what a step, or an audit, answered as JSON."""
        for verdict in answer if isinstance(answer, list) else [answer]:
            if isinstance(verdict, dict) and isinstance(verdict.get("findings"), list):
                self._take(verdict["findings"], refused=verdict.get("accepted") is False)

    def _take(self, findings: Iterable[Mapping[str, Any]], *, refused: bool) -> None:
        for finding in findings:
            denied = refused and finding["level"] == "deny" and not finding["waived"]
            (self.refused if denied else self.found).add(finding["rule"])

    def take_due(self, rows: Iterable[Mapping[str, Any]], expected: Callable[[Mapping[str, Any]], bool]) -> None:
        """Take in what `due` answered; *expected* tells whether the story says so of a row."""
        self.due |= {row["rule"] for row in rows if row["status"] in _LATE or expected(row)}


@attrs.define
class _Count:
    """One rule as its protocol states it, and how many stories did what with it."""

    rule: Rule
    refused: int = 0
    found: int = 0
    due: int = 0
    silent: int = 0

    @property
    def exercised(self) -> bool:
        return bool(self.refused or self.found or self.due)


@attrs.define
class Coverage:
    """What stories made of rules, each counted under the protocol that states it; of those that *selection* takes."""

    selection: Selection = attrs.field(factory=Selection)
    _counts: dict[tuple[str, str], _Count] = attrs.field(factory=dict)

    def add(self, protocol: Protocol, seen: Seen) -> None:
        """Count one story that was told under *protocol*."""
        for rule in rules_of(protocol):
            count = self._counts.setdefault((rule.protocol, rule.id), _Count(rule))
            refused, found, due = (rule.id in ids for ids in (seen.refused, seen.found, seen.due))
            count.refused += refused
            count.found += found
            count.due += due
            count.silent += not (refused or found or due)

    def check(self) -> None:
        """Raise UsageError when the selection names a rule that no protocol of the stories has."""
        self.selection.check(rule for _, rule in self._counts)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each rule, by protocol and id."""
        ordered = sorted(self._counts.items(), key=lambda item: (item[0][0], natural(item[0][1])))
        for (protocol, id_), count in ordered:
            if self.selection.takes(id_):
                yield {
                    "protocol": protocol,
                    "rule": id_,
                    "clause": count.rule.clauses[0] if count.rule.clauses else None,
                    "level": count.rule.level,
                    "exercised": count.exercised,
                    "refused": count.refused,
                    "found": count.found,
                    "due": count.due,
                    "silent": count.silent,
                    "say": count.rule.say,
                }

    def _share(self) -> tuple[int, int]:
        """Return how many rules were exercised, and how many there are."""
        taken = [count.exercised for (_, id_), count in self._counts.items() if self.selection.takes(id_)]
        return sum(taken), len(taken)

    def falls_short_of(self, percent: float) -> bool:
        """Return whether fewer than *percent* of a hundred rules were exercised."""
        exercised, rules = self._share()
        return exercised * 100 < percent * rules

    def summary(self) -> str:
        """Return one line for people, the percentage never rounded up."""
        exercised, rules = self._share()
        share = int(1000 * exercised / rules) / 10 if rules else 100
        return f"{exercised} of {rules} {plural(rules, 'rule')} exercised ({share:g} %)"
