"""`cinctl export ssd`: the tables of the Standard Safeguarding Dataset that the log can fill."""

from __future__ import annotations

from typing import Any

from cinctl.commands.export._outward import Naming, each_case, naming_options, tell_done
from cinctl.commands.export._tables import CsvWriter, Files, check_files, folder_option
from cinctl.outfolder import Folder
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]


@made("ssd", examples=("cinctl export ssd -o ssd", "cinctl export ssd --mask-key-file key -o ssd"))
@folder_option()
@naming_options()
@pass_session
def export_ssd(session: Session, /, output: str, **asked: Any) -> None:
    """Write tables of the Standard Safeguarding Dataset (CSV), as far as the log can fill them.

    Ids are hashed unless told otherwise, and no free text leaves. docs/exports.md tells what fills each column, and
    what stays empty.
    """
    from cinctl.exports.safeguarding import Dataset
    from cinctl.formats.ssd import DISABILITY, TABLES

    naming = Naming(session, asked)
    heads = {name: head for name, head in TABLES.items() if naming.characteristics or name != DISABILITY}
    check_files(session, output, [f"{name}.csv" for name in heads], naming, [f"{name}.csv" for name in TABLES])
    book = session.book()
    outward = naming.outward(book)
    dataset = Dataset(book, outward)
    with Folder(output) as folder:
        files = Files(folder, heads, "csv", CsvWriter)
        for id_ in each_case(book, outward.ids(book.case_ids())):
            files.take(dataset.of_case(id_))
        files.take(dataset.rest(session.workspace.today))
        files.close()
    tell_done(outward, files.written())


command = export_ssd
