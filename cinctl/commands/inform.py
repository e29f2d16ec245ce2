"""`cinctl inform`: who was told what."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "inform",
    examples=(
        "cinctl inform R1 --who family --about stepdown --reason 'the plan worked' --by kw1",
        "cinctl inform R1 --about close --exempt 'telling would put the child at risk' --by kw1",
    ),
)
