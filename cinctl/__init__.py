"""Child in Need casework held to a written protocol: record, refuse, remind, audit.

What is named here is the library; docs/library.md is its guide. Each is imported when it is first asked for, since the
command line imports this module too and must start fast.
"""

TYPE_CHECKING = False  # type checkers know this name, and take it for true
if TYPE_CHECKING:
    from cinctl.api import Store
    from cinctl.errors import (
        CalendarError,
        CinctlError,
        ConfigError,
        ProtocolError,
        RefusedError,
        StoreError,
        SystemRefusedError,
        UsageError,
    )
    from cinctl.gates import Finding
    from cinctl.protocol import Protocol
    from cinctl.results import Audit, CaseRecord, Obligation, RecordedEvent, Verdict, Verification

__version__ = "0.1.0"

_HOMES = {
    "cinctl.api": ("Store",),
    "cinctl.errors": (
        *("CalendarError", "CinctlError", "ConfigError", "ProtocolError", "RefusedError", "StoreError"),
        *("SystemRefusedError", "UsageError"),
    ),
    "cinctl.gates": ("Finding",),
    "cinctl.protocol": ("Protocol",),
    "cinctl.results": ("Audit", "CaseRecord", "Obligation", "RecordedEvent", "Verdict", "Verification"),
}

__all__ = [
    "Audit",
    "CalendarError",
    "CaseRecord",
    "CinctlError",
    "ConfigError",
    "Finding",
    "Obligation",
    "Protocol",
    "ProtocolError",
    "RecordedEvent",
    "RefusedError",
    "Store",
    "StoreError",
    "SystemRefusedError",
    "UsageError",
    "Verdict",
    "Verification",
    "__version__",
]


if not TYPE_CHECKING:  # to which a name that is not above is to stay an error

    def __getattr__(name):
        for home, names in _HOMES.items():
            if name in names:
                from importlib import import_module

                found = globals()[name] = getattr(import_module(home), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
