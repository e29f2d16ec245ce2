"""What `protocol lint` found, as rows and as a report: each fault and note with its check, its place and a hint."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from cinctl import __version__
from cinctl.checklist import CHECKS
from cinctl.errors import ProtocolError
from cinctl.formats.report import DENY, NOTE, WARN, Entry, Report, RuleText
from cinctl.linting import faults_behind, lint
from cinctl.notes import LEVELS, column_at
from cinctl.protocol import Protocol
from cinctl.rules import RuleBook
from cinctl.terminal import plural

__all__ = ["NOTES", "SCHEMA", "Looked", "look", "report_of", "summary"]

NOTES = ("protocol", "level", "rule", "where", "message", "check", "file", "line", "column", "hint")
SCHEMA = "cinctl/lint/1"
_STANDINGS = {"error": DENY, "warning": WARN, "note": NOTE}
_FAULT = re.compile(
    r"(?P<where>[^:]+:[0-9]+|[^:]+\.toml): (?P<message>(?:(?:gate|clock) (?P<rule>[^\s:]+): )?.*)", re.DOTALL
)
_HINT = re.compile(r" (Did you mean '.*'\?)$", re.DOTALL)

Row = dict[str, Any]


class Looked(NamedTuple):
    """What came of one protocol: what it is, rows of all that was found, and the errors among it as lines."""

    id: str
    hash: str | None
    rows: list[Row]
    errors: list[str]


def look(name: str | None, load: Callable[[], Protocol], ref: str | None) -> Looked:
    """Look over the protocol that *load* returns. *name* is what it was called by, *ref* what its file is found by.

    One that does not load, or does not compile, is told with every fault at once.
    """
    try:
        protocol = load()
        notes = lint(RuleBook(protocol).newest)
    except ProtocolError as fault:
        told = list(dict.fromkeys([*fault.faults, *faults_behind(ref, fault.faults)]))
        return Looked(str(name or ref or "config"), None, [_fault_row(name, text) for text in told], told)
    rows = [_row(protocol.id, note.level, note.rule, note.where, note.message, note.check, None) for note in notes]
    return Looked(protocol.id, protocol.hash, rows, [note.line() for note in notes if note.level == "error"])


def _fault_row(name: str | None, text: str) -> Row:
    """Return a fault that kept a protocol from loading as a row of lint's answer."""
    found = _FAULT.fullmatch(text)
    parts: Mapping[str, Any] = found.groupdict() if found else {"rule": None, "where": None, "message": text}
    check, column = getattr(text, "check", "unknown-protocol"), getattr(text, "column", None)
    return _row(name, "error", parts["rule"], parts["where"], parts["message"], check, column)


def _row(
    protocol: str | None, level: str, rule: str | None, where: str | None, message: str, check: str, column: int | None
) -> Row:
    file, _, line = (where or "").rpartition(":")
    if not line.isdigit():
        file, line = where or "", ""
    hint = _HINT.search(message)
    return {
        "protocol": protocol,
        "level": level,
        "rule": rule,
        "where": where,
        "message": message,
        "check": check,
        "file": file or None,
        "line": int(line) if line else None,
        "column": (column or column_at(file, int(line))) if line else None,
        "hint": hint[1] if hint else CHECKS[check].mend,
    }


def summary(rows: Iterable[Row]) -> str:
    """Return one line for people: `1 error, 2 warnings, 0 notes`."""
    counts = Counter(row["level"] for row in rows)
    return ", ".join(f"{counts[level]} {plural(counts[level], level)}" for level in LEVELS)


def report_of(found: Sequence[Looked], path: Callable[[str], str], exit_code: int) -> Report:
    """Return *found* as a report. *path* turns the name of a file into its path as a reader of the report knows it."""
    rows = [row for looked in found for row in looked.rows]
    entries = list(_entries(rows, path))
    return Report(
        version=__version__,
        header={
            "schema": SCHEMA,
            "protocols": [{"id": looked.id, "hash": looked.hash} for looked in found],
            "counts": {level: sum(row["level"] == level for row in rows) for level in LEVELS},
        },
        entries=entries,
        found=frozenset(entry.rule for entry in entries),
        left_out={},
        log="",
        summary=summary(rows),
        exit_code=exit_code,
        rules_of=_checks,
        command="protocol lint",
        columns=("level", "check", "about", "what", "where"),
        words={standing: level for level, standing in _STANDINGS.items()},
    )


def _checks() -> list[RuleText]:
    return [
        RuleText(id_, _STANDINGS[check.level], check.holds, "", "", None, (), check.mend)
        for id_, check in CHECKS.items()
    ]


def _entries(rows: Iterable[Row], path: Callable[[str], str]) -> Iterator[Entry]:
    """Yield an entry for each row; what two protocols inherit from one file is told once."""
    seen: Counter[tuple[Any, ...]] = Counter()
    told: set[tuple[Any, ...]] = set()
    for row in rows:
        whole = tuple(row[name] for name in ("check", "rule", "where", "message"))
        if whole in told and row["where"] is not None:
            continue
        told.add(whole)
        lasting = tuple(str(row[name]) for name in ("check", "file", "rule", "message"))
        seen[lasting] += 1
        digits = sha256("\0".join((*lasting, str(seen[lasting]))).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        yield _entry(row, path, digits)


def _entry(row: Row, path: Callable[[str], str], digits: str) -> Entry:
    return Entry(
        rule=row["check"],
        level=_STANDINGS[row["level"]],
        standing=_STANDINGS[row["level"]],
        who=str(row["rule"] or row["protocol"] or "protocol"),
        about="rule" if row["rule"] else "protocol",
        say=row["message"],
        how="",
        line=row["line"],
        at=None,
        due=None,
        late_days=None,
        hindsight=False,
        waiver="",
        fingerprint=digits,
        path=path(row["file"] or row["protocol"] or "protocol"),
        column=row["column"],
        hint="" if row["hint"] in row["message"] else row["hint"],
    )
