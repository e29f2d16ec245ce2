"""The shape of a Children in Need return, as far as it can be told without the DfE's schema: for tests.

Which elements stand in which, in which order, how often, and what their text looks like. The sector's validator looks
at none of this.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

_DAY = r"\d{4}-\d{2}-\d{2}"
_FLAG = r"[01]"
_CODE = r"[0-9A-Z]{1,4}"

# Parent to its elements in order; ? may be absent, * any number, + at least one; after the colon what the text is.
_SHAPE = {
    "Message": "Header Children",
    "Header": "CollectionDetails Source",
    "CollectionDetails": "Collection:CIN Year:\\d{4} ReferenceDate:\\d{4}-03-31",
    "Source": "SourceLevel:L LEA:\\d{3} SoftwareCode:\\w+ Release:[\\w.]+ SerialNo:\\d{3} "
    f"DateTime:{_DAY}T\\d\\d:\\d\\d:\\d\\d",
    "Children": "Child*",
    "Child": "ChildIdentifiers ChildCharacteristics CINdetails+",
    "ChildIdentifiers": "LAchildID:[0-9A-Za-z]{1,20} UPN?:[A-Z]\\d{11}[0-9A-Z] FormerUPN?:[A-Z]\\d{11}[0-9A-Z] "
    f"UPNunknown?:UN[1-7] PersonBirthDate?:{_DAY} ExpectedPersonBirthDate?:{_DAY} Sex?:[MFU] PersonDeathDate?:{_DAY}",
    "ChildCharacteristics": "Ethnicity?:[A-Z]{4} Disabilities?",
    "Disabilities": "Disability+:[A-Z]{2,4}",
    "CINdetails": f"CINreferralDate:{_DAY} ReferralSource?:[0-9A-F]{{1,2}} PrimaryNeedCode?:N\\d "
    f"CINclosureDate?:{_DAY} ReasonForClosure?:RC[1-9] DateOfInitialCPC?:{_DAY} Assessments* CINPlanDates* Section47* "
    f"ReferralNFA?:{_FLAG} ChildProtectionPlans*",
    "Assessments": f"AssessmentActualStartDate:{_DAY} AssessmentAuthorisationDate?:{_DAY} "
    "FactorsIdentifiedAtAssessment?",
    "FactorsIdentifiedAtAssessment": f"AssessmentFactors+:{_CODE}",
    "CINPlanDates": f"CINPlanStartDate:{_DAY} CINPlanEndDate?:{_DAY}",
    "Section47": f"S47ActualStartDate:{_DAY} InitialCPCtarget?:{_DAY} DateOfInitialCPC?:{_DAY} ICPCnotRequired:{_FLAG}",
    "ChildProtectionPlans": f"CPPstartDate:{_DAY} CPPendDate?:{_DAY} InitialCategoryOfAbuse?:[A-Z]{{3}} "
    "LatestCategoryOfAbuse?:[A-Z]{3} NumberOfPreviousCPP?:\\d+ Reviews?",
    "Reviews": f"CPPreviewDate+:{_DAY}",
}


def faults(content: str | bytes) -> list[str]:
    """Return in which ways *content* has another shape than a return; none when it has that shape."""
    root = ET.fromstring(content)
    if root.tag != "Message":
        return [f"{root.tag} where Message should stand"]
    return [fault for element in root.iter() for fault in _faults_in(element)]


def _faults_in(element: ET.Element) -> list[str]:
    found = [f"{element.tag} has attributes"] if element.attrib else []
    if element.tag not in _SHAPE:
        return found
    order, texts = _parsed(_SHAPE[element.tag])
    inner = "".join(f"<{child.tag}>" for child in element)
    if not re.fullmatch(order, inner):
        found.append(f"{element.tag} holds {inner}")
    for child in element:
        if child.tag in texts and not re.fullmatch(texts[child.tag], child.text or ""):
            found.append(f"{child.tag} is {child.text!r}")
        if child.tag not in _SHAPE and not (child.text or "").strip():
            found.append(f"{child.tag} is empty")
    if element.tag not in ("Children", "ChildCharacteristics") and len(element) == 0:
        found.append(f"{element.tag} is empty")
    return found


def _parsed(shape: str) -> tuple[str, dict[str, str]]:
    order, texts = "", {}
    for part in shape.split():
        name, _, text = part.partition(":")
        bare = name.rstrip("?*+")
        order += f"(?:<{bare}>){name[len(bare) :]}"
        if text:
            texts[bare] = text
    return order, texts
