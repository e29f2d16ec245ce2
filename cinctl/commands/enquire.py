"""`cinctl enquire`: a section 47 enquiry."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "enquire",
    examples=(
        "cinctl enquire R1 --start --strategy 40 --with-police --by sw1",
        "cinctl enquire R1 --conclude --outcome substantiated --conference-needed --decided-by sw1 --by sw1",
    ),
)
