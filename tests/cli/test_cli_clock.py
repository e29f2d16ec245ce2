"""The one real clock: what counts as today, and when a step is written down, where nobody says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from freezegun import freeze_time

from cinctl.cli import run


def _first_line(folder: Path) -> dict[str, str | None]:
    line: dict[str, str | None] = json.loads((folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()[0])
    return line


@pytest.mark.parametrize(
    ("now", "started"),
    [
        ("2026-06-30T23:30:00+00:00", "2026-07-01"),
        ("2026-12-31T23:30:00+00:00", "2026-12-31"),
    ],
)
def test_a_step_without_a_date_happens_now(
    now: str, started: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is recorded at the clock's time in UTC, and counts from the London date, an hour ahead in summer."""
    monkeypatch.chdir(tmp_path)
    with freeze_time(now):
        assert 0 == run(["init", "--protocol", "working-together-2023"])
        assert 0 == run(["refer", "R1", "--source", "1A", "--born", "2015-06-01"])
        capsys.readouterr()
        assert 0 == run(["due", "--json", "--rule", "WT-1WD"])

    line = _first_line(tmp_path)
    assert (now, now) == (line["at"], line["recorded"])
    assert [started] == [row["start"] for row in json.loads(capsys.readouterr().out)]


def test_today_moves_the_step_and_not_when_it_was_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--today` is the default date of a step; `recorded` is the real clock's all the same."""
    monkeypatch.chdir(tmp_path)
    with freeze_time("2026-07-15T10:00:00+00:00"):
        assert 0 == run(["init", "--protocol", "working-together-2023"])
        assert 0 == run(["--today", "2026-07-01", "refer", "R1", "--source", "1A", "--born", "2015-06-01"])

    line = _first_line(tmp_path)
    assert ("2026-07-01", "2026-07-15T10:00:00+00:00") == (line["at"], line["recorded"])
