"""Facts: what a rule may look at, and as of which day."""

from __future__ import annotations

from pathlib import Path

import pytest

from cinctl.errors import ProtocolError
from cinctl.rules import RuleBook
from tests.domain.world import World, gate, protocol


@pytest.mark.parametrize(
    "condition",
    [
        '{ "case.born" = { on_or_before = "event.on" } }',
        '{ "case.source" = "1A", "case.need" = "N1", "case.family" = "F1" }',
        '{ "case.agencies" = "police" }',
        '{ "case.age" = 10 }',
        '{ "case.age_months" = 128 }',
        '{ "case.born" = 2015-06-01 }',
        '{ "case.expected" = { absent = true } }',
        '{ "case.referred" = { same_as = "event.on" } }',
        '{ "case.received" = { same_as = "event.received_by_team" } }',
    ],
)
def test_the_opening_event_is_read_for_the_case(tmp_path: Path, condition: str) -> None:
    """For the event that opens a case, `case.*` is read from the event."""
    world = World(tmp_path, gate("L-1", '"refer"', condition))
    world.refer(need="N1", family="F1", agencies=["police"], received_by_team="2026-02-24")


def test_a_blank_field_of_the_case_is_absent(tmp_path: Path) -> None:
    """Blank text is absent in the facts of the case too."""
    world = World(tmp_path, gate("L-1", '"note"', '{ "case.family" = { absent = true } }'))
    world.refer(family=" ")
    world.ok("note", "R1", "2026-02-24", text="x")


def test_an_unborn_child_is_of_age_minus_one(tmp_path: Path) -> None:
    """An unborn child has age -1, also in the referral itself, until an update tells the birth."""
    unborn = gate("L-1", '["refer", "map"]', '{ "case.age" = -1 }')
    world = World(tmp_path, unborn + gate("L-2", '"direct"', '{ "case.age" = 0, "case.age_months" = 1 }'))
    world.refer(expected="2026-04-01")
    world.ok("map", "R1", "2026-02-24")
    world.ok("update", "R1", "2026-03-25", born="2026-03-20")
    world.ok("direct", "R1", "2026-04-20")
    assert world.refused("map", "R1", "2026-04-20") == ["L-1"]


def test_a_person_is_looked_up_as_of_the_day_of_the_event(tmp_path: Path) -> None:
    """A field that holds a practitioner opens on that person as of the event's date."""
    world = World(tmp_path, gate("L-1", '"close"', '{ "event.signed_by.role" = "boss" }'))
    world.staff("b1", role="boss")
    world.staff("b2", role="boss")
    world.ok("staff.change", None, "2026-03-10", staff="b1", role="worker")
    world.refer("R1")
    world.refer("R2")
    assert world.refused("close", "R1", "2026-03-10", signed_by="b1") == ["L-1"]
    world.ok("close", "R1", "2026-03-09", signed_by="b1")
    world.ok("close", "R2", "2026-03-10", signed_by="b2")


def test_an_event_field_opens_on_the_event(tmp_path: Path) -> None:
    """A field that holds an event opens on it."""
    world = World(tmp_path, gate("L-1", '"enquire.start"', '{ "event.strategy.on" = { on_or_before = "event.on" } }'))
    world.refer("R1")
    seq = world.ok("strategy", "R1", "2026-03-02")
    assert world.refused("enquire.start", "R1", "2026-03-01", strategy=seq) == ["L-1"]
    assert world.refused("enquire.start", "R1", "2026-03-03") == ["L-1"]
    world.ok("enquire.start", "R1", "2026-03-03", strategy=seq)


PEOPLE = """
[[gate]]
id = "L-1"
on = "note"
when = { "event.text" = "who" }
[gate.require]
"lead.id" = "kw1"
"lead.role" = "worker"
"lead.unit" = "A"
"lead.employer" = "authority"
"lead.qualified" = true
"lead.registered" = true
"lead.since" = 2026-02-25
[[gate]]
id = "L-2"
on = "note"
when = { "event.text" = "gone" }
[gate.require]
"lead.id" = "kw1"
"lead.role" = { absent = true }
"lead.unit" = { absent = true }
"lead.employer" = { absent = true }
"lead.qualified" = { absent = true }
"lead.registered" = { absent = true }
"lead.training.induction.done" = { absent = true }
[training.induction]
topics = ["law", "practice"]
"""


def test_after_leaving_all_but_the_id_is_absent(tmp_path: Path) -> None:
    """Before joining and after leaving, all but a person's id is absent."""
    world = World(tmp_path, PEOPLE)
    world.staff("kw1", unit="A", qualified=True, registered_until="2027-01-01")
    world.refer("R1")
    world.ok("allocate", "R1", "2026-02-25", to="kw1")
    world.ok("note", "R1", "2026-03-01", text="who")
    assert world.refused("note", "R1", "2026-03-01", text="gone") == ["L-2"]
    world.ok("staff.leave", None, "2026-03-05", staff="kw1")
    world.ok("note", "R1", "2026-03-06", text="gone")
    assert "not in post" in world.wrong("staff.change", None, "2026-03-07", staff="kw1", unit="B", qualified=True)
    world.ok("note", "R1", "2026-03-08", text="gone")


def test_registered_on_the_last_day(tmp_path: Path) -> None:
    """`registered` holds while `registered_until` is on or after the date."""
    world = World(tmp_path, gate("L-1", '"note"', '{ "actor.registered" = true }'))
    world.staff("sw1", registered_until="2026-03-02")
    world.refer()
    world.ok("note", "R1", "2026-03-02", "sw1", text="x")
    assert world.refused("note", "R1", "2026-03-03", "sw1", text="x") == ["L-1"]


def test_training_runs_out_and_outlives_leaving(tmp_path: Path) -> None:
    """With `valid_for` a topic counts so long after it was last completed; who comes back brings it along."""
    toml = gate("L-1", '"note"', '{ "actor.training.basics.done" = true }')
    toml += '[training.basics]\ntopics = ["law"]\nvalid_for = "1 month"\n'
    world = World(tmp_path, toml)
    world.staff("sw1")
    world.ok("staff.train", None, "2026-02-10", staff="sw1", topic=["law"])
    world.refer()
    world.ok("note", "R1", "2026-03-10", "sw1", text="x")
    verdict = world.step("note", "R1", "2026-03-11", "sw1", text="x")
    assert not verdict.accepted
    assert "lacks basics topics, or they have run out: law" in verdict.refusals[0]
    world.ok("staff.leave", None, "2026-03-12", staff="sw1")
    world.staff("sw1", on="2026-03-13")
    world.ok("staff.train", None, "2026-03-14", staff="sw1", topic=["law"])
    world.ok("note", "R1", "2026-04-14", "sw1", text="x")


def test_a_child_born_on_a_leap_day_turns_18_on_the_first_of_march(tmp_path: Path) -> None:
    """`case.turns_18` agrees with `case.age`, which is 17 to the end of February."""
    world = World(tmp_path, gate("L-1", '"note"', '{ "case.turns_18" = 2026-03-01, "case.age" = { at_most = 17 } }'))
    world.refer(born="2008-02-29")
    world.ok("note", "R1", "2026-02-28", text="x")
    assert world.refused("note", "R1", "2026-03-01", text="x") == ["L-1"]


def test_training_as_of_the_day(tmp_path: Path) -> None:
    """`P.training.NAME.done` and `missing` look at the topics completed by the day of the step."""
    toml = '[training.induction]\ntopics = ["law", "practice"]\n' + gate(
        "L-1",
        '"allocate"',
        '{ "to.training.induction.done" = true, "to.training.induction.missing" = { at_most = 0 } }',
    )
    world = World(tmp_path, toml)
    world.staff("kw1")
    world.refer()
    world.ok("staff.train", None, "2026-02-24", staff="kw1", topic=["law"])
    assert world.refused("allocate", "R1", "2026-03-02", to="kw1") == ["L-1"]
    world.ok("staff.train", None, "2026-03-03", staff="kw1", topic=["practice"])
    assert world.refused("allocate", "R1", "2026-03-02", to="kw1") == ["L-1"]
    world.ok("allocate", "R1", "2026-03-03", to="kw1")


def test_last_first_and_count_look_at_the_present_episode(tmp_path: Path) -> None:
    """`last`, `first`, `count` start anew with `reopen`; `case.lead_roles` and `previous_lead` do not."""
    toml = gate("L-1", '"note"', '{ "count.map" = 1, "first.map.on" = 2026-04-02, "last.map.on" = 2026-04-02 }')
    toml += gate(
        "L-2", '"note"', '{ "case.lead_roles" = "worker", "previous_lead.id" = "kw1", "lead.id" = { absent = true } }'
    )
    world = World(tmp_path, toml)
    world.staff("kw1")
    world.refer()
    world.ok("map", "R1", "2026-02-25")
    world.ok("allocate", "R1", "2026-02-26", to="kw1")
    world.ok("close", "R1", "2026-03-20")
    world.ok("reopen", "R1", "2026-04-01")
    assert world.refused("note", "R1", "2026-04-01", text="x") == ["L-1"]
    world.ok("map", "R1", "2026-04-02")
    world.ok("note", "R1", "2026-04-02", text="x")


def test_previous_social_worker_is_never_the_present_lead(tmp_path: Path) -> None:
    """`previous_social_worker` is the latest former lead who then was one, never the present lead."""
    world = World(tmp_path, gate("L-1", '"note"', '{ "previous_social_worker.id" = { same_as = "event.text" } }'))
    world.staff("sw1", role="social_worker")
    world.staff("sw2", role="social_worker")
    world.staff("kw1")
    world.refer()
    for day, to, lead in ((24, "sw1", None), (25, "sw2", "sw1"), (26, "kw1", "sw2")):
        data = {"from": lead} if lead else {}
        world.ok("allocate", "R1", f"2026-02-{day}", to=to, **data)
    assert world.refused("note", "R1", "2026-02-27", text="sw1") == ["L-1"]
    world.ok("staff.change", None, "2026-02-27", staff="sw2", role="boss")
    world.ok("note", "R1", "2026-02-27", text="sw2")
    world.ok("allocate", "R1", "2026-02-28", to="sw2", from_="kw1")
    world.ok("note", "R1", "2026-02-28", text="sw1")


def test_consent_legal_status_coworkers_manager_scope(tmp_path: Path) -> None:
    """The facts of the case follow what its events say."""
    require = (
        '{ "case.consent.assessment" = "withdrawn", "case.legal_status" = ["looked_after"], '
        '"case.coworkers" = { at_most = 0 }, "case.manager.role" = "boss", "case.scope" = "young", '
        '"case.state" = "open", "case.tier" = "section_17", "case.unit" = "A" }'
    )
    world = World(tmp_path, gate("L-1", '"note"', require))
    world.staff("kw1", unit="B")
    world.staff("b1", role="boss", unit="A")
    world.refer()
    world.ok("decide", "R1", "2026-02-24", "b1", outcome="section_17")
    world.ok("consent.assessment", "R1", "2026-02-24", answer="given")
    world.ok("consent.assessment", "R1", "2026-02-25", answer="withdrawn")
    world.ok("allocate", "R1", "2026-02-25", to="kw1", manager="b1", scope=["young"])
    world.ok("cowork.add", "R1", "2026-02-25", with_="b1")
    world.ok("legal.start", "R1", "2026-02-25", status="looked_after")
    assert world.refused("note", "R1", "2026-02-26", text="x") == ["L-1"]
    world.ok("cowork.end", "R1", "2026-02-26", with_="b1")
    world.ok("note", "R1", "2026-02-26", text="x")


NAMED = """
[events.told]
on = "inform"
when = { "event.about" = "close" }
[events.told_family]
on = "told"
when = { "event.who" = "family" }
[events.any_assessment]
on = ["assess", "assess.start"]
"""


def test_named_events_build_on_one_another(tmp_path: Path) -> None:
    """A named event is a kind, or another named event, and a condition."""
    toml = NAMED + gate(
        "L-1", '"note"', '{ "count.told" = 2, "count.told_family" = 1, "last.told_family.on" = 2026-02-25 }'
    )
    world = World(tmp_path, toml)
    world.refer()
    world.ok("inform", "R1", "2026-02-24", about="close", who=["referrer"])
    world.ok("inform", "R1", "2026-02-25", about="close", who=["family"])
    world.ok("inform", "R1", "2026-02-26", about="plan", who=["family"])
    world.ok("note", "R1", "2026-02-26", text="x")


def test_a_named_event_counts_once(tmp_path: Path) -> None:
    """A named event that lists a kind and one of its phases counts each event once."""
    world = World(tmp_path, NAMED + gate("L-1", '"note"', '{ "count.any_assessment" = 1 }'))
    world.refer()
    world.ok("assess.start", "R1", "2026-02-24")
    world.ok("note", "R1", "2026-02-26", text="x")


def test_open_and_due_of_a_rule(tmp_path: Path) -> None:
    """`open.RULE` says whether a clock runs, and `due.RULE` is the earliest due date."""
    toml = gate("L-1", '"note"', '{ "open.K" = true, "due.K" = 2026-03-10 }') + (
        '[[clock]]\nid = "K"\nstarts = "direct"\nstops = "visit"\nwithin = "event.see_child_by"\nagain = "another"\n'
    )
    world = World(tmp_path, toml)
    world.refer()
    world.ok("direct", "R1", "2026-02-24", see_child_by="2026-03-20")
    world.ok("direct", "R1", "2026-02-25", see_child_by="2026-03-10")
    world.ok("note", "R1", "2026-02-26", text="x")
    world.ok("visit", "R1", "2026-02-27")
    assert world.refused("note", "R1", "2026-02-27", text="x") == ["L-1"]


def test_there_is_no_fact_today(tmp_path: Path) -> None:
    """No rule may look at the day on which it is asked."""
    with pytest.raises(ProtocolError, match="today"):
        RuleBook(protocol(tmp_path, gate("L-1", '"note"', '{ "today" = { present = true } }')))


def test_families_open_in_the_service(tmp_path: Path) -> None:
    """`service.open_families`, the only fact across cases, counts families that the service works with already."""
    toml = gate("L-1", '"service.start"', '{ "service.open_families" = { at_most = 1 } }', level="warn")
    world = World(tmp_path, toml)
    for case, family in (("R1", "F1"), ("R2", "F1"), ("R3", "F2"), ("R4", "F3")):
        world.refer(case, family=family)

    def found(case: str, on: str, service: str = "ifss") -> list[str]:
        return [f.rule for f in world.step("service.start", case, on, service=service).findings]

    assert found("R1", "2026-03-02") == found("R2", "2026-03-02") == found("R3", "2026-03-02") == []
    assert found("R4", "2026-03-03", "arc") == []
    assert found("R4", "2026-03-04") == ["L-1"]
    world.ok("service.end", "R3", "2026-03-05", service="ifss")
    world.ok("service.end", "R4", "2026-03-05", service="ifss")
    assert found("R3", "2026-03-06") == []


@pytest.mark.parametrize(
    "rule",
    [
        gate("L-1", '"note"', '{ "params.inception" = { on_or_before = "event.on" } }'),
        gate("L-1", '"note"', '{ "event.on" = { on_or_after = "params.inception" } }'),
        '[[clock]]\nid = "L-1"\nstarts = "refer"\nstops = "note"\nwithin = "params.inception"\n',
        '[[clock]]\nid = "L-1"\nstarts = "late"\nstops = "note"\nwithin = "1 day"\n'
        '[events.late]\non = "refer"\nwhen = { "event.on" = { on_or_after = "params.inception" } }\n',
        '[[clock]]\nid = "L-1"\nstarts = "refer"\nstops = "early"\nwithin = "1 day"\n'
        '[events.early]\non = "note"\nwhen = { "event.on" = { differs_from = "params.inception" } }\n',
    ],
)
def test_a_rule_that_uses_an_unfilled_param_is_not_judged(tmp_path: Path, rule: str) -> None:
    """A rule that uses a param without a value is not judged, and is no fault of the protocol."""
    world = World(tmp_path, '[params]\ninception = { type = "date", say = "first day" }\n' + rule)
    world.refer()
    world.ok("note", "R1", "2026-03-02", text="x")
    assert world.findings("L-1") == []
    assert world.due("L-1") == []
    assert world.workspace().rules.newest.unfilled == {"L-1": "inception"}


def test_a_filled_param_is_a_date(tmp_path: Path) -> None:
    """A param that the authority has filled in compares as what it is."""
    toml = '[params]\ninception = { type = "date", value = 2026-03-02 }\n'
    world = World(tmp_path, toml + gate("L-1", '"note"', '{ "event.on" = { on_or_after = "params.inception" } }'))
    world.refer()
    assert world.refused("note", "R1", "2026-03-01", text="x") == ["L-1"]
    world.ok("note", "R1", "2026-03-02", text="x")


def test_a_flag_param_is_a_flag(tmp_path: Path) -> None:
    """A param is of the type that it is declared with."""
    world = World(
        tmp_path,
        '[params]\nstrict = { type = "flag", value = true }\n' + gate("L-1", '"note"', '{ "params.strict" = false }'),
    )
    world.refer()
    assert world.refused("note", "R1", "2026-03-01", text="x") == ["L-1"]
