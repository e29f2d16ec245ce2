"""`cinctl change`: a significant change in the family."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "change",
    examples=("cinctl change R1 --what 'moved in with the grandparents' --by kw1",),
)
