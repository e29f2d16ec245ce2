"""A store in which every kind of event has every field filled, from the specs: what may not leave is marked."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cinctl.events import KINDS, Field, Kind
from cinctl.session import Session
from tests.cli.conftest import Desk, Result
from tests.domain.world import World

TODAY = "2026-03-02"
MARK = "qzx"
"""Stands in every id, every free text and every code that the protocol does not list."""
TEXT = "qzxFREETEXT"
BORN, DIED, EIGHTEEN = "2025-12-17", "2026-02-11", "2043-12-17"
"""Days on which nothing else happened, in months in which little else did."""
UPN = "qzxupn123"
CASES = ("qzxK<&>'\"1", "=qzx1+1", "C-000777qzx")
OPEN = "qzxopen1"
"""A case that is led by somebody, of a child who was born before the referral; what it owes is late."""
BORN_BEFORE, OTHER_EIGHTEEN = "2015-06-17", "2033-06-17"
OTHER_CHILD = "qzxother1"
CHILD, FAMILY = "qzxkid;=1+1", 'qzxfam,"&1'
STAFF = ("qzxsw&<1>", "qzx=cmd|'1", "qzxtm,2")
UNIT = "Team A"
LISTED = {"sex": "sexcode", "ethnicity": "ethnicitycode", "disability": "disabilitycode", "upn_unknown": "upncode"}
"""Characteristics are words that the protocol lists: they stay for being characteristics, and for nothing else."""

PROTOCOL = (
    """
[protocol]
id = "full"

[roles.social_worker]
title = "Social Worker"
"""
    + "".join(f'\n[codes.{name}]\n{code} = {{ title = "{name}" }}\n' for name, code in LISTED.items())
    + """
[[gate]]
id = "F-1"
on = "note"
level = "warn"
require = { "event.type" = "something_else" }
say = "a note is of another type"

[[clock]]
id = "F-2"
starts = ["refer", "update"]
when = { "case.turns_18" = { present = true } }
stops = "close"
within = "case.turns_18"
owner = "lead"
say = "end by the eighteenth birthday"

[[clock]]
id = "F-3"
starts = "refer"
stops = "decide"
within = "1 working day"
owner = "supervisor"
say = "decide"

[[clock]]
id = "F-4"
starts = "refer"
stops = "meet"
within = "5 working days"
owner = "lead"
say = "meet"
"""
)
_FIRST = ("decide", "map", "allocate")
_LAST = ("stepdown", "reopen", "close")
_LEFT_OUT = frozenset({"import", "redact", "correct", "staff", "refer", "child", *_LAST})


class Filled:
    """The store as it is filled, step by step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(folder, PROTOCOL, today=TODAY)
        self.rules = self.world.workspace().rules
        self.seqs: dict[str, int] = {}
        for person in STAFF:
            self._step("staff.join", None, "2020-01-06", staff=person, role="social_worker", unit=UNIT)
        for full in ("staff.change", "staff.train", "staff.away"):
            self._fill(full, None, "2021-01-06", staff=STAFF[0])
        for case in CASES:
            self._life(case)
        self._fill("refer", OPEN, "2026-01-05", born=BORN_BEFORE, expected=None, child=OTHER_CHILD)
        self._fill("allocate", OPEN, "2026-01-07")

    def _life(self, case: str) -> None:
        self.seqs.clear()
        self._fill("refer", case, "2025-11-03", born=None, expected="2025-12-24")
        self._fill("update", case, BORN)
        for kind in (*(KINDS[name] for name in _FIRST), *KINDS.values()):
            for full in kind.full_names():
                if kind.name not in _LEFT_OUT and full not in self.seqs:
                    self._fill(full, None if kind.subject == "service" else case, "2026-01-23")
        self._fill("child", case, DIED)
        for full in _LAST:
            self._fill(full, case, "2026-02-20")
        self._step("correct", case, TODAY, STAFF[0], of=self.seqs["note"], set={"text": TEXT}, reason=TEXT)
        self._step("reopen", case, TODAY, STAFF[0])

    def _fill(self, full: str, case: str | None, on: str, **given: Any) -> None:
        kind = KINDS[full.partition(".")[0]]
        data = {name: self._value(kind, field) for name, field in kind.fields.items()} | given
        made = {name: value for name, value in data.items() if value is not None}
        # Nobody approves what they wrote themselves.
        self._step(full, case, on, STAFF[0] if kind.name == "approve" else STAFF[1], **made)

    def _step(self, full: str, case: str | None, on: str, by: str | None = None, **data: Any) -> None:
        verdict = self.world.step(full, case, on, by, **data)
        assert verdict.event is not None, (full, verdict)
        self.seqs[full] = verdict.event["seq"]

    def _value(self, kind: Kind, field: Field) -> Any:
        if field.mapping:
            return None if field.name == "set" else {"part": TEXT}
        one = self._one(kind, field)
        return [one] if field.many and one is not None else one

    def _one(self, kind: Kind, field: Field) -> Any:
        if field.type == "event":
            return self.seqs.get("refer") if field.name != "of" else None
        if field.type == "code":
            return self._code(field.codes or "")
        plain: dict[str, Any] = {
            "staff": STAFF[0] if field.name == "supervisor" else STAFF[2],
            "flag": True,
            "number": 3,
            "date": {"birth": BORN, "death": DIED}.get(field.holds or "", "2026-01-23"),
        }
        named = {"child": CHILD, "family": FAMILY, "unit": UNIT, "upn": UPN, "rule": "F-3"}
        return plain.get(field.type, named.get(field.holds or "", TEXT))

    def _code(self, codes: str) -> str:
        wanted = {"plan_type": "child_protection", "role": "social_worker", **LISTED}
        listed = self.world.workspace().rules.newest.codes(codes)
        return wanted.get(codes) or next(iter(listed), f"{MARK}code")


class Full:
    """A copy of the filled store in *folder*, and the command line on it."""

    def __init__(self, filled: Filled, folder: Path, desk: Desk) -> None:
        self.folder, self.desk = folder, desk
        self.environ = {"CINCTL_MASK_KEY": "thirty-two bytes are quite enough"}
        for name in ("cases.jsonl", "local.toml"):
            shutil.copyfile(filled.folder / name, folder / name)

    def export(self, line: str) -> Result:
        """Run `cinctl export LINE` on the store."""
        session = Session(environ=self.environ, now=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
        here = ("--store", "cases.jsonl", "--protocol", "local.toml", "--today", TODAY)
        return self.desk.run(*here, "export", *line.split(), session=session)


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of the CSV file at *path*."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def contents(path: Path) -> dict[str, str]:
    """Return the text of the file at *path*, or of each file in it where it is a folder."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_text(encoding="utf-8", errors="replace") for file in files}
