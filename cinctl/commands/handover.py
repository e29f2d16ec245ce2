"""`cinctl handover`: from the outgoing to the incoming lead."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "handover",
    examples=(
        "cinctl handover R1 --start --by sw1",
        "cinctl handover R1 --complete --meeting 31 --none-outstanding --by kw1",
    ),
)
