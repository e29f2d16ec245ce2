"""Where a store and a protocol meet: read the log, judge steps, append what is accepted, all under one lock.

Commands know this module and nothing beneath it that writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cinctl.calendar import Duration, london_date
from cinctl.casebook import Casebook
from cinctl.drafting import event_from
from cinctl.errors import CalendarError, ConfigError, UsageError, did_you_mean
from cinctl.gates import Finding
from cinctl.history import Draft, Event
from cinctl.rules import RuleBook

if TYPE_CHECKING:
    from cinctl.protocol import Protocol
    from cinctl.queries import Row
    from cinctl.store.log import Log, Writer

_LINE_KEYS = ("kind", "case", "at", "by", "key", "data")


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


@attrs.frozen(kw_only=True)
class Verdict:
    """What came of one step. *event* is its envelope, as written or as it would be; *error*: why it means nothing."""

    accepted: bool
    event: dict[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    error: str | None = None
    line: int | None = None
    case: str | None = None
    known: bool = False

    @property
    def refusals(self) -> list[str]:
        """One line for each rule that refuses the step."""
        return [f.line("refused by") for f in self.findings if f.denies]

    @property
    def warnings(self) -> list[str]:
        """One line for each finding that does not refuse it."""
        return [f.line("waived" if f.waived else "finding") for f in self.findings if not f.denies]


@attrs.frozen(kw_only=True)
class ImportOutcome:
    """What an import added: how many events and cases, and how many were there already.

    *conflicts* are cases that something else opened under the same id; nothing was added to them.
    """

    events: int
    cases: int
    already: int
    conflicts: tuple[str, ...] = ()


class Book(Casebook):
    """A casebook that answers questions as of one day."""

    def __init__(self, rules: RuleBook, until: date | None, due_soon: str) -> None:
        super().__init__(rules, until)
        self._due_soon = Duration.parse(due_soon)

    def _soon(self, today: date) -> date:
        return self._due_soon.after(today, self.rules.calendar)

    def case_row(self, id_: str) -> Row:
        """Return case *id_* as `list` and `show` print it. Raises UsageError for an unknown id."""
        from cinctl.queries import case_row

        return case_row(self, id_)

    def due_rows(self, today: date) -> list[Row]:
        """Return what runs on *today*, most overdue first."""
        from cinctl.queries import due_rows

        return due_rows(self, today, self._soon(today))

    def history_rows(self, id_: str) -> list[Row]:
        """Return every event of case *id_*. Raises UsageError for an unknown id."""
        from cinctl.queries import history_rows

        return history_rows(self, id_)

    def next_rows(self, id_: str, today: date) -> list[Row]:
        """Return what can be done to case *id_* today, and what would be refused. Raises UsageError."""
        from cinctl.queries import next_rows

        return next_rows(self, id_, today)

    def caseload_rows(self, today: date) -> list[Row]:
        """Return how many open cases each practitioner leads, and what is overdue on them."""
        from cinctl.queries import caseload_rows

        return caseload_rows(self, today, self._soon(today))

    def staff_rows(self, today: date) -> list[Row]:
        """Return the staff register as of *today*."""
        from cinctl.queries import staff_rows

        return staff_rows(self, today)

    def staff_row(self, id_: str, today: date) -> Row:
        """Return practitioner *id_* as of *today*. Raises UsageError for an unknown id."""
        from cinctl.queries import staff_row

        return staff_row(self, id_, today)


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
        with self._recorder(dry_run) as recorder:
            verdicts = [recorder.step(draft) for draft in drafts]
            if keep_going or all(v.accepted for v in verdicts):
                recorder.write()
            else:
                verdicts = [attrs.evolve(v, accepted=False) for v in verdicts]
        self.notices += recorder.notices
        return verdicts

    def apply(self, lines: Iterable[bytes | str], *, atomic: bool = False, dry_run: bool = False) -> Iterator[Verdict]:
        """Judge a stream of JSON lines in turn; append those that are accepted, or with *atomic* all or none.

        Yields a verdict for each line that is not blank, once what it says is on disk.
        """
        # All is read before the lock is taken: a slow pipe must not keep others from writing.
        numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        with self._recorder(dry_run) as recorder:
            verdicts = [recorder.line(number, line) for number, line in numbered]
            if not atomic or all(v.accepted for v in verdicts):
                recorder.write()
            else:
                verdicts = [attrs.evolve(v, accepted=False) if v.accepted else v for v in verdicts]
        self.notices += recorder.notices
        yield from verdicts

    def bring_in(self, about: Mapping[str, Any], drafts: Sequence[tuple[Draft, Mapping[str, str]]]) -> ImportOutcome:
        """Record imported history as it is. *about* is the `import` event's data; each draft comes with references.

        A reference names, for a field, the key of another draft whose `seq` belongs there. A draft whose key is in the
        log already is left out.
        """
        with self._recorder(False) as recorder:
            outcome = recorder.bring_in(about, drafts)
            recorder.write()
        self.notices += recorder.notices
        return outcome

    def _recorder(self, dry_run: bool) -> Recorder:
        return Recorder(self, dry_run)


class Recorder:
    """One turn at the log, its lock held from reading to appending: two steps on one case cannot both win."""

    def __init__(self, workspace: Workspace, dry_run: bool) -> None:
        self._workspace = workspace
        self._dry_run = dry_run
        self._pending: list[dict[str, Any]] = []
        self._recorded = now_text(workspace.settings.now)

    def __enter__(self) -> Recorder:
        rules = self._workspace.rules
        self._log = self._workspace._log()
        self._book = Book(rules, None, self._workspace.settings.due_soon)
        self._writer: Writer | None = None
        if self._dry_run:
            self._book.load(self._log.read())
            return self
        self._lock = self._log.writing(self._workspace.settings.lock_timeout)
        self._writer = self._lock.__enter__()
        try:
            self._book.load(self._writer.read())
        except BaseException as error:
            self._lock.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(self, *error: Any) -> None:
        if self._writer is not None:
            self._lock.__exit__(*error)

    @property
    def notices(self) -> list[str]:
        """What the user should know of the log."""
        return self._log.notices

    def write(self) -> None:
        """Append what was accepted so far; on return it is on disk."""
        if self._writer is not None and self._pending:
            self._writer.append(self._pending)
        self._pending = []

    def step(self, draft: Draft, line: int | None = None) -> Verdict:
        """Judge one step and take it into the book if it is accepted."""
        try:
            return self._step(draft, line)
        except UsageError as fault:
            return Verdict(accepted=False, error=str(fault), line=line, case=draft.case)
        except CalendarError as fault:
            # One line of many is told of its fault; a command of its own leaves with the calendar's exit code.
            if line is None:
                raise
            return Verdict(accepted=False, error=str(fault), line=line, case=draft.case)

    def _step(self, draft: Draft, line: int | None) -> Verdict:
        book = self._book
        if draft.key is not None and draft.key in book.keys:
            found = book.find(book.keys[draft.key])
            return Verdict(
                accepted=True, event=_envelope(found, found.recorded), line=line, case=found.case, known=True
            )
        event = event_from(book, draft, today=self._workspace.today)
        judgement = book.judge(event)
        if not judgement.accepted:
            return Verdict(accepted=False, event=None, findings=judgement.findings, line=line, case=event.case)
        late = self._take(event)
        envelope = self._append(event)
        return Verdict(accepted=True, event=envelope, findings=(*judgement.findings, *late), line=line, case=event.case)

    def _append(self, event: Event) -> dict[str, Any]:
        envelope = _envelope(event, self._recorded)
        self._pending.append({k: v for k, v in envelope.items() if k != "seq"})
        return envelope

    def _take(self, event: Event) -> list[Finding]:
        """Take *event* into the book. Returns what it finished late, or for a step out of order what it now shows."""
        try:
            if event.base in ("staff", "correct") or not self._in_order(event):
                return self._take_back_dated(event)
            return self._take_next(event)
        except CalendarError:
            self._book.untake(event)
            raise

    def _in_order(self, event: Event) -> bool:
        track = self._book.tracks.get(event.case) if event.case is not None else None
        return track is None or track.last_place is None or event.place() > track.last_place

    def _take_next(self, event: Event) -> list[Finding]:
        book = self._book
        known = event.case is not None and event.case in book.tracks
        before = set(book.folded(event.case)[1].finished) if known and event.case is not None else set()
        book.take(event)
        after = book.folded(event.case)[1].finished if event.case is not None else []
        return book.finished_late(event.case, (o for o in after if o not in before), self._workspace.today)

    def _take_back_dated(self, event: Event) -> list[Finding]:
        """Take in what may change how earlier steps are seen, and return the findings that it brings to light."""
        cases = self._seen_otherwise(event)
        known = {_mark(f) for f in self._findings(cases)}
        self._book.take(event)
        fresh = (f for f in self._findings(cases) if _mark(f) not in known)
        return [f for f in fresh if f.hindsight or f.due is not None]

    def _seen_otherwise(self, event: Event) -> list[str]:
        """Return the cases that *event* may show in another light: its own, or those that name its practitioner."""
        book = self._book
        if event.case is not None:
            return [event.case]
        person = event.get("staff") if event.base == "staff" else book.register.owner(event.get("of"))
        since = event.on if event.base == "staff" else date.min
        return [id_ for id_, track in book.tracks.items() if track.names(person, since)] if person else []

    def _findings(self, cases: Iterable[str]) -> list[Finding]:
        from cinctl.conformance import case_findings

        return [f for case in cases for f in case_findings(self._book, case, self._workspace.today)]

    def line(self, number: int, line: bytes | str) -> Verdict:
        """Judge one JSON line as `apply` takes it."""
        try:
            draft = _draft(line, number, self._workspace)
        except UsageError as fault:
            return Verdict(accepted=False, error=str(fault), line=number)
        return self.step(draft, number)

    def bring_in(self, about: Mapping[str, Any], drafts: Sequence[tuple[Draft, Mapping[str, str]]]) -> ImportOutcome:
        """Take in imported history, unjudged, each event once."""
        book = self._book
        foreign = {d.case for d, _ in drafts if d.kind == "refer" and d.case in book.tracks and d.key not in book.keys}
        mine = [(d, refs) for d, refs in drafts if d.case not in foreign]
        new = [(d, refs) for d, refs in mine if d.key is None or d.key not in book.keys]
        already = len(mine) - len(new)
        conflicts = tuple(sorted(case for case in foreign if case is not None))
        if not new:
            return ImportOutcome(events=0, cases=0, already=already, conflicts=conflicts)
        cases = {d.case for d, _ in new} - set(book.tracks)
        at = self._workspace.today.isoformat()
        self._bring(Event(seq=book.length + 1, kind="import", case=None, at=at, by=None, data=dict(about), under=None))
        for draft, refs in new:
            data = dict(draft.data)
            for field, key in refs.items():
                if key in book.keys:
                    data[field] = book.keys[key]
            self._bring(
                Event(
                    seq=book.length + 1,
                    kind=draft.kind,
                    case=draft.case,
                    at=draft.at,
                    by=None,
                    data=data,
                    under=None,
                    key=draft.key,
                )
            )
        return ImportOutcome(events=len(new), cases=len(cases), already=already, conflicts=conflicts)

    def _bring(self, event: Event) -> None:
        self._book.take(event)
        self._append(event)


def rule_book(protocol: Protocol) -> RuleBook:
    """Return *protocol* compiled; once for each content in one process."""
    found = _compiled.get(protocol.hash)
    if found is None or found.protocol is not protocol:
        found = _compiled[protocol.hash] = RuleBook(protocol)
    return found


_compiled: dict[str, RuleBook] = {}


def now_text(now: datetime) -> str:
    """Return *now* in UTC, to the second, as the log holds it."""
    return now.astimezone(UTC).isoformat(timespec="seconds")


def _mark(finding: Finding) -> tuple[str, int | None, str]:
    return (finding.rule, finding.seq, finding.fingerprint)


def _envelope(event: Event, recorded: str) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "seq": event.seq,
        "kind": event.kind,
        "case": event.case,
        "at": event.at,
        "recorded": recorded,
        "by": event.by,
        "under": event.under,
    }
    if event.key is not None:
        envelope["key"] = event.key
    envelope["data"] = event.data
    return envelope


def _draft(line: bytes | str, number: int, workspace: Workspace) -> Draft:
    try:
        found = json.loads(line)
    except (ValueError, UnicodeDecodeError, RecursionError) as fault:
        raise UsageError(f"not a JSON line: {fault}") from None
    if not isinstance(found, dict):
        raise UsageError("not a JSON object")
    for key in found:
        if key not in _LINE_KEYS:
            raise UsageError(f"unexpected key '{key}'.{did_you_mean(key, _LINE_KEYS)}")
    for key in ("kind", "case", "at", "by", "key"):
        if found.get(key) is not None and not isinstance(found[key], str):
            raise UsageError(f"'{key}' must be text")
    settings = workspace.settings
    at = found.get("at") or (settings.today.isoformat() if settings.today else now_text(settings.now))
    data = {} if found.get("data") is None else found["data"]
    if not isinstance(data, dict):
        raise UsageError("'data' must be an object")
    return Draft(
        kind=found.get("kind") or "",
        case=found.get("case"),
        at=at,
        by=found.get("by") or settings.actor,
        data=data,
        key=found.get("key"),
        line=number,
    )
