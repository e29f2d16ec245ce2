"""Random histories under Bristol's protocol: what must hold whatever is typed."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cinctl.calendar import Duration
from cinctl.casebook import Casebook
from cinctl.conformance import audit
from cinctl.drafting import event_from
from cinctl.errors import UsageError
from cinctl.history import Draft, effective
from cinctl.judging import judge_step
from cinctl.protocol import load
from cinctl.queries import case_row, due_rows
from cinctl.rules import RuleBook
from tests.domain.world import draft, memory

TODAY = date(2026, 12, 31)
START = date(2026, 2, 2)
TOPICS = [
    "uk_law",
    "systemic_practice",
    "signs_of_safety",
    "case_recording",
    "parental_substance_misuse",
    "assessment_and_analysis",
    "direct_work",
    "planning_and_reviews",
    "child_development",
    "working_together",
]
PARTS = {"skills_experience": "T", "need_and_best_placed": "T", "s47_risk": "T"}


def _staff() -> list[Draft]:
    joins: list[dict[str, Any]] = [
        {
            "staff": "csw1",
            "role": "consultant_social_worker",
            "unit": "A",
            "qualified": True,
            "registered_until": "2030-01-01",
        },
        {"staff": "tm1", "role": "team_manager", "unit": "A", "qualified": True, "registered_until": "2030-01-01"},
        {"staff": "sw1", "role": "social_worker", "unit": "A", "qualified": True, "registered_until": "2030-01-01"},
        {"staff": "sw2", "role": "social_worker", "unit": "B", "qualified": True, "registered_until": "2026-05-01"},
        {
            "staff": "kw1",
            "role": "family_help_key_worker",
            "unit": "A",
            "practice_experience": "T",
            "background": "education",
        },
    ]
    made = [draft("staff.join", None, "2024-01-08", **data) for data in joins]
    return [*made, draft("staff.train", None, "2024-02-01", staff="kw1", topic=TOPICS)]


class Typist:
    """Somebody who types plausible and less plausible steps."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.day = START
        self.seqs: list[int] = []

    def pick(self, *options: Any) -> Any:
        """Return one of *options*."""
        return self.random.choice(options)

    def step(self, book: Casebook) -> Draft:
        """Return the next step to try."""
        self.day += timedelta(days=self.pick(0, 0, 1, 1, 1, 2, 6))
        on = (self.day - timedelta(days=self.pick(0, 0, 0, 0, 0, 1, 3, 20))).isoformat()
        case = self.pick("R1", "R2")
        by = self.pick("csw1", "csw1", "tm1", "sw1", "kw1", None)
        worker = self.pick("sw1", "sw2", "kw1")
        lead = book.folded(case)[0].lead if case in book.tracks else None
        late = (self.day + timedelta(days=self.pick(3, 30))).isoformat()
        choices: list[tuple[str, dict[str, Any]]] = [
            (
                "decide",
                {
                    "outcome": self.pick("section_17", "section_17", "no_further_action"),
                    "limb": ["disabled"],
                    "next_steps": "T",
                },
            ),
            ("map", {"strengths": "T", "needs": "T", "next_steps": "T"}),
            ("allocate", {"to": worker, "supervisor": "csw1", "rationale": PARTS} | ({"from": lead} if lead else {})),
            ("direct", {"focus": "T", "see_child_by": late, "complete_by": late}),
            ("visit", {"seen": ["child"], "alone": True}),
            ("assess.start", {}),
            ("assess.complete", {"finding": "T", "decision": "T", "next_steps": "T"}),
            ("approve.assessment", {}),
            ("approve.assessment_returned", {"reason": "T"}),
            ("plan.draft", {"part": {"working_well": "T", "outcomes": "T"}, "review_on": late}),
            ("approve.plan", {}),
            ("supervise.formal", {"with": lead or worker, "direction": "T", "progress": "T"}),
            ("escalate.raise", {"to": "csw1", "factor": ["risk"]}),
            ("escalate.agree", {}),
            ("escalate.decline", {"reason": "T"}),
            ("strategy", {"chair": "csw1", "outcome": "section_17"}),
            ("inform", {"who": ["family"], "about": self.pick("stepdown", "assessment", "close"), "reason": "T"}),
            ("review", {"chair": "csw1", "review_on": late}),
            ("stepdown", {"to": "level_2", "meeting": on, "reason": "T", "signed_by": "csw1"}),
            (
                "close",
                {"reason": "RC7", "decision": "T", "evidence": "T", "early_help": "considered", "signed_by": "csw1"},
            ),
            ("reopen", {"reason": "T"}),
            (
                "waive",
                {"rule": self.pick("BRI-21", "BRI-29", "BRI-40"), "reason": "T", "until": late, "approved_by": "tm1"},
            ),
            ("feedback.received", {"type": "complaint", "wanted": "T"}),
            ("note", {"text": "T"}),
        ]
        if self.seqs and self.random.random() < 0.12:
            of = self.pick(*self.seqs)
            what = self.pick({"void": True}, {"set": {"at": on}}, {"set": {"by": "csw1"}})
            return draft("correct", None, on, by, of=of, reason="T", **what)
        if self.random.random() < 0.06:
            change = {
                "staff": worker,
                "role": self.pick("social_worker", "family_help_key_worker"),
                "unit": self.pick("A", "B"),
            }
            return draft("staff.change", None, on, by, **change)
        if case not in book.tracks:
            return draft("refer", case, on, by, source="1A", born="2015-06-01", need="N1")
        kind, data = self.pick(*choices)
        return draft(kind, case, on, by, **data)


def _try(book: Casebook, step: Draft) -> bool | None:
    """Judge *step* and take it in when it is accepted; None when it means nothing."""
    try:
        judgement = judge_step(book, event_from(book, step, today=TODAY))
    except UsageError:
        return None
    if judgement.accepted:
        book.take(judgement.event)
    return judgement.accepted


@pytest.fixture(scope="module")
def rules() -> RuleBook:
    """Bristol's protocol, compiled."""
    return RuleBook(load("bristol"))


def _rows(book: Casebook) -> list[Any]:
    return [due_rows(book, TODAY, TODAY), [case_row(book, id_) for id_ in book.case_ids()]]


def _scratch(book: Casebook, events: list[Any]) -> Casebook:
    from cinctl.history import Event

    made = Casebook(book.rules)
    for e in events:
        made.take(Event(seq=e.seq, kind=e.kind, case=e.case, at=e.at, by=e.by, data=e.data, under=e.under, key=e.key))
    return made


@pytest.mark.parametrize("seed", range(6))
def test_random_histories(rules: RuleBook, seed: int) -> None:
    """The fold as lines come equals the fold from scratch, refusals change nothing, and nothing accepted is denied."""
    book, typist = Casebook(rules), Typist(seed)
    taken: list[Any] = []
    drafts = _staff()
    accepted = refused = 0
    for n in range(140):
        step = drafts.pop(0) if drafts else typist.step(book)
        before = _rows(book) if n % 10 == 0 else None
        try:
            judgement = judge_step(book, event_from(book, step, today=TODAY))
        except UsageError:
            continue
        if not judgement.accepted:
            refused += 1
            assert before is None or before == _rows(book)
            continue
        accepted += 1
        book.take(judgement.event)
        taken.append(judgement.event)
        if judgement.event.case is not None:
            typist.seqs.append(judgement.event.seq)
        if n % 7 == 0:
            assert _rows(book) == _rows(_scratch(book, taken)), (seed, n, step)
    assert accepted > 40
    assert refused > 10
    again = _scratch(book, taken)
    assert _rows(book) == _rows(again)
    assert audit(book, TODAY).as_object() == audit(again, TODAY).as_object()
    waived = {e.data["rule"] for e in taken if e.base == "waive"}
    assert [
        f for f in audit(again, TODAY).findings if f.level == "deny" and not f.waived and f.rule not in waived
    ] == []


def test_a_correction_of_a_staff_line_is_seen_by_a_book_that_has_answered(tmp_path: Path) -> None:
    """A book that has answered about practitioners answers anew after a correction of a staff line."""
    toml = (
        '[[clock]]\nid = "P"\nfor = "practitioner"\nstarts = "staff.join"\nstops = "staff.train"\nwithin = "10 days"\n'
    )
    book = memory(tmp_path, toml)
    assert _try(book, draft("staff.join", None, "2026-02-02", staff="kw1"))
    assert [r["due"] for r in due_rows(book, TODAY, TODAY)] == ["2026-02-12"]
    assert _try(book, draft("correct", None, "2026-02-03", of=1, set={"at": "2026-02-01"}, reason="x"))
    assert [r["due"] for r in due_rows(book, TODAY, TODAY)] == ["2026-02-11"]


NAIVE = """
[[clock]]
id = "keep"
starts = "map"
stops = "visit"
within = "5 days"
[[clock]]
id = "restart"
starts = "map"
stops = "visit"
within = "5 days"
again = "restart"
[[clock]]
id = "another"
starts = "map"
stops = "visit"
within = "5 days"
again = "another"
[[clock]]
id = "every"
starts = "map"
stops = "visit"
every = "1 week"
"""


def _naive(events: list[Any]) -> list[tuple[str, str]]:
    """Return (rule, due) of what runs, by replaying *events* in order the slow way."""
    running: dict[str, list[tuple[date, int, int | None]]] = {r: [] for r in ("keep", "restart", "another", "every")}
    calendar = RuleBook(load("core")).calendar
    for place, event in enumerate(events):
        if event.base in ("close", "stepdown"):
            running = {rule: [] for rule in running}
        if event.base == "visit":
            for rule, found in running.items():
                stopped = [o for o in found if o[0] <= event.on and (o[2] is None or o[2] < place)]
                running[rule] = [o for o in found if o not in stopped]
                if rule == "every" and stopped:
                    running[rule].append((event.on, place, place))
        if event.base == "map":
            seen = [
                e for e in events[:place] if e.base == "visit" and e.on == event.on and _same_episode(events, e, event)
            ]
            for rule, found in running.items():
                if found and rule == "restart":
                    running[rule] = [(event.on, place, place)]
                elif (not found or rule == "another") and not seen:
                    found.append((event.on, place, None))
                elif not found and rule == "every":
                    found.append((event.on, place, place))
    limit = {"every": Duration.parse("1 week")}
    default = Duration.parse("5 days")
    return sorted(
        (r, limit.get(r, default).after(o[0], calendar).isoformat()) for r, found in running.items() for o in found
    )


def _same_episode(events: list[Any], a: Any, b: Any) -> bool:
    between = events[events.index(a) : events.index(b)]
    return not any(e.base == "reopen" for e in between)


@pytest.mark.parametrize("seed", range(25))
def test_due_equals_a_slow_naive_replay(tmp_path: Path, seed: int) -> None:
    """What is due equals what a slow replay of the whole history says, back-dated and corrected lines included."""
    chance = random.Random(seed)
    book = memory(tmp_path, NAIVE)
    assert _try(book, draft("refer", "R1", "2026-02-02", source="1A", born="2015-06-01"))
    day, seqs = START, [1]
    for _ in range(40):
        day += timedelta(days=chance.choice([0, 0, 1, 3]))
        on = (day - timedelta(days=chance.choice([0, 0, 0, 2, 6]))).isoformat()
        kind = chance.choice(["map", "map", "visit", "visit", "note", "close", "reopen", "correct"])
        if kind == "correct":
            what: dict[str, Any] = chance.choice([{"void": True}, {"set": {"at": on}}])
            step = draft("correct", None, on, of=chance.choice(seqs), reason="T", **what)
        else:
            step = draft(kind, "R1", on, **({"text": "T"} if kind == "note" else {}))
        if _try(book, step):
            seqs.append(book.length)
        rows = sorted((r["rule"], r["due"]) for r in due_rows(book, TODAY, TODAY))
        assert rows == _naive(effective(book.track("R1").events))
