"""`cinctl help exit-codes`."""

from __future__ import annotations

from cinctl.errors import EXIT_CODES
from cinctl.topics import table

__all__ = ["text"]


def text() -> str:
    """Return the page."""
    return f"""
Exit codes
==========

They are the same whatever the flags and formats:

{table((str(code), means.replace("`", "")) for code, means in EXIT_CODES.items())}

Lateness is never a refusal: a late record is accepted, exit 0, and the
lateness is a finding. Listing what is overdue is exit 0 too, unless it is
asked for:

    cinctl due --overdue --exit-code > /dev/null || echo "something is late"
    cinctl audit --fail-on warn --json > audit.json || echo "look at audit.json"
    cinctl audit --fail-on never --statistics

A step refused on one of several cases records none of them, unless
`--keep-going` is said; the code is 3 either way. Wrong usage (2) beats a
refusal (3). When the code is 2 to 6, stderr tells what was wrong, where, and
what to do next; nothing was written, unless it says so.

    cinctl note R1 --text "school rang" --by kw1 --dry-run && echo accepted

See also: cinctl help pipes
"""
