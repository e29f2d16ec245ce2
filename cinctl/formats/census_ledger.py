"""What became of every data element of a census return, so that the numbers at the end add up.

A data element is an element that holds no other. Each was used, left out under its name, or is part of a problem;
one that nothing asked for is found at the end and becomes a problem, so that nothing is dropped in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Generic, TypeVar

import attrs

from cinctl.calendar import parse_date
from cinctl.errors import did_you_mean
from cinctl.formats.safe_xml import STRAY, Element

T = TypeVar("T")

STRUCTURE: dict[str, frozenset[str]] = {
    parent: frozenset(names.split())
    for parent, names in {
        "Message": "Header Children",
        "Header": "CollectionDetails Source",
        "CollectionDetails": "Collection Year ReferenceDate",
        "Source": "SourceLevel LEA SoftwareCode Release SerialNo DateTime",
        "Children": "Child",
        "Child": "ChildIdentifiers ChildCharacteristics CINdetails",
        "ChildIdentifiers": "LAchildID UPN FormerUPN UPNunknown PersonBirthDate ExpectedPersonBirthDate Sex "
        "GenderCurrent PersonDeathDate",
        "ChildCharacteristics": "Ethnicity Disabilities",
        "Disabilities": "Disability",
        "CINdetails": "CINreferralDate ReferralSource PrimaryNeedCode CINclosureDate ReasonForClosure DateOfInitialCPC "
        "Assessments CINPlanDates Section47 ReferralNFA ChildProtectionPlans PreProceedingsandFGDM",
        "Assessments": "AssessmentActualStartDate AssessmentInternalReviewDate AssessmentAuthorisationDate "
        "FactorsIdentifiedAtAssessment",
        "FactorsIdentifiedAtAssessment": "AssessmentFactors",
        "CINPlanDates": "CINPlanStartDate CINPlanEndDate",
        "Section47": "S47ActualStartDate InitialCPCtarget DateOfInitialCPC ICPCnotRequired",
        "ChildProtectionPlans": "CPPstartDate CPPendDate InitialCategoryOfAbuse LatestCategoryOfAbuse "
        "NumberOfPreviousCPP Reviews",
        "Reviews": "CPPreviewDate",
        "PreProceedingsandFGDM": "PPStartDate LBPSentDate FGDMMeetingOffer FGDMMeetingFac InitialPPMeetingDate "
        "ReviewMeetingsCount StepDecisionDate PPOutcome CourtAppDate LetterInitCPDate",
    }.items()
}
"""Which elements stand in which, by the DfE's specification of the return for 2026-27 and those before it."""

LEFT_OUT = frozenset(
    {"SourceLevel", "SoftwareCode", "Release", "SerialNo", "DateTime"}
    | {"UPN", "FormerUPN", "UPNunknown", "Sex", "GenderCurrent", "PersonDeathDate", "Ethnicity", "Disability"}
    | {"AssessmentInternalReviewDate"}
    | STRUCTURE["PreProceedingsandFGDM"]
)
"""What has no place in a history: who sent the return, characteristics of the child, and dates without a kind."""

_ABOUT_A_CHILD = frozenset({"ChildIdentifiers", "ChildCharacteristics", "Disabilities"})
_OF_A_CHILD = STRUCTURE["ChildIdentifiers"] - {"LAchildID"} | {"Ethnicity", "Disability"}
"""What tells of the child as such: no message repeats it."""

EMPTY = "empty elements"
REPEATED = "repeated word for word"
ATTRIBUTES = "attributes"


@attrs.frozen
class Problem:
    """Something in a return that could not be read or recorded. *elements* counts the data elements lost with it."""

    line: int
    where: str
    what: str
    elements: int = 0

    def __str__(self) -> str:
        """Say it as one line for a person."""
        return f"line {self.line}: {self.where}: {self.what}"


@attrs.define
class Totals:
    """What a return held. When it was read to its end, *elements* is *used* + *left_out* + *unread*.

    *unread* counts the data elements that are part of a problem. *left_out* goes by name; attributes, which the
    census does not have, are counted there too but are no elements. *already_known* is for the caller to count.
    """

    children: int = 0
    episodes: int = 0
    events: int = 0
    elements: int = 0
    used: int = 0
    unread: int = 0
    problems: int = 0
    attributes: int = 0
    left_out: Counter[str] = attrs.field(factory=Counter)
    already_known: int = 0

    @property
    def adds_up(self) -> bool:
        """True when every data element is accounted for."""
        return self.elements == self.used + self.left_out.total() + self.unread

    def lines(self) -> list[str]:
        """Return the sums as lines for a person: elements, and what was left out under which name."""
        lines = [
            f"{self.elements:,} data elements: {self.used:,} used, {self.left_out.total():,} left out, "
            f"{self.unread:,} in {self.problems:,} {'problem' if self.problems == 1 else 'problems'}"
        ]
        if self.left_out:
            lines.append("left out: " + ", ".join(f"{name} {n:,}" for name, n in sorted(self.left_out.items())))
        if self.attributes:
            lines.append(f"attributes, which a return does not have, left out: {self.attributes:,}")
        return lines


@attrs.frozen
class Found(Generic[T]):
    """A value that could be read, and the data element that it came from."""

    value: T
    leaf: Element

    @property
    def line(self) -> int:
        """The line of the file on which it stands."""
        return self.leaf.line


class Ledger:
    """Reads the values of one record and keeps account of its data elements."""

    def __init__(self, record: Element, owner: str, calendar: tuple[date, date]) -> None:
        self.problems: list[Problem] = []
        self.owner = owner
        self._record = record
        self._calendar = calendar
        self._all = [element for element in record.walk() if element.name != STRAY]
        self._fate: dict[int, str] = {}

    # --- values ---

    def text(self, group: Element, name: str) -> Found[str] | None:
        """Return the word in the data element *name* of *group*: a code or a reference."""
        return self._single(group, name, _word)

    def day(self, group: Element, name: str) -> Found[date] | None:
        """Return the date in *name*, of whatever year."""
        return self._single(group, name, parse_date)

    def event_day(self, group: Element, name: str) -> Found[date] | None:
        """Return the date in *name*, one on which something happened: within the calendar."""
        return self._single(group, name, self._event_day)

    def flag(self, group: Element, name: str) -> Found[bool] | None:
        """Return the yes or no in *name*."""
        return self._single(group, name, _flag)

    def number(self, group: Element, name: str) -> Found[int] | None:
        """Return the whole number in *name*."""
        return self._single(group, name, _number)

    def texts(self, groups: Iterable[Element], name: str) -> list[Found[str]]:
        """Return the words in every data element *name* of *groups*."""
        return self._many(groups, name, _word)

    def event_days(self, groups: Iterable[Element], name: str) -> list[Found[date]]:
        """Return the dates in every data element *name* of *groups*."""
        return self._many(groups, name, self._event_day)

    def _event_day(self, text: str) -> date:
        day = parse_date(text)
        first, last = self._calendar
        if not first <= day <= last:
            raise ValueError(f"{text} lies outside the calendar, {first:%Y} to {last:%Y}")
        return day

    def _single(self, group: Element, name: str, read: Callable[[str], T]) -> Found[T] | None:
        leaves = _filled(group, name)
        for extra in leaves[1:]:
            self.fault(extra, "is given more than once; the first is kept")
        return self._read(leaves[0], read) if leaves else None

    def _many(self, groups: Iterable[Element], name: str, read: Callable[[str], T]) -> list[Found[T]]:
        found = (self._read(leaf, read) for group in groups for leaf in _filled(group, name))
        return [one for one in found if one is not None]

    def _read(self, leaf: Element, read: Callable[[str], T]) -> Found[T] | None:
        try:
            found = Found(read(leaf.text), leaf)
        except ValueError as error:
            self.fault(leaf, _unsaid(read) if leaf.name in _OF_A_CHILD else str(error))
            return None
        self._fate[id(leaf)] = "used"
        return found

    # --- faults ---

    def fault(self, element: Element, what: str) -> None:
        """List *element* as a problem; every data element in it is lost."""
        lost = [leaf for leaf in element.walk() if leaf.is_leaf and self._fate.get(id(leaf)) != "unread"]
        self._fate.update((id(leaf), "unread") for leaf in lost)
        self._list(element, what, len(lost))

    def remark(self, element: Element, what: str) -> None:
        """List a problem at *element* with which nothing is lost."""
        self._list(element, what, 0)

    def repeated(self, element: Element) -> None:
        """Leave *element* out because the file holds the same already."""
        for leaf in element.walk():
            self._fate[id(leaf)] = REPEATED

    def _list(self, element: Element, what: str, lost: int) -> None:
        where = element.name if element.name != STRAY else "text between elements"
        self.problems.append(Problem(element.line, f"{self.owner}: {where}" if self.owner else where, what, lost))

    # --- the sum ---

    def close(self, totals: Totals, parent: str) -> list[Problem]:
        """Add the sums of this record, which stands in *parent*, to *totals*; return its problems in file order."""
        self._sweep(self._record, parent)
        leaves = [element for element in self._all if element.is_leaf]
        fates = Counter(self._fate[id(leaf)] for leaf in leaves)
        totals.elements += len(leaves)
        totals.used += fates.pop("used", 0)
        totals.unread += fates.pop("unread", 0)
        totals.left_out.update(fates)
        totals.attributes += sum(element.attributes for element in self._all)
        totals.problems += len(self.problems)
        return sorted(self.problems, key=lambda problem: problem.line)

    def _sweep(self, element: Element, parent: str) -> None:
        """Give each data element that nothing asked for its fate."""
        if element.name == STRAY:
            # Beside what tells of the child as such, text may be a value of it that lost its element.
            hidden = parent in _ABOUT_A_CHILD and element.text not in STRUCTURE[parent]
            self.remark(element, "is not part of a return" + ("" if hidden else f": {_shown(element.text)}"))
        elif element.is_leaf:
            self._sweep_leaf(element, parent)
        elif element.name not in STRUCTURE.get(parent, ()):
            self._sweep_group(element, _unknown(element.name, parent))
        elif element.name not in STRUCTURE:
            self._sweep_group(element, "holds elements where text should stand")
        else:
            for child in element.children:
                self._sweep(child, element.name)

    def _sweep_group(self, element: Element, what: str) -> None:
        if any(leaf.is_leaf and id(leaf) not in self._fate for leaf in element.walk()):
            self.fault(element, what)

    def _sweep_leaf(self, leaf: Element, parent: str) -> None:
        if id(leaf) in self._fate:
            return
        known = leaf.name in STRUCTURE.get(parent, ())
        if not leaf.text and known:
            self._fate[id(leaf)] = EMPTY
        elif known and leaf.name in LEFT_OUT:
            self._fate[id(leaf)] = leaf.name
        elif known and leaf.name in STRUCTURE:
            self.fault(leaf, "holds text where elements should stand")
        elif known:
            self.fault(leaf, "has nothing to be recorded with")
        else:
            self.fault(leaf, _unknown(leaf.name, parent))


def _filled(group: Element, name: str) -> list[Element]:
    return [leaf for leaf in group.all(name) if leaf.is_leaf and leaf.text]


@lru_cache(maxsize=256)
def _unknown(name: str, parent: str) -> str:
    where = f"of {parent}" if parent else "of a return"
    return f"is not an element {where}.{did_you_mean(name, STRUCTURE.get(parent, ()))}"


def _unsaid(read: Callable[[str], object]) -> str:
    return f"is not a {'date' if read is parse_date else 'code'} (what it says is not shown)"


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:40] + "...")


def _word(text: str) -> str:
    if len(text) > 64 or not text.isprintable():
        raise ValueError(f"{_shown(text)} is not a code")
    return text


def _flag(text: str) -> bool:
    values = {"0": False, "false": False, "1": True, "true": True}
    if text.lower() not in values:
        raise ValueError(f"{_shown(text)} is neither 0 nor 1, false nor true")
    return values[text.lower()]


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ValueError(f"{_shown(text)} is not a whole number")
    return int(text)
