"""`cinctl feedback`: compliments, complaints and other feedback."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

command = step(
    "feedback",
    shape=Shape(subject="any_cases"),
    examples=(
        "cinctl feedback R1 --received --type complaint --wanted 'another worker' --by kw1",
        "cinctl feedback --answered --of 60 --answer @letter.txt --by tm1",
    ),
)
