"""`cinctl plan`: a plan, from draft to end."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "plan",
    examples=(
        "cinctl plan R1 --part outcomes='school every day' --review-on 2026-07-01 --by kw1",
        "cinctl plan R1 --confirm --by kw1",
    ),
)
