"""What a store says by its cache, and what it ought to say: everything read and folded anew."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cinctl.conformance import audit
from cinctl.owed import COLUMNS
from cinctl.queries import Book
from cinctl.rules import RuleBook
from cinctl.store.cache import Cache, path_of
from cinctl.store.log import Log
from cinctl.workspace import Settings, Workspace
from cinctl.workspace.keeping import rebuild

DUE_SOON = "3 days"
PASSING = {"changed", "size", "latest"}
"""What may differ between a cache that was carried on and one made anew: *latest* may be later than it need be."""


class Store:
    """A log under a protocol, *today* being what every workspace is told."""

    def __init__(self, folder: Path, protocol: str, today: date) -> None:
        self.path = folder / "cases.jsonl"
        self.protocol = protocol
        self.today = today
        Log.create(self.path)

    @property
    def cache(self) -> Path:
        """Where the cache stands."""
        return Path(path_of(self.path))

    def workspace(self, today: date | None = None, protocol: str | None = None) -> Workspace:
        """Return what a process of its own would have."""
        day = today or self.today
        now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        settings = Settings(
            store=self.path, protocol=protocol or self.protocol, today=day, now=now, due_soon=DUE_SOON, lock_timeout=5
        )
        return Workspace(settings)

    def slowly(self, rules: RuleBook, until: date | None) -> Book:
        """Return a book of every line of the log, the cache not looked at."""
        book = Book(rules, until, DUE_SOON)
        book.load(Log.open(self.path).read())
        return book

    def seen(self, today: date) -> dict[str, Any]:
        """Return all that the store says as of *today*, each answer by a workspace of its own."""
        rows, notices = self.workspace(today).due()
        said = answers(self.workspace(today).book(), today)
        said["due"] = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        lines = self.workspace(today).due_lines()
        if lines is not None:
            assert said["due"] == [json.loads(line) for line in lines[0][0]]
        said["left out"] = [notice for notice in notices if "left out" in notice]
        whole = self.workspace(today).book(upto_today=False)
        said["history"] = {id_: whole.history_rows(id_) for id_ in whole.case_ids()}
        return said

    def expected(self, rules: RuleBook, today: date) -> dict[str, Any]:
        """Return what the store should say as of *today*."""
        book = self.slowly(rules, today)
        said = answers(book, today)
        said["due"] = book.due_rows(today)
        count = book.left_out
        events = "1 event" if count == 1 else f"{count} events"
        said["left out"] = [f"{events} dated after {today.isoformat()} left out"] if count else []
        whole = self.slowly(rules, None)
        said["history"] = {id_: whole.history_rows(id_) for id_ in whole.case_ids()}
        return said

    def denied(self, rules: RuleBook, today: date) -> list[str]:
        """Return what an audit finds that nobody should have accepted."""
        book = self.slowly(rules, today)
        imported = {e.seq for id_ in book.case_ids() for e in book.track(id_).events if e.imported}
        found = audit(book, today).findings
        return [f"{f.rule} {f.seq}" for f in found if f.level == "deny" and not f.waived and f.seq not in imported]

    def held(self) -> dict[str, Any]:
        """Return what the cache beside the log holds."""
        with sqlite3.connect(f"file:{self.cache}?mode=ro", uri=True) as db:
            found = contents(db)
        db.close()
        return found

    def rebuilt(self, workspace: Workspace) -> dict[str, Any]:
        """Return what a cache holds that is made anew."""
        log = Log.open(self.path)
        cache: Cache = rebuild(log, log.survey, workspace.rules, workspace._facts(), in_memory=True)
        return contents(cache)


def answers(book: Book, today: date) -> dict[str, Any]:
    """Return what a book says of every case and practitioner as of *today*."""
    ids = book.case_ids()
    return {
        "list": [book.case_row(id_) for id_ in ids],
        "caseload": book.caseload_rows(today),
        "units": book.caseload_rows(today, "unit", idle=True),
        "staff": book.staff_rows(today),
        "next": {id_: book.next_rows(id_, today) for id_ in ids[-1:]},
    }


def contents(db: Any) -> dict[str, Any]:
    """Return what a cache holds, table by table, whatever numbers it gave to labels."""

    def table(asked: str) -> list[Any]:
        return sorted(map(_plain, db.execute(asked)), key=repr)

    return {
        "meta": {name: value for name, value in db.execute("SELECT name, value FROM meta") if name not in PASSING},
        "cases": table("SELECT * FROM cases"),
        "owed": table(
            "SELECT due, subject, rule, owed.n, text, owner, lead, unit, start, hidden, since, of, seq, cycle "
            "FROM owed JOIN labels ON label = labels.n"
        ),
        "absences": table("SELECT * FROM absences"),
        "desk": table("SELECT * FROM desk"),
        "keys": table("SELECT * FROM keys"),
        "marks": table("SELECT * FROM marks"),
    }


def _plain(row: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(list(array("Q", value)) if isinstance(value, bytes) else value for value in row)


def import_of(case: str, on: date, key: str) -> tuple[dict[str, Any], list[Any]]:
    """Return what a return says of one case: referred, seen, given a service."""
    from cinctl.history import Draft

    about = {"source": "a return", "digest": key, "speaks": {"refer": ["at", "born"], "visit": ["at"]}}
    day = on.isoformat()
    refer = Draft("refer", case, day, None, {"source": "1A", "born": "2014-02-02", "family": "fam1"}, f"{key}-1")
    visit = Draft("visit", case, day, None, {"alone": True}, f"{key}-2")
    service = Draft("service.start", case, day, None, {"service": "ifss"}, f"{key}-3")
    return about, [(refer, {}), (visit, {}), (service, {})]


def line_of(kind: str, case: str | None, at: str, by: str | None, key: str | None, data: Any) -> str:
    """Return a line as `apply` takes it."""
    return json.dumps({"kind": kind, "case": case, "at": at, "by": by, "key": key, "data": data})
