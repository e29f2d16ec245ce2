"""A child of a Children in Need return as XML: elements in the schema's order, flags as 0 or 1, no empty ones.

What the census asks for and the record has not is told as a gap; nothing is made up in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

import attrs

from cinctl.formats.census_codes import CODES
from cinctl.formats.census_details import Assessment, Details, Enquiry, Plan, Protection
from cinctl.formats.census_year import DERIVED, DOUBTFUL, INVALID, LEFT_OUT, MISSING, Gap, Tell

__all__ = ["FOOT", "Child", "child_xml", "head"]

FOOT = "  </Children>\n</Message>\n"
_CODE = re.compile(r"[0-9A-Za-z]{1,4}")
_PUPIL = re.compile(r"[0-9A-Za-z]{1,13}")
_REPLACED = {"18A": "8945Q", "19A": "8950Q"}
_TWICE = {"AssessmentFactors": "8898", "Disability": "8794"}
_FORMS = {"UPN": _PUPIL, "FormerUPN": _PUPIL}


@attrs.define
class Child:
    """A child as a return has it. *about* are the characteristics recorded, None where they are not to be told."""

    id: str
    born: date | None = None
    expected: date | None = None
    died: date | None = None
    disabled: bool = False
    about: Mapping[str, Any] | None = None
    details: list[Details] = attrs.field(factory=list)


def head(*, year: int, authority: str, release: str, made: str) -> str:
    """Return the return down to its first child. *made* is the date-time at which it was made."""
    values = {
        "CollectionDetails": {"Collection": "CIN", "Year": str(year), "ReferenceDate": f"{year}-03-31"},
        "Source": {
            "SourceLevel": "L",
            "LEA": authority,
            "SoftwareCode": "cinctl",
            "Release": release,
            "SerialNo": "001",
            "DateTime": made,
        },
    }
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<Message>", "  <Header>"]
    for group, leaves in values.items():
        inner = [f"      <{name}>{escape(value)}</{name}>" for name, value in leaves.items()]
        lines += [f"    <{group}>", *inner, f"    </{group}>"]
    return "\n".join([*lines, "  </Header>", "  <Children>", ""])


def child_xml(child: Child, tell: Tell) -> str:
    """Return *child* as XML; *tell* hears of every gap."""
    return _Writer(child, tell).text()


class _Writer:
    """Writes one child."""

    def __init__(self, child: Child, tell: Tell) -> None:
        self._child = child
        self._tell = tell
        self._case: str | None = None
        self._on: date | None = None
        self._told = False
        self._lines: list[str] = []
        self._depth = 2

    def text(self) -> str:
        child = self._child
        with_all = self._open("Child")
        self._identifiers(child)
        self._characteristics(child)
        for details in child.details:
            self._case, self._on, self._told = details.case, None, details.told
            self._details(details)
        self._close(with_all)
        return "\n".join([*self._lines, ""])

    # --- pieces of XML ---

    def _open(self, name: str) -> str:
        self._lines.append(f"{'  ' * self._depth}<{name}>")
        self._depth += 1
        return name

    def _close(self, name: str) -> None:
        self._depth -= 1
        if self._lines[-1] == f"{'  ' * self._depth}<{name}>":
            self._lines[-1] = f"{'  ' * self._depth}<{name}/>"
        else:
            self._lines.append(f"{'  ' * self._depth}</{name}>")

    def _leaf(self, name: str, value: object) -> None:
        if value is not None:
            self._lines.append(f"{'  ' * self._depth}<{name}>{escape(str(value))}</{name}>")

    def _day(self, name: str, value: date | None, rule: str | None = None, *, needed: bool = False) -> None:
        if value is None and needed:
            self._gap(name, MISSING, "it is not recorded", rule)
        self._leaf(name, value)

    def _code(self, name: str, value: object, rule: str | None = None, *, needed: bool = False) -> None:
        if value is None:
            if needed:
                self._gap(name, MISSING, "it is not recorded", rule)
        elif self._fits(name, str(value), rule):
            self._leaf(name, value)

    def _fits(self, name: str, value: str, rule: str | None) -> bool:
        """Return whether *value* may go into the return; what is no code may be anything, and stays here."""
        if value in _REPLACED and name == "AssessmentFactors":
            self._gap(name, LEFT_OUT, "the census no longer takes 18A and 19A", _REPLACED[value])
            return False
        if not _FORMS.get(name, _CODE).fullmatch(value):
            self._gap(name, LEFT_OUT, "what is recorded is no code of the census", rule)
            return False
        if name in CODES and value not in CODES[name]:
            self._gap(name, INVALID, "the code is none of the census's", rule)
        return True

    def _gap(self, element: str, problem: str, what: str, rule: str | None = None) -> None:
        self._tell(Gap(self._child.id, self._case, element, problem, what, rule, self._on))

    # --- the child ---

    def _identifiers(self, child: Child) -> None:
        group = self._open("ChildIdentifiers")
        if len(child.id) > 20:
            self._gap("LAchildID", INVALID, "it has more than 20 characters", "1570")
        if not (child.id.isascii() and child.id.isalnum()):
            self._gap("LAchildID", INVALID, "it has other characters than letters and digits", "1580")
        self._leaf("LAchildID", child.id)
        about = child.about
        if about is not None:
            self._pupil_numbers(about)
        if child.born is None and child.expected is None:
            self._gap("PersonBirthDate", MISSING, "neither a date of birth nor an expected one is recorded", "8525Q")
        self._leaf("PersonBirthDate", child.born)
        self._leaf("ExpectedPersonBirthDate", None if child.born else child.expected)
        if about is not None:
            self._code("Sex", about.get("sex"), "4180", needed=True)
            self._leaf("PersonDeathDate", child.died)
        self._close(group)

    def _pupil_numbers(self, about: Mapping[str, Any]) -> None:
        upn, unknown = about.get("upn"), about.get("upn_unknown")
        if upn is None and unknown is None:
            self._gap("UPN", MISSING, "neither a number nor why there is none is recorded", "8770Q")
        if upn is not None and unknown is not None:
            self._gap("UPNunknown", LEFT_OUT, "there is a number, and a reason why there is none")
        self._code("UPN", upn)
        self._code("FormerUPN", about.get("former_upn"))
        self._code("UPNunknown", unknown if upn is None else None)

    def _characteristics(self, child: Child) -> None:
        group = self._open("ChildCharacteristics")
        if child.about is not None:
            self._code("Ethnicity", child.about.get("ethnicity"), "4220", needed=True)
            self._disabilities(child, child.about.get("disabilities") or [])
        self._close(group)

    def _disabilities(self, child: Child, codes: list[str]) -> None:
        if child.disabled and set(codes) <= {"NONE"}:
            self._gap("Disability", MISSING, "the child is recorded as disabled, and not in which way", "8540")
        elif not codes and child.born is not None and not all(details.nfa for details in child.details):
            self._gap("Disability", MISSING, "it is not recorded", "8540")
        self._listed("Disabilities", "Disability", codes, "8540")

    def _listed(self, outer: str, inner: str, codes: Sequence[str], rule: str) -> None:
        once = dict.fromkeys(codes)
        if len(once) < len(codes):
            self._gap(inner, LEFT_OUT, "a code is recorded more than once", _TWICE[inner])
        fitting = [code for code in once if self._fits(inner, code, rule)]
        if fitting:
            group = self._open(outer)
            for code in fitting:
                self._leaf(inner, code)
            self._close(group)

    # --- one referral ---

    def _details(self, details: Details) -> None:
        group = self._open("CINdetails")
        self._leaf("CINreferralDate", details.referred)
        source = "the case was opened again, and nobody is recorded to have referred it" if details.reopened else None
        if details.source is None:
            self._gap("ReferralSource", MISSING, source or "it is not recorded", "8866")
        self._code("ReferralSource", details.source, "8866")
        self._code("PrimaryNeedCode", details.need, "8650" if details.need else "8610", needed=details.nfa is False)
        self._closure(details)
        self._transfers(details)
        for assessment in _by_start(details.assessments):
            self._assessment(assessment)
        for plan in _by_start(details.plans):
            self._plan(plan)
        for enquiry in _by_start(details.enquiries):
            self._enquiry(enquiry)
        self._on = None
        if details.nfa is None:
            self._gap("ReferralNFA", MISSING, "no decision on the referral is recorded", "8568")
        if details.passed_on:
            self._gap("ReferralNFA", DERIVED, "the referral was passed on to early help")
        self._leaf("ReferralNFA", None if details.nfa is None else int(details.nfa))
        for protection in _by_start(details.protections):
            self._protection(protection)
        for element, self._on, what in details.unplaced:
            self._gap(element, LEFT_OUT, what)
        self._close(group)

    def _closure(self, details: Details) -> None:
        if details.closed is None:
            return
        if details.nfa and not details.active and not details.told:
            self._gap("CINclosureDate", LEFT_OUT, "a referral without further action has no closure in the census")
            return
        self._leaf("CINclosureDate", details.closed)
        if details.stepped_down:
            self._gap("ReasonForClosure", DERIVED, "no code is recorded; the case was stepped down")
        self._code("ReasonForClosure", details.reason, "8640" if details.reason else "8805", needed=True)

    def _transfers(self, details: Details) -> None:
        for place, self._on in enumerate(details.transfers):
            if place:
                self._gap("DateOfInitialCPC", LEFT_OUT, "there is room for one conference without an enquiry")
                continue
            if self._on in details.unled:
                self._gap("DateOfInitialCPC", DERIVED, "it names no enquiry, so it stands as one transferred in")
            self._leaf("DateOfInitialCPC", self._on)
        self._on = None

    def _assessment(self, one: Assessment) -> None:
        group, self._on = self._open("Assessments"), one.start or one.end
        self._day("AssessmentActualStartDate", one.start, needed=True)
        self._leaf("AssessmentAuthorisationDate", one.end)
        if one.end is not None:
            if not one.factors:
                self._gap("AssessmentFactors", MISSING, "it is not recorded", "8897Q")
            self._listed("FactorsIdentifiedAtAssessment", "AssessmentFactors", one.factors, "8897Q")
        elif one.factors:
            self._gap("AssessmentFactors", LEFT_OUT, "the assessment is complete, and nobody has authorised it", "8614")
        self._close(group)

    def _ended(self, element: str, one: Plan) -> None:
        if one.derived is not None:
            self._gap(element, DERIVED, f"no end is recorded; {one.derived}")
        self._leaf(element, one.end)

    def _plan(self, one: Plan) -> None:
        group, self._on = self._open("CINPlanDates"), one.start or one.end
        self._day("CINPlanStartDate", one.start, "4010", needed=True)
        self._ended("CINPlanEndDate", one)
        self._close(group)

    def _enquiry(self, one: Enquiry) -> None:
        group, self._on = self._open("Section47"), one.start or one.end
        self._day("S47ActualStartDate", one.start, "8615", needed=True)
        self._leaf("InitialCPCtarget", one.target)
        self._leaf("DateOfInitialCPC", one.held)
        spared = one.spared and one.held is None
        if one.spared and not spared:
            self._gap("ICPCnotRequired", DOUBTFUL, "no conference was needed, and one was held", "8868")
        if one.concluded and not one.answered and one.held is None:
            self._gap("ICPCnotRequired", MISSING, "concluded, and not whether a conference is needed", "8868")
        self._leaf("ICPCnotRequired", int(spared))
        self._close(group)

    def _protection(self, one: Protection) -> None:
        group, self._on = self._open("ChildProtectionPlans"), one.start or one.end
        self._day("CPPstartDate", one.start, needed=True)
        self._ended("CPPendDate", one)
        self._code("InitialCategoryOfAbuse", one.category, "8905", needed=True)
        self._code("LatestCategoryOfAbuse", one.latest, "8910", needed=True)
        if one.previous is None:
            self._gap("NumberOfPreviousCPP", MISSING, "it is not recorded", "8730")
        self._leaf("NumberOfPreviousCPP", one.previous)
        if one.reviews:
            reviews = self._open("Reviews")
            for on in sorted(one.reviews):
                self._leaf("CPPreviewDate", on)
            self._close(reviews)
        self._close(group)


def _by_start(pieces: Iterable[Any]) -> list[Any]:
    return sorted(pieces, key=lambda one: one.start or one.end or date.max)
