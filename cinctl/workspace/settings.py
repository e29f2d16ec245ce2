"""What one run works with: the store, the protocol, the day."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any, NamedTuple

from cinctl.calendar import london_date


class Settings(NamedTuple):
    """What flags, environment and config add up to. *now* is an aware date-time; *today* overrides its date."""

    store: str | os.PathLike[str]
    now: datetime
    protocol: str | None = None
    config: str | os.PathLike[str] | None = None
    config_tables: dict[str, Any] | None = None
    actor: str | None = None
    today: date | None = None
    lock_timeout: float = 30.0
    due_soon: str = "0 days"
    hints: bool = True

    @property
    def day(self) -> date:
        """The day that counts as today: `--today`, else the London date of the clock."""
        return self.today or london_date(self.now.isoformat())

    @property
    def chosen(self) -> str | None:
        """What names the protocol that was chosen, the same from wherever it is said; None where none was."""
        if self.config_tables is not None and self.config is not None:
            return f"config {os.path.abspath(self.config)}"
        if self.protocol is None or not os.path.lexists(self.protocol):
            return self.protocol
        return f"{self.protocol} {os.path.abspath(self.protocol)}"
