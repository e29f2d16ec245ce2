"""The bundled clause registers: every clause of the source documents, so that a refusal can cite its paragraph."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from cinctl.protocol.model import Clause, Source

if TYPE_CHECKING:
    from cinctl.protocol.source import Place

REGISTERS = ("TOR", "BRI", "WT", "TSS", "HAM")


def register() -> dict[str, Clause]:
    """Return the clauses of all bundled registers by id, in the order of their documents. Read once."""
    return _registers()[1]


def register_sources() -> dict[str, Source]:
    """Return the documents of all bundled registers by id."""
    return _registers()[0]


@cache
def _registers() -> tuple[dict[str, Source], dict[str, Clause]]:
    sources: dict[str, Source] = {}
    clauses: dict[str, Clause] = {}
    for name in REGISTERS:
        tables = _tables(name)
        sources |= {key: Source(id=key, **table) for key, table in tables["sources"].items()}
        clauses |= {key: Clause(id=key, **table) for key, table in tables["clauses"].items()}
    return sources, clauses


@cache
def readings() -> dict[str, tuple[str, str]]:
    """Return what each mark of an assumption stands for: what the documents leave open, and how the rules read it."""
    return {mark: (reading["open"], reading["read"]) for mark, reading in _tables("readings")["readings"].items()}


def reading_of(assumption: str | None) -> tuple[str, str] | None:
    """Return what *assumption* stands for, `A-08` or `A-08` and words as a rule carries it; None for none of ours."""
    mark = re.match(r"[AD]-\d+", assumption or "")
    return readings().get(mark[0]) if mark else None


def register_files() -> list[str]:
    """Return the files in which the bundled registers stand."""
    return [str(_place(name).path) for name in REGISTERS]


def _tables(name: str) -> dict[str, Any]:
    from cinctl.protocol.source import parse

    return parse(_place(name))


def _place(name: str) -> Place:
    from cinctl.protocol.source import CLAUSES, Place

    return Place(path=CLAUSES / f"{name}.toml", shown=f"clauses/{name}.toml", base=CLAUSES, bundled=True)
