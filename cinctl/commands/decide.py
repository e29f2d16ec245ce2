"""`cinctl decide`: what follows a referral."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "decide",
    examples=(
        "cinctl decide R1 --outcome section-17 --limb health-or-development --next-steps assess --by csw1",
        "cinctl decide R1 --outcome no-further-action --next-steps @letter.txt --by csw1 --on 2026-02-24",
    ),
)
