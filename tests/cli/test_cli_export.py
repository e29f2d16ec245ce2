"""`cinctl export`: where an export goes, whatever its format, and what each of them holds."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Desk


def test_the_staff_register_goes_to_stdout_or_to_a_private_file(desk: Desk, tmp_path: Path) -> None:
    """The same rows either way; the file is its owner's alone."""
    target = tmp_path / "staff.csv"

    to_stdout = desk.run("export", "staff")
    to_file = desk.run("export", "staff", "-o", str(target))

    assert (0, "") == (to_file.code, to_file.out)
    assert to_stdout.out == target.read_text(encoding="utf-8")
    assert "staff,event,on,role,unit,employer" in to_stdout.out
    assert 0o600 == stat.S_IMODE(target.stat().st_mode)


def test_an_export_goes_over_no_file_that_it_is_made_from(desk: Desk) -> None:
    """Naming the log as the target is wrong usage, and leaves it as it is."""
    log = desk.folder / "cases.jsonl"
    before = log.read_bytes()

    said = desk.run("export", "staff", "-o", str(log))

    assert 2 == said.code
    assert "would overwrite what is being read" in said.err
    assert before == log.read_bytes()


def test_an_unknown_format_names_the_nearest(desk: Desk) -> None:
    """A misspelt format is wrong usage, with a hint."""
    said = desk.run("export", "staf")

    assert 2 == said.code
    assert "Did you mean 'staff'?" in said.err
