"""A log that is replaced by another file while somebody has it open, as by a backup that is put back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cinctl.errors import StoreError, SystemRefusedError
from cinctl.store.log import Log
from cinctl.store.verify import verify
from tests.store.support import append, event, numbers_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file keeps its name there")


@pytest.fixture(name="other")
def _other(tmp_path: Path) -> Path:
    """Another store, whose lines are longer."""
    other = tmp_path / "other.jsonl"
    with Log.create(other).writing(5) as writer:
        writer.append([event(n=number, text="longer") for number in (7, 8, 9)])
    return other


class TestUnderTheReader:
    """It finishes what it began."""

    def test_it_reads_on_in_the_old_one(self, path: Path, other: Path) -> None:
        """A pass that began on one file ends on it; the next is on the other."""
        log = Log.open(path)
        lines = log.read()
        first = next(lines)
        other.replace(path)

        assert [1, 2] == [line["data"]["n"] for line in (first, *lines)]
        assert [7, 8, 9] == [line["data"]["n"] for line in log.read()]

    def test_also_when_it_has_to_look_again(self, path: Path, other: Path) -> None:
        """A pass that a writer overtook looks again at the file that it began on, not at what has its name by then."""
        with path.open("ab") as file:
            file.write(b'{"v":1,"seq":3,"kind":"torn')
        lines = Log.open(path).read()
        first = next(lines)
        append(path, 3, 4)
        other.replace(path)

        assert [1, 2, 3, 4] == [line["data"]["n"] for line in (first, *lines)]


class TestUnderTheWriter:
    """Nothing is said to be recorded that is in a file which nobody finds."""

    def test_one_that_waits_writes_to_the_new_one(self, path: Path, other: Path) -> None:
        """The lock is had on the file that has the name when it comes."""
        log = Log.open(path)
        other.replace(path)
        with log.writing(5) as writer:
            writer.append([event(n=10)])

        assert [7, 8, 9, 10] == numbers_in(path)

    def test_one_that_judged_by_the_old_one_is_refused(self, path: Path, other: Path) -> None:
        """What was judged by one file is not written into another, nor into one that has lost its name."""
        old = path.with_name("old.jsonl")
        os.link(path, old)
        before, new = path.read_bytes(), other.read_bytes()
        with Log.open(path).writing(5) as writer:
            list(writer.read())
            other.replace(path)
            with pytest.raises(StoreError, match="does not heed its lock; nothing was stored"):
                writer.append([event(n=3)])

        assert (before, new) == (old.read_bytes(), path.read_bytes())

    def test_one_whose_log_is_gone_is_refused(self, path: Path) -> None:
        """A log that was deleted under the lock is told of in the system's words."""
        with Log.open(path).writing(5) as writer:
            list(writer.read())
            path.unlink()
            with pytest.raises(SystemRefusedError, match="not stored: No such file or directory"):
                writer.append([event(n=3)])

        assert not path.exists()

    def test_the_next_turn_goes_on_with_the_new_one(self, path: Path, other: Path) -> None:
        """The refusal holds for that turn alone."""
        log = Log.open(path)
        with log.writing(5) as writer:
            list(writer.read())
            other.replace(path)
        with log.writing(5) as writer:
            writer.append([event(n=10)])

        assert (True, 4) == verify(path)[:2]
