"""`caseload` against limits, and who covers for whom, as typed."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import PROTOCOL

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Result

LIMITS = """
[caseload]
practitioner = 1
clauses = ["SML-3"]
say = "No more than one can do well."

[caseload.roles]
team_manager = 0

[caseload.units]
A = 3
"""


@pytest.fixture(name="office")
def _office(desk: Desk) -> Desk:
    """Four open cases: sw1 of unit A leads two, sw2 of unit B one that tm1 led before; one has nobody yet."""
    desk.must("staff join sw2 --role social_worker --unit B --on 2024-01-08")
    desk.must("staff join sw3 --role social_worker --unit B --on 2024-01-08")
    for case in ("R1", "R2", "R3", "R4"):
        desk.must(f"refer {case} --source 1A --born 2015-06-01 --on 2026-02-23 --unit {'B' if case == 'R3' else 'A'}")
        desk.must(f"map {case} --by tm1 --on 2026-02-23")
    for case, lead in (("R1", "sw1"), ("R2", "sw1"), ("R3", "tm1")):
        desk.must(f"allocate {case} --to {lead} --by tm1 --on 2026-02-24")
    desk.must("allocate R3 --from tm1 --to sw2 --by tm1 --on 2026-02-25")
    return desk


def _limit(desk: Desk, limits: str = LIMITS) -> None:
    (desk.folder / "small.toml").write_text(PROTOCOL + limits, encoding="utf-8")


def _told(desk: Desk, line: str, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(row[field] for field in fields) for row in desk.must(f"caseload {line} --json").json]


def test_of_each_lead(office: Desk) -> None:
    """Cases, what is overdue on them and how often they changed hands; without limits none is over any."""
    told = _told(office, "", "lead", "unit", "cases", "leads", "overdue", "lead_changes", "limit", "over")

    assert [
        ("sw1", "A", 2, 1, 2, 0, None, None),
        ("sw2", "B", 1, 1, 1, 1, None, None),
        (None, None, 1, 0, 1, 0, None, None),
    ] == told


def test_of_each_unit(office: Desk) -> None:
    """By the unit that holds a case, whoever leads it."""
    told = _told(office, "--by unit", "lead", "role", "unit", "cases", "leads", "overdue", "lead_changes")

    assert [(None, None, "A", 3, 1, 3, 0), (None, None, "B", 1, 1, 1, 1)] == told
    assert "A\nB\n" == office.must("caseload --by unit -f ids").out
    assert "lead\n" not in office.must("caseload --by unit").out.split("  ")[0]


def test_limits(office: Desk) -> None:
    """A limit is by role, else any practitioner's; by unit, where it has one; what nobody leads is over none."""
    _limit(office)

    assert [("sw1", 1, 1), ("sw2", 1, 0), (None, None, None)] == _told(office, "", "lead", "limit", "over")
    assert [("A", 3, 0), ("B", None, None)] == _told(office, "--by unit", "unit", "limit", "over")
    assert "over" in office.must("caseload").out.splitlines()[0]


def test_who_leads_none(office: Desk) -> None:
    """With --all also who is in post and leads none, with the limit of their role; who left is in no row."""
    _limit(office)
    office.must("staff join sw4 --role social_worker --unit C --on 2024-01-08")
    office.must("staff leave sw3 --on 2026-02-27")

    found = _told(office, "--all", "lead", "cases", "limit", "over")
    assert [("sw1", 2, 1, 1), ("sw2", 1, 1, 0), ("sw4", 0, 1, 0), ("tm1", 0, 0, 0), (None, 1, None, None)] == found
    assert [("A", 3), ("B", 1), ("C", 0)] == _told(office, "--by unit --all", "unit", "cases")


def test_exit_code(office: Desk) -> None:
    """With --exit-code it is 1 when a row of the answer is over its limit, and the answer is the same."""
    assert 0 == office.type("caseload --exit-code").code
    _limit(office)

    assert (1, office.must("caseload").out) == office.type("caseload --exit-code")[:2]
    assert 0 == office.type("caseload --by unit --exit-code").code
    _limit(office, LIMITS.replace("A = 3", "A = 2"))
    assert 1 == office.type("caseload --by unit --exit-code").code


def test_a_view(office: Desk) -> None:
    """`by` and `all` can stand in a named view, too."""
    config = office.folder / "cinctl.toml"
    config.write_text(
        config.read_text(encoding="utf-8") + '\n[views.units]\nby = "unit"\nall = true\n', encoding="utf-8"
    )

    assert office.must("caseload --by unit --all").out == office.must("caseload @units").out


def test_nothing_is_refused_for_a_limit(office: Desk) -> None:
    """A limit is told, not held to: an allocation above it is recorded."""
    _limit(office)

    office.must("allocate R4 --to sw1 --by tm1 --on 2026-02-26")
    assert [("sw1", 3, 2)] == _told(office, "", "lead", "cases", "over")[:1]


def test_the_protocol_tells_its_limits(office: Desk) -> None:
    """`protocol show`, `docs`, `diff` and `clauses` tell the limits and where they come from."""
    _limit(office)
    (office.folder / "other.toml").write_text(PROTOCOL + "[caseload]\npractitioner = 2\n", encoding="utf-8")

    assert {"practitioner": 1, "roles.team_manager": 0, "units.A": 3} == office.must("protocol show --json").json[
        "caseload"
    ]
    page = office.must("protocol docs").out
    assert "## Caseloads\n\nNo more than one can do well.\n" in page
    assert "| Team Manager | 0 | SML-3 |" in page
    assert "Caseloads" not in office.must("protocol docs working-together-2023").out
    rows = office.type("protocol diff small.toml other.toml --json").json
    assert [
        ("dropped", "clauses", ["SML-3"], None),
        ("changed", "practitioner", 1, 2),
        ("dropped", "roles.team_manager", 0, None),
        ("dropped", "say", "No more than one can do well.", None),
        ("dropped", "units.A", 3, None),
    ] == [(row["change"], row["name"], row["before"], row["after"]) for row in rows if row["what"] == "caseload"]
    homes = {row["clause"]: row["home"] for row in office.must("protocol clauses --json").json}
    assert "caseload" in homes["SML-3"]


def test_away(office: Desk) -> None:
    """An absence booked ahead stands in the register and beside the caseload; its table then has room for it."""
    assert "cover" not in office.must("caseload").out
    office.must("staff away sw1 --from 2026-03-03 --until 2026-03-13 --cover sw3")

    expected = ("sw1", "2026-03-03", "2026-03-13", "sw3")
    assert expected == _told(office, "", "lead", "away_from", "away_until", "cover")[0]
    shown = office.must("staff show sw1 --json").json
    assert expected[1:] == (shown["away_from"], shown["away_until"], shown["cover"])
    assert "Tue 3 Mar 2026" in office.must("caseload").out


LEAD_OWES = """
[[clock]]
id = "SML-9"
starts = "allocate"
stops = "visit"
within = "3 days"
owner = "lead"
"""


def test_covering(office: Desk) -> None:
    """While sw1 is away, sw3 owns what falls due; by the name of either it is found, and the table says for whom."""
    _limit(office, LEAD_OWES)
    office.must("staff away sw1 --from 2026-02-28 --until 2026-03-06 --cover sw3")

    for line in ("--owner sw3", "--owner sw1", "--owner @sw1", "--rule SML-9 --lead sw1"):
        rows = office.must(f"due {line} --json").json
        assert [("R1", "sw3", "sw1", "sw1"), ("R2", "sw3", "sw1", "sw1")] == [
            (row["case"], row["owner"], row["covers"], row["lead"]) for row in rows
        ]
    for actor in ("sw3", "sw1"):
        office.patch.setenv("CINCTL_ACTOR", actor)
        assert 2 == len(office.must("due --mine --json").json)
    assert "covers" in office.must("due --owner sw3").out.splitlines()[0]
    assert "covers" not in office.must("due --owner sw2").out.splitlines()[0]
    assert [] == office.must("due --owner sw1 --json --today 2026-02-23").json
    told = list(csv.DictReader(io.StringIO(office.must("due -f csv").out)))
    assert {("sw3", "sw1"), ("sw2", "")} <= {(row["owner"], row["covers"]) for row in told}


OWN_TRAINING = """
[training.induction]
within = "4 weeks"
topics = ["uk_law"]

[[clock]]
id = "SML-8"
for = "practitioner"
starts = "staff.join"
stops = "staff.train"
within = "4 weeks"
"""


@pytest.fixture(name="terminal")
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both streams are taken for a terminal."""
    for module in ("due", "_answer"):
        monkeypatch.setattr(f"cinctl.commands.{module}.is_terminal", lambda _: True)


def _said_of_away(result: Result) -> list[str]:
    return [line for line in result.err.splitlines() if " is away" in line]


@pytest.mark.usefixtures("terminal")
def test_whoever_is_away_without_cover_is_told_of_on_a_terminal(office: Desk) -> None:
    """On a terminal, beside a table, `due` says on stderr who is away and owns some of what is due on cases."""
    _limit(office, LEAD_OWES + OWN_TRAINING)
    office.must("staff away sw1 --from 2026-02-28 --until 2026-03-06")
    office.must("staff away sw2 --from 2026-02-28 --cover sw3")

    told = "sw1 is away until Fri 6 Mar 2026, and nobody who is there covers: 2 obligations (cinctl staff show sw1)"
    assert [told] == _said_of_away(office.must("due"))
    assert [] == _said_of_away(office.must("due --json")) + _said_of_away(office.must("due --owner sw2"))


@pytest.mark.usefixtures("terminal")
def test_nobody_covers_what_a_practitioner_owes_of_their_own(office: Desk) -> None:
    """Of one whose cases are covered it is not said that they are not, for training that they owe themselves."""
    _limit(office, LEAD_OWES.replace("3 days", "3 weeks") + OWN_TRAINING)
    office.must("staff away sw1 --from 2026-02-28 --until 2026-03-06 --cover sw3")

    result = office.must("due")
    assert "SML-8" in result.out
    assert [] == _said_of_away(result)


def test_into_a_pipe_nothing_is_said_of_who_is_away(office: Desk) -> None:
    """What stands beside a table is for who reads it on a terminal."""
    _limit(office, LEAD_OWES)
    office.must("staff away sw1 --from 2026-02-28")

    assert "" == office.must("due").err


def test_what_is_wrong_is_exit_2(office: Desk) -> None:
    """Until before from, oneself as cover, a cover who is not there: one line, exit 2, and nothing recorded."""
    before = (office.folder / "cases.jsonl").read_bytes()
    for line, why in (
        ("--from 2026-03-03 --until 2026-03-02", "--until 2026-03-02 lies before --from 2026-03-03"),
        ("--cover sw1", "sw1 cannot cover for themselves"),
        ("--cover sw9", "'sw9' is not in the staff register. Did you mean"),
        ("--from soon", "--from"),
    ):
        result = office.type(f"staff away sw1 {line}")
        assert (2, "") == (result.code, result.out)
        assert why in result.err

    assert before == (office.folder / "cases.jsonl").read_bytes()
