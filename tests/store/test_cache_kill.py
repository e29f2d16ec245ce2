"""A writer beside a warm cache is killed, or its disk fails, at each of its calls: the cache never tells otherwise."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest

from tests.store.support import NOTE, Office, Said, goes_on
from tests.store.test_store_kill import Point, again, points, traced
from tests.store.test_store_kill import _traced as _traced

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal"),
    pytest.mark.usefixtures("traced"),
]

RECORD = (*NOTE, "x")
SQLITE = ("openat", "pwrite64", "write", "fdatasync", "ftruncate", "unlink")


@pytest.fixture(name="clocked")
def _clocked(office: Office) -> Office:
    """The store, under a protocol in which a note starts something."""
    toml = office.protocol.read_text(encoding="utf-8")
    more = '[[clock]]\nid = "C"\nstarts = "note"\nstops = "visit"\nwithin = "5 days"\nagain = "another"\n'
    office.protocol.write_text(toml + more, encoding="utf-8")
    return office


def warm(office: Office) -> None:
    """Put the folder back to how it was before the note, the cache made anew."""
    again(office, torn=False)
    said = office.command("due", "--json")
    assert said.code == 0, said


def still_right(office: Office, said: Said, where: object) -> None:
    """What the cache says is what one says that is made anew, now and after the next step."""
    for _ in range(2):
        by_cache = office.command("due", "--json")
        office.store.with_name("cases.jsonl.cache").unlink(missing_ok=True)
        anew = office.command("due", "--json")
        assert by_cache == anew, where
        assert anew.code == 0, where
        assert office.command(*NOTE, "next").code == 0, where
    beside = {path.name for path in office.folder.iterdir() if ".cache-" in path.name}
    assert beside == set(), where
    lines = goes_on(office.store)
    assert len(lines) - office.lines - 2 in ((1,) if said.code == 0 else (0, 1)), where


def at_each(office: Office, fault: str, calls: tuple[str, ...]) -> Iterator[tuple[Point, Said]]:
    """Let every call on the log, the cache and its journal meet *fault*."""
    warm(office)
    for point in points(office, RECORD, calls):
        warm(office)
        said, _ = traced(office, RECORD, f"{point.call}:{fault}:when={point.number}")
        yield point, said


class TestBesideAWarmCache:
    """The step is the log's; the cache is right or is made anew."""

    @pytest.mark.slow
    def test_killed_anywhere(self, clocked: Office) -> None:
        """A writer that is killed before any of its calls leaves a cache that is right, or is not believed."""
        count = 0
        for point, said in at_each(clocked, "signal=KILL", SQLITE):
            assert said.code in (-signal.SIGKILL, 128 + signal.SIGKILL), point
            still_right(clocked, said, point)
            count += 1

        assert count >= 12

    @pytest.mark.slow
    @pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
    def test_failed_anywhere(self, error: str, clocked: Office) -> None:
        """A call on the cache that fails lets the step succeed; one on the log tells, and records nothing."""
        failed = 0
        for point, said in at_each(clocked, f"error={error}", SQLITE):
            if ".cache" in point.what:
                assert said.code == 0, (point, said)
                failed += 1
            still_right(clocked, said, point)

        assert failed >= 6

    def test_between_log_and_cache(self, clocked: Office) -> None:
        """A writer that is killed once its line is synced, before the cache knows of it, is caught up with."""
        warm(clocked)
        found = points(clocked, RECORD, SQLITE)
        synced = next(n for n, p in enumerate(found) if p.call == "fdatasync" and "cases.jsonl>" in p.what)
        for point in (found[synced + 1], found[-1]):
            warm(clocked)
            said, _ = traced(clocked, RECORD, f"{point.call}:signal=KILL:when={point.number}")
            assert said.code != 0
            lines = [line for line in clocked.store.read_bytes().splitlines() if line]
            assert clocked.lines + 1 == len(lines), point
            still_right(clocked, said, point)
