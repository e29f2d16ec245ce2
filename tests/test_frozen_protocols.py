"""A protocol that was frozen and thawed is what it was, to the last type, and is had without reading TOML."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.protocol import Gate, Param, Protocol, Rule, bundled, load, load_tables, patch
from cinctl.protocol.frozen import freeze, thaw
from cinctl.protocol.layer import fingerprint
from cinctl.protocol.model import CaseloadSpec
from cinctl.rules import Edition, RuleBook

ROOT = Path(__file__).resolve().parent.parent

EVERYTHING = """
[protocol]
id = "whole"
title = "All that a protocol may say, « in any letters »"
extends = "working-together-2023"
supersedes = "before.toml"
status = "agreed"
effective_from = 2026-02-01
agreed_by = ["one", "two"]
published_on = 2026-01-05
review_on = 2027-01-05
references = ["a paper"]

[calendar]
closures = [2026-04-07, 2026-12-29]
roll = "next"

[sources.W]
title = "The whole procedure"

[clauses.W-1]
source = "W"
section = "§1"
level = "soft"
says = "this"

[sets]
few = ["social_worker"]

[roles.social_worker]
title = "Social worker"
clauses = ["W-1"]

[codes.need.N1]
title = "Another title"

[params]
from_day = { type = "date", value = 2026-02-02 }
to_day = { type = "date" }
flag = { type = "flag", value = false }
number = { type = "number", value = 0 }
long = { type = "duration", value = "2 weeks" }
word = { type = "text", value = "2026-02-02" }

[training.first]
topics = ["a", "b"]
within = "3 months"
valid_for = "2 years"
say = "learn"

[events.told]
on = ["inform", "decide"]
when = { "event.on" = { on_or_after = 2026-02-03 } }

[events.told_again]
on = "told"

[homes]
W-2 = "lint"

[disable]
WT-63 = "done otherwise"

[[gate]]
id = "W-1"
on = ["allocate", "cowork.add"]
when = [{ "event.on" = { on_or_after = 2026-02-03 } }, { "event.time" = { at_least = "09:00" } }]
require = { "lead.role" = ["@few", "team_manager"] }
level = "warn"
say = "only a few"
external = "the register"
assumption = "A-1"

[[clock]]
id = "W-3"
for = "practitioner"
starts = [{ on = "staff.join", when = { "event.on" = { on_or_before = 2026-12-31 } } }, "staff.change"]
from = ["event.on"]
stops = "staff.train"
every = "2 weeks"
anchor = "start"
times = 2
lasts = "1 year"
owner = "subject"

[[clock]]
id = "UNKNOWN.a"
starts = "told_again"
stops = "close"
within = "params.long"
again = "restart"
early = true
resumes = "reopen"
roll = "previous"
"""
BEFORE = '[protocol]\nid = "whole"\neffective_from = 2025-01-01\nsupersedes = "first.toml"\n' + (
    '[[gate]]\nid = "B-1"\non = "close"\nrequire = { "event.on" = { on_or_after = 2025-06-01 } }\n'
)
FIRST = '[protocol]\nid = "whole"\neffective_from = 2024-01-01\nextends = "torbay"\n'


def _bundled(name: str, _: Path) -> Protocol:
    return load(name)


def _whole(folder: Path) -> Protocol:
    for name, text in (("first", FIRST), ("before", BEFORE), ("whole", EVERYTHING)):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load("whole.toml", base=folder)


def _example(_: Path) -> Protocol:
    tables = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    return load_tables(tables, file=str(ROOT / "config.example.toml"), base=ROOT)


def _patched(_: Path) -> Protocol:
    return patch("bristol", {"gate": [{"id": "BRI-53", "say": "said otherwise"}], "disable": {"BRI-60": "not here"}})


MAKERS: dict[str, Callable[[Path], Protocol]] = {
    **{name: partial(_bundled, name) for name in ("core", *bundled())},
    "config.example.toml": _example,
    "patched": _patched,
    "everything": _whole,
}


@pytest.fixture(params=MAKERS)
def protocol(request: pytest.FixtureRequest, tmp_path: Path) -> Protocol:
    """Each bundled protocol, a config that is one, one with a patch, and one that has every feature."""
    return MAKERS[request.param](tmp_path)


def _typed(value: Any) -> Any:
    """Return *value* with the type of each of its parts, tables as pairs in their order."""
    if isinstance(value, Protocol):
        return ("Protocol", [(name, _typed(getattr(value, name))) for name in Protocol._fields])
    if isinstance(value, dict):
        return ("dict", [(key, _typed(part)) for key, part in value.items()])
    if isinstance(value, list | tuple):
        return (type(value), [_typed(part) for part in value])
    return (type(value), repr(value))


def _versions(protocol: Protocol | None) -> Iterator[Protocol]:
    while protocol is not None:
        yield protocol
        protocol = protocol.supersedes


def _rules(protocol: Protocol) -> list[Rule]:
    return [*protocol.gates.values(), *protocol.clocks.values()]


def test_thawed_is_what_was_frozen(protocol: Protocol) -> None:
    """Every field comes back, of the same types and in the same order, in all versions."""
    thawed = thaw(freeze(protocol))

    assert protocol == thawed
    assert _typed(protocol) == _typed(thawed)


def test_thawed_has_the_same_hash(protocol: Protocol) -> None:
    """The hash is carried along, and is also what the thawed protocol hashes to by itself."""
    thawed = thaw(freeze(protocol))

    assert [p.hash for p in _versions(protocol)] == [fingerprint(p._replace(hash="")) for p in _versions(thawed)]
    assert protocol.hash == fingerprint(thawed)


def test_thawed_can_be_frozen_again(protocol: Protocol) -> None:
    """To freeze what was thawed gives the same text."""
    text = freeze(protocol)

    assert text == freeze(thaw(text))


def test_thawed_stands_and_is_cited_as_before(protocol: Protocol, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a rule stands and how it is cited is known without a look at the registers of clauses."""
    thawed = thaw(freeze(protocol))
    expected = [(p.where(rule.id), p.cite(rule)) for p in _versions(protocol) for rule in _rules(p)]

    monkeypatch.setattr("cinctl.protocol.registers.register", _unread)
    monkeypatch.setattr("cinctl.protocol.registers.register_sources", _unread)
    assert expected == [(p.where(rule.id), p.cite(rule)) for p in _versions(thawed) for rule in _rules(p)]


def _unread() -> None:
    pytest.fail("the registers were read")


def test_thawed_still_knows_the_registers() -> None:
    """A clause that no rule cites first, and its source, are looked up as ever; so is a rule of somebody else's."""
    loaded, thawed = load("bristol"), thaw(freeze(load("bristol")))
    strange = Gate(id="TSS-1", on=("close",), require=(), clauses=("TSS-01",), protocol="mine")

    assert loaded.clause("WT-10") == thawed.clause("WT-10") is not None
    assert loaded.source("TOR") == thawed.source("TOR") is not None
    assert loaded.cite(strange) == thawed.cite(strange) != "mine"
    assert thawed._replace(title="Another").cite(strange) == loaded.cite(strange)
    assert thawed.cite(strange._replace(clauses=("NO-1",))) == "mine"


def _compiled(edition: Edition) -> Any:
    """Return what *edition* was compiled to, but for the functions that test a line."""

    def lines(conditions: Any) -> list[Any]:
        return [[(line.fact.name, line.operator, line.operand) for line in table] for table in conditions.tables]

    gates = {
        kind: [(rule.gate, rule.kinds, lines(rule.when), lines(rule.require), rule.reads) for rule in rules]
        for kind, rules in edition.gates.items()
    }
    hooks = {
        (subject, kind): [(h.clock.id, h.clock.number, h.role, [*map(lines, h.conditions)], h.reads) for h in found]
        for subject, kinds in edition.hooks.items()
        for kind, found in kinds.items()
    }
    limits = {
        id_: (str(r.limit and getattr(r.limit, "name", r.limit)), r.every) for id_, r in edition.clock_rules.items()
    }
    return gates, hooks, limits, edition.unfilled, edition.trainings, [*edition.named], edition.calendar.closures


def test_thawed_compiles_to_the_same_rules(protocol: Protocol) -> None:
    """A rule book of a thawed protocol has the same rules for the same events, in every version."""
    before, after = RuleBook(protocol), RuleBook(thaw(freeze(protocol)))

    assert [_compiled(edition) for edition in before.editions] == [_compiled(edition) for edition in after.editions]


OFFSETS = st.one_of(st.none(), st.just(UTC), st.just(timezone(timedelta(hours=-3, minutes=-30))))
SCALARS = st.one_of(
    st.text(),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.dates(),
    st.times().map(lambda at: at.replace(fold=0)),
    st.datetimes(timezones=OFFSETS).map(lambda at: at.replace(fold=0)),
)
KEYS = st.one_of(st.text(), st.sampled_from(["marked", "list", "date", "time", "", "\0"]))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
TABLES = st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3), max_size=3).map(tuple)


@given(when=TABLES, require=TABLES, value=VALUES)
def test_whatever_toml_can_hold_comes_back(when: Any, require: Any, value: Any) -> None:
    """Conditions and params hold dates, times and lists at any depth, under any key, and keep them."""
    gate = Gate(id="L-1", on=("close",), require=require, when=when, clauses=("CORE-01",))
    made = load("core")._replace(gates={"L-1": gate}, params={"p": Param(type="text", value=value)})

    assert _typed(made) == _typed(thaw(freeze(made)))


@pytest.mark.parametrize("value", [("a", "b"), {"a": frozenset("b")}, timedelta(1)])
def test_what_toml_cannot_hold_is_not_frozen(value: Any) -> None:
    """A value of another kind would come back as another, and is refused."""
    made = load("core")._replace(params={"p": Param(type="text", value=value)})

    with pytest.raises(TypeError, match="read from TOML holds no"):
        freeze(made)


FOREIGN = {
    "nothing": "",
    "no JSON": "[protocol]",
    "a list": "[]",
    "a text": '"cinctl protocol"',
    "something else": '{"format": 1}',
    "no number": '{"cinctl protocol": true}',
    "nested without end": "[" * 100_000,
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_foreign_text_is_refused(text: str) -> None:
    """What `freeze` never wrote is no protocol."""
    with pytest.raises(ValueError, match=r"^(?!.*format)"):
        thaw(text)


@pytest.mark.parametrize("number", [0, 1, 99])
def test_another_format_is_refused(number: int) -> None:
    """A text of another version of the format is not read, however much of it would fit."""
    frozen = json.loads(freeze(load("core")))
    frozen["cinctl protocol"] = number

    with pytest.raises(ValueError, match=f"of format {number}, not 2"):
        thaw(json.dumps(frozen))


def test_truncated_text_is_refused() -> None:
    """A text that ends early is refused wherever it ends."""
    text = freeze(load("core"))

    for end in (*range(0, 400), *range(400, len(text), 97), len(text) - 1):
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
            thaw(text[:end])


def test_text_that_lost_a_field_is_refused() -> None:
    """A row of the wrong length, or a part that is missing, is told as a fault of the text."""
    frozen = json.loads(freeze(load("core")))
    gate = next(iter(frozen["protocol"]["row"][Protocol._fields.index("gates")].values()))
    gate.pop()

    with pytest.raises(ValueError, match="not a whole frozen protocol"):
        thaw(json.dumps(frozen))
    for missing in ("protocol", "row", "cited"):
        broken = json.loads(freeze(load("core")))
        (broken if missing == "protocol" else broken["protocol"]).pop(missing)
        with pytest.raises(ValueError, match="not a whole frozen protocol"):
            thaw(json.dumps(broken))


def test_thawing_imports_nothing_slow(tmp_path: Path) -> None:
    """A fresh process has the kinds and a protocol, and cites it, without attrs, TOML, paths or OpenSSL."""
    (tmp_path / "frozen.json").write_text(freeze(load("bristol")), encoding="utf-8")
    code = (
        "import sys, cinctl.events; from cinctl.protocol.frozen import thaw; from cinctl.digests import digest\n"
        "p = thaw(open('frozen.json', encoding='utf-8').read()); print(p.cite(p.gates['BRI-53']))\n"
        "assert digest(['frozen.json'])\n"
        "slow = {'attr', 'attrs', 'cattrs', 'tomllib', 'hashlib', 'pathlib', 'inspect', 'dataclasses', 'logging'}\n"
        "print(*slow & set(sys.modules))"
    )
    path = os.pathsep.join(filter(None, sys.path))
    told = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
    )

    assert (told.stderr, told.stdout) == ("", f"{load('bristol').cite(load('bristol').gates['BRI-53'])}\n\n")


def test_limits_of_caseload_come_back() -> None:
    """The tables of a protocol's limits are no conditions, though they are tables in a row."""
    made = load("core")._replace(caseload=CaseloadSpec(18, {"boss": 0}, None, {"A": 60}, ("X-1",), "no more"))

    assert _typed(made) == _typed(thaw(freeze(made)))
