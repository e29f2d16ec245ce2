"""What of a child's history belongs in the return of one year: what was open in it, begun in it or ended in it.

The return takes what ended in the year and what runs on its last day. What ended before is left out without a word:
it was in an earlier return. What should have ended long ago, and has not, is left out and said to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from typing import TypeVar

import attrs

from cinctl.formats.census_details import Details, Piece

__all__ = [
    "DERIVED",
    "DOUBTFUL",
    "INVALID",
    "LEFT_OUT",
    "MISSING",
    "Gap",
    "Tell",
    "Year",
    "contradictions",
    "overlaps",
]

MISSING = "missing"
"""The census needs it, and it is not recorded."""
INVALID = "invalid"
"""In the return as recorded, and not of the form that the census takes."""
DOUBTFUL = "doubtful"
"""In the return as recorded, and it cannot be so."""
LEFT_OUT = "left_out"
"""Recorded, and the return has no place for it."""
DERIVED = "derived"
"""Not recorded as such; it follows from what is."""

P = TypeVar("P", bound=Piece)
Tell = Callable[["Gap"], None]


@attrs.frozen
class Gap:
    """Something that the census asks for otherwise than the log has it: where, which *problem*, and why.

    *rule* is the number of the census's own rule, where there is one. *on* tells one of several things from another.
    """

    child: str
    case: str | None
    element: str
    problem: str
    what: str
    rule: str | None = None
    on: date | None = None


@attrs.frozen
class Year:
    """The year of a return, from *first* to *last* day."""

    first: date
    last: date

    @classmethod
    def ending(cls, year: int) -> Year:
        """Return the year that ends on 31 March of *year*."""
        return cls(date(year - 1, 4, 1), date(year, 3, 31))

    def keeps(self, details: Details) -> bool:
        """Return whether the return has *details* in it."""
        if details.nfa and not details.active:
            return max(details.decided or details.referred, details.referred) >= self.first
        return not self._over(details.referred, details.closed)

    def narrow(self, child: str, details: Details, tell: Tell) -> None:
        """Take out of *details*, which are *child*'s, what belongs to other years."""
        details.plans = [p for p in details.plans if p.counts and not self._past(p)]
        details.protections = [p for p in details.protections if p.counts and not self._past(p)]
        details.transfers = [on for on in details.transfers if on >= self.first]
        details.assessments = list(self._begun(details.assessments, "Assessments", "8736", child, details, tell))
        details.enquiries = list(self._begun(details.enquiries, "Section47", "8740", child, details, tell))

    def _over(self, start: date | None, end: date | None) -> bool:
        # Where an end lies before its start, one of the two is wrong, and who reads the return is to see both.
        return end is not None and end < self.first and (start is None or start < self.first)

    def _past(self, piece: Piece) -> bool:
        return self._over(piece.start, piece.end)

    def _begun(self, pieces: list[P], element: str, rule: str, child: str, details: Details, tell: Tell) -> Iterator[P]:
        """Yield those of *pieces* that are this year's; one that was begun before it and still runs is none."""
        for piece in pieces:
            if self._past(piece):
                continue
            if piece.runs and piece.start is not None and piece.start < self.first:
                what = "it was begun before the year and has not ended"
                tell(Gap(child, details.case, element, LEFT_OUT, what, rule, piece.start))
            else:
                yield piece


def overlaps(child: str, episodes: list[Details], tell: Tell) -> None:
    """Tell which of *episodes*, those of *child* by date of referral, run into each other."""
    for before, after in pairwise(e for e in episodes if not e.nfa):
        if before.closed is None:
            what = "another referral was taken on while this one was open"
            tell(Gap(child, before.case, "CINdetails", DOUBTFUL, what, "8816", before.referred))
        elif before.closed > after.referred:
            what = "this one was closed after the next was taken on"
            tell(Gap(child, before.case, "CINdetails", DOUBTFUL, what, "8820", before.referred))
    for before, after in pairwise(episodes):
        if before.referred == after.referred:
            what = "it has the date of another referral of the child"
            tell(Gap(child, after.case, "CINreferralDate", DOUBTFUL, what, None, after.referred))
    for one in (e for e in episodes if e.nfa):
        if any(
            not e.nfa and e.referred <= one.referred and (e.closed is None or one.referred < e.closed) for e in episodes
        ):
            what = "a referral without further action came while another was open"
            tell(Gap(child, one.case, "CINdetails", DOUBTFUL, what, "8820", one.referred))


def contradictions(child: str, details: Details, tell: Tell) -> None:
    """Tell what in *details* of *child* cannot be so: ends before beginnings, and what a closed case has open."""

    def doubt(element: str, what: str, rule: str | None, on: date | None) -> None:
        tell(Gap(child, details.case, element, DOUBTFUL, what, rule, on))

    if details.closed is not None and details.closed < details.referred:
        doubt("CINclosureDate", "it lies before the referral", "8630", details.closed)
    if details.nfa and details.active:
        doubt("ReferralNFA", "activity is recorded on a referral without further action", "8831", details.decided)
    pieces: list[tuple[str, Piece]] = [
        *(("Assessments", one) for one in details.assessments),
        *(("CINPlanDates", one) for one in details.plans),
        *(("Section47", one) for one in details.enquiries),
        *(("ChildProtectionPlans", one) for one in details.protections),
    ]
    for element, piece in pieces:
        backwards, still_open = _RULES[element]
        if piece.start is not None and piece.end is not None and piece.end < piece.start:
            doubt(element, "it ends before it begins", backwards, piece.start)
        if details.closed is not None and piece.end is None:
            doubt(element, "the case is closed and it is still open", still_open, piece.start)


_RULES: dict[str, tuple[str, str | None]] = {
    "Assessments": ("8608", "8867"),
    "CINPlanDates": ("4011", None),
    "Section47": ("8615", "8868"),
    "ChildProtectionPlans": ("8925", None),
}
"""By element the census's rules against an end before the beginning, and against being open on a closed case."""
