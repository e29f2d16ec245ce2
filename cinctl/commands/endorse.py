"""`cinctl endorse`: a manager's word on who should lead."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "endorse",
    examples=("cinctl endorse R1 --to kw1 --rationale 'knows the family well' --proposed-by csw1 --by tm1",),
)
