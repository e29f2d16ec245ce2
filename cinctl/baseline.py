"""A baseline: the findings that are known, so that only new ones fail. One finding a line, sorted, for a diff to show.

It names rules, cases and the protocol's words, and nothing that somebody wrote on a case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import attrs

from cinctl.errors import UsageError
from cinctl.terminal import visible_json

__all__ = ["SCHEMA", "Baseline", "Known", "written"]

SCHEMA = "cinctl/baseline/1"


class Known(NamedTuple):
    """One finding that is known. *case* is None for one about a practitioner or the service."""

    fingerprint: str
    rule: str
    case: str | None
    message: str


@attrs.frozen
class Baseline:
    """What was known of a history under the protocol *protocol*. *mask* tells by which key ids were hashed, if any."""

    protocol: str
    known: dict[str, Known]
    mask: str | None = None

    @classmethod
    def read(cls, content: bytes, name: str) -> Baseline:
        """Return what the file *name* holds. Raises UsageError when that is no baseline."""
        try:
            told = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise _broken(name, "not valid JSON") from None
        if not isinstance(told, dict) or not isinstance(told.get("fingerprints"), list):
            raise _broken(name, "there are no 'fingerprints' in it")
        if told.get("schema", SCHEMA) != SCHEMA:
            raise _broken(name, f"its schema is not '{SCHEMA}'")
        protocol, mask = told.get("protocol"), told.get("mask")
        if not isinstance(protocol, str) or not isinstance(mask, str | None):
            raise _broken(name, "it does not say which protocol it is of")
        entries = [_known(item, number, name) for number, item in enumerate(told["fingerprints"], 1)]
        return cls(protocol, {entry.fingerprint: entry for entry in entries}, mask)


def _known(item: Any, number: int, name: str) -> Known:
    values: list[Any] = [item.get(field) for field in Known._fields] if isinstance(item, dict) else []
    if (
        not values
        or not values[0]
        or not all(isinstance(v, str) or (v is None and n == 2) for n, v in enumerate(values))
    ):
        raise _broken(name, f"entry {number} lacks a fingerprint, rule, case or message")
    return Known(*values)


def _broken(name: str, fault: str) -> UsageError:
    return UsageError(f"--baseline {name}: {fault}; 'cinctl audit --write-baseline {name}' makes one")


def written(protocol: str, entries: Iterable[Known], mask: str | None = None) -> Iterator[str]:
    """Yield the text of a baseline of *entries*: the same findings give the same bytes, in whatever order they come."""
    head: dict[str, Any] = {"schema": SCHEMA, "protocol": protocol, **({"mask": mask} if mask else {})}
    yield "{\n" + "".join(f"  {_dump(name)}: {_dump(value)},\n" for name, value in head.items())
    yield '  "fingerprints": ['
    unique = {entry.fingerprint: entry for entry in entries}
    for number, entry in enumerate(sorted(unique.values(), key=_place)):
        yield ("," if number else "") + "\n    " + _dump(entry._asdict())
    yield "\n  ]\n}\n" if unique else "]\n}\n"


def _place(entry: Known) -> tuple[str, bool, str, str]:
    return entry.rule, entry.case is None, entry.case or "", entry.fingerprint


def _dump(value: Any) -> str:
    return visible_json(json.dumps(value, ensure_ascii=False))
