"""Where a store and a protocol meet: read the log, judge steps, append what is accepted, all under one lock.

Commands know this package and nothing beneath it that writes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from cinctl.errors import ConfigError, SpoiltCacheError, StoreError, SystemRefusedError
from cinctl.store.cache import BEHIND, FRESH, Cache, CacheError, CacheLostError
from cinctl.workspace import glance
from cinctl.workspace.settings import Settings

if TYPE_CHECKING:
    from cinctl.history import Draft
    from cinctl.owed import Away, Name, Row
    from cinctl.protocol import Protocol
    from cinctl.queries import Book
    from cinctl.recording import ImportOutcome, Verdict
    from cinctl.rules import RuleBook
    from cinctl.store.lines import Lines
    from cinctl.store.log import Log, Writer
    from cinctl.workspace.turns import Turn

T = TypeVar("T")
_TRIES = 4


class Workspace:
    """One store under one protocol, as *settings* say."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.notices: list[str] = []
        """What a writer should know of the log: a torn tail set aside, a file that others can read."""
        self._thawed: dict[str, Any] | None = None
        """What a cache said of the protocol that was taken from it."""

    # The protocol

    @cached_property
    def protocol(self) -> Protocol:
        """The protocol in force. Raises ConfigError when none is chosen, ProtocolError when it does not hold."""
        return self._loaded[0]

    @cached_property
    def _loaded(self) -> tuple[Protocol, tuple[str, ...]]:
        """The protocol in force as its files say, and which files these are."""
        from pathlib import Path

        from cinctl.protocol import load_tables_with_sources, load_with_sources

        chosen = self.settings
        if chosen.config_tables is not None and chosen.config is not None:
            config = Path(chosen.config)
            return load_tables_with_sources(chosen.config_tables, file=str(config), base=config.parent)
        if chosen.protocol is None:
            raise ConfigError(f"no protocol is chosen: {_how_to_choose(chosen.config)}")
        return load_with_sources(chosen.protocol)

    def sources(self) -> tuple[str, ...]:
        """Return the files that the protocol in force is made from. Raises as `protocol` does."""
        cache = glance.believed(self.settings)
        if cache is None:
            return self._loaded[1]
        named = tuple(json.loads(cache.meta["sources"]))
        cache.close()
        return named

    @cached_property
    def rules(self) -> RuleBook:
        """The protocol, compiled."""
        return rule_book(self.protocol)

    @property
    def today(self) -> date:
        """The day that counts as today: `--today`, else the London date of the clock."""
        return self.settings.day

    # The cache

    def _believed(self) -> Cache | None:
        """Return the cache if it was made under the protocol in force. Takes the protocol from there, if need be."""
        if "protocol" not in self.__dict__:
            cache = glance.believed(self.settings)
            if cache is not None and self._thaw(cache):
                return cache
        return glance.believed(self.settings, self.protocol.hash)

    def _thaw(self, cache: Cache) -> bool:
        """Take the protocol from *cache*; returns False, the cache gone, where what it has there is not whole."""
        from cinctl.protocol.frozen import thaw
        from cinctl.rules import RuleBook

        try:
            protocol = thaw(cache.meta["frozen"])
        except (ValueError, TypeError):
            cache.spoil()
            return False
        self.__dict__["protocol"] = protocol
        self.__dict__["rules"] = RuleBook(protocol, vetted=True)
        self._thawed = {name: cache.meta[name] for name in glance.FACTS}
        return True

    def _facts(self) -> dict[str, Any]:
        """Return what a cache is to say of the protocol that it is made under."""
        if self._thawed is not None:
            return self._thawed
        from cinctl.digests import digest
        from cinctl.protocol.frozen import freeze

        protocol, calendar = self.protocol, self.rules.calendar
        sources = self._loaded[1] if "_loaded" in self.__dict__ else ()
        return {
            "maker": glance.maker(),
            "protocol": protocol.hash,
            "chosen": self.settings.chosen,
            "sources": json.dumps(sources),
            "digest": digest(sources) if sources else None,
            "frozen": freeze(protocol) if sources else None,
            "calendar": json.dumps([calendar.name, [day.isoformat() for day in calendar.closures]]),
        }

    def _current(self) -> tuple[Cache, Lines]:
        """Return a cache that holds all that the log holds, and the log's lines. Readers never wait for writers.

        Raises:
            StoreError: there is no store, or it does not hold.
        """
        from cinctl.store.lines import Lines

        log = self._log()
        for last in (False,) * _TRIES + (True,):
            try:
                cache = self._refreshed(log, in_memory=last)
            except CacheLostError:
                continue
            except StoreError:
                if os.stat(log.path).st_ino == log.inode:
                    raise
                log = self._log()
                continue
            lines = Lines(log.path)
            if lines.state().st_ino == cache.meta["inode"]:
                self.notices += log.notices
                return cache, lines
            lines.close()
            cache.close()
        raise StoreError(f"{log.path} is being replaced over and over: try again")

    def _refreshed(self, log: Log, *, in_memory: bool) -> Cache:
        cache = None if in_memory else self._believed()
        if cache is not None:
            standing, _ = cache.standing()
            if standing == FRESH or (standing == BEHIND and self._caught_up(cache, log)):
                return cache
            cache.close()
        from cinctl.workspace.keeping import rebuild

        return rebuild(log, log.survey, self.rules, self._facts(), in_memory=in_memory)

    def _caught_up(self, cache: Cache, log: Log | Writer) -> bool:
        """Bring *cache* up to the end of *log*. Returns False where somebody else is changing it."""
        from cinctl.store.lines import Lines
        from cinctl.workspace.keeping import catch_up

        with cache.changing(cache.position) as may:
            if may:
                lines = Lines(os.fspath(self.settings.store))
                try:
                    position = catch_up(cache, log, self.rules, lines)
                    return cache.commit(position, lines.state())
                except CacheError:
                    return False
                finally:
                    lines.close()
            return False

    # Reading

    def book(self, upto_today: bool = True) -> Book:
        """Return what the store holds. Raises StoreError when there is none or it does not hold."""
        from cinctl.queries import Book
        from cinctl.workspace.shelves import CacheShelf

        cache, lines = self._current()
        if upto_today and self.today.isoformat() < cache.meta["latest"]:
            cache.close()
            lines.close()
            return self.surveyed()
        until = self.today if upto_today else None
        return self._told(Book(self.rules, until, self.settings.due_soon, CacheShelf(lines, cache)))

    def surveyed(self) -> Book:
        """Return what the store holds as of today, read anew, its chain checked. Raises as `book` does."""
        from cinctl.progress import file_progress
        from cinctl.queries import Book
        from cinctl.store.lines import Lines
        from cinctl.workspace.shelves import SurveyShelf, survey_until

        log, rules = self._log(), self.rules
        with file_progress(log.path, "reading") as reach:
            survey = survey_until(self.today, reach)
            log.survey(survey)
        shelf = SurveyShelf(Lines(log.path), log.position, survey)
        book = Book(rules, self.today, self.settings.due_soon, shelf)
        book.left_out = survey.late
        self.notices += log.notices
        return self._told(book)

    def _told(self, book: Book) -> Book:
        book.notices += dict.fromkeys(self.notices)
        self.notices.clear()
        if book.left_out:
            what = "1 event" if book.left_out == 1 else f"{book.left_out} events"
            book.notices.append(f"{what} dated after {self.today.isoformat()} left out")
        return book

    def due(self) -> tuple[list[Row], list[str]]:
        """Return the rows of `due`, most overdue first, and what the reader should know of the log.

        Raises as `book` does.
        """
        told = self._told_by_cache(glance.due_rows)
        if told is not None:
            return told
        book = self.surveyed()
        return book.due(self.today), book.notices

    def due_named(self) -> tuple[list[tuple[Row, Name]], list[str]]:
        """Return the rows of `due`, each with what names its obligation for good; else what `due` returns.

        Raises as `book` does.
        """
        told = self._told_by_cache(glance.due_named)
        if told is not None:
            return told
        book = self.surveyed()
        return book.due_named(self.today), book.notices

    def due_on(self, cases: Collection[str]) -> list[Row]:
        """Return the rows of `due` that are about *cases*, where the cache alone tells them; else none."""
        told = glance.glance(self.settings, lambda cache, settings: glance.due_on(cache, settings, cases))
        return told[0] if told is not None else []

    def due_lines(self) -> tuple[tuple[list[str], bool], list[str]] | None:
        """Return the rows of `due`, each as one line of JSON, whether anything is overdue, and what `due` returns.

        None where that takes more than the cache, and `due` is to be asked. Raises as `book` does.
        """
        return self._told_by_cache(glance.due_lines)

    def away(self) -> Away:
        """Return who is away today. Raises as `book` does."""
        from cinctl.absences import away_on

        told = self._told_by_cache(lambda cache, settings: glance.away_on(cache, settings.day))
        return told[0] if told is not None else away_on(self.surveyed(), self.today)

    def _told_by_cache(self, tell: Callable[[Cache, Settings], T]) -> tuple[T, list[str]] | None:
        """Return what *tell* makes of the cache; None where that cannot tell of today."""
        found = glance.glance(self.settings, tell) if "protocol" not in self.__dict__ else None
        if found is not None:
            return found
        cache, lines = self._current()
        lines.close()
        told = glance.told(cache, self.settings, tell)
        cache.close()
        if told is None:
            return None
        notices = list(dict.fromkeys(self.notices))
        self.notices.clear()
        return told, notices

    def _log(self) -> Log:
        from cinctl.store.log import Log

        try:
            return Log.open(self.settings.store)
        except StoreError:
            # That no protocol is chosen, or that it does not hold, is to be put right first.
            _ = self.rules
            raise

    # Recording

    def record(self, drafts: Sequence[Draft], *, dry_run: bool = False, keep_going: bool = False) -> list[Verdict]:
        """Judge *drafts* in turn and append them, all or none; with *keep_going* those that are accepted.

        Returns a verdict for each. Nothing is written in a dry run.
        """

        def judged() -> list[Verdict]:
            with self.turn(dry_run) as turn:
                verdicts = [turn.recorder.step(draft) for draft in drafts]
                return turn.settle(verdicts, atomic=not keep_going)

        return _once_more(judged)

    def apply(
        self, batches: Iterable[Sequence[bytes | str]], *, atomic: bool = False, dry_run: bool = False
    ) -> Iterator[list[Verdict]]:
        """Judge a stream of JSON lines in turn; append those that are accepted, or with *atomic* all or none.

        The lines come in *batches*, each judged and appended under one lock, or in a few turns where its cases fill
        the memory; with *atomic*, or in a dry run, all are.
        Yields for each of these the verdicts, one for each line that is not blank, once what they say is on disk.
        """
        if atomic or dry_run:
            yield self._apply_as_one(batches, atomic=atomic, dry_run=dry_run)
            return
        _ = self._log()
        number, book = 0, None
        for batch in batches:
            rest = batch
            while rest:
                try:
                    taken, verdicts, book = self._apply_some(rest, number, book)
                except SpoiltCacheError:
                    taken, verdicts, book = self._apply_some(rest, number, None)
                rest, number = rest[taken:], number + taken
                yield verdicts

    def _apply_some(
        self, batch: Sequence[bytes | str], before: int, book: Book | None
    ) -> tuple[int, list[Verdict], Book]:
        """Take in one turn as many lines of *batch* as memory likes. Returns how many, and what came of them."""
        with self.turn(book=book) as turn:
            taken, verdicts = turn.some(batch, before)
            return taken, turn.settle(verdicts, atomic=False), turn.book

    def _apply_as_one(self, batches: Iterable[Sequence[bytes | str]], *, atomic: bool, dry_run: bool) -> list[Verdict]:
        verdicts: list[Verdict] = []
        with self.turn(dry_run) as turn:
            number = 0
            for batch in batches:
                verdicts += turn.lines(batch, number)
                number += len(batch)
            return turn.settle(verdicts, atomic=atomic)

    def bring_in(self, about: Mapping[str, Any], steps: Iterable[tuple[Draft, Mapping[str, str]]]) -> ImportOutcome:
        """Record imported history as it is. *about* is the `import` event's data; each draft comes with references.

        The drafts come case by case, a case's referral first. A reference names, for a field, the key of another event
        of the case, whose `seq` belongs there. A draft whose key is in the log already is left out. All or nothing.
        """
        with self.turn() as turn:
            outcome = turn.bring_in(about, steps)
        with suppress(StoreError, SystemRefusedError):  # what is amiss, the next command tells
            cache, lines = self._current()
            lines.close()
            cache.close()
        return outcome

    @contextmanager
    def turn(self, dry_run: bool = False, book: Book | None = None) -> Iterator[Turn]:
        """Hold the log's lock from reading to appending: two steps on one case cannot both win.

        *book* is that of an earlier turn; what it has read is used where nobody else has written since.
        """
        from cinctl.workspace.turns import Turn

        if dry_run:
            yield Turn(self.settings, self.book(upto_today=False), waited=0.0)
            return
        log = self._log()
        asked = monotonic()
        try:
            with log.writing(self.settings.lock_timeout) as writer:
                waited = monotonic() - asked
                cache, lines = self._for_writing(log, writer)
                try:
                    yield Turn.begin(self.settings, self.rules, (writer, cache, lines), waited=waited, book=book)
                finally:
                    lines.close()
                    cache.close()
        finally:
            self.notices += log.notices

    def _for_writing(self, log: Log, writer: Writer) -> tuple[Cache, Lines]:
        """Return a cache that holds all that the log holds, which nobody else can append to."""
        from cinctl.store.lines import Lines
        from cinctl.workspace.keeping import rebuild

        cache = self._believed()
        standing = cache.standing()[0] if cache is not None else None
        if cache is not None and standing == FRESH:
            writer.stand_at(cache.position)
        elif cache is None or standing != BEHIND or not self._caught_up(cache, writer):
            if cache is not None:
                cache.close()
            try:
                cache = rebuild(log, writer.survey, self.rules, self._facts())
            except CacheLostError:
                # Somebody with another protocol put theirs in its place at the same moment.
                cache = rebuild(log, writer.survey, self.rules, self._facts(), in_memory=True)
        return cache, Lines(log.path, writer.staged_line)


def _how_to_choose(config: str | os.PathLike[str] | None) -> str:
    """Return why none is, and what to do: who is in the wrong folder had better not begin a new store there."""
    listed = "say --protocol ID (see 'cinctl protocol list')"
    if config:
        return f"{config} names none, and neither does CINCTL_PROTOCOL: {listed}"
    here = "there is no cinctl.toml in this folder or above it. Go to the folder of your cases, or"
    return f"{here} {listed}; 'cinctl init --protocol ID' begins a new store here"


def _once_more(work: Callable[[], T]) -> T:
    """Do *work*, all of which or nothing comes to pass; once more where its cache turned out not to be whole."""
    try:
        return work()
    except SpoiltCacheError:
        return work()


def rule_book(protocol: Protocol) -> RuleBook:
    """Return *protocol* compiled; once for each that was loaded, however many workspaces hold to it."""
    from cinctl.rules import RuleBook

    found = _compiled.get(protocol.hash)
    if found is None or found.protocol is not protocol:
        found = _compiled[protocol.hash] = RuleBook(protocol)
    return found


_compiled: dict[str, RuleBook] = {}
