"""`cinctl meet`: a meeting about the child."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "meet",
    examples=(
        "cinctl meet R1 --planning --chair csw1 --attendees family --by kw1",
        "cinctl meet R1 --clinic --chair csw1 --by csw1",
    ),
)
