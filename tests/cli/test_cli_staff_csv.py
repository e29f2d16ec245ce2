"""The staff register out and in as CSV: nothing of it is lost on the way, and other systems' sheets come in."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

STEPS = (
    "staff join kw1 --role social_worker --unit B --qualified --registered-until 2027-11-30 --employer agency "
    "--practice-experience T --manager tm1 --on 2021-05-04",
    "staff change kw1 --role team_manager --unit C --on 2023-01-09",
    "staff train kw1 --topic uk_law --topic systemic_practice --on 2023-02-02",
    "staff away kw1 --until 2024-03-01 --cover sw1 --on 2024-02-01",
    "staff away kw1 --from 2024-08-05 --until 2024-08-16 --cover sw1 --on 2024-02-01",
    "staff leave kw1 --on 2025-08-31",
    "staff join kw1 --role social_worker --unit A --on 2026-01-05",
)
PEOPLE = """Staff as at 1 March 2026,,,,,
Staff ID,Job Role,Team,Date Joined,Qualified,Left
sw2,Social Worker,A,08/01/2024,Yes,
sw3,wizard,A,08/01/2024,Yes,
sw4,social-worker,'=1+1,2020-01-06,no,31/08/2025
"""


def _events(desk: Desk, store: str = "cases.jsonl") -> list[tuple[str, str, object]]:
    lines = [json.loads(line) for line in (desk.folder / store).read_text(encoding="utf-8").splitlines()]
    return [(e["kind"], e["at"][:10], e["data"]) for e in lines if e["kind"].startswith("staff")]


def _csv(desk: Desk, *more: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(desk.run(*more, "export", "staff").out)))


def test_the_register_goes_round(desk: Desk) -> None:
    """Roles over time, absences, training, leaving and coming back: out, into an empty store, the same events."""
    for line in STEPS:
        desk.must(line)
    desk.must("export staff -o staff.csv")

    came = desk.must("--store again.jsonl import staff staff.csv")

    assert "9 events read: 9 recorded, 0 recorded before" in came.err
    assert sorted(_events(desk), key=repr) == sorted(_events(desk, "again.jsonl"), key=repr)
    assert desk.must("export staff").out == desk.must("--store again.jsonl export staff").out
    assert desk.must("staff list --json").json == desk.must("--store again.jsonl staff list --json").json


def test_again_adds_nothing(desk: Desk) -> None:
    """Into the store that it came from, and again into another, the file adds nothing."""
    desk.must("export staff -o staff.csv")
    before = (desk.folder / "cases.jsonl").read_bytes()

    own = desk.must("import staff staff.csv")
    desk.must("--store again.jsonl import staff staff.csv")
    again = desk.must("--store again.jsonl import staff staff.csv")

    assert "2 events read: 0 recorded, 2 recorded before" in own.err
    assert "2 events read: 0 recorded, 2 recorded before" in again.err
    assert before == (desk.folder / "cases.jsonl").read_bytes()


def test_corrections_are_honoured(desk: Desk) -> None:
    """What was amended stands as amended, and what was voided is not there."""
    desk.must("staff join kw1 --role social_worker --unit B --on 2021-05-04")
    seq = len((desk.folder / "cases.jsonl").read_text(encoding="utf-8").splitlines())
    desk.must(f"correct {seq} --set unit=C --reason typo --by tm1")
    desk.must("staff leave kw1 --on 2026-01-05")
    desk.must(f"correct {seq + 2} --void --reason typo --by tm1")

    assert [("join", "C")] == [(row["event"], row["unit"]) for row in _csv(desk) if row["staff"] == "kw1"]


def test_a_row_for_each_person(bare: Desk) -> None:
    """A personnel system's sheet comes in: a title above its heads, its own words for them, British dates."""
    (bare.folder / "small.toml").write_text(_protocol(), encoding="utf-8")
    bare.must("init --protocol small.toml")
    (bare.folder / "hr.csv").write_bytes(PEOPLE.encode("cp1252"))

    came = bare.must("import staff hr.csv")

    assert "line 4: sw3: role: the row is not recorded: the protocol has no role 'wizard'" in came.err
    people = {row["staff"]: row for row in bare.must("staff list --json").json}
    assert {"sw2", "sw4"} == set(people)
    assert ("social_worker", "A", True, "2024-01-08") == tuple(
        people["sw2"][k] for k in ("role", "unit", "qualified", "since")
    )
    assert not people["sw4"]["in_post"]
    assert ["=1+1", ""] == [row["unit"].lstrip("'") for row in _csv(bare) if row["staff"] == "sw4"]


def _protocol() -> str:
    from tests.cli.conftest import PROTOCOL

    return PROTOCOL


def test_what_a_sheet_does_not_tell_nobody_is_blamed_for(bare: Desk) -> None:
    """Rules that ask for what the file has no column for are not judged; those that it has one for are."""
    bare.must("init --protocol bristol")
    (bare.folder / "hr.csv").write_text(
        "id,role,unit,joined\nkw1,family_help_key_worker,A,2024-01-08\n", encoding="utf-8"
    )
    bare.must("import staff hr.csv")
    assert [] == bare.must("audit --json --fail-on never").json["findings"]

    (bare.folder / "more.csv").write_text(
        "id,role,unit,joined,training\nkw2,family_help_key_worker,A,2024-01-08,uk_law=02/02/2024\n", encoding="utf-8"
    )
    bare.must("import staff more.csv")

    assert {("BRI-16", "kw2"), ("BRI-19", "kw2")} == {
        (f["rule"], f["staff"]) for f in bare.must("audit --json --fail-on never").json["findings"]
    }


def test_a_role_held_since_later_is_a_change(desk: Desk) -> None:
    """Where a person is in their role since later than they joined, what they were before is not made up."""
    (desk.folder / "hr.csv").write_text(
        "staff,role,unit,joined,since\nkw1,team_manager,A,2020-01-06,2024-05-01\n", encoding="utf-8"
    )

    desk.must("import staff hr.csv")

    assert [("join", "2020-01-06", ""), ("change", "2024-05-01", "team_manager")] == [
        (row["event"], row["on"], row["role"]) for row in _csv(desk) if row["staff"] == "kw1"
    ]


def test_training_and_commas(desk: Desk) -> None:
    """The semicolons of a long list of trainings do not pass for what parts the cells of a file with commas."""
    trained = "uk_law=2024-02-02; direct_work=2024-03-01; uk_law=2024-04-02; direct_work=2024-05-01"
    rows = "".join(f"kw{n},2024-01-08,{trained}\n" for n in range(20))
    (desk.folder / "hr.csv").write_text("Staff,Joined,Training\n" + rows, encoding="utf-8")

    assert "100 events read: 100 recorded, 0 recorded before" in desk.must("import staff hr.csv").err


def test_bytes_of_no_encoding_are_not_recorded(desk: Desk) -> None:
    """A name in bytes that are neither UTF-8 nor Windows-1252 is listed with its line, and nothing is put in place."""
    (desk.folder / "hr.csv").write_bytes(b"staff,joined,unit\nkw1,2024-01-08,Ren\x81\xff\n")

    said = desk.must("import staff hr.csv")

    assert "hr.csv: line 2: kw1: unit: the row is not recorded: it holds characters" in said.err
    assert "0 events read" in said.err


def test_a_list_of_trainings_that_grew_adds_what_is_new(desk: Desk) -> None:
    """The same sheet with one more training adds that one."""
    head = "staff,joined,training\n"
    (desk.folder / "a.csv").write_text(head + "kw1,2024-01-08,uk_law=2024-02-02\n", encoding="utf-8")
    (desk.folder / "b.csv").write_text(
        head + "kw1,2024-01-08,uk_law=2024-02-02; direct_work=2024-02-02\n", encoding="utf-8"
    )
    desk.must("import staff a.csv")

    assert "3 events read: 1 recorded, 2 recorded before" in desk.must("import staff b.csv").err


def test_what_the_register_says_otherwise_is_listed_and_stays(desk: Desk) -> None:
    """Another role on the same day is a problem with its line; what was recorded stays; once changed it is known."""
    head = "staff,role,joined\n"
    (desk.folder / "a.csv").write_text(head + "kw1,social_worker,2024-01-08\n", encoding="utf-8")
    (desk.folder / "b.csv").write_text(head + "kw1,team_manager,2024-01-08\n", encoding="utf-8")
    desk.must("import staff a.csv")

    said = desk.must("import staff b.csv")
    desk.must("staff change kw1 --role team_manager --on 2025-01-08")
    known = desk.must("import staff b.csv")

    assert "line 2: kw1: staff.join: recorded before with role social_worker, not team_manager" in said.err
    assert "problem" not in known.err
    assert "0 recorded, 1 recorded before" in known.err


WRONG = {
    "no date": ("staff,role,joined\nkw1,social_worker,\n", "kw1: joined: the row is not recorded: there is no date"),
    "no such day": ("staff,joined\nkw1,31/02/2024\n", "there is no such day"),
    "no id": ("staff,joined\nKate Smith,2024-01-08\n", "cannot be a practitioner's id"),
    "no such event": ("staff,event,on\nkw1,joins,2024-01-08\n", "is not one of join, change, train, leave, away"),
    "a field of another event": ("staff,event,on,role\nsw1,leave,2025-01-08,x\n", "does not belong to 'leave'"),
    "nothing new": ("staff,event,on\nsw1,change,2025-01-08\n", "'change' says nothing"),
    "in post already": ("staff,joined\nsw1,2025-01-08\n", "in post already since 2024-01-08"),
    "not in post": ("staff,event,on\nkw1,leave,2025-01-08\n", "not in post on 2025-01-08"),
    "not in the register": ("staff,event,on,topic\nkw1,train,2025-01-08,t\n", "not in the staff register"),
    "training without a date": ("staff,joined,training\nkw1,2024-01-08,uk_law\n", "'uk_law' has no date"),
    "another column": ("staff,joined,shoe size\nkw1,2024-01-08,9\n", "shoe size: is not a column of a staff register"),
    "neither yes nor no": ("staff,joined,qualified\nkw1,2024-01-08,nearly\n", "neither yes nor no"),
    "left before they joined": (
        "staff,joined,left\nkw1,2020-01-01,2019-01-01\n",
        "kw1: left: the row is not recorded: 2019-01-01 is before they joined, 2020-01-01",
    ),
    "a role since after they left": (
        "staff,role,joined,since,left\nkw1,social_worker,2020-01-01,2023-01-01,2022-01-01\n",
        "not in post on 2023-01-01: there is no join before it; the row is not recorded",
    ),
    "back before they went": (
        "staff,event,on,from,until\nsw1,away,2025-01-08,2025-02-03,2025-02-02\n",
        "sw1: until: the row is not recorded: 2025-02-02 is before 2025-02-03, on which it begins",
    ),
    "covering for oneself": (
        "staff,event,on,cover\nsw1,away,2025-01-08,sw1\n",
        "sw1: cover: the row is not recorded: sw1 cannot cover for themselves",
    ),
    "an absence in a row for each person": (
        "staff,joined,cover\nkw1,2024-01-08,sw1\n",
        "cover: is not a column of a staff register; what stands in it is left out",
    ),
    "bytes that are no text": (
        "staff,joined,unit\nkw1,2024-01-08,Z\ufffd\n",
        "kw1: unit: the row is not recorded: it holds characters that could not be read",
    ),
    "no manager": ("staff,joined,manager\nkw1,2024-01-08,Ann B\n", "cannot be a practitioner's id"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_recorded_is_listed_by_line(desk: Desk, what: str) -> None:
    """Each is one line that says where and what, exit 0, and is a row of the answer where a format is asked for."""
    text, says = WRONG[what]
    (desk.folder / "f.csv").write_text(text, encoding="utf-8")

    dry = desk.must("import staff f.csv --dry-run")
    before = (desk.folder / "cases.jsonl").read_bytes()
    (row,) = desk.must("import staff f.csv --json").json
    more = (desk.folder / "cases.jsonl").read_bytes()[len(before) :].decode()

    of_the_heads = what in ("another column", "an absence in a row for each person")
    assert of_the_heads or '"kw1"' not in more  # recorded whole or not at all
    assert says in dry.err
    assert says in f"{row['where']}: {row['what']}"
    assert ("f.csv", 1 if of_the_heads else 2) == (row["file"], row["line"])


@pytest.mark.parametrize("text", ["", "hello", "staff,role\nkw1,x\n", "staff,event\n", "staff,joined,start date\n"])
def test_a_file_that_is_no_register(desk: Desk, text: str) -> None:
    """Without the columns that it takes, a file is wrong usage, and nothing is recorded."""
    (desk.folder / "f.csv").write_text(text, encoding="utf-8")
    before = (desk.folder / "cases.jsonl").read_bytes()

    said = desk.type("import staff f.csv")

    assert (2, 1) == (said.code, said.err.count("\n"))
    assert "f.csv: " in said.err
    assert before == (desk.folder / "cases.jsonl").read_bytes()


def test_a_dry_run_writes_nothing(bare: Desk) -> None:
    """--dry-run reads and says what is there; not even the store is made."""
    (bare.folder / "small.toml").write_text(_protocol(), encoding="utf-8")
    (bare.folder / "hr.csv").write_text("staff,joined\nkw1,2024-01-08\n", encoding="utf-8")

    came = bare.must("--protocol small.toml import staff hr.csv --dry-run")

    assert "1 event read: none recorded (--dry-run)" in came.err
    assert not (bare.folder / "cases.jsonl").exists()


def test_redacted_staff_events_are_left_out(desk: Desk) -> None:
    """What was removed from the log is in no export, which says how many events that are."""
    desk.must("redact 2 --reason erasure --approved-by tm1 --by tm1")

    said = desk.must("export staff")

    assert "sw1" not in said.out
    assert "1 redacted event left out" in said.err


def test_a_pipe_does_for_a_file(desk: Desk) -> None:
    """With - the register is read from stdin."""
    out = desk.must("export staff").out

    assert "2 events read: 2 recorded" in desk.type("--store again.jsonl import staff -", stdin=out).err
