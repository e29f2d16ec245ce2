"""`cinctl due`: what is due on which case, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.errors import UsageError, did_you_mean
from cinctl.shell import Session, command, pass_session

__all__ = ["command"]

COLUMNS = (
    "case", "rule", "clause", "what", "owner", "lead", "unit", "start", "due", "status", "late_days", "late",
    "late_unit",
)  # fmt: skip
TABLE = ("case", "rule", "what", "owner", "due", "status", "late", "late_unit")


@command(
    "due",
    examples=(
        "cinctl due --overdue",
        "cinctl due --within 5wd --unit A",
        "cinctl due --overdue -f ids | cinctl show -",
        "cinctl due --overdue --exit-code > /dev/null || echo 'something is overdue'",
    ),
)
@cases_argument(required=False)
@click.option("--overdue", is_flag=True, help="Only what is overdue.")
@click.option("--within", metavar="5d|5wd|2w", help="Only what falls due within this time, or is overdue.")
@click.option("--lead", metavar="STAFF", help="Only cases that this practitioner leads.")
@click.option("--unit", metavar="UNIT", help="Only cases of this unit.")
@click.option("--rule", metavar="ID", help="Only obligations under this rule or clause.")
@click.option("--owner", metavar="STAFF|ROLE", help="Only what this person, or this role, owes.")
@click.option("--mine", is_flag=True, help="Only what CINCTL_ACTOR owes.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when something in the answer is overdue.")
@answers(COLUMNS, TABLE)
@pass_session
def list_due(session: Session, /, view: View, cases: Sequence[str] | None, exit_code: bool, **wanted: Any) -> None:
    """List what is due, most overdue first.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin; without any, all cases.
    """
    tests = list(_tests(session, **wanted))
    book = session.book()
    if cases is not None:
        for case in cases:
            book.require_case(case)
        tests.append(_among("case", cases))
    rows = [row for row in book.due_rows(session.workspace.today) if all(test(row) for test in tests)]
    view.show(rows, empty="Nothing is due.")
    if exit_code and any(row["status"] == "overdue" for row in rows):
        click.get_current_context().exit(1)


command = list_due


def _tests(
    session: Session,
    overdue: bool,
    within: str | None,
    lead: str | None,
    unit: str | None,
    rule: str | None,
    owner: str | None,
    mine: bool,
) -> Iterable[Callable[[dict[str, Any]], bool]]:
    """Yield one test for each option that narrows the answer."""
    if overdue:
        yield lambda row: row["status"] == "overdue"
    if within is not None:
        yield _by(_horizon(session, within))
    if lead is not None:
        yield lambda row: row["lead"] == lead
    if unit is not None:
        yield lambda row: row["unit"] == unit
    if rule is not None:
        _check_rule(session, rule)
        yield lambda row: rule in (row["rule"], row["clause"])
    if owner is not None:
        yield _owed_by(owner)
    if mine:
        yield _among("owner", (_me(session),))


def _by(last: date) -> Callable[[dict[str, Any]], bool]:
    return lambda row: row["due"] is not None and str(row["due"]) <= last.isoformat()


def _among(column: str, values: Sequence[str]) -> Callable[[dict[str, Any]], bool]:
    allowed = frozenset(values)
    return lambda row: row[column] in allowed


def _owed_by(owner: str) -> Callable[[dict[str, Any]], bool]:
    """Return a test for what a person owes, or a role: that one is printed with the unit of the case."""
    role = owner.removeprefix("@").replace("-", "_")
    return lambda row: row["owner"] in (owner, role) or str(row["owner"]).startswith(f"{role}, unit ")


def _me(session: Session) -> str:
    actor: str | None = session.settings.actor
    if not actor:
        raise UsageError("--mine needs to know who you are: set CINCTL_ACTOR, or actor in the config")
    return actor


def _horizon(session: Session, within: str) -> date:
    from cinctl.calendar import Duration

    try:
        span = Duration.parse_short(within)
    except ValueError as fault:
        raise UsageError(f"--within: {fault}") from None
    return span.after(session.workspace.today, session.workspace.rules.calendar)


def _check_rule(session: Session, rule: str) -> None:
    protocol = session.workspace.protocol
    known = [*protocol.clocks, *(clause for clock in protocol.clocks.values() for clause in clock.clauses)]
    if rule not in known:
        raise UsageError(f"--rule: no clock of {protocol.id} is called '{rule}'.{did_you_mean(rule, known)}")
