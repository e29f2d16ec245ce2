"""`cinctl close`: the end of a case."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "close",
    examples=("cinctl close R1 --reason RC7 --decision met --early-help considered --signed-by csw1 --by kw1",),
)
