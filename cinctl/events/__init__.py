"""One attrs class for each kind of event: the single source of options, checks, facts and docs."""

from __future__ import annotations

from cinctl.events import lead, office, risk, work
from cinctl.events.spec import KINDS, Field, Kind, as_data, split

__all__ = ["KINDS", "Field", "Kind", "as_data", "lead", "office", "risk", "split", "work"]
