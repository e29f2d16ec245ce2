"""`cinctl export annex-a`: the child-level lists that Ofsted asks for at an inspection."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from cinctl.commands._kept import kept_files
from cinctl.commands._telling import put
from cinctl.commands.export._destination import check_output, output_option
from cinctl.errors import UsageError
from cinctl.option_types import FOLDER
from cinctl.outfolder import Folder, check_folder
from cinctl.progress import progress
from cinctl.render import rendered
from cinctl.session import Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.case import Case
    from cinctl.formats.annex_a import AnnexList
    from cinctl.formats.annex_a_rows import Child, Period
    from cinctl.formats.annex_a_spells import History
    from cinctl.formats.xlsx import Cell
    from cinctl.workspace import Book

__all__ = ["command"]

_Rows = Mapping[int, "_Spool"]


@made(
    "annex-a",
    examples=(
        "cinctl export annex-a -o annex-a.xlsx",
        "cinctl --today 2026-03-31 export annex-a --characteristics -o annex-a.xlsx",
        "cinctl export annex-a --folder annex-a",
        "cinctl export annex-a --list 6 > list-6.csv",
    ),
)
@output_option()
@click.option("--list", "number", type=click.IntRange(1, 7), metavar="N", help="Only this list, 1 to 7, as CSV.")
@click.option("--folder", type=FOLDER, metavar="DIR", help="Lists 1 to 7 as CSV, a file each, in this folder.")
@click.option("--characteristics", is_flag=True, help="Write gender, ethnicity and disability too.")
@pass_session
def export_annex_a(
    session: Session, output: str | None, number: int | None, folder: str | None, characteristics: bool
) -> None:
    """Write the lists of Ofsted's ILACS Annex A as of today: one workbook, or CSV.

    They cover the six months up to today. A list that is not about children in need is an empty sheet, for readers
    want all eleven; what the log does not say stays empty, and stderr says what that is.
    """
    _check(session, output, number, folder)
    with ExitStack() as opened:
        spools = {n: _Spool(opened) for n in range(3, 8)}
        _fill(session, spools, characteristics)
        if folder is not None:
            with Folder(folder) as files:
                for n, name in _names().items():
                    file = files.open(name)
                    file.writelines(piece.encode() for piece in _as_csv(n, spools))
        elif number is not None:
            put(output, _as_csv(number, spools))
        else:
            put(output, _as_workbook(spools))
        _tell_empty(spools, characteristics)


command = export_annex_a


def _check(session: Session, output: str | None, number: int | None, folder: str | None) -> None:
    if folder is not None and (output is not None or number is not None):
        raise UsageError("--folder writes every list to a file of its own: leave -o and --list out")
    if output is not None and number is None and output.lower().endswith(".csv"):
        raise UsageError("a workbook is no CSV: --list N writes one list to -o FILE.csv, --folder DIR every list")
    if folder is None:
        check_output(session, output, binary=number is None)
        return
    check_folder(folder, "--folder", _names().values(), kept_files(session))


def _names() -> dict[int, str]:
    from cinctl.formats.annex_a import AS_CSV

    return {n: f"annex-a-list-{n}.csv" for n in AS_CSV}


# --- from the log to rows ---


class _Spool:
    """The rows of one list, in a file without a name: memory holds one. *blank* counts the empty cells by column."""

    def __init__(self, opened: ExitStack) -> None:
        self._file = cast(BinaryIO, opened.enter_context(TemporaryFile()))  # noqa: SIM115 - *opened* closes it
        self.length = 0
        self.blank: Counter[str] = Counter()

    def add(self, row: Mapping[str, Cell], columns: Sequence[str]) -> None:
        """Take in one row."""
        cells = [row.get(column) for column in columns]
        self._file.write(json.dumps([[c.isoformat()] if isinstance(c, date) else c for c in cells]).encode() + b"\n")
        self.length += 1
        self.blank.update(column for column, cell in zip(columns, cells, strict=True) if cell is None)

    def rows(self) -> Iterator[list[Cell]]:
        """Yield the rows taken in."""
        self._file.seek(0)
        for line in self._file:
            yield [date.fromisoformat(c[0]) if isinstance(c, list) else c for c in json.loads(line)]


def _fill(session: Session, spools: _Rows, characteristics: bool) -> None:
    from cinctl.formats.annex_a import LISTS
    from cinctl.formats.annex_a_rows import Period, child_rows

    book = session.book()
    period = Period.up_to(session.settings.day)
    found = _cases_of_children(book, period)
    with progress(len(found), "children") as reach:
        for done, (id_, cases) in enumerate(sorted(found.items()), 1):
            child = _child(book, id_[0], cases, period, characteristics)
            for number, row in child_rows(child):
                spools[number].add(row, LISTS[number].columns)
            for case in cases:
                book.let_go(case)
            reach(done)


def _cases_of_children(book: Book, period: Period) -> dict[tuple[str, bool], list[str]]:
    """Return the cases of every child of whom something was going on in the period.

    A case without a reference of the authority's is its own child: its id stands for it, and for nobody else.
    """
    found: dict[tuple[str, bool], list[str]] = {}
    going_on: set[tuple[str, bool]] = set()
    since = period.since.isoformat()
    for case in book.case_ids():
        row = book.case_row(case)
        key = (row["child"] or case, row["child"] is not None)
        found.setdefault(key, []).append(case)
        if row["closed"] is None or row["closed"] >= since or (row["referred"] or "") >= since:
            going_on.add(key)
        book.let_go(case)
    return {key: cases for key, cases in found.items() if key in going_on}


def _child(book: Book, id_: str, cases: Sequence[str], period: Period, characteristics: bool) -> Child:
    from cinctl.formats.annex_a_rows import Child

    histories = [history for case in cases if (history := _history(book, case)) is not None]
    histories.sort(key=lambda history: (history.referred, history.events[0].seq))

    def team(case: Case) -> str | None:
        return case.unit or (book.register.as_of(case.lead, period.until).unit if case.lead is not None else None)

    return Child(id_, histories, period, team, characteristics)


def _history(book: Book, id_: str) -> History | None:
    """Return a case without its clocks, which no list asks for."""
    from cinctl.case import Case
    from cinctl.formats.annex_a_spells import History

    events = book.effective(book.track(id_).events)
    case = Case(id_)
    for event in events:
        case.advance(event, book.register)
    return History(events, case) if events else None


# --- from rows to files ---


def _rows(found: AnnexList, spools: _Rows) -> Iterator[list[Cell]]:
    return spools[found.number].rows() if found.number in spools else iter(())


def _as_workbook(spools: _Rows) -> Iterator[bytes]:
    from itertools import chain

    from cinctl.formats.annex_a import LISTS
    from cinctl.formats.xlsx import Sheet, workbook

    heights = {n: spool.length for n, spool in spools.items()}
    return workbook(
        [Sheet(a.sheet, chain([a.columns], _rows(a, spools)), heights.get(a.number, 0) + 1) for a in LISTS.values()]
    )


def _as_csv(number: int, spools: _Rows) -> Iterator[str]:
    from cinctl.formats.annex_a import LISTS

    found = LISTS[number]
    rows = (dict(zip(found.columns, map(_written, row), strict=True)) for row in _rows(found, spools))
    return rendered(rows, "csv", found.columns)


def _written(cell: Cell) -> Any:
    """Return a date as the lists write it, and text so that an import reads it back."""
    from cinctl.formats.sheets import guarded

    if isinstance(cell, date):
        return f"{cell.day:02}/{cell.month:02}/{cell.year:04}"
    return guarded(cell) if isinstance(cell, str) else cell


# --- what is empty ---


def _tell_empty(spools: _Rows, characteristics: bool) -> None:
    """Say what the log could not say, once."""
    from cinctl.formats.annex_a import DISABILITY, ETHNICITY, GENDER, LISTS, MAY_BE_BLANK

    tell("Lists 1, 2 and 8 to 11 are empty: the log holds no contacts, early help assessments, placements or adoptions")
    kept_back = () if characteristics else (GENDER, ETHNICITY, DISABILITY)
    if kept_back:
        tell("gender, ethnicity and disability are left out: --characteristics writes them")
    for number, spool in spools.items():
        wanted = [c for c in LISTS[number].columns if c not in MAY_BE_BLANK and c not in kept_back]
        lacking = [f"{column} {spool.blank[column]:,}" for column in wanted if spool.blank[column]]
        told = f"; empty, for the log does not say: {', '.join(lacking)}" if lacking else ""
        tell(f"List {number}, {LISTS[number].title}: {spool.length:,} {plural(spool.length, 'row')}{told}")
    tell("numbers of earlier referrals, enquiries, conferences and plans count what this log holds, and no more")
