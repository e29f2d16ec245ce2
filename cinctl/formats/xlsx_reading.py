"""Workbooks (.xlsx), read row by row: the text of each cell, in bounded memory, whatever the file tries.

A workbook is a zip file of XML. Each part is read as a stream and may unfold to so much and no more; document types,
the home of entities, are refused (see `safe_xml`); formulas are never run, only what was last worked out is read.
"""

from __future__ import annotations

import posixpath
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import IO, BinaryIO, cast

from cinctl.errors import UsageError
from cinctl.formats.safe_xml import Element, records
from cinctl.formats.sheets import MAX_COLUMNS, MAX_ROWS, Row

__all__ = ["Workbook", "is_workbook"]

MAX_PARTS = 2_000
MAX_PART = 512 * 1024 * 1024  # bytes that one part may unfold to
MAX_STRINGS = 64 * 1024 * 1024  # bytes of memory that the texts shared by the cells may take
MAX_RATIO = 100  # a part may unfold to so many times its size; real sheets stay under a quarter of that
SPARED = 256 * 1024  # bytes that any part may unfold to
_ENTRY, _DISTINCT = 8, 100  # bytes that a list takes for an entry, and a dict
_SHEET_KIND = "/worksheet"
_STRINGS_KIND = "/sharedStrings"


def is_workbook(source: BinaryIO) -> bool:
    """Return whether *source* begins as a zip file does."""
    start = source.read(4)
    source.seek(0)
    return start == b"PK\x03\x04"


class Workbook:
    """One workbook, open for reading. *sheets* are the names of its sheets, in order.

    Making it, or reading on, raises a UsageError when the file is unfit; it says *name*.
    """

    def __init__(self, source: BinaryIO, *, name: str) -> None:
        self.name = name
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, OverflowError) as error:
            raise self._unfit(f"not a workbook that can be read ({error})") from None
        if len(self._zip.infolist()) > MAX_PARTS:
            raise self._unfit(f"a workbook of more than {MAX_PARTS:,} parts")
        for part in self._zip.infolist():
            # Of what else a zip file may hold, bzip2 and LZMA, a few bytes unfold to any number of them at once.
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self._unfit(
                    f"{part.filename[:80]!a} is compressed in a way that no spreadsheet does; it is not read"
                )
        self.since_1904 = False
        self._strings: list[str] | None = None
        self._targets, self._strings_part = self._relations()
        self._parts = self._read_sheets()
        self.sheets = list(self._parts)

    def _unfit(self, what: str) -> UsageError:
        return UsageError(f"{self.name}: {what}")

    # --- the frame ---

    def _relations(self) -> tuple[dict[str, str], str | None]:
        """Return which part each sheet's mark stands for, and the part of the shared texts."""
        sheets, strings = {}, None
        for _, record in self._records("xl/_rels/workbook.xml.rels", ("Relationships",)):
            kind, target = record.given.get("Type", ""), record.given.get("Target", "")
            part = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            if kind.endswith(_SHEET_KIND):
                sheets[record.given.get("Id", "")] = part
            elif kind.endswith(_STRINGS_KIND):
                strings = part
        return sheets, strings

    def _read_sheets(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for _, record in self._records("xl/workbook.xml", ("workbook", "sheets")):
            if record.name == "workbookPr":
                self.since_1904 = record.given.get("date1904") in ("1", "true")
            part = self._targets.get(record.given.get("id", ""))
            if record.name == "sheet" and part is not None:
                found[record.given.get("name", "")] = part
        if not found:
            raise self._unfit("a workbook without sheets")
        return found

    # --- rows ---

    def rows(self, sheet: str) -> Iterator[Row]:
        """Yield the rows of *sheet* that hold anything."""
        last = 0
        for _, record in self._records(self._parts[sheet], ("worksheet", "sheetData")):
            if record.name != "row":
                continue
            number = _number(record.given.get("r", "")) or last + 1
            if number > MAX_ROWS or number <= last:
                raise self._unfit(f"sheet {sheet!a}: line {record.line}: its rows are not in order")
            last = number
            cells = self._cells(record, sheet)
            if any(cells):
                yield Row(number, cells)

    def _cells(self, row: Element, sheet: str) -> list[str]:
        cells: list[str] = []
        for cell in row.children:
            if cell.name != "c":
                continue
            place = _place(cell.given.get("r", ""))
            place = len(cells) if place is None else place
            if place >= MAX_COLUMNS:
                if self._text(cell):
                    raise self._unfit(f"sheet {sheet!a}: row {row.given.get('r')}: more than {MAX_COLUMNS} columns")
                continue
            if place < len(cells):
                raise self._unfit(f"sheet {sheet!a}: line {cell.line}: its cells are not in order")
            cells += [""] * (place - len(cells)) + [self._text(cell).strip()]
        return cells

    def _text(self, cell: Element) -> str:
        kind = cell.given.get("t", "n")
        if kind == "inlineStr":
            return next((_joined(part) for part in cell.children if part.name == "is"), "")
        value = next((part.text for part in cell.children if part.name == "v"), "")
        if kind == "s":
            return self._shared(value)
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(value, value)
        return _unescaped(value) if kind in ("str", "d", "e") else _plain_number(value)

    def _shared(self, value: str) -> str:
        if self._strings is None:
            self._strings = self._read_strings()
        number = _number(value)
        if number is None or number >= len(self._strings):
            raise self._unfit(f"a cell refers to a shared text, {value[:20]!a}, that is not there")
        return self._strings[number]

    def _read_strings(self) -> list[str]:
        found = self._records(self._strings_part, ("sst",)) if self._strings_part else iter(())
        same: dict[str, str] = {}  # a text that is there again and again is held once
        texts: list[str] = []
        held = 0
        for text in (_joined(record) for _, record in found if record.name == "si"):
            held += _ENTRY if text in same else _ENTRY + _DISTINCT + sys.getsizeof(text)
            if held > MAX_STRINGS:
                raise self._unfit(f"its shared texts take more than {MAX_STRINGS >> 20} MiB of memory; it is not read")
            texts.append(same.setdefault(text, text))
        return texts

    # --- parts ---

    def _records(self, part: str, containers: tuple[str, ...]) -> Iterator[tuple[str, Element]]:
        try:
            with self._zip.open(part) as stream:
                yield from records(
                    cast(BinaryIO, _Bounded(stream, self._zip.getinfo(part), f"{self.name}: {part}")),
                    name=f"{self.name}: {part}",
                    containers=containers,
                    whole=True,
                )
        except KeyError:
            raise self._unfit(f"not a workbook: there is no {part} in it") from None
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise self._unfit(f"{part} cannot be read: {error}") from None


class _Bounded:
    """A part as a stream that ends in an error where it unfolds to more than it may."""

    def __init__(self, stream: IO[bytes], info: zipfile.ZipInfo, name: str) -> None:
        self._stream, self._name = stream, name
        self._left = min(MAX_PART, max(SPARED, info.compress_size * MAX_RATIO))

    def read(self, size: int) -> bytes:
        """Return up to *size* bytes."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise UsageError(f"{self._name}: unfolds to far more than its size; no such file is read")
        return data


def _joined(holder: Element) -> str:
    """Return the text in *holder*: its runs one after the other, without what only tells how it is spoken."""
    runs = [run for run in holder.children if run.name in ("t", "r")]
    return _unescaped("".join(part.text for run in runs for part in run.walk() if part.name == "t"))


def _unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _plain_number(text: str) -> str:
    """Return a number as a person writes it: a whole one without a point, however it is stored."""
    if re.fullmatch(r"-?[0-9]{1,15}", text):
        return text
    try:
        number = Decimal(text[:40])
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > 20:
        return text
    return f"{number.to_integral_value() if number == number.to_integral_value() else number.normalize():f}"


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _place(where: str) -> int | None:
    """Return the place of the column in a cell's name, counted from 0: 27 for AB12."""
    letters = re.match(r"[A-Z]{1,3}", where)
    if letters is None:
        return None
    place = 0
    for letter in letters[0]:
        place = place * 26 + ord(letter) - 64
    return place - 1
