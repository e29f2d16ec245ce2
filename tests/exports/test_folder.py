"""Several files as one answer: all in place, or none and nothing left behind."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cinctl.errors import SystemRefusedError, UsageError
from cinctl.outfolder import Folder, check_folder


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def _write(path: Path, names: list[str], fault: Exception | None = None) -> None:
    with Folder(str(path)) as folder:
        for name in names:
            folder.open(name).write(name.encode())
        if fault is not None:
            raise fault


def test_files_come_into_place_together(tmp_path: Path) -> None:
    """None is there while they are written; all are once it is done, private, in a private folder."""
    target = tmp_path / "out"
    with Folder(str(target)) as folder:
        for name in ("a.csv", "b.csv"):
            folder.open(name).write(name.encode())
        assert not {"a.csv", "b.csv"} & set(_names(target))

    assert ["a.csv", "b.csv"] == _names(target)
    assert b"b.csv" == (target / "b.csv").read_bytes()
    assert 0o700 == stat.S_IMODE(target.stat().st_mode)
    assert 0o600 == stat.S_IMODE((target / "a.csv").stat().st_mode)


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """No half of an export, and no folder that was made for it."""
    with pytest.raises(KeyError):
        _write(tmp_path / "out", ["a.csv"], KeyError())

    assert [] == _names(tmp_path)


def test_what_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    """The files of an earlier export stand as they were, and so do others in the folder."""
    (tmp_path / "a.csv").write_bytes(b"before")
    with pytest.raises(SystemRefusedError, match="No space left"):
        _write(tmp_path, ["a.csv"], OSError(28, "No space left on device"))

    assert ["a.csv"] == _names(tmp_path)
    assert b"before" == (tmp_path / "a.csv").read_bytes()


def test_what_is_in_place_already_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system says no in the middle of putting files into their places, those that made it are named."""
    replace = os.replace

    def refuse_b(source: str, target: str) -> None:
        if target.endswith("b.csv"):
            raise OSError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse_b)
    with pytest.raises(SystemRefusedError, match=r"Permission denied; in place already: a\.csv"):
        _write(tmp_path, ["a.csv", "b.csv"])

    assert ["a.csv"] == _names(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """What the system refuses is one plain line."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(SystemRefusedError, match="out: "), Folder(str(tmp_path / "file" / "out")):
        pass


def test_a_name_that_is_taken_by_a_folder(tmp_path: Path) -> None:
    """A folder where a file is to go is found before anything is read."""
    (tmp_path / "a.csv").mkdir()

    with pytest.raises(UsageError, match="that is a folder, not a file"):
        check_folder(str(tmp_path), "-o", ["a.csv"], ())
