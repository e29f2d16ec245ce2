"""`cinctl coregroup`: a core group meeting."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "coregroup",
    examples=("cinctl coregroup R1 --led-by sw1 --agency school --tasks 'routines at home: done' --by sw1",),
)
