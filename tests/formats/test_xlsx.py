"""Workbooks out and in: text stays text, the bytes are the same everywhere, and no file does harm."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.errors import UsageError
from cinctl.formats import xlsx_reading
from cinctl.formats.xlsx import Cell, Sheet, workbook
from cinctl.formats.xlsx_reading import Workbook, is_workbook

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELS = (
    '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/s.xml"/>'
    '<Relationship Id="rId2" Type="x/sharedStrings" Target="/xl/strings.xml"/></Relationships>'
)
BOOK = f'<workbook {MAIN} xmlns:r="r"><sheets><sheet name="One" r:id="rId1"/></sheets></workbook>'


def _made(*sheets: Sheet) -> bytes:
    return b"".join(workbook(sheets))


def _read(data: bytes) -> dict[str, list[list[str]]]:
    book = Workbook(io.BytesIO(data), name="f.xlsx")
    return {name: [list(row.cells) for row in book.rows(name)] for name in book.sheets}


def _zipped(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a workbook of the sheet `One` with *parts* put in, or in place of what a plain one has."""
    file = io.BytesIO()
    plain = {
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": RELS,
        "xl/worksheets/s.xml": f"<worksheet {MAIN}><sheetData/></worksheet>",
    }
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, content in {**plain, **parts}.items():
            made.writestr(name, content)
    return file.getvalue()


def _sheet(rows: str) -> bytes:
    strings = "<sst><si><t>shared</t></si><si><r><t>in </t></r><r><t>runs</t></r><rPh><t>said</t></rPh></si></sst>"
    return _zipped(
        {"xl/worksheets/s.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>", "xl/strings.xml": strings}
    )


TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@settings(max_examples=60)
@given(st.lists(st.lists(TEXT, min_size=1, max_size=5), max_size=5))
def test_text_comes_back(rows: list[list[str]]) -> None:
    """Whatever a cell says, a formula or what looks like an escape among it, the reader gives back."""
    assert {"A & <B>": rows, "C": []} == _read(_made(Sheet("A & <B>", rows), Sheet("C", [])))


def test_dates_and_numbers_are_stored_as_such() -> None:
    """A date is a number of days, as a spreadsheet has it, a number a number; before 1 March 1900 a date is text."""
    row: list[Cell] = [date(2026, 2, 24), 7, None, date(1890, 1, 1)]

    assert {"S": [["46077", "7", "", "1890-01-01"]]} == _read(_made(Sheet("S", [row])))


def test_a_sheet_says_how_large_it_is() -> None:
    """Where it is known how many rows there are, the sheet says so: else some readers take rows for shorter ones."""
    with zipfile.ZipFile(io.BytesIO(_made(Sheet("S", [["a", "b", "c"], ["d"]], 2), Sheet("T", [["a"]])))) as made:
        first, second = (made.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))

    assert '<dimension ref="A1:C2"/>' in first
    assert "<dimension" not in second


def test_no_cell_is_a_formula() -> None:
    """Text that begins as a formula does is stored as text, and there is no formula in the file."""
    with zipfile.ZipFile(io.BytesIO(_made(Sheet("S", [["=1+1", "@x", "+1", "-1"]])))) as made:
        sheet = made.read("xl/worksheets/sheet1.xml").decode()

    assert 4 == sheet.count('t="inlineStr"')
    assert "<f>" not in sheet


def test_the_bytes_do_not_depend_on_when_or_where() -> None:
    """Every part bears the same time and is stored as it is: no clock and no compressor is in the bytes."""
    data = _made(Sheet("S", [["a", 1]]))

    with zipfile.ZipFile(io.BytesIO(data)) as made:
        assert {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 3)} == {
            (part.date_time, part.compress_type, part.create_system) for part in made.infolist()
        }
    assert data == _made(Sheet("S", [["a", 1]]))


def test_every_kind_of_cell() -> None:
    """Shared text, text in runs without how it is spoken, inline text, truth, errors, numbers, results of formulas."""
    cells = (
        '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c>'
        '<c r="D2" t="inlineStr"><is><t>in</t></is></c>'
        '<c r="E2" t="b"><v>1</v></c><c r="F2" t="e"><v>#N/A</v></c><c r="G2"><v>12.0</v></c><c r="H2"><v>1.5E3</v></c>'
        '<c r="I2"><f>1+1</f><v>2</v></c><c r="J2" t="str"><f>A1</f><v>text</v></c><c r="K2"><f>NOW()</f></c></row>'
    )

    expected = ["shared", "in runs", "", "in", "TRUE", "#N/A", "12", "1500", "2", "text", ""]
    assert {"One": [expected]} == _read(_sheet(cells))


def test_rows_and_cells_without_names_count_on() -> None:
    """Where a row or a cell does not say where it stands, it stands after the one before."""
    book = Workbook(
        io.BytesIO(_sheet('<row r="3"><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>')), name="f"
    )

    assert [(3, ["1", "2"]), (4, ["3"])] == [(row.number, list(row.cells)) for row in book.rows("One")]


ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
HARM = {
    "entities in a sheet": (_zipped({"xl/worksheets/s.xml": f"{ENTITY}<worksheet>&b;</worksheet>"}), "DOCTYPE"),
    "entities in the frame": (_zipped({"xl/workbook.xml": f"{ENTITY}{BOOK}"}), "DOCTYPE"),
    "a file from outside": (
        _zipped(
            {"xl/worksheets/s.xml": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'}
        ),
        "DOCTYPE",
    ),
    "a bomb of rows": (_zipped({"xl/worksheets/s.xml": b"<worksheet><sheetData>" + b"<row/>" * 300_000}), "unfolds"),
    "a bomb of text": (
        _zipped(
            {
                "xl/worksheets/s.xml": '<worksheet><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>',
                "xl/strings.xml": b"<sst>" + b"<si><t>aaaaaaaa</t></si>" * 100_000,
            }
        ),
        "unfolds",
    ),
    "no sheets": (_zipped({"xl/workbook.xml": f"<workbook {MAIN}><sheets/></workbook>"}), "without sheets"),
    "another zip": (_zipped({"xl/workbook.xml": "<html/>"}), "the root element is html"),
    "a text that is not there": (_sheet('<row><c t="s"><v>7</v></c></row>'), "not there"),
    "rows out of order": (_sheet('<row r="2"><c><v>1</v></c></row><row r="1"/>'), "not in order"),
    "cells out of order": (_sheet('<row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'), "not in order"),
    "a cell far out": (_sheet('<row><c r="XFD1"><v>1</v></c></row>'), "more than 500 columns"),
    "too many parts": (_zipped({f"x/{n}": "" for n in range(2_001)}), "more than 2,000 parts"),
    "a bomb in bzip2": (
        _zipped({"xl/worksheets/s.xml": b"<worksheet>" + b" " * 20_000_000 + b"</worksheet>"}, zipfile.ZIP_BZIP2),
        "compressed in a way",
    ),
    "LZMA": (_zipped({}, zipfile.ZIP_LZMA), "compressed in a way"),
    "cut off": (_made(Sheet("S", [["a"]]))[:900], "not a workbook"),
}


@pytest.mark.parametrize("name", HARM)
def test_what_is_unfit_or_means_harm(name: str) -> None:
    """It is refused in one line that names the file, and memory does not grow with what it would unfold to."""
    data, says = HARM[name]
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match=r"f\.xlsx: ") as refused:
            _read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert says in str(refused.value)
    assert peak < 6_000_000


def test_shared_texts_take_so_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that unfold within the bounds but would fill memory are refused; the same text again costs next to none."""
    monkeypatch.setattr(xlsx_reading, "MAX_STRINGS", 1 << 20)
    row = '<worksheet><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>'
    many = "".join(f"<si><t>{n:032x}{n * n:016x}</t></si>" for n in range(8_000))

    with pytest.raises(UsageError, match="shared texts take more than 1 MiB"):
        _read(_zipped({"xl/worksheets/s.xml": row, "xl/strings.xml": f"<sst>{many}</sst>"}))
    same = _zipped({"xl/worksheets/s.xml": row, "xl/strings.xml": f"<sst>{'<si><t>a</t></si>' * 8_000}</sst>"})
    assert {"One": [["a"]]} == _read(same)


@settings(max_examples=80)
@given(st.data())
def test_any_damage_is_rows_or_one_error(data: st.DataObject) -> None:
    """A workbook with bytes changed or cut is read, or refused in one line."""
    whole = bytearray(_sheet('<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><v>12</v></c></row>'))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    told = "f.xlsx: "
    try:
        _read(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    except UsageError as error:
        told = str(error)

    assert told.startswith("f.xlsx: ")


def test_a_zip_is_known_by_its_beginning() -> None:
    """What begins as a zip does is read as a workbook, whatever its name."""
    assert is_workbook(io.BytesIO(_made(Sheet("S", []))))
    assert not is_workbook(io.BytesIO(b"Child Unique ID,Gender"))
