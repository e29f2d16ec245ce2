"""Lines that are to be appended: few in memory, many in a file without a name, and either way all or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import SystemRefusedError
from cinctl.store import staging
from cinctl.store.log import Log
from cinctl.store.verify import verify
from tests.store.support import event


@pytest.fixture(name="little", params=[True, False], ids=["spilt", "in memory"])
def _little(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether so little fits into memory that most lines are spilt."""
    if request.param:
        monkeypatch.setattr(staging, "_MOST_IN_MEMORY", 700)
    return bool(request.param)


def events(count: int) -> Iterator[dict[str, Any]]:
    """Yield some envelopes."""
    return (event(n=n) for n in range(count))


@pytest.mark.usefixtures("little")
def test_what_is_staged_is_what_is_written(tmp_path: Path) -> None:
    """Every line stands where it was said to begin, and could be read there before it was written."""
    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append(events(3))
        staged = [*writer.stage(events(20)), *writer.stage(events(20))]
        before = path.read_bytes()
        held = [writer.staged_line(place) for place, _ in staged]
        writer.commit()

    after = path.read_bytes()
    assert after.startswith(before)
    assert held == [after[place:].split(b"\n")[0] for place, _ in staged]
    assert verify(path).lines == 43


@pytest.mark.usefixtures("little")
def test_what_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    """The log is as it was, and what is staged next follows what is in it."""
    path = tmp_path / "cases.jsonl"
    with Log.create(path).writing(5) as writer:
        writer.append(events(3))
        before = path.read_bytes()
        writer.stage(events(20))
        writer.discard()
        writer.commit()
        assert before == path.read_bytes()
        writer.append(events(2))

    assert verify(path).lines == 5
    assert ["cases.jsonl", "cases.jsonl.lock"] == sorted(os.listdir(tmp_path))


def test_a_disk_without_room_to_stage_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot even be staged is not stored, in the system's words."""
    path = tmp_path / "cases.jsonl"
    monkeypatch.setattr(staging, "_MOST_IN_MEMORY", 700)

    def full(*_args: Any, **_more: Any) -> None:
        raise OSError(28, "No space left on device")

    with Log.create(path).writing(5) as writer:
        writer.append(events(1))
        monkeypatch.setattr("tempfile.TemporaryFile", full)
        with pytest.raises(SystemRefusedError, match="not stored: No space left on device"):
            writer.append(events(9))
        monkeypatch.undo()
        writer.append(events(1))

    assert verify(path).lines == 2
