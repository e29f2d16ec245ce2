"""`cinctl correct`: amend or void an earlier event."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

command = step(
    "correct",
    shape=Shape(subject="seq", one_of=("set", "void"), not_both=True),
    examples=(
        "cinctl correct 17 --set at=2026-02-27 --reason typo --by kw1",
        "cinctl correct 17 --void --reason 'meant for another case' --by kw1",
    ),
)
