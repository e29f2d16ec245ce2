"""`cinctl export csv`: events, cases, obligations and findings as flat tables."""

from __future__ import annotations

from typing import Any

from cinctl.commands.export._outward import naming_options
from cinctl.commands.export._tables import CsvWriter, folder_option, write_tables
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]


@made("csv", examples=("cinctl export csv -o tables", "cinctl export csv --mask-key-file key -o tables"))
@folder_option()
@naming_options()
@pass_session
def export_csv(session: Session, /, output: str, **asked: Any) -> None:
    """Write events.csv, cases.csv, obligations.csv and findings.csv for analysts, a row for each thing.

    Ids are hashed unless told otherwise, and no free text leaves. Dates and times are ISO 8601, times in UTC; cells
    that a spreadsheet would run as a formula are defused.
    """
    write_tables(session, output, asked, "csv", CsvWriter)


command = export_csv
