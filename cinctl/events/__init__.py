"""One class for each kind of event: the single source of options, checks, facts and docs."""

from __future__ import annotations

from cinctl.events import lead, office, risk, work
from cinctl.events.spec import KINDS, Field, Kind, as_data, split

__all__ = ["KINDS", "Field", "Kind", "as_data", "lead", "office", "risk", "split", "work"]

# In the order of a case's life, which is the order in which people read lists of kinds.
_LIFE = [module.__name__ for module in (lead, work, risk, office)]
_ordered = sorted(KINDS.items(), key=lambda item: _LIFE.index(item[1].body.__module__))
KINDS.clear()
KINDS.update(_ordered)
