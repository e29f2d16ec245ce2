"""A census return comes in whole: what is in it is recorded or accounted for, and the same again adds nothing."""

from __future__ import annotations

import io
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.errors import UsageError
from cinctl.events import split
from cinctl.formats import annex_a_cases, census
from cinctl.formats.census import Episode, Problem, Return
from cinctl.history import Draft

ROOT = Path(__file__).parents[1]
SYNTHETIC = ROOT / "examples" / "census_2026_synthetic.xml"
SAMPLE = ROOT / "tests" / "data" / "census" / "cin_census_sample.xml"
SAMPLE_2026 = ROOT / "tests" / "data" / "census" / "cin_census_2026_sample.xml"

HEADER = (
    "<Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year>"
    "<ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails><Source><LEA>899</LEA></Source></Header>"
)
BORN = "<PersonBirthDate>2015-06-01</PersonBirthDate>"
FULL = """
<CINreferralDate>2025-06-11</CINreferralDate>
<ReferralSource>1A</ReferralSource>
<PrimaryNeedCode>N1</PrimaryNeedCode>
<CINclosureDate>2026-02-27</CINclosureDate>
<ReasonForClosure>RC7</ReasonForClosure>
<Assessments>
  <AssessmentActualStartDate>2025-06-12</AssessmentActualStartDate>
  <AssessmentInternalReviewDate>2025-06-20</AssessmentInternalReviewDate>
  <AssessmentAuthorisationDate>2025-07-14</AssessmentAuthorisationDate>
  <FactorsIdentifiedAtAssessment>
    <AssessmentFactors>4B</AssessmentFactors>
    <AssessmentFactors>16A</AssessmentFactors>
  </FactorsIdentifiedAtAssessment>
</Assessments>
<CINPlanDates>
  <CINPlanStartDate>2025-07-15</CINPlanStartDate>
  <CINPlanEndDate>2025-08-29</CINPlanEndDate>
</CINPlanDates>
<Section47>
  <S47ActualStartDate>2025-08-11</S47ActualStartDate>
  <InitialCPCtarget>2025-09-02</InitialCPCtarget>
  <DateOfInitialCPC>2025-08-29</DateOfInitialCPC>
  <ICPCnotRequired>0</ICPCnotRequired>
</Section47>
<ReferralNFA>0</ReferralNFA>
<ChildProtectionPlans>
  <CPPstartDate>2025-08-29</CPPstartDate>
  <CPPendDate>2026-02-20</CPPendDate>
  <InitialCategoryOfAbuse>NEG</InitialCategoryOfAbuse>
  <LatestCategoryOfAbuse>EMO</LatestCategoryOfAbuse>
  <NumberOfPreviousCPP>1</NumberOfPreviousCPP>
  <Reviews>
    <CPPreviewDate>2025-11-21</CPPreviewDate>
    <CPPreviewDate>2026-02-20</CPPreviewDate>
  </Reviews>
</ChildProtectionPlans>
"""
LEAVES = sum(len(element) == 0 for element in ET.fromstring(f"<x>{FULL}</x>").iter())


def child(*details: str, child_id: str = "SYN1", identifiers: str = BORN, more: str = "") -> str:
    """One Child with the content of each of its CINdetails."""
    episodes = "".join(f"<CINdetails>{content}</CINdetails>" for content in details)
    known = f"<ChildIdentifiers><LAchildID>{child_id}</LAchildID>{identifiers}</ChildIdentifiers>"
    return f"<Child>{known}{more}{episodes}</Child>"


def details(*more: str, referred: str = "2025-06-11") -> str:
    """The content of a small CINdetails."""
    return (
        f"<CINreferralDate>{referred}</CINreferralDate><ReferralSource>1A</ReferralSource>{''.join(more)}"
        "<ReferralNFA>0</ReferralNFA>"
    )


def message(*children: str, header: str = HEADER) -> bytes:
    """A whole return."""
    return f"<Message>{header}<Children>{''.join(children)}</Children></Message>".encode()


@attrs.frozen
class Read:
    """A return that was read to its end."""

    back: Return
    episodes: list[Episode]
    problems: list[Problem]

    @property
    def drafts(self) -> list[Draft]:
        """The drafts of every episode."""
        return [draft for episode in self.episodes for draft in episode.drafts]

    def kinds(self) -> Counter[str]:
        """How many drafts there are of each kind."""
        return Counter(draft.kind for draft in self.drafts)

    def one(self, kind: str) -> Draft:
        """The only draft of that kind."""
        (draft,) = (draft for draft in self.drafts if draft.kind == kind)
        return draft


def read(content: bytes | Path, **more: Any) -> Read:
    """Read a return to its end and hold its sums to adding up."""
    data = content.read_bytes() if isinstance(content, Path) else content
    back = census.read(io.BytesIO(data), name="return.xml", **more)
    everything = list(back)
    problems = [one for one in everything if isinstance(one, Problem)]
    episodes = [one for one in everything if isinstance(one, Episode)]

    assert back.totals.adds_up
    assert back.totals.problems == len(problems)
    assert back.totals.unread == sum(problem.elements for problem in problems)
    assert back.totals.episodes == len(episodes)
    assert back.totals.events == sum(len(episode.drafts) for episode in episodes)
    assert back.totals.elements == sum(len(element) == 0 for element in ET.fromstring(data).iter())
    return Read(back, episodes, problems)


def told(result: Read) -> list[str]:
    """The problems without their lines."""
    return [f"{problem.where}: {problem.what}" for problem in result.problems]


@pytest.fixture(name="synthetic", scope="module")
def _synthetic() -> Read:
    return read(SYNTHETIC)


class TestWholeAuthority:
    """The synthetic return, whose true counts its maker printed."""

    def test_header(self, synthetic: Read) -> None:
        """The header says whose return it is and of which year."""
        header = synthetic.back.header

        assert ("899", 2026, date(2026, 3, 31)) == (header.authority, header.year, header.reference)
        assert header.title == "census 2026 of authority 899"

    def test_children_and_episodes(self, synthetic: Read) -> None:
        """Each child and referral is there, each with a case of its own."""
        totals = synthetic.back.totals

        assert (totals.children, totals.episodes) == (1000, 1092)
        assert len({episode.case for episode in synthetic.episodes}) == 1092
        assert len({episode.child for episode in synthetic.episodes}) == 1000
        assert synthetic.problems == []

    def test_true_counts(self, synthetic: Read) -> None:
        """Every kind comes as often as it was written."""
        expected = {
            "refer": 1092,
            "decide": 1092,
            "assess.start": 688,
            "assess.complete": 608,
            "approve.assessment": 608,
            "plan.start": 385 + 74,
            "plan.end": 235 + 21,
            "enquire.start": 172,
            "enquire.conclude": 172 - 6,
            "conference.initial": 92,
            "conference.review": 90,
            "close": 460,
        }

        assert expected == synthetic.kinds()

    @pytest.mark.parametrize(
        ("kind", "field", "value", "count"),
        [
            ("decide", "outcome", "no_further_action", 256),
            ("plan.start", "type", "child_protection", 74),
            ("plan.start", "type", "child_in_need", 385),
            ("plan.end", "type", "child_protection", 74 - 53),
            ("enquire.conclude", "conference_needed", False, 76),
            ("enquire.conclude", "conference_needed", True, 90),
            ("conference.initial", "transfer_in", True, 2),
            ("conference.initial", "transfer_in", None, 90),
        ],
    )
    def test_true_counts_by_field(self, synthetic: Read, kind: str, field: str, value: object, count: int) -> None:
        """What a count is split by survives too."""
        assert count == sum(d.kind == kind and d.data.get(field) == value for d in synthetic.drafts)

    def test_unborn(self, synthetic: Read) -> None:
        """A child who is not born yet has an expected date and no other."""
        unborn = {d.data["child"] for d in synthetic.drafts if d.kind == "refer" and "expected" in d.data}

        assert len(unborn) == 16
        assert not any({"born", "expected"} <= d.data.keys() for d in synthetic.drafts)

    def test_left_out_by_name(self, synthetic: Read) -> None:
        """Characteristics of the child are not imported, and the sum says so."""
        left_out = synthetic.back.totals.left_out

        assert tuple(left_out[name] for name in ("Sex", "Ethnicity", "AssessmentInternalReviewDate", "Disability")) == (
            1000,
            1000,
            371,
            856,
        )
        assert "Ethnicity 1,000" in synthetic.back.totals.lines()[1]

    def test_fields_exist_and_are_spoken_of(self, synthetic: Read) -> None:
        """Every field of a draft is one of its kind, and but for links one that a census can speak of."""
        for draft in synthetic.drafts:
            assert draft.data.keys() <= split(draft.kind)[0].fields.keys()
            assert draft.data.keys() <= set(census.SPEAKS[draft.kind])

    def test_links_come_after_what_they_name(self, synthetic: Read) -> None:
        """What a link names stands earlier in the same case, so that it has a number by then."""
        for episode in synthetic.episodes:
            earlier: list[str | None] = []
            for place, draft in enumerate(episode.drafts):
                assert set(episode.refs.get(place, {}).values()) <= set(earlier)
                assert episode.refs.get(place, {}).keys() <= split(draft.kind)[0].fields.keys()
                earlier.append(draft.key)

    def test_cases_stand_in_date_order(self, synthetic: Read) -> None:
        """A sound return gives each case's steps in the order of their dates, the referral first and closure last."""
        for episode in synthetic.episodes:
            assert [d.at for d in episode.drafts] == sorted(d.at for d in episode.drafts)
            assert episode.drafts[0].kind == "refer"
            assert "close" not in [d.kind for d in episode.drafts[:-1]]

    def test_keys_are_stable_and_unique(self, synthetic: Read) -> None:
        """Reading the return again gives the same keys, each once."""
        keys = [draft.key for draft in synthetic.drafts]

        assert keys == [draft.key for draft in read(SYNTHETIC).drafts]
        assert len(keys) == len(set(keys))

    def test_every_draft_has_a_line(self, synthetic: Read) -> None:
        """Every draft names the line that it came from."""
        lines = SYNTHETIC.read_text(encoding="utf-8").split("\n")

        assert all(
            d.line is not None and d.at in lines[d.line - 1]
            for d in synthetic.drafts
            if d.kind != "decide" and d.data.get("conference_needed") is not False
        )

    def test_the_tool_makes_the_same_bytes(self, tmp_path: Path) -> None:
        """The return that is shipped is what its maker makes."""
        made = tmp_path / "return.xml"
        tool = ROOT / "tools" / "make_census_return.py"
        subprocess.run([sys.executable, str(tool), "--output", str(made)], check=True, stdout=subprocess.DEVNULL)

        assert SYNTHETIC.read_bytes() == made.read_bytes()


class TestFaultySamples:
    """The samples of the sector's own validator, full of errors on purpose."""

    def test_large_sample(self) -> None:
        """Old element names and `true` for a flag are read; conferences without an enquiry are transfers in."""
        result = read(SAMPLE)

        assert (result.back.totals.children, result.back.totals.episodes) == (332, 402)
        assert result.kinds() == {"refer": 402, "decide": 402, "conference.initial": 350, "close": 252}
        assert {"no_further_action"} == {d.data["outcome"] for d in result.drafts if d.kind == "decide"}
        assert result.problems == []

    def test_small_sample(self) -> None:
        """Every kind of row comes in, wrong as it is; stray text is listed, pre-proceedings left out by name."""
        result = read(SAMPLE_2026)

        assert [str(problem) for problem in result.problems] == [
            "line 23: child DfEX0000001: text between elements: is not part of a return: 'PersonBirthDate'"
        ]
        assert result.episodes[0].drafts[-2].data["factor"] == ["1C", "RB", "6B"]
        assert result.back.totals.left_out["PPStartDate"] == 1
        assert result.back.totals.left_out["empty elements"] == 1

    def test_what_reads_but_is_wrong_is_recorded(self) -> None:
        """An authorisation years before its assessment is recorded at its date, after what it belongs to."""
        episode = read(SAMPLE_2026).episodes[0]
        start, complete = (
            next(d for d in episode.drafts if d.kind == kind) for kind in ("assess.start", "assess.complete")
        )

        assert (start.at, complete.at) == ("2028-04-28", "2020-09-19")
        assert {"of": start.key} == episode.refs[episode.drafts.index(complete)]


class TestMapping:
    """One CINdetails, step by step."""

    def test_full_episode(self) -> None:
        """Each element becomes its step, at its date, in order."""
        episode = read(message(child(FULL))).episodes[0]
        steps = [(d.at, d.kind, d.data) for d in episode.drafts]

        assert episode.case == "SYN1-20250611"
        assert steps == [
            ("2025-06-11", "refer", {"source": "1A", "child": "SYN1", "born": "2015-06-01", "need": "N1"}),
            ("2025-06-11", "decide", {"outcome": "section_17"}),
            ("2025-06-12", "assess.start", {}),
            ("2025-07-14", "assess.complete", {"factor": ["4B", "16A"]}),
            ("2025-07-14", "approve.assessment", {}),
            ("2025-07-15", "plan.start", {"type": "child_in_need"}),
            ("2025-08-11", "enquire.start", {"conference_target": "2025-09-02"}),
            ("2025-08-29", "enquire.conclude", {"conference_needed": True}),
            ("2025-08-29", "conference.initial", {}),
            ("2025-08-29", "plan.end", {"type": "child_in_need"}),
            (
                "2025-08-29",
                "plan.start",
                {"type": "child_protection", "category": "NEG", "latest_category": "EMO", "previous_plans": 1},
            ),
            ("2025-11-21", "conference.review", {}),
            ("2026-02-20", "conference.review", {}),
            ("2026-02-20", "plan.end", {"type": "child_protection"}),
            ("2026-02-27", "close", {"reason": "RC7"}),
        ]

    def test_keys_name_no_file_and_no_year(self) -> None:
        """A key is made of what next year's return will say again."""
        result = read(message(child(FULL)))

        assert result.one("assess.start").key == "census:899:SYN1:2025-06-11:assess.start:2025-06-12:1"
        assert result.one("assess.complete").key == "census:899:SYN1:2025-06-11:assess.complete:2025-06-12:1"
        assert result.one("close").key == "census:899:SYN1:2025-06-11:close"

    def test_links(self) -> None:
        """What belongs to an earlier step names it by key."""
        result = read(message(child(FULL)))
        episode = result.episodes[0]
        links = {(d.kind, d.at): episode.refs[i] for i, d in enumerate(episode.drafts) if i in episode.refs}

        assert {"of": result.one("assess.start").key} == links["approve.assessment", "2025-07-14"]
        assert {"enquiry": result.one("enquire.start").key} == links["conference.initial", "2025-08-29"]
        assert {"of": result.one("enquire.start").key} == links["enquire.conclude", "2025-08-29"]
        assert {"of": result.one("conference.initial").key} == links["conference.review", "2025-11-21"]

    @pytest.mark.parametrize(
        ("flag", "outcome"),
        [("0", "section_17"), ("false", "section_17"), ("1", "no_further_action"), ("true", "no_further_action")],
    )
    def test_decision(self, flag: str, outcome: str) -> None:
        """The flag of no further action is the decision."""
        result = read(message(child(details().replace(">0<", f">{flag}<"))))

        assert {"outcome": outcome} == result.one("decide").data

    def test_no_conference_required(self) -> None:
        """An enquiry that needed no conference is concluded, at the only date there is: its start."""
        enquiry = "<S47ActualStartDate>2025-06-13</S47ActualStartDate><ICPCnotRequired>true</ICPCnotRequired>"
        result = read(message(child(details(f"<Section47>{enquiry}</Section47>"))))
        concluded = result.one("enquire.conclude")

        assert (concluded.at, concluded.data) == ("2025-06-13", {"conference_needed": False})
        assert "at" not in census.SPEAKS["enquire.conclude"]
        assert "at" not in census.SPEAKS["decide"]

    def test_conference_both_held_and_not_required(self) -> None:
        """A conference that was held counts; the flag that contradicts it is listed."""
        enquiry = (
            "<S47ActualStartDate>2025-06-13</S47ActualStartDate><DateOfInitialCPC>2025-06-27</DateOfInitialCPC>"
            "<ICPCnotRequired>1</ICPCnotRequired>"
        )
        result = read(message(child(details(f"<Section47>{enquiry}</Section47>"))))

        assert result.one("enquire.conclude").data == {"conference_needed": True}
        assert told(result) == [
            "child SYN1: ICPCnotRequired: says that no conference was required, but its date is there too"
        ]

    @pytest.mark.parametrize(("codes", "disabled"), [(["NONE"], None), (["HAND", "HEAR"], True), ([], None)])
    def test_disability_comes_in_only_when_asked(self, codes: list[str], disabled: bool | None) -> None:
        """That there is a disability is told with the referral, where it is asked for; else it is left out by name."""
        listed = "".join(f"<Disability>{code}</Disability>" for code in codes)
        more = f"<ChildCharacteristics><Disabilities>{listed}</Disabilities></ChildCharacteristics>"
        result = read(message(child(details(), more=more)))

        asked = read(message(child(details(), more=more)), characteristics=True)

        assert disabled == asked.one("refer").data.get("disabled")
        assert "disabled" not in result.one("refer").data
        assert not any("disabled" in fields for fields in census.SPEAKS.values())
        assert len(codes) == result.back.totals.left_out["Disability"]

    def test_alike_things_are_numbered(self) -> None:
        """Two assessments that begin on one day are two."""
        begun = "<Assessments><AssessmentActualStartDate>2025-06-12</AssessmentActualStartDate></Assessments>"
        result = read(message(child(details(begun, begun))))

        assert [str(d.key)[-1] for d in result.drafts if d.kind == "assess.start"] == ["1", "2"]

    def test_unknown_codes_and_wrong_order_are_recorded(self) -> None:
        """A code that nobody knows and a closure before the referral are for the audit to find."""
        closed = "<CINclosureDate>2024-01-01</CINclosureDate><ReasonForClosure>RC99</ReasonForClosure>"
        result = read(message(child(details(closed))))

        assert (result.one("close").at, result.one("close").data) == ("2024-01-01", {"reason": "RC99"})
        assert result.problems == []

    def test_namespaces_are_looked_through(self) -> None:
        """Only local names count."""
        plain = message(child(FULL))
        spaced = plain.replace(b"<Message>", b'<c:Message xmlns:c="urn:x" xmlns="urn:y">').replace(
            b"</Message>", b"</c:Message>"
        )

        assert read(plain).drafts == read(spaced).drafts
        assert read(spaced).back.totals.attributes == 0

    def test_attributes_are_counted(self) -> None:
        """A return has no attributes; those that are there are said to be left out."""
        result = read(message(child(FULL)).replace(b"<Child>", b'<Child status="x" by="y">'))

        assert "attributes, which a return does not have, left out: 2" in result.back.totals.lines()


def test_speaks_of_fields_that_exist() -> None:
    """What a census can speak of are kinds and fields that there are."""
    for kind, fields in (*census.SPEAKS.items(), *census.CHARACTERISTICS.items()):
        assert set(fields) - {"at"} <= split(kind)[0].fields.keys()


class TestProblems:
    """What cannot be read is listed, and the rest is recorded where it still means something."""

    @pytest.mark.parametrize(
        "text",
        ["2025-13-01", "31/03/2026", "20250611", "2025-06-11T09:00:00", "2025-06-11Z", "2025-W24-3", "yesterday"],
    )
    def test_a_date_that_is_none(self, text: str) -> None:
        """A closure whose date cannot be read is not recorded, its reason neither; the case is."""
        closed = f"<CINclosureDate>{text}</CINclosureDate><ReasonForClosure>RC7</ReasonForClosure>"
        result = read(message(child(details(closed))))

        assert result.kinds() == {"refer": 1, "decide": 1}
        assert [p.where.split(": ")[1] for p in result.problems] == ["CINclosureDate", "ReasonForClosure"]
        assert text in result.problems[0].what
        assert result.back.totals.unread == 2

    @pytest.mark.parametrize("child_id", ["", "  ", "A B", "-A", "A" * 56, "A\tB", "A&#x9b;B", "A&#x202e;B"])
    def test_an_id_that_is_no_reference(self, child_id: str) -> None:
        """A child without an id that can be typed is listed, with all that is lost."""
        result = read(message(child(FULL, child_id=child_id), child(FULL, child_id="SYN2")))

        assert [episode.case for episode in result.episodes] == ["SYN2-20250611"]
        assert "LAchildID" in told(result)[-1]
        assert result.back.totals.children == 2

    def test_lines(self) -> None:
        """A problem names the line it is on."""
        broken = message(child(FULL)).replace(b"2025-07-15", b"2025-07-32")
        (problem,) = read(broken).problems

        assert problem.line == broken[: broken.index(b"2025-07-32")].count(b"\n") + 1
        assert str(problem).startswith(f"line {problem.line}: child SYN1: CINPlanStartDate: '2025-07-32' is not a date")

    def test_no_referral_date(self) -> None:
        """A referral without a date makes no case."""
        result = read(message(child(FULL.replace("<CINreferralDate>2025-06-11</CINreferralDate>", ""))))

        assert result.episodes == []
        assert "child SYN1: CINdetails: has no referral date that could be read; nothing in it can be recorded" in told(
            result
        )

    def test_neither_born_nor_expected(self) -> None:
        """A child without any birth date is recorded, and listed."""
        result = read(message(child(details(), identifiers="")))

        assert result.one("refer").data == {"source": "1A", "child": "SYN1"}
        assert told(result) == [
            "child SYN1: ChildIdentifiers: has neither a date of birth nor an expected one; recorded without"
        ]

    def test_nothing_about_the_decision(self) -> None:
        """A decision that the return does not tell of is not made up."""
        result = read(message(child(details().replace("<ReferralNFA>0</ReferralNFA>", ""))))

        assert result.kinds() == {"refer": 1}
        assert told(result) == ["child SYN1: CINdetails: has no ReferralNFA; no decision is recorded"]

    @pytest.mark.parametrize(
        ("content", "where", "what"),
        [
            ("<ReferralNFA>maybe</ReferralNFA>", "ReferralNFA", "is given more than once; the first is kept"),
            ("<CINplanDates>x</CINplanDates>", "CINplanDates", "Did you mean 'CINPlanDates'?"),
            ("<CINplanDates><CINPlanStartDate/></CINplanDates>", "CINplanDates", "is not an element of CINdetails"),
            ("<Visits><Visit>1</Visit></Visits>", "Visits", "is not an element of CINdetails"),
            ("<Assessments>2025-01-01</Assessments>", "Assessments", "holds text where elements should stand"),
            ("<CINclosureDate><b>x</b></CINclosureDate>", "CINclosureDate", "holds elements where text should stand"),
            ("<ReasonForClosure>RC7</ReasonForClosure>", "ReasonForClosure", "has no date of closure to record it on"),
            (
                "<Section47><InitialCPCtarget>2025-06-30</InitialCPCtarget></Section47>",
                "InitialCPCtarget",
                "belongs to a section 47 enquiry without a start to record it on",
            ),
            (
                "<ChildProtectionPlans><NumberOfPreviousCPP>many</NumberOfPreviousCPP></ChildProtectionPlans>",
                "NumberOfPreviousCPP",
                "'many' is not a whole number",
            ),
            (
                "<Assessments><FactorsIdentifiedAtAssessment><AssessmentFactors>4B</AssessmentFactors>"
                "</FactorsIdentifiedAtAssessment></Assessments>",
                "AssessmentFactors",
                "belongs to an assessment without a date of authorisation to record it on",
            ),
        ],
    )
    def test_elements_that_cannot_be_recorded(self, content: str, where: str, what: str) -> None:
        """Each is listed by name, with the reason; the referral is recorded all the same."""
        details_ = details().replace("</ReferralNFA>", "</ReferralNFA>" + content)
        result = read(message(child(details_)))
        (problem,) = result.problems

        assert result.kinds() == {"refer": 1, "decide": 1}
        assert problem.where == f"child SYN1: {where}"
        assert what in problem.what
        assert problem.elements == 1

    def test_an_end_without_a_beginning(self) -> None:
        """An end whose beginning cannot be read is recorded on its own."""
        result = read(message(child(FULL.replace("2025-07-15", "soon").replace("2025-06-12", "2025-06-31"))))

        assert tuple(
            result.kinds()[kind] for kind in ("plan.end", "plan.start", "assess.complete", "assess.start")
        ) == (2, 1, 1, 0)
        assert len(result.problems) == 2

    def test_outside_the_calendar(self) -> None:
        """A date from which no limit could be counted is listed, when the calendar is given."""
        calendar = (date(2000, 1, 1), date(2030, 12, 31))
        result = read(message(child(details("<CINclosureDate>2925-06-30</CINclosureDate>"))), calendar=calendar)

        assert told(result) == ["child SYN1: CINclosureDate: 2925-06-30 lies outside the calendar, 2000 to 2030"]

    def test_repeated_word_for_word(self) -> None:
        """The same referral twice is one, and the sum says where the other went."""
        result = read(message(child(FULL), child(FULL)))

        assert len(result.episodes) == 1
        assert result.problems == []
        assert result.back.totals.left_out["repeated word for word"] == LEAVES + 2

    def test_repeated_with_other_content(self) -> None:
        """Another account of the same referral is listed, not recorded and not dropped in silence."""
        result = read(message(child(FULL, FULL.replace("RC7", "RC8"))))
        (problem,) = result.problems

        assert result.one("close").data == {"reason": "RC7"}
        assert "repeats the referral of 2025-06-11, line 1, with other content" in problem.what
        assert problem.elements == LEAVES

    def test_a_child_without_a_referral(self) -> None:
        """A child about whom nothing can be recorded is listed."""
        result = read(message(child()))

        assert "child SYN1: Child: has no referral that could be recorded" in told(result)
        assert result.back.totals.unread == 2

    def test_elements_outside_children(self) -> None:
        """What stands where nothing should is listed too."""
        content = message(child(FULL)).replace(b"</Children>", b"<Adult><x>1</x></Adult>stray</Children><Footer/>")
        result = read(content)

        assert [line.partition(" Did")[0] for line in told(result)] == [
            "Adult: is not an element of Children.",
            "text between elements: is not part of a return: 'stray'",
            "Footer: is not an element of Message.",
        ]

    @pytest.mark.parametrize(
        ("header", "what"),
        [
            ("", "there is no Header before the first child"),
            (HEADER.replace("<LEA>899</LEA>", ""), "no usable LEA number"),
            (HEADER.replace("899", "8 9"), "no usable LEA number"),
            (HEADER.replace(">CIN<", ">SC<"), "a return of the collection 'SC', not of CIN"),
        ],
    )
    def test_unfit_as_a_whole(self, header: str, what: str) -> None:
        """A return of nobody, or of something else, is refused as a whole."""
        with pytest.raises(UsageError, match=what):
            read(message(child(FULL), header=header))

    def test_header_that_cannot_be_read_in_part(self) -> None:
        """A year that is none is listed; the return is read."""
        result = read(
            message(child(FULL), header=HEADER.replace("2026-03-31", "31 March").replace(">2026<", ">MMXXVI<"))
        )

        assert [p.where for p in result.problems] == ["Year", "ReferenceDate"]
        assert result.back.header.title == "census of an unknown year of authority 899"


class TestNextYear:
    """The next return of the same children adds only what is new."""

    BEFORE = details("<Assessments><AssessmentActualStartDate>2026-03-12</AssessmentActualStartDate></Assessments>")

    def known(self, content: bytes) -> dict[str | None, dict[str, Any]]:
        """What the log holds, by key, once *content* was imported."""
        return {d.key: {"kind": d.kind, "at": d.at, "data": d.data} for d in read(content).drafts}

    def test_only_the_completion_is_new(self) -> None:
        """An assessment that was open and is authorised now adds its completion and nothing else."""
        known = self.known(message(child(self.BEFORE)))
        after = self.BEFORE.replace(
            "</Assessments>", "<AssessmentAuthorisationDate>2026-04-20</AssessmentAuthorisationDate></Assessments>"
        )
        header = HEADER.replace("2026", "2027")
        result = read(message(child(after), header=header))

        assert [d.kind for d in result.drafts if d.key not in known] == ["assess.complete", "approve.assessment"]
        assert {"of": result.one("assess.start").key} == result.episodes[0].refs[3]
        assert not any(census.conflict(known[d.key], d) for d in result.drafts if d.key in known)

    def test_whole_authority(self, synthetic: Read) -> None:
        """Open assessments authorised and a new referral add just that, over a thousand children."""
        root = ET.fromstring(SYNTHETIC.read_bytes())
        for assessment in root.iter("Assessments"):
            if assessment.find("AssessmentAuthorisationDate") is None:
                ET.SubElement(assessment, "AssessmentAuthorisationDate").text = "2026-04-10"
        new = ET.fromstring(f"<CINdetails>{details(referred='2026-05-11')}</CINdetails>")
        next(root.iter("Child")).append(new)
        known = {draft.key for draft in synthetic.drafts}
        added = Counter(d.kind for d in read(ET.tostring(root)).drafts if d.key not in known)

        assert added == {"assess.complete": 80, "approve.assessment": 80, "refer": 1, "decide": 1}

    @pytest.mark.parametrize(
        ("old", "new", "kind", "what"),
        [
            ("2026-02-27", "2026-03-02", "close", "with another date, 2026-02-27, not 2026-03-02"),
            (">RC7<", ">RC8<", "close", "with reason RC7, not reason RC8"),
            (">N1<", ">N4<", "refer", "with need N1, not need N4"),
            ("<PrimaryNeedCode>N1</PrimaryNeedCode>", "", "refer", "with need N1, not no need"),
            (">EMO<", ">NEG<", "plan.start", "with latest_category EMO, not latest_category NEG"),
            (">4B<", ">4C<", "assess.complete", "with factor 4B, 16A, not factor 4C, 16A"),
            ("<ReferralNFA>0", "<ReferralNFA>1", "decide", "with outcome section_17, not outcome no_further_action"),
        ],
    )
    def test_what_was_told_otherwise_is_a_conflict(self, old: str, new: str, kind: str, what: str) -> None:
        """A thing that a case has once is not added a second time: what differs is said."""
        known = self.known(message(child(FULL)))
        result = read(message(child(FULL.replace(old, new))))
        faults = {d.kind: fault for d in result.drafts if (fault := census.conflict(known[d.key], d))}

        assert {kind: f"recorded before {what}"} == faults

    def test_a_birth_is_news(self) -> None:
        """A child who was expected and is born now has an update to add, and no conflict."""
        due = "<ExpectedPersonBirthDate>2026-04-02</ExpectedPersonBirthDate>"
        known = self.known(message(child(FULL, identifiers=due)))
        born = read(message(child(FULL, identifiers="<PersonBirthDate>2026-04-05</PersonBirthDate>"))).one("refer")
        added = census.follow_up(known[born.key], born)

        assert census.conflict(known[born.key], born) is None
        assert added is not None
        assert (added.kind, added.at, added.data) == ("update", "2026-04-05", {"born": "2026-04-05"})
        assert census.follow_up(self.known(message(child(FULL)))[born.key], born) is None

    def test_a_date_of_birth_that_was_lacking_is_news(self) -> None:
        """Where an earlier return told no date of birth, a later one adds it, from the referral on; as Annex A does."""
        known = self.known(message(child(FULL, identifiers="")))
        born = read(message(child(FULL))).one("refer")
        added = census.follow_up(known[born.key], born)

        assert census.conflict(known[born.key], born) is None
        assert added is not None
        assert (added.kind, added.at, added.data) == ("update", "2025-06-11", {"born": "2015-06-01"})
        assert added == annex_a_cases.follow_up(known[born.key], born)

    def test_a_disability_asked_for_later_is_news(self) -> None:
        """A return that came in without characteristics, brought in with them, adds the disability: no conflict."""
        more = "<ChildCharacteristics><Disabilities><Disability>HAND</Disability></Disabilities></ChildCharacteristics>"
        content = message(child(FULL, more=more))
        known, asked = self.known(content), read(content, characteristics=True).one("refer")
        added = census.disability(known[asked.key], asked)

        assert census.conflict(known[asked.key], asked) is None
        assert added is not None
        assert (added.kind, added.at, added.data) == ("update", "2025-06-11", {"disabled": True})
        assert census.disability({"at": asked.at, "data": asked.data}, asked) is None
        assert census.disability({"at": asked.at, "data": None}, asked) is None

    @pytest.mark.parametrize(
        ("before", "after", "what"),
        [
            (BORN, "<PersonBirthDate>2015-06-02</PersonBirthDate>", "with a date of birth that differs"),
            (BORN, "", "with a date of birth, which is not told now"),
            ("", "<ExpectedPersonBirthDate>2026-04-02</ExpectedPersonBirthDate>", "without an expected date of birth"),
        ],
    )
    def test_no_conflict_repeats_a_date_of_birth(self, before: str, after: str, what: str) -> None:
        """That the dates differ is said, and neither of them."""
        known = self.known(message(child(FULL, identifiers=before)))
        told = read(message(child(FULL, identifiers=after))).one("refer")

        assert f"recorded before {what}" == census.conflict(known[told.key], told)

    def test_a_redacted_event_is_held_to_its_date(self) -> None:
        """What was lawfully removed is not missed."""
        closed = read(message(child(FULL))).one("close")

        assert census.conflict({"kind": "close", "at": "2026-02-27"}, closed) is None
        assert census.conflict({"kind": "close", "at": "2026-02-26"}, closed) is not None


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_mutations_never_crash(data: st.DataObject) -> None:
    """Whatever bytes are changed, a return is refused as a whole or comes in with sums that add up."""
    content = bytearray(message(child(FULL, details(referred="2026-01-05"))))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 12))
        content[at : at + length] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"<", b">", b"/", b"&", b"-", b"0"])
        )
    try:
        back = census.read(io.BytesIO(bytes(content)), name="return.xml")
        list(back)
    except UsageError as error:
        message_ = str(error)
    else:
        assert back.totals.adds_up
        return

    assert message_.startswith("return.xml: ")
    assert message_.isprintable()


@given(
    text=st.text(max_size=80).map(lambda text: text.replace("]]>", "")),
    where=st.sampled_from(["1A", "SYN1", "RC7", "4B", "2025-06-11"]),
)
@settings(max_examples=150, deadline=None)
def test_any_text_anywhere(text: str, where: str) -> None:
    """Any text that XML can hold, in place of a code, an id or a date, is recorded or listed."""
    content = message(child(FULL)).replace(where.encode(), f"<![CDATA[{text}]]>".encode(errors="replace"))
    try:
        result = read(content)
    except (UsageError, ET.ParseError):
        return

    assert all(str(problem).isprintable() for problem in result.problems)
    assert all(draft.case is not None and draft.case.isprintable() for draft in result.drafts)
