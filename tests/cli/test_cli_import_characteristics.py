"""What a return tells of a child beyond its history comes in on request only, apart from it, and is never shown."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from cinctl.formats import census
from cinctl.formats.census import Episode, Return

if TYPE_CHECKING:
    from cinctl.history import Draft
    from tests.cli.conftest import Desk

RETURN = """<Message>
<Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year><ReferenceDate>2026-03-31</ReferenceDate>
</CollectionDetails><Source><LEA>899</LEA></Source></Header>
<Children><Child>
<ChildIdentifiers><LAchildID>K1</LAchildID><UPN>A001234567890</UPN><FormerUPN>B001234567890</FormerUPN>
<PersonBirthDate>2015-06-01</PersonBirthDate><Sex>F</Sex><PersonDeathDate>2026-02-02</PersonDeathDate></ChildIdentifiers>
<ChildCharacteristics><Ethnicity>APKN</Ethnicity>
<Disabilities><Disability>LD</Disability><Disability>AUT</Disability></Disabilities></ChildCharacteristics>
<CINdetails><CINreferralDate>2025-06-11</CINreferralDate><ReferralSource>1A</ReferralSource>
<ReferralNFA>0</ReferralNFA></CINdetails>
<CINdetails><CINreferralDate>2025-09-11</CINreferralDate><ReferralSource>6</ReferralSource>
<DateOfInitialCPC>2025-09-29</DateOfInitialCPC><ReferralNFA>0</ReferralNFA>
<ChildProtectionPlans><CPPstartDate>2025-09-29</CPPstartDate><Reviews><CPPreviewDate>2025-12-01</CPPreviewDate></Reviews>
</ChildProtectionPlans></CINdetails>
</Child></Children></Message>
"""
WHOLE = {
    "sex": "F",
    "ethnicity": "APKN",
    "upn": "A001234567890",
    "former_upn": "B001234567890",
    "disabilities": ["LD", "AUT"],
    "died": "2026-02-02",
}


def read(text: str, *, characteristics: bool = True) -> tuple[Return, list[Episode]]:
    """Read a return to its end."""
    back = census.read(io.BytesIO(text.encode()), name="return.xml", characteristics=characteristics)
    episodes = [one for one in back if isinstance(one, Episode)]
    assert back.totals.adds_up
    assert back.totals.events == sum(len(one.drafts) for one in episodes)
    return back, episodes


def of_the_child(episodes: list[Episode]) -> list[Draft]:
    """The steps that tell of the child."""
    return [draft for one in episodes for draft in one.drafts if draft.kind == "child"]


def test_once_on_the_latest_case() -> None:
    """All that the return tells is one step, on the child's latest case, right after its referral."""
    _, episodes = read(RETURN)
    (told,) = of_the_child(episodes)

    assert (WHOLE, "K1-20250911", "2025-09-11") == (told.data, told.case, told.at)
    assert ["refer", "child", "decide"] == [draft.kind for draft in episodes[1].drafts[:3]]


def test_links_still_name_what_they_named() -> None:
    """The step between moves the places of the others, and their links with them."""
    (_, bare), (_, whole) = (read(RETURN, characteristics=asked)[1] for asked in (False, True))
    linked = [{one.drafts[i].kind: refs for i, refs in one.refs.items()} for one in (bare, whole)]

    assert linked[0] == linked[1] != {}


def test_nothing_unless_asked() -> None:
    """Without being asked the elements are left out, by name."""
    back, episodes = read(RETURN, characteristics=False)

    assert [] == of_the_child(episodes)
    assert {"Sex": 1, "Ethnicity": 1, "UPN": 1, "FormerUPN": 1, "Disability": 2, "PersonDeathDate": 1} == dict(
        back.totals.left_out
    )
    assert {} == dict(read(RETURN)[0].totals.left_out)


@pytest.mark.parametrize(("code", "sex"), [("1", "M"), ("2", "F"), ("0", "U"), ("9", "U"), ("M", "M")])
def test_the_older_element_for_sex(code: str, sex: str) -> None:
    """Returns up to 2023-24 have another element, with codes of its own."""
    _, episodes = read(RETURN.replace("<Sex>F</Sex>", f"<GenderCurrent>{code}</GenderCurrent>"))

    assert sex == of_the_child(episodes)[0].data["sex"]


def test_a_child_of_whom_nothing_is_told() -> None:
    """No step tells nothing."""
    text = RETURN.replace("<Sex>F</Sex>", "")
    for name in ("UPN", "FormerUPN", "PersonDeathDate", "Ethnicity"):
        text = text[: text.index(f"<{name}>")] + text[text.index(f"</{name}>") + len(name) + 3 :]
    start, end = text.index("<Disabilities>"), text.index("</Disabilities>")
    _, episodes = read(text[:start] + text[end + len("</Disabilities>") :])

    assert [] == of_the_child(episodes)


def test_next_years_return_is_a_step_of_its_own() -> None:
    """A year later the same is told anew, under a key of its own; the same year's return again is known."""
    key = of_the_child(read(RETURN)[1])[0].key

    assert key == of_the_child(read(RETURN)[1])[0].key
    assert key != of_the_child(read(RETURN.replace("<Year>2026<", "<Year>2027<"))[1])[0].key


def test_a_child_repeated_word_for_word() -> None:
    """A repetition adds nothing, and the sums still add up."""
    start, end = RETURN.index("<Child>"), RETURN.index("</Child>") + len("</Child>")
    back, episodes = read(RETURN[:end] + RETURN[start:end] + RETURN[end:])

    assert 1 == len(of_the_child(episodes))
    assert back.totals.left_out["repeated word for word"] > 10


def test_a_conflict_names_no_value() -> None:
    """That a later file of the same year tells otherwise is said without saying what."""
    (before,), (after,) = (of_the_child(read(text)[1]) for text in (RETURN, RETURN.replace("APKN", "BAFR")))
    known: dict[str, Any] = {"kind": "child", "at": before.at, "data": before.data}

    assert census.conflict(known, before) is None
    assert "recorded before with other characteristics" == census.conflict(known, after)
    assert census.conflict({**known, "data": None}, after) is None


UNREADABLE = {
    "date of birth": ("2015-06-01", "01/06/2015", "01/06/2015"),
    "expected": ("PersonBirthDate>2015-06-01</", "ExpectedPersonBirthDate>2015 June</Expected", "2015 June"),
    "UPN": ("A001234567890", "A00123456789" * 6, "A001"),
    "sex": ("<Sex>F<", f"<Sex>{'F' * 65}<", "FFF"),
    "ethnicity": ("APKN", "APKN" * 17, "APKN"),
    "disability": (">LD<", f">{'LD' * 33}<", "LDLD"),
    "date of death": ("2026-02-02", "2026-2-2", "2026-2"),
    "without an element": ("<UPN>A001234567890</UPN>", "A001234567890", "A001"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_no_problem_repeats_a_value(what: str) -> None:
    """What tells of the child and cannot be read is listed with its element and line, and not repeated."""
    old, new, value = UNREADABLE[what]
    back = census.read(io.BytesIO(RETURN.replace(old, new).encode()), name="return.xml", characteristics=True)
    problems = [str(one) for one in back if isinstance(one, census.Problem)]

    assert problems
    assert all(problem.startswith("line ") and value not in problem for problem in problems)


def test_at_the_command_line(bare: Desk) -> None:
    """What came in is shown by `history --characteristics` alone, and by no message."""
    bare.must("init --protocol working-together-2023")
    (bare.folder / "a.xml").write_text(RETURN, encoding="utf-8")
    (bare.folder / "b.xml").write_text(RETURN.replace("APKN", "BAFR"), encoding="utf-8")
    first = bare.must("--today 2026-04-10 import census --characteristics a.xml")
    second = bare.must("--today 2026-04-10 import census --characteristics b.xml -f csv")
    lines = ("history K1-20250911 --json", "show K1-20250911 --json", "list --json", "audit --json --fail-on never")
    shown = "".join(bare.must(f"--today 2026-04-10 {line}").out for line in lines)
    asked = bare.must("--today 2026-04-10 history K1-20250911 --characteristics --json").json

    assert WHOLE == next(row["data"] for row in asked if row["kind"] == "child")
    assert "recorded before with other characteristics" in second.out
    told = first.out + first.err + second.out + second.err + shown
    assert not any(value in told for value in ("APKN", "BAFR", "A001234567890", "AUT"))
