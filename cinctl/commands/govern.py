"""`cinctl govern`: what the service does as a whole."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

command = step(
    "govern",
    shape=Shape(subject="service", phase_option=("--what", "What was done."), waivable=False),
    examples=(
        "cinctl govern --what locality-meeting --unit A --attendees tm1 --by tm1",
        "cinctl govern --what report --board 'safeguarding partnership' --reference 2026-04 --by sm1",
    ),
)
