"""The tables of `export csv` and `export parquet`: the same rows, written to one file a table in one folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Protocol

import click

from cinctl.commands._kept import kept_files
from cinctl.commands.export._outward import Naming, each_case, tell_done
from cinctl.option_types import FOLDER
from cinctl.outfolder import Folder, check_folder
from cinctl.render import csv_cell
from cinctl.session import Session

if TYPE_CHECKING:
    from cinctl.exports.leaving import Column

__all__ = ["CsvWriter", "Files", "Table", "check_files", "folder_option", "write_tables"]


class Table(Protocol):
    """A file that takes rows."""

    def add(self, row: Mapping[str, Any]) -> None:
        """Write *row*, sooner or later."""

    def close(self) -> None:
        """Write what is still to be written."""


class CsvWriter:
    """Writes rows with *columns* to *file* as CSV: dates and times as ISO 8601, a list in one cell, no formulas."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        self._file = file
        self._places = {column.name: place for place, column in enumerate(columns)}
        self._put(self._places)

    def add(self, row: Mapping[str, Any]) -> None:
        """Write *row*, most of whose cells may be empty."""
        cells = [""] * len(self._places)
        for name, value in row.items():
            if value is not None:
                cells[self._places[name]] = csv_cell(value) if isinstance(value, list) else _cell(value)
        self._put(cells)

    def close(self) -> None:
        """There is nothing left to write."""

    def _put(self, cells: Iterable[str]) -> None:
        self._file.write((",".join(cells) + "\n").encode("utf-8", "backslashreplace"))


@lru_cache(maxsize=10_000, typed=True)
def _cell(value: Any) -> str:
    """Return one cell; most of them come again and again."""
    return csv_cell(utc_text(value) if isinstance(value, datetime) else value)


def utc_text(moment: datetime) -> str:
    """Return *moment*, which is in UTC, as text that every reader takes for a time."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def folder_option() -> Callable[[Any], Any]:
    """Give a command -o FOLDER, as *output*."""
    return click.option(
        "-o", "--output", type=FOLDER, metavar="FOLDER", required=True, help="Write the files into this folder."
    )


def check_files(
    session: Session, output: str, names: Sequence[str], naming: Naming, others: Iterable[str] = ()
) -> None:
    """Raise UsageError when the files *names* must not go into the folder *output*, or not beside *others*."""
    check_folder(output, "-o", names, kept_files(session, naming.key_file), others)


class Files:
    """The files of *folder*, one a table, and how many rows each got."""

    def __init__(
        self,
        folder: Folder,
        heads: Mapping[str, Sequence[Column]],
        ending: str,
        table: Callable[[IO[bytes], Sequence[Column]], Table],
    ) -> None:
        self._folder, self._ending = folder, ending
        self._counts = Counter(dict.fromkeys(heads, 0))
        self._tables = {name: table(folder.open(f"{name}.{ending}"), head) for name, head in heads.items()}

    def take(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Write *rows*, each with the name of its table."""
        for name, row in rows:
            self._tables[name].add(row)
            self._counts[name] += 1

    def close(self) -> None:
        """Write what is still to be written."""
        for one in self._tables.values():
            one.close()

    def written(self) -> list[tuple[str, int, str]]:
        """Return where the rows of each table are, and how many."""
        return [
            (os.path.join(self._folder.path, f"{name}.{self._ending}"), count, "row")
            for name, count in self._counts.items()
        ]


def write_tables(
    session: Session,
    output: str,
    asked: dict[str, Any],
    ending: str,
    table: Callable[[IO[bytes], Sequence[Column]], Table],
) -> None:
    """Write events, cases, obligations and findings into the folder *output*, each by a *table* of its own."""
    from cinctl.exports.tables import Rows, columns
    from cinctl.workspace.auditing import audit_store

    naming = Naming(session, asked)
    heads = columns(characteristics=naming.characteristics, hashed=not naming.identifiable)
    check_files(session, output, [f"{name}.{ending}" for name in heads], naming)
    # One reading for all four: the audit's.
    audit = audit_store(session.workspace)
    book, today = audit.book, session.workspace.today
    session.tell(book)
    outward = naming.outward(book)
    rows = Rows(book, outward, today, _soon(session, today))
    with Folder(output) as folder:
        files = Files(folder, heads, ending, table)
        for id_ in each_case(book, outward.ids(book.case_ids())):
            files.take(rows.of_case(id_))
        files.take(rows.of_office())
        files.take(("findings", row) for row in rows.of_findings(audit.findings))
        files.close()
    tell_done(outward, files.written())


def _soon(session: Session, today: date) -> date:
    from cinctl.calendar import Duration

    return Duration.parse(session.settings.due_soon).after(today, session.workspace.rules.calendar)
