"""How codes are spelt in the lists of Annex A, and what else is taken for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from cinctl.formats.sheets import name_of, word

__all__ = [
    "ABUSE",
    "CASE_STATUS",
    "CLOSURE",
    "ETHNICITY",
    "GENDER",
    "NEED",
    "SOURCE",
    "Codes",
    "code_of",
    "spelt",
    "yes_no",
]


class Codes(NamedTuple):
    """How the codes of one column are spelt: by code, and what else is taken for which."""

    spellings: Mapping[str, str]
    also: Mapping[str, str]


def _codes(spellings: Mapping[str, str], **also: str) -> Codes:
    taken = {name_of(spelling): code for code, spelling in spellings.items()}
    taken |= {name_of(code): code for code in spellings}
    return Codes(spellings, taken | {name_of(text.replace("_", " ")): code for text, code in also.items()})


_ETHNICITIES = (
    "WBRI", "WIRI", "WIRT", "WOTH", "WROM", "MWBC", "MWBA", "MWAS", "MOTH", "AIND", "APKN", "ABAN", "AOTH", "BCRB",
    "BAFR", "BOTH", "CHNE", "OOTH", "REFU",
)  # fmt: skip
_SOURCES = {
    **dict.fromkeys(("1A", "1B", "1C", "1D"), "Individual"),
    "2A": "Schools",
    "2B": "Education services",
    **dict.fromkeys(("3A", "3B", "3C", "3D", "3E", "3F"), "Health services"),
    "4": "Housing",
    **dict.fromkeys(("5A", "5B", "5C", "5D"), "LA services"),
    "6": "Police",
    "7": "Other legal agency",
    "8": "Other",
    "9": "Anonymous",
    "10": "Unknown",
}


def _sources() -> dict[str, str]:
    letters = iter("abcdefghijklmnopqrstu")
    # 5D came later, and the readers that know it know it as p1.
    return {code: f"{'p1' if code == '5D' else next(letters)}) {code}: {title}" for code, title in _SOURCES.items()}


GENDER = _codes(
    {"M": "a) Male", "F": "b) Female", "U": "c) Not stated/recorded"},
    male="M", female="F", not_stated_recorded="U", c_not_stated_recorded_or_unborn="U", unborn="U", unknown="U",
    not_known="U", not_recorded="U", not_stated="U", unspecified="U",
)  # fmt: skip
ETHNICITY = _codes(
    # One reader takes not obtained with a letter before it for nothing at all; bare, both take it.
    {code: f"{chr(97 + place)}) {code}" for place, code in enumerate(_ETHNICITIES)} | {"NOBT": "NOBT"}
)
SOURCE = _codes(
    _sources(),
    schools="2A", education_services="2B", housing="4", police="6", other_legal_agency="7", other="8", anonymous="9",
    unknown="10",
)  # fmt: skip
NEED = _codes({
    "N1": "N1 - Abuse or neglect",
    "N2": "N2 - Child’s disability",
    "N3": "N3 - Parental disability or illness",
    "N4": "N4 - Family in acute stress",
    "N5": "N5 - Family dysfunction",
    "N6": "N6 - Socially unacceptable behaviour",
    "N7": "N7 - Low income",
    "N8": "N8 - Absent parenting",
    "N9": "N9 - Cases other than children in need",
    "N0": "N0 - Not stated",
})  # fmt: skip
CLOSURE = _codes({
    "RC1": "RC1 - Adopted",
    "RC2": "RC2 - Died",
    "RC3": "RC3 - Child arrangements order",
    "RC4": "RC4 - Special guardianship order",
    "RC5": "RC5 - Transferred to services of another local authority",
    "RC6": "RC6 - Transferred to adult social care services",
    "RC7": "RC7 - Services ceased for any other reason, including child no longer in need",
    "RC8": "RC8 - Case closed after assessment, no further action",
    "RC9": "RC9 - Case closed after assessment, referred to early help",
})  # fmt: skip
ABUSE = _codes(
    {
        "NEG": "a) Neglect",
        "PHY": "b) Physical abuse",
        "SAB": "c) Sexual abuse",
        "EMO": "d) Emotional abuse",
        "MUL": "e) Multiple/not recommended",
    },
    neglect="NEG", physical="PHY", physical_abuse="PHY", sexual="SAB", sexual_abuse="SAB", emotional="EMO",
    emotional_abuse="EMO", multiple="MUL", multiple_not_recommended="MUL",
)  # fmt: skip
CASE_STATUS = _codes(
    {
        "looked_after": "a) Looked after child",
        "child_protection": "b) Child Protection plan",
        "child_in_need": "c) Child in need plan",
        "assessment": "d) Open assessment",
        "closed": "e) Closed episode",
    },
    looked_after_child="looked_after", lac="looked_after", cla="looked_after", child_protection_plan="child_protection",
    cp="child_protection", cpp="child_protection", child_in_need_plan="child_in_need", cin="child_in_need",
    open_assessment="assessment", closed_episode="closed",
)  # fmt: skip


def spelt(codes: Codes, code: str | None) -> str | None:
    """Return *code* as a list spells it; one that no list knows as it is, and nothing for nothing."""
    return None if code is None else codes.spellings.get(code, code)


def yes_no(answer: bool | None) -> str | None:
    """Return a yes or no as a list spells it."""
    return None if answer is None else "a) Yes" if answer else "b) No"


def code_of(codes: Codes, text: str) -> str:
    """Return the code that a cell spells: bare, as a list spells it, or with whatever words behind it.

    Raises:
        ValueError: it spells none.
    """
    found = codes.also.get(name_of(text))
    if found is None:
        bare = re.sub(r"^[a-z]\d?[).]\s*", "", text.strip())
        found = codes.also.get(name_of(bare)) or _leading(codes, bare)
    if found is None:
        raise ValueError(f"{word(text)} is not one of {', '.join(codes.spellings)}")
    return found


def _leading(codes: Codes, text: str) -> str | None:
    """Return the code that *text* begins with, parted from what follows by more than a letter or digit."""
    head = re.match(r"[A-Za-z0-9]+(?=\s*(?:[-–:(\[]|\s|$))", text)
    return head[0].upper() if head and head[0].upper() in codes.spellings else None
