"""`cinctl report`: what it is asked for, and how it answers."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.indicators.rows import COLUMNS

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

# It is 2 March 2026. Of six referrals in February four are decided in time, all of them by unit A.
REFERRED = {
    "R1": ("2026-02-02", "2026-02-03"),
    "R2": ("2026-02-03", "2026-02-04"),
    "R3": ("2026-02-04", "2026-02-05"),
    "R4": ("2026-02-05", "2026-02-06"),
    "R5": ("2026-02-09", "2026-02-20"),
    "R6": ("2026-02-10", None),
    "R7": ("2026-01-12", "2026-01-13"),
}


@pytest.fixture(name="busy")
def _busy(desk: Desk) -> Desk:
    """A month of referrals, and one in the month before."""
    for case, (referred, decided) in REFERRED.items():
        desk.must(f"refer {case} --source 1A --born 2015-06-01 --child X{case} --on {referred}")
        if decided:
            desk.must(f"decide {case} --outcome section-17 --by tm1 --on {decided}")
    return desk


def decisions(desk: Desk, *args: str) -> list[dict[str, Any]]:
    """Return the rows on decisions."""
    result = desk.run("report", "--json", *args)
    assert 0 == result.code, result.err
    return [row for row in result.json if row["indicator"] == "decision_in_time"]


def cells(line: str) -> list[str]:
    """Return what stands in a line of a table behind its first cell."""
    return re.split(r"  +", line)[1:]


def test_the_last_full_month_against_the_one_before(busy: Desk) -> None:
    """Unless told, it is of the last full month, beside the one before it."""
    (row,) = decisions(busy)

    assert {
        "indicator": "decision_in_time", "band": None, "by": "all", "group": None, "from": "2026-02-01",
        "until": "2026-02-28", "numerator": 4, "denominator": 6, "value": 66.7, "unit": "%", "median": None,
        "not_judged": 0, "previous_from": "2026-01-01", "previous_until": "2026-01-31", "previous_numerator": 1,
        "previous_denominator": 1, "previous_value": 100.0, "previous_median": None, "previous_not_judged": 0,
        "rules": ["SML-2"], "suppressed": [],
    } == row  # fmt: skip
    assert COLUMNS == tuple(row)


@pytest.mark.parametrize(
    ("args", "now", "before"),
    [
        (["--from", "2026-02-10"], ("2026-02-10", "2026-03-02"), ("2026-01-20", "2026-02-09")),
        (["--from", "2026-02-03", "--until", "2026-02-09"], ("2026-02-03", "2026-02-09"), ("2026-01-27", "2026-02-02")),
        (["--from", "2025-12-01", "--until", "2026-02-28"], ("2025-12-01", "2026-02-28"), ("2025-09-01", "2025-11-30")),
        (["--against", "last-year"], ("2026-02-01", "2026-02-28"), ("2025-02-01", "2025-02-28")),
        (["--against", "none"], ("2026-02-01", "2026-02-28"), (None, None)),
        (["--against", "2025-04-01..2025-04-30"], ("2026-02-01", "2026-02-28"), ("2025-04-01", "2025-04-30")),
    ],
)
def test_periods(busy: Desk, args: list[str], now: tuple[str, str], before: tuple[str | None, str | None]) -> None:
    """A period, and what it is held against: by as many days, or months where it is whole ones, or as told."""
    (row,) = decisions(busy, *args)

    assert now == (row["from"], row["until"])
    assert before == (row["previous_from"], row["previous_until"])


def test_months_are_the_last_twelve(busy: Desk) -> None:
    """By month it is of the last twelve full months unless told, each listed, beside the same month a year before."""
    rows = decisions(busy, "--by", "month")

    assert ["all", *["month"] * 12] == [row["by"] for row in rows]
    assert ["2025-03", "2026-01", "2026-02"] == [rows[n]["group"] for n in (1, 11, 12)]
    assert ("2026-02-01", "2025-02-28", 4) == tuple(rows[12][k] for k in ("from", "previous_until", "numerator"))


def test_small_numbers_are_kept_back(busy: Desk) -> None:
    """Four of six in time gives away that two were not: the total alone is shown. In a table a sign says so."""
    (row,) = decisions(busy, "--suppress", "5")
    table = busy.run("report", "--suppress", "5").out
    (line,) = [line for line in table.splitlines() if line.startswith("decisions on referrals")]
    rows = list(csv.DictReader(io.StringIO(busy.run("report", "--suppress", "5", "-f", "csv").out)))

    assert (None, 6, None) == (row["numerator"], row["denominator"], row["value"])
    assert ["numerator", "value", "previous_numerator", "previous_denominator", "previous_value"] == row["suppressed"]
    assert ["[c] / 6", "[c]", "[c] / [c]", "[c]"] == cells(line)
    assert ("[c]", "6", "[c]", "%") == tuple(rows[0][name] for name in ("numerator", "denominator", "value", "unit"))
    assert "66.7" not in table


def test_the_table_says_what_its_sign_means(busy: Desk) -> None:
    """The sign for what is kept back is explained at the end, where numbers are kept back."""
    meaning = "[c]: kept back, because it is from 1 to 4, or one that is could be worked out from it.\n"

    assert busy.run("report", "--suppress", "5").out.endswith(f"\n\n{meaning}")
    assert "[c]" not in busy.run("report").out


def test_months_that_are_no_likes_stand_alone(busy: Desk) -> None:
    """A month is not held against the part of January that a period of 26 days reaches back to."""
    whole, month = decisions(busy, "--from", "2026-02-02", "--until", "2026-02-27", "--by", "month")

    assert ("2026-01-07", "2026-02-01", 1) == tuple(
        whole[f"previous_{name}"] for name in ("from", "until", "numerator")
    )
    assert {None} == {value for name, value in month.items() if name.startswith("previous_")}


def test_a_table_for_people(busy: Desk) -> None:
    """Sections with a line for each indicator; what no clock of the protocol asks for is told at the end."""
    out = busy.run("report").out

    assert out.startswith(
        "Sun 1 Feb 2026 to Sat 28 Feb 2026; before: Thu 1 Jan 2026 to Sat 31 Jan 2026\n\nReferrals\n\n"
    )
    (line,) = [line for line in out.splitlines() if line.startswith("decisions on referrals in time")]
    assert ["4 / 6", "66.7%", "1 / 1", "100.0%"] == cells(line)
    assert "visits in time" in out.partition("No clock of the protocol sets a limit")[2]
    assert 100 >= max(map(len, out.splitlines()))


def test_groups_in_a_table(busy: Desk) -> None:
    """By unit, each line says which; those without one are told as well."""
    lines = [line.split() for line in busy.run("report", "--by", "unit").out.splitlines()]
    found = [line[5:8] for line in lines if line[:5] == ["decisions", "on", "referrals", "in", "time"]]

    assert [["all", "4", "/"], ["A", "4", "/"], ["none", "0", "/"]] == found


def test_columns_and_order_are_those_of_every_command(busy: Desk) -> None:
    """--columns and --sort give one table of all rows, as of any command."""
    result = busy.run("report", "--columns", "indicator,numerator", "--sort=-numerator", "-f", "csv")

    assert "indicator,numerator" == result.out.splitlines()[0]
    assert "decision_in_time,4" in result.out


def test_an_empty_store_has_nothing_to_count(desk: Desk) -> None:
    """Without cases every number is 0 and no share is made up."""
    rows = desk.run("report", "--json").json

    assert {(0, 0, None)} == {(row["numerator"], row["denominator"], row["value"]) for row in rows}


def test_the_same_bytes_every_time(busy: Desk) -> None:
    """Several processes make no difference."""
    assert busy.run("report", "--by", "lead").out == busy.run("report", "--by", "lead", "--jobs", "2").out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--until 2026-02-28", "--until needs --from: say where the period begins"),
        ("--from 2026-02-02 --until 2026-02-01", "--until 2026-02-01 is before --from 2026-02-02"),
        ("--from 2026-03-03", "today, 2026-03-02, is before --from 2026-03-03"),
        ("--against never", "--against 'never' is not previous, last-year, none, or two dates"),
        ("--against 2025-01-31..2025-01-01", "2025-01-01 is before 2025-01-31"),
        ("--against 2026-01-01..2026-02-01", "must end before 2026-02-01, where the period begins"),
        ("--against 2026-13-01..2026-02-01", "2026-13-01"),
        ("--from 0001-01-01 --until 0001-01-31", "there is no period before 0001-01-01"),
        ("--suppress 1", "--suppress"),
    ],
)
def test_what_means_nothing(busy: Desk, line: str, said: str) -> None:
    """A period that is none is wrong usage, told in a line."""
    result = busy.type(f"report {line}")

    assert (2, "") == (result.code, result.out)
    assert said in result.err
    assert 2 >= result.err.count("\n")


def test_a_period_that_is_not_over(busy: Desk) -> None:
    """What is not known yet is not counted, and stderr says that the period goes on."""
    result = busy.run("report", "--from", "2026-02-01", "--until", "2026-04-30", "--json")

    assert 0 == result.code
    assert "the period goes on until 2026-04-30: what is told of it may still change\n" == result.err
