"""Workbooks (.xlsx), written: text as text, dates as dates, and the same bytes for the same cells everywhere.

Nothing in a cell is a formula: text is stored as text, whatever it begins with. The parts are stored, not compressed,
because what a compressor makes of them differs from one build of its library to the next.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import IO, NamedTuple

from cinctl.errors import UsageError
from cinctl.formats.report import xml_text

__all__ = ["Cell", "Sheet", "workbook"]

Cell = str | int | date | None
MAX_ROWS = 1_048_576
_CHUNK = 1 << 16
_EPOCH = date(1899, 12, 30)
_FIRST = date(1900, 3, 1)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class Sheet(NamedTuple):
    """One sheet: its name and its rows, the heads first; *height* is how many rows there are, where that is known.

    Some readers want to be told: they take a row for as long as its last cell that holds something, else.
    """

    name: str
    rows: Iterable[Sequence[Cell]]
    height: int | None = None


def workbook(sheets: Sequence[Sheet]) -> Iterator[bytes]:
    """Yield *sheets* as one workbook, piece by piece; memory holds one row.

    Raises:
        UsageError: a sheet has more rows than a workbook can hold.
    """
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as book:
            for name, text in _frame([sheet.name for sheet in sheets]):
                _part(book, name, [text])
            for number, sheet in enumerate(sheets, 1):
                _part(book, f"xl/worksheets/sheet{number}.xml", _sheet(sheet))
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def _part(book: zipfile.ZipFile, name: str, pieces: Iterable[str]) -> None:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system = 3  # else it would say on which system it was made
    info.external_attr = 0o600 << 16
    with book.open(info, "w", force_zip64=False) as part:
        _fill(part, pieces)


def _fill(part: IO[bytes], pieces: Iterable[str]) -> None:
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > _CHUNK:
            part.write("".join(held).encode())
            held, size = [], 0
    part.write("".join(held).encode())


def _frame(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the parts of a workbook that are not its sheets."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
    )
    yield (
        "[Content_Types].xml",
        (
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{sheets}'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
        ),
    )
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    listed = "".join(
        f'<sheet name="{xml_text(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, names, strict=True)
    )
    yield (
        "xl/workbook.xml",
        (f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'),
    )
    parts = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    yield "xl/_rels/workbook.xml.rels", _relations([*parts, ("styles", "styles.xml")])
    yield "xl/styles.xml", _HEAD + _STYLES


def _relations(parts: Sequence[tuple[str, str]]) -> str:
    told = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(parts, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{told}</Relationships>'


def _sheet(sheet: Sheet) -> Iterator[str]:
    rows = iter(sheet.rows)
    heads = next(rows, ())
    size = f'<dimension ref="A1:{_letters(len(heads) - 1)}{sheet.height}"/>' if sheet.height and heads else ""
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}">{size}<sheetData>'
    for number, row in enumerate(chain([heads] if heads else [], rows), 1):
        if number > MAX_ROWS:
            raise UsageError(f"{sheet.name} has more than {MAX_ROWS:,} rows, which no workbook holds; write it as CSV")
        cells = (_cell(f"{_letters(place)}{number}", cell) for place, cell in enumerate(row))
        yield f'<row r="{number}">{"".join(cells)}</row>'
    yield "</sheetData></worksheet>"


def _letters(place: int) -> str:
    """Return the name of the column at *place*, counted from 0: A, B ... Z, AA."""
    name, place = "", place + 1
    while place:
        place, letter = divmod(place - 1, 26)
        name = chr(65 + letter) + name
    return name


def _cell(where: str, value: Cell) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, date) and value >= _FIRST:
        return f'<c r="{where}" s="1"><v>{(value - _EPOCH).days}</v></c>'
    if isinstance(value, int):
        return f'<c r="{where}"><v>{value}</v></c>'
    text = value.isoformat() if isinstance(value, date) else value
    # A spreadsheet reads _x0041_ as the letter A, so what only looks like that is marked as not being it.
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{xml_text(text)}</t></is></c>'
