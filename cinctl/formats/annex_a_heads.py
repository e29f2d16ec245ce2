"""Under which heads the columns of Annex A stand in the files that authorities have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cinctl.formats.annex_a import LISTS, AnnexList
from cinctl.formats.sheets import name_of

__all__ = ["column_of"]

_SHORTEST = 12
"""So long is a column's name that a longer head may begin with: `Number of Referrals in Last 12 Months (before it)`."""

_ALSO: Mapping[str, str] = {
    "Child Unique ID": "childid uniquechildid childidentifier childuniqueidentifier uniquechildidentifier lachildid "
    "uniqueid",
    "Date of Birth": "dob birthdate",
    "Age of Child (Years)": "age ageofchild ageinyears",
    "Date of Contact": "contactdate",
    "Date of referral": "referraldate",
    "Referral NFA?": "nfa",
    "Number of Referrals in Last 12 Months": "referralslast12months",
    "Does the Child have a Disability": "hasdisability disability disabled",
    "Continuous Assessment Start Date": "continuousassessmentstart",
    "Child Seen During Continuous Assessment": "continuousassessmentchildseen childseen",
    "Continuous Assessment Date of Authorisation": "continuousassessmentauthdate continuousassessmentauthorisationdate",
    "Was the child assessed as requiring LA children's social care support?": "cscsupportrequired",
    "Strategy discussion initiating Section 47 Enquiry Start Date": "stratdiscussiondate strategydiscussiondate",
    "Was an Initial Child Protection Conference deemed unnecessary?": "initialcpconfunnecessary",
    "Date of Initial Child Protection Conference": "initialcpconfdate",
    "Did the Initial Child Protection Conference Result in a Child Protection Plan": "cpconfresultincpplan",
    "Number of Section 47 Enquiries in the last 12 months": "numbers47s12m",
    "Number of ICPCs in the last 12 months": "numbericpcs12m",
    "Primary Need Code": "primaryneed",
    "Date Child Was Last Seen": "datechildlastseen",
    "Date of the Last Statutory Visit": "dateoflaststatutoryvisit",
    "Was the Child Seen Alone?": "childseenalone",
    "Date of latest review conference": "dateoflatestreviewconf latestreviewconference",
    "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)": (
        "subjecttoemergencyprotectionorder protectionlastsixmonths"
    ),
    "Number of Previous Child Protection Plans": "numberofpreviouschildprotectionplans",
    "Allocated Team": "team",
    "Allocated Worker": "worker",
}


@lru_cache(maxsize=16)
def _heads(number: int) -> dict[str, str]:
    """Return the column of a list for every head that it may stand under."""
    found: dict[str, str] = {}
    for column in LISTS[number].columns:
        for head in _ALSO.get(column, "").split():
            found.setdefault(head, column)
    return found | {name_of(column): column for column in LISTS[number].columns}


@lru_cache(maxsize=4096)
def _column(head: str, number: int) -> str | None:
    heads = _heads(number)
    if head in heads:
        return heads[head]
    begun = [known for known in heads if len(known) >= _SHORTEST and head.startswith(known)]
    return heads[max(begun, key=len)] if begun else None


def column_of(head: str, listed: AnnexList) -> str | None:
    """Return which column of *listed* the text *head* names, whatever its case, spacing and signs; None for none."""
    name = name_of(head[:300])
    return _column(name, listed.number) if name else None
