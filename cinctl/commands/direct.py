"""`cinctl direct`: what a manager wants of an assessment."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "direct",
    examples=(
        "cinctl direct R1 --focus 'home conditions' --see-child-by 2026-03-03 --complete-by 2026-04-10 --by csw1",
    ),
)
