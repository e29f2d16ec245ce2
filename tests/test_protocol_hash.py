"""What the hash of a protocol is taken of: one form, written out, that stays the same from version to version."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256

from cinctl.protocol import CalendarSpec, Gate, Protocol
from cinctl.protocol.layer import fingerprint
from cinctl.protocol.model import CaseloadSpec

EMPTY = Protocol(
    id="empty",
    title="T",
    status=None,
    effective_from=date(2026, 1, 1),
    extends=(),
    supersedes=None,
    agreed_by=(),
    published_on=None,
    review_on=None,
    references=(),
    sources={},
    clauses={},
    calendar=CalendarSpec(),
    sets={},
    roles={},
    codes={},
    params={},
    training={},
    events={},
    gates={},
    clocks={},
    homes={},
    disabled={},
    file="empty.toml",
)
"""A protocol that says nothing."""


def test_hash_is_of_one_form_written_out() -> None:
    """Stores name protocols by this hash, so what is hashed may not change: tables by field, sorted, without places."""
    gate = Gate(id="L-1", on=("close",), require=({"event.on": {"on_or_after": date(2026, 2, 3)}},), file="f", line=3)
    made = EMPTY._replace(gates={"L-1": gate}, sets={"b": ("x",), "a": ()}, agreed_by=("é",))
    tables = ("sources", "clauses", "roles", "codes", "params", "training", "events", "clocks", "homes", "disabled")
    said = {
        **{name: {} for name in tables},
        **{"id": "empty", "title": "T", "status": None, "effective_from": "2026-01-01", "supersedes": None},
        **{"agreed_by": ["é"], "published_on": None, "review_on": None, "references": []},
        "calendar": {"bank_holidays": "england-and-wales", "closures": [], "roll": "none"},
        "sets": {"a": [], "b": ["x"]},
        "gates": {
            "L-1": {
                **{"id": "L-1", "on": ["close"], "require": [{"event.on": {"on_or_after": "2026-02-03"}}]},
                **{"clauses": [], "when": [], "level": "deny", "say": "", "external": None},
                **{"assumption": None, "locked": False},
            }
        },
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert sha256(text.encode()).hexdigest() == fingerprint(made)


def test_a_table_that_the_language_lacked_once_counts_where_it_is_used() -> None:
    """A protocol without limits of caseload keeps the hash that stores name it by; limits are part of what it says."""
    limited = [EMPTY._replace(caseload=CaseloadSpec(practitioner=limit)) for limit in (18, 19)]

    assert fingerprint(EMPTY) == fingerprint(EMPTY._replace(caseload=CaseloadSpec()))
    assert 3 == len({fingerprint(EMPTY), *map(fingerprint, limited)})


def test_hash_names_what_is_superseded_by_its_hash() -> None:
    """An older version counts by its hash alone, and the hash that a protocol has already does not count."""
    old = EMPTY._replace(hash="0" * 64)
    made = EMPTY._replace(supersedes=old)

    assert fingerprint(made) == fingerprint(made._replace(supersedes=old._replace(title="Other"), hash="1" * 64))
    assert fingerprint(made) != fingerprint(made._replace(supersedes=old._replace(hash="1" * 64)))
