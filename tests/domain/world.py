"""A small authority to test in: a protocol from TOML text, a store, and steps that are recorded in one line each."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cinctl.casebook import Casebook
from cinctl.conformance import Audit, audit
from cinctl.gates import Finding
from cinctl.history import Draft
from cinctl.protocol import Protocol, load
from cinctl.rules import RuleBook
from cinctl.store.log import Log
from cinctl.workspace import Book, Settings, Verdict, Workspace

HEAD = '[protocol]\nid = "local"\n'
Row = dict[str, Any]


def protocol(folder: Path, toml: str, name: str = "local.toml") -> Protocol:
    """Write *toml* as a protocol file, with a head where it has none, and load it."""
    path = folder / name
    path.write_text(toml if "[protocol]" in toml else HEAD + toml, encoding="utf-8")
    return load(path)


def memory(folder: Path, toml: str) -> Casebook:
    """Return an empty book under the protocol *toml*, without a store."""
    return Casebook(RuleBook(protocol(folder, toml)))


def draft(kind: str, case: str | None, on: str, by: str | None = None, key: str | None = None, **data: Any) -> Draft:
    """Return a step; a field that Python cannot spell is given with an underscore behind it."""
    return Draft(kind=kind, case=case, at=on, by=by, key=key, data={k.rstrip("_"): v for k, v in data.items()})


class World:
    """A store under a protocol, in which it is *today*."""

    def __init__(self, folder: Path, toml: str = "", *, today: str = "2026-12-31", bundled: str | None = None) -> None:
        self.folder = folder
        self.today = date.fromisoformat(today)
        self.store = folder / "cases.jsonl"
        self.protocol = bundled or str(folder / "local.toml")
        if bundled is None:
            protocol(folder, toml)
        Log.create(self.store)

    def workspace(self, today: str | None = None) -> Workspace:
        """Return a fresh workspace on the store."""
        day = date.fromisoformat(today) if today else self.today
        now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return Workspace(Settings(store=self.store, protocol=self.protocol, today=day, now=now))

    def step(self, kind: str, case: str | None, on: str, by: str | None = None, **data: Any) -> Verdict:
        """Record one step; what is not accepted must leave the bytes of the store as they were."""
        before = self.store.read_bytes()
        verdict = self.workspace().record([draft(kind, case, on, by, **data)])[0]
        assert verdict.accepted == (self.store.read_bytes() != before)
        return verdict

    def ok(self, kind: str, case: str | None, on: str, by: str | None = None, **data: Any) -> int:
        """Record one step that must be accepted; returns its seq."""
        verdict = self.step(kind, case, on, by, **data)
        assert verdict.accepted, (verdict.error, verdict.refusals)
        assert verdict.event is not None
        seq: int = verdict.event["seq"]
        return seq

    def refused(self, kind: str, case: str | None, on: str, by: str | None = None, **data: Any) -> list[str]:
        """Record one step that must be refused; returns the rules that refuse it."""
        verdict = self.step(kind, case, on, by, **data)
        assert not verdict.accepted
        assert verdict.error is None, verdict.error
        return [f.rule for f in verdict.findings if f.denies]

    def wrong(self, kind: str, case: str | None, on: str, by: str | None = None, **data: Any) -> str:
        """Record one step that must be wrong usage; returns what is said."""
        verdict = self.step(kind, case, on, by, **data)
        assert not verdict.accepted
        assert verdict.error is not None, verdict.refusals
        return verdict.error

    def staff(self, id_: str, on: str = "2026-01-05", role: str = "worker", **data: Any) -> int:
        """Let *id_* join."""
        return self.ok("staff.join", None, on, staff=id_, role=role, **data)

    def refer(self, case: str = "R1", on: str = "2026-02-23", **data: Any) -> int:
        """Open a case."""
        if "expected" not in data:
            data.setdefault("born", "2015-06-01")
        return self.ok("refer", case, on, source="1A", **data)

    def book(self, today: str | None = None) -> Book:
        """Return the whole store as it stands on *today*."""
        return self.workspace(today).book()

    def due(self, rule: str | None = None, today: str | None = None) -> list[Row]:
        """Return the rows of `due`, those of *rule* alone where it is given."""
        day = date.fromisoformat(today) if today else self.today
        return [r for r in self.book(today).due_rows(day) if rule in (None, r["rule"])]

    def dues(self, rule: str, today: str | None = None) -> list[str | None]:
        """Return the due dates of what runs of *rule*, in order."""
        return sorted((r["due"] for r in self.due(rule, today)), key=str)

    def audit(self, today: str | None = None, cases: list[str] | None = None) -> Audit:
        """Audit the whole store as of *today*."""
        return audit(self.book(today), date.fromisoformat(today) if today else self.today, cases)

    def findings(self, rule: str, today: str | None = None) -> list[Finding]:
        """Return what the audit finds of *rule*."""
        return [f for f in self.audit(today).findings if f.rule == rule]

    def lines(self) -> list[Row]:
        """Return the lines of the store, decoded."""
        return [json.loads(line) for line in self.store.read_text(encoding="utf-8").splitlines()]

    def folded(self, lines: list[Row]) -> Casebook:
        """Return a book of *lines*, which need not be those of the store."""
        return Casebook(self.workspace().rules).load(lines)


def gate(id_: str, on: str, require: str, when: str = "", **keys: str) -> str:
    """Return a gate as TOML; *on*, *require* and *when* as TOML values, other keys as text."""
    more = "".join(f"{k} = {v!r}\n".replace("'", '"') for k, v in keys.items())
    return f'[[gate]]\nid = "{id_}"\non = {on}\nrequire = {require}\n' + (f"when = {when}\n" if when else "") + more


def clock(id_: str, starts: str, stops: str | None = None, **keys: Any) -> str:
    """Return a clock as TOML; a list or table is given as TOML text in brackets, anything else as a plain value."""
    given = {"starts": starts, "stops": stops, **keys}
    lines = [f'[[clock]]\nid = "{id_}"']
    lines += [f"{k.rstrip('_')} = {_toml(v)}" for k, v in given.items() if v is not None]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, str) and value[:1] in "[{":
        return value
    return json.dumps(value)
