"""`cinctl export staff`: the staff register as CSV, as it came about."""

from __future__ import annotations

from cinctl.commands._telling import put
from cinctl.commands.export._destination import check_output, output_option
from cinctl.render import rendered
from cinctl.session import Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import plural, tell

__all__ = ["command"]


@made("staff", examples=("cinctl export staff -o staff.csv",))
@output_option()
@pass_session
def export_staff(session: Session, output: str | None) -> None:
    """Write the staff register as CSV, a row for each thing that happened: join, change, train, leave, away.

    'cinctl import staff' reads it back. Who is in post today, a row each, is what 'cinctl staff list -f csv' tells.
    """
    from cinctl.formats.staff_csv import COLUMNS, rows

    check_output(session, output)
    book = session.book()
    events = [event for event in book.effective(book.office) if event.base == "staff"]
    told = [event for event in events if not event.redacted]
    put(output, rendered(rows(told), "csv", COLUMNS, one=False, ids="staff"))
    if gone := len(events) - len(told):
        tell(f"{gone} redacted {plural(gone, 'event')} left out")


command = export_staff
