"""What the page says: what `due` says, counted as it stands, and nothing that a page may not tell."""

from __future__ import annotations

import json
import stat
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cinctl.calendar import weekday_date
from cinctl.lateness import in_words
from tests.board.conftest import TODAY, MakeBoard
from tests.board.reader import Page
from tests.cli.conftest import Desk
from tests.exports import full as marked
from tests.exports.full import Full

KEPT_BACK = "BRI-03.eighteen"


def _due(desk: Desk, *args: str, today: str = TODAY) -> list[dict[str, Any]]:
    told = desk.run("--today", today, *args, "due", "--json")
    assert 0 == told.code, told.err
    return [row for row in told.json if row["rule"] != KEPT_BACK]


def test_the_rows_are_those_of_due(demo: Desk, board: MakeBoard) -> None:
    """Each row of `due` stands there in its order: lateness in words, day, case, what, rule, clause, owner, unit."""
    page, rows = board(), _due(demo)

    assert len(rows) > 50
    assert [_told(row) for row in rows] == page.rows
    assert f"{len(rows)} obligations, most overdue first" == page.root.one("p", id="shown").text


def _told(row: dict[str, Any]) -> list[str]:
    late = in_words(row["status"], row["late_days"], row["late"], row["late_unit"])
    dated = [weekday_date(date.fromisoformat(row["due"]))] if row["due"] else []
    clause = f" \u00b7 {row['clause']}" if row["clause"] not in (None, row["rule"]) else ""
    return [
        " ".join([late, *dated]),
        row["case"] or "no case",
        f"{row['what']} {row['rule']}{clause}",
        row["owner"] or "\u2013",
        row["unit"] or "\u2013",
    ]


def test_many_rows_are_shown_step_by_step(bare: Desk, board: MakeBoard) -> None:
    """The first 200 are shown, and the page says how many are not; all are in it, and shown where scripts are off."""
    assert 0 == bare.run("--protocol", "bristol", "--today", TODAY, "demo", "--cases", "120", "--open", "100").code
    page = board("--protocol", "bristol")
    shown = ["hidden" not in row.attrs for row in page.root.one("table", id="rows").one("tbody").all("tr")]

    assert len(page.rows) > 220
    assert [True] * 200 + [False] * (len(page.rows) - 200) == shown
    assert page.root.one("p", id="shown").text.endswith("; the first 200 are shown")
    assert page.root.one("p", id="more").text.startswith(f"{len(page.rows) - 200} more are not shown yet.")
    assert "tr[hidden]{display:table-row}" in page.root.one("head").one("noscript").text


def test_the_counts_are_those_of_due(demo: Desk, board: MakeBoard) -> None:
    """Tiles, days, units, owners and rules count what `due` answers; the tiles add up to all of it."""
    page, rows = board(), _due(demo)
    now, ahead = date.fromisoformat(TODAY), "2026-03-09"
    dates = [row["due"] for row in rows]
    places = {
        "overdue": sum(due is not None and due < TODAY for due in dates),
        "today": dates.count(TODAY),
        "ahead": sum(due is not None and TODAY < due <= ahead for due in dates),
        "later": sum(due is not None and due > ahead for due in dates),
        "none": dates.count(None),
    }
    week = [now + timedelta(days=n) for n in range(14)]

    assert places == {place: page.count("when", place) for place in places}
    assert sum(places.values()) == len(rows)
    days = {name.removesuffix(" (today)"): total for name, (_, total) in page.panel("when").items()}
    assert {weekday_date(day): dates.count(day.isoformat()) for day in week} == {
        name: days[name] for name in map(weekday_date, week)
    }
    for facet, nobody in (("unit", "no unit"), ("owner", "nobody"), ("rule", "no rule")):
        total = Counter(row[facet] or nobody for row in rows)
        late = Counter(row[facet] or nobody for row in rows if row["status"] == "overdue")
        assert {name: (late[name], total[name]) for name in total} == page.panel(facet)


def test_the_most_overdue_stands_above_all(demo: Desk, board: MakeBoard) -> None:
    """One line says what is most overdue, how late, and whose it is."""
    first, told = _due(demo)[0], board().root.one("p", class_="oldest").text

    assert f"Most overdue: {first['case']}, {first['what']}, {first['late_days']} days late" in told
    assert f"owed by {first['owner']}." in told


def test_every_open_case_has_its_timeline(demo: Desk, board: MakeBoard) -> None:
    """Each open case, and each that owes something, can be opened; what it says is what the case's clocks are."""
    page = board()
    open_ = {row["case"] for row in demo.run("--today", TODAY, "list", "--open", "--json").json}
    told = {case[0] for case in page.timelines["cases"]}
    buttons = {
        page.timelines["cases"][int(b.attrs["data-case"])][0]: b.text for b in page.root.all("button", class_="case")
    }

    assert open_ | {row["case"] for row in _due(demo) if row["case"]} == told
    assert told == set(buttons)
    assert buttons == {id_: id_ for id_ in told}


def test_a_timeline_says_who_and_what(case: Desk, board: MakeBoard) -> None:
    """State, lead, unit, the day of the referral, each event with its day and who did it, each clock with its end."""
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-26")
    case.must("map R1 --by tm1 --on 2026-02-26")
    case.must("allocate R1 --to sw1 --by tm1 --on 2026-02-26")
    page = board()
    told, epoch = page.timelines, date(1970, 1, 1)
    id_, state, lead, _, unit, referred, events, clocks = page.case("R1")

    assert ("R1", "open", "sw1", "A") == (id_, state, told["names"][lead], told["names"][unit])
    assert date(2026, 2, 23) == epoch + timedelta(days=referred)
    kinds = [(told["kinds"][kind], told["names"][by[0]] if by else None) for _, kind, *by in events]
    assert [
        ("referral", None),
        ("decision on the referral", "tm1"),
        ("team mapping", "tm1"),
        ("lead allocated", "tm1"),
    ] == kinds
    [[rule, start, status, due, finished, owner, _, late]] = clocks
    assert ["SML-2", "SML-2", "decide next steps"][2] == told["rules"][rule][2]
    assert (23, 24, 26) == tuple((epoch + timedelta(days=day)).day for day in (start, due, finished))
    assert (1, "manager", "2 days late") == (status, told["names"][owner], told["names"][late])


def _clocks(page: Page, id_: str) -> list[tuple[Any, ...]]:
    """Return the rule, the status, the owner and the last day of the waiver of each clock of a case."""
    told = page.timelines
    found = [[*one, *[None] * (8 - len(one))] for one in page.case(id_)[7]]
    return [(told["rules"][c[0]][0], c[2], c[5] is not None and told["names"][c[5]], c[6]) for c in found]


def test_a_timeline_says_who_covers(demo: Desk, board: MakeBoard) -> None:
    """Whose a running clock is, is said as in the table: `tm2 for dtm2` while dtm2 is away; a finished one stays."""
    told = demo.run("--today", TODAY, "staff", "away", "dtm2", "--from", "2026-03-01", "--cover", "tm2")
    assert 0 == told.code, told.err
    page = board()
    rows = {(row["case"], row["rule"]) for row in _due(demo) if row["case"] and row["covers"]}
    clocks = [(case[0], *clock) for case in page.timelines["cases"] for clock in _clocks(page, case[0])]

    covered = {(id_, rule) for id_, rule, _, owner, waived in clocks if owner == "tm2 for dtm2" and waived is None}
    assert rows == covered != set()
    assert {True, False} == {status > 2 for _, _, status, owner, _ in clocks if owner in ("tm2 for dtm2", "dtm2")}
    assert "dtm2" not in {owner for _, _, status, owner, _ in clocks if status > 2}


def test_a_waiver_stands_beside_what_it_holds_for(case: Desk, board: MakeBoard) -> None:
    """A waiver is said of what runs, until its last day; not of what was done, nor when it is over."""
    case.must("waive R1 --rule SML-2 --reason T --until 2026-03-01 --approved-by tm1 --by tm1 --on 2026-02-24")
    last = (date(2026, 3, 1) - date(1970, 1, 1)).days

    assert [("SML-2", last)] == [(rule, until) for rule, *_, until in _clocks(board(today="2026-03-01"), "R1")]
    assert [("SML-2", None)] == [(rule, until) for rule, *_, until in _clocks(board(today="2026-03-02"), "R1")]
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-25")
    assert [("SML-2", None)] == [(rule, until) for rule, *_, until in _clocks(board(today="2026-02-26"), "R1")]


def test_what_happened_later_is_not_there(case: Desk, board: MakeBoard) -> None:
    """A page of a past day is of what was there by then, and the reader is told what was left out."""
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-26")

    page, told = board(today="2026-02-25"), case.run("--today", "2026-02-25", "board")

    assert [["1 working day late Tue 24 Feb 2026", "R1", "decide next steps SML-2", "manager", "\u2013"]] == page.rows
    assert 1 == len(page.case("R1")[6])
    assert "1 event dated after 2026-02-25 left out" in told.err


def test_an_empty_store(desk: Desk, board: MakeBoard) -> None:
    """A store without a case makes a page that says so, with every month."""
    page = board()

    assert [] == page.rows
    assert "Nothing is due." == page.root.one("p", id="nothing").text
    assert "0 open cases" in page.root.one("p", class_="asof").text
    assert [] == page.timelines["cases"]
    assert 26 == len(
        [row for table in page.root.all("details", class_="numbers") for row in table.one("tbody").all("tr")]
    )


@pytest.mark.parametrize("today", ["0001-01-01", "1970-01-01", "9999-12-31"])
def test_a_day_far_away(desk: Desk, board: MakeBoard, today: str) -> None:
    """The first and the last day that there is make a page too; where no calendar reaches, it counts days."""
    page = board(today=today)

    assert "next 7 days" in page.root.one("main").text.lower()


def test_what_tells_of_birth_is_counted_and_left_out(demo: Desk, board: MakeBoard) -> None:
    """A clock whose date tells a birthday is in no row and no timeline; the page says how many there are."""
    page = board()
    rows = demo.run("--today", TODAY, "due", "--rule", KEPT_BACK, "--json").json

    assert rows
    assert KEPT_BACK not in page.content
    assert f"{len(rows)} more obligations: not on this page" in page.root.one("header").text


LIVES = """
[protocol]
id = "lives"

[roles.social_worker]
title = "Social Worker"
"""
CLOCK = """
[[clock]]
id = "{id}"
starts = {starts}
stops = {stops}
within = "5 working days"
owner = "lead"
say = "{id} is to be done"
"""


def test_what_begins_or_ends_on_such_a_day_is_left_out(bare: Desk) -> None:
    """A clock that begins when a death or birth is told, or one that begins or ends on its very day, tells no day."""
    clocks = {
        "DIED": ('{ on = "child", when = { "event.died" = { present = true } } }', '"note"'),
        "BORN": ('{ on = "update", when = { "event.born" = { present = true } } }', '"note"'),
        "BEGINS": ('"child"', '"note"'),
        "ENDS": ('"refer"', '"child"'),
        "OTHER": ('"refer"', '"note"'),
    }
    text = LIVES + "".join(CLOCK.format(id=id_, starts=way[0], stops=way[1]) for id_, way in clocks.items())
    (bare.folder / "lives.toml").write_text(text, encoding="utf-8")
    for line in (
        "init --protocol lives.toml",
        "refer R1 --source 1A --expected 2026-03-01 --on 2026-02-02",
        "update R1 --born 2026-02-19 --on 2026-02-20",
        "child R1 --died 2026-02-26 --on 2026-02-26",
        "refer R2 --source 1A --born 2015-06-01 --on 2026-02-02",
        "child R2 --sex F --on 2026-02-26",
    ):
        bare.must(line)
    assert 0 == bare.run("--today", TODAY, "board", "-o", "board.html").code
    page = Page(Path("board.html").read_text(encoding="utf-8"))
    told = {(case[0], rule) for case in page.timelines["cases"] for rule, *_ in _clocks(page, case[0])}

    assert {("R1", "OTHER"), ("R2", "OTHER"), ("R2", "BEGINS"), ("R2", "ENDS")} == told
    assert {("R1", "OTHER"), ("R2", "OTHER"), ("R2", "BEGINS")} == {(row[1], row[2].split()[-1]) for row in page.rows}
    assert "3 more obligations, 1 of them overdue: not on this page" in page.root.one("header").text
    assert "DIED" not in page.content
    assert "BORN" not in page.content
    rows = {(row["case"], row["rule"]) for row in bare.run("--today", TODAY, "due", "--json").json}
    assert {("R1", "DIED"), ("R1", "BORN"), ("R1", "BEGINS")} <= rows
    calendar = bare.run("--today", TODAY, "due", "-f", "ics").out
    assert (False, False, True) == tuple(word in calendar for word in ("DIED", "BORN", "OTHER"))


def test_what_is_kept_back_but_overdue_stands_out(demo: Desk, board: MakeBoard) -> None:
    """The line that counts what is kept back is a warning once some of it is overdue; else it is none."""
    assert [] == board().root.all("p", class_="notice alarm")
    late = "2026-11-01"
    told = demo.run("--today", TODAY, "refer", "R18", "--source", "1A", "--born", "2008-10-01", "--on", TODAY)
    assert 0 == told.code, told.err
    page = board(today=late)

    assert "1 of them overdue" in page.root.one("p", class_="notice alarm").text
    assert KEPT_BACK not in page.content


def test_nothing_private_is_on_the_page(full: Full) -> None:
    """Of a store where everything is marked: no free text, characteristic, day of birth or death, child or family."""
    told = full.desk.run("--store", "cases.jsonl", "--protocol", "local.toml", "--today", marked.TODAY, "board")
    assert 0 == told.code, told.err
    words = [marked.TEXT, marked.UPN, *marked.LISTED.values(), marked.CHILD[:6], marked.OTHER_CHILD, marked.FAMILY[:6]]
    days = [date.fromisoformat(d) for d in (marked.BORN, marked.BORN_BEFORE, marked.EIGHTEEN, marked.OTHER_EIGHTEEN)]
    epoch = date(1970, 1, 1)

    assert [] == [word for word in words if word in told.out]
    assert [] == [day for day in days if day.isoformat() in told.out or weekday_date(day) in told.out]
    assert [] == [day for day in days if str((day - epoch).days) in told.out]
    assert marked.STAFF[2] in told.out


def test_the_months_count_as_the_report_does(case: Desk, board: MakeBoard) -> None:
    """Late on the day on which it was due, in time on the day on which it was done; open at the end of each month."""
    case.must("refer R2 --source 1A --born 2015-06-01 --on 2026-02-23")
    case.must("refer R3 --source 1A --born 2015-06-01 --on 2026-01-05")
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-03-02")
    case.must("decide R2 --outcome section-17 --by tm1 --on 2026-02-24")
    case.must("decide R3 --outcome section-17 --by tm1 --on 2026-01-06")
    case.must("close R3 --reason RC8 --by tm1 --on 2026-02-02")
    timely, load = board().root.all("details", class_="numbers")

    assert [["Jan 2026", "1", "1", "100.0%", "0"], ["Feb 2026", "1", "2", "50.0%", "0"],
            ["Mar 2026 so far", "0", "0", "\u2013", "0"]] == _cells(timely)[-3:]  # fmt: skip
    assert [["Jan 2026", "1", "1", "0", "0"], ["Feb 2026", "2", "2", "1", "0"],
            ["Mar 2026 so far", "2", "0", "0", "0"]] == _cells(load)[-3:]  # fmt: skip
    report = case.run("--today", TODAY, "report", "--by", "month", "--json").json
    [february] = [r for r in report if r["indicator"] == "decision_in_time" and r["group"] == "2026-02"]
    assert (1, 2) == (february["numerator"], february["denominator"])


def test_charts_are_said(demo: Desk, board: MakeBoard) -> None:
    """Each chart says what it shows to who cannot see it, the same as the table beneath it; a column for each month."""
    page = board()

    for name, column, unit in (("timeliness", 3, "%"), ("caseload", 1, "")):
        chart = page.root.one("svg", class_=f"chart {name}")
        [figure] = [one for one in page.root.all("figure") if chart in one.walk()]
        rows = _cells(figure)
        said = [f"{row[0]} {float(row[column].rstrip('%')):.0f}{unit}" for row in rows if row[column] != "\u2013"]
        assert chart.attrs["aria-label"].endswith(f", by month: {', '.join(said)}.")
        assert len(said) == len(chart.all("rect"))


def _cells(numbers: Any) -> list[list[str]]:
    return [[cell.text for cell in row.content] for row in numbers.one("tbody").all("tr")]


def test_one_unit(demo: Desk, board: MakeBoard) -> None:
    """With --unit the page is of what that unit owes, its cases, and its months; the page says so."""
    page, rows = board("--unit", "B"), [row for row in _due(demo) if row["unit"] == "B"]

    assert [_told(row) for row in rows] == page.rows
    assert {"B"} == {page.timelines["names"][case[4]] for case in page.timelines["cases"]}
    assert "Unit B." in page.root.one("header").text
    assert ["B"] == list(page.panel("unit"))


def test_an_imported_history(bare: Desk, board: MakeBoard) -> None:
    """A case that came from a census return has its timeline; what the return cannot speak of is not on the page."""
    file = Path(__file__).resolve().parent.parent / "data" / "census" / "cin_census_2026_sample.xml"
    assert 0 == bare.run("--store", "c.jsonl", "--protocol", "bristol", "import", "census", str(file)).code
    page = board("--store", "c.jsonl", "--protocol", "bristol")
    rows = _due(bare, "--store", "c.jsonl", "--protocol", "bristol")

    assert [_told(row) for row in rows] == page.rows


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--unit", "Z"], 2, "--unit: 'Z' is not the unit of any case or practitioner"),
        (["-o", "cases.jsonl"], 2, "-o cases.jsonl: that would overwrite what is being read"),
        (["-o", "cases.jsonl.cache"], 2, "that would overwrite what is being read, or what belongs to it"),
        (["-o", "small.toml"], 2, "that would overwrite"),
        (["-o", "cinctl.toml"], 2, "that would overwrite"),
        (["-o", "nowhere/board.html"], 2, "there is no folder 'nowhere'"),
        (["-o", "."], 2, "that is a folder, not a file"),
        (["-o", ""], 2, "names nothing"),
        (["--title", " "], 2, "--title '' heads nothing"),
        (["--store", "none.jsonl"], 4, "none.jsonl"),
        (["--protocol", "bistrol"], 5, "Did you mean 'bristol'?"),
    ],
)
def test_errors_are_one_line(desk: Desk, args: list[str], code: int, words: str) -> None:
    """What cannot be is said in a line, with its exit code, and nothing is written."""
    before = {path.name: path.read_bytes() for path in desk.folder.iterdir()}
    told = desk.run("board", *args)

    assert (code, "") == (told.code, told.out)
    assert words in told.err
    assert before == {path.name: path.read_bytes() for path in desk.folder.iterdir() if path.name in before}


def test_a_terminal_gets_no_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is not written to a terminal: the line says where it can go. To a pipe it is."""
    piped = desk.run("board")
    monkeypatch.setattr("cinctl.commands.board.on_terminal", lambda: True)
    told = desk.run("board")

    assert piped.out.startswith("<!DOCTYPE html>")
    assert (2, "") == (told.code, told.out)
    assert "name a file with -o FILE" in told.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_page_is_private(desk: Desk, board: MakeBoard) -> None:
    """Its file is readable by its owner alone."""
    board()

    assert 0o600 == stat.S_IMODE((desk.folder / "board.html").stat().st_mode)


def test_the_json_block_holds_no_markup(desk: Desk, board: MakeBoard) -> None:
    """Whatever a reference holds, the block ends where it should: no `<`, `>` or `&` stands in it."""
    told = desk.run("refer", "</script><b>&", "--source", "1A", "--born", "2015-06-01", "--on", "2026-02-23")
    assert 0 == told.code, told.err
    block = board().root.one("script", id="timelines").text

    assert {"<", ">", "&"}.isdisjoint(block)
    assert "</script><b>&" == json.loads(block)["cases"][0][0]
