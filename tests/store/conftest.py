"""Stores to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from cinctl.store import walk
from cinctl.store.log import Log
from tests.store.support import Office, append


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have readers look again at once: where a test has a writer at work, that is in a process of its own."""
    monkeypatch.setattr(walk, "_PAUSE", 0.0)


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """A store of two lines."""
    path = tmp_path / "cases.jsonl"
    Log.create(path)
    append(path, 1, 2)
    return path


@pytest.fixture(name="office")
def _office(tmp_path: Path) -> Office:
    """A store that commands can work on."""
    return Office(tmp_path)
