"""What comes of one story."""

from __future__ import annotations

import attrs

from cinctl.coverage import Seen
from cinctl.protocol import Protocol

__all__ = ["Outcome"]


@attrs.define
class Outcome:
    """What came of one story: *failures* is empty when it went as told.

    *protocol* is the one that it names, without what it lays over that; None where it came to none. *seen* are the
    rules that did something.
    """

    file: str
    title: str
    failures: list[str] = attrs.field(factory=list)
    protocol: Protocol | None = None
    seen: Seen = attrs.field(factory=Seen)

    @property
    def passed(self) -> bool:
        """Whether it went as told."""
        return not self.failures

    def lines(self) -> list[str]:
        """Return one line for the story, and for each failure the step, what was expected, what came."""
        verdict = "ok  " if self.passed else "FAIL"
        return [f"{verdict} {self.file}: {self.title}", *(f"     {failure}" for failure in self.failures)]
