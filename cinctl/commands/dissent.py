"""`cinctl dissent`: a professional difference."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "dissent",
    examples=("cinctl dissent R1 --partner school --issue 'the threshold' --policy 'resolution policy' --by sw1",),
)
