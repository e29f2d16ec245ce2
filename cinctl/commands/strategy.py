"""`cinctl strategy`: a strategy discussion."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "strategy",
    examples=("cinctl strategy R1 --chair tm1 --outcome section-17 --by tm1",),
)
