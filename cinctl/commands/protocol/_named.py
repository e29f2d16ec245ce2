"""Which protocol a subcommand is about: the one that is named, else the one in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cinctl.session import Session

if TYPE_CHECKING:
    from cinctl.protocol import Protocol

__all__ = ["SUMMARY", "named"]

SUMMARY = (
    "id", "title", "status", "extends", "effective_from", "supersedes", "agreed_by", "published_on", "review_on",
    "references", "bank_holidays", "gates", "clocks", "roles", "unfilled", "disabled", "hash", "file", "caseload",
)  # fmt: skip


def named(session: Session, name: str | None) -> Protocol:
    """Return the protocol *name*, an id or a path; for None the one in force."""
    from cinctl.protocol import load

    if name is None:
        in_force: Protocol = session.workspace.protocol
        return in_force
    return load(name)
