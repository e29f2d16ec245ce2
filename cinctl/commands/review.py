"""`cinctl review`: a review meeting."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "review",
    examples=("cinctl review R1 --chair csw1 --attendees family --review-on 2026-10-01 --by kw1",),
)
