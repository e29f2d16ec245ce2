"""What the library answers: named tuples with the fields, in the order and with the values, of the JSON of commands.

Dates are ISO 8601 text, as in the log: they sort and compare as dates do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from cinctl.gates import Finding

__all__ = ["Audit", "CaseRecord", "Obligation", "RecordedEvent", "Verdict", "Verification"]


class Obligation(NamedTuple):
    """One thing that is due: a row of `due`. *due* is None where there is no limit, *case* for a duty of no case.

    *owner* stands in for *covers* where that is somebody who is away.
    """

    case: str | None
    rule: str
    clause: str | None
    what: str
    owner: str | None
    lead: str | None
    unit: str | None
    start: str | None
    due: str | None
    status: str
    late_days: int | None
    late: int | None
    late_unit: str | None
    covers: str | None = None

    @property
    def overdue(self) -> bool:
        """Whether its last day has passed."""
        return self.status == "overdue"

    @property
    def day(self) -> date | None:
        """The day on which it is due, as a date."""
        return None if self.due is None else date.fromisoformat(self.due)


class CaseRecord(NamedTuple):
    """A case as it stands: a row of `list` and `show`."""

    case: str
    child: str | None
    family: str | None
    born: str | None
    expected: str | None
    state: str
    tier: str | None
    need: str | None
    lead: str | None
    lead_role: str | None
    supervisor: str | None
    unit: str | None
    referred: str | None
    closed: str | None


class RecordedEvent(NamedTuple):
    """One event as it was first recorded: a row of `history`. *data* is None once its payload was removed."""

    seq: int
    kind: str
    at: str
    recorded: str
    by: str | None
    case: str | None
    data: Mapping[str, Any] | None
    corrected_by: int | None


class Verdict(NamedTuple):
    """What came of a step. *seq* is its line of the log, None where none was written.

    *findings* are what refuses it, or what was found all the same. *error* says why it means nothing.
    """

    accepted: bool
    case: str | None
    seq: int | None
    findings: tuple[Finding, ...] = ()
    error: str | None = None

    @property
    def refusals(self) -> list[str]:
        """One line for each rule that refuses the step, as a command prints it."""
        return [finding.line("refused by") for finding in self.findings if finding.denies]


class Audit(NamedTuple):
    """What judging a history came to: as of which day and by what, counts, and the findings in order.

    *head* and *length* are the hash of the last line of the log that was judged, and its number of lines.
    """

    today: str
    protocol: str
    protocol_hash: str
    head: str
    length: int
    cases: int
    events: int
    not_judged: int
    findings: tuple[Finding, ...]

    def standing(self, level: str) -> list[Finding]:
        """Return the findings at *level*, `deny` or `warn`, that no waiver covers."""
        return [finding for finding in self.findings if finding.level == level and not finding.waived]

    def fails(self, on: str = "deny") -> bool:
        """Return whether `audit --fail-on` *on* would exit with 1. Raises ValueError for what is no level."""
        from cinctl.reporting import FAILS_ON

        if on not in FAILS_ON:
            raise ValueError(f"'{on}' is not one of {', '.join(FAILS_ON)}")
        return any(self.standing(level) for level in FAILS_ON[on])


class Verification(NamedTuple):
    """How far the log's chain holds: the answer of `verify`. *torn* are bytes of a torn line, never acknowledged."""

    ok: bool
    lines: int
    head: str
    torn: int | None
    fault_line: int | None
    fault: str | None
