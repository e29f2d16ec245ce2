"""Where a store and a protocol meet. What is named here is imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cinctl.queries import Book
    from cinctl.recording import ImportOutcome, Verdict
    from cinctl.store.sweep import belongings
    from cinctl.workspace.desk import Workspace, rule_book
    from cinctl.workspace.settings import Settings
    from cinctl.workspace.turns import now_text

__all__ = ["Book", "ImportOutcome", "Settings", "Verdict", "Workspace", "belongings", "now_text", "rule_book"]

_HOMES = {
    "Book": "cinctl.queries",
    "ImportOutcome": "cinctl.recording",
    "Settings": "cinctl.workspace.settings",
    "Verdict": "cinctl.recording",
    "Workspace": "cinctl.workspace.desk",
    "belongings": "cinctl.store.sweep",
    "now_text": "cinctl.workspace.turns",
    "rule_book": "cinctl.workspace.desk",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
