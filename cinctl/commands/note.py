"""`cinctl note`: a note on the record."""

from __future__ import annotations

from cinctl.commands._step import Shape, step

__all__ = ["command"]

command = step(
    "note",
    shape=Shape(one_of=("text",), same=("note", "text")),
    examples=(
        "cinctl note R1 --text 'school rang' --by kw1",
        "cinctl note R1 --text @- --by kw1 < note.txt",
    ),
)
