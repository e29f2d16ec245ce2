"""Whether what an answer was made of has changed: seen from a few calls of `stat`, with a clock that is told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cinctl.errors import ConfigError, ProtocolError, SpoiltCacheError, StoreError
from cinctl.session import Session
from cinctl.workspace.watching import Watched
from tests.histories import History

EXTENDING = """
[protocol]
id = "extending"
extends = "bare.toml"
"""
NOON = datetime(2026, 7, 6, 11, tzinfo=UTC)


class Desk:
    """A store, and an answer about it that is watched: how many cases there are, and on which day."""

    def __init__(self, folder: Path) -> None:
        self.history = History(folder)
        self.store, self.protocol = self.history.store, folder / "bare.toml"
        self.config = folder / "cinctl.toml"
        self.given: dict[str, Any] = {"store": str(self.store), "config": str(self.config)}
        self.config.write_text('protocol = "extending.toml"\n', encoding="utf-8")
        self.history.write("extending.toml", EXTENDING)
        self.now, self.seconds, self.cases = NOON, 0.0, 0
        self.meanwhile: Callable[[], None] = lambda: None
        self.watched = Watched(self.session, self.answer, clock=lambda: self.now, timer=lambda: self.seconds)

    def session(self, now: datetime) -> Session:
        """Return what one command would work with."""
        session = Session({}, now)
        session.given = self.given
        return session

    def answer(self, session: Session) -> tuple[date, int]:
        """Return the day and how many cases there are, and let happen what is to happen meanwhile."""
        found = session.workspace.today, len(list(session.workspace.book().case_ids()))
        self.meanwhile()
        return found

    def renewed(self) -> tuple[date, int] | None:
        """Return the answer as it is now."""
        self.watched.renew()
        return self.watched.answer

    def trouble(self) -> Exception:
        """Return what is wrong now, where there is no answer."""
        assert self.renewed() is None
        assert self.watched.trouble is not None
        return self.watched.trouble.error

    @property
    def since(self) -> datetime | None:
        """Since when something is wrong, if it is."""
        return self.watched.trouble and self.watched.trouble.since

    def refer(self) -> None:
        """Let somebody refer a case."""
        self.cases += 1
        self.history.step("refer", "2026-03-02", case=f"R{self.cases}", source="1A", born="2015-06-01")


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    """A store under a protocol that extends another, its answer made once."""
    desk = Desk(tmp_path)
    desk.watched.renew()
    assert desk.watched.trouble is None
    return desk


def test_nothing_is_made_again_while_nothing_changes(desk: Desk) -> None:
    """However often it is asked, an answer is made once, and is known to be current."""
    desk.now += timedelta(hours=1)
    waits = [desk.watched.renew() for _ in range(5)]

    assert ([0.0] * 5, 1, desk.now) == (waits, desk.watched.times, desk.watched.current)


def test_a_log_that_grows(desk: Desk) -> None:
    """What is appended to the log is in the answer."""
    desk.refer()

    assert (date(2026, 7, 6), 1) == desk.renewed()


def test_a_log_that_grows_while_it_is_read(desk: Desk) -> None:
    """What is appended while an answer is made is in the next."""
    desk.refer()
    desk.meanwhile = desk.refer
    found = [desk.renewed()]
    desk.meanwhile = lambda: None
    found.append(desk.renewed())

    assert [(date(2026, 7, 6), 1), (date(2026, 7, 6), 2)] == found


def test_a_log_that_is_replaced(desk: Desk) -> None:
    """Another file under the same name is read, as after a redaction, even one of the same size and time."""
    copy = desk.store.with_name("copy")
    shutil.copy2(desk.store, copy)
    os.replace(copy, desk.store)
    desk.watched.renew()

    assert 2 == desk.watched.times


def test_a_log_that_a_link_leads_to(desk: Desk) -> None:
    """Where the store is a link, what it leads to is looked at."""
    real = desk.store.with_name("real.jsonl")
    os.rename(desk.store, real)
    desk.store.symlink_to(real)
    desk.refer()

    assert (date(2026, 7, 6), 1) == desk.renewed()


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 7, 6, 22, 59, 59, tzinfo=UTC), date(2026, 7, 6)),
        (datetime(2026, 7, 6, 23, 0, tzinfo=UTC), date(2026, 7, 7)),
    ],
)
def test_the_day_turns_at_midnight_in_london(desk: Desk, now: datetime, day: date) -> None:
    """Nothing was recorded, and still the answer is that of the new day."""
    desk.now = now

    assert (day, 0) == desk.renewed()


def test_a_day_that_was_told_does_not_turn(tmp_path: Path) -> None:
    """With --today it is that day for good."""
    desk = Desk(tmp_path)
    desk.given["today"] = date(2026, 3, 2)
    desk.watched.renew()
    desk.now += timedelta(days=3)

    assert ((date(2026, 3, 2), 0), 1) == (desk.renewed(), desk.watched.times)


@pytest.mark.parametrize("name", ["extending.toml", "bare.toml", "cinctl.toml"])
def test_the_protocol_and_the_config_are_looked_at(desk: Desk, name: str) -> None:
    """A change of the protocol, of one that it extends, or of the config makes the answer again."""
    path = desk.config.with_name(name)
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    desk.watched.renew()

    assert 2 == desk.watched.times


def test_the_config_is_read_again(desk: Desk) -> None:
    """What the config says now is what the answer goes by: another protocol, and then its files."""
    desk.config.write_text('protocol = "bare.toml"\n', encoding="utf-8")
    desk.watched.renew()
    (desk.config.with_name("extending.toml")).write_text("no TOML", encoding="utf-8")
    desk.watched.renew()

    assert (2, None) == (desk.watched.times, desk.watched.trouble)


@pytest.mark.parametrize(("name", "error"), [("bare.toml", ProtocolError), ("cinctl.toml", ConfigError)])
def test_a_file_that_is_being_edited(desk: Desk, name: str, error: type[Exception]) -> None:
    """While the protocol or the config does not hold there is no answer; once it holds there is one at once."""
    path = desk.config.with_name(name)
    good = path.read_text(encoding="utf-8")
    path.write_text(good + "= nonsense", encoding="utf-8")
    assert isinstance(desk.trouble(), error)

    path.write_text(good, encoding="utf-8")
    assert (date(2026, 7, 6), 0) == desk.renewed()


def test_a_store_that_is_gone(desk: Desk) -> None:
    """A store that is gone is trouble since then, however often that is looked at, until it is back."""
    aside = desk.store.with_name("aside")
    os.rename(desk.store, aside)
    assert isinstance(desk.trouble(), StoreError)
    desk.now, desk.seconds = desk.now + timedelta(hours=2), desk.seconds + 7200
    assert isinstance(desk.trouble(), StoreError)
    assert (NOON, 3) == (desk.since, desk.watched.times)

    os.rename(aside, desk.store)
    assert ((date(2026, 7, 6), 0), None) == (desk.renewed(), desk.since)


def test_a_store_that_becomes_corrupt(desk: Desk) -> None:
    """A log that does not hold is trouble, in which nothing of an earlier answer is left, until it is mended."""
    desk.refer()
    desk.renewed()
    whole = desk.store.read_bytes()
    desk.store.write_bytes(whole.replace(b"2015-06-01", b"2015-06-02"))
    os.unlink(f"{desk.store}.cache")
    assert isinstance(desk.trouble(), StoreError)

    desk.store.write_bytes(whole)
    assert (date(2026, 7, 6), 1) == desk.renewed()


def test_a_torn_tail_is_left_out(desk: Desk) -> None:
    """A line that somebody is still writing is not in the answer, and does no harm to it."""
    with desk.store.open("ab") as file:
        file.write(b'{"v":1,"seq":')
    found = desk.renewed()

    assert ((date(2026, 7, 6), 0), 2) == (found, desk.watched.times)


def test_what_seems_unchanged_is_tried_again_after_a_while(desk: Desk) -> None:
    """Trouble that no look at a file tells the end of is over some seconds later; it is not tried all the time."""
    tries: list[None] = []

    def failing() -> None:
        tries.append(None)
        if len(tries) < 3:
            raise PermissionError(13, "Permission denied", "a file")

    desk.refer()
    desk.meanwhile = failing
    assert desk.trouble().args[0] == 13
    for _ in range(100):
        desk.watched.renew()
    assert 1 == len(tries)
    for _ in range(2):
        desk.seconds += 5
        desk.watched.renew()

    assert (3, (date(2026, 7, 6), 1)) == (len(tries), desk.watched.answer)


def test_an_answer_that_costs_is_left_alone_for_a_while(desk: Desk) -> None:
    """What takes long is not made all the time, however much changes; who asks is told when to ask again."""

    def slow() -> None:
        desk.seconds += 3

    desk.meanwhile = slow
    desk.refer()
    desk.renewed()
    desk.refer()
    desk.seconds += 2
    current = desk.watched.current
    desk.now += timedelta(seconds=2)

    assert (1.0, current) == (desk.watched.renew(), desk.watched.current)
    desk.seconds += 1
    assert (0.0, (date(2026, 7, 6), 2)) == (desk.watched.renew(), desk.watched.answer)


def test_a_cache_that_is_spoilt_in_the_middle(desk: Desk) -> None:
    """A cache that turns out not to be whole is done without at once, as by every other command."""
    faults: list[Exception] = [SpoiltCacheError("spoilt")]

    def spoilt() -> None:
        if faults:
            raise faults.pop()

    desk.meanwhile = spoilt
    desk.refer()

    assert (date(2026, 7, 6), 1) == desk.renewed()


def test_what_is_no_fault_of_the_store_is_not_hidden(desk: Desk) -> None:
    """A bug is not taken for a store that cannot be read."""

    def bug() -> None:
        raise KeyError("bug")

    desk.meanwhile = bug
    desk.refer()

    with pytest.raises(KeyError, match="bug"):
        desk.watched.renew()
