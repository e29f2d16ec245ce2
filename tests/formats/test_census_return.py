"""A return that comes in, goes out and comes in again tells the same histories, and what it cannot tell is told."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.errors import UsageError
from cinctl.formats import census
from cinctl.formats.census import Episode
from cinctl.formats.census_return import Outgoing
from cinctl.history import Event
from cinctl.protocol import load
from cinctl.queries import Book
from cinctl.rules import RuleBook
from cinctl.workspace.importing import Importer
from tests.census_shape import faults

DATA = Path(__file__).parents[1] / "data" / "census"
FIRST, LAST = date(2025, 4, 1), date(2026, 3, 31)
RULES = RuleBook(load(DATA / "anything_goes.toml"))
HEADER = (
    "<Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year>"
    "<ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails><Source><LEA>899</LEA></Source></Header>"
)


def book_of(episodes: list[Episode], until: date = LAST) -> Book:
    """A casebook into which *episodes* were imported, as of *until*."""
    book = Book(RULES, until, "5 working days")
    about = {"source": "x", "speaks": {kind: sorted(fields) for kind, fields in census.SPEAKS.items()}}
    importer = Importer(book, about, today=LAST, recorded="2026-03-31T12:00:00+00:00")
    steps = ((draft, one.refs.get(place, {})) for one in episodes for place, draft in enumerate(one.drafts))
    for seq, envelope in enumerate(importer.envelopes(steps), 1):
        fields: dict[str, Any] = dict(envelope)
        book.take(Event.from_line({"seq": seq, **fields}))
    return book


def read(content: str | bytes) -> tuple[list[Episode], list[str]]:
    """The episodes of a return without their lines, and its problems."""
    data = content.encode() if isinstance(content, str) else content
    items = list(census.read(io.BytesIO(data), name="return.xml", characteristics=True))
    episodes = [one for one in items if isinstance(one, Episode)]
    bare = [attrs.evolve(one, line=0, drafts=tuple(draft._replace(line=0) for draft in one.drafts)) for one in episodes]
    problems = [f"{one.where}: {one.what}" for one in items if not isinstance(one, Episode)]
    return sorted(bare, key=lambda one: one.case), problems


def exported(book: Book) -> tuple[str, list[dict[str, Any]]]:
    """The return of the year, and the rows of what it lacks."""
    outgoing = Outgoing(book, year=2026, authority="899", characteristics=True)
    text = "".join(outgoing.pieces(release="0", made="2026-03-31T12:00:00"))
    rows = list(outgoing.gaps())
    assert outgoing.sums.gaps.total() == len(rows)
    return text, rows


def tag(name: str, value: object) -> str:
    """One data element; none for None."""
    return "" if value is None else f"<{name}>{value}</{name}>"


@st.composite
def spans(draw: st.DrawFn, first: date, sound: bool, most: int = 3) -> list[tuple[date, date | None]]:
    """Stretches of days that follow each other, in order, the last perhaps open; where not *sound* any days at all."""
    if not sound:
        return draw(st.lists(st.tuples(st.dates(FIRST, LAST), st.none() | st.dates(FIRST, LAST)), max_size=most))
    gaps = draw(st.lists(st.integers(0, 60), max_size=most * 2))
    days = [first]
    for gap in gaps:
        days.append(min(LAST, days[-1] + timedelta(days=gap)))
    pairs: list[tuple[date, date | None]] = list(zip(days[1::2], [*days[2::2], None], strict=False))
    return pairs[:most]


@st.composite
def details(draw: st.DrawFn, referred: date, sound: bool) -> str:
    """The content of a CINdetails referred on that day: any codes, things missing, the dates *sound* or not."""
    maybe = st.booleans()
    code = st.sampled_from(["1A", "6", "9Z", "N1", "RC7", "NEG", "EMO", "16A", "20"])
    assessments = "".join(
        "<Assessments>" + tag("AssessmentActualStartDate", start) + tag("AssessmentAuthorisationDate", end)
        + (
            "<FactorsIdentifiedAtAssessment>"
            + "".join(tag("AssessmentFactors", one) for one in draw(st.lists(code, max_size=3, unique=True)))
            + "</FactorsIdentifiedAtAssessment>"
            if end
            else ""
        )
        + "</Assessments>"
        for start, end in draw(spans(referred, sound))
    )  # fmt: skip
    plans = "".join(
        "<CINPlanDates>" + tag("CINPlanStartDate", start) + tag("CINPlanEndDate", end) + "</CINPlanDates>"
        for start, end in draw(spans(referred, sound))
    )
    enquiries = "".join(
        "<Section47>" + tag("S47ActualStartDate", start)
        + tag("InitialCPCtarget", start + timedelta(days=21) if draw(maybe) else None)
        + tag("DateOfInitialCPC", held) + tag("ICPCnotRequired", 0 if held else draw(st.sampled_from([0, 1])))
        + "</Section47>"
        for start, held in draw(spans(referred, sound))
    )  # fmt: skip
    protections = "".join(
        "<ChildProtectionPlans>" + tag("CPPstartDate", start) + tag("CPPendDate", end)
        + tag("InitialCategoryOfAbuse", draw(st.none() | code)) + tag("LatestCategoryOfAbuse", draw(st.none() | code))
        + tag("NumberOfPreviousCPP", draw(st.none() | st.integers(0, 9)))
        + (f"<Reviews>{tag('CPPreviewDate', _reviewed(start, end))}</Reviews>" if draw(maybe) else "")
        + "</ChildProtectionPlans>"
        for start, end in _apart(draw(spans(referred, sound, most=2)), sound)
    )  # fmt: skip
    closed = draw(st.none() | st.dates(FIRST, LAST))
    return (
        tag("CINreferralDate", referred)
        + tag("ReferralSource", draw(st.none() | code))
        + tag("PrimaryNeedCode", draw(st.none() | code))
        + tag("CINclosureDate", closed)
        + tag("ReasonForClosure", draw(st.none() | code) if closed else None)
        + tag("DateOfInitialCPC", draw(st.none() | st.dates(referred, LAST)))
        + assessments
        + plans
        + enquiries
        + tag("ReferralNFA", draw(st.sampled_from([None, 0, 1])))
        + protections
    )


def _reviewed(start: date, end: date | None) -> date:
    return min(end or LAST, start + timedelta(days=9))


def _apart(plans: list[tuple[date, date | None]], sound: bool) -> list[tuple[date, date | None]]:
    """Those of *plans* that do not meet: on a day on which one ends and one begins, a review might be of either."""
    kept: list[tuple[date, date | None]] = []
    for start, end in plans:
        if not sound or not kept or (kept[-1][1] or LAST) < start:
            kept.append((start, end))
    return kept


@st.composite
def children(draw: st.DrawFn, number: int, sound: bool) -> str:
    """A Child with up to three referrals on days that differ."""
    days = draw(st.lists(st.dates(FIRST, LAST), min_size=1, max_size=3, unique=True))
    born = draw(st.booleans())
    identifiers = (
        tag("LAchildID", f"KID{number}")
        + tag("UPN", draw(st.none() | st.just("A001234567890")))
        + tag("UPNunknown", draw(st.none() | st.just("UN3")))
        + tag("PersonBirthDate", "2014-02-03" if born else None)
        + tag("ExpectedPersonBirthDate", None if born else "2026-06-01")
        + tag("Sex", draw(st.sampled_from(["M", "F", "U", "X", None])))
    )
    disabilities = "".join(
        tag("Disability", one)
        for one in draw(st.lists(st.sampled_from(["NONE", "LD", "AUT"]), unique=True, max_size=2))
    )
    characteristics = (
        f"<ChildCharacteristics>{tag('Ethnicity', draw(st.sampled_from(['WBRI', 'ZZZZ', None])))}"
        f"<Disabilities>{disabilities}</Disabilities></ChildCharacteristics>"
    )
    episodes = "".join(f"<CINdetails>{draw(details(day, sound))}</CINdetails>" for day in sorted(days))
    return f"<Child><ChildIdentifiers>{identifiers}</ChildIdentifiers>{characteristics}{episodes}</Child>"


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_round_trip(data: st.DataObject) -> None:
    """Import, export, import: the same steps on the same days with the same keys and links, whatever is missing."""
    parts = "".join(data.draw(children(number, True)) for number in range(data.draw(st.integers(1, 3))))
    first, problems = read(f"<Message>{HEADER}<Children>{parts}</Children></Message>")

    text, rows = exported(book_of(first))
    second, _ = read(text)

    # A pupil number and why there is none exclude each other; the number goes out.
    assert _without_reason(first) == second
    assert {row["element"] for row in rows if row["problem"] in ("left_out", "derived")} <= {"UPNunknown"}
    assert all("ReferralSource" in one or "ReferralNFA" in one or "KID" in one for one in problems)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_round_trip_of_dates_in_any_order(data: st.DataObject) -> None:
    """Ends before beginnings, plans over plans: the same events on the same days come back, however wrong they are."""
    parts = data.draw(children(1, False))
    first, _ = read(f"<Message>{HEADER}<Children>{parts}</Children></Message>")

    second, _ = read(exported(book_of(first))[0])

    assert _events(_without_reason(first)) == _events(second)


def _events(episodes: list[Episode]) -> list[list[tuple[str, str, str]]]:
    return [sorted((d.kind, d.at, repr(sorted(d.data.items()))) for d in one.drafts) for one in episodes]


def _without_reason(episodes: list[Episode]) -> list[Episode]:
    for one in episodes:
        for draft in one.drafts:
            if draft.kind == "child" and "upn" in draft.data:
                draft.data.pop("upn_unknown", None)
    return episodes


@pytest.mark.parametrize("name", ["cin_census_sample.xml", "cin_census_2026_sample.xml"])
def test_samples_full_of_errors(name: str) -> None:
    """What of a faulty return does not come out again is told: out of the year, or of no form that the census takes."""
    first, _ = read((DATA / name).read_bytes())
    outgoing = Outgoing(book_of(first, date(2030, 12, 31)), year=2026, authority="899", characteristics=True)
    second, _ = read("".join(outgoing.pieces(release="0", made="2026-03-31T12:00:00")))
    known = _without_reason(first)
    for child in (draft.data for one in known for draft in one.drafts if "disabilities" in draft.data):
        child["disabilities"] = list(dict.fromkeys(child["disabilities"]))
    came_in = {(draft.kind, draft.case, draft.at, repr(draft.data)) for one in known for draft in one.drafts}
    came_back = {(draft.kind, draft.case, draft.at, repr(draft.data)) for one in second for draft in one.drafts}

    assert came_back <= came_in
    assert len(first) - len(second) == outgoing.sums.other_years


def history(*lines: tuple[str, str, dict[str, Any]], under: str | None = "x") -> Book:
    """A book with one case, T1, of which *lines* tell: kind, date, data."""
    book = Book(RULES, LAST, "5 working days")
    for seq, (kind, at, data) in enumerate(lines, 1):
        book.take(Event(seq=seq, kind=kind, case="T1", at=at, by=None, data=data, under=under))
    return book


REFERRED = ("refer", "2025-06-02", {"source": "6", "child": "KID", "born": "2014-02-03", "need": "N1"})
TAKEN_ON = ("decide", "2025-06-03", {"outcome": "section_17"})


def leaves(text: str, name: str) -> list[str]:
    """The texts of every element *name*."""
    return [one.text or "" for one in ET.fromstring(text).iter(name)]


class TestTyped:
    """Histories as they are typed, case by case."""

    def test_early_help_is_no_further_action_of_social_care(self) -> None:
        """A referral passed on to early help is one without further action."""
        text, rows = exported(history(REFERRED, ("decide", "2025-06-03", {"outcome": "early_help"})))

        assert ["1"] == leaves(text, "ReferralNFA")
        assert [("ReferralNFA", "derived")] == [(r["element"], r["problem"]) for r in rows if r["problem"] == "derived"]

    def test_a_decision_that_was_changed(self) -> None:
        """The last decision is the one that counts."""
        text, _ = exported(history(REFERRED, ("decide", "2025-06-03", {"outcome": "no_further_action"}), TAKEN_ON))

        assert ["0"] == leaves(text, "ReferralNFA")

    def test_no_further_action_decided_in_the_next_year(self) -> None:
        """A referral of the last days that was decided on after them is not decided yet in this return."""
        late = [("refer", "2026-03-31", REFERRED[2]), ("decide", "2026-04-01", {"outcome": "no_further_action"})]
        book = Book(RULES, date(2026, 4, 30), "5 working days")
        for seq, (kind, at, data) in enumerate(late, 1):
            book.take(Event(seq=seq, kind=kind, case="T1", at=at, by=None, data=data, under="x"))
        this = exported(book)[0]
        following = "".join(Outgoing(book, year=2027, authority="899").pieces(release="0", made="2027-04-01T00:00:00"))

        assert [] == leaves(this, "ReferralNFA")
        assert ["1"] == leaves(following, "ReferralNFA")

    def test_a_draft_is_no_plan(self) -> None:
        """A plan that was drawn up and never begun is not in the return."""
        text, _ = exported(history(REFERRED, TAKEN_ON, ("plan.draft", "2025-07-01", {})))

        assert "CINPlanDates" not in text

    def test_an_enquiry_begins_with_its_strategy_discussion(self) -> None:
        """The census counts from the discussion that opened it, where the enquiry names it."""
        text, _ = exported(
            history(
                REFERRED,
                TAKEN_ON,
                ("strategy", "2025-09-08", {"outcome": "section_47"}),
                ("enquire.start", "2025-09-10", {"strategy": 3}),
            )
        )

        assert ["2025-09-08"] == leaves(text, "S47ActualStartDate")

    def test_a_conference_alone_begins_the_plan(self) -> None:
        """Where nobody recorded the plan itself, its category and what else it says are missing."""
        text, rows = exported(
            history(
                REFERRED, TAKEN_ON, ("conference.initial", "2025-09-26", {"outcome": "cp_plan", "transfer_in": True})
            )
        )

        assert ["2025-09-26"] == leaves(text, "CPPstartDate")
        assert {"InitialCategoryOfAbuse", "LatestCategoryOfAbuse", "NumberOfPreviousCPP"} == {
            row["element"] for row in rows if row["problem"] == "missing" and row["on"] == "2025-09-26"
        }

    def test_two_conferences_without_an_enquiry(self) -> None:
        """CINdetails has room for one; the other is told."""
        held = [("conference.initial", f"2025-09-{day}", {"transfer_in": True}) for day in (10, 24)]
        text, rows = exported(history(REFERRED, TAKEN_ON, *held))

        assert ["2025-09-10"] == leaves(text, "DateOfInitialCPC")
        assert [("DateOfInitialCPC", "2025-09-24")] == [
            (r["element"], r["on"]) for r in rows if r["problem"] == "left_out"
        ]

    def test_a_conference_that_names_no_enquiry(self) -> None:
        """Where no enquiry awaits it, it stands as a transfer in, and that is told."""
        text, rows = exported(history(REFERRED, TAKEN_ON, ("conference.initial", "2025-09-10", {})))

        assert ["2025-09-10"] == leaves(text, "DateOfInitialCPC")
        assert [("DateOfInitialCPC", "derived")] == [
            (r["element"], r["problem"]) for r in rows if r["problem"] == "derived"
        ]

    def test_a_review_of_no_plan(self) -> None:
        """A review conference without a child protection plan has no place, and is told."""
        _, rows = exported(history(REFERRED, TAKEN_ON, ("conference.review", "2025-09-10", {})))

        assert ["CPPreviewDate"] == [row["element"] for row in rows if row["problem"] == "left_out"]

    def test_what_was_open_before_the_year_and_still_is(self) -> None:
        """An assessment or enquiry begun before the year that has not ended is left out, and told with its rule."""
        old = {**REFERRED[2], "child": "KID"}
        text, rows = exported(
            history(
                ("refer", "2024-06-03", old),
                ("decide", "2024-06-04", {"outcome": "section_17"}),
                ("assess.start", "2024-06-05", {}),
                ("enquire.start", "2024-06-06", {}),
            )
        )

        assert "<Assessments>" not in text
        assert "<Section47>" not in text
        assert [("8736", "2024-06-05"), ("8740", "2024-06-06")] == [
            (row["rule"], row["on"]) for row in rows if row["problem"] == "left_out"
        ]

    def test_a_closed_case_with_something_open(self) -> None:
        """An assessment that nobody authorised on a closed case is in the return as it is, and told."""
        text, rows = exported(
            history(REFERRED, TAKEN_ON, ("assess.start", "2025-06-05", {}), ("close", "2025-07-01", {"reason": "RC7"}))
        )

        assert [] == leaves(text, "AssessmentAuthorisationDate")
        assert ["8867"] == [row["rule"] for row in rows if row["problem"] == "doubtful"]

    def test_two_referrals_of_one_day(self) -> None:
        """Both go out, and that they cannot be told apart by their date is told."""
        book = history(REFERRED, ("decide", "2025-06-02", {"outcome": "no_further_action"}))
        book.take(Event(seq=3, kind="refer", case="T2", at="2025-06-02", by=None, data=REFERRED[2], under="x"))
        text, rows = exported(book)

        assert ["2025-06-02", "2025-06-02"] == leaves(text, "CINreferralDate")
        assert ["T2"] == [row["case"] for row in rows if row["element"] == "CINreferralDate"]

    def test_a_redacted_referral(self) -> None:
        """Of a referral whose payload was removed the date is left; what went with it is missing."""
        book = history(REFERRED, TAKEN_ON)
        book.take(Event(seq=3, kind="refer", case="T2", at="2025-06-02", by=None, data=None, under="x"))
        _, rows = exported(book)

        assert {"LAchildID", "PersonBirthDate", "ReferralSource", "ReferralNFA"} <= {
            row["element"] for row in rows if row["case"] in ("T2", None) and row["child"] == "T2"
        }

    def test_ids_that_would_be_one(self) -> None:
        """Two cases without a reference whose ids differ in signs alone stay two children; a third is told."""
        book = Book(RULES, LAST, "5 working days")
        data = {"source": "6", "born": "2014-02-03"}
        for seq, case in enumerate(("C-1", "C1", "C.1"), 1):
            book.take(Event(seq=seq, kind="refer", case=case, at="2025-06-02", by=None, data=dict(data), under="x"))
        text, rows = exported(book)

        assert ["C-1", "C.1", "C1"] == leaves(text, "LAchildID")
        assert {"C-1", "C.1"} == {row["child"] for row in rows if row["problem"] == "invalid"}

    @pytest.mark.parametrize("child", ["", "  ", "A\x1bB"])
    def test_a_reference_that_is_none(self, child: str) -> None:
        """A reference that says nothing, or that no file can carry, is none: the case stands for the child."""
        text, _ = exported(history(("refer", "2025-06-02", {**REFERRED[2], "child": child}), TAKEN_ON))

        assert ["T1"] == leaves(text, "LAchildID")

    @pytest.mark.parametrize("child", ["A&B<C>", "Ærø 1", "x" * 60])
    def test_any_reference_is_well_formed_xml(self, child: str) -> None:
        """A reference that the census would not take is in the return as it stands, escaped, and told."""
        text, rows = exported(history(("refer", "2025-06-02", {**REFERRED[2], "child": child}), TAKEN_ON))

        assert [child] == leaves(text, "LAchildID")
        assert ["LAchildID"] == [row["element"] for row in rows if row["problem"] == "invalid"]


KINDS_AND_DATA = st.one_of(
    st.tuples(
        st.sampled_from(
            ["reopen", "strategy", "assess.start", "approve.assessment", "approve.assessment_returned", "enquire.start"]
        ),
        st.just({}),
    ),
    st.tuples(st.just("decide"), st.fixed_dictionaries({"outcome": st.sampled_from(["section_17", "early_help"])})),
    st.tuples(st.just("assess.complete"), st.fixed_dictionaries({}, optional={"factor": st.just(["4B", "4B", "18A"])})),
    st.tuples(
        st.sampled_from(["plan.draft", "plan.start", "plan.change", "plan.end"]),
        st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["child_in_need", "child_protection"]),
                "category": st.just("NEG"),
                "previous_plans": st.just(1),
            },
        ),
    ),
    st.tuples(st.just("enquire.conclude"), st.fixed_dictionaries({}, optional={"conference_needed": st.booleans()})),
    st.tuples(
        st.sampled_from(["conference.initial", "conference.review"]),
        st.fixed_dictionaries({}, optional={"outcome": st.sampled_from(["cp_plan", "step_down_cin", "no_plan"])}),
    ),
    st.tuples(st.sampled_from(["close", "stepdown"]), st.fixed_dictionaries({}, optional={"reason": st.just("RC7")})),
    st.tuples(st.just("correct"), st.fixed_dictionaries({"of": st.integers(1, 6), "void": st.just(True)})),
)


@given(
    steps=st.lists(
        st.tuples(KINDS_AND_DATA, st.dates(date(2024, 10, 1), LAST), st.none() | st.integers(1, 9), st.booleans()),
        max_size=14,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_history(steps: list[tuple[tuple[str, dict[str, Any]], date, int | None, bool]]) -> None:
    """Whatever happened in whatever order, typed or imported, linked to whatever: a return that can be read again.

    It has the shape of one but for what is told to be missing, and holds nothing of another year.
    """
    book = history(REFERRED)
    for seq, ((kind, data), on, link, imported) in enumerate(steps, 2):
        named = {"of": link, "enquiry": link} if link is not None and "of" not in data else {}
        told = {**named, **data}
        under = None if imported and kind != "correct" else "x"
        book.take(Event(seq=seq, kind=kind, case="T1", at=on.isoformat(), by=None, data=told, under=under))

    text, rows = exported(book)
    _, problems = read(text)

    missing = {row["element"] for row in rows if row["problem"] == "missing"}
    starts = {"AssessmentActualStartDate", "CINPlanStartDate", "S47ActualStartDate", "CPPstartDate"}
    assert bool(faults(text)) <= bool(missing & starts)
    allowed = ("has no ", "has neither", "without a start", "no conference was required", "repeats the referral")
    assert [] == [one for one in problems if not any(what in one for what in allowed)]
    for name in ("AssessmentAuthorisationDate", "CINPlanEndDate", "CPPendDate", "DateOfInitialCPC"):
        assert all(day <= "2026-03-31" for day in leaves(text, name))


@given(steps=st.lists(st.tuples(KINDS_AND_DATA, st.dates(date(2024, 10, 1), LAST)), max_size=14))
@settings(max_examples=300, deadline=None)
def test_typed_plans_never_overlap(steps: list[tuple[tuple[str, dict[str, Any]], date]]) -> None:
    """Whatever is typed, in the order in which it happened: plans of one sort follow each other."""
    in_order = sorted(steps, key=lambda step: step[1])
    text, _ = exported(
        history(REFERRED, *((kind, on.isoformat(), data) for (kind, data), on in in_order if kind != "correct"))
    )

    for details_ in ET.fromstring(text).iter("CINdetails"):
        for group in ("CINPlanDates", "ChildProtectionPlans"):
            spans = [
                [day.text or "" for day in one if day.tag.endswith("Date") or day.tag.endswith("date")]
                for one in details_.iter(group)
                if "tart" in one[0].tag
            ]
            assert all(before[-1] <= after[0] and len(before) > 1 for before, after in pairwise(sorted(spans)))


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_mutations_with_characteristics_never_crash(data: st.DataObject) -> None:
    """Whatever bytes are changed, a return is refused as a whole or comes in with sums that add up."""
    content = bytearray((DATA / "cin_census_2026_sample.xml").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 12))] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"<", b">", b"/", b"&", b"-", b"0"])
        )
    try:
        back = census.read(io.BytesIO(bytes(content)), name="return.xml", characteristics=True)
        list(back)
    except UsageError as error:
        message = str(error)
    else:
        assert back.totals.adds_up
        return

    assert message.isprintable()


@given(text=st.text(max_size=30), field=st.sampled_from(["child", "source", "need", "upn"]))
@settings(max_examples=150, deadline=None)
def test_any_text_anywhere(text: str, field: str) -> None:
    """Whatever stands in a field, the return is well-formed XML."""
    about = {field: text} if field == "upn" else {}
    book = history(("refer", "2025-06-02", {**REFERRED[2], field: text}), TAKEN_ON, ("child", "2025-06-03", about))
    out, _ = exported(book)

    assert 1 == len(leaves(out, "LAchildID"))
