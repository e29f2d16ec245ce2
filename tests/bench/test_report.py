"""The bench's table, its JSON, and the page that carries it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.arithmetic import Ratio
from bench.process import Sample
from bench.report import END, SCHEMA, START, dumped, merged, put, read, table
from bench.rows import TIMES, Row, memory, pace, ratio

ROOT = Path(__file__).resolve().parent.parent.parent
MACHINE = {"cores": 2, "cpu": "A CPU", "file_system": "ext4", "python": "CPython 3.11.7", "system": "Linux"}
OURS = [Sample(0.3, 0.2, 30_000_000), Sample(0.4, 0.4)]
BESIDE = [Sample(0.2, 0.1), Sample(0.2, 0.1)]
PEER: dict[str, Any] = {
    "asked": "`task overdue`, 7 items",
    "cpu": {"high": 0.5, "low": 0.5, "median": 0.5},
    "id": "task_small",
    "memory_mb": 20.0,
    "ours": "`due --overdue`",
    "peer": "Taskwarrior",
    "peer_memory_mb": 8.0,
    "peer_seconds": 0.04,
    "revision": "abc",
    "runs": 3,
    "seconds": 0.08,
    "version": "2.6.2",
    "wall": {"high": 0.5, "low": 0.5, "median": 0.5},
}


def _row(id_: str = "due", bound: float | None = 1.6, wall: float = 1.5, cpu: float = 1.7, **more: Any) -> Row:
    figures = Ratio(wall, wall, wall), Ratio(cpu, cpu, cpu)
    return Row(id_, "`due --json`", "the yardstick", TIMES, *figures, bound, **more)


def _results(*rows: Row, peers: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return merged(None, MACHINE, "abc", [row.record("abc") for row in rows], peers)


class TestRow:
    """A budget, and whether it is held."""

    @pytest.mark.parametrize(
        ("row", "held"),
        [
            (_row(wall=1.6), True),
            (_row(wall=1.61), False),
            (_row(by_cpu=True), False),
            (_row(bound=1.8, wall=2.0, by_cpu=True), True),
            (_row(bound=1.5, least=True), True),
            (_row(bound=1.6, least=True), False),
            (_row(bound=None), None),
        ],
    )
    def test_held(self, row: Row, held: bool | None) -> None:
        """At the bound it is held, the least or the most; by the wall, or by the CPU where the budget is for a core."""
        assert held is row.held

    def test_ratio(self) -> None:
        """Both ratios are paired, and what both took is told."""
        row = ratio("due", ("ours", "theirs"), OURS, BESIDE, 2.0)

        assert 1.75 == pytest.approx(row.wall.median)
        assert row.cpu is not None
        assert 3.0 == pytest.approx(row.cpu.median)
        assert 0.35 == pytest.approx(row.seconds)
        assert (0.2, 2) == (row.beside_seconds, row.runs)
        assert row.held

    def test_ratio_less(self) -> None:
        """What is taken off lowers the ratio, not what the whole took."""
        row = ratio("supervise", ("ours", "theirs"), OURS, BESIDE, less=[Sample(0.1, 0.0), Sample(0.2, 0.0)])

        assert 1.0 == pytest.approx(row.wall.median)
        assert 0.35 == pytest.approx(row.seconds)

    def test_memory(self) -> None:
        """Memory is in millions of bytes."""
        row = memory("memory_audit_of_5", "peak", OURS[0], 29.0)

        assert 30.0 == row.wall.median
        assert row.held is False

    def test_pace(self) -> None:
        """A pace is held when it is no less than it should be."""
        row = pace("demo", ("demo", ""), ([9.0, 11.0], [20.0, 30.0]), OURS, 25.0, by_cpu=True)

        assert 10.0 == row.wall.median
        assert row.held

    def test_record(self) -> None:
        """The fields are sorted, their figures rounded, and the bound stands on the side that it is on."""
        record = _row(wall=1.23456).record("abc")

        assert sorted(record) == list(record)
        assert 1.235 == record["wall"]["median"]
        assert (1.6, None) == (record["at_most"], record["at_least"])
        assert (None, 1.6) == tuple(_row(least=True).record("")[name] for name in ("at_most", "at_least"))


class TestResults:
    """bench/results.json."""

    def test_sorted(self) -> None:
        """The schema is named, rows are in the order of their ids, and the text is the same for the same results."""
        results = _results(_row("help"), _row("due"))

        assert SCHEMA == results["schema"]
        assert ["due", "help"] == [row["id"] for row in results["rows"]]
        assert dumped(results) == dumped(json.loads(dumped(results)))

    def test_merged(self) -> None:
        """A run of a part leaves the other rows as they were."""
        now = merged(_results(_row("help"), _row("due")), MACHINE, "def", [_row("due", wall=9.0).record("def")], [])

        assert [("due", "def"), ("help", "abc")] == [(row["id"], row["revision"]) for row in now["rows"]]

    @pytest.mark.parametrize("change", [{"machine": {**MACHINE, "cores": 8}}, {"schema": "cinctl-bench/0"}])
    def test_other(self, change: dict[str, Any]) -> None:
        """Figures of another machine, or in another form, do not stand beside those of this one."""
        now = merged({**_results(_row("help")), **change}, MACHINE, "def", [_row("due").record("def")], [])

        assert ["due"] == [row["id"] for row in now["rows"]]

    def test_absent(self, tmp_path: Path) -> None:
        """Where nothing was measured there is nothing."""
        assert read(tmp_path / "results.json") is None


class TestTable:
    """What people read."""

    def test_row(self) -> None:
        """A row tells bound, ratios and whether it is held."""
        text = table(_results(_row(seconds=0.0612, beside_seconds=1.5)))

        expected = "| `due --json` | the yardstick | at most 1.60 × | 1.50 × | 1.70 × | 61 ms | 1.50 s | yes |"
        assert expected in text.splitlines()
        assert "A CPU, 2 cores, CPython 3.11.7, Linux, ext4" in text

    def test_missed(self) -> None:
        """A bound that is not held is not hidden."""
        assert "| **no** |" in table(_results(_row(wall=2.0)))

    def test_earlier(self) -> None:
        """What an earlier run measured of another commit says so, and nothing else does."""
        now = merged(_results(_row("help"), peers=(PEER,)), MACHINE, "def", [_row("due").record("def")], [])
        lines = table(now).splitlines()

        assert 2 == sum("(measured at abc)" in line for line in lines)
        assert not any("def" in line for line in lines)

    def test_order(self) -> None:
        """Rows stand by what they are about, those of one thing by size, as numbers."""
        rows = [_row(id_)._replace(what=id_) for id_ in ("audit_of_5000000", "help", "audit_of_500000", "version")]
        lines = [line.split(" | ")[0].strip("| ") for line in table(_results(*rows)).splitlines()]

        assert ["version", "help", "audit_of_500000", "audit_of_5000000"] == lines[4:]

    def test_unit(self) -> None:
        """Memory and paces have their units."""
        rows = [memory("memory_audit_of_5", "peak", OURS[0], 300.0), pace("demo", ("d", ""), ([1e4], [3e4]), OURS, 2e4)]
        text = table(_results(*rows))

        assert "| at most 300 MB | 30 MB |" in text
        assert "| at least 20,000 events/s | 10,000 events/s | 30,000 events/s |" in text

    def test_peers(self) -> None:
        """Where a peer is ahead it is said in words; where none was found there is no table of them."""
        behind = {**PEER, "id": "task_busy", "asked": "9 items", "wall": {"median": 7.0}}

        assert "Ahead of cinctl: Taskwarrior (`task overdue`, 7 items)." in table(_results(peers=(PEER, behind)))
        assert "None of them is ahead here." in table(_results(peers=(behind,)))
        assert "Taskwarrior" not in table(_results(_row()))


class TestPage:
    """The README."""

    def test_put(self) -> None:
        """What stands between the markers is replaced, all else left; doing it again changes nothing."""
        results = _results(_row())
        page = put(f"before\n{START}\nold\n{END}\nafter\n", results)

        assert f"before\n{START}\n{table(results)}{END}\nafter\n" == page
        assert page == put(page, results)

    @pytest.mark.parametrize("page", ["", START, f"{END}\n"])
    def test_no_place(self, page: str) -> None:
        """A page without both markers is left alone."""
        with pytest.raises(ValueError, match="no place"):
            put(page, _results())

    def test_readme_shows_the_results(self) -> None:
        """The table in the README is that of bench/results.json."""
        results, page = read(ROOT / "bench" / "results.json"), (ROOT / "README.md").read_text(encoding="utf-8")

        assert results is not None
        assert page == put(page, results)

    def test_results_name_no_place(self) -> None:
        """The results that ship are in the form that is written, and tell neither a path nor more of the machine."""
        text = (ROOT / "bench" / "results.json").read_text(encoding="utf-8")
        results = json.loads(text)

        assert dumped(results) == text
        assert SCHEMA == results["schema"]
        assert set(MACHINE) == set(results["machine"])
        assert "/tmp" not in text
        assert str(Path.home()) not in text
