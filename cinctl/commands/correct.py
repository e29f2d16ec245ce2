"""`cinctl correct`: amend or void an earlier event."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

_DOC = """Amend or void an earlier event.

--set FIELD=VALUE gives a field another value, and FIELD= takes the value away; `at` and `by` are fields too. Of a field
that is a list, --set FIELD=VALUE comes once for each value and names them all; of a table such as rationale,
--set FIELD.PART=TEXT sets one part and leaves the others."""

command = step(
    "correct",
    doc=_DOC,
    shape=Shape(subject="seq", one_of=("set", "void"), not_both=True),
    examples=(
        "cinctl correct 17 --set at=2026-02-27 --reason typo --by kw1",
        "cinctl correct 13 --set seen=child --set seen=family --reason 'both were there' --by kw1",
        "cinctl correct 12 --set rationale.skills_experience=NEW --reason 'too short' --by csw1",
        "cinctl correct 17 --void --reason 'meant for another case' --by kw1",
    ),
)
