"""Rows to text, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.errors import UsageError
from cinctl.render import FORMATS, check_columns, dump, pick, rendered, sort_rows
from cinctl.terminal import visible

COLUMNS = ("case", "due", "what", "late_days")
ROWS: list[dict[str, Any]] = [
    {"case": "R1", "due": "2026-02-24", "what": "decide", "late_days": 3},
    {"case": None, "due": None, "what": "naïve ☂", "late_days": None},
    {"case": "R1", "due": "2026-03-01", "what": ["a", "b"], "late_days": 0},
]


def _text(form: str, rows: list[dict[str, Any]] | None = None, **more: Any) -> str:
    return "".join(rendered(ROWS if rows is None else rows, form, COLUMNS, **more))


def test_table() -> None:
    """A table has words for people: dates with their weekday, lists joined, nothing for null."""
    assert _text("table") == (
        "case    due              what     late days\n"
        "------  ---------------  -------  -----------\n"
        "R1      Tue 24 Feb 2026  decide   3\n"
        "                         naïve ☂\n"
        "R1      Sun 1 Mar 2026   a, b     0\n"
    )


def test_json_is_one_array() -> None:
    """All rows in one array, dates ISO, nothing escaped that UTF-8 can say."""
    text = _text("json")

    assert json.loads(text) == ROWS
    assert "naïve ☂" in text


def test_json_of_nothing() -> None:
    """No rows are an empty array."""
    assert _text("json", []) == "[]\n"


def test_json_of_one_thing() -> None:
    """One thing is one object."""
    assert ROWS[0] == json.loads(_text("json", ROWS[:1], one=True))


def test_jsonl() -> None:
    """One object a line."""
    assert [json.loads(line) for line in _text("jsonl").splitlines()] == ROWS


@pytest.mark.parametrize(("form", "separator"), [("csv", ","), ("tsv", "\t")])
def test_separated(form: str, separator: str) -> None:
    """A header of field names, ISO dates, lists joined, nothing for null."""
    rows = list(csv.reader(io.StringIO(_text(form)), delimiter=separator))

    assert [list(COLUMNS), ["R1", "2026-02-24", "decide", "3"], ["", "", "naïve ☂", ""]] == rows[:3]
    assert rows[3] == ["R1", "2026-03-01", "a, b", "0"]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_separated_keeps_its_header(form: str) -> None:
    """Without rows there is still a header."""
    assert len(_text(form, []).splitlines()) == 1


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2), st.sampled_from(["csv", "tsv"]))
def test_separated_round_trip(cells: list[str], form: str) -> None:
    """Any reader of the format gets back every cell as a table would show it, defused ones with their apostrophe."""
    names = [f"c{n}" for n in range(len(cells))]
    text = "".join(rendered([dict(zip(names, cells, strict=True))], form, names))

    read = list(csv.reader(io.StringIO(text, newline=""), delimiter="," if form == "csv" else "\t"))

    assert names == read[0]
    shown = [visible(cell) for cell in cells]
    assert shown == [b if b == a else b.removeprefix("'") for a, b in zip(shown, read[1], strict=True)]


def test_markdown() -> None:
    """A table of Markdown in which no cell can start markup."""
    text = _text("markdown", [{"case": "a|b", "due": "2026-02-24", "what": "<b>*x*</b> [l](u)\nz", "late_days": 1}])

    assert text.splitlines() == [
        "| case   | due             | what                          | late_days   |",
        "|--------|-----------------|-------------------------------|-------------|",
        r"| a\|b   | Tue 24 Feb 2026 | \<b\>\*x\*\</b\> \[l\](u)\\nz | 1           |",
    ]


def test_markdown_of_nothing() -> None:
    """Without rows there are the heads of a table."""
    assert ["| case   |", "|--------|"] == "".join(rendered([], "markdown", ["case"])).splitlines()


def test_ids() -> None:
    """The cases of the rows, once each, nulls left out."""
    assert _text("ids") == "R1\n"


def test_card() -> None:
    """One thing as a table is its names and values."""
    assert (
        _text("table", ROWS[:1], one=True)
        == "case       R1\ndue        Tue 24 Feb 2026\nwhat       decide\nlate days  3\n"
    )


def test_table_fits_a_terminal() -> None:
    """On a terminal the widest column gives way; not a word is lost."""
    rows = [{"case": "R1", "due": "2026-02-24", "what": "many words " * 20, "late_days": 3}]

    text = _text("table", rows, width=60)

    assert max(map(len, text.splitlines())) <= 60
    assert text.count("many") == 20


def test_table_without_limit_keeps_a_row_on_a_line() -> None:
    """In a pipe each row is one line, however long."""
    rows = [{"case": "R1", "due": None, "what": "many words " * 50, "late_days": 3}]

    assert len(_text("table", rows).splitlines()) == 3


def test_colour_marks_what_is_overdue() -> None:
    """Colour is only where asked for, and only in the field that the word belongs to."""
    rows = [{"case": "overdue", "status": "overdue"}]

    coloured = "".join(rendered(rows, "table", ("case", "status"), colour=True)).splitlines()[2]
    plain = "".join(rendered(rows, "table", ("case", "status"))).splitlines()[2]

    assert coloured == "overdue  \x1b[1;31moverdue\x1b[0m"
    assert plain == "overdue  overdue"


UNSEEN = "\x7f\x85\xad\u061c\u180e\u200b\u200f\u202e\u2066\u206a\ufeff\ufffb\U000e0041"
HOSTILE = "a\x1b[2Jb\nc\rd\x00e\u202ef\x9bg\u2028h\ud800i"


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_hostile_text_in_cells(form: str) -> None:
    """A cell shows control, reordering and unseen characters as a table does; one row stays one line."""
    text = _text(form, [{"case": HOSTILE + UNSEEN, "due": None, "what": [HOSTILE], "late_days": {"k": HOSTILE}}])

    assert len(text.splitlines()) == 2
    assert text.isascii()
    assert "\x7f" not in text


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize("one", [False, True])
def test_hostile_text_in_json(form: str, one: bool) -> None:
    """JSON means what it meant, and holds nothing that a terminal would act on or hide."""
    row = {"case": HOSTILE + UNSEEN + "naïve \\☂", UNSEEN: 1}

    text = _text(form, [row], one=one)

    read = json.loads(text)
    assert [row] == (read if isinstance(read, list) else [read])
    assert set(text) - set("ï☂") <= set(map(chr, range(32, 127))) | {"\n"}


@pytest.mark.parametrize("form", ["table", "markdown"])
@pytest.mark.parametrize("one", [False, True])
def test_hostile_text_is_shown(form: str, one: bool) -> None:
    """Nothing from a record moves the cursor, reorders text, or starts a line."""
    text = _text(form, [{"case": HOSTILE, "due": HOSTILE, "what": [HOSTILE], "late_days": {HOSTILE: HOSTILE}}], one=one)

    assert set() == set(text) & set("\x1b\r\x00\u202e\x9b\u2028\ud800")
    assert "x1b" in text
    assert len(text.splitlines()) <= 4


@given(st.text())
def test_visible_is_printable(text: str) -> None:
    """What is made visible is one line, and says the same of plain text."""
    shown = visible(text)

    assert len(shown.splitlines()) <= 1
    assert shown == shown.encode("utf-8").decode("utf-8")
    if text.isascii() and text.isprintable():
        assert text == shown


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_formulas_are_defused(form: str, start: str) -> None:
    """A cell that a spreadsheet would run gets an apostrophe; a number does not."""
    text = _text(form, [{"case": f"{start}cmd|' /C calc'!A0", "due": None, "what": None, "late_days": -3}])
    row = list(csv.reader(io.StringIO(text, newline=""), delimiter="," if form == "csv" else "\t"))[1]

    assert f"'{start}cmd|' /C calc'!A0" == row[0]
    assert row[3] == "-3"


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_a_percent_sign_is_a_unit(form: str) -> None:
    """No spreadsheet runs a lone per cent sign; every other lone sign stays defused, as what follows it decides."""
    lines = _text(form, [{"case": sign} for sign in "%=+-@"]).splitlines()[1:]

    assert ["%", "'=", "'+", "'-", "'@"] == [re.split("[,\t]", line)[0] for line in lines]


@pytest.mark.parametrize("start", ["\t", "\r", "\n", "\u200b", "\ufeff"])
@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_hidden_starts_of_formulas_are_shown(form: str, start: str) -> None:
    """What a spreadsheet would skip before a formula is text in the cell."""
    text = _text(form, [{"case": f"{start}=1+1"}])

    assert text.splitlines()[1].startswith("\\")


_cells = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, _cells))))
def test_json_round_trip(rows: list[dict[str, Any]]) -> None:
    """What went in comes out of json and jsonl."""
    assert rows == json.loads(_text("json", rows))
    assert rows == [json.loads(line) for line in _text("jsonl", rows).split("\n") if line]


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, _cells))), st.sampled_from(FORMATS))
def test_no_row_breaks_a_format(rows: list[dict[str, Any]], form: str) -> None:
    """Every format takes every value and ends its last line."""
    text = _text(form, rows, width=80)

    assert text == "" or text.endswith("\n")


def test_dates_in_json() -> None:
    """A date is written as ISO 8601, a set sorted."""
    assert dump({"a": date(2026, 2, 24), "b": {"y", "x"}}) == '{"a": "2026-02-24", "b": ["x", "y"]}'


def test_pick() -> None:
    """Columns in the order asked for, null where a row has none."""
    assert dump(pick(ROWS[0], ("due", "none"))) == '{"due": "2026-02-24", "none": null}'


@pytest.mark.parametrize(
    ("keys", "expected"),
    [(["late_days"], [0, 3, None]), (["-late_days"], [3, 0, None]), (["case", "-due"], [0, 3, None])],
)
def test_sort(keys: list[str], expected: list[int | None]) -> None:
    """By several keys, either way, nulls last."""
    assert expected == [row["late_days"] for row in sort_rows(ROWS, keys)]


def test_sort_of_mixed_types() -> None:
    """Numbers, text, lists and dates in one column have an order."""
    rows = [{"a": value} for value in ("x", 1, ["b"], date(2026, 1, 1), True, None)]

    assert len(sort_rows(rows, ["a"])) == 6


def test_unknown_column() -> None:
    """A column that there is not is wrong usage, told with the nearest."""
    with pytest.raises(UsageError, match=r"--columns: there is no column 'cas'\. Did you mean 'case'\?$"):
        check_columns(["case", "cas"], COLUMNS, "--columns")
