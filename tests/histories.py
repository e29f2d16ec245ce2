"""One history, audited under several protocols: recorded under one that has no rules of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cinctl.conformance import Audit, audit
from cinctl.history import Draft
from cinctl.store.log import Log
from cinctl.workspace import Settings, Workspace

BARE = """
[protocol]
id = "bare"

[[gate]]
id = "WT-18"
on = "dissent"
require = { "event.note" = { present = true } }
level = "warn"
say = "there to be waived"
"""
LAST_DAY = "2027-12-31"
POSTS: dict[str, dict[str, Any]] = {
    "tm1": {"role": "team_manager", "unit": "A", "qualified": True, "registered_until": "2030-11-30"},
    "tm2": {"role": "team_manager", "unit": "A", "qualified": True},
    "sm1": {"role": "service_manager", "unit": "A", "qualified": True},
    "sw1": {"role": "social_worker", "unit": "A", "qualified": True, "registered_until": "2030-11-30"},
    "sw2": {"role": "social_worker", "unit": "A", "qualified": True, "registered_until": "2030-11-30"},
    "sw9": {"role": "social_worker", "unit": "B", "qualified": True, "registered_until": "2030-11-30"},
    "yw1": {"role": "youth_worker", "unit": "A", "employer": "partner"},
    "scp1": {"role": "social_care_practitioner", "unit": "A"},
    "ccw1": {"role": "community_care_worker", "unit": "A"},
    "kw1": {"role": "family_help_key_worker", "unit": "A", "practice_experience": "nine years"},
}
WHY = ("skills", "knowledge", "competence", "experience", "capacity", "relationship", "timing", "management_oversight")
WHY_BRISTOL = ("skills_experience", "need_and_best_placed", "s47_risk")
RATIONALE = dict.fromkeys((*WHY, *WHY_BRISTOL), "as told")


class History:
    """A store with a cast and what is recorded of one case, R1; no protocol stands in the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "cases.jsonl"
        self.bare = self.write("bare.toml", BARE)
        Log.create(self.store)
        for person, post in POSTS.items():
            self.step("staff.join", "2024-01-08", case=None, staff=person, **post)

    def write(self, name: str, toml: str) -> str:
        """Write a protocol beside the store, and return what names it."""
        (self.folder / name).write_text(toml, encoding="utf-8")
        return str(self.folder / name)

    def workspace(self, protocol: str, today: str) -> Workspace:
        """Return the store under *protocol* as of *today*."""
        day = date.fromisoformat(today)
        now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return Workspace(Settings(store=self.store, protocol=protocol, today=day, now=now))

    def step(self, kind: str, on: str, by: str | None = None, *, case: str | None = "R1", **data: Any) -> int:
        """Record a step, and return its number; a field that Python cannot spell has an underscore behind it."""
        fields = {key.rstrip("_"): value for key, value in data.items()}
        [verdict] = self.workspace(self.bare, LAST_DAY).record([Draft(kind, case, on, by=by, data=fields)])
        assert verdict.event is not None, (verdict.error, verdict.refusals)
        seq: int = verdict.event["seq"]
        return seq

    def taken_on(self, on: str = "2025-06-02", by: str = "tm1", **referral: Any) -> int:
        """Refer the child and take it on for section 17. Returns the number of the decision."""
        self.step("refer", on, source="1A", born="2015-06-01", **referral)
        said: dict[str, Any] = {"outcome": "section_17", "limb": ["health_or_development"], "next_steps": "assess"}
        return self.step("decide", on, by, level="level_4", **said)

    def led_by(self, person: str, on: str = "2025-06-03", by: str = "tm1", **more: Any) -> int:
        """Allocate the case to *person*, with all that a record of it may hold. Returns its number."""
        self.step("map", on, by, strengths="a", needs="b", next_steps="c", explore="d", engage="e", partners=["school"])
        told: dict[str, Any] = {"supervisor": "tm1", "rationale": RATIONALE, "continuity": "to the end", **more}
        return self.step("allocate", on, by, to=person, **told)

    def audit(self, protocol: str, today: str) -> Audit:
        """Return what an audit under *protocol* finds."""
        return audit(self.workspace(protocol, today).book(), date.fromisoformat(today))

    def against(self, step: int, protocol: str, level: str = "deny") -> set[str]:
        """Return the rules, and their clauses, that *protocol* holds against *step*."""
        found = [f for f in self.audit(protocol, LAST_DAY).findings if f.seq == step and f.due is None]
        return {name for f in found if f.level == level for name in (f.rule, *f.clauses)}

    def due(self, protocol: str, today: str) -> dict[str, str | None]:
        """Return, for each rule that something is due by on *today*, the date."""
        rows = self.workspace(protocol, today).book().due_rows(date.fromisoformat(today))
        return {row["rule"]: row["due"] for row in rows}
