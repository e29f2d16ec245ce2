"""`cinctl allocate`: who leads a case."""

from __future__ import annotations

from cinctl.commands._step import step

__all__ = ["command"]

command = step(
    "allocate",
    examples=(
        "cinctl allocate R1 --to kw1 --supervisor csw1 --rationale skills_experience='led two such' --by csw1",
        "cinctl allocate R1 --from kw1 --to csw1 --rationale s47_risk='risk rising' --by tm1",
    ),
)
