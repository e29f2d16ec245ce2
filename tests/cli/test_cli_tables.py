"""Tables on a terminal: they fit its width, cut nothing that matters, and say in words what they say in colour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.render import rendered
from cinctl.textwidth import clip, fold
from tests.cli.on_terminal import STYLE, columns_of, in_a_pipe, on_terminal

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

WIDTHS = (40, 60, 80, 100, 120, 200)
COLUMNS = ("case", "rule", "what", "due", "status", "registered_until")


@pytest.fixture(name="late")
def _late(case: Desk) -> Desk:
    """R1 with a decision five working days late, and R2 with one due today."""
    case.must("refer R2 --source 1A --born 2015-06-01 --need N1 --unit A --on 2026-02-27")
    return case


def _due(desk: Desk, width: int, options: str = "", **environ: str) -> list[str]:
    return on_terminal(desk.folder, f"due {options}", width, **environ).splitlines()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", ["due", "caseload", "list", "protocol explain SML-2", "history R1", "next R1"])
def test_no_line_is_wider_than_the_terminal(late: Desk, command: str, width: int) -> None:
    """Whatever the width, each line of a table fits it."""
    lines = on_terminal(late.folder, command, width, NO_COLOR="1").splitlines()

    assert max(map(columns_of, lines)) <= width
    assert any(re.search("R1|refer|decide|lead|SML", line) for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_due_keeps_what_matters(late: Desk, width: int) -> None:
    """The case, the rule, what is to be done, whose it is, the date and how late stand there at any width."""
    text = " ".join(" ".join(_due(late, width, NO_COLOR="1")).split())

    for wanted in ("R1", "SML-2", "decide", "steps", "manager", "Tue 24 Feb 2026", "late", "Mon 2 Mar 2026"):
        assert wanted in text
    assert "due today" in text


def test_due_at_eighty_columns(late: Desk) -> None:
    """On the usual terminal the rule stands beside what it asks, and how much there is below."""
    assert _due(late, 80, NO_COLOR="1") == [
        "case  what                       owner      due              lateness",
        "----  -------------------------  ---------  ---------------  -------------------",
        "R1    decide next steps (SML-2)  manager    Tue 24 Feb 2026  4 working days late",
        "R2    decide next steps (SML-2)  manager,   Mon 2 Mar 2026   due today",
        "                                 unit A",
        "1 overdue, 1 due today, 2 in all",
    ]


def test_due_on_a_wide_terminal(late: Desk) -> None:
    """Where there is room, the rule, the lead and the unit have columns of their own."""
    assert _due(late, 200, NO_COLOR="1")[0].split() == [
        *("case", "rule", "what", "owner", "lead", "unit", "due", "lateness"),
    ]


def test_due_in_a_pipe_is_as_wide_as_it_is(late: Desk) -> None:
    """A pipe has no width: a row is a line, whatever COLUMNS says, and nothing but the answer is said."""
    result = in_a_pipe(late.folder, "due", COLUMNS="20")

    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "case    rule    what               owner            due              status    lateness",
        "------  ------  -----------------  ---------------  ---------------  --------  -------------------",
        "R1      SML-2   decide next steps  manager          Tue 24 Feb 2026  overdue   4 working days late",
        "R2      SML-2   decide next steps  manager, unit A  Mon 2 Mar 2026   due_soon  due today",
    ]


def test_lateness_is_a_column_of_tables(late: Desk) -> None:
    """--columns names the lateness in words for a table; rows for programs have it as numbers."""
    table = late.must("due --columns case,lateness,late,late_unit").out
    markdown = late.must("due -f markdown --columns case,lateness").out
    rows = late.type("due --json --columns case,lateness")

    assert table.splitlines()[2].split() == ["R1", "4", "working", "days", "late", "4", "working", "days"]
    assert "| R1     | 4 working days late |" in markdown
    assert rows.code == 2
    assert "there is no column 'lateness'" in rows.err


def test_columns_that_were_asked_for_all_stand_there(late: Desk) -> None:
    """What --columns names is never left out: where it does not fit, each row is a block."""
    lines = _due(late, 40, "--columns case,rule,clause,what,owner,start,due,status,late", NO_COLOR="1")

    assert "owner   manager" in lines
    assert "due     Tue 24 Feb 2026" in lines
    assert lines.count("") == 1


def test_sort_holds_on_a_terminal(late: Desk) -> None:
    """--sort orders what the terminal shows."""
    assert [line.split()[0] for line in _due(late, 120, "--sort -case", NO_COLOR="1")[2:4]] == ["R2", "R1"]


def test_ids_and_dates_stay_whole(late: Desk) -> None:
    """A reference of usual length and a date are on one line at any width from forty columns."""
    late.must("refer 2026-000123456 --source 1A --born 2015-06-01 --need N1 --on 2026-02-26")

    for width in WIDTHS:
        lines = _due(late, width, NO_COLOR="1")
        assert any("2026-000123456" in line for line in lines)
        assert any("Fri 27 Feb 2026" in line for line in lines)


def test_nothing_is_due(desk: Desk) -> None:
    """Without rows there is no table and no sum, but a word."""
    assert _due(desk, 80) == ["Nothing is due."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three", ["one two", "three"]),
        ("family_help_key_worker", ["family_", "help_key_", "worker"]),
        ("abcdefghijkl", ["abcdefghij", "kl"]),
        ("家族家族家族", ["家族家族家", "族"]),
        ("e\u0301" * 12, ["e\u0301" * 10, "e\u0301" * 2]),
        ("a\nb", ["a", "b"]),
        ("", [""]),
    ],
)
def test_folding(text: str, expected: list[str]) -> None:
    """At spaces, a code at its underscores, and within a word only where there is nothing else; marks stay put."""
    assert expected == fold(text, 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("one two three", "one two t…"),
        ("家族家族家族", "家族家族…"),
        ("nine char rest", "nine char…"),
    ],
)
def test_clipping(text: str, expected: str) -> None:
    """What is cut says so, within its width."""
    assert expected == clip(text, 10)


_text = st.text(max_size=60) | st.text("家族-é\u0301ab \x1b[2J\u202e", max_size=60) | st.just("word " * 40)
_row = st.fixed_dictionaries(dict.fromkeys(COLUMNS, _text))


@given(st.lists(_row, min_size=1, max_size=4), st.integers(40, 200), st.booleans())
def test_any_text_fits(rows: list[dict[str, Any]], width: int, spare: bool) -> None:
    """No line of a table is wider than it may be, and no text in it moves the cursor."""
    text = "".join(rendered(rows, "table", COLUMNS, width=width, spare=("rule", "status") if spare else None))

    assert all(columns_of(line) <= width for line in text.split("\n"))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", text)


@given(st.lists(_row, min_size=1, max_size=4), st.integers(40, 200))
def test_colour_changes_nothing_but_colour(rows: list[dict[str, Any]], width: int) -> None:
    """Without its colours a coloured table is the plain one."""
    marked = [{**row, "status": "overdue"} for row in rows]
    plain, coloured = (
        "".join(rendered(marked, "table", COLUMNS, width=width, colour=colour)) for colour in (False, True)
    )

    assert plain == STYLE.sub("", coloured)


@given(st.lists(_row, min_size=1, max_size=4))
def test_columns_stand_under_each_other(rows: list[dict[str, Any]]) -> None:
    """Wide characters and marks upon characters count as a terminal shows them."""
    marked = [{**row, "status": "overdue"} for row in rows]
    lines = "".join(rendered(marked, "table", ("what", "status"))).splitlines()

    assert {columns_of(line[: line.rindex("overdue")]) for line in lines[2:]} == {lines[0].rindex("status")}
