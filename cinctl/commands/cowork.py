"""`cinctl cowork`: who works a case beside its lead."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "cowork",
    examples=(
        "cinctl cowork R1 --with fs1 --reason 'the father asked for it' --by csw1",
        "cinctl cowork R1 --end --with fs1 --by csw1",
    ),
)
