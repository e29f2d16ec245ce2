"""Random steps, legal and not, with the cache spoilt at random moments: the store always says what a replay says."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cinctl.errors import CinctlError
from cinctl.history import Draft
from cinctl.protocol import load
from cinctl.rules import RuleBook
from cinctl.store.log import Log
from cinctl.store.verify import verify
from cinctl.workspace.redaction import Request, redact
from tests.machine.world import Store, import_of, line_of
from tests.store.support import quick_disk

PROTOCOL = Path(__file__).with_name("protocol.toml")
FIRST = date(2026, 1, 5)
PEOPLE = ("b1", "b2", "w1", "w2", "nobody")
CASES = ("R1", "R2", "R3")
FAR = 240

people = st.sampled_from(PEOPLE)
days = st.integers(0, 45)
flags = st.booleans()
near_last = st.integers(0, 12)


def _data(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name.rstrip("_"): made for name, made in fields.items()})


ids = st.sampled_from(PEOPLE[:4])
units = st.sampled_from(["A", "B"])
roles = st.sampled_from(["boss", "worker"])
day_texts = st.integers(0, FAR).map(lambda n: (FIRST + timedelta(days=n)).isoformat())
outcomes = st.sampled_from(["section_17", "no_further_action"])

KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "decide": _data(outcome=outcomes),
    "map": _data(attendees=st.lists(ids, max_size=2)),
    "allocate": st.fixed_dictionaries(
        {"to": ids}, optional={"supervisor": ids, "from": ids, "manager": ids, "unit": units}
    ),
    "supervise": _data(with_=ids),
    "visit": _data(alone=flags, attendees=st.lists(ids, max_size=2)),
    "assess.start": _data(),
    "assess.complete": _data(finding=st.just("found")),
    "approve.assessment": _data(),
    "approve.assessment_returned": _data(),
    "plan.draft": _data(review_on=day_texts),
    "plan.start": _data(),
    "approve.plan": _data(),
    "escalate.raise": _data(to=ids),
    "escalate.agree": _data(),
    "inform": _data(reason=st.just("so")),
    "direct": _data(see_child_by=day_texts),
    "note": _data(text=st.just("noted")),
    "service.start": _data(service=st.sampled_from(["ifss", "arc"])),
    "service.end": _data(),
    "update": _data(unit=units, born=st.just("2013-03-03"), family=st.sampled_from(["fam1", "fam2"])),
    "cowork.add": st.fixed_dictionaries({"with": ids}),
    "fileaudit.audit": _data(),
    "feedback.received": _data(),
    "close": _data(reason=st.just("RC1")),
    "reopen": _data(),
}
STAFF: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "staff.join": st.fixed_dictionaries({"staff": ids, "role": roles}, optional={"unit": units}),
    "staff.change": st.fixed_dictionaries({"staff": ids}, optional={"role": roles, "unit": units}),
    "staff.train": st.fixed_dictionaries(
        {"staff": ids, "topic": st.lists(st.sampled_from(["safety", "writing"]), min_size=1, max_size=2)}
    ),
    "staff.leave": st.fixed_dictionaries({"staff": ids}),
    "staff.away": st.fixed_dictionaries(
        {"staff": ids}, optional={"from": day_texts, "until": day_texts, "cover": ids}
    ),
    "govern.report": _data(unit=units),
    "fileaudit.audit": _data(),
    "feedback.received": _data(),
}  # fmt: skip
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "at": day_texts,
    "by": ids,
    "to": ids,
    "alone": flags,
    "role": roles,
    "unit": units,
    "until": day_texts,
    "from": st.one_of(ids, day_texts),
    "cover": ids,
    "born": st.just("2012-04-04"),
    "supervisor": ids,
}


@cache
def rule_book(protocol: str) -> RuleBook:
    """Return *protocol* compiled, as nothing that a cache holds."""
    return RuleBook(load(protocol))


def steps(kinds: dict[str, st.SearchStrategy[dict[str, Any]]]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Return one of *kinds*, with what it says."""
    return st.sampled_from(sorted(kinds)).flatmap(lambda kind: st.tuples(st.just(kind), kinds[kind]))


class Machine(RuleBasedStateMachine):
    """Steps into one store. `due`, `list` and the rest are held to a replay after each of them."""

    protocol = str(PROTOCOL)
    roles = ("boss", "worker")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder, self.protocol, FIRST + timedelta(days=60))
        self.copies: list[bytes] = []
        self.waivers_touched = self.people_redacted = False
        self.keys = 0

    def teardown(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)

    @property
    def rules_(self) -> RuleBook:
        """The protocol, compiled by this process."""
        return rule_book(self.protocol)

    def _at(self, before: int) -> str:
        return (self.store.today - timedelta(days=before)).isoformat()

    @contextmanager
    def _nothing_unless_accepted(self) -> Iterator[Callable[[bool], None]]:
        before = self.store.path.read_bytes()
        said: list[bool] = []
        try:
            yield said.append
        except CinctlError:
            said = [False]
        after = self.store.path.read_bytes()

        assert any(said) or after == before

    def _step(self, *drafts: Draft, **how: bool) -> None:
        with self._nothing_unless_accepted() as told:
            verdicts = self.store.workspace().record(drafts, **how)
            told(any(v.accepted for v in verdicts) and not how.get("dry_run", False))

    # Steps

    @initialize()
    def begin(self) -> None:
        """Two bosses, a worker who is away, and a case that they may lead."""
        boss, worker = self.roles
        joined = FIRST.isoformat()
        self._step(Draft("staff.join", None, joined, None, {"staff": "b1", "role": boss, "unit": "A"}))
        self._step(Draft("staff.join", None, joined, None, {"staff": "w1", "role": worker, "unit": "B"}))
        self._step(Draft("staff.join", None, joined, None, {"staff": "b2", "role": boss, "unit": "A"}))
        self._step(Draft("refer", "R1", self._at(30), None, {"source": "1A", "born": "2015-06-01"}))
        self._step(Draft("map", "R1", self._at(30), "b1", {}))
        self._step(Draft("allocate", "R1", self._at(30), "b1", {"to": "w1", "supervisor": "b1"}))
        away = {"staff": "w1", "cover": "b1", "from": self._at(10), "until": self._at(-20)}
        self._step(Draft("staff.away", None, self._at(0), None, away))

    @rule(case=st.sampled_from((*CASES, None)), by=people, before=days, family=st.sampled_from([None, "fam1"]))
    def refer(self, case: str | None, by: str, before: int, family: str | None) -> None:
        """Open a case."""
        data = {"source": "1A", "born": "2015-06-01"} | ({"family": family} if family else {})
        self._step(Draft("refer", case, self._at(before), by if by != "nobody" else None, data))

    @rule(case=st.sampled_from(CASES), step=steps(KINDS), by=people, before=near_last, dry=st.just(False))
    def step(self, case: str, step: tuple[str, dict[str, Any]], by: str, before: int, dry: bool) -> None:
        """Take one step on a case, near today."""
        self._step(Draft(step[0], case, self._at(before), None if by == "nobody" else by, step[1]), dry_run=dry)

    @rule(case=st.sampled_from(CASES), step=steps(KINDS), by=people, before=days, dry=flags)
    def step_back(self, case: str, step: tuple[str, dict[str, Any]], by: str, before: int, dry: bool) -> None:
        """Take one step on a case, long ago perhaps, or only try it."""
        self._step(Draft(step[0], case, self._at(before), None if by == "nobody" else by, step[1]), dry_run=dry)

    @rule(
        case=st.sampled_from(CASES),
        many=st.lists(st.tuples(steps(KINDS), ids, near_last), min_size=2, max_size=5),
        all_=flags,
    )
    def steps_at_once(self, case: str, many: list[tuple[tuple[str, dict[str, Any]], str, int]], all_: bool) -> None:
        """Take several, all or none of them or those that are accepted."""
        drafts = [Draft(kind, case, self._at(before), by, data) for (kind, data), by, before in many]
        self._step(*drafts, keep_going=not all_)

    @rule(step=steps(STAFF), before=st.integers(0, 70))
    def office(self, step: tuple[str, dict[str, Any]], before: int) -> None:
        """Change the register, or record what belongs to no case."""
        self._step(Draft(step[0], None, self._at(before), None, step[1]))

    @rule(who=ids, cover=ids, first=st.integers(-30, 10), days=st.none() | st.integers(0, 60), before=near_last)
    def absent(self, who: str, cover: str, first: int, days: int | None, before: int) -> None:
        """Somebody is away, about now."""
        begins = self.store.today + timedelta(days=first)
        said = {"staff": who, "cover": cover, "from": begins.isoformat()}
        if days is not None:
            said["until"] = (begins + timedelta(days=days)).isoformat()
        self._step(Draft("staff.away", None, self._at(before), None, said))

    @rule(
        case=st.sampled_from(CASES),
        name=st.sampled_from(["K-within", "G-map", "G-boss", "G-trained", "K-every"]),
        until=day_texts,
        before=near_last,
    )
    def waive(self, case: str, name: str, until: str, before: int) -> None:
        """Record a departure from a rule."""
        data = {"rule": name, "reason": "r", "until": until, "approved_by": "b1"}
        self._step(Draft("waive", case, self._at(before), "b1", data))

    @rule(data=st.data(), void=flags, before=near_last)
    def correct(self, data: st.DataObject, void: bool, before: int) -> None:
        """Amend or void one of the events there are."""
        lines = list(Log.open(self.store.path).read())
        target = data.draw(st.sampled_from(lines))
        self.waivers_touched |= target["kind"] in ("waive", "correct")
        said: dict[str, Any] = {"of": target["seq"], "reason": "r"}
        if void:
            said["void"] = True
        else:
            fields = [name for name in CHANGES if name in ("at", "by") or name in (target["data"] or {})]
            name = data.draw(st.sampled_from(fields))
            said["set"] = {name: data.draw(CHANGES[name])}
        self._step(Draft("correct", None, self._at(before), "b1", said))

    @rule(data=st.data())
    def redact(self, data: st.DataObject) -> None:
        """Remove a payload."""
        lines = list(Log.open(self.store.path).read())
        target = data.draw(st.sampled_from(lines))
        self.waivers_touched |= target["kind"] in ("waive", "correct")
        # What it said of somebody counts no more: who led, say, was then in no post.
        self.people_redacted |= target["kind"].startswith("staff.")
        with self._nothing_unless_accepted() as told:
            request = Request(seqs=(target["seq"],), reason="r", approved_by="b1", at=self._at(0))
            told(redact(self.store.workspace(), request).accepted)
            self.copies.clear()

    @rule(
        lines=st.lists(st.tuples(steps(KINDS), st.sampled_from(CASES), ids, near_last, st.integers(0, 12)), max_size=6),
        atomic=flags,
        batches=st.integers(1, 3),
    )
    def apply(self, lines: list[Any], atomic: bool, batches: int) -> None:
        """Apply lines with keys, some of them used before, in several batches of one process."""
        made = [
            line_of(kind, case, self._at(before), by, f"k{key}", data) for (kind, data), case, by, before, key in lines
        ]
        made.append("{")
        with self._nothing_unless_accepted() as told:
            parts = [made[n::batches] for n in range(batches)]
            for verdicts in self.store.workspace().apply(parts, atomic=atomic):
                told(any(v.accepted for v in verdicts))

    @rule(case=st.sampled_from(("I1", "I2", "R3")), before=days)
    def bring_in(self, case: str, before: int) -> None:
        """Import a case."""
        with self._nothing_unless_accepted() as told:
            made = self.store.workspace().bring_in(*import_of(case, self.store.today - timedelta(days=before), case))
            told(made.events > 0)

    @rule(by=st.integers(-20, 40))
    def another_day(self, by: int) -> None:
        """Go on some days, or back: before the newest event perhaps."""
        self.store.today = min(max(self.store.today + timedelta(days=by), FIRST), FIRST + timedelta(days=FAR))

    # What befalls the cache

    @rule()
    def delete_cache(self) -> None:
        """Delete the cache."""
        self.store.cache.unlink(missing_ok=True)

    @precondition(lambda self: self.store.cache.exists())
    @rule(share=st.floats(0, 1))
    def cut_cache(self, share: float) -> None:
        """Cut it off somewhere."""
        whole = self.store.cache.read_bytes()
        self.store.cache.write_bytes(whole[: int(len(whole) * share)])

    @precondition(lambda self: self.store.cache.exists())
    @rule()
    def keep_copy(self) -> None:
        """Keep a copy of it."""
        self.copies.append(self.store.cache.read_bytes())

    @precondition(lambda self: self.copies)
    @rule(data=st.data())
    def put_copy_back(self, data: st.DataObject) -> None:
        """Put an older copy in its place."""
        self.store.cache.write_bytes(data.draw(st.sampled_from(self.copies)))

    @rule(what=st.sampled_from([b"", b"garbage", b"SQLite format 3\0" + b"\xff" * 5000]))
    def write_garbage(self, what: bytes) -> None:
        """Put something else in its place."""
        self.store.cache.write_bytes(what)

    @rule()
    def another_store(self) -> None:
        """Put the cache of another store in its place."""
        folder = self.folder / "other"
        folder.mkdir(exist_ok=True)
        if not (folder / "cases.jsonl").exists():
            other = Store(folder, self.protocol, self.store.today)
            other.workspace().due()
        self.store.cache.write_bytes((folder / "cases.jsonl.cache").read_bytes())

    @rule()
    def another_protocol(self) -> None:
        """Somebody asks under another protocol."""
        self.store.workspace(protocol="torbay").due()

    # What always holds

    @invariant()
    def says_what_a_replay_says(self) -> None:
        """Every answer, on this day and on the last, is that of a replay."""
        if not self.store.path.stat().st_size:
            return
        for today in dict.fromkeys((self.store.today, FIRST + timedelta(days=FAR))):
            assert self.store.expected(self.rules_, today) == self.store.seen(today), today

    @invariant()
    def cache_is_as_if_made_anew(self) -> None:
        """The cache holds what one holds that is made anew; it is private."""
        workspace = self.store.workspace()
        workspace.due()

        assert self.store.rebuilt(workspace) == self.store.held()
        assert self.store.cache.stat().st_mode & 0o777 == 0o600
        assert {"cases.jsonl", "cases.jsonl.cache"} >= {
            path.name for path in self.folder.iterdir() if path.is_file() and not path.name.endswith(".lock")
        }

    @invariant()
    def nothing_accepted_is_denied(self) -> None:
        """What was accepted, no audit denies; the chain holds."""
        assert verify(self.store.path).ok
        if not (self.waivers_touched or self.people_redacted):
            assert self.store.denied(self.rules_, FIRST + timedelta(days=FAR)) == []


class UnderBristol(Machine):
    """The same under a protocol that comes with the tool."""

    protocol = "bristol"
    roles = ("team_manager", "social_worker")


QUICK = settings(
    max_examples=8,
    stateful_step_count=20,
    derandomize=True,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=300, stateful_step_count=50, derandomize=False, phases=tuple(Phase))


@pytest.mark.parametrize("machine", [Machine, UnderBristol])
def test_a_store_always_says_what_a_replay_says(machine: type[Machine]) -> None:
    """Whatever is recorded, and whatever befalls the cache, every answer is that of a replay of the log."""
    with quick_disk():
        run_state_machine_as_test(machine, settings=QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("machine", [Machine, UnderBristol])
def test_it_does_so_for_long(machine: type[Machine]) -> None:
    """The same, with many more steps, others every time."""
    with quick_disk():
        run_state_machine_as_test(machine, settings=LONG)
