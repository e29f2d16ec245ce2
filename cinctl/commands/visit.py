"""`cinctl visit`: a visit."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "visit",
    examples=(
        "cinctl visit R1 --seen child --alone --by kw1 --on 2026-02-27",
        "cinctl visit R1 --seen mother --by kw1 --at 2026-02-27T16:30:00+00:00",
    ),
)
