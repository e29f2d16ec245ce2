"""The states of a case as a graph: a Mermaid state diagram, and DOT for Graphviz."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cinctl.formats.report import dumped, shown
from cinctl.states import Move
from cinctl.terminal import plural

__all__ = ["FORMS", "rendered"]

_ABOUT = "The states that a case can be in, and the steps that move it from one to another"


def rendered(form: str, title: str, moves: Sequence[Move], *, named: bool) -> Iterator[str]:
    """Yield *moves* as a graph in *form*, one of `FORMS`; *named* names the gates of each step instead of counting."""
    return FORMS[form](title, [(move, _label(move, named)) for move in moves])


def _label(move: Move, named: bool) -> str:
    """Return what stands at an arrow: words, codes and ids of rules, which the language keeps free of any markup."""
    step = move.step.replace(".", " ")
    outcomes = f" as {', '.join(move.outcomes)}" if move.outcomes else ""
    if named:
        gates = ", ".join(move.gates) or "no gates"
    else:
        count = len(move.gates)
        gates = f"{count} {plural(count, 'gate')}, {move.refusing} can refuse" if count else "no gates"
    return f"{step}{outcomes} ({gates})"


def _states(moves: Sequence[tuple[Move, str]]) -> list[str]:
    return list(dict.fromkeys(state for move, _ in moves for state in (move.before, move.after) if state))


def _mermaid(title: str, moves: Sequence[tuple[Move, str]]) -> Iterator[str]:
    # The title is YAML, which JSON is; a mark that begins a directive or an element anywhere in the text is spelt.
    told = dumped(title)
    for mark in "%<>#":
        told = told.replace(mark, f"\\u{ord(mark):04x}")
    yield f"---\ntitle: {told}\n---\nstateDiagram-v2\n    accDescr: {_ABOUT}\n"
    for state in _states(moves):
        yield f'    state "{state.replace("_", " ")}" as {state}\n'
    for move, label in moves:
        yield f"    {move.before or '[*]'} --> {move.after} : {label}\n"


def _dot(title: str, moves: Sequence[tuple[Move, str]]) -> Iterator[str]:
    yield f"digraph protocol {{\n  label={_quoted(title)};\n  tooltip={_quoted(_ABOUT)};\n"
    yield '  rankdir=TB;\n  node [shape=box, style=rounded];\n  start [shape=point, label=""];\n'
    for state in _states(moves):
        yield f"  {_quoted(state)} [label={_quoted(state.replace('_', ' '))}];\n"
    for move, label in moves:
        yield f"  {_quoted(move.before or 'start')} -> {_quoted(move.after)} [label={_quoted(label)}];\n"
    yield "}\n"


def _quoted(text: str) -> str:
    """Return *text* as DOT has it in quotes: no escape of its own means anything."""
    return '"' + shown(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


FORMS: Mapping[str, Callable[[str, Sequence[tuple[Move, str]]], Iterator[str]]] = {"mermaid": _mermaid, "dot": _dot}
