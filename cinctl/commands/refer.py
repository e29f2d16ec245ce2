"""`cinctl refer`: open a case."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

command = step(
    "refer",
    shape=Shape(subject="case", one_of=("born", "expected"), not_both=True),
    examples=(
        "cinctl refer R1 --source 1A --born 2015-06-01 --need N1 --on 2026-02-23",
        "case=$(cinctl refer --source 6 --expected 2026-09-01)    # the store gives the next id",
    ),
)
