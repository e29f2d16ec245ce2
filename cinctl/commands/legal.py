"""`cinctl legal`: looked after, interim care order, pre-proceedings."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "legal",
    examples=(
        "cinctl legal R1 --start --status pre-proceedings --by sw1",
        "cinctl legal R1 --end --status pre-proceedings --by sw1",
    ),
)
