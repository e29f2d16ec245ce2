"""The protocol: TOML files read into frozen classes, one laid over another, every fault told at once."""

from __future__ import annotations

from cinctl.protocol.loading import load, load_tables, patch
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
    "patch",
    "register",
    "register_sources",
]
