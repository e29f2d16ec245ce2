"""Tables from outside: CSV as spreadsheets and HR systems save it, row by row in bounded memory, and what cells spell.

A cell is text. Nothing in it is run: an apostrophe that keeps a spreadsheet from taking text for a formula is taken
away again, and that is all.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import BinaryIO, NamedTuple

from cinctl.errors import UsageError

__all__ = [
    "MAX_CELL",
    "MAX_ROWS",
    "Row",
    "csv_rows",
    "day",
    "guarded",
    "name_of",
    "reject_undecoded",
    "word",
    "yes_or_no",
]

MAX_CELL = 32_767  # characters in one cell, as in a spreadsheet
MAX_COLUMNS = 500
MAX_ROWS = 1_048_576
_DELIMITERS = ",;\t"
_BEGINNING, _HEAD_ROWS = 32_768, 30  # characters, and rows that hold anything, in which the heads are looked for
_KEPT = "'+[=+\\-@|%\t\r\n\uff1d\uff0b\uff0d\uff20]"
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_958_465  # 1 March 1900, before which serials count a day that never was; 9999
_DAYS = {
    "serial_1900": date(1899, 12, 30),
    "serial_1904": date(1904, 1, 1),
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Row(NamedTuple):
    """One row: its number in the file, as a spreadsheet counts, and the text of its cells."""

    number: int
    cells: Sequence[str]


def csv_rows(source: BinaryIO, *, name: str, is_head: Callable[[str], bool] = lambda cell: False) -> Iterator[Row]:
    """Yield the rows of a CSV file that hold anything; *name* is what messages call it.

    *is_head* tells whether a cell is a head that is looked for: what parts the heads parts all cells. Bytes that cannot
    be read come as U+FFFD (see `reject_undecoded`).

    Raises:
        UsageError: the file is no CSV, or goes beyond a limit.
    """
    text = io.TextIOWrapper(source, _encoding(source), errors="replace", newline="")
    try:
        reader = csv.reader(_lines(text, name), delimiter=_delimiter(text, is_head))
        while True:
            number = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if number > MAX_ROWS:
                raise UsageError(f"{name}: there are more than {MAX_ROWS:,} lines")
            if len(cells) > MAX_COLUMNS:
                raise UsageError(f"{name}: line {number}: there are more than {MAX_COLUMNS} columns")
            if any(cell.strip() for cell in cells):
                yield Row(number, [_unguarded(cell.strip()) for cell in cells])
    except csv.Error as error:
        raise UsageError(f"{name}: line {reader.line_num}: not a CSV file ({error})") from None
    finally:
        if not source.closed:
            text.detach()


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    """Yield the lines of *text*, none longer than a row can be."""
    longest = MAX_CELL * 8
    number = 0
    while line := text.readline(longest):
        number += 1
        if "\0" in line:
            raise UsageError(f"{name}: line {number}: not a CSV file (it holds NUL characters)")
        if len(line) == longest:
            raise UsageError(f"{name}: line {number}: not a CSV file (a line of more than {longest:,} characters)")
        yield line


def _encoding(source: BinaryIO) -> str:
    """Return how *source* is encoded: as its mark says, else UTF-8 where it is that, else Windows-1252."""
    start = source.read(4)
    source.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    check = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := source.read(1 << 16):
            check.decode(chunk)
        check.decode(b"", True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        source.seek(0)
    return "utf-8-sig"


def _delimiter(text: io.TextIOWrapper, is_head: Callable[[str], bool]) -> str:
    """Return what parts the cells of *text*: comma, semicolon or tab.

    It is whichever makes the most heads of a row near the beginning, for cells may hold lists with a separator of their
    own; else that which the first line with any of them holds most of.
    """
    beginning = text.read(_BEGINNING)
    text.seek(0)
    bare = (re.sub(r'"[^"]*"?', "", line) for line in beginning.splitlines())
    first = next((line for line in bare if re.search(f"[{_DELIMITERS}]", line)), "")
    return max(_DELIMITERS, key=lambda one: (_heads(beginning, one, is_head), first.count(one)))


def _heads(beginning: str, delimiter: str, is_head: Callable[[str], bool]) -> int:
    """Return how many heads the row of *beginning* with the most of them has, parted by *delimiter*."""
    most = 0
    try:
        rows = (row for row in csv.reader(io.StringIO(beginning, newline=""), delimiter=delimiter) if any(row))
        for cells in islice(rows, _HEAD_ROWS):
            most = max(most, sum(map(is_head, cells[:MAX_COLUMNS])))
    except csv.Error:
        return most
    return most


def reject_undecoded(text: str) -> str:
    """Return *text*, the cell of a file. Raises ValueError where some of it could not be decoded."""
    if re.search("[\ufffd\ud800-\udfff]", text):
        raise ValueError("holds characters that could not be read: save the file as UTF-8")
    return text


def guarded(text: str) -> str:
    """Return *text* so that `csv_rows` gives it back, where it begins like a formula that was kept from being one."""
    return "'" + text if re.match(_KEPT, text) else text


def _unguarded(cell: str) -> str:
    return cell[1:] if re.match(_KEPT, cell) else cell


# --- what cells spell ---


def name_of(head: str) -> str:
    """Return a column's head as it is compared: its letters and digits, small, and nothing else."""
    return re.sub(r"[\W_]+", "", head).lower()


def day(text: str, *, since_1904: bool = False) -> date:
    """Return the date that a cell spells: 24/02/2026, 2026-02-24, 24-Feb-2026, or a spreadsheet's number of days.

    A time of day behind it counts for nothing. Two digits do for no year: which century is not said.

    Raises:
        ValueError: it spells none.
    """
    found = _written(text.strip())
    if found is None:
        found = _serial(text.strip(), since_1904)
    if found is None:
        raise ValueError(f"{word(text)} is not a date: write 24/02/2026 or 2026-02-24")
    return found


def _written(text: str) -> date | None:
    bare = re.sub(r"[T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$", "", text, flags=re.ASCII)
    parts = re.fullmatch(r"(\d{1,4})([/.\- ])(\d{1,2}|[A-Za-z]{3,9})\2(\d{1,4})", bare, flags=re.ASCII)
    if parts is None:
        return None
    first, month, last = parts[1], _month(parts[3]), parts[4]
    year, on = (first, last) if len(first) == 4 else (last, first)
    if month is None or len(year) != 4 or len(on) > 2:
        return None
    try:
        return date(int(year), month, int(on))
    except ValueError:
        raise ValueError(f"{word(text)} is not a date: there is no such day") from None


def _month(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    return next((n for n, name in enumerate(_MONTHS, 1) if text.lower().startswith(name)), None)


def _serial(text: str, since_1904: bool) -> date | None:
    if not re.fullmatch(r"\d{1,7}(\.\d{1,12})?", text, flags=re.ASCII):
        return None
    number = int(text.partition(".")[0])
    if not _FIRST_SERIAL <= number <= _LAST_SERIAL - (1462 if since_1904 else 0):
        return None
    return _DAYS["serial_1904" if since_1904 else "serial_1900"] + timedelta(days=number)


def yes_or_no(text: str) -> bool | None:
    """Return the yes or no that a cell spells, with a letter before it or not; None where it says that it is unknown.

    Raises:
        ValueError: it spells neither.
    """
    bare = re.sub(r"^[a-z][).]\s*", "", text.strip().lower())
    answer = re.sub(r"^([01])\s*[-:]\s*", "", bare)
    if answer in ("yes", "y", "true", "1", "t"):
        return True
    if answer in ("no", "n", "false", "0", "f"):
        return False
    if answer in ("unknown", "not known", "not recorded", "not stated"):
        return None
    raise ValueError(f"{word(text)} is neither yes nor no")


def word(text: str) -> str:
    """Return *text* as a message quotes it."""
    return ascii(text if len(text) <= 40 else text[:40] + "...")
