"""`cinctl import`: history and staff from other systems. A module for each format, loaded when it is asked for."""

from __future__ import annotations

from cinctl.shell import LazyGroup

__all__ = ["FORMATS", "command"]

FORMATS: dict[str, tuple[str, str]] = {
    "census": ("census", "Children in Need census returns (XML)."),
}

command = LazyGroup(
    "import",
    package=__name__,
    table=FORMATS,
    help="Bring in history from another system's return.",
    examples=("cinctl import census return-2026.xml",),
)
