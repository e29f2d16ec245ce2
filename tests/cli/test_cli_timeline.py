"""`timeline CASE`: a case over time, as a chart in text and as rows."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.drawing import ASCII, UNICODE, Lane, Scale, Span, chart
from tests.cli.on_terminal import STYLE, columns_of, in_a_pipe, on_terminal

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

CLOCKS = """
[[clock]]
id = "SML-4"
starts = "decide"
stops = "visit"
every = "2 weeks"
owner = "lead"
say = "visit the child"

[[clock]]
id = "SML-5"
starts = "decide"
stops = "close"
owner = "lead"
say = "end the case when it has served its purpose"

[[clock]]
id = "SML-6"
starts = "refer"
stops = "close"
from = ["case.born"]
within = "18 years"
owner = "lead"
say = "end the case by the 18th birthday"
"""


@pytest.fixture(name="busy")
def _busy(desk: Desk) -> Desk:
    """R1: decided late, visited late and then not again, a visit voided, under clocks that recur and have no limit."""
    with (desk.folder / "small.toml").open("a", encoding="utf-8") as protocol:
        protocol.write(CLOCKS)
    for line in (
        "refer R1 --source 1A --born 2015-06-01 --need N1 --on 2025-12-01",
        "decide R1 --outcome section-17 --limb health-or-development --next-steps assess --by tm1 --on 2025-12-04",
        "visit R1 --seen child --alone --by sw1 --on 2025-12-15",
        "visit R1 --seen child --alone --by sw1 --on 2026-01-12",
        "note R1 --text T --by sw1 --on 2026-01-12",
        "visit R1 --seen child --alone --by sw1 --on 2026-02-02",
        "correct 8 --void --reason T --by sw1 --on 2026-02-03",
    ):
        desk.must(line)
    return desk


def _chart(desk: Desk, options: str = "") -> list[str]:
    result = desk.must(f"timeline R1 {options}")
    assert result.err == "1 clock left out whose due date would tell a day of birth or death\n"
    return result.out.splitlines()


def test_the_chart(busy: Desk) -> None:
    """Events as marks, clocks as bars of which each state has its own character, today, and what it all means."""
    assert _chart(busy, "--width 80") == [
        "R1, open: Mon 1 Dec 2025 to Mon 2 Mar 2026",
        "",
        "                          Dec         2026        Feb",
        "                          ┴───────────┴───────────┴──────────┴",
        "referral                  ●                                  ┊  Mon 1 Dec 2025",
        "decision on the referral   ●                                 ┊  Thu 4 Dec 2025",
        "visits                         ●          ●                  ┊  Mon 12 Jan 2026",
        "notes                                     ●                  ┊  Mon 12 Jan 2026",
        "                                                             ┊",
        "SML-2 decide next steps   ┤✗                                 ┊  done 2 days late",
        "SML-4 visit the child      ├───✓────┤━━━━━✗────┤━━━━━━━━━━━━━!  35 days late",
        "SML-5 end the case when…   ├─────────────────────────────────›  no date",
        "                                         today, Mon 2 Mar 2026",
        "",
        "● an event (a number: so many, + more)   ─ runs   ━ over time   ├ begins   ┤ due",
        "› goes on   ✓ done in time   ✗ late   ! overdue   ┊ today",
    ]


def test_the_chart_in_ascii(busy: Desk) -> None:
    """The same chart of other characters."""
    drawn, plain = "\n".join(_chart(busy)), "\n".join(_chart(busy, "--ascii"))

    assert plain.isascii()
    assert len(drawn.splitlines()) == len(plain.splitlines())
    table = {ord(fine): plain for fine, plain in zip(UNICODE, ASCII, strict=True) if len(plain) == 1}
    assert plain.splitlines()[1:4] == drawn.translate(table).splitlines()[1:4]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_it_fits_the_terminal(busy: Desk, width: int) -> None:
    """No line is wider than the terminal."""
    lines = on_terminal(busy.folder, "timeline R1", width, NO_COLOR="1").splitlines()

    assert max(map(columns_of, lines[:-1])) <= width
    assert any(line.startswith("SML-4 visit") for line in lines)


def test_a_width_beyond_all_terminals(busy: Desk) -> None:
    """What COLUMNS says counts up to the widest chart that may be asked for."""
    told = on_terminal(busy.folder, "timeline R1", 80, NO_COLOR="1", COLUMNS="99999999999")

    assert told.splitlines()[: len(_chart(busy, "--width 400"))] == _chart(busy, "--width 400")


def test_a_dumb_terminal_gets_ascii(busy: Desk) -> None:
    """TERM=dumb knows neither colour nor fine characters; a pipe gets what it always gets."""
    assert on_terminal(busy.folder, "timeline R1", TERM="dumb").isascii()
    assert not in_a_pipe(busy.folder, "timeline R1", TERM="dumb").stdout.isascii()


def test_a_pipe_is_a_hundred_wide(busy: Desk) -> None:
    """Whatever COLUMNS says, and unless --width says otherwise."""
    told = [in_a_pipe(busy.folder, "timeline R1", COLUMNS=columns).stdout for columns in ("20", "200")]

    assert told[0] == told[1] == busy.must("timeline R1 --width 100").out
    assert 80 < max(map(len, told[0].splitlines())) <= 100


def test_colour_adds_nothing_but_itself(busy: Desk) -> None:
    """What is overdue and late is red, what is done is faint, and the words are the same."""
    plain = on_terminal(busy.folder, "timeline R1", NO_COLOR="1")
    coloured = on_terminal(busy.folder, "timeline R1")

    assert STYLE.sub("", coloured) == plain
    assert "\x1b[1;31m" in coloured
    assert "\x1b[2m" in coloured


def test_rows(busy: Desk) -> None:
    """Each event and each clock, by the day on which it began; what was voided is not there."""
    rows = busy.must("timeline R1 --json").json

    told = [(row["kind"], row["what"], row["start"], row["due"], row["finished"], row["status"]) for row in rows]
    assert told == [
        ("event", "refer", "2025-12-01", None, None, None),
        ("clock", "decide next steps", "2025-12-01", "2025-12-02", "2025-12-04", "late"),
        ("event", "decide", "2025-12-04", None, None, None),
        ("clock", "visit the child", "2025-12-04", "2025-12-18", "2025-12-15", "done"),
        ("clock", "end the case when it has served its purpose", "2025-12-04", None, None, "outstanding"),
        ("event", "visit", "2025-12-15", None, None, None),
        ("clock", "visit the child", "2025-12-15", "2025-12-29", "2026-01-12", "late"),
        ("event", "visit", "2026-01-12", None, None, None),
        ("event", "note", "2026-01-12", None, None, None),
        ("clock", "visit the child", "2026-01-12", "2026-01-26", None, "overdue"),
    ]


def test_a_row_tells_lateness_as_due_does(busy: Desk) -> None:
    """Of what runs, the days and the unit are those of `due`."""
    due = {row["rule"]: row for row in busy.must("due --json").json}
    running = [row for row in busy.must("timeline R1 --json").json if row["status"] in ("overdue", "outstanding")]

    assert len(running) == 2
    for row in running:
        names = ("case", "rule", "clause", "what", "start", "due", "status", "late_days", "late", "late_unit")
        assert {name: row[name] for name in names} == {name: due[row["rule"]][name] for name in names}


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "tsv", "markdown", "ids"])
def test_every_format(busy: Desk, form: str) -> None:
    """Formats for programs have rows; ids are cases."""
    out = busy.must(f"timeline R1 -f {form}").out

    assert "R1" in out
    assert (out == "R1\n") is (form == "ids")


def test_columns_make_a_table(busy: Desk) -> None:
    """With --columns the rows are a table for people."""
    lines = busy.must("timeline R1 --columns what,start,status --sort -start").out.splitlines()

    assert lines[0].split() == ["what", "start", "status"]
    assert len(lines) == 2 + len(busy.must("timeline R1 --json").json)


def test_a_window(busy: Desk) -> None:
    """--from and --until keep what falls into these days, and the scale spans them."""
    rows = busy.must("timeline R1 --from 2026-01-01 --until 2026-01-31 --json").json
    lines = _chart(busy, "--from 2026-01-01 --until 2026-01-31")

    assert {row["what"] for row in rows if row["kind"] == "event"} == {"visit", "note"}
    assert "decide next steps" not in {row["what"] for row in rows}
    assert lines[0] == "R1, open: Thu 1 Jan 2026 to Sat 31 Jan 2026"
    assert "5 Jan" in lines[2]


def test_a_window_without_anything(busy: Desk) -> None:
    """Where nothing was, that is said."""
    assert _chart(busy, "--until 2020-01-01")[1:] == ["Nothing happened, and nothing ran."]


@pytest.mark.parametrize("window", ["--from 9999-12-01 --until 9999-12-31", "--until 9999-12-31", "--from 0001-01-01"])
def test_the_ends_of_the_calendar(busy: Desk, window: str) -> None:
    """A window may begin or end with the calendar itself."""
    assert _chart(busy, window)[0].startswith("R1, open: ")


def test_what_is_waived(busy: Desk) -> None:
    """A clock that a waiver covers says until when, and is not drawn as overdue."""
    busy.must("waive R1 --rule SML-4 --reason T --until 2026-03-31 --approved-by tm1 --on 2026-02-02")
    lines = _chart(busy)

    assert any(line.startswith("SML-4") and line.endswith("waived until Tue 31 Mar 2026") for line in lines)
    assert not any(line.startswith("SML-4") and "!" in line for line in lines)


@pytest.mark.parametrize(
    ("until", "says"), [("2026-03-31", "done 2 days late, waived"), ("2026-01-31", "done 2 days late")]
)
def test_what_was_late_under_a_waiver(until: str, says: str, busy: Desk) -> None:
    """A clock that was done late while a waiver covered it says so, as `audit` does."""
    busy.must("refer R3 --source 1A --born 2015-06-01 --need N1 --on 2026-01-29")
    busy.must(f"waive R3 --rule SML-2 --reason T --until {until} --approved-by tm1 --on 2026-01-30")
    busy.must("decide R3 --outcome section-17 --limb disabled --next-steps assess --by tm1 --on 2026-02-01")
    (line,) = (line for line in busy.must("timeline R3").out.splitlines() if line.startswith("SML-2"))

    assert line.endswith(f"  {says}")
    row = next(row for row in busy.must("audit R3 --json --fail-on never").json["findings"] if row["rule"] == "SML-2")
    assert row["waived"] is says.endswith("waived")


def test_rows_tell_days_with_their_weekday(busy: Desk) -> None:
    """In the table of rows every day has its weekday."""
    busy.must("waive R1 --rule SML-4 --reason T --until 2026-03-31 --approved-by tm1 --on 2026-02-02")
    told = busy.must("timeline R1 --columns due,finished,waived_until").out

    assert "Thu 4 Dec 2025" in told
    assert "Tue 31 Mar 2026" in told
    assert not re.search(r"[0-9]{4}-", told)


def test_several_cases(busy: Desk) -> None:
    """A chart each, whether named or from a pipe."""
    busy.must("refer R2 --source 1A --born 2015-06-01 --need N1 --on 2026-02-27")
    named = busy.type("timeline R1 R2")
    piped = busy.type("timeline -", stdin="R1\nR2\n")

    assert named.out == piped.out
    assert [line for line in named.out.splitlines() if line.startswith("R")] == [
        "R1, open: Mon 1 Dec 2025 to Mon 2 Mar 2026",
        "R2, referred: Fri 27 Feb 2026 to Mon 2 Mar 2026",
    ]
    assert named.err == "2 clocks left out whose due date would tell a day of birth or death\n"


def test_birthdays_are_not_told(busy: Desk) -> None:
    """A clock that counts from the day of birth is in no format."""
    for form in ("table", "json", "csv", "markdown"):
        assert "SML-6" not in busy.must(f"timeline R1 -f {form}").out
        assert "2033" not in busy.must(f"timeline R1 -f {form}").out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("timeline", "needs CASE..."),
        ("timeline R9", "there is no case 'R9'"),
        ("timeline R1 --from 2026-03-01 --until 2026-02-01", "--until is before --from"),
        ("timeline R1 --width 39", "39 is not in the range"),
        ("timeline R1 --from yesterday", "'yesterday' is not a date"),
    ],
)
def test_wrong_usage(busy: Desk, line: str, words: str) -> None:
    """Each is told in a line, exit 2, and nothing is drawn."""
    result = busy.type(line)

    assert (result.code, result.out) == (2, "")
    assert words.lower() in result.err.lower()


@pytest.mark.parametrize(("today", "drawn"), [(date(2026, 3, 3), r"├─+┄+┤ +"), (date(2026, 3, 6), r"├─+┤━+! +")])
def test_a_bar_of_days_many_columns_wide_has_no_gap(today: date, drawn: str) -> None:
    """On a chart of a few days a bar goes on from the middle of today, or of the due date, without a hole."""
    start, due = date(2026, 3, 2), date(2026, 3, 5)
    span = Span(start, due, None, "overdue" if due < today else "pending")
    lane = Lane("X", "", "", span.status, [], [span])
    lines = chart([[lane]], (start, date(2026, 3, 7)), today, width=100)

    (bar,) = (line[3:] for line in lines if line.startswith("X"))
    assert re.fullmatch(drawn, f"{bar} ")


_days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
_spans = st.builds(
    Span,
    _days,
    st.none() | _days,
    st.none() | _days,
    st.sampled_from(["pending", "due_soon", "overdue", "outstanding", "done", "late", "ended", "waived"]),
)
_label = st.text(st.characters(categories=["L", "M", "N", "P", "Zs"]), max_size=40)
_lanes = st.lists(
    st.builds(
        Lane, _label, _label, st.just("short"), st.none(), st.lists(_days, max_size=3), st.lists(_spans, max_size=3)
    ),
    max_size=3,
)


@settings(max_examples=40)
@given(_lanes, _lanes, _days, st.integers(0, 4000), _days, st.integers(40, 200), st.sampled_from([UNICODE, ASCII]))
def test_any_chart_fits(
    events: Any, clocks: Any, first: date, length: int, today: date, width: int, glyphs: Any
) -> None:
    """Whatever is drawn, over whatever days, no line is wider than it may be."""
    lines = chart([events, clocks], (first, first + timedelta(length)), today, width=width, glyphs=glyphs)

    assert all(columns_of(line) <= width for line in lines)
    assert not re.search("[\x00-\x1f]", "".join(lines))


@settings(max_examples=40)
@given(_days, st.integers(0, 1500), st.integers(20, 150))
def test_a_scale_is_in_order(first: date, length: int, columns: int) -> None:
    """Every day has a column, later days never an earlier one, and the marks on the scale stand under their days."""
    scale = Scale(first, first + timedelta(length), columns)
    places = [scale.at(first + timedelta(n)) for n in range(length + 1)]

    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] < columns
    assert all(0 <= at < columns for at, _ in scale.ticks())
