"""`cinctl conference`: a child protection conference."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "conference",
    examples=(
        "cinctl conference R1 --initial --enquiry 41 --chair cc1 --outcome cp-plan --core-group nurse --by sw1",
        "cinctl conference R1 --review --of 45 --chair cc1 --by sw1",
    ),
)
