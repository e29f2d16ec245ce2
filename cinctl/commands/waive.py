"""`cinctl waive`: a recorded departure from one rule on one case."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

command = step(
    "waive",
    shape=Shape(waivable=False),
    examples=("cinctl waive R1 --rule BRI-21 --reason 'family abroad' --until 2026-08-01 --approved-by sm1 --by csw1",),
)
