"""`cinctl assess`: an assessment, begun or complete."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "assess",
    examples=(
        "cinctl assess R1 --start --by kw1",
        "cinctl assess R1 --complete --finding @finding.txt --decision 'Child in Need' --next-steps plan --by kw1",
    ),
)
