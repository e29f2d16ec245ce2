"""`cinctl audit`: the whole history against the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.errors import UsageError
from cinctl.render import Row, dump, pick
from cinctl.shell import DATE, Choice, Session, command, pass_session
from cinctl.terminal import emit, plural, tell

if TYPE_CHECKING:
    from cinctl.conformance import Audit

__all__ = ["command"]

COLUMNS = (
    "rule", "clause", "clauses", "level", "case", "seq", "at", "message", "due", "late_days", "waived", "hindsight",
    "staff", "unit", "fingerprint",
)  # fmt: skip
TABLE = ("level", "rule", "who", "at", "message", "late_days", "waived")


@command(
    "audit",
    examples=(
        "cinctl audit --fail-on deny",
        "cinctl audit --from 2026-04-01 --until 2026-06-30 --json",
        "cinctl audit --fail-on never -f ids",
    ),
)
@cases_argument(required=False)
@click.option("--from", "since", type=DATE, metavar="DATE", help="Only findings from this date on.")
@click.option("--until", type=DATE, metavar="DATE", help="Only findings up to this date.")
@click.option("--fail-on", type=Choice(("deny", "warn", "never")), default="deny", help="Exit 1 from which level on.")
@answers(COLUMNS, TABLE)
@pass_session
def audit_cases(
    session: Session,
    view: View,
    cases: Sequence[str] | None,
    since: date | None,
    until: date | None,
    fail_on: str,
) -> None:
    """Judge the whole history against the protocol.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin; without any, all cases, the staff register
    and the service. The table's 'who' is the case, else the practitioner, else the unit.
    """
    from cinctl.conformance import audit

    if since is not None and until is not None and since > until:
        raise UsageError(f"--from {since.isoformat()} lies after --until {until.isoformat()}")
    book = session.book()
    for case in cases or ():
        book.require_case(case)
    found = audit(book, session.workspace.today, cases=cases, since=since, until=until)
    if view.form == "json":
        emit(dump(_as_object(found, view)) + "\n")
    elif view.for_people and not view.columns:
        view.show([{**row, "who": _who(row)} for row in view.sorted(_rows(found))], sort=False)
    else:
        view.show(_rows(found))
    tell(_summary(found))
    levels = {"deny": {"deny"}, "warn": {"deny", "warn"}, "never": set()}[fail_on]
    if any(finding.level in levels and not finding.waived for finding in found.findings):
        click.get_current_context().exit(1)


def _rows(found: Audit) -> list[dict[str, Any]]:
    return [finding.row() for finding in found.findings]


def _as_object(found: Audit, view: View) -> dict[str, Any]:
    """Return the audit as one object, its findings in the order and with the columns that were asked for."""
    answer = found.as_object()
    findings = view.sorted(answer["findings"])
    answer["findings"] = [pick(row, view.columns) if view.columns else row for row in findings]
    return answer


def _who(row: Row) -> str | None:
    """Return whose finding *row* is: the case's, else a practitioner's, else a unit's."""
    who: str | None = row["case"] or row.get("staff") or row.get("unit")
    return who


def _summary(found: Audit) -> str:
    """Return one line for people."""
    counts = found.counts()
    told = [f"{counts['deny']} deny", f"{counts['warn']} warn", f"{counts['waived']} waived"]
    if counts["not_judged"]:
        told.append(f"{counts['not_judged']} not judged")
    cases, events = counts["cases"], counts["events"]
    return f"{cases} {plural(cases, 'case')}, {events} {plural(events, 'event')}: {', '.join(told)}"


command = audit_cases
