"""`cinctl child`: census characteristics."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "child",
    examples=(
        "cinctl child R1 --sex F --ethnicity WBRI --upn A123456789012 --by kw1",
        "cinctl child R1 --upn-unknown UN3 --by kw1",
    ),
)
