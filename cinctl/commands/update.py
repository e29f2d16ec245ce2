"""`cinctl update`: what is known of the child now."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "update",
    examples=(
        "cinctl update R1 --born 2026-09-03 --by kw1",
        "cinctl update R1 --need N2 --agency school --agency health --by kw1",
    ),
)
