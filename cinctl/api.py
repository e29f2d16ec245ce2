"""The library: a store under a protocol, for those who write Python. Commands and it work on the same workspace.

Every method reads or writes the log as a command would, each under its own lock and as of its own moment, so a `Store`
may be kept for as long as a program runs. What goes wrong is raised as a class of `cinctl.errors`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from cinctl.errors import RefusedError, UsageError
from cinctl.protocol import Protocol
from cinctl.results import Audit, CaseRecord, Obligation, RecordedEvent, Verdict, Verification
from cinctl.workspace import Settings, Workspace

if TYPE_CHECKING:
    from cinctl.queries import Book
    from cinctl.recording import Verdict as Judged

__all__ = ["Store"]

_BATCH = 1000


class Store:
    """A log of cases under one protocol. Made by `open` and `create`."""

    def __init__(self, settings: Settings, protocol: Protocol | None = None) -> None:
        self._settings = settings
        self._protocol = protocol
        self.notices: list[str] = []
        """What commands would have said of the log on stderr: a torn line left out, a file that others can read."""

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        protocol: str | os.PathLike[str] | Protocol,
        today: date | None = None,
        actor: str | None = None,
        lock_timeout: float = 30.0,
        due_soon: str = "0 days",
    ) -> Store:
        """Return the store at *path*, held to *protocol*: the id of a bundled one, a TOML file, or one that was loaded.

        *today* is taken for today's date, the London date of the clock where it is left out; *actor* is who acts where
        a step does not say. No config and no environment variable counts.

        Raises:
            StoreError: there is no store, or it is no log of cinctl's.
            ProtocolError: the protocol does not hold.
            SystemRefusedError: it cannot be read.
        """
        from cinctl.store.log import Log

        loaded = protocol if isinstance(protocol, Protocol) else None
        settings = Settings(
            store=os.path.abspath(path),
            now=datetime.now(UTC),
            protocol=None if isinstance(protocol, Protocol) else os.fspath(protocol),
            actor=actor,
            today=today,
            lock_timeout=lock_timeout,
            due_soon=due_soon,
        )
        made = cls(settings, loaded)
        _ = made.protocol
        Log.open(settings.store)
        return made

    @classmethod
    def create(cls, path: str | os.PathLike[str], *, protocol: str | os.PathLike[str] | Protocol, **more: Any) -> Store:
        """Make an empty store at *path*, private to its owner, and return it as `open` does.

        Raises what `open` does, and UsageError when something is there that is no empty file.
        """
        from cinctl.store.log import Log

        if not isinstance(protocol, Protocol):
            Protocol.load(protocol)  # one that does not load leaves no store behind
        Log.create(os.path.abspath(path))
        return cls.open(path, protocol=protocol, **more)

    @property
    def path(self) -> str:
        """Where the log is."""
        return os.fspath(self._settings.store)

    @property
    def protocol(self) -> Protocol:
        """The protocol that the store is held to."""
        return self._workspace().protocol

    # Reading

    def due(self) -> list[Obligation]:
        """Return what is due today, most overdue first."""
        workspace = self._workspace()
        rows, notices = workspace.due()
        self._note(notices)
        return [Obligation(*row) for row in rows]

    def cases(self) -> list[CaseRecord]:
        """Return every case as it stands."""
        return [CaseRecord(**row) for row in self._book(self._workspace()).case_rows()]

    def case(self, id_: str) -> CaseRecord:
        """Return case *id_* as it stands. Raises UsageError when there is none."""
        book = self._book(self._workspace())
        book.require_case(id_)
        return CaseRecord(**book.case_row(id_))

    def history(self, id_: str, *, characteristics: bool = False) -> list[RecordedEvent]:
        """Return every event of case *id_*, in the order of the log. Raises UsageError when there is no such case.

        What `child` events recorded of the child is left out, unless *characteristics* asks for it.
        """
        from cinctl.queries import without_characteristics

        book = self._book(self._workspace(), upto_today=False)
        book.require_case(id_)
        rows = book.history_rows(id_)
        return [RecordedEvent(**row) for row in (rows if characteristics else without_characteristics(rows))]

    def audit(
        self, cases: Iterable[str] | None = None, *, since: date | None = None, until: date | None = None
    ) -> Audit:
        """Judge the history of *cases*, or of all and of the staff and the service, as of today.

        *since* and *until* keep the findings whose event, or for what never came whose due date, lies between them.
        Raises UsageError when there is no such case.
        """
        from cinctl.workspace.auditing import audit_store

        workspace = self._workspace()
        made = audit_store(workspace, None if cases is None else list(cases), since=since, until=until)
        self._note(made.book.notices)
        told = made.header()
        return Audit(
            today=told["today"],
            protocol=told["protocol"]["id"],
            protocol_hash=told["protocol"]["hash"],
            head=told["store"]["head"],
            length=told["store"]["length"],
            cases=told["counts"]["cases"],
            events=told["counts"]["events"],
            not_judged=told["counts"]["not_judged"],
            findings=tuple(made.findings),
        )

    def verify(self) -> Verification:
        """Walk the chain of the log and return how far it holds."""
        from cinctl.store.verify import verify

        found = verify(self.path)
        fault, torn = found.fault, found.torn
        return Verification(
            ok=found.ok,
            lines=found.lines,
            head=found.head,
            torn=torn.length if torn else None,
            fault_line=fault.line if fault else None,
            fault=fault.reason if fault else None,
        )

    # Recording

    def record(
        self,
        kind: str,
        case: str | None = None,
        data: Mapping[str, Any] | None = None,
        *,
        at: date | str | None = None,
        by: str | None = None,
        key: str | None = None,
    ) -> Verdict:
        """Record one step; it is on disk when this returns.

        *kind* and *data* are as docs/events.md has them: `visit`, `assess.start`. *at* is when it happened, now where
        it is left out: a date, a date-time with its offset, or the text of either. *key* makes a repeated step count as
        done. `refer` without a *case* opens one under the next id.

        Raises:
            RefusedError: the protocol forbids it; nothing was written.
            UsageError: it means nothing as it stands; nothing was written.
            StoreError, SystemRefusedError: the log does not hold, or the system said no.
        """
        verdict = self._step(kind, case, data, at, by, key, dry_run=False)
        if not verdict.accepted:
            raise RefusedError(verdict.refusals, verdict.findings)
        return verdict

    def judge(
        self,
        kind: str,
        case: str | None = None,
        data: Mapping[str, Any] | None = None,
        *,
        at: date | str | None = None,
        by: str | None = None,
        key: str | None = None,
    ) -> Verdict:
        """Return what would come of a step, and write nothing. Raises UsageError when it means nothing as it stands."""
        return self._step(kind, case, data, at, by, key, dry_run=True)._replace(seq=None)

    def apply(self, events: Iterable[Mapping[str, Any]], *, atomic: bool = False) -> list[Verdict]:
        """Record many events: of each its `kind`, and `case`, `at`, `by`, `key` and `data` as far as it has any.

        Returns a verdict for each, in order: also for what was refused, or means nothing (*error*). They are on disk
        then. With *atomic* all are recorded or none; else they are written a thousand at a time, and what is raised in
        between leaves those before it recorded: under a `key` each, the same events can be given again.

        Raises:
            UsageError: one of them holds what JSON cannot; nothing was written.
            StoreError, SystemRefusedError: the log does not hold, or the system said no.
        """
        workspace = self._workspace()
        lines = [_line(event) for event in events]
        batches = (lines[n : n + _BATCH] for n in range(0, len(lines), _BATCH))
        told = [_verdict(one) for verdicts in workspace.apply(batches, atomic=atomic) for one in verdicts]
        self._note(workspace.notices)
        return told

    def _step(
        self,
        kind: str,
        case: str | None,
        data: Mapping[str, Any] | None,
        at: date | str | None,
        by: str | None,
        key: str | None,
        *,
        dry_run: bool,
    ) -> Verdict:
        from cinctl.recording import draft_from
        from cinctl.workspace import now_text

        workspace = self._workspace()
        settings = workspace.settings
        line = _line({"kind": kind, "case": case, "at": at, "by": by, "key": key, "data": dict(data or {})})
        now = settings.today.isoformat() if settings.today else now_text(settings.now)
        (verdict,) = workspace.record([draft_from(line, 1, at=now, by=settings.actor)], dry_run=dry_run)
        self._note(workspace.notices)
        if verdict.error is not None:
            raise UsageError(verdict.error)
        return _verdict(verdict)

    # Between the two

    def _workspace(self) -> Workspace:
        """Return a workspace for one call: as of now, with the protocol that is held to."""
        made = Workspace(self._settings._replace(now=datetime.now(UTC)))
        if self._protocol is not None:
            made.__dict__["protocol"] = self._protocol
        return made

    def _book(self, workspace: Workspace, upto_today: bool = True) -> Book:
        book = workspace.book(upto_today)
        self._note(book.notices)
        return book

    def _note(self, notices: Iterable[str]) -> None:
        self.notices += [text for text in dict.fromkeys(notices) if text not in self.notices]


def _line(event: Mapping[str, Any]) -> str:
    """Return *event* as a line that `apply` takes: dates as text, and nothing that JSON does not have."""
    try:
        return json.dumps({key: value for key, value in event.items() if value is not None}, default=_plain)
    except (TypeError, ValueError) as fault:
        raise UsageError(f"an event cannot hold that: {fault}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} {value!r}")


def _verdict(judged: Judged) -> Verdict:
    event = judged.event or {}
    return Verdict(
        accepted=judged.accepted,
        case=event.get("case") or judged.case,
        seq=event.get("seq") if judged.accepted else None,
        findings=judged.findings,
        error=judged.error,
    )
