"""How a program with types uses the library: mypy reads this, and the answers have the types that are named here."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import assert_type

import cinctl


def overdue_by_owner(path: Path) -> dict[str, int]:
    """Return how much each owner is late with."""
    store = cinctl.Store.open(path, protocol=cinctl.Protocol.load("bristol"), today=date(2026, 4, 20))
    found: dict[str, int] = {}
    for obligation in store.due():
        assert_type(obligation, cinctl.Obligation)
        assert_type(obligation.late_days, int | None)
        if obligation.overdue and obligation.owner is not None:
            found[obligation.owner] = found.get(obligation.owner, 0) + 1
    return found


def gate(path: str) -> int:
    """Return the exit code of a job of one's own."""
    store = cinctl.Store.open(path, protocol="bristol")
    audit = store.audit(since=date(2026, 1, 1))
    assert_type(audit, cinctl.Audit)
    for finding in audit.standing("deny"):
        assert_type(finding, cinctl.Finding)
        assert_type(finding.case, str | None)
    assert_type(store.case("R1"), cinctl.CaseRecord)
    assert_type(store.history("R1"), list[cinctl.RecordedEvent])
    assert_type(store.verify().fault_line, int | None)
    return int(audit.fails("warn"))


def record(store: cinctl.Store) -> int | None:
    """Record a step, and say at which line it stands."""
    try:
        verdict = store.record("note", "R1", {"text": "rang"}, at=date(2026, 2, 24), by="sw1")
    except cinctl.RefusedError as refused:
        assert_type(refused.lines, tuple[str, ...])
        assert_type(refused.findings, tuple[cinctl.Finding, ...])
        raise
    except cinctl.CinctlError as fault:
        assert_type(fault.exit_code, int)
        raise
    assert_type(verdict, cinctl.Verdict)
    assert_type(store.apply([{"kind": "note"}], atomic=True), list[cinctl.Verdict])
    return verdict.seq
