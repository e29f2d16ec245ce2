"""`cinctl due -f ics`: deadlines to subscribe to, each named by the same id for as long as it is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import icalendar
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

CLOCKS = """
[[clock]]
id = "SML-4"
clauses = ["SML-2"]
starts = "visit"
stops = "summarise"
within = "5 days"
again = "restart"
say = "sum up"

[[clock]]
id = "SML-5"
clauses = ["SML-2"]
starts = "refer"
stops = "close"
say = "end it"
"""


@pytest.fixture(name="busy")
def _busy(desk: Desk) -> Desk:
    """Two referrals, the first of them visited, under a protocol with a clock that starts anew."""
    path = desk.folder / "small.toml"
    path.write_text(path.read_text(encoding="utf-8") + CLOCKS, encoding="utf-8")
    desk.must("refer R1 --source 1A --born 2015-06-01 --on 2026-02-23")
    desk.must("refer R2 --source 1A --born 2016-06-01 --on 2026-02-27")
    desk.must("visit R1 --seen child --alone --by sw1 --on 2026-02-25")
    return desk


def entries(desk: Desk, *args: str, today: str = "2026-03-02") -> dict[str, Any]:
    """Return the entries of the calendar by their summary."""
    result = desk.run("--today", today, "due", "-f", "ics", *args)
    assert 0 == result.code, result.err
    found: Any = icalendar.Calendar.from_ical(result.out)
    return {str(e["SUMMARY"]): e for e in found.walk("VEVENT")}


def test_entries_stand_on_their_due_dates(busy: Desk) -> None:
    """Each obligation with a due date is an entry with the case, the rule and its words; the rest is counted."""
    found = entries(busy)

    assert {
        "R1 SML-2: decide next steps": "2026-02-24",
        "R2 SML-2: decide next steps": "2026-03-02",
        "R1 SML-4: sum up": "2026-03-02",
    } == {summary: e["DTSTART"].dt.isoformat() for summary, e in found.items()}
    assert "2 obligations without a due date left out\n" == busy.run("due", "-f", "ics").err


def test_an_obligation_keeps_its_id(busy: Desk) -> None:
    """Days pass, it becomes overdue, the store goes on and its cache is gone: the id is the same, and nobody else's."""
    before = {summary: str(e["UID"]) for summary, e in entries(busy).items()}
    busy.must("note R2 --text hello --by sw1 --on 2026-03-02")
    (busy.folder / "cases.jsonl.cache").unlink()
    after = {summary: str(e["UID"]) for summary, e in entries(busy, today="2027-01-04").items()}

    assert before == after
    assert 3 == len(set(before.values()))


def test_a_clock_that_starts_anew_is_another(busy: Desk) -> None:
    """A second visit begins another obligation, which has an id of its own."""
    before = entries(busy)["R1 SML-4: sum up"]
    busy.must("visit R1 --seen child --alone --by sw1 --on 2026-02-27")
    after = entries(busy)["R1 SML-4: sum up"]

    assert ("2026-03-02", "2026-03-04") == (before["DTSTART"].dt.isoformat(), after["DTSTART"].dt.isoformat())
    assert before["UID"] != after["UID"]


def test_a_corrected_date_moves_the_entry(busy: Desk) -> None:
    """Where the event that started it is put right, the same entry stands on another day."""
    before = entries(busy)["R2 SML-2: decide next steps"]
    busy.must("correct 4 --set at=2026-02-26 --reason typo --by tm1")
    after = entries(busy)["R2 SML-2: decide next steps"]

    assert ("2026-03-02", "2026-02-27") == (before["DTSTART"].dt.isoformat(), after["DTSTART"].dt.isoformat())
    assert before["UID"] == after["UID"]


def test_as_of_an_earlier_day_the_ids_are_the_same(busy: Desk) -> None:
    """As of a day that the cache does not tell of, an obligation has the id that it has now."""
    now = entries(busy)["R1 SML-2: decide next steps"]
    then = entries(busy, today="2026-02-24")["R1 SML-2: decide next steps"]

    assert now["UID"] == then["UID"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--overdue"], ["R1 SML-2: decide next steps"]),
        (["R2"], ["R2 SML-2: decide next steps"]),
        (["--rule", "SML-4"], ["R1 SML-4: sum up"]),
        (["--owner", "manager"], ["R1 SML-2: decide next steps", "R2 SML-2: decide next steps"]),
        (["--within", "0d", "--overdue"], ["R1 SML-2: decide next steps"]),
        (["--unit", "A"], []),
    ],
)
def test_every_filter_narrows_it(busy: Desk, args: list[str], expected: list[str]) -> None:
    """What `due` leaves out, its calendar leaves out."""
    assert expected == sorted(entries(busy, *args))


def test_it_says_when_it_was_made(busy: Desk) -> None:
    """With --today the same bytes every time; without, the time of the clock."""
    told = [busy.run("--today", "2026-03-02", "due", "-f", "ics").out for _ in range(2)]

    assert told[0] == told[1]
    assert "DTSTAMP:20260302T000000Z" in told[0]
    assert "DTSTAMP:20260302T093000Z" in busy.run("due", "-f", "ics").out


def test_what_is_overdue_still_fails(busy: Desk) -> None:
    """--exit-code means the same with a calendar."""
    assert 1 == busy.run("due", "-f", "ics", "--exit-code").code
    assert 0 == busy.run("due", "-f", "ics", "--exit-code", "R2").code


def test_columns_mean_nothing_to_it(busy: Desk) -> None:
    """A calendar has no columns and no order; and no other command prints one."""
    result = busy.run("due", "-f", "ics", "--columns", "case")
    other = busy.run("list", "-f", "ics")

    assert (2, "cinctl: --columns and --sort mean nothing to ics\n") == (result.code, result.err)
    assert 2 == other.code


def test_what_a_practitioner_owes_names_them(bare: Desk) -> None:
    """What belongs to no case says whose it is."""
    bare.must("init --protocol bristol")
    bare.must("staff join kw1 --role family_help_key_worker --unit A --on 2026-02-23")

    assert ["kw1 BRI-16", "kw1 BRI-19"] == sorted(s.partition(":")[0] for s in entries(bare))


def test_no_date_of_birth_is_published(bare: Desk) -> None:
    """What is to be done by a birthday is no entry, for its day is the birthday; how much that is, stderr says."""
    bare.must("init --protocol bristol")
    bare.must("refer R1 --source 1A --born 2015-06-17 --on 2026-02-23")
    result = bare.run("--today", "2026-03-02", "due", "-f", "ics")

    assert "0617" not in result.out
    assert "R1 BRI-21" in result.out
    assert "1 obligation left out whose due date would tell a day of birth or death\n" in result.err
    assert "BRI-03.eighteen" in bare.run("--today", "2026-03-02", "due", "--json").out


def test_an_audit_names_it_by_the_same_id(busy: Desk) -> None:
    """The finding of an audit on what is overdue has the entry's id as its fingerprint."""
    overdue = {str(e["UID"]) for e in entries(busy, "--overdue").values()}
    found = busy.run("--today", "2026-03-02", "audit", "--fail-on", "never", "--json").json["findings"]

    assert overdue == {f"{f['fingerprint']}@cinctl" for f in found if f["rule"] == "SML-2"}
