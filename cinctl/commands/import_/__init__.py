"""`cinctl import`: history and staff from other systems. A module for each format, loaded when it is asked for."""

from __future__ import annotations

from cinctl.shell import LazyGroup

__all__ = ["FORMATS", "command"]

FORMATS: dict[str, tuple[str, str]] = {
    "census": ("census", "Children in Need census returns (XML)."),
    "annex-a": ("annex_a", "Ofsted's ILACS Annex A: the lists of an inspection (workbook, CSV)."),
    "staff": ("staff", "The staff register (CSV)."),
}

command = LazyGroup(
    "import",
    package=__name__,
    table=FORMATS,
    help="Bring in history and staff from other systems.",
    examples=("cinctl import census return-2026.xml", "cinctl import staff staff.csv"),
)
