"""`cinctl approve`: an approval, or a sending back."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "approve",
    examples=(
        "cinctl approve R1 --what assessment --by csw1",
        "cinctl approve R1 --what plan --return --reason 'no outcomes in it' --by csw1",
    ),
)
