"""Removing payloads from a store: judged, recorded and done under one lock, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from cinctl.payloads import Plan, Request, plan

if TYPE_CHECKING:
    from cinctl.workspace.desk import Workspace

__all__ = ["Plan", "Request", "redact"]


def redact(workspace: Workspace, request: Request, *, dry_run: bool = False) -> Plan:
    """Judge *request* and, when nothing stands against it, remove the payloads and record that; return what came of it.

    Nothing is written in a dry run.

    Raises:
        UsageError: it cannot be: there is no such event, or it keeps its payload.
        StoreError: there is no store, or it does not hold.
        SystemRefusedError: the system said no; the store is as it was.
    """
    with workspace.turn(dry_run) as turn:
        made = plan(turn.book, request, today=workspace.today, recorded=turn.recorded)
        if made.accepted and not dry_run:
            done = turn.redact(made.seqs, made.envelopes)
            made = attrs.evolve(made, tails=tuple(done.tails), leftovers=tuple(done.leftovers))
        return made
