"""`cinctl history`: what happened to a case, event by event."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.session import Session, pass_session
from cinctl.shell import command

__all__ = ["command"]

COLUMNS = ("seq", "kind", "at", "recorded", "by", "case", "data", "corrected_by")
TABLE = ("seq", "at", "kind", "by", "data", "corrected_by")


@command("history", examples=("cinctl history R1", "cinctl history R1 -f jsonl | jq 'select(.corrected_by)'"))
@cases_argument(required=True)
@click.option(
    "--characteristics", is_flag=True, help="With json or jsonl: what 'child' recorded too, which is left out else."
)
@answers(COLUMNS, TABLE)
@pass_session
def show_history(session: Session, /, view: View, cases: Sequence[str], characteristics: bool) -> None:
    """Show what happened to a case, event by event.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin. The data of 'child' events (sex, ethnicity,
    disability and the like) is null; the log holds it, and --characteristics prints it. That of an event whose payload
    was removed is null too; a table says that it is redacted.
    """
    if characteristics and view.form not in ("json", "jsonl"):
        raise click.UsageError("--characteristics needs --format json or jsonl", click.get_current_context())
    from cinctl.queries import without_characteristics

    book = session.book(upto_today=False)
    for case in cases:
        book.require_case(case)
    rows = [row for case in cases for row in book.history_rows(case)]
    redacted = {row["seq"] for row in rows if row["data"] is None} if view.for_people else set()
    shown = rows if characteristics else without_characteristics(rows)
    view.show({**row, "data": "redacted"} if row["seq"] in redacted else row for row in shown)


command = show_history
