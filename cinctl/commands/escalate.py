"""`cinctl escalate`: need or risk that rises."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "escalate",
    examples=(
        "cinctl escalate R1 --raise --to csw1 --factor risk --by kw1",
        "cinctl escalate R1 --agree --by csw1",
        "cinctl escalate R1 --decline --reason 'managed in the plan' --by csw1",
    ),
)
