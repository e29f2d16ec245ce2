"""Ofsted's ILACS Annex A, the child-level lists of an inspection: which there are, and their columns.

Column heads are those that the sector's readers look for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = [
    "AGE",
    "AS_CSV",
    "BORN",
    "CHILD",
    "DISABILITY",
    "ETHNICITY",
    "GENDER",
    "LISTS",
    "MAY_BE_BLANK",
    "TEAM",
    "WORKER",
    "AnnexList",
]  # fmt: skip

CHILD, GENDER, ETHNICITY, BORN, AGE = (
    "Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)",
)  # fmt: skip
DISABILITY, TEAM, WORKER = "Does the Child have a Disability", "Allocated Team", "Allocated Worker"
_COMMON = (CHILD, GENDER, ETHNICITY, BORN, AGE)
_UASC = "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N)"
_FORMER_UASC = "Unaccompanied Asylum Seeking Child (UASC), or formerly UASC if 18 or over (Y/N)"


class AnnexList(NamedTuple):
    """One list: its number, what it lists, its columns in order, and the column that it is known by."""

    number: int
    title: str
    columns: tuple[str, ...]
    known_by: str

    @property
    def sheet(self) -> str:
        """The name of its sheet in a workbook."""
        return f"List {self.number}"


LISTS: Mapping[int, AnnexList] = {
    found.number: found
    for found in (
        AnnexList(1, "contacts", (*_COMMON, "Date of Contact", "Contact Source"), "Date of Contact"),
        AnnexList(
            2,
            "early help",
            (*_COMMON, "Assessment start date", "Assessment completion date", "Organisation completing assessment"),
            "Assessment start date",
        ),
        AnnexList(
            3,
            "referrals",
            (
                *_COMMON,
                "Date of referral",
                "Referral Source",
                "Referral NFA?",
                "Number of Referrals in Last 12 Months",
                TEAM,
                WORKER,
            ),
            "Date of referral",
        ),
        AnnexList(
            4,
            "assessments",
            (
                *_COMMON,
                DISABILITY,
                "Continuous Assessment Start Date",
                "Child Seen During Continuous Assessment",
                "Continuous Assessment Date of Authorisation",
                "Was the child assessed as requiring LA children's social care support?",
                TEAM,
                WORKER,
            ),
            "Continuous Assessment Start Date",
        ),
        AnnexList(
            5,
            "section 47 enquiries",
            (
                *_COMMON,
                DISABILITY,
                "Strategy discussion initiating Section 47 Enquiry Start Date",
                "Was an Initial Child Protection Conference deemed unnecessary?",
                "Date of Initial Child Protection Conference",
                "Did the Initial Child Protection Conference Result in a Child Protection Plan",
                "Number of Section 47 Enquiries in the last 12 months",
                "Number of ICPCs in the last 12 months",
                TEAM,
                WORKER,
            ),
            "Strategy discussion initiating Section 47 Enquiry Start Date",
        ),
        AnnexList(
            6,
            "children in need",
            (
                *_COMMON,
                DISABILITY,
                "CIN Start Date",
                "Primary Need Code",
                "Date Child Was Last Seen",
                "CIN Closure Date",
                "Reason for Closure",
                "Case Status",
                TEAM,
                WORKER,
            ),
            "CIN Start Date",
        ),
        AnnexList(
            7,
            "child protection",
            (
                *_COMMON,
                DISABILITY,
                "Child Protection Plan Start Date",
                "Initial Category of Abuse",
                "Latest Category of Abuse",
                "Date of the Last Statutory Visit",
                "Was the Child Seen Alone?",
                "Date of latest review conference",
                "Child Protection Plan End Date",
                "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)",
                "Number of Previous Child Protection Plans",
                TEAM,
                WORKER,
            ),
            "Child Protection Plan Start Date",
        ),
        AnnexList(
            8,
            "looked after children",
            (
                *_COMMON,
                _UASC,
                DISABILITY,
                "Date Started to be Looked After",
                "Child's Category of Need",
                "Is this a second or subsequent period of being a Looked After Child within the last 12 months (Y/N)",
                "Start date of current legal status",
                "Child's Legal Status",
                "Date of Latest Statutory Review",
                "Date of Last Social Work Visit",
                "What is the permanence plan for this child?",
                "Date of Last IRO Visit / Contact to the Child",
                "Date of Last Health Assessment",
                "Date of Last Dental Check",
                "Number of Placements in the Last 12 months",
                "Date Ceased to be Looked After",
                "Reason Ceased to be Looked After",
                "Start Date of Most Recent Placement",
                "Placement Type",
                "Placement Provider",
                "Placement postcode",
                "URN of Placement",
                "Placement Location",
                "LA of Placement",
                "Number of Episodes the Child has been 'Missing' from their Placement in the last 12 months",
                "Number of Episodes the Child has been 'Absent' from their Placement in the last 12 months",
                "Was the child offered a Return Interview after their last missing episode (Y/N)?",
                "Did the child accept a Return Interview after their last missing episode (Y/N)?",
                TEAM,
                WORKER,
            ),
            "Date Started to be Looked After",
        ),
        AnnexList(
            9,
            "care leavers",
            (
                *_COMMON,
                _FORMER_UASC,
                DISABILITY,
                TEAM,
                WORKER,
                "Allocated Personal Advisor",
                "Eligibility Category",
                "Latest Pathway Plan Review Date",
                "LA in Touch",
                "Latest Date of Contact",
                "Type of Accommodation",
                "Suitability of Accommodation",
                "Activity Status",
            ),
            "Eligibility Category",
        ),
        AnnexList(
            10,
            "adoption",
            (
                CHILD,
                "Family identifier",
                *_COMMON[1:],
                DISABILITY,
                "Date the Child Entered Care",
                "Date of Decision that Child Should be Placed for Adoption",
                "Date of Placement Order",
                "Date of Matching Child and Prospective Adopters",
                "Date Placed for Adoption",
                "Date of Adoption Order",
                "Date of Decision that Child Should No Longer be Placed for Adoption",
                "Reason Why Child No Longer Placed for Adoption",
                "Date the child was placed for fostering in FFA or concurrent planning placement",
            ),
            "Date the Child Entered Care",
        ),
        AnnexList(
            11,
            "adopters",
            (
                "Individual adopter identifier",
                "Family identifier",
                GENDER,
                ETHNICITY,
                "Disability",
                "Is the (prospective) adopter fostering for adoption?",
                "Date enquiry received",
                "Date Stage 1 started",
                "Date Stage 1 ended",
                "Date Stage 2 started",
                "Date Stage 2 ended",
                "Date application submitted",
                "Date application approved",
                "Date adopter matched with child(ren)",
                "Date child/children placed with adopter(s)",
                "No. of children placed",
                "Date of Adoption Order",
                "Date of leaving adoption process",
                "Reason for leaving adoption process",
            ),
            "Individual adopter identifier",
        ),
    )
}
"""Every list by its number. What is not about children in need stays empty here, but a reader wants the sheet."""

AS_CSV = (1, 2, 3, 4, 5, 6, 7)
"""The lists that are about contacts, early help, children in need and child protection."""

MAY_BE_BLANK = frozenset({
    BORN,
    AGE,
    "Continuous Assessment Date of Authorisation",
    "Was the child assessed as requiring LA children's social care support?",
    "Was an Initial Child Protection Conference deemed unnecessary?",
    "Date of Initial Child Protection Conference",
    "Did the Initial Child Protection Conference Result in a Child Protection Plan",
    "Date Child Was Last Seen",
    "CIN Closure Date",
    "Reason for Closure",
    "Date of the Last Statutory Visit",
    "Was the Child Seen Alone?",
    "Date of latest review conference",
    "Child Protection Plan End Date",
})  # fmt: skip
"""The columns of those lists in which a reader takes an empty cell for an answer."""
