"""`cinctl service`: a service from the catalogue."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "service",
    examples=(
        "cinctl service R1 --refer --service family-solutions --route social-work-team --by sw1",
        "cinctl service R1 --answer accepted --of 50 --by fs1",
        "cinctl service R1 --start --by fs1",
    ),
)
