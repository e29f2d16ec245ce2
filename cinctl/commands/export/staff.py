"""`cinctl export staff`: the staff register as CSV."""

from __future__ import annotations

from cinctl.commands.export._destination import check_output, output_option, put
from cinctl.render import rendered
from cinctl.shell import Session, pass_session
from cinctl.shell import command as made

__all__ = ["COLUMNS", "command"]

COLUMNS = ("staff", "role", "unit", "employer", "qualified", "registered_until", "in_post", "since", "training")


@made("staff", examples=("cinctl export staff -o staff.csv",))
@output_option()
@pass_session
def export_staff(session: Session, output: str | None) -> None:
    """Write the staff register as of today as CSV, a row for each practitioner."""
    check_output(session, output)
    book = session.book()
    put(output, rendered(book.staff_rows(session.settings.day), "csv", COLUMNS, one=False, ids="staff"))


command = export_staff
