"""`cinctl reopen`: a closed case, open again."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "reopen",
    examples=("cinctl reopen R1 --reason 'closed by mistake' --by tm1",),
)
