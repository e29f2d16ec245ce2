"""Every clause of the five registers is kept somewhere, and every rule is seen to refuse, to let pass, to be kept.

The stories are told once, and what each rule made of each step is written down as it goes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from cinctl import clocks, conformance, gates, stories
from cinctl.cli import COMMANDS, run
from cinctl.clocks import DONE, Obligation
from cinctl.events import KINDS
from cinctl.explain import clause_rows, homes
from cinctl.facts import Moment
from cinctl.gates import Finding
from cinctl.notes import rules_of
from cinctl.protocol import Clause, Gate, Protocol, Rule, bundled, load, register
from cinctl.rules import Edition

TESTS = Path(__file__).resolve().parent
BUNDLED = [load(name) for name in bundled()]
GATES = {gate.id: gate for protocol in BUNDLED for gate in protocol.gates.values()}
CLOCKS = {clock.id: clock for protocol in BUNDLED for clock in protocol.clocks.values()}

# What a clause permits or fixes is held by a test that fails when a refusal is added or a date differs.
PERMITS = {
    "TOR-04": "a lead needs no registration: test_no_gate_asks_a_lead_of_a_child_in_need_for_registration",
    "TOR-10": "dates are the same whoever leads: test_no_due_date_depends_on_who_leads",
    "BRI-09": "a social worker may lead: test_a_social_worker_may_lead_at_every_stage",
    "BRI-13": "a Key Worker may lead from the start: test_a_key_worker_leads_assessment_plan_and_support",
    "BRI-49": "dates are the same whoever leads: test_no_due_date_depends_on_who_leads",
    "WT-01": "a lead may come from outside: test_a_lead_may_come_from_outside_the_authority",
    "WT-14": "who may lead is named: test_a_protocol_says_who_may_lead",
    "WT-40": "social workers only can be said: test_social_workers_only_can_be_said",
    "WT-46": "a child in need is open to other backgrounds: test_a_lead_may_come_from_outside_the_authority",
    "HAM-01": "a practitioner of either sort may lead: test_a_social_care_practitioner_may_lead",
    "HAM-26": "a step-up is possible at any time: test_no_gate_stands_before_escalating",
    "HAM-27": "any agency may ask for it: test_no_gate_stands_before_escalating",
}

# What a clause hands to another's rule: that rule carries it.
CARRIED = {"HAM-40": "WT-03", "HAM-52": "HAM-52"}

# Rules that no command line can break, or that a story cannot tell of, with the test that does.
TOLD_ELSEWHERE = {
    "CORE-11": "test_an_audit_under_a_protocol_that_lacks_a_role_says_so",
    "CORE-09": "test_a_waiver_that_nothing_used_is_a_finding",
}


@attrs.define
class Seen:
    """What the rules made of the stories' steps: broken or held, for clocks also started and kept."""

    broken: set[str] = attrs.field(factory=set)
    held: set[str] = attrs.field(factory=set)
    started: set[str] = attrs.field(factory=set)
    kept: set[str] = attrs.field(factory=set)
    late: set[str] = attrs.field(factory=set)
    failed: list[str] = attrs.field(factory=list)

    def judged(self, edition: Edition, moment: Moment, findings: list[Finding]) -> None:
        """Write down what the gates made of one step."""
        broken = {finding.rule for finding in findings}
        self.broken |= broken
        for rule in edition.gates.get(moment.event.kind, ()):
            if rule.gate.id not in broken and rule.when.holds(moment):
                self.held.add(rule.gate.id)

    def advanced(self, running: dict[str, list[Obligation]], finished: list[Obligation]) -> None:
        """Write down what the clocks made of one event."""
        self.started |= {rule for rule, obligations in running.items() if obligations}
        for obligation in finished:
            self.started.add(obligation.rule.id)
            if obligation.is_late():
                self.late.add(obligation.rule.id)
            elif obligation.state == DONE:
                self.kept.add(obligation.rule.id)


@pytest.fixture(scope="module")
def seen() -> Seen:
    """Tell every story once, and return what the rules made of them."""
    made = Seen()
    judge, advance, audit = gates.judge, clocks.Tracker.advance, conformance.audit

    def judged(edition: Edition, moment: Moment) -> tuple[list[Finding], int]:
        findings, unjudged = judge(edition, moment)
        made.judged(edition, moment, findings)
        return findings, unjudged

    def advanced(self: clocks.Tracker, moment: Moment) -> list[Obligation]:
        finished = advance(self, moment)
        made.advanced(self.running, finished)
        return finished

    def audited(*given: Any, **named: Any) -> conformance.Audit:
        found = audit(*given, **named)
        made.late |= {finding.rule for finding in found.findings if finding.due is not None}
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conformance, "audit", audited)
        patch.setattr("cinctl.judging.judge", judged)
        patch.setattr(clocks.Tracker, "advance", advanced)
        made.failed = [o.file for o in stories.run([TESTS / "stories"]) if not o.passed]
    return made


def asking() -> dict[str, Clause]:
    """Return every clause that asks for something."""
    return {id_: clause for id_, clause in register().items() if clause.level != "context"}


def rules() -> list[Rule]:
    """Return every rule of the bundled protocols, each once."""
    return [*GATES.values(), *CLOCKS.values()]


def carriers(clause: str) -> list[Rule]:
    """Return the rules that carry *clause*, in any bundled protocol."""
    return [rule for protocol in BUNDLED for rule in rules_of(protocol) if clause in rule.clauses]


def denying() -> dict[str, list[Rule]]:
    """Return for each hard clause the rules that say no in its name."""
    hard = [id_ for id_, clause in register().items() if clause.level == "hard"]
    return {id_: [r for r in carriers(CARRIED.get(id_, id_)) if r.level == "deny"] for id_ in hard}


# Homes


def test_the_registers_are_whole() -> None:
    """Five documents, 327 clauses: 97 hard, 144 soft, 86 context."""
    levels = [clause.level for clause in register().values()]
    assert {level: levels.count(level) for level in ("hard", "soft", "context")} == {
        "hard": 97,
        "soft": 144,
        "context": 86,
    }
    assert len(levels) == 327


@pytest.mark.parametrize("source", ["TOR", "BRI", "WT", "TSS", "HAM"])
def test_every_clause_that_asks_for_something_has_a_home(source: str) -> None:
    """In some bundled protocol, and not one that is promised for later or taken out."""
    found = {clause for p in BUNDLED for clause, places in homes(p).items() if any(map(is_home, places))}
    assert [id_ for id_, clause in asking().items() if clause.source == source and id_ not in found] == []


def is_home(place: str) -> bool:
    """Return whether *place* keeps a clause."""
    return not place.startswith(("next", "disabled"))


@pytest.mark.parametrize("protocol", BUNDLED, ids=lambda p: p.id)
def test_what_homes_names_exists(protocol: Protocol) -> None:
    """A field, kind, set, gate, report or key that `[homes]` names is there; the rest says what holds, in words."""
    assert [f"{clause} = {home}" for clause, home in protocol.homes.items() if not is_there(protocol, home)] == []


def is_there(protocol: Protocol, home: str) -> bool:
    """Return whether what a line of `[homes]` names exists."""
    sort, _, name = home.partition(":")
    name = name.strip().partition(",")[0]
    kind, _, field = name.partition(".")
    if sort == "field":
        return kind in KINDS and field in KINDS[kind].fields
    if sort == "protocol":
        return hasattr(protocol, name)
    if sort == "report":
        return name in COMMANDS
    if sort in ("lint", "invariant"):
        return " " in name
    known = {"kind": [*KINDS], "set": [*protocol.sets], "gate": [*protocol.gates], "clock": [*protocol.clocks]}
    return name in known.get(sort, [])


def test_every_clause_that_a_rule_cites_exists() -> None:
    """A rule cites clauses of the registers; one of the core, or from outside the documents, cites its own id."""
    unknown = {rule.id: set(rule.clauses) - set(register()) for rule in rules()}
    own = {rule.id: {rule.id.partition(".")[0]} for rule in rules() if rule.external or rule.id.startswith("CORE-")}
    assert {id_: found for id_, found in unknown.items() if found - own.get(id_, set())} == {}


@pytest.mark.parametrize("protocol", BUNDLED, ids=lambda p: p.id)
def test_every_clause_that_a_word_cites_exists(protocol: Protocol) -> None:
    """Roles, codes, training and `[homes]` too."""
    cited = [c for role in protocol.roles.values() for c in role.clauses]
    cited += [c for words in protocol.codes.values() for code in words.values() for c in code.clauses]
    cited += [c for training in protocol.training.values() for c in training.clauses]
    assert {*cited, *protocol.homes} - set(register()) == set()


@pytest.mark.parametrize("protocol", [None, *BUNDLED], ids=lambda p: p.id if p else "none")
def test_every_clause_is_listed_with_its_home(protocol: Protocol | None) -> None:
    """Under any protocol, and without one: all five registers, each clause with a home or `context`."""
    rows = list(clause_rows(protocol))
    assert [row["clause"] for row in rows] == list(register())
    assert [row["clause"] for row in rows if not row["home"]] == []
    assert all(row["level"] == "context" for row in rows if row["home"] == ["context"])


@pytest.mark.parametrize("chosen", [[], ["--protocol", "hampshire"]], ids=["without", "hampshire"])
def test_the_command_lists_every_clause(
    chosen: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`cinctl protocol clauses` needs no protocol to be chosen, nor a store."""
    monkeypatch.chdir(tmp_path)
    assert run([*chosen, "protocol", "clauses", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert (len(rows), [row["clause"] for row in rows if not row["home"]]) == (327, [])


def test_a_home_elsewhere_is_named_with_its_protocol() -> None:
    """What the protocol at hand does not keep says which one does."""
    rows = {row["clause"]: row["home"] for row in clause_rows(load("working-together-2023"))}
    assert rows["WT-19"] == ["gate WT-19"]
    assert "bristol: gate BRI-29" in rows["BRI-29"]


# Rules, as the stories show them


def test_every_story_goes_as_told(seen: Seen) -> None:
    """What the rules are seen to do below, they are seen to do where it was expected."""
    assert seen.failed == []


@pytest.mark.parametrize("gate", [g for g in GATES.values() if g.id not in TOLD_ELSEWHERE], ids=lambda g: g.id)
def test_every_gate_is_seen_to_say_no_and_yes(gate: Gate, seen: Seen) -> None:
    """In some story it stands against a step, and in some it is asked and lets one pass."""
    assert (gate.id in seen.broken, gate.id in seen.held) == (True, True)


@pytest.mark.parametrize("clock", [c for c in CLOCKS if c not in TOLD_ELSEWHERE])
def test_every_clock_is_seen_to_run_and_to_be_kept(clock: str, seen: Seen) -> None:
    """In some story it starts, and in some it is done in time."""
    assert (clock in seen.started, clock in seen.kept) == (True, True)


@pytest.mark.parametrize("clause", [c for c in denying() if c not in PERMITS])
def test_every_hard_clause_that_forbids_is_seen_to(clause: str, seen: Seen) -> None:
    """Something says no in its name, and in some story does, and in some does not."""
    said = {rule.id for rule in denying()[clause]}
    assert said & (seen.broken | seen.late)
    assert said & (seen.held | seen.kept)


def test_the_table_of_what_is_permitted_is_no_longer_than_it_needs_to_be() -> None:
    """What stands in it is hard, and each test that it names exists."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("test_*.py")))
    named = [*PERMITS.values(), *(f": {test}" for test in TOLD_ELSEWHERE.values())]
    assert [line for line in named if f"def {line.rpartition(': ')[2]}(" not in text] == []
    assert [id_ for id_ in PERMITS if register()[id_].level != "hard"] == []
    assert [id_ for id_, found in denying().items() if not found and id_ not in PERMITS] == []


def test_every_clause_that_asks_for_something_is_named_by_a_test() -> None:
    """By its own id, or by that of a rule that carries it, in a story or a test other than this one."""
    files = [p for p in sorted(TESTS.rglob("*")) if p.suffix in (".py", ".toml") and p != Path(__file__).resolve()]
    words = set(re.findall(r"[A-Z]+-[A-Z0-9]+", "\n".join(p.read_text(encoding="utf-8") for p in files)))
    names = {id_: {id_, *(rule.id.partition(".")[0] for rule in carriers(id_))} for id_ in asking()}
    assert [id_ for id_, known in names.items() if not known & words] == []
