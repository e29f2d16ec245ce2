"""Where a store and a protocol meet: read the log, judge steps, append what is accepted, all under one lock.

Commands know this module and nothing beneath it that writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import attrs

from cinctl.calendar import london_date
from cinctl.errors import ConfigError, UsageError
from cinctl.history import Draft
from cinctl.queries import Book
from cinctl.recording import ImportOutcome, Recorder, Verdict, draft_from
from cinctl.rules import RuleBook

if TYPE_CHECKING:
    from cinctl.protocol import Protocol
    from cinctl.store.log import Log, Writer

__all__ = ["Book", "ImportOutcome", "Settings", "Verdict", "Workspace", "now_text", "rule_book"]


@attrs.frozen(kw_only=True)
class Settings:
    """What flags, environment and config add up to. *now* is an aware date-time; *today* overrides its date."""

    store: Path
    protocol: str | None = None
    config: Path | None = None
    config_tables: dict[str, Any] | None = None
    actor: str | None = None
    today: date | None = None
    now: datetime
    lock_timeout: float = 30.0
    due_soon: str = "0 days"


class Workspace:
    """One store under one protocol, as *settings* say."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.notices: list[str] = []
        """What a writer should know of the log: a torn tail set aside, a file that others can read."""

    @cached_property
    def protocol(self) -> Protocol:
        """The protocol in force. Raises ConfigError when none is chosen, ProtocolError when it does not hold."""
        from cinctl.protocol import load, load_tables

        chosen = self.settings
        if chosen.config_tables is not None and chosen.config is not None:
            return load_tables(chosen.config_tables, file=str(chosen.config), base=chosen.config.parent)
        if chosen.protocol is None:
            raise ConfigError(
                "no protocol is chosen: say --protocol ID, set CINCTL_PROTOCOL, or run 'cinctl init --protocol ID' "
                "(see 'cinctl protocol list')"
            )
        return load(chosen.protocol)

    @cached_property
    def rules(self) -> RuleBook:
        """The protocol, compiled."""
        return rule_book(self.protocol)

    @property
    def today(self) -> date:
        """The day that counts as today: `--today`, else the London date of the clock."""
        return self.settings.today or london_date(self.settings.now.isoformat())

    # Reading

    def book(self, upto_today: bool = True) -> Book:
        """Read the whole store. Raises StoreError when there is none or it does not hold."""
        rules = self.rules
        log = self._log()
        book = Book(rules, self.today if upto_today else None, self.settings.due_soon)
        book.load(log.read())
        return self._finish(book, log)

    def _finish(self, book: Book, log: Log) -> Book:
        book.head, book.length = log.head, log.length
        book.notices += log.notices
        if book.left_out:
            what = "1 event" if book.left_out == 1 else f"{book.left_out} events"
            book.notices.append(f"{what} dated after {self.today.isoformat()} left out")
        return book

    def _log(self) -> Log:
        from cinctl.store.log import Log

        return Log.open(self.settings.store)

    # Recording

    def record(self, drafts: Sequence[Draft], *, dry_run: bool = False, keep_going: bool = False) -> list[Verdict]:
        """Judge *drafts* in turn and append them, all or none; with *keep_going* those that are accepted.

        Returns a verdict for each. Nothing is written in a dry run.
        """
        with self._turn(dry_run) as (recorder, writer):
            verdicts = [recorder.step(draft) for draft in drafts]
            return _settle(verdicts, recorder, writer, atomic=not keep_going)

    def apply(self, lines: Iterable[bytes | str], *, atomic: bool = False, dry_run: bool = False) -> Iterator[Verdict]:
        """Judge a stream of JSON lines in turn; append those that are accepted, or with *atomic* all or none.

        Yields a verdict for each line that is not blank, once what it says is on disk.
        """
        # All is read before the lock is taken: a slow pipe must not keep others from writing.
        numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        with self._turn(dry_run) as (recorder, writer):
            verdicts = _settle([self._line(recorder, *one) for one in numbered], recorder, writer, atomic=atomic)
        yield from verdicts

    def _line(self, recorder: Recorder, number: int, line: bytes | str) -> Verdict:
        settings = self.settings
        at = settings.today.isoformat() if settings.today else now_text(settings.now)
        try:
            draft = draft_from(line, number, at=at, by=settings.actor)
        except UsageError as fault:
            return Verdict(accepted=False, error=str(fault), line=number)
        return recorder.step(draft, number)

    def bring_in(self, about: Mapping[str, Any], drafts: Sequence[tuple[Draft, Mapping[str, str]]]) -> ImportOutcome:
        """Record imported history as it is. *about* is the `import` event's data; each draft comes with references.

        A reference names, for a field, the key of another draft whose `seq` belongs there. A draft whose key is in the
        log already is left out.
        """
        with self._turn(dry_run=False) as (recorder, writer):
            outcome = recorder.bring_in(about, drafts)
            _append(recorder, writer, known=outcome.already > 0)
        return outcome

    def _recorder(self, book: Book, *, waited: float) -> Recorder:
        """Return a recorder whose lines are written down now: seconds *waited* for the lock have passed meanwhile."""
        recorded = now_text(self.settings.now + timedelta(seconds=waited))
        return Recorder(book, today=self.today, recorded=recorded)

    @contextmanager
    def _turn(self, dry_run: bool) -> Iterator[tuple[Recorder, Writer | None]]:
        """Hold the log's lock from reading to appending: two steps on one case cannot both win."""
        rules, log = self.rules, self._log()
        book = Book(rules, None, self.settings.due_soon)
        asked = monotonic()
        try:
            if dry_run:
                book.load(log.read())
                yield self._recorder(book, waited=0.0), None
            else:
                with log.writing(self.settings.lock_timeout) as writer:
                    recorder = self._recorder(book, waited=monotonic() - asked)
                    book.load(writer.read())
                    yield recorder, writer
        finally:
            self.notices += log.notices


def _settle(verdicts: list[Verdict], recorder: Recorder, writer: Writer | None, *, atomic: bool) -> list[Verdict]:
    """Append what was accepted; with *atomic* only if all was, and else nothing counts as accepted."""
    if atomic and not all(v.accepted for v in verdicts):
        return [attrs.evolve(v, accepted=False) for v in verdicts]
    _append(recorder, writer, known=any(v.known for v in verdicts))
    return verdicts


def _append(recorder: Recorder, writer: Writer | None, *, known: bool) -> None:
    """Append what is pending. What is *known* to be there already is acknowledged anew, so it too must be on disk."""
    if writer is None:
        return
    if recorder.pending:
        writer.append(recorder.pending)
    elif known:
        writer.confirm()


def rule_book(protocol: Protocol) -> RuleBook:
    """Return *protocol* compiled; once for each that was loaded, however many workspaces hold to it."""
    found = _compiled.get(protocol.hash)
    if found is None or found.protocol is not protocol:
        found = _compiled[protocol.hash] = RuleBook(protocol)
    return found


_compiled: dict[str, RuleBook] = {}


def now_text(now: datetime) -> str:
    """Return *now* in UTC, to the second, as the log holds it."""
    return now.astimezone(UTC).isoformat(timespec="seconds")
