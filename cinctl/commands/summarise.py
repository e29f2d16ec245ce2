"""`cinctl summarise`: the case summary, refreshed."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "summarise",
    examples=("cinctl summarise R1 --text @summary.txt --agency school --by kw1",),
)
