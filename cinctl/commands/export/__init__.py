"""`cinctl export`: the store in the formats of other tools. A module for each format, loaded when it is asked for."""

from __future__ import annotations

from cinctl.shell import LazyGroup

__all__ = ["FORMATS", "command"]

FORMATS: dict[str, tuple[str, str]] = {
    "census": ("census", "The Children in Need census return of a year (XML)."),
    "annex-a": ("annex_a", "Ofsted's ILACS Annex A: the lists of an inspection (workbook, CSV)."),
    "staff": ("staff", "The staff register (CSV)."),
    "csv": ("csv", "Events, cases, obligations and findings as flat tables (CSV)."),
    "parquet": ("parquet", "The same tables, typed (Parquet)."),
    "ocel": ("ocel", "Events and their objects, for process mining (OCEL 2.0, JSON)."),
    "ssd": ("ssd", "The Standard Safeguarding Dataset, as far as it maps (CSV)."),
    "xes": ("xes", "Cases as traces, for process mining (XES, IEEE 1849)."),
}

command = LazyGroup(
    "export",
    package=__name__,
    table=FORMATS,
    help="Write what the store holds in a format that other tools read.",
    examples=("cinctl export annex-a -o annex-a.xlsx", "cinctl export staff -o staff.csv"),
)
