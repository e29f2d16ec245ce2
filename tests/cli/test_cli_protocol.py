"""Protocols that contradict themselves, and two protocols held against each other."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.protocol import bundled
from cinctl.render import FORMATS

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Result

HEAD = """[protocol]
id = "mine"
title = "Mine"
extends = "working-together-2023"
status = "agreed"
agreed_by = ["the partnership"]
published_on = 2024-01-01

"""
GATE = '[[gate]]\nid = "X-1"\non = "{on}"\nwhen = {when}\nrequire = {require}\nsay = "so"\n'
CLOCK = '[[clock]]\nid = "X-1"\nstarts = "refer"\nsay = "so"\n{more}\n'


def _lint(desk: Desk, text: str, head: str = HEAD) -> Result:
    (desk.folder / "mine.toml").write_text(head + text, encoding="utf-8")
    return desk.type("protocol lint mine.toml --json")


def _notes(result: Result, level: str) -> list[dict[str, Any]]:
    return [row for row in result.json if row["level"] == level]


def _line(head: str, text: str, needle: str) -> int:
    return (head + text).partition(needle)[0].count("\n") + 1


def test_nothing_is_wrong_to_begin_with(bare: Desk) -> None:
    """The file that the tests below spoil has no error; what it says of audits is its one warning."""
    result = _lint(bare, "")

    assert result.code == 0
    assert [] == _notes(result, "error")


NEVER = [
    ("allocate", "{}", '{ "event.to" = { present = true, absent = true } }', "present and absent"),
    ("allocate", '{ "event.stage" = "plan" }', '{ "event.stage" = "support" }', "'plan' and 'support'"),
    ("allocate", '{ "event.stage" = { absent = true } }', '{ "event.stage" = "plan" }', "present and absent"),
    ("close", '{ "event.reason" = "RC7" }', '{ "event.reason" = { not = "RC7" } }', "rules out"),
    ("close", "{}", '{ "event.reason" = { any_of = ["RC7", "RC8"], none_of = ["RC8", "RC7", "RC1"] } }', "rules out"),
    ("visit", "{}", '{ "event.seen" = { includes_all = ["child"], none_of = ["child"] } }', "rules out"),
    ("visit", "{}", '{ "case.age" = { at_least = 12, at_most = 5 } }', "at_least 12 and at_most 5"),
    ("visit", '{ "case.age" = 3 }', '{ "case.age" = { at_least = 12 } }', "3 and at_least 12"),
    ("visit", "{}", '{ "count.visit" = { absent = true } }', "is never absent"),
    ("visit", "{}", '{ "event.by" = { same_as = "lead.id", differs_from = "lead.id" } }', "the same as 'lead.id'"),
    ("visit", '{ "event.alone" = true }', '{ "event.alone" = false }', "at once"),
    (
        "visit",
        "{}",
        '{ "event.on" = { on_or_after = 2026-01-01, on_or_before = 2025-01-01 } }',
        "on_or_before 2025-01-01",
    ),
    (
        "visit",
        '{ "actor.role" = "duty_worker" }',
        '[{ "actor.role" = "@lead" }, { "actor.role" = "team_manager" }]',
        "at once",
    ),
]


@pytest.mark.parametrize(("on", "when", "require", "why"), NEVER, ids=[f"{w} {r}" for _, w, r, _ in NEVER])
def test_gate_that_can_never_hold(bare: Desk, on: str, when: str, require: str, why: str) -> None:
    """It is an error with file, line and rule: exit 5, told once, in the answer."""
    text = GATE.format(on=on, when=when, require=require)
    result = _lint(bare, text)

    (row,) = _notes(result, "error")
    assert result.code == 5
    assert (row["rule"], row["where"]) == ("X-1", f"mine.toml:{_line(HEAD, text, '[[gate]]')}")
    assert why in row["message"]
    assert result.err == ""


MAY = [
    ("visit", '{ "event.seen" = "child" }', '{ "event.seen" = "mother" }'),
    ("visit", "{}", '[{ "case.age" = { at_least = 12, at_most = 5 } }, { "event.alone" = true }]'),
    ("visit", "{}", '{ "case.age" = { at_least = 5, at_most = 5 } }'),
    ("close", '{ "event.reason" = ["RC7", "RC8"] }', '{ "event.reason" = { present = true, not = "RC8" } }'),
    ("visit", "{}", '{ "event.by" = { same_as = "lead.id", differs_from = "supervisor.id" } }'),
    ("visit", '[{ "event.alone" = true }, { "case.age" = -1 }]', '{ "event.alone" = true }'),
]


@pytest.mark.parametrize(("on", "when", "require"), MAY, ids=[f"{w} {r}" for _, w, r in MAY])
def test_gate_that_may_hold(bare: Desk, on: str, when: str, require: str) -> None:
    """What one event can meet is no error: lists hold several, any table will do, bounds may touch."""
    assert [] == _notes(_lint(bare, GATE.format(on=on, when=when, require=require)), "error")


def test_gate_that_is_never_asked(bare: Desk) -> None:
    """A 'when' that nothing meets is a warning."""
    when = '{ "event.alone" = { present = true, absent = true } }'
    result = _lint(bare, GATE.format(on="visit", when=when, require='{ "event.alone" = true }'))

    assert result.code == 0
    assert "is never asked" in _notes(result, "warning")[0]["message"]


@pytest.mark.parametrize(
    "more",
    [
        'within = "4 weeks"',
        'stops = []\nwithin = "4 weeks"',
        'stops = { on = "visit", when = { "event.seen" = { present = true, absent = true } } }\nwithin = "4 weeks"',
        'stops = "nobody_came"\n[events.nobody_came]\non = "visit"\nwhen = { "count.visit" = { absent = true } }',
    ],
    ids=["missing", "empty", "impossible", "impossible event"],
)
def test_clock_that_nothing_stops(bare: Desk, more: str) -> None:
    """No stop, or none that can come about, is an error with file, line and rule."""
    text = CLOCK.format(more=more)
    result = _lint(bare, text)

    (row,) = _notes(result, "error")
    assert result.code == 5
    assert (row["rule"], row["where"]) == ("X-1", f"mine.toml:{_line(HEAD, text, '[[clock]]')}")
    assert row["message"].startswith("nothing stops it")


@pytest.mark.parametrize(
    "text",
    [
        '[[clock]]\nid = "X-1"\nstops = "visit"\nevery = "1 month"\n',
        '[[clock]]\nid = "X-1"\nstarts = []\nstops = "visit"\nevery = "1 month"\n',
        '[[clock]]\nid = "X-1"\nstops = "visit"\nevery = "1 month"\n'
        'starts = { on = "visit", when = { "event.seen" = { present = true, absent = true } } }\n',
    ],
    ids=["missing", "empty", "impossible"],
)
def test_every_without_a_start(bare: Desk, text: str) -> None:
    """A series that nothing begins is an error with file, line and rule."""
    result = _lint(bare, text)

    (row,) = _notes(result, "error")
    assert (result.code, row["rule"]) == (5, "X-1")
    assert row["where"].startswith("mine.toml:")
    assert "start" in row["message"]


@pytest.mark.parametrize("since", ["", "effective_from = 2024-01-01\n"])
def test_clock_that_starts_with_the_protocol(bare: Desk, since: str) -> None:
    """It needs to know since when the protocol holds."""
    clock = 'id = "X-1"\nfor = "service"\nstarts = "protocol"\nstops = "govern.report"\nevery = "1 year"\nsay = "so"\n'
    result = _lint(bare, f"[[clock]]\n{clock}", head=HEAD.replace("\n\n", f"\n{since}\n"))

    assert bool(since) is not any("since when" in row["message"] for row in _notes(result, "warning"))


def test_limits_that_go_round(bare: Desk) -> None:
    """Two clocks due when the other is due are one error; a chain that ends is none."""
    one = '[[clock]]\nid = "{}"\nstarts = "refer"\nstops = "visit"\nwithin = "{}"\nsay = "so"\n'
    ring = one.format("X-1", "due.X-2") + one.format("X-2", "due.X-1")
    chain = one.format("X-1", "due.X-2") + one.format("X-2", "4 weeks")

    (row,) = _notes(_lint(bare, ring), "error")
    assert "X-1 -> X-2 -> X-1" in row["message"]
    assert [] == _notes(_lint(bare, chain), "error")


@pytest.mark.parametrize(
    ("text", "needle", "rule"),
    [
        ('[sets]\nlead = ["social_worker", "social_workr"]\n', "lead =", "WT-14"),
        ('[sets]\nmanager = ["social_workr"]\n', "manager =", None),
        (
            '[sets]\nwho = ["social_workr"]\n'
            + GATE.format(on="visit", when="{}", require='{ "actor.role" = ["@who", "manager"] }'),
            "who =",
            "X-1",
        ),
        (
            '[sets]\nwho = ["social_workr"]\n' + CLOCK.format(more='stops = "visit"\nowner = "@who"'),
            "who =",
            "X-1",
        ),
    ],
    ids=["lead", "manager", "in a gate", "owner"],
)
def test_role_that_does_not_exist(bare: Desk, text: str, needle: str, rule: str | None) -> None:
    """A member of a set of roles that [roles] lacks is an error on the set's line, with a rule that uses the set."""
    result = _lint(bare, text)

    rows = _notes(result, "error")
    assert result.code == 5
    assert {f"mine.toml:{_line(HEAD, text, needle)}"} == {row["where"] for row in rows}
    assert "Did you mean 'social_worker'?" in rows[0]["message"]
    if rule == "X-1":
        assert [rule] == [row["rule"] for row in rows]


def test_role_in_a_file_below(bare: Desk) -> None:
    """The line is that of the file that has the set, though another extends it."""
    (bare.folder / "below.toml").write_text(
        HEAD.replace("mine", "below") + '[sets]\nlead = ["x"]\n' + CLOCK.format(more='stops = "visit"'), "utf-8"
    )
    head = '[protocol]\nid = "mine"\nextends = "below.toml"\n'

    assert {"below.toml:10"} == {row["where"] for row in _notes(_lint(bare, "", head), "error")}


@pytest.mark.parametrize(("members", "level"), [('["family", "cousin"]', "warning"), ('["cousin"]', "error")])
def test_set_outside_its_code_list(bare: Desk, members: str, level: str) -> None:
    """A set against a field with a code list: a strange word is a warning, nothing but strange words an error."""
    text = f"[sets]\nkin = {members}\n" + GATE.format(
        on="inform", when="{}", require='{ "event.who" = { includes = "@kin" } }'
    )

    found = [row for row in _notes(_lint(bare, text), level) if row["rule"] == "X-1"]
    assert "cousin, not in the code list 'audience'" in found[0]["message"]


def test_literal_outside_its_code_list(bare: Desk) -> None:
    """It keeps the protocol from loading: the fault is in the answer too."""
    text = GATE.format(on="inform", when="{}", require='{ "event.who" = "cousin" }')
    result = _lint(bare, text)

    (row,) = _notes(result, "error")
    assert result.code == 5
    assert (row["protocol"], row["rule"], row["where"]) == ("mine.toml", "X-1", "mine.toml:9")
    assert "code list" in row["message"]


def test_clause_that_nobody_knows(bare: Desk) -> None:
    """A warning for a clause that neither a register nor the file has; a local rule's id need not be one."""
    cited = 'clauses = ["WT-99", "WT-14"]\n'
    gate = GATE.format(on="visit", when="{}", require='{ "event.alone" = true }')
    role = '[roles.odd]\ntitle = "odd"\nclauses = ["WT-98"]\n[homes]\nWT-97 = "field:visit.seen"\n'
    result = _lint(bare, gate.replace('on = "visit"\n', f'on = "visit"\n{cited}') + role)

    told = [(row["rule"], row["message"]) for row in _notes(result, "warning") if "knows" in row["message"]]
    assert [rule for rule, _ in told] == ["X-1", "WT-98", "WT-97"]
    assert told[0][1].endswith("knows WT-99")
    assert [] == [row for row in _notes(_lint(bare, gate), "warning") if "knows" in row["message"]]


def _clauses(result: Result) -> set[tuple[str, str]]:
    return {(row["rule"], row["level"]) for row in result.json if row["rule"]}


ALONE = '[protocol]\nid = "mine"\ntitle = "Mine"\nstatus = "{}"\n'


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            "agreed",
            {
                ("WT-14", "error"),
                *((clause, "warning") for clause in ("WT-13", "WT-15", "WT-16", "WT-17", "WT-43", "BRI-01")),
                *((clause, "note") for clause in ("WT-27", "BRI-01")),
            },
        ),
        (
            "interim",
            {
                ("WT-14", "error"),
                *((clause, "warning") for clause in ("WT-13", "WT-15", "WT-16", "WT-17", "WT-43", "TOR-02")),
                ("WT-27", "note"),
            },
        ),
        ("statutory", {("WT-14", "error"), ("WT-15", "warning"), ("WT-16", "warning")}),
    ],
)
def test_what_a_protocol_has_to_name(bare: Desk, status: str, expected: set[tuple[str, str]]) -> None:
    """An empty protocol is told, by clause, all that a protocol of its status must say."""
    result = _lint(bare, "", ALONE.format(status))

    assert expected == _clauses(result)
    assert result.code == 5


NAMED = """agreed_by = ["the partnership"]
published_on = 2024-01-01
review_on = 2027-01-01

[sets]
lead = ["worker"]
manager = ["boss"]

[roles.worker]
title = "worker"

[roles.boss]
title = "boss"
clauses = ["WT-27"]

[codes.scope]
low_risk = { title = "low risk" }

[[gate]]
id = "X-1"
on = "allocate"
require = { "event.rationale.skills" = { present = true }, "event.supervisor" = { present = true } }
say = "so"

[[clock]]
id = "X-2"
starts = "allocate"
stops = "supervise.formal"
every = "1 month"
say = "so"

[[clock]]
id = "X-3"
starts = "fileaudit.action"
stops = "fileaudit.done"
say = "so"
"""


@pytest.mark.parametrize("status", ["agreed", "interim"])
def test_what_a_protocol_names(bare: Desk, status: str) -> None:
    """One that says it all has nothing to be told."""
    assert _lint(bare, NAMED, ALONE.format(status)).json == []


def test_home_stands_for_a_rule(bare: Desk) -> None:
    """What no rule states may be kept elsewhere, and [homes] says where."""
    without = NAMED.partition('[[clock]]\nid = "X-3"')[0]
    home = '[homes]\nWT-17 = "the audit manual"\n'

    assert {("WT-17", "warning")} == _clauses(_lint(bare, without, ALONE.format("agreed")))
    assert set() == _clauses(_lint(bare, without + home, ALONE.format("agreed")))


def test_protocol_that_claims_nothing_is_left_alone(bare: Desk) -> None:
    """A few rules of one's own, without a status, need not name who leads."""
    assert _lint(bare, "", '[protocol]\nid = "mine"\n').json == []


@pytest.mark.parametrize("name", bundled())
def test_bundled_protocols_have_no_error(bare: Desk, name: str) -> None:
    """None of the protocols that come with the tool contradicts itself."""
    result = bare.type(f"protocol lint {name} --json")

    assert (result.code, _notes(result, "error")) == (0, [])


@pytest.mark.parametrize("form", FORMATS)
def test_lint_in_every_format(bare: Desk, form: str) -> None:
    """Errors stand in every format; exit 5 all the same."""
    (bare.folder / "mine.toml").write_text(HEAD + CLOCK.format(more=""), encoding="utf-8")

    result = bare.type(f"protocol lint mine.toml -f {form}")

    assert result.code == 5
    assert "X-1" in result.out


# Differences

ONE = """[protocol]
id = "one"
title = "One"
effective_from = 2024-01-01

[sets]
lead = ["worker"]
only_in_one = ["worker"]

[roles.worker]
title = "worker"

[codes.scope]
low_risk = { title = "low risk" }

[params.inception]
type = "date"
say = "the first day"

[training.induction]
within = "4 weeks"
topics = ["law"]

[events.told]
on = "inform"

[[gate]]
id = "X-2"
on = "visit"
require = { "event.alone" = true }
say = "alone"

[[gate]]
id = "X-10"
on = "visit"
require = { "event.alone" = true }
say = "dropped"

[[clock]]
id = "X-3"
starts = "refer"
stops = "decide"
within = "1 working day"
say = "decide"
"""
TWO = (
    ONE.replace('id = "one"\ntitle = "One"\neffective_from = 2024-01-01', 'id = "two"\neffective_from = 2025-01-01')
    .replace('lead = ["worker"]\nonly_in_one', 'lead = ["worker", "boss"]\nonly_in_two')
    .replace('[roles.worker]\ntitle = "worker"', '[roles.worker]\ntitle = "a worker"\n\n[roles.boss]\ntitle = "boss"')
    .replace('low_risk = { title = "low risk" }', 'high_risk = { title = "high risk" }')
    .replace('say = "the first day"', 'say = "the first day"\nvalue = 2025-01-06')
    .replace('topics = ["law"]', 'topics = ["law", "practice"]')
    .replace('on = "inform"', 'on = "inform"\nwhen = { "event.who" = "family" }')
    .replace('require = { "event.alone" = true }\nsay = "alone"', 'require = { "event.seen" = "child" }\nsay = "alone"')
    .replace('id = "X-10"\non = "visit"', 'id = "X-9"\non = "visit"')
    .replace('within = "1 working day"', 'within = "2 working days"\nlevel = "deny"')
)
EXPECTED = [
    ("changed", "protocol", "one", "id", "one", "two"),
    ("changed", "protocol", "one", "title", "One", "two"),
    ("changed", "protocol", "one", "effective_from", "2024-01-01", "2025-01-01"),
    ("changed", "gate", "X-2", "require", [{"event.alone": True}], [{"event.seen": "child"}]),
    ("added", "gate", "X-9", None, None, "dropped"),
    ("dropped", "gate", "X-10", None, "dropped", None),
    ("changed", "clock", "X-3", "within", "1 working day", "2 working days"),
    ("changed", "clock", "X-3", "level", "warn", "deny"),
    ("changed", "event", "told", "when", [], [{"event.who": "family"}]),
    ("changed", "set", "lead", None, ["worker"], ["worker", "boss"]),
    ("dropped", "set", "only_in_one", None, ["worker"], None),
    ("added", "set", "only_in_two", None, None, ["worker"]),
    ("added", "role", "boss", None, None, "boss"),
    ("changed", "role", "worker", "title", "worker", "a worker"),
    ("added", "code", "scope.high_risk", None, None, "high risk"),
    ("dropped", "code", "scope.low_risk", None, "low risk", None),
    ("changed", "param", "inception", "value", None, "2025-01-06"),
    ("changed", "training", "induction", "topics", ["law"], ["law", "practice"]),
]


def _two(desk: Desk) -> None:
    (desk.folder / "one.toml").write_text(ONE, encoding="utf-8")
    (desk.folder / "two.toml").write_text(TWO, encoding="utf-8")


def test_diff_tells_every_difference(bare: Desk) -> None:
    """Added, dropped and changed, part by part and key by key, from what to what, always in one order."""
    _two(bare)

    rows = bare.type("protocol diff one.toml two.toml --json").json
    keys = ["change", "what", "name", "key", "before", "after", "was", "now"]
    assert EXPECTED == [tuple(row.values())[:6] for row in rows]
    assert all(keys == list(row) for row in rows)


def test_diff_in_words(bare: Desk) -> None:
    """Beside what a file would hold stands what it means, old and new; what was not there has no words."""
    _two(bare)

    rows = bare.type("protocol diff one.toml two.toml --json").json
    told = {(row["name"], row["key"]): (row["was"], row["now"]) for row in rows}
    assert ("--alone", "--seen is child") == told["X-2", "require"]
    assert ("1 working day", "2 working days") == told["X-3", "within"]
    assert (None, "dropped (--alone)") == told["X-9", None]
    assert ("worker", "worker, boss") == told["lead", None]
    assert (None, "2025-01-06") == told["inception", "value"]
    table = bare.must("protocol diff one.toml two.toml").out
    assert "--seen is child" in table
    assert "event.seen" not in table


def test_diff_of_what_does_not_compile(bare: Desk) -> None:
    """A protocol whose conditions mean nothing can still be held against another, in the words of its file."""
    _two(bare)
    broken = TWO.replace("event.seen", "event.sene")
    (bare.folder / "two.toml").write_text(broken, encoding="utf-8")

    (row,) = [r for r in bare.type("protocol diff one.toml two.toml --json").json if r["key"] == "require"]
    assert ("--alone", "event.sene: child") == (row["was"], row["now"])


def test_diff_of_calendars_and_conditions(bare: Desk) -> None:
    """The calendar is held against the other; when a clock begins is told in words too, and `always` without any."""
    _two(bare)
    more = TWO.replace('starts = "refer"', 'starts = "refer"\nwhen = { "event.need" = { present = true } }')
    (bare.folder / "two.toml").write_text(more + '\n[calendar]\nroll = "next"\n', encoding="utf-8")

    rows = bare.type("protocol diff one.toml two.toml --json").json
    told = {(row["what"], row["name"], row["key"]): (row["was"], row["now"]) for row in rows}
    assert ("none", "next") == told["calendar", "roll", None]
    assert ("always", "--need is given") == told["clock", "X-3", "when"]


def test_diff_backwards(bare: Desk) -> None:
    """Held the other way round, what was added is dropped and before is after."""
    _two(bare)
    turned = {"added": "dropped", "dropped": "added", "changed": "changed"}

    rows = bare.type("protocol diff two.toml one.toml --json").json
    there = {(c, w, n if w != "protocol" else "two", k) for c, w, n, k, _, _ in EXPECTED}
    assert there == {(turned[row["change"]], row["what"], row["name"], row["key"]) for row in rows}


@pytest.mark.parametrize("form", FORMATS)
def test_diff_in_every_format(bare: Desk, form: str) -> None:
    """Each format prints it, exit 0."""
    _two(bare)
    result = bare.must(f"protocol diff one.toml two.toml -f {form}")

    assert "X-10" in result.out
    if form == "csv":
        assert len(list(csv.reader(io.StringIO(result.out)))) == len(EXPECTED) + 1


def test_diff_of_the_same(bare: Desk) -> None:
    """Nothing, and stderr says so."""
    assert bare.type("protocol diff bristol bristol") == (0, "", "No difference.\n")
    assert bare.type("protocol diff bristol bristol --json").json == []


def test_diff_of_bundled_protocols(bare: Desk) -> None:
    """A rule that is disabled is dropped, and the reason stands beside it."""
    rows = bare.type("protocol diff working-together-2023 bristol --json").json

    assert {row["change"] for row in rows if row["name"] == "WT-12"} == {"dropped", "added"}
    assert {row["what"] for row in rows if row["name"] == "WT-12"} >= {"gate", "disabled"}


@pytest.mark.parametrize(
    ("line", "code"), [("bristol", 2), ("bristol brstol", 5), ("one.toml broken.toml", 5)], ids=["one", "name", "file"]
)
def test_diff_needs_two_protocols(bare: Desk, line: str, code: int) -> None:
    """One is wrong usage; one that is not there, or does not load, is exit 5."""
    _two(bare)
    (bare.folder / "broken.toml").write_text("[protocol]\n", encoding="utf-8")

    result = bare.type(f"protocol diff {line}")
    assert (result.code, result.out) == (code, "")


def test_show_tells_where_it_comes_from(bare: Desk) -> None:
    """References, who agreed it, its dates, and each rule taken out with its reason."""
    extra = 'references = ["the Act"]\nreview_on = 2027-01-01\n\n[disable]\nWT-12 = "said otherwise"\n'
    (bare.folder / "mine.toml").write_text(HEAD.rstrip("\n") + "\n" + extra, encoding="utf-8")

    card = " ".join(bare.must("protocol show mine.toml").out.split())
    row = bare.type("protocol show mine.toml --json").json

    for text in (
        "agreed by the partnership",
        "published on Mon 1 Jan 2024",
        "review on Fri 1 Jan 2027",
        "references the Act",
        "disabled WT-12: said otherwise",
    ):
        assert text in card
    assert (row["references"], row["disabled"]) == (["the Act"], {"WT-12": "said otherwise"})
    assert (row["agreed_by"], row["published_on"], row["review_on"]) == (
        ["the partnership"],
        "2024-01-01",
        "2027-01-01",
    )


EXPLAINED = """
[params.age]
type = "number"
say = "the age"
value = 3

[events.seen_alone]
on = "visit"
when = { "event.alone" = true, "event.by" = { same_as = "lead.id" } }

[[gate]]
id = "X-1"
on = ["assess", "visit"]
when = { "case.age" = { at_least = 5 } }
require = { "event.on" = { on_or_after = "case.referred" }, "event.by" = { none_of = "@case.coworkers" } }
say = "so"

[[clock]]
id = "X-2"
starts = { on = "allocate", when = { "event.stage" = "plan" } }
when = { "case.age" = { at_most = 3 } }
from = ["case.referred", "event.on"]
stops = "seen_alone"
until = "close"
within = "due.X-3"
external = "a book"
assumption = "A-1"
say = "so"

[[clock]]
id = "X-3"
starts = "refer"
stops = "decide"
within = "params.time"
say = "so"

[params.time]
type = "duration"
"""


def test_explain_tells_what_a_rule_looks_at(bare: Desk) -> None:
    """Facts on either side, through named events; the full kinds that it listens to; params, marks and its place."""
    head = HEAD.replace("working-together-2023", "core")
    (bare.folder / "mine.toml").write_text(head + EXPLAINED, encoding="utf-8")

    gate, clock, waiting = bare.type("--protocol mine.toml protocol explain X-1 X-2 X-3 --json").json
    assert ["case.age", "case.coworkers", "case.referred", "event.by", "event.on"] == gate["facts"]
    assert ["assess.start", "assess.complete", "visit"] == gate["listens"]
    assert ("gate", "age of the case is at least 5", "mine") == (gate["kind"], gate["when"], gate["protocol"])
    assert {"case.age", "due.X-3", "event.alone", "event.by", "event.stage", "lead.id"} <= set(clock["facts"])
    assert ["allocate", "visit", "close"] == clock["listens"]
    assert "--stage is plan, and age of the case is at most 3" == clock["when"]
    assert (["seen_alone"], ["close"], [], "a book", "A-1") == tuple(
        clock[key] for key in ("stops", "until", "resumes", "external", "assumption")
    )
    assert ["time"] == waiting["params"]
    line = _line(head, EXPLAINED, 'id = "X-2"') - 1
    assert f"mine.toml:{line}" == clock["where"]


def test_one_rule_is_told_whole(bare: Desk) -> None:
    """A single rule is a card of all that is known of it, its clause's words too; two are a table."""
    one = bare.must("--protocol bristol protocol explain BRI-29").out
    two = bare.must("--protocol bristol protocol explain BRI-29 BRI-21").out

    assert "says" in one
    assert "listens" in one
    assert one.startswith("rule ")
    assert "listens" not in two


def test_explain_without_roles(bare: Desk) -> None:
    """Under a protocol that declares no roles, a rule that asks for a declared one is told as not judged."""
    (bare.folder / "plain.toml").write_text('[protocol]\nid = "plain"\n', encoding="utf-8")

    rows = bare.type("--protocol plain.toml protocol explain --json").json

    assert {"not judged: the protocol declares no roles"} == {r["satisfy"] for r in rows if r["rule"] == "CORE-11"}


def test_explain_tells_what_a_mark_stands_for(bare: Desk) -> None:
    """With the mark of an assumption comes what the document leaves open and how it is read; without one, null."""
    marked = bare.type("--protocol bristol protocol explain BRI-21 --json").json[0]
    plain = bare.type("--protocol bristol protocol explain BRI-22 --json").json[0]

    assert "A-08" == marked["assumption"]
    assert marked["reading"].startswith("left open: whether the day counts from arrival at First Response")
    assert "; read as: from the day on which the team received it" in marked["reading"]
    assert (None, None) == (plain["assumption"], plain["reading"])
