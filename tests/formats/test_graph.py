"""The states of a case, drawn: DOT as its parser reads it, Mermaid line by line, and titles that draw nothing."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import pydot
import pytest

from cinctl.formats.graph import rendered
from cinctl.protocol import bundled, load, load_tables
from cinctl.rules import RuleBook
from cinctl.states import Move, moves
from tests.formats.readers import HOSTILE

STATES = {"referred", "open", "no_further_action", "stepped_down", "closed"}
ARROW = re.compile(r"    (\[\*\]|\w+) --> (\w+) : ([\w., ]+ \([\w., -]+\))")


def _moves(name: str) -> list[Move]:
    return moves(RuleBook(load(name)).newest)


def _dot(text: str) -> pydot.Dot:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydot asks its parser in ways that this calls old
        found = pydot.graph_from_dot_data(text)
    assert found is not None
    [graph] = found
    return graph


def _mermaid(text: str) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the title and the arrows of a state diagram whose every line is one that Mermaid knows."""
    fence, title, end, kind, about, *lines = text.splitlines()
    assert ("---", "---", "stateDiagram-v2") == (fence, end, kind)
    assert about.startswith("    accDescr: ")
    states = [line for line in lines if re.fullmatch(r'    state "[\w ]+" as \w+', line)]
    arrows = [found.groups() for line in lines if (found := ARROW.fullmatch(line))]
    assert len(lines) == len(states) + len(arrows)
    return json.loads(title.removeprefix("title: ")), [(a, b, c) for a, b, c in arrows]


@pytest.mark.parametrize("name", bundled())
def test_bundled_protocols_move_cases_alike(name: str) -> None:
    """A case begins by referral; what ended by closing or stepping down goes on by reopening alone."""
    found = {(move.before, move.step, move.after) for move in _moves(name)}

    assert STATES == {after for _, _, after in found}
    assert {(None, "refer", "referred")} == {move for move in found if move[0] is None}
    ended = {move for move in found if move[0] in ("closed", "stepped_down")}
    assert {("closed", "reopen", "open"), ("stepped_down", "reopen", "open")} == ended


def test_protocol_shuts_steps_out() -> None:
    """A gate on the state takes its arrow away; one that asks for more, or only finds, does not."""
    gate = {"id": "X-1", "on": "close", "require": {"case.state": "open"}}
    tables: dict[str, Any] = {"protocol": {"id": "x"}, "gate": [gate]}
    strict = moves(RuleBook(load_tables(tables, file="x", base=Path())).newest)
    tables["gate"] = [{**gate, "level": "warn"}]
    lax = moves(RuleBook(load_tables(tables, file="x", base=Path())).newest)

    assert {"open"} == {move.before for move in strict if move.step == "close"}
    assert {"referred", "open", "no_further_action"} == {move.before for move in lax if move.step == "close"}


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("name", bundled())
def test_both_readers_find_every_move(name: str, named: bool) -> None:
    """DOT has an edge, and Mermaid an arrow, for each move; gates are named or counted at it."""
    found = _moves(name)
    edges = _dot("".join(rendered("dot", "T", found, named=named))).get_edges()
    _, arrows = _mermaid("".join(rendered("mermaid", "T", found, named=named)))

    assert [(m.before or "start", m.after) for m in found] == [
        (str(edge.get_source()).strip('"'), str(edge.get_destination()).strip('"')) for edge in edges
    ]
    assert [(m.before or "[*]", m.after) for m in found] == [arrow[:2] for arrow in arrows]
    for move, (_, _, label) in zip(found, arrows, strict=True):
        told = (", ".join(move.gates) if named else f"{len(move.gates)} gate") if move.gates else "no gates"
        assert told in label


@pytest.mark.parametrize("words", HOSTILE)
def test_title_draws_nothing(words: str) -> None:
    """Whatever a title says, both readers find the same graph, and nothing moves a cursor or begins a directive."""
    found = _moves("bristol")
    dot, mermaid = ("".join(rendered(form, words, found, named=False)) for form in ("dot", "mermaid"))

    assert len(found) == len(_dot(dot).get_edges())
    title, arrows = _mermaid(mermaid)
    assert (words, len(found)) == (title, len(arrows))
    assert not set("%<>#") & set(mermaid.splitlines()[1])
    for text in (dot, mermaid):
        assert not set(text) & set("\x07\x1b\r\u202e\u2028\u200b")
