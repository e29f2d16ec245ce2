"""Flat tables: their rows, their types, and that what analysts use opens them as they are."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from cinctl.exports.leaving import ColumnType
from cinctl.exports.tables import columns
from tests.cli.conftest import Desk
from tests.exports.full import CASES, Full, rows
from tests.exports.readers import PEERS

TABLES = ("events", "cases", "obligations", "findings")


def _is(type_: ColumnType, cell: str) -> bool:
    """Return whether *cell* is what every reader takes for a value of its type."""
    if type_ == "date":
        return date.fromisoformat(cell).isoformat() == cell
    if type_ == "time":
        return cell.endswith("Z") and "T" in cell and datetime.fromisoformat(cell) is not None
    if type_ == "flag":
        return cell in ("true", "false")
    return type_ != "number" or str(int(cell)) == cell


@pytest.mark.parametrize("more", ["", " --identifiable --characteristics"])
def test_every_cell_is_of_its_type(full: Full, more: str) -> None:
    """Dates are ISO dates, times are in UTC, flags are true or false, numbers are whole."""
    full.export("csv -o out" + more)
    heads = columns(characteristics=bool(more), hashed=not more)

    assert set(TABLES) == set(heads)
    for name, head in heads.items():
        found = rows(full.folder / "out" / f"{name}.csv")
        assert [column.name for column in head] == list(found[0])
        for row in found:
            for column in head:
                assert not row[column.name] or _is(column.type, row[column.name]), (name, column, row[column.name])


def test_the_tables_hang_together(full: Full) -> None:
    """What names a case or an event in one table is a row of another."""
    full.export("csv -o out")
    found = {name: rows(full.folder / "out" / f"{name}.csv") for name in TABLES}
    cases = {row["case"] for row in found["cases"]}
    events = {row["event"] for row in found["events"]}

    assert len(CASES) + 1 == len(cases)
    assert len(events) == len(found["events"])
    for name in ("events", "obligations", "findings"):
        assert {row["case"] for row in found[name]} - {""} == cases
    for row in found["obligations"]:
        assert {row["started_by"], row["finished_by"]} - {""} <= events
    assert {row["event"] for row in found["findings"]} - {""} <= events
    for row in found["cases"]:
        assert int(row["events"]) == sum(event["case"] == row["case"] for event in found["events"])


def test_places_count_up_within_a_case(full: Full) -> None:
    """Ids of events are hashed, so that their order is a column of its own."""
    full.export("csv -o out")
    found = [row for row in rows(full.folder / "out" / "events.csv") if row["case"]]

    for case in {row["case"] for row in found}:
        places = [int(row["place"]) for row in found if row["case"] == case]
        assert list(range(1, len(places) + 1)) == places


def test_findings_are_those_of_the_audit(late: Desk) -> None:
    """As many of each rule and level as `audit` finds, waived ones with them; their message is not there."""
    told = late.run("audit", "--fail-on", "never", "--json").json["findings"]

    assert 0 == late.run("export", "csv", "-o", "out", "--identifiable").code
    found = rows(late.folder / "out" / "findings.csv")

    assert told
    assert Counter((f["rule"], f["level"], f["case"], str(f["waived"]).lower()) for f in told) == Counter(
        (row["rule"], row["level"], row["case"], row["waived"]) for row in found
    )
    assert "message" not in found[0]


def test_a_cell_is_no_formula(full: Full) -> None:
    """An id that a spreadsheet would run stands as text, where it stands at all."""
    full.export("csv -o out --identifiable")
    cases = [row["case"] for row in rows(full.folder / "out" / "cases.csv")]

    assert "'=qzx1+1" in cases
    assert "=qzx1+1" not in cases


def test_a_list_is_one_cell(late: Desk) -> None:
    """Several values of one field stand in one cell, parted by comma and blank."""
    late.must("visit R1 --seen child --seen mother --alone --by sw1 --on 2026-02-27")
    late.run("export", "csv", "-o", "out", "--identifiable")
    [row] = [row for row in rows(late.folder / "out" / "events.csv") if row["kind"] == "visit"]

    assert ("child, mother", "true", "sw1", "social_worker") == (row["seen"], row["alone"], row["by"], row["by_role"])


def test_what_is_owed_and_what_was_done(late: Desk) -> None:
    """Finished obligations are there with those that run: on time, late, and overdue."""
    late.run("export", "csv", "-o", "out", "--identifiable")
    found = {row["case"]: row for row in rows(late.folder / "out" / "obligations.csv")}

    names = ("rule", "status", "start", "due", "finished", "late_days", "owner_role")
    assert ("SML-2", "late", "2026-02-23", "2026-02-24", "2026-02-26", "2", "manager") == tuple(
        found["R1"][name] for name in names
    )
    assert ("SML-2", "done", "2026-02-23", "2026-02-24", "2026-02-24", "", "manager") == tuple(
        found["R2"][name] for name in names
    )
    assert ("SML-2", "overdue", "2026-02-23", "2026-02-24", "", "6", "manager") == tuple(
        found["R3"][name] for name in names
    )


def test_an_empty_store_gives_tables_without_rows(bare: Desk) -> None:
    """The heads are there, and stderr says that nothing counts yet."""
    bare.must("init --protocol bristol")

    result = bare.run("export", "csv", "-o", "out", "--identifiable")

    assert 0 == result.code
    assert "nothing in the store counts yet" in result.err
    assert [[]] * 3 == [rows(bare.folder / "out" / f"{name}.csv") for name in ("events", "cases", "findings")]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("small.toml", "that is a file, not a folder"),
        ("nowhere/out", "there is no folder 'nowhere'"),
        ("", "-o '' names nothing"),
        ("-", "several files do not go to stdout together"),
    ],
)
def test_a_target_that_is_no_folder(late: Desk, target: str, said: str) -> None:
    """A file, or a folder in none: wrong usage, and nothing is written."""
    result = late.run("export", "csv", "-o", target)

    assert 2 == result.code
    assert said in result.err


def test_the_store_is_not_written_over(late: Desk) -> None:
    """A store that goes by the name of a table is kept."""
    (late.folder / "cases.csv").write_bytes((late.folder / "cases.jsonl").read_bytes())
    before = (late.folder / "cases.csv").read_bytes()

    result = late.run("--store", "cases.csv", "export", "csv", "-o", ".")

    assert 2 == result.code
    assert "would overwrite what is being read" in result.err
    assert before == (late.folder / "cases.csv").read_bytes()


def test_without_pyarrow_parquet_says_what_to_install(late: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no trace of a half export, and what else there is."""
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    result = late.run("export", "parquet", "-o", "out")

    assert 2 == result.code
    assert "pip install pyarrow, in the environment of cinctl" in result.err
    assert not (late.folder / "out").exists()


def test_parquet_holds_the_same_rows_typed(full: Full) -> None:
    """The values of both are the same; dates, times, flags, numbers and lists are so by type."""
    parquet = pytest.importorskip("pyarrow.parquet")
    full.export("csv -o flat")
    assert 0 == full.export("parquet -o typed").code

    types = {
        "text": "string",
        "date": "date32[day]",
        "time": "timestamp[ms, tz=UTC]",
        "flag": "bool",
        "number": "int64",
    }
    for name, head in columns(characteristics=False, hashed=True).items():
        table = parquet.read_table(full.folder / "typed" / f"{name}.parquet")
        assert [types.get(column.type, "list<element: string>") for column in head] == [
            str(field.type) for field in table.schema
        ]
        for flat, typed in zip(rows(full.folder / "flat" / f"{name}.csv"), table.to_pylist(), strict=True):
            assert flat == {key: _as_cell(value) for key, value in typed.items()}


def _as_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def test_duckdb_and_pandas_open_them(full: Full) -> None:
    """Development-time: DuckDB finds dates, times, flags and numbers by itself, and pandas as many rows."""
    if not PEERS.exists():
        pytest.skip("there is no DuckDB here: CINCTL_PEERS may name an environment that has it")
    full.export("csv -o out")
    found = json.loads(_peer(_OPEN, full.folder / "out"))

    for name, head in columns(characteristics=False, hashed=True).items():
        flat = rows(full.folder / "out" / f"{name}.csv")
        count, types = found[name]
        assert [len(flat), len(flat)] == count
        for column in head:
            if column.type != "list" and any(row[column.name] for row in flat):
                assert types[column.name] in _DUCK[column.type], (name, column, types[column.name])


_DUCK = {
    "date": ("DATE",), "time": ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"), "flag": ("BOOLEAN",), "number": ("BIGINT",),
    "text": ("VARCHAR", "DATE", "BIGINT"),
}  # fmt: skip
_OPEN = """
import duckdb, json, pandas, sys
found = {}
for name in ("events", "cases", "obligations", "findings"):
    path = f"{sys.argv[1]}/{name}.csv"
    count = duckdb.sql(f"select count(*) from '{path}'").fetchall()[0][0]
    types = {row[0]: row[1] for row in duckdb.sql(f"describe select * from '{path}'").fetchall()}
    found[name] = [[count, len(pandas.read_csv(path))], types]
print(json.dumps(found))
"""


def _peer(code: str, path: Path) -> str:
    done = subprocess.run([PEERS, "-c", code, path], capture_output=True, text=True, check=False, env={})
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_the_order_of_recording_does_not_tell(late: Desk) -> None:
    """Hashed cases say on which day each event was recorded; the time would give the order of opening."""
    for more in ("", " --identifiable"):
        assert 0 == late.run("export", "csv", "-o", "out", *more.split()).code
        told = {row["recorded"] for row in rows(late.folder / "out" / "events.csv")}
        assert told
        assert all(bool(more) == ("T" in cell) for cell in told)
