"""`cinctl export parquet`: events, cases, obligations and findings as typed tables."""

from __future__ import annotations

from typing import Any

from cinctl.commands.export._outward import naming_options
from cinctl.commands.export._tables import folder_option, write_tables
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]


@made("parquet", examples=("cinctl export parquet -o tables",))
@folder_option()
@naming_options()
@pass_session
def export_parquet(session: Session, /, output: str, **asked: Any) -> None:
    """Write events.parquet, cases.parquet, obligations.parquet and findings.parquet: the tables of 'export csv', typed.

    It needs pyarrow: pip install pyarrow, in the environment of cinctl.
    """
    from cinctl.formats.parquet import Writer, require

    require()
    write_tables(session, output, asked, "parquet", Writer)


command = export_parquet
