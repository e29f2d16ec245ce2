"""`cinctl map`: a team mapping."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "map",
    examples=("cinctl map R1 --strengths 'near family' --needs 'safe housing' --next-steps 'see the child' --by csw1",),
)
