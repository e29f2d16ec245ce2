"""`cinctl help store`."""

from __future__ import annotations

__all__ = ["text"]


def text() -> str:
    """Return the page."""
    return """
The store
=========

The store is one file, the log (`cases.jsonl` unless told): a line of JSON for
each thing that happened, only ever added to. A mistake is put right by a
further line; `history` shows both:

    cinctl history R1
    cinctl correct 17 --void --reason "meant for another case" --by kw1

A step is on disk before success is said. Writers take turns under one lock;
readers never wait. What a crash leaves half written at the end was never
acknowledged: it is found, set aside and reported.

Beside it
---------

`cases.jsonl.cache` lets `due` and each step take as long with a hundred
thousand cases as with a hundred; it may be deleted at any time, and is made
anew. `cases.jsonl.lock` says who writes. All are readable by their owner
alone: keep them so, and keep the folder on a local disk.

Whole and unaltered
-------------------

Each line carries a hash over the one before. `verify` walks the chain and
names the first line that does not hold. It cannot see that lines were cut off
the end, or all of it was written anew: a seal that is kept elsewhere can, or
an older copy.

    cinctl verify
    cinctl seal -o march.seal && cinctl verify --seal march.seal
    cp cases.jsonl old.jsonl && cinctl verify --extends old.jsonl

`repair` sets a torn last line aside. `redact` removes what a line says, with
reason and approver, and the chain still holds:

    cinctl repair --dry-run
    cinctl redact 17 --reason "sent by mistake" --approved-by sm1 --dry-run

Ids are pseudonyms and cannot be redacted: never use names. `--by` is what was
claimed, not a proof of who typed.

A backup is a copy of the log, at any moment; the files beside it need none.

See also: cinctl doctor, cinctl verify -h
"""
