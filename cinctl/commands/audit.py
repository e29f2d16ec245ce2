"""`cinctl audit`: the whole history against the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.render import dump
from cinctl.shell import DATE, Choice, Session, command, pass_session
from cinctl.terminal import emit, tell

__all__ = ["command"]

COLUMNS = (
    "rule", "clause", "clauses", "level", "case", "seq", "at", "message", "due", "late_days", "waived", "hindsight",
    "staff", "unit", "fingerprint",
)  # fmt: skip
TABLE = ("level", "rule", "case", "at", "message", "late_days", "waived")


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
    and the service.
    """
    from cinctl.conformance import audit

    book = session.book()
    for case in cases or ():
        book.require_case(case)
    found = audit(book, session.workspace.today, cases=cases, since=since, until=until)
    if view.form == "json" and not view.columns:
        emit(dump(found.as_object()) + "\n")
    else:
        view.show([finding.row() for finding in found.findings])
    tell(found.summary())
    levels = {"deny": {"deny"}, "warn": {"deny", "warn"}, "never": set()}[fail_on]
    if any(finding.level in levels and not finding.waived for finding in found.findings):
        click.get_current_context().exit(1)


command = audit_cases
