"""`cinctl help stories`."""

from __future__ import annotations

__all__ = ["text"]


def text() -> str:
    """Return the page."""
    return """
Stories
=======

A story tests a protocol: a TOML file that names it, a cast, and dated steps,
each with what should come of it. Command lines stand in it as they are typed.

    title = "A referral is decided in one working day"
    protocol = "bristol"

    [staff.csw1]
    role = "consultant_social_worker"
    unit = "A"
    qualified = true
    joined = 2020-01-06

    [[step]]
    on = 2026-02-23
    run = "refer R1 --source 1A --born 2015-06-01 --need N1"

    [[step]]
    on = 2026-02-24
    due = [{ case = "R1", rule = "BRI-21", due = 2026-02-24 }]

    [[step]]
    on = 2026-02-24
    run = "decide R1 --outcome section-17 --next-steps assess --by csw1"
    expect = { refused = ["BRI-08"] }

    [[step]]
    on = 2026-02-25
    audit = { has = ["BRI-21"] }

A step has `run`, `due` or `audit`. What is expected of `run` is "accepted"
unless said: `{ refused = [...] }` and `{ accepted = [...] }` name rules that
must be among those that speak. `audit` takes `has` and `hasnt`.
`[protocol_patch]` holds TOML that is laid over the protocol. Nothing of it
touches your store.

    cinctl protocol test stories
    cinctl protocol test stories --filter "working day"
    cinctl protocol test stories -f junit -o stories.xml -f tap
    cinctl protocol test stories --coverage

Exit 1 when a story failed; `--coverage --fail-under 90` fails too when too few
rules were made to refuse, find or fall due.

See also: cinctl help protocol, cinctl protocol test -h
"""
