"""`cinctl stepdown`: a step down to a lower tier."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "stepdown",
    examples=(
        "cinctl stepdown R1 --to level-2 --meeting 2026-07-01 --reason 'outcomes met' --signed-by csw1 --by kw1",
    ),
)
