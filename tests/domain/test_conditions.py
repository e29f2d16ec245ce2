"""Condition tables: every operator on every sort of fact, present and absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.casebook import Casebook
from cinctl.conditions import OPERATORS
from cinctl.errors import ProtocolError
from cinctl.history import Event
from cinctl.judging import judge_step
from cinctl.rules import RuleBook
from tests.domain.world import gate, memory, protocol

SETS = '[sets]\nkin = ["family", "parent"]\nnobody = []\n'


def _event(kind: str, on: str, seq: int, by: str | None = None, **data: Any) -> Event:
    return Event(seq=seq, kind=kind, case="R1", at=on, by=by, data=data)


def _book(folder: Path, kind: str, conditions: dict[str, str]) -> Casebook:
    """Return a book with one warn gate on *kind* for each condition, and a case in it."""
    toml = SETS + "".join(gate(name, f'"{kind}"', text, level="warn") for name, text in conditions.items())
    book = memory(folder, toml)
    book.take(_event("refer", "2026-02-23", 1, source="1A", born="2015-06-01", agencies=["police", "school"]))
    return book


def _held(book: Casebook, event: Event) -> set[str]:
    """Return which of the conditions hold of *event*."""
    known = {g for rules in book.rules.newest.gates.values() for r in rules if (g := r.gate.id)[:4] != "CORE"}
    return known - {f.rule for f in judge_step(book, event).findings}


def _hold(folder: Path, kind: str, conditions: dict[str, str], on: str = "2026-03-02", **data: Any) -> set[str]:
    return _held(_book(folder, kind, conditions), _event(kind, on, 2, **data))


def _each(field: str, **operands: str) -> dict[str, str]:
    return {name: f'{{ "event.{field}" = {operand} }}' for name, operand in operands.items()}


def test_an_absent_fact_fails_every_operator_but_the_complements(tmp_path: Path) -> None:
    """Of an absent fact only `absent`, `not`, `none_of` and `differs_from` hold."""
    text = _each(
        "text",
        present="{ present = true }",
        absent="{ absent = true }",
        literal='"x"',
        listed='["x", "y"]',
        negated='{ not = "x" }',
        negated_list='{ not = ["x"] }',
        negated_table="{ not = { present = true } }",
        any_of='{ any_of = ["x"] }',
        none_of='{ none_of = ["x"] }',
        same_as='{ same_as = "case.id" }',
        differs_from='{ differs_from = "case.id" }',
    )
    assert _hold(tmp_path, "note", text) == {
        *("absent", "negated", "negated_list", "negated_table", "none_of", "differs_from")
    }


def test_date_operators_are_false_of_an_absent_fact(tmp_path: Path) -> None:
    """`on_or_before`, `on_or_after` and `within` are false when the fact is absent."""
    dates = _each(
        "see_child_by",
        before='{ on_or_before = "event.on" }',
        after='{ on_or_after = "event.on" }',
        within='{ within = "1 year" }',
        fixed="{ on_or_before = 2099-01-01 }",
    )
    assert _hold(tmp_path, "direct", dates) == set()


def test_date_operators_are_false_when_the_operand_is_absent(tmp_path: Path) -> None:
    """A comparison with a date that is not on record is false either way round, and `differs_from` holds."""
    dates = _each(
        "on",
        before='{ on_or_before = "last.map.on" }',
        after='{ on_or_after = "last.map.on" }',
        same='{ same_as = "last.map.on" }',
        differs='{ differs_from = "last.map.on" }',
    )
    assert _hold(tmp_path, "note", dates) == {"differs"}


def test_list_operators_are_false_of_an_absent_fact(tmp_path: Path) -> None:
    """`includes`, `includes_all`, `at_least`, `at_most` are false when the list was not given."""
    lists = _each(
        "who",
        includes='{ includes = "family" }',
        all='{ includes_all = ["family"] }',
        least="{ at_least = 0 }",
        most="{ at_most = 9 }",
        literal='"family"',
        negated='{ not = "family" }',
    )
    assert _hold(tmp_path, "inform", lists) == {"negated"}


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_blank_text_is_absent(tmp_path: Path, blank: str) -> None:
    """Text of nothing but space counts as not given."""
    text = _each("text", present="{ present = true }", absent="{ absent = true }")
    assert _hold(tmp_path, "note", text, text=blank) == {"absent"}


def test_false_zero_and_an_empty_list_are_present(tmp_path: Path) -> None:
    """`false`, 0 and an explicitly empty list are present."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    flag = {"alone": '{ "event.alone" = { present = true } }', "no": '{ "event.alone" = false }'}
    assert _hold(tmp_path, "visit", flag, alone=False) == {"alone", "no"}
    number = {"zero": '{ "event.previous_plans" = 0 }', "some": '{ "event.previous_plans" = { present = true } }'}
    assert _hold(tmp_path / "a", "plan.draft", number, previous_plans=0) == {"zero", "some"}
    lists = _each("who", present="{ present = true }", least="{ at_least = 0 }", most="{ at_most = 0 }", one='"family"')
    assert _hold(tmp_path / "b", "inform", lists, who=[]) == {"present", "least", "most"}


def test_a_literal_against_a_list_means_contains(tmp_path: Path) -> None:
    """A literal against a list fact: the list contains it; `not` is the complement."""
    lists = _each("who", yes='"family"', no='"referrer"', not_yes='{ not = "family" }', not_no='{ not = "referrer" }')
    assert _hold(tmp_path, "inform", lists, who=["family", "child"]) == {"yes", "not_no"}


def test_a_list_against_a_list_shares_an_element(tmp_path: Path) -> None:
    """A list against a list fact: one element in common; `none_of`: none."""
    lists = _each(
        "who",
        shared='["family", "referrer"]',
        apart='["manager", "referrer"]',
        none='{ none_of = ["manager", "referrer"] }',
        some='{ none_of = ["family"] }',
        includes='{ includes = ["family", "referrer"] }',
        includes_all='{ includes_all = ["family", "referrer"] }',
        all_there='{ includes_all = ["family", "child"] }',
    )
    assert _hold(tmp_path, "inform", lists, who=["family", "child"]) == {"shared", "none", "includes", "all_there"}


def test_length_of_a_list(tmp_path: Path) -> None:
    """`at_least` and `at_most` on a list look at its length."""
    lists = _each(
        "who", two="{ at_least = 2 }", three="{ at_least = 3 }", most="{ at_most = 2 }", one="{ at_most = 1 }"
    )
    assert _hold(tmp_path, "inform", lists, who=["family", "child"]) == {"two", "most"}


def test_a_length_may_be_held_against_another_fact(tmp_path: Path) -> None:
    """`at_least` and `at_most` name a fact: a list's length is held against that of the other, or against a number."""
    sizes = _each(
        "agencies",
        least='{ at_least = "case.agencies" }',
        most='{ at_most = "case.agencies" }',
        years='{ at_most = "case.age" }',
        none='{ at_least = "case.scope" }',
    )

    assert _hold(tmp_path, "inform", sizes, agencies=["gp"]) == {"most", "years"}
    assert _hold(tmp_path, "inform", sizes, agencies=["gp", "school"]) == {"least", "most", "years"}
    assert _hold(tmp_path, "inform", sizes, agencies=["gp", "school", "police"]) == {"least", "years"}
    assert _hold(tmp_path, "inform", sizes) == set()


def test_same_as_between_a_value_and_a_list_is_membership(tmp_path: Path) -> None:
    """`same_as` between a value and a list asks whether the value is in the list, whichever side it stands on."""
    conditions = {
        "in": '{ "event.partner" = { same_as = "case.agencies" } }',
        "out": '{ "event.partner" = { differs_from = "case.agencies" } }',
        "turned": '{ "case.agencies" = { same_as = "event.partner" } }',
    }
    book = _book(tmp_path, "dissent", conditions)
    assert _held(book, _event("dissent", "2026-03-02", 2, partner="police")) == {"in", "turned"}
    assert _held(book, _event("dissent", "2026-03-02", 2, partner="gp")) == {"out"}
    assert _held(book, _event("dissent", "2026-03-02", 2)) == {"out"}


def test_sets_and_facts_as_operands(tmp_path: Path) -> None:
    """`@kin` is a set and `@case.agencies` a fact, wherever a list may stand."""
    conditions = {
        "set": '{ "event.who" = "@kin" }',
        "in_list": '{ "event.who" = ["@kin", "referrer"] }',
        "set_includes": '{ "event.who" = { includes = "@kin" } }',
        "set_all": '{ "event.who" = { includes_all = "@kin" } }',
        "not_set": '{ "event.who" = { not = "@kin" } }',
        "none": '{ "event.who" = { none_of = "@kin" } }',
        "empty": '{ "event.who" = "@nobody" }',
        "fact": '{ "event.agencies" = { includes_all = "@case.agencies" } }',
        "some_fact": '{ "event.agencies" = "@case.agencies" }',
        "no_fact": '{ "event.agencies" = { none_of = "@case.agencies" } }',
    }
    book = _book(tmp_path, "inform", conditions)
    event = _event("inform", "2026-03-02", 2, who=["parent"], agencies=["police", "gp"])
    assert _held(book, event) == {"set", "in_list", "set_includes", "some_fact"}
    event = _event("inform", "2026-03-02", 2, who=["family", "parent"], agencies=["school", "gp", "police"])
    assert _held(book, event) == {"set", "in_list", "set_includes", "set_all", "fact", "some_fact"}


def test_an_absent_fact_as_an_operand(tmp_path: Path) -> None:
    """With an absent fact for operand, `any_of` is false and `none_of` holds."""
    conditions = {
        "any": '{ "event.who" = { any_of = "@case.scope" } }',
        "none": '{ "event.who" = { none_of = "@case.scope" } }',
        "includes": '{ "event.who" = { includes = "@case.scope" } }',
        "all": '{ "event.who" = { includes_all = "@case.scope" } }',
    }
    assert _hold(tmp_path, "inform", conditions, who=["family"]) == {"none"}


def test_a_map_reads_as_its_non_blank_keys(tmp_path: Path) -> None:
    """A map is the list of its keys whose text is not blank, and `.KEY` is a text."""
    conditions = {
        "key": '{ "event.rationale" = "skills" }',
        "blank_key": '{ "event.rationale" = "risk" }',
        "length": '{ "event.rationale" = { at_least = 1, at_most = 1 } }',
        "part": '{ "event.rationale.skills" = "much" }',
        "blank_part": '{ "event.rationale.risk" = { absent = true } }',
        "no_part": '{ "event.rationale.other" = { absent = true } }',
        "includes": '{ "event.rationale" = { includes_all = ["skills", "risk"] } }',
    }
    book = _book(tmp_path, "allocate", conditions)
    event = _event("allocate", "2026-03-02", 2, to="kw1", rationale={"skills": "much", "risk": "  "})
    assert _held(book, event) == {"key", "length", "part", "blank_part", "no_part"}


def test_dates_compare_including_the_day_itself(tmp_path: Path) -> None:
    """`on_or_before` and `on_or_after` hold on the day itself."""
    dates = _each(
        "see_child_by", before='{ on_or_before = "event.on" }', after='{ on_or_after = "event.on" }', day="2026-03-02"
    )
    book = _book(tmp_path, "direct", dates)
    held = {day: _held(book, _event("direct", "2026-03-02", 2, see_child_by=f"2026-03-0{day}")) for day in (1, 2, 3)}
    assert held == {1: {"before"}, 2: {"before", "after", "day"}, 3: {"after"}}


def test_dates_are_london_dates(tmp_path: Path) -> None:
    """An event at 23:30 UTC on 30 June is of 1 July in London."""
    dates = _each("see_child_by", same='{ same_as = "event.on" }')
    dates["night"] = '{ "event.time" = "00:30" }'
    dates["wednesday"] = '{ "event.weekday" = "wednesday" }'
    dates["working"] = '{ "event.working_day" = true }'
    assert _hold(tmp_path, "direct", dates, on="2026-06-30T23:30:00+00:00", see_child_by="2026-07-01") == {
        *("same", "night", "wednesday", "working")
    }


def test_the_time_is_absent_when_only_a_date_was_given(tmp_path: Path) -> None:
    """`event.time` is absent of a step with a date alone; its weekday is not."""
    conditions = {"time": '{ "event.time" = { present = true } }', "day": '{ "event.weekday" = "sunday" }'}
    conditions["working"] = '{ "event.working_day" = false }'
    assert _hold(tmp_path, "note", conditions, on="2026-03-01") == {"day", "working"}


@pytest.mark.parametrize(
    ("day", "holds"),
    [("2026-02-01", False), ("2026-02-02", True), ("2026-03-02", True), ("2026-03-03", False)],
)
def test_within_looks_back_from_the_step(tmp_path: Path, day: str, holds: bool) -> None:
    """`within = D` holds of a date d when d <= event.on <= d + D."""
    dates = _each("see_child_by", within='{ within = "4 weeks" }')
    assert (_hold(tmp_path, "direct", dates, see_child_by=day) == {"within"}) is holds


def test_an_array_of_tables_is_or_and_a_table_is_and(tmp_path: Path) -> None:
    """An array of tables holds when any table does; a table holds when every line does; so do all its operators."""
    conditions = {
        "or": '[{ "event.who" = "referrer" }, { "event.about" = "close" }]',
        "and": '{ "event.who" = "referrer", "event.about" = "close" }',
        "operators": '{ "event.who" = { at_least = 1, includes = "referrer" } }',
    }
    book = _book(tmp_path, "inform", conditions)
    assert _held(book, _event("inform", "2026-03-02", 2, who=["family"], about="close")) == {"or"}
    assert _held(book, _event("inform", "2026-03-02", 2, who=["referrer"], about="close")) == set(conditions)


def test_an_empty_when_holds(tmp_path: Path) -> None:
    """An empty or missing `when` holds, so that the gate is always asked."""
    book = memory(
        tmp_path, gate("A", '"note"', '{ "event.text" = "x" }', "{}") + gate("B", '"note"', '{ "event.text" = "x" }')
    )
    book.take(_event("refer", "2026-02-23", 1, source="1A", born="2015-06-01"))
    assert {f.rule for f in judge_step(book, _event("note", "2026-03-02", 2, text="y")).findings} == {"A", "B"}


_VALUES = st.one_of(st.none(), st.lists(st.sampled_from(["family", "parent", "referrer", "child"]), unique=True))
_WORDS = st.lists(st.sampled_from(["family", "parent", "referrer", "manager"]), min_size=1, unique=True)


@pytest.fixture(scope="module")
def complements(tmp_path_factory: pytest.TempPathFactory) -> Casebook:
    """A book with an operator and its complement side by side, for many operands."""
    conditions = {"p": "{ present = true }", "not-p": "{ absent = true }", "not-p2": "{ not = { present = true } }"}
    for word in ("family", "parent", "referrer", "manager"):
        conditions |= {f"is-{word}": f'"{word}"', f"not-is-{word}": f'{{ not = "{word}" }}'}
    for n, words in enumerate((["family"], ["family", "referrer"], ["@kin", "child"])):
        text = json.dumps(words)
        conditions |= {f"any{n}": f"{{ any_of = {text} }}", f"not-any{n}": f"{{ none_of = {text} }}"}
        conditions |= {f"of{n}": text, f"not-of{n}": f"{{ not = {text} }}"}
    conditions |= {"same": '{ same_as = "event.about" }', "not-same": '{ differs_from = "event.about" }'}
    conditions |= {"len": "{ at_least = 1, at_most = 2 }", "not-len": "{ not = { at_least = 1, at_most = 2 } }"}
    return _book(tmp_path_factory.mktemp("complements"), "inform", _each("who", **conditions))


@given(who=_VALUES, about=st.sampled_from([None, "family", "referrer", "close", " "]))
def test_complements_are_exact(complements: Casebook, who: list[str] | None, about: str | None) -> None:
    """`absent`, `not`, `none_of`, `differs_from` hold exactly where their opposites do not, whatever the fact."""
    data: dict[str, Any] = {k: v for k, v in (("who", who), ("about", about)) if v is not None}
    held = _held(complements, _event("inform", "2026-03-02", 2, **data))
    pairs = {"not-p": "p", "not-p2": "p"} | {
        f"not-{name}": name
        for name in ("same", "len", *(f"is-{w}" for w in ("family", "parent", "referrer", "manager")))
    }
    pairs |= {f"not-{name}{n}": f"{name}{n}" for name in ("any", "of") for n in range(3)}
    for negative, positive in pairs.items():
        assert (negative in held) != (positive in held), (negative, positive)


def _faults(folder: Path, toml: str) -> str:
    with pytest.raises(ProtocolError) as caught:
        RuleBook(protocol(folder, SETS + toml))
    return "\n".join(caught.value.faults)


BAD = {
    "root": ("note", '{ "evnt.text" = "x" }', "Did you mean 'event'?"),
    "field": ("inform", '{ "event.whoo" = "family" }', "Did you mean 'who'?"),
    "case": ("note", '{ "case.teir" = "section_17" }', "Did you mean 'tier'?"),
    "person": ("allocate", '{ "to.rol" = "x" }', "Did you mean 'role'?"),
    "actor": ("note", '{ "actor.unti" = "x" }', "Did you mean 'unit'?"),
    "kind": ("note", '{ "last.mapp.on" = { present = true } }', "Did you mean 'map'?"),
    "phase": ("note", '{ "count.assess.begin" = 1 }', "count.assess.begin"),
    "past field": ("note", '{ "last.map.strenghts" = "x" }', "Did you mean 'strengths'?"),
    "rule": ("note", '{ "open.CORE-99" = true }', "CORE-09"),
    "consent": ("note", '{ "case.consent.asessment" = "given" }', "Did you mean 'assessment'?"),
    "thread": ("approve.assessment", '{ "assessment.finidng" = "x" }', "Did you mean 'finding'?"),
    "operator": ("note", '{ "event.text" = { presnt = true } }', "Did you mean 'present'?"),
    "set": ("inform", '{ "event.who" = "@kinn" }', "Did you mean 'kin'?"),
    "set in a list": ("map", '{ "event.strengths" = ["@kinn", "x"] }', "@kinn"),
    "fact operand": ("inform", '{ "event.agencies" = { any_of = "@case.agencis" } }', "Did you mean 'agencies'?"),
    "code": ("inform", '{ "event.who" = "famly" }', "Did you mean 'family'?"),
    "text for a date": ("direct", '{ "event.see_child_by" = "2026-01-01" }', "date"),
    "number for text": ("note", '{ "event.text" = 3 }', "text"),
    "flag for a number": ("note", '{ "case.age" = true }', "number"),
    "date operator on text": ("note", '{ "event.text" = { on_or_before = "event.on" } }', "dates"),
    "date against no date": ("note", '{ "event.on" = { on_or_before = "case.id" } }', "no date"),
    "list operator on text": ("note", '{ "event.text" = { includes = "x" } }', "lists"),
    "length of text": ("note", '{ "event.text" = { at_least = 2 } }', "numbers"),
    "present = false": ("note", '{ "event.text" = { present = false } }', "true"),
    "duration": ("note", '{ "case.referred" = { within = "4 weaks" } }', "4 weeks"),
    "no operators": ("note", '{ "event.text" = {} }', "operator"),
    "nothing negated": ("note", '{ "event.text" = { not = {} } }', "event.text"),
    "a time of day among dates": ("note", '{ "event.on" = { on_or_after = 2026-01-01T00:00:00 } }', "date-time"),
    "a date-time as a date": ("refer", '{ "case.born" = 2026-01-01T00:00:00 }', "never be"),
    "a number against a date": ("note", '{ "case.age" = { at_least = "case.born" } }', "no number"),
    "date the same as text": ("note", '{ "event.on" = { same_as = "event.text" } }', "event.text"),
    "training of a person": ("allocate", '{ "to.training.indction.done" = true }', "indction"),
    "training of the actor": ("note", '{ "actor.training.indction.done" = true }', "indction"),
}


@pytest.mark.parametrize("name", BAD)
def test_faults_are_told_at_load(tmp_path: Path, name: str) -> None:
    """An unknown fact, operator, set or code, and a type that can never fit, is told when the file is loaded."""
    kind, condition, told = BAD[name]
    training = '[training.induction]\ntopics = ["law"]\n'
    assert told in _faults(tmp_path, training + gate("L-1", f'"{kind}"', condition))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """A file's faults are told together, each with the rule that it is in."""
    told = _faults(tmp_path, gate("L-1", '"note"', '{ "event.x" = 1 }') + gate("L-2", '"note"', '{ "event.y" = 1 }'))
    assert "L-1" in told
    assert "L-2" in told


def test_the_operators_are_those_of_the_language() -> None:
    """The language has fourteen operators and no more."""
    assert len(set(OPERATORS)) == len(OPERATORS) == 14


def test_a_gate_on_overlapping_kinds_finds_once(tmp_path: Path) -> None:
    """A gate that names a kind and one of its phases makes one finding of one event."""
    book = memory(tmp_path, gate("A", '["assess", "assess.start"]', '{ "event.finding" = { present = true } }'))
    book.take(_event("refer", "2026-02-23", 1, source="1A", born="2015-06-01"))
    assert [f.rule for f in judge_step(book, _event("assess.start", "2026-03-02", 2)).findings] == ["A"]
