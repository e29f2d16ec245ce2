"""What tests of exports start from: a store in which every field of every kind of event is filled."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk, _bare, _case, _desk
from tests.exports.full import Filled, Full

__all__ = ["_bare", "_case", "_desk"]


@pytest.fixture(name="filled", scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """The store that the others are copies of."""
    return Filled(tmp_path_factory.mktemp("filled"))


@pytest.fixture(name="full")
def _full(filled: Filled, bare: Desk) -> Full:
    """A store in which every field of every kind of event is filled."""
    return Full(filled, bare.folder, bare)


@pytest.fixture(name="late")
def _late(case: Desk) -> Desk:
    """Three cases on Monday 2 March 2026: decided two days late, decided on time, and not decided."""
    for other in ("R2", "R3"):
        case.must(f"refer {other} --source 1A --born 2015-06-01 --on 2026-02-23")
    case.must("decide R1 --outcome section-17 --by tm1 --on 2026-02-26")
    case.must("decide R2 --outcome section-17 --by tm1 --on 2026-02-24")
    return case
