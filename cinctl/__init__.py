"""Child in Need casework held to a written protocol: record, refuse, remind, audit."""

__version__ = "0.1.0"
