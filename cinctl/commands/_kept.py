"""Which files no answer may be written over: the store with what belongs to it, the config and the protocol."""

from __future__ import annotations

import os

from cinctl.session import Session
from cinctl.workspace import belongings

__all__ = ["kept_files"]


def kept_files(session: Session, *more: str | os.PathLike[str] | None) -> list[str | os.PathLike[str] | None]:
    """Return the files that this run reads or that belong to its store, and *more* that it reads."""
    settings = session.settings
    return [*belongings(settings.store), settings.config, settings.protocol, *more]
