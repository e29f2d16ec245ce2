"""`cinctl export`: the store in the formats of other tools. A module for each format, loaded when it is asked for."""

from __future__ import annotations

from cinctl.shell import LazyGroup

__all__ = ["FORMATS", "command"]

FORMATS: dict[str, tuple[str, str]] = {
    "staff": ("staff", "The staff register (CSV)."),
}

command = LazyGroup(
    "export",
    package=__name__,
    table=FORMATS,
    help="Write what the store holds in a format that other tools read.",
    examples=("cinctl export staff -o staff.csv",),
)
