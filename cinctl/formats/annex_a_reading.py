"""Annex A as authorities have it: which table of a workbook or CSV is which list, and what its cells hold.

Heads are found under titles, in whatever case and spacing; a value is read as the sector spells it or is a problem.
Every cell that holds anything is used, left out under its column's name, or part of a problem.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

import attrs

from cinctl.check import valid_id
from cinctl.errors import UsageError
from cinctl.formats import annex_a_codes as codes
from cinctl.formats.annex_a import BORN, CHILD, ETHNICITY, GENDER, LISTS, AnnexList
from cinctl.formats.annex_a_heads import column_of
from cinctl.formats.census_ledger import REPEATED, Problem, Totals
from cinctl.formats.sheets import Row, csv_rows, day, reject_undecoded, word, yes_or_no
from cinctl.formats.xlsx_reading import Workbook, is_workbook

__all__ = ["CHARACTERISTICS", "MAX_CHILD_ID", "Line", "Reading"]

MAX_LINES = 100_000
"""Rows of lists 3 to 7 that are read at once: far more than any authority has in six months."""
MAX_CHILD_ID = 55
"""Characters of a child's id: with its referral date it makes the case's, which has room for 64."""
_HEAD_ROWS = 30
_RECORDED = frozenset(range(3, 8))
CHARACTERISTICS = "characteristics, without --characteristics"


def _code(known: codes.Codes) -> Callable[[str], str]:
    return lambda text: codes.code_of(known, text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{word(text)} is not a whole number")
    return int(text)


def _team(text: str) -> str:
    if len(text) > 200 or not text.isprintable():
        raise ValueError(f"{word(text)} is not the name of a team")
    return text


_READ: Mapping[str, Callable[[str], Any]] = {
    "Referral Source": _code(codes.SOURCE),
    "Referral NFA?": yes_or_no,
    "Child Seen During Continuous Assessment": yes_or_no,
    "Was the child assessed as requiring LA children's social care support?": yes_or_no,
    "Was an Initial Child Protection Conference deemed unnecessary?": yes_or_no,
    "Did the Initial Child Protection Conference Result in a Child Protection Plan": yes_or_no,
    "Primary Need Code": _code(codes.NEED),
    "Reason for Closure": _code(codes.CLOSURE),
    "Case Status": _code(codes.CASE_STATUS),
    "Initial Category of Abuse": _code(codes.ABUSE),
    "Latest Category of Abuse": _code(codes.ABUSE),
    "Was the Child Seen Alone?": yes_or_no,
    "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)": yes_or_no,
    "Number of Previous Child Protection Plans": _number,
    "Allocated Team": _team,
}
_CHARACTERISTICS: Mapping[str, Callable[[str], Any]] = {
    GENDER: _code(codes.GENDER),
    ETHNICITY: _code(codes.ETHNICITY),
    "Does the Child have a Disability": yes_or_no,
}
_UNSAID: Mapping[str, str] = {
    BORN: "is not a date: write 24/02/2026 or 2026-02-24 (what it says is not shown)",
    **dict.fromkeys(_CHARACTERISTICS, "is not one of its codes (what it says is not shown)"),
}
"""What is wrong with a cell that tells of the child as such: no message repeats it."""
_DATES = frozenset({
    "Date of Birth",
    "Date of referral",
    "Continuous Assessment Start Date",
    "Continuous Assessment Date of Authorisation",
    "Strategy discussion initiating Section 47 Enquiry Start Date",
    "Date of Initial Child Protection Conference",
    "CIN Start Date",
    "Date Child Was Last Seen",
    "CIN Closure Date",
    "Child Protection Plan Start Date",
    "Date of the Last Statutory Visit",
    "Date of latest review conference",
    "Child Protection Plan End Date",
})  # fmt: skip


@attrs.define(eq=False)
class Line:
    """One row of one list about one child: what could be read of it. *cells* counts those that hold anything."""

    file: str
    place: str
    number: int
    row: int
    child: str
    values: dict[str, Any]
    used: set[str] = attrs.field(factory=set)

    def get(self, column: str) -> Any:
        """Return the value in *column* and count it as used; None where there is none."""
        if column in self.values:
            self.used.add(column)
        return self.values.get(column)


class Reading:
    """All files of one import. *lines* are the rows by child; *problems* come with the file that they are in."""

    def __init__(self, *, characteristics: bool) -> None:
        self.lines: dict[str, list[Line]] = {}
        self.problems: list[tuple[str, Problem]] = []
        self.totals = Totals()
        self.lists: Counter[int] = Counter()
        self._characteristics = characteristics
        self._seen: set[bytes] = set()
        self._count = 0

    def read(self, source: BinaryIO, *, name: str) -> None:
        """Take in one file. Raises UsageError when it is none that holds a list."""
        found = False
        for label, rows, since_1904 in _tables(source, name):
            found = self._table(name, label, rows, since_1904) or found
        if not found:
            raise UsageError(f"{name}: there is no list of Annex A in it: no row of column heads of lists 1 to 11")

    def _table(self, file: str, label: str, rows: Iterator[Row], since_1904: bool) -> bool:
        head, listed, columns = _head(rows)
        if listed is None:
            if head is not None:
                self._problem(file, head.number, label or "the table", "is no list of Annex A; it is left out", 0)
            return False
        place = label or listed.sheet
        self.lists[listed.number] += 0
        for at, cell in enumerate(head.cells if head is not None else ()):
            if cell and at not in columns and head is not None:
                self._problem(file, head.number, f"{place}, {cell}", f"is no column of {listed.sheet}; left out", 0)
        for row in rows:
            self._row(_Place(file, place, listed, since_1904), row, columns)
        return True

    def _row(self, place: _Place, row: Row, columns: Mapping[int, str]) -> None:
        cells = {column: row.cells[at] for at, column in columns.items() if at < len(row.cells) and row.cells[at]}
        strays = sum(bool(cell) for at, cell in enumerate(row.cells) if at not in columns)
        self.totals.elements += len(cells) + strays
        self.totals.left_out.update({"columns of no list": strays} if strays else {})
        self.lists[place.list.number] += 1
        if place.list.number not in _RECORDED:
            self.totals.left_out[f"{place.list.sheet} ({place.list.title})"] += len(cells)
            return
        content = hashlib.blake2b(repr((place.list.number, sorted(cells.items()))).encode(), digest_size=16).digest()
        if content in self._seen:
            self.totals.left_out[REPEATED] += len(cells)
            return
        self._seen.add(content)
        self._recorded(place, row, cells)

    def _recorded(self, place: _Place, row: Row, cells: Mapping[str, str]) -> None:
        child = cells.get(CHILD, "")
        if not valid_id(child) or len(child) > MAX_CHILD_ID:
            said = f"{word(child)} cannot be a reference" if child else "is empty"
            self._unread(place, row, CHILD, f"{said}; nothing in the row can be recorded", len(cells))
            return
        if undecoded := _undecoded(child):
            self._unread(place, row, CHILD, f"{undecoded}; nothing in the row can be recorded", len(cells))
            return
        self._count += 1
        if self._count > MAX_LINES:
            raise UsageError(f"{place.file}: there are more than {MAX_LINES:,} rows in lists 3 to 7")
        line = Line(place.file, place.label, place.list.number, row.number, child, {})
        self.totals.used += 1
        for column, text in cells.items():
            if column != CHILD:
                self._cell(place, row, line, column, text)
        self.lines.setdefault(child, []).append(line)

    def _cell(self, place: _Place, row: Row, line: Line, column: str, text: str) -> None:
        reader = _READ.get(column)
        if column in _CHARACTERISTICS:
            if not self._characteristics:
                self.totals.left_out[CHARACTERISTICS] += 1
                return
            reader = _CHARACTERISTICS[column]
        try:
            reject_undecoded(text)
            if column in _DATES:
                line.values[column] = day(text, since_1904=place.since_1904)
            elif reader is not None:
                line.values[column] = reader(text)
            else:
                self.totals.left_out[column] += 1
        except ValueError as fault:
            self._unread(place, row, column, _UNSAID.get(column, str(fault)), 1)

    # --- problems ---

    def _unread(self, place: _Place, row: Row, column: str, what: str, cells: int) -> None:
        self._problem(place.file, row.number, f"{place.label}, {column}", what, cells)

    def remark(self, line: Line, column: str, what: str) -> None:
        """List a problem at *column* with which nothing is lost."""
        self._problem(line.file, line.row, f"{line.place}, {column}", what, 0)

    def fault(self, line: Line, column: str, what: str) -> None:
        """List what stands in *column* as a problem: it is not recorded."""
        lost = 1 if column in line.values else 0
        line.values.pop(column, None)
        self._problem(line.file, line.row, f"{line.place}, {column}", what, lost)

    def lose(self, line: Line, column: str, what: str) -> None:
        """List the whole of *line* as a problem, because of what stands in *column*."""
        lost = len(line.values)
        line.values.clear()
        self._problem(line.file, line.row, f"{line.place}, {column}", what, lost)

    def _problem(self, file: str, row: int, where: str, what: str, cells: int) -> None:
        self.problems.append((file, Problem(row, where, what, cells)))
        self.totals.problems += 1
        self.totals.unread += cells

    def close(self, lines: Iterable[Line]) -> None:
        """Count of *lines*, the rows of one child, what was used, and what nobody asked for as left out."""
        self.totals.children += 1
        for line in lines:
            self.totals.used += len(line.used & line.values.keys())
            self.totals.left_out.update(column for column in line.values if column not in line.used)

    @property
    def title(self) -> str:
        """What was read, in a few words, as the log names it."""
        return f"Annex A, {'list' if len(self.lists) == 1 else 'lists'} {', '.join(map(str, sorted(self.lists)))}"


@attrs.frozen
class _Place:
    file: str
    label: str
    list: AnnexList
    since_1904: bool


def _tables(source: BinaryIO, name: str) -> Iterator[tuple[str, Iterator[Row], bool]]:
    if not is_workbook(source):
        yield "", csv_rows(source, name=name, is_head=_is_head), False
        return
    book = Workbook(source, name=name)
    for sheet in book.sheets:
        yield sheet, book.rows(sheet), book.since_1904


def _undecoded(text: str) -> str | None:
    try:
        reject_undecoded(text)
    except ValueError as fault:
        return str(fault)
    return None


def _is_head(cell: str) -> bool:
    return any(column_of(cell, listed) is not None for listed in LISTS.values())


def _head(rows: Iterator[Row]) -> tuple[Row | None, AnnexList | None, dict[int, str]]:
    """Return the row of heads, whose list it is and which column stands where; else the first row, and no list."""
    first: Row | None = None
    for row in islice(rows, _HEAD_ROWS):
        first = first or row
        best: tuple[int, AnnexList, dict[int, str]] | None = None
        for listed in LISTS.values():
            columns = _columns(row, listed)
            named = set(columns.values())
            if listed.known_by in named and len(named) > 1 and (best is None or len(named) > best[0]):
                best = (len(named), listed, columns)
        if best is not None:
            return row, best[1], best[2]
    return first, None, {}


def _columns(row: Row, listed: AnnexList) -> dict[int, str]:
    """Return which column of *listed* stands where; of two alike the first."""
    found: dict[int, str] = {}
    for at, cell in enumerate(row.cells):
        column = column_of(cell, listed)
        if column is not None and column not in found.values():
            found[at] = column
    return found
