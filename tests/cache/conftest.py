"""A store to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cache.support import PROTOCOL
from tests.domain.world import World


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> World:
    """A store with two people and three cases, its cache made."""
    made = World(tmp_path, PROTOCOL)
    made.staff("b1", role="boss")
    made.staff("w1", role="worker")
    for number in range(3):
        made.refer(f"R{number}", "2026-02-23")
    made.ok("visit", "R2", "2026-02-24", "w1")
    made.workspace().due()
    return made
