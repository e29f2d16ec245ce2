"""What an audit comes to once it is narrowed, held against a baseline and masked: between findings and reports.

Findings are taken in one by one, in their order; what came of them is asked for at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import attrs

from cinctl import __version__
from cinctl.baseline import Baseline, Known
from cinctl.formats.report import DENY, KNOWN, WAIVED, WARN, Entry, Report, RuleText
from cinctl.gates import Finding
from cinctl.masking import Mask
from cinctl.selection import Selection
from cinctl.terminal import plural

__all__ = ["FAILS_ON", "SCHEMA", "Taken", "Tally", "report_of", "summary"]

SCHEMA = "cinctl/audit/1"
FAILS_ON = {"deny": (DENY,), "warn": (DENY, WARN), "never": ()}
_STANDINGS = (DENY, WARN, WAIVED, KNOWN)
_GROUPS = ("rule", "unit", "lead")


class Taken(NamedTuple):
    """One finding that is told, and whether it counts: its level, or `waived` or `known`."""

    finding: Finding
    standing: str


@attrs.define(kw_only=True)
class Tally:
    """Findings taken in one by one: narrowed by *selection*, held against *baseline*, to be shown through *mask*.

    *cases* are those that were audited, None for all and the staff and the service. *undated* are the clocks whose
    dates would tell a day of birth or death: reports, baselines and masked rows give none of theirs.
    """

    selection: Selection = attrs.field(factory=Selection)
    baseline: Baseline | None = None
    mask: Mask = attrs.field(factory=Mask)
    cases: Sequence[str] | None = None
    undated: frozenset[str] = frozenset()
    taken: list[Taken] = attrs.field(factory=list, init=False)
    filtered: Counter[str] = attrs.field(factory=Counter, init=False)
    units: set[str] = attrs.field(factory=set, init=False)
    _found: set[str] = attrs.field(factory=set, init=False)

    def take(self, finding: Finding) -> bool:
        """Take in *finding*, the next in order. Returns whether it is told."""
        standing = self._standing(finding)
        if finding.unit is not None:
            self.units.add(finding.unit)
        if not self.selection.keeps(finding):
            self.filtered[standing] += 1
            return False
        self.taken.append(Taken(finding, standing))
        return True

    def _standing(self, finding: Finding) -> str:
        known = False
        if self.baseline is not None:
            # One that was written under a mask holds hashes, and either sort may be held against either.
            digits = {finding.fingerprint, self.mask.fingerprint(finding.fingerprint)} & self.baseline.known.keys()
            self._found |= digits
            known = bool(digits)
        return WAIVED if finding.waived else KNOWN if known else finding.level

    def counts(self, made: Mapping[str, int]) -> dict[str, int]:
        """Return *made*, the counts of the audit itself, with those of the findings that are told."""
        standing = Counter(one.standing for one in self.taken)
        told = {**made, **{name: standing[name] for name in (DENY, WARN, WAIVED)}}
        told["hindsight"] = sum(one.finding.hindsight for one in self.taken)
        return told if self.baseline is None else {**told, KNOWN: standing[KNOWN]}

    def fails(self, on: str) -> bool:
        """Return whether any finding that is told counts at the level *on*: `deny`, `warn` or `never`."""
        return any(one.standing in FAILS_ON[on] for one in self.taken)

    def filters(self) -> dict[str, Any]:
        """Return what narrowed the audit, and what that left out."""
        told: dict[str, Any] = {}
        if self.cases is not None:
            told["cases"] = [self.mask.case(case) for case in self.cases]
        narrowed = self.selection.filters()
        told |= narrowed
        if narrowed:
            told["left_out"] = {name: self.filtered[name] for name in _STANDINGS[:-1]}
            if self.baseline is not None:
                told["left_out"][KNOWN] = self.filtered[KNOWN]
        return told

    # The baseline

    def vanished(self) -> list[dict[str, str | None]]:
        """Return what the baseline knows and the audit no longer finds, of the cases that were audited."""
        if self.baseline is None:
            return []
        asked = None if self.cases is None else {*self.cases, *map(self.mask.case, self.cases)}
        gone = (entry for digits, entry in self.baseline.known.items() if digits not in self._found)
        return [self._shown(entry) for entry in gone if asked is None or entry.case in asked]

    def _shown(self, entry: Known) -> dict[str, str | None]:
        """Return *entry* without its words, which anybody could have written into the file, and masked."""
        digits, case = entry.fingerprint, entry.case
        if self.mask.on and self.baseline is not None and self.baseline.mask is None:
            digits, case = self.mask.fingerprint(digits), case and self.mask.case(case)
        return {"fingerprint": digits, "rule": entry.rule, "case": case}

    def known(self) -> Iterator[Known]:
        """Yield what a baseline made now holds: what is told and not waived, and of that only what one read knew.

        So one that is written over itself can only shrink.
        """
        for finding, standing in self.taken:
            if standing == KNOWN or (standing != WAIVED and self.baseline is None):
                case = finding.case if finding.case is None else self.mask.case(finding.case)
                finding = self._discreet(finding)
                on = f", due {finding.due}" if finding.due else f", {finding.at[:10]}" if finding.at else ""
                message = f"{finding.say or finding.rule}{on}"
                yield Known(self.mask.fingerprint(finding.fingerprint), finding.rule, case, message)

    # Telling

    def rows(self) -> list[dict[str, Any]]:
        """Return the findings as rows, as any command answers them."""
        told = []
        for finding, standing in self.taken:
            finding = self._discreet(finding) if self.mask.on else finding
            row = self.mask.row(finding.row(), _text(finding))
            told.append(row if self.baseline is None else {**row, "known": standing == KNOWN})
        return told

    def entries(self) -> list[Entry]:
        """Return the findings as reports tell them."""
        return [self._entry(*one) for one in self.taken]

    def _discreet(self, finding: Finding) -> Finding:
        """Return *finding* without dates, nor days from which one could be counted, where they would tell a birth."""
        if finding.rule not in self.undated:
            return finding
        return finding._replace(at=None, due=None, late_days=None, how="late; its dates would tell a birth or death")

    def _entry(self, finding: Finding, standing: str) -> Entry:
        finding = self._discreet(finding)
        about, who = self._whose(finding)
        return Entry(
            rule=finding.rule,
            level=finding.level,
            standing=standing,
            who=who,
            about=about,
            say=finding.say or finding.rule,
            how=finding.how,
            line=finding.seq or None,
            at=finding.at,
            due=finding.due,
            late_days=finding.late_days,
            hindsight=finding.hindsight,
            waiver=self._waiver(finding),
            fingerprint=self.mask.fingerprint(finding.fingerprint),
        )

    def _whose(self, finding: Finding) -> tuple[str, str]:
        if finding.case is not None:
            return "case", self.mask.case(finding.case)
        if finding.staff is not None:
            return "staff", self.mask.staff(finding.staff)
        return "service", "service"

    def _waiver(self, finding: Finding) -> str:
        """Return by whom and until when; never the reason, which somebody wrote on the case."""
        waiver = finding.waiver
        if waiver is None:
            return WAIVED if finding.waived else ""
        by = f", approved by {self.mask.staff(waiver.approved_by)}" if waiver.approved_by else ""
        return f"waived until {waiver.until.isoformat()}{by} (event {waiver.seq})"

    def statistics(self) -> list[dict[str, Any]]:
        """Return how many findings there are by rule, by unit and by lead, most first."""
        counts: dict[str, dict[str | None, Counter[str]]] = {group: {} for group in _GROUPS}
        for finding, standing in self.taken:
            lead = finding.lead and self.mask.staff(finding.lead)
            for group, name in zip(_GROUPS, (finding.rule, finding.unit, lead), strict=True):
                if group != "lead" or finding.case is not None:
                    counts[group].setdefault(name, Counter())[standing] += 1
        columns = _STANDINGS if self.baseline is not None else _STANDINGS[:-1]
        return [
            {"by": group, "name": name, "findings": found.total(), **{column: found[column] for column in columns}}
            for group, names in counts.items()
            for name, found in sorted(
                names.items(), key=lambda item: (-item[1].total(), item[0] is None, item[0] or "")
            )
        ]


def _text(finding: Finding) -> str:
    return ": ".join(part for part in (finding.say or finding.rule, finding.how) if part)


def summary(counts: Mapping[str, int]) -> str:
    """Return one line for people."""
    told = [f"{counts['deny']} deny", f"{counts['warn']} warn", f"{counts['waived']} waived"]
    if counts.get(KNOWN):
        told.append(f"{counts[KNOWN]} known")
    if counts["not_judged"]:
        told.append(f"{counts['not_judged']} not judged")
    cases, events = counts["cases"], counts["events"]
    return f"{cases} {plural(cases, 'case')}, {events} {plural(events, 'event')}: {', '.join(told)}"


def report_of(
    tally: Tally,
    header: Mapping[str, Any],
    rules: Callable[[], Sequence[RuleText]],
    *,
    log: str,
    exit_code: int,
    limit: int | None = None,
    statistics: bool = False,
) -> Report:
    """Return what *tally* holds as a report, of *limit* findings at most."""
    entries = tally.entries()
    kept = entries if limit is None else entries[:limit]
    left_out = Counter(entry.standing for entry in entries[len(kept) :])
    return Report(
        version=__version__,
        header=header,
        entries=kept,
        found=frozenset(entry.rule for entry in entries),
        left_out={name: left_out[name] for name in _STANDINGS if left_out[name]},
        log=log,
        summary=summary(header["counts"]),
        exit_code=exit_code,
        statistics=tally.statistics() if statistics else None,
        rules_of=rules,
    )
