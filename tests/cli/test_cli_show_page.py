"""`show CASE`: a page about one case, for people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.events import KINDS
from cinctl.happenings import DETAILS, WORDS
from tests.cli.on_terminal import columns_of, in_a_pipe, on_terminal

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

SECRET = "the-mother-said-so"


@pytest.fixture(name="full")
def _full(case: Desk) -> Desk:
    """R1 with a lead, a visit corrected, a note voided, a waiver, and characteristics recorded."""
    for line in (
        "decide R1 --outcome section-17 --limb disabled --next-steps assess --by tm1 --on 2026-02-24",
        "map R1 --strengths T --needs T --next-steps T --by tm1 --on 2026-02-24",
        f"allocate R1 --to sw1 --supervisor tm1 --unit A --continuity {SECRET} --by tm1 --on 2026-02-25",
        "visit R1 --seen child --alone --by sw1 --on 2026-02-26",
        f"note R1 --text {SECRET} --by sw1 --on 2026-02-26",
        "child R1 --sex F --ethnicity WBRI --by sw1 --on 2026-02-26",
        f"correct 7 --set at=2026-02-25 --reason {SECRET} --by sw1",
        f"correct 8 --void --reason {SECRET} --by sw1",
        f"waive R1 --rule SML-3 --reason {SECRET} --until 2026-03-31 --approved-by tm1 --on 2026-02-26",
    ):
        case.must(line)
    return case


def _page(desk: Desk, line: str = "show R1") -> list[str]:
    return desk.must(line).out.splitlines()


def test_the_page(full: Desk) -> None:
    """Who, where it stands, what runs, what is waived, what happened, the latest first."""
    assert _page(full) == [
        "R1  open since Tue 24 Feb 2026",
        "",
        "born        Mon 1 Jun 2015",
        "need        N1",
        "tier        section 17",
        "lead        sw1, social worker, since Wed 25 Feb 2026",
        "supervisor  tm1",
        "unit        A",
        "referred    Mon 23 Feb 2026",
        "",
        "Nothing runs.",
        "",
        "What is waived",
        "  SML-3 until Tue 31 Mar 2026, approved by tm1",
        "",
        "What happened: 8 events, the latest first",
        "  Thu 26 Feb 2026  rule waived (rule: SML-3; until Tue 31 Mar 2026; approved by: tm1)       #12",
        "  Thu 26 Feb 2026  census characteristics                                              sw1  #9",
        "  Thu 26 Feb 2026  note [voided by 11]                                                 sw1  #8",
        "  Wed 25 Feb 2026  visit (seen: child; alone) [corrected by 10]                        sw1  #7",
        "  Wed 25 Feb 2026  lead allocated (to: sw1; supervisor: tm1)                           tm1  #6",
        "  Tue 24 Feb 2026  team mapping                                                        tm1  #5",
        "  Tue 24 Feb 2026  decision on the referral (outcome: section 17)                      tm1  #4",
        "  Mon 23 Feb 2026  referral (source: 1A)                                                    #3",
    ]


@pytest.mark.parametrize("line", ["show R1", "show R1 -f table", "show -"])
def test_one_case_is_a_page_however_it_is_named(full: Desk, line: str) -> None:
    """An id, a table by name, or one id from a pipe."""
    assert full.type(line, stdin="R1\n").out == full.must("show R1").out


def test_columns_are_a_card(full: Desk) -> None:
    """With --columns those fields are told and nothing else."""
    assert _page(full, "show R1 --columns case,lead") == ["case  R1", "lead  sw1"]


def test_several_cases_are_a_table(full: Desk) -> None:
    """More than one case are rows."""
    full.must("refer R2 --source 1A --born 2015-06-01 --need N1 --on 2026-02-23")

    assert [line.split()[0] for line in _page(full, "show R1 R2")] == ["case", "------", "R1", "R2"]


def test_what_programs_read_is_as_it_was(full: Desk) -> None:
    """JSON is the row of the case, whatever the page tells."""
    row = json.loads(full.must("show R1 --json").out)

    assert list(row)[:3] == ["schema", "case", "child"]
    assert "running" not in row


def test_no_free_text_and_no_characteristics(full: Desk) -> None:
    """What was written, the child's sex and ethnicity, and a code that tells a disability are not on the page.

    Nor is any other code of that field: that one is left out would tell which.
    """
    text = full.must("show R1").out

    assert SECRET not in text
    assert "WBRI" not in text
    assert "limb" not in text
    assert "census characteristics" in text


def test_corrections_are_marked(full: Desk) -> None:
    """An amended event stands on its new day, a voided one is named as such, each with what corrected it."""
    lines = _page(full)

    assert any(re.search(r"Wed 25 Feb 2026 +visit .*\[corrected by 10\] +sw1", line) for line in lines)
    assert any("note [voided by 11]" in line for line in lines)


def test_what_runs(case: Desk) -> None:
    """Each obligation with its date, how late, what and whose; a waived one says until when."""
    late = _page(case)
    case.must("waive R1 --rule SML-2 --reason T --until 2026-03-31 --approved-by tm1 --on 2026-02-26")
    waived = _page(case)

    assert "What runs: 1, 1 of them overdue" in late
    assert "  Tue 24 Feb 2026  4 working days late  decide next steps (SML-2)  manager" in late
    assert "What runs: 1" in waived
    assert "  Tue 24 Feb 2026  waived until Tue 31 Mar 2026  decide next steps (SML-2)  manager" in waived


def test_a_long_history_is_cut_and_says_so(case: Desk) -> None:
    """The latest events stand there; how many more there are, and where, is said."""
    for _ in range(20):
        case.must("note R1 --text T --by sw1 --on 2026-02-26")
    lines = _page(case)

    assert "What happened: 21 events, the latest first" in lines
    assert lines[-1] == "  … 9 more: cinctl history R1"


def test_the_case_as_of_a_day(full: Desk) -> None:
    """--today before it was allocated shows it without a lead."""
    assert "lead      nobody" in _page(full, "--today 2026-02-24 show R1")


def test_a_closed_case(full: Desk) -> None:
    """A case that ended says when."""
    full.must("close R1 --reason RC2 --decision T --evidence T --by tm1 --on 2026-02-28")
    lines = _page(full)

    assert lines[0] == "R1  closed since Sat 28 Feb 2026"
    assert any(re.fullmatch(r"  Sat 28 Feb 2026 +closed +tm1 +#13", line) for line in lines)
    assert "ended       Sat 28 Feb 2026" in lines
    assert not any("RC2" in line for line in lines)


def test_an_unknown_case(case: Desk) -> None:
    """It is wrong usage, with the nearest id."""
    result = case.type("show R9")

    assert (result.code, result.out) == (2, "")
    assert "there is no case 'R9'" in result.err


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_it_fits_the_terminal(full: Desk, width: int) -> None:
    """No line is wider than the terminal, and the way on is told beside the page."""
    lines = on_terminal(full.folder, "show R1", width, NO_COLOR="1").splitlines()

    assert max(map(columns_of, lines[:-1])) <= width
    assert lines[-1] == "next: cinctl next R1, cinctl timeline R1"
    assert in_a_pipe(full.folder, "show R1").stderr == ""


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80), st.integers(40, 120))
def test_a_hostile_reference_moves_nothing(text: str, width: int) -> None:
    """Whatever an id, a unit or a lead is called, the page stays within its width and on its lines."""
    from cinctl.casepage import Page, Running, page_lines

    facts: dict[str, str | None] = dict.fromkeys(
        ("child", "family", "lead", "lead_role", "supervisor", "unit", "need", "tier"), text
    )
    facts |= {"case": text, "state": "open", "born": None, "expected": None, "referred": "2026-02-23", "closed": None}
    runs = Running("2026-02-24", "overdue", "4 days late", text, text, text, None)
    lines = page_lines(Page(facts, None, None, [runs], [], []), width, colour=False)

    assert max(map(columns_of, lines)) <= width
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", "".join(lines))


def test_every_kind_has_words() -> None:
    """Each kind of event that befalls a case is told in words, and no other is listed."""
    kinds = {full for kind in KINDS.values() if kind.subject == "case" for full in kind.full_names()}

    assert kinds - {"correct", "redact"} == set(WORDS)


def test_only_what_tells_nothing_is_shown() -> None:
    """No field on the page is free text, holds a characteristic or a birth, or has a code that tells one."""
    shown = [KINDS[base].fields[name] for base, names in DETAILS.items() for name in names]

    assert {field.type for field in shown} - {"code", "date", "staff", "flag"} <= {"text"}
    assert [field.name for field in shown if field.type == "text"] == ["rule"]
    assert [field.name for field in shown if field.holds not in (None, "rule") or field.tells or field.mapping] == []


def test_what_is_no_code_is_not_shown(case: Desk) -> None:
    """A code for which the protocol has no list may be any text: where it reads like text, it stays in the record."""
    case.run("conference", "R1", "--initial", "--outcome", "she wept", "--chair", "sw1", "--on", "2026-02-26")
    lines = _page(case)

    assert any(re.fullmatch(r"  Thu 26 Feb 2026 +initial conference \(chair: sw1\) +#4", line) for line in lines)
