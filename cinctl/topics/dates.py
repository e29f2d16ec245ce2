"""`cinctl help dates`."""

from __future__ import annotations

__all__ = ["text"]


def text() -> str:
    """Return the page."""
    return """
Dates
=====

Today is the London date of the clock, in every time zone; `--today DATE` or
CINCTL_TODAY takes another, so that a job gives the same bytes tomorrow:

    cinctl --today 2026-03-02 due --overdue
    cinctl due --within 5wd

Dates are typed as YYYY-MM-DD. Durations are days (5d), working days (5wd) or
weeks (2w). Tables show the weekday, JSON the bare date.

When something happened
-----------------------

A step happened today unless it says `--on DATE`, or `--at DATETIME` with its
offset. It may lie in the past: then it is recorded late, and where a limit had
passed the lateness is a finding, never a refusal. It cannot lie in the future.

    cinctl note R1 --text "school rang" --by kw1 --on 2026-02-25
    cinctl note R1 --text "came by" --by kw1 --at 2026-02-25T16:30:00+00:00

When it was written down is kept beside it, by the real clock; `--today` never
changes that. Steps of one day count in the order in which they were recorded.

Working days
------------

Monday to Friday but for the bank holidays of England and Wales, which come
with cinctl, and the closures that the protocol's calendar names. A limit of
one working day from Thursday before Easter ends on Tuesday after it. A year
whose bank holidays are not known is an error, never a guess.

    cinctl due --json
    cinctl protocol explain BRI-21

`due_soon` in the config says how near a date is marked in `due`; `late` counts
in the unit of the limit, `late_days` in calendar days.

See also: cinctl help protocol, cinctl help environment
"""
