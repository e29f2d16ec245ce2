"""`cinctl fileaudit`: case-file audits, and the actions that come of them."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

command = step(
    "fileaudit",
    shape=Shape(subject="any_cases"),
    examples=(
        "cinctl fileaudit R1 --audit --practitioner kw1 --tags kw_led --by tm1",
        "cinctl fileaudit R1 --action 'record the views of the child' --owner kw1 --of 70 --by tm1",
        "cinctl fileaudit R1 --done --of 70 --by kw1",
    ),
)
