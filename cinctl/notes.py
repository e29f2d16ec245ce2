"""What lint tells: notes, each of one check and about one place, and where things stand that are no rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cinctl.errors import ProtocolError
from cinctl.protocol import Protocol, Rule
from cinctl.protocol.source import FOLDER, SourceFile, bundled_place, find, read

__all__ = ["LEVELS", "Note", "clauses_of_tables", "column_at", "place", "rules_of"]

LEVELS = ("error", "warning", "note")


class Note(NamedTuple):
    """Something that loads but may not be meant. *rule* is the rule, or the clause, that it is about.

    *check* is the id of the check that it comes from; who makes the note may leave that to whoever asks for it.
    """

    level: str
    rule: str | None
    where: str
    message: str
    check: str = ""

    def line(self) -> str:
        """Return the note as one line: place, rule, message."""
        return ": ".join(part for part in (self.where, self.rule, self.message) if part)


def rules_of(protocol: Protocol) -> tuple[Rule, ...]:
    """Return every gate, then every clock."""
    return (*protocol.gates.values(), *protocol.clocks.values())


def _source(shown: str) -> SourceFile | None:
    try:
        local = Path(shown).is_file()
        return read(find(shown, Path()) if local else bundled_place(shown.removesuffix(".toml")))
    except (ProtocolError, OSError):
        return None


def place(protocol: Protocol, *path: str) -> str:
    """Return where the table or key *path* stands, in *protocol* or in the nearest that it extends and that has it.

    What stands nowhere belongs under the protocol's own `[protocol]`.
    """
    files = {rule.protocol: rule.file for rule in rules_of(protocol)}
    for file in (protocol.file, *(files[id_] for id_ in protocol.extends if id_ in files)):
        source = _source(file) if (Path(file).is_file() or (FOLDER / file).is_file()) else None
        if source is not None and path in source.lines:
            return f"{file}:{source.lines[path]}"
    return protocol.file if path == ("protocol",) else place(protocol, "protocol")


def column_at(shown: str, line: int) -> int:
    """Return where on *line* of the file *shown* what stands there begins, counted from 1."""
    source = _source(shown) if line else None
    return source.columns.get(line, 1) if source is not None else 1


def clauses_of_tables(protocol: Protocol) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the clauses of each table that carries some, with the way to it."""
    yield from ((("roles", name), role.clauses) for name, role in protocol.roles.items())
    yield from ((("training", name), training.clauses) for name, training in protocol.training.items())
    for name, codes in protocol.codes.items():
        yield from ((("codes", name, word), code.clauses) for word, code in codes.items())
    yield ("caseload",), protocol.caseload.clauses
    yield from ((("homes", clause), (clause,)) for clause in protocol.homes)
