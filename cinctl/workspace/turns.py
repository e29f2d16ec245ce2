"""One turn at a log: what is judged and appended while its lock is held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cinctl.errors import UsageError
from cinctl.queries import Book
from cinctl.recording import ImportOutcome, Recorder, Verdict, draft_from
from cinctl.rules import RuleBook
from cinctl.store.cache import Cache, CacheError
from cinctl.store.lines import Lines
from cinctl.store.log import Writer
from cinctl.workspace.keeping import Added, carry_on, catch_up
from cinctl.workspace.settings import Settings
from cinctl.workspace.shelves import CacheShelf

if TYPE_CHECKING:
    from cinctl.store.redact import Redacted
    from cinctl.workspace.importing import Step

_MOST_EVENTS = 40_000
"""So many events a book holds between two turns; the rest can be fetched again."""
_MOST_ANEW = 1_000_000
"""So many lines a log may have for its cache to be made anew after an import."""
_MOST_FETCHED = 20_000
"""So many it may fetch in one turn of many lines."""


class Turn:
    """Steps into a book, one after the other. Without a *writer* nothing is written.

    Lines are written down now: seconds *waited* for the lock have passed since the settings were made.
    """

    def __init__(
        self, settings: Settings, book: Book, *, waited: float, writer: Writer | None = None, cache: Cache | None = None
    ) -> None:
        self.settings = settings
        self.book = book
        self._writer = writer
        self._cache = cache
        self.recorded = now_text(settings.now + timedelta(seconds=waited))
        """When lines of this turn are written down, as the log holds it."""
        self.recorder = Recorder(book, today=settings.day, recorded=self.recorded)

    @classmethod
    def begin(
        cls,
        settings: Settings,
        rules: RuleBook,
        log: tuple[Writer, Cache, Lines],
        *,
        waited: float,
        book: Book | None = None,
    ) -> Turn:
        """Return a turn that writes to *log*, whose cache holds all that it holds. *book* may have read some of it."""
        writer, cache, lines = log
        shelf = CacheShelf(lines, cache)
        if book is None or (book.length, book.head) != (shelf.length, shelf.head):
            book = Book(rules, None, settings.due_soon, shelf)
        else:
            book.move_to(shelf)
        return cls(settings, book, waited=waited, writer=writer, cache=cache)

    def lines(self, batch: Sequence[bytes | str], before: int) -> Iterator[Verdict]:
        """Judge each line of *batch* that is not blank; *before* it came so many others."""
        return (self.line(number, line) for number, line in enumerate(batch, before + 1) if line.strip())

    def some(self, batch: Sequence[bytes | str], before: int) -> tuple[int, list[Verdict]]:
        """Judge lines as `lines` does, until their cases fill the memory. Returns how many, and what came of them."""
        verdicts: list[Verdict] = []
        for taken, line in enumerate(batch, 1):
            if line.strip():
                verdicts.append(self.line(before + taken, line))
            if self.book.fetched > _MOST_FETCHED:
                return taken, verdicts
        return len(batch), verdicts

    def line(self, number: int, line: bytes | str) -> Verdict:
        """Judge what a JSON line, the one with that *number*, asks for."""
        settings = self.settings
        at = settings.today.isoformat() if settings.today else now_text(settings.now)
        try:
            draft = draft_from(line, number, at=at, by=settings.actor)
        except UsageError as fault:
            return Verdict(accepted=False, error=str(fault), line=number)
        return self.recorder.step(draft, number)

    def settle(self, verdicts: list[Verdict], *, atomic: bool) -> list[Verdict]:
        """Write what was accepted; with *atomic* only if all was, and else nothing counts as accepted."""
        if atomic and not all(v.accepted for v in verdicts):
            return [v.undone() for v in verdicts]
        self.write(known=any(v.known for v in verdicts))
        return verdicts

    def write(self, *, known: bool = False) -> None:
        """Append what is pending, and carry the cache on.

        What is *known* to be there already is acknowledged anew, so it too must be on disk.
        """
        writer, cache, pending = self._writer, self._cache, self.recorder.pending
        if writer is None or cache is None:
            return
        if not pending:
            if known:
                writer.confirm()
            self.book.shrink(_MOST_EVENTS)
            return
        staged = writer.stage(envelope for envelope, _ in pending)
        added: Sequence[Added] = [(event, place) for (_, event), (place, _) in zip(pending, staged, strict=True)]
        with cache.changing(writer.position) as may:
            kept = may and _kept(lambda: carry_on(cache, self.book, added))
            writer.commit()
            kept = kept and cache.commit(writer.position, writer.state())
        pending.clear()
        if kept:
            self.book.shelved(writer.position.head)
            self.book.shrink(_MOST_EVENTS)

    def redact(self, seqs: Collection[int], envelopes: Sequence[Mapping[str, Any]]) -> Redacted:
        """Take the payloads of lines *seqs* out of the log and append *envelopes*: both, or neither."""
        assert self._writer is not None
        return self._writer.redact(seqs, envelopes)

    def bring_in(self, about: Mapping[str, Any], steps: Iterable[Step]) -> ImportOutcome:
        """Append what is new in *steps*, unjudged; *about* says where it comes from."""
        from cinctl.workspace.importing import Importer

        writer, cache = self._writer, self._cache
        assert writer is not None
        assert cache is not None
        importer = Importer(self.book, about, today=self.settings.day, recorded=self.recorded)
        for envelope in importer.envelopes(steps):
            writer.stage((envelope,))
        before = writer.position
        writer.commit()
        if 2 * before.length < writer.position.length <= _MOST_ANEW:
            # Making it anew reads each case once, but holds where each line is; carrying it on takes longer.
            cache.spoil()
        elif writer.position != before:
            with cache.changing(before) as may:
                if may:
                    rules, lines = self.book.rules, Lines(writer.path)
                    _kept(lambda: cache.commit(catch_up(cache, writer, rules, lines), writer.state()))
        elif importer.outcome().already:
            writer.confirm()
        return importer.outcome()


def _kept(change: Callable[[], object]) -> bool:
    """Make a *change* to a cache; False where that cannot be: a step is recorded all the same."""
    try:
        change()
    except CacheError:
        return False
    return True


def now_text(now: datetime) -> str:
    """Return *now* in UTC, to the second, as the log holds it."""
    return now.astimezone(UTC).isoformat(timespec="seconds")
