"""`cinctl demo`: a synthetic authority that a duty manager would recognise, the same bytes for the same seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import pytest

from cinctl.conformance import Audit, audit
from cinctl.demo import Filled, generate
from cinctl.errors import CalendarError, StoreError, UsageError
from cinctl.gates import Finding
from cinctl.history import Event
from cinctl.store.verify import verify
from cinctl.workspace import Book, Settings, Workspace

TODAY = date(2026, 7, 1)
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)

MINIMAL = """
[protocol]
id = "ours"

[roles.social_worker]
title = "Social worker"
[roles.support_worker]
title = "Support worker"
[roles.team_manager]
title = "Team manager"

[[gate]]
id = "OUR-1"
on = "allocate"
require = { "actor.role" = "team_manager", "event.rationale.workload" = { present = true } }

[[gate]]
id = "OUR-2"
on = "assess.start"
require = { "event.note" = { present = true } }

[[clock]]
id = "OUR-3"
starts = "allocate"
stops = "supervise.formal"
every = "6 weeks"
say = "supervise the lead"

[[clock]]
id = "OUR-4"
starts = "refer"
stops = "decide"
within = "2 working days"
say = "decide"
"""
BARE = '[protocol]\nid = "bare"\n'
YOUNG = MINIMAL.replace('id = "ours"', 'id = "young"\neffective_from = 2026-06-15')
NOBODY = BARE + '[[gate]]\nid = "X-1"\non = "refer"\nrequire = { "actor.role" = "nobody" }\n'
NO_PLANS = BARE + '[[gate]]\nid = "X-1"\non = "plan"\nrequire = { "event.note" = "never" }\n'
WRITTEN = {"ours": MINIMAL, "bare": BARE, "young": YOUNG, "no_plans": NO_PLANS}
BUNDLED = ("bristol", "working-together-2023")


@attrs.frozen(eq=False, slots=False)
class Made:
    """A store that was filled, and what reading it back gives."""

    path: Path
    workspace: Workspace
    filled: Filled
    book: Book

    @cached_property
    def audit(self) -> Audit:
        """What the history amounts to."""
        return audit(self.book, self.workspace.today)

    @property
    def typed_denied(self) -> list[Finding]:
        """What stands against what was typed by hand."""
        imported = {event.seq for event in self.events if event.imported}
        return [f for f in self.audit.findings if f.denies and f.seq not in imported]

    @property
    def events(self) -> list[Event]:
        """Every event of a case."""
        return [event for track in self.book.tracks.values() for event in track.events]

    @property
    def due(self) -> list[dict[str, Any]]:
        """What runs today."""
        return self.book.due_rows(self.workspace.today)

    @property
    def imported(self) -> set[int]:
        """The `seq` of every event that was imported."""
        return {event.seq for event in self.events if event.imported}


def _workspace(folder: Path, protocol: str, today: date = TODAY) -> Workspace:
    if protocol in WRITTEN:
        path = folder / f"{protocol}.toml"
        path.write_text(WRITTEN[protocol], encoding="utf-8")
        protocol = str(path)
    return Workspace(Settings(store=folder / "demo.jsonl", protocol=protocol, now=NOW, today=today))


def _make(folder: Path, protocol: str = "bristol", today: date = TODAY, **sizes: int) -> Made:
    workspace = _workspace(folder, protocol, today)
    filled = generate(workspace, **sizes)
    return Made(Path(workspace.settings.store), workspace, filled, workspace.book())


@pytest.fixture(name="made", scope="module", params=BUNDLED)
def _made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return _make(tmp_path_factory.mktemp("demo"), request.param)


@pytest.fixture(name="bristol", scope="module")
def _bristol(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return _make(tmp_path_factory.mktemp("bristol"))


class TestMix:
    """What stands in a store of the usual size."""

    def test_size(self, made: Made) -> None:
        """Unless told there are forty cases, and what is said of the store is so."""
        assert Filled(cases=40, events=made.book.length) == made.filled
        assert 40 == len(made.book.tracks)

    def test_statuses(self, made: Made) -> None:
        """Something is on time, due today, overdue, and outstanding."""
        assert {"pending", "due_soon", "overdue", "outstanding"} == {row["status"] for row in made.due}

    def test_decisions(self, made: Made) -> None:
        """Of the referrals that wait for a decision one is overdue, and one is due today."""
        waiting = {i for i in made.book.case_ids() if made.book.case_row(i)["state"] == "referred"}
        rows = [row for row in made.due if row["case"] in waiting and row["what"].startswith("decide next steps")]

        assert {"overdue", "due_soon"} <= {row["status"] for row in rows}

    def test_this_week(self, made: Made) -> None:
        """Something is due within the week, but not yet today."""
        assert any(0 < -row["late_days"] <= 5 for row in made.due if row["late_days"] is not None)

    def test_assessments(self, made: Made) -> None:
        """One assessment is near its limit, and one is past it."""
        late = [row["late_days"] for row in made.due if row["rule"] == "WT-45WD"]

        assert any(-7 <= days <= 0 for days in late)
        assert any(days > 0 for days in late)

    def test_states(self, made: Made) -> None:
        """There are cases in every state."""
        states = {made.book.case_row(i)["state"] for i in made.book.case_ids()}

        assert {"referred", "open", "no_further_action", "closed", "stepped_down"} == states

    def test_steps(self, made: Made) -> None:
        """Cases were escalated, passed on, and corrected; a child is expected; siblings share a family."""
        kinds = {event.kind for event in made.events}
        families = Counter(made.book.case_row(i)["family"] for i in made.book.case_ids())

        assert {"escalate.raise", "escalate.agree", "strategy", "correct", "approve.plan", "review"} <= kinds
        assert any(event.kind == "allocate" and event.get("from") for event in made.events)
        assert any(event.get("expected") for event in made.events if event.kind == "refer")
        assert 2 in families.values()

    def test_waived(self, made: Made) -> None:
        """A waiver is in force over an overdue clock, and another over a gate."""
        waived = [finding for finding in made.audit.findings if finding.waived]

        assert any(f.due is not None and date.fromisoformat(f.due) < TODAY for f in waived)
        assert any(f.due is None and f.level == "deny" for f in waived)

    def test_hand_typed(self, made: Made) -> None:
        """What was typed by hand was accepted: no `deny` finding is left that is not waived."""
        assert [] == made.typed_denied

    def test_imported(self, made: Made) -> None:
        """Some cases were imported, under no protocol, and what is wrong with them shows."""
        denied = [f for f in made.audit.findings if f.denies and f.seq in made.imported]
        about = [e for e in made.path.read_text("utf-8").splitlines() if '"kind":"import"' in e]

        assert len({f.case for f in denied}) >= 2
        assert "CORE-02" in {f.rule for f in denied}
        assert 1 == len(about)
        assert json.loads(about[0])["data"]["speaks"]["close"] == ["at", "reason"]

    def test_taken_over(self, made: Made) -> None:
        """A case that was imported is worked on by hand since."""
        assert any(len({e.imported for e in track.events}) == 2 for track in made.book.tracks.values())

    def test_leads(self, made: Made) -> None:
        """Social workers lead, and so do others whom the protocol lets lead."""
        roles = {made.book.case_row(i)["lead_role"] for i in made.book.case_ids()} - {None}

        assert "social_worker" in roles
        assert len(roles) > 1
        assert roles <= set(made.workspace.protocol.sets["lead"])

    def test_dates(self, made: Made) -> None:
        """Nothing happened after today, and lines were recorded in the order in which they stand."""
        recorded = [json.loads(line)["recorded"] for line in made.path.read_text("utf-8").splitlines()]

        assert recorded == sorted(recorded)
        assert all(event.on <= TODAY for event in made.events)

    def test_verify(self, made: Made) -> None:
        """The chain holds, and nobody else can read the store."""
        report = verify(made.path)

        assert report.ok
        assert report.lines == made.filled.events
        if os.name == "posix":
            assert 0o600 == made.path.stat().st_mode & 0o777


class TestCast:
    """Who works there."""

    def test_units(self, made: Made) -> None:
        """There are the units A, B and C, each with managers, social workers and other leads."""
        rows = made.book.staff_rows(TODAY)
        sets = made.workspace.protocol.sets
        units = {row["unit"]: {r["role"] for r in rows if r["unit"] == row["unit"]} for row in rows}

        assert {"A", "B", "C"} == set(units)
        for roles in units.values():
            assert "social_worker" in roles
            assert roles & set(sets["manager"])
            assert (roles - {"social_worker"}) & set(sets["lead"])

    def test_credentials(self, made: Made) -> None:
        """Managers and social workers are qualified and registered; others are not."""
        managers = set(made.workspace.protocol.sets["manager"])
        for row in made.book.staff_rows(TODAY):
            qualified = row["role"] == "social_worker" or row["role"] in managers

            assert (bool(row["qualified"]), row["registered_until"] is not None) == (qualified, qualified), row

    def test_training(self, bristol: Made) -> None:
        """All but a newcomer have done the training that the protocol names; the newcomer's is due."""
        rows = [row for row in bristol.due if row["case"] is None and row["rule"] != "BRI-68"]

        assert 1 == len({row["owner"] for row in rows})
        assert {"pending"} == {row["status"] for row in rows}

    def test_audits(self, bristol: Made) -> None:
        """Every manager audited a file of late, so that the next audit of each is still to come."""
        rows = [row for row in bristol.due if row["rule"] == "BRI-68"]

        assert 7 == len({row["owner"] for row in rows}) == len(rows)
        assert {"pending"} == {row["status"] for row in rows}

    def test_cases(self, made: Made) -> None:
        """Each unit has cases of its own."""
        assert {"A", "B", "C"} <= {made.book.case_row(i)["unit"] for i in made.book.case_ids()}


class TestBytes:
    """The same seed, day, protocol and sizes give the same bytes."""

    def test_same(self, bristol: Made, tmp_path: Path) -> None:
        """Once more gives the same file."""
        assert bristol.path.read_bytes() == _make(tmp_path).path.read_bytes()

    @pytest.mark.parametrize("change", [{"seed": 2}, {"cases": 39}, {"today": date(2026, 7, 2)}])
    def test_other(self, bristol: Made, tmp_path: Path, change: dict[str, Any]) -> None:
        """Another seed, size or day gives another file."""
        assert bristol.path.read_bytes() != _make(tmp_path, **change).path.read_bytes()

    def test_anywhere(self, bristol: Made, tmp_path: Path) -> None:
        """Neither the hash seed of Python, nor the time zone, nor the locale tells."""
        for number, (seed, zone) in enumerate((("1", "Pacific/Auckland"), ("4242", "America/Adak"))):
            path = tmp_path / f"{number}.jsonl"
            told = ["--protocol", "bristol", "--today", TODAY.isoformat(), "--store", str(path)]
            environ = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
            subprocess.run(
                [sys.executable, "-m", "cinctl", *told, "demo"], env=environ, check=True, capture_output=True
            )

            assert bristol.path.read_bytes() == path.read_bytes()


class TestSizes:
    """As many cases or events as are asked for."""

    @pytest.mark.parametrize("cases", [1, 7, 41])
    def test_cases(self, tmp_path: Path, cases: int) -> None:
        """`--cases` is kept to the case."""
        made = _make(tmp_path, cases=cases)

        assert cases == made.filled.cases == len(made.book.tracks)
        assert [] == made.typed_denied

    def test_none(self, tmp_path: Path) -> None:
        """No cases at all is a store with staff."""
        made = _make(tmp_path, cases=0)

        assert 0 == made.filled.cases
        assert {"A", "B", "C"} == {row["unit"] for row in made.book.staff_rows(TODAY)}

    @pytest.mark.parametrize("events", [300, 9000])
    def test_events(self, tmp_path: Path, events: int) -> None:
        """`--events` is kept to about the length of one case."""
        made = _make(tmp_path, "working-together-2023", events=events)

        assert events <= made.filled.events <= events + 60
        assert verify(made.path).ok

    def test_both(self, tmp_path: Path) -> None:
        """With both, cases are longer."""
        made = _make(tmp_path, "working-together-2023", cases=20, events=800)

        assert 20 == made.filled.cases
        assert 700 <= made.filled.events <= 900

    def test_cases_events_and_open_ones(self, tmp_path: Path) -> None:
        """With all three the events come within one in a hundred, whichever lives are open."""
        made = _make(tmp_path, "bristol", cases=300, events=9000, open_cases=30)

        assert 300 == made.filled.cases
        assert 8910 <= made.filled.events <= 9090
        assert [] == made.typed_denied

    def test_repeated(self, tmp_path: Path) -> None:
        """Beyond some number lives repeat, under ids, keys and references of their own; no more than 1,000 are open."""
        made = _make(tmp_path, "bare", cases=1500)
        rows = [made.book.case_row(i) for i in made.book.case_ids()]
        corrections = [e for e in made.events if e.kind == "correct"]
        keys = [e.key for e in made.events if e.imported]

        assert 1500 == len(rows) == len({row["child"] for row in rows})
        assert 1000 == sum(row["state"] in ("referred", "open") for row in rows)
        assert len(corrections) > 10
        assert all(made.book.find(e.get("of")).case == e.case for e in corrections)
        assert len(keys) == len(set(keys))

    @pytest.mark.parametrize(("cases", "open_cases"), [(3, 3), (12, 0), (300, 220), (1200, 1100)])
    def test_open(self, tmp_path: Path, cases: int, open_cases: int) -> None:
        """`--open` is kept to the case, of few cases and of more than a thousand."""
        made = _make(tmp_path, cases=cases, open_cases=open_cases)
        states = [made.book.case_row(i)["state"] for i in made.book.case_ids()]

        assert cases == len(states)
        assert open_cases == sum(state in ("referred", "open") for state in states)
        assert [] == made.typed_denied

    def test_open_of_how_many(self, tmp_path: Path) -> None:
        """How many are open cannot be said without saying of how many, nor of fewer; nothing is written then."""
        with pytest.raises(UsageError, match="say how many --cases"):
            _make(tmp_path, open_cases=3)
        with pytest.raises(UsageError, match="of 2 cases 3 cannot be open"):
            _make(tmp_path, cases=2, open_cases=3)

        assert not (tmp_path / "demo.jsonl").exists()


class TestProtocols:
    """Any protocol gets an authority that keeps to it."""

    @pytest.mark.parametrize("protocol", WRITTEN)
    def test_accepted(self, tmp_path: Path, protocol: str) -> None:
        """What a small protocol asks for is there, and what it refuses is left out."""
        made = _make(tmp_path, protocol)

        assert 40 == made.filled.cases
        assert [] == made.typed_denied

    def test_asked_for(self, tmp_path: Path) -> None:
        """A part of the rationale, a note, a role that acts: the gates say what a step needs."""
        made = _make(tmp_path, "ours")
        allocated = [e for e in made.events if e.kind == "allocate"]

        assert {"team_manager"} == {made.book.register.as_of(str(e.by), e.on).role for e in allocated}
        assert all(e.get("rationale")["workload"] for e in allocated)
        assert all(e.get("note") for e in made.events if e.kind == "assess.start" and not e.imported)
        assert any(row["rule"] == "OUR-3" and row["status"] == "overdue" for row in made.due)

    def test_refused(self, tmp_path: Path) -> None:
        """A step that nobody may take is left out, and the life goes on."""
        made = _make(tmp_path, "no_plans")

        assert not [e for e in made.events if e.base == "plan" and not e.imported]
        assert [e for e in made.events if e.kind == "approve.assessment"]

    def test_instead(self, tmp_path: Path) -> None:
        """Where a code is refused, one that the gate names is taken."""
        path = tmp_path / "elsewhere.toml"
        gate = '[[gate]]\nid = "X-1"\non = "stepdown"\nrequire = { "event.to" = ["early_help", "level_1"] }\n'
        path.write_text(BARE + gate, encoding="utf-8")
        made = _make(tmp_path, str(path))

        assert {"early_help"} == {e.get("to") for e in made.events if e.kind == "stepdown"}

    def test_nobody(self, tmp_path: Path) -> None:
        """Where no referral can be recorded, only cases that were imported are there."""
        path = tmp_path / "nobody.toml"
        path.write_text(NOBODY, encoding="utf-8")
        made = _make(tmp_path, str(path))

        assert all(event.imported for event in made.events if event.kind == "refer")

    def test_young(self, tmp_path: Path) -> None:
        """Nothing is dated before the protocol is in force, and imported faults still show."""
        made = _make(tmp_path, "young")

        assert min(event.on for event in made.events) >= date(2026, 6, 15)
        assert any(f.denies for f in made.audit.findings)

    def test_not_yet(self, tmp_path: Path) -> None:
        """Before the protocol is in force nothing can be recorded, and no store is made."""
        with pytest.raises(UsageError, match="in force from 2023-12-15"):
            _make(tmp_path, "working-together-2023", date(2023, 12, 14))

        assert not (tmp_path / "demo.jsonl").exists()

    @pytest.mark.parametrize("protocol", BUNDLED)
    @pytest.mark.parametrize(
        "today", [date(2023, 12, 15), date(2024, 2, 29), date(2026, 7, 4), date(2026, 12, 25), date(2030, 12, 30)]
    )
    def test_days(self, tmp_path: Path, protocol: str, today: date) -> None:
        """The first day, a leap day, days off, limits that end beyond the calendar: what is there is accepted."""
        made = _make(tmp_path, protocol, today)

        assert [] == made.typed_denied
        assert verify(made.path).ok
        assert made.due

    def test_outside_the_calendar(self, tmp_path: Path) -> None:
        """A day of which no bank holiday is known is told as such."""
        with pytest.raises(CalendarError, match="bank holiday"):
            _make(tmp_path, today=date(1999, 12, 31))


class TestStore:
    """Only an absent or an empty store is filled."""

    def test_held(self, tmp_path: Path) -> None:
        """A store that holds something is left as it is."""
        made = _make(tmp_path, cases=2)
        before = made.path.read_bytes()
        with pytest.raises(UsageError, match="holds something already"):
            generate(made.workspace, 3)

        assert before == made.path.read_bytes()

    def test_empty(self, tmp_path: Path) -> None:
        """A file of no bytes is filled."""
        (tmp_path / "demo.jsonl").touch()

        assert 2 == _make(tmp_path, cases=2).filled.cases

    def test_folder(self, tmp_path: Path) -> None:
        """A folder is no store."""
        (tmp_path / "demo.jsonl").mkdir()
        with pytest.raises(StoreError):
            _make(tmp_path, cases=2)


def test_command(tmp_path: Path) -> None:
    """The command says what it made, and on stderr what to try next; that works."""
    told = ["--protocol", "bristol", "--today", "2026-07-01", "--store", str(tmp_path / "it's.jsonl")]
    call = [sys.executable, "-m", "cinctl"]
    done = subprocess.run([*call, *told, "demo", "--cases", "12"], capture_output=True, text=True, check=True)
    hint = next(line for line in done.stderr.splitlines() if line.endswith("due --overdue"))
    words = hint.partition("cinctl ")[2]
    due = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m cinctl {words} --json"], capture_output=True, text=True, check=True
    )

    assert "12" in done.stdout
    assert json.loads(due.stdout)


def test_children(bristol: Made) -> None:
    """Children are of an age to be children, for as long as their cases run."""
    for event in bristol.events:
        if event.kind == "refer" and event.get("born"):
            assert timedelta(0) < TODAY - date.fromisoformat(event.get("born")) < timedelta(days=18 * 365)
