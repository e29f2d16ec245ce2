"""The protocol: TOML files read into frozen classes, one laid over another, every fault told at once.

What reads files is imported when it is first asked for: who only holds to a protocol that was read before needs none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cinctl.protocol.model import (
    CalendarSpec,
    Clause,
    Clock,
    Code,
    Condition,
    Gate,
    NamedEvent,
    Param,
    Protocol,
    Role,
    Rule,
    Source,
    Training,
    Trigger,
)

if TYPE_CHECKING:
    from cinctl.protocol.loading import load, load_tables, load_tables_with_sources, load_with_sources, patch
    from cinctl.protocol.registers import register, register_sources
    from cinctl.protocol.source import bundled

__all__ = [
    "CalendarSpec",
    "Clause",
    "Clock",
    "Code",
    "Condition",
    "Gate",
    "NamedEvent",
    "Param",
    "Protocol",
    "Role",
    "Rule",
    "Source",
    "Training",
    "Trigger",
    "bundled",
    "load",
    "load_tables",
    "load_tables_with_sources",
    "load_with_sources",
    "patch",
    "register",
    "register_sources",
]

_KEPT_IN = {
    "bundled": "source",
    "load": "loading",
    "load_tables": "loading",
    "load_tables_with_sources": "loading",
    "load_with_sources": "loading",
    "patch": "loading",
    "register": "registers",
    "register_sources": "registers",
}


def __getattr__(name: str) -> Any:
    """Return the function *name* from the module that keeps it."""
    if name not in _KEPT_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_KEPT_IN[name]}"), name)
    return found
