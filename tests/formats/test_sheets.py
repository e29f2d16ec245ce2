"""Tables from outside: every encoding and spelling that spreadsheets save, and nothing that fills memory."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.errors import UsageError
from cinctl.formats.sheets import MAX_CELL, csv_rows, day, reject_undecoded, yes_or_no


def _rows(data: bytes) -> list[tuple[int, list[str]]]:
    return [(row.number, list(row.cells)) for row in csv_rows(io.BytesIO(data), name="f.csv")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    """UTF-8 with a mark or none, UTF-16, Windows-1252; comma, semicolon or tab."""
    text = f"staff{delimiter}unit\r\nZoë{delimiter}é\r\n"

    assert [(1, ["staff", "unit"]), (2, ["Zoë", "é"])] == _rows(text.encode(encoding))


def test_a_list_in_a_cell_does_not_part_cells() -> None:
    """The first line that holds a separator tells which, quotes aside; where heads are known, the row of heads does."""
    lists = "".join(f"kw{n},a=1; b=2; c=3; d=4\n" for n in range(50))
    assert ["kw49", "a=1; b=2; c=3; d=4"] == _rows(f"Staff\n'a;b;c',training\n{lists}".replace("'", '"').encode())[-1][
        1
    ]

    titled = f"Made, as ever, by hand, in haste\nstaff;training\n{lists.replace(',', ';', 1)}".encode()
    known = csv_rows(io.BytesIO(titled), name="f.csv", is_head=lambda cell: cell in ("staff", "training"))
    assert ["staff", "training"] == list(list(known)[1].cells)


@pytest.mark.parametrize("text", ["Ren\ufffd", "half \ud83d"])
def test_what_could_not_be_decoded_is_no_text(text: str) -> None:
    """A mark of bytes that could not be decoded, and half of a surrogate pair, are refused; any other text is not."""
    with pytest.raises(ValueError, match="could not be read"):
        reject_undecoded(text)

    assert "Zoë 😀" == reject_undecoded("Zoë 😀")


def test_blank_rows_count_but_do_not_come() -> None:
    """A row of nothing is left out; those after it keep their number, one that runs over two lines included."""
    assert [(1, ["a", "b"]), (3, ["x\ny", "2"]), (5, ["z", ""])] == _rows(b'a,b\n , \n"x\ny",2\nz,\n')


def test_a_guarded_formula_is_the_text_that_it_was() -> None:
    """The apostrophe that an export puts before a formula goes; one that a name begins with stays."""
    assert [(1, ["=1+1", "'t Hooft", "'"])] == _rows(b"'=1+1,'t Hooft,'\n")


@pytest.mark.parametrize(
    "data",
    [b"a,b\n\0\0\n", b'a,"' + b"x" * 200_000, b"x" * (MAX_CELL * 8 + 1), b"," * 600],
    ids=["NUL", "an open quote", "one long line", "too many columns"],
)
def test_what_is_no_csv_says_where(data: bytes) -> None:
    """What cannot be a table is one error that names the file."""
    with pytest.raises(UsageError, match=r"f\.csv: line \d"):
        _rows(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_one_error(data: bytes) -> None:
    """Whatever the file holds, it comes out as rows of text or as one UsageError."""
    told, rows = "f.csv", list[tuple[int, list[str]]]()
    try:
        rows = _rows(data)
    except UsageError as error:
        told = str(error)

    assert told.startswith("f.csv")
    assert all(isinstance(cell, str) for _, cells in rows for cell in cells)


@given(st.dates(min_value=date(1900, 3, 1)))
def test_every_spelling_of_a_day(on: date) -> None:
    """A day comes back from each way in which it is written, and from a spreadsheet's number for it."""
    serial = (on - date(1899, 12, 30)).days
    spelt = [
        on.isoformat(),
        f"{on:%d/%m/}{on.year:04}",
        f"{on.day}-{on.month}-{on.year:04}",
        f"{on.day} {_MON[on.month - 1]} {on.year:04}",
    ]
    spelt += [
        f"{on.isoformat()}T00:00:00",
        f"{on.day:02}/{on.month:02}/{on.year:04} 09:30",
        str(serial),
        f"{serial}.75",
    ]

    assert [on] * len(spelt) == [day(text) for text in spelt]


_MON = ("Jan", "Feb", "March", "apr", "May", "June", "JULY", "Aug", "Sept", "Oct", "Nov", "Dec")


def test_a_workbook_may_count_from_1904() -> None:
    """The same number of days is another day where the workbook says so."""
    assert date(1904, 1, 1) + timedelta(days=100) == day("100", since_1904=True)


@pytest.mark.parametrize(
    "text", ["1/2/26", "31/02/2026", "2026-13-01", "soon", "", "12", "99999999", "24/Foo/2026", "٢٤/٠٢/٢٠٢٦"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    """A year of two digits, a day that never was, and anything else that is no date: never a guess."""
    with pytest.raises(ValueError, match="is not a date"):
        day(text)


def test_yes_no_and_unknown() -> None:
    """Yes and no in the spellings of the sector, with a letter before them or none."""
    assert {True} == {yes_or_no(text) for text in ("a) Yes", "a. Yes", "Y", "yes", "TRUE", "1", "1 - Yes")}
    assert {False} == {yes_or_no(text) for text in ("b) No", "N", "no", "False", "0", "0 - No")}
    assert {None} == {yes_or_no(text) for text in ("c) Unknown", "Not recorded")}
    with pytest.raises(ValueError, match="neither yes nor no"):
        yes_or_no("perhaps")
