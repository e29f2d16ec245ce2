"""`cinctl supervise`: supervision about a case."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "supervise",
    examples=(
        "cinctl supervise R1 --with kw1 --direction 'see the school' --progress 'two visits' --by csw1",
        "cinctl due --rule BRI-40 -f ids | cinctl supervise - --with kw1 --by csw1 --dry-run",
    ),
)
