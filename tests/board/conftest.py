"""What tests of the board start from: a folder with a store, and the page that is made of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.board.reader import Page
from tests.cli.conftest import Desk, _bare, _case, _desk
from tests.exports.conftest import _filled, _full

__all__ = ["MakeBoard", "_bare", "_case", "_desk", "_filled", "_full"]

MakeBoard = Callable[..., Page]
TODAY = "2026-03-02"


@pytest.fixture(name="board")
def _board(bare: Desk) -> MakeBoard:
    """Make a page, and read it: by words as typed, each of them one argument."""

    def made(*args: str, today: str = TODAY) -> Page:
        told = bare.run("--today", today, "board", "-o", "board.html", *args)
        assert 0 == told.code, told.err
        assert "" == told.out
        return Page(Path("board.html").read_text(encoding="utf-8"))

    return made


@pytest.fixture(name="demo")
def _demo(bare: Desk) -> Desk:
    """Forty synthetic cases under Bristol's protocol."""
    (bare.folder / "cinctl.toml").write_text('protocol = "bristol"\n', encoding="utf-8")
    assert 0 == bare.run("--today", TODAY, "demo").code
    return bare
