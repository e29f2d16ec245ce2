"""Removing payloads from a store: judged, recorded and done under one lock, or not at all."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

import attrs

from cinctl.payloads import Plan, Request, plan
from cinctl.store.log import Log
from cinctl.workspace import Book, Workspace, now_text

__all__ = ["Plan", "Request", "redact"]


def redact(workspace: Workspace, request: Request, *, dry_run: bool = False) -> Plan:
    """Judge *request* and, when nothing stands against it, remove the payloads and record that; return what came of it.

    Nothing is written in a dry run.

    Raises:
        UsageError: it cannot be: there is no such event, or it keeps its payload.
        StoreError: there is no store, or it does not hold.
        SystemRefusedError: the system said no; the store is as it was.
    """
    settings = workspace.settings
    log = Log.open(settings.store)
    # A payload may be anywhere: the whole log is read, whatever is known of its end.
    book = Book(workspace.rules, None, settings.due_soon)
    asked = monotonic()
    try:
        if dry_run:
            book.load(log.read())
            return plan(book, request, today=workspace.today, recorded=now_text(settings.now))
        with log.writing(settings.lock_timeout) as writer:
            recorded = now_text(settings.now + timedelta(seconds=monotonic() - asked))
            book.load(writer.read())
            made = plan(book, request, today=workspace.today, recorded=recorded)
            if made.accepted:
                done = writer.redact(made.seqs, made.envelopes)
                made = attrs.evolve(made, tails=tuple(done.tails), leftovers=tuple(done.leftovers))
            return made
    finally:
        workspace.notices += log.notices
