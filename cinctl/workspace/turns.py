"""One turn at a log: what is judged and appended while its lock is held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cinctl.errors import UsageError
from cinctl.queries import Book
from cinctl.recording import Recorder, Verdict, draft_from
from cinctl.rules import RuleBook
from cinctl.store.cache import Cache
from cinctl.store.lines import Lines
from cinctl.store.log import Writer
from cinctl.workspace.keeping import Added, carry_on
from cinctl.workspace.settings import Settings
from cinctl.workspace.shelves import CacheShelf


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
        recorded = now_text(settings.now + timedelta(seconds=waited))
        self.recorder = Recorder(book, today=settings.day, recorded=recorded)

    @classmethod
    def begin(cls, settings: Settings, rules: RuleBook, log: tuple[Writer, Cache, Lines], *, waited: float) -> Turn:
        """Return a turn that writes to *log*, whose cache holds all that it holds."""
        writer, cache, lines = log
        book = Book(rules, None, settings.due_soon, CacheShelf(lines, cache))
        return cls(settings, book, waited=waited, writer=writer, cache=cache)

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
        self.write()
        return verdicts

    def write(self) -> None:
        """Append what is pending, and carry the cache on."""
        writer, cache, pending = self._writer, self._cache, self.recorder.pending
        if writer is None or cache is None or not pending:
            return
        staged = writer.stage(envelope for envelope, _ in pending)
        added: Sequence[Added] = [(event, place) for (_, event), (place, _) in zip(pending, staged, strict=True)]
        with cache.changing(writer.position) as may:
            if may:
                carry_on(cache, self.book, added)
            writer.commit()
            if may:
                cache.commit(writer.position, writer.state())
        pending.clear()


def now_text(now: datetime) -> str:
    """Return *now* in UTC, to the second, as the log holds it."""
    return now.astimezone(UTC).isoformat(timespec="seconds")
