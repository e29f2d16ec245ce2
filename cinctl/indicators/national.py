"""Definitions of the Department for Education's statistics on children in need: the same for every authority.

They say how what happened is grouped when it is published. What is in time, and what late, only a protocol says.
"""

from __future__ import annotations

from typing import NamedTuple

from cinctl.calendar import Duration

__all__ = ["ASSESSMENT_BANDS", "CONFERENCE_BANDS", "PLAN_FOLLOWS", "REREFERRAL", "Band"]


class Band(NamedTuple):
    """Working days from *first* to *last*, under the *name* that tables give it; *last* is None for no end."""

    name: str
    first: int
    last: int | None

    def holds(self, days: int) -> bool:
        """Return whether something that took so many *days* belongs to it."""
        return self.first <= days and (self.last is None or days <= self.last)


ASSESSMENT_BANDS = (
    Band("same day", 0, 0),
    Band("1-10", 1, 10),
    Band("11-20", 11, 20),
    Band("21-30", 21, 30),
    Band("31-40", 31, 40),
    Band("41-45", 41, 45),
    Band("46-50", 46, 50),
    Band("51-60", 51, 60),
    Band("61+", 61, None),
)
"""Characteristics of children in need, table C2: completed assessments by the working days that they took."""

CONFERENCE_BANDS = (Band("0-10", 0, 10), Band("11-15", 11, 15), Band("16-20", 16, 20), Band("21+", 21, None))
"""Characteristics of children in need, table C4: initial conferences by working days since the section 47 enquiry."""

REREFERRAL = Duration(12, "months")
"""Characteristics of children in need, table C1: a referral within 12 months of an earlier one, whatever came of it."""

PLAN_FOLLOWS = Duration(45, "days")
"""Journeys in the sector's own reports: a plan within 45 days of a conference came of it. Asked only where the
conference's outcome is not recorded."""
