"""The lists of Annex A: what they can carry goes out, comes in and goes out again as it was."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.case import Case
from cinctl.errors import UsageError
from cinctl.formats import annex_a_codes as codes
from cinctl.formats.annex_a import LISTS
from cinctl.formats.annex_a_cases import episodes
from cinctl.formats.annex_a_heads import column_of
from cinctl.formats.annex_a_reading import Reading
from cinctl.formats.annex_a_rows import Child, Period, child_rows, months_before
from cinctl.formats.annex_a_spells import History
from cinctl.formats.xlsx import Cell, Sheet, workbook
from cinctl.history import Draft, Event, effective
from cinctl.staff import Register

TODAY = date(2026, 3, 31)
PERIOD = Period.up_to(TODAY)
EMERGENCY = "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)"
LOST = {EMERGENCY, "Allocated Worker"}
"""What an import does not record: it is told without saying since when, or names a person."""

Row = dict[str, Cell]
Rows = list[tuple[int, Row]]


def _rows(events: Sequence[Event], child: str) -> Rows:
    """Return the rows about one child, whose cases *events* are."""
    cases: dict[str, list[Event]] = {}
    for event in events:
        cases.setdefault(event.case or "", []).append(event)
    histories = []
    for id_, own in cases.items():
        case = Case(id_)
        counting = effective(own)
        for event in counting:
            case.advance(event, Register())
        histories.append(History(counting, case))
    histories.sort(key=lambda history: history.referred)
    return list(child_rows(Child(child, histories, PERIOD, lambda case: case.unit, characteristics=True)))


def _book(rows: Rows) -> bytes:
    sheets = []
    for listed in LISTS.values():
        cells = [[row.get(column) for column in listed.columns] for number, row in rows if number == listed.number]
        sheets.append(Sheet(listed.sheet, [list(listed.columns), *cells]))
    return b"".join(workbook(sheets))


def _reading(data: bytes, *, characteristics: bool = True) -> Reading:
    reading = Reading(characteristics=characteristics)
    reading.read(io.BytesIO(data), name="f.xlsx")
    return reading


def _events(reading: Reading) -> list[Event]:
    """Return what *reading* comes to, as events of a log."""
    events: list[Event] = []
    seqs: dict[str, int] = {}
    for episode in episodes(reading):
        for draft, refs in episode.steps:
            data = draft.data | {field: seqs[key] for field, key in refs.items()}
            event = Event(seq=len(events) + 1, kind=draft.kind, case=draft.case, at=draft.at, by=None, data=data)
            seqs[draft.key or ""] = event.seq
            events.append(event)
    return events


def _summed(reading: Reading) -> Reading:
    """Return *reading* once all of it was made into cases."""
    for _ in episodes(reading):
        pass
    return reading


# --- lives ---

CODE = {
    name: st.sampled_from(sorted(getattr(codes, name).spellings)) for name in ("SOURCE", "NEED", "CLOSURE", "ABUSE")
}
MAYBE = st.none() | st.booleans()


class _Life:
    """Draws what befell one child within the six months, case after case, as somebody might have recorded it."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.events: list[Event] = []
        self.on = PERIOD.since + timedelta(days=draw(st.integers(0, 20)))

    def add(self, kind: str, days: int = 0, **data: Any) -> Event:
        """Record one event, so many days at the most after the last."""
        self.on = min(TODAY, self.on + timedelta(days=self.draw(st.integers(0, days))))
        told = {name: value for name, value in data.items() if value is not None}
        event = Event(seq=len(self.events) + 1, kind=kind, case=self.case, at=self.on.isoformat(), by="x", data=told)
        self.events.append(event)
        return event

    def live(self) -> list[Event]:
        """Return all that befell the child."""
        born, disabled = self.draw(st.none() | st.just("2015-06-01")), self.draw(MAYBE)
        for number in range(self.draw(st.integers(1, 2))):
            self.case = f"C-{number}"
            if number:
                self.on += timedelta(days=1)
            unit = self.draw(st.none() | st.sampled_from(["A", "=Team & <B>"]))
            source, need = self.draw(CODE["SOURCE"]), self.draw(CODE["NEED"])
            self.add("refer", source=source, need=need, born=born, unit=unit, disabled=disabled, child="K1")
            if self.draw(st.booleans()):
                sex, ethnicity = (
                    self.draw(st.sampled_from("MFU")),
                    self.draw(st.sampled_from(sorted(codes.ETHNICITY.spellings))),
                )
                self.add("child", sex=sex, ethnicity=ethnicity)
            if self.draw(st.integers(0, 4)) == 0:
                self.add("decide", 1, outcome="no_further_action")
                continue
            self.add("decide", 1, outcome="section_17")
            self._work()
            if number == 0 or self.draw(st.booleans()):
                self.add("close", 10, reason=self.draw(CODE["CLOSURE"]))
        return self.events

    def _work(self) -> None:
        for step in self.draw(
            st.lists(st.sampled_from(["assess", "enquire", "visit", "plan"]), max_size=5, unique=True)
        ):
            getattr(self, f"_{step}")()

    def _assess(self) -> None:
        start = self.add("assess.start", 3)
        self._visit()
        if self.draw(st.booleans()):
            outcome = self.draw(st.none() | st.sampled_from(["child_in_need_plan", "early_help", "no_further_action"]))
            self.add("assess.complete", 5, of=start.seq, outcome=outcome)
            self.add("approve.assessment", 0, of=start.seq)

    def _visit(self) -> None:
        seen = self.draw(st.sampled_from([["child"], ["mother"], ["child", "mother"], None]))
        alone = self.draw(MAYBE) if seen is None or "child" in seen else None
        self.add("visit", 5, seen=seen, alone=alone)

    def _enquire(self) -> None:
        start = self.add("enquire.start", 5)
        needed = self.draw(MAYBE)
        if needed is not None:
            self.add("enquire.conclude", 5, of=start.seq, conference_needed=needed)
        if needed:
            self.add(
                "conference.initial",
                5,
                enquiry=start.seq,
                outcome=self.draw(st.sampled_from([None, "cp_plan", "no_plan"])),
            )

    def _plan(self) -> None:
        first, latest = self.draw(CODE["ABUSE"]), self.draw(CODE["ABUSE"])
        plans = self.draw(st.none() | st.integers(0, 3))
        told = {"type": "child_protection", "category": first, "latest_category": latest, "previous_plans": plans}
        start = self.add("plan.start", 1, **told)
        self._visit()
        if self.draw(st.booleans()):
            self.add("conference.review", 10)
        if self.draw(st.booleans()):
            self.add("plan.end", 10, of=start.seq, type="child_protection")


lives = st.composite(lambda draw: _Life(draw).live())()


def _kept(rows: Rows) -> Rows:
    return [(number, {c: v for c, v in row.items() if c not in LOST and v is not None}) for number, row in rows]


@settings(max_examples=200, deadline=None)
@given(lives)
def test_what_the_lists_can_carry_goes_round(events: list[Event]) -> None:
    """Out, in and out again, all columns are as they were but for those that are listed as lost."""
    before = _rows(events, "K1")
    reading = _reading(_book(before))
    again = _rows(_events(reading), "K1")

    assert [] == [str(problem) for _, problem in reading.problems if "it stays open" not in problem.what]
    assert _kept(before) == _kept(again)


# --- accounting ---

CELLS = st.sampled_from([
    "", "K1", "K 2", "a) Yes", "b) No", "c) Unknown", "N1", "RC7", "a) Neglect", "M", "WBRI", "01/02/2026", "45678",
    "2026-01-05", "1/2/26", "soon", "=1+1", "7", "d) Neither", "b) Physical abuse", "a) Looked after child",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data(), st.booleans())
def test_every_cell_is_accounted_for(data: st.DataObject, characteristics: bool) -> None:
    """Whatever stands in the lists, it is used, left out under a name or part of a problem, and the sums add up."""
    sheets = []
    for number in data.draw(st.lists(st.integers(1, 11), min_size=1, max_size=4, unique=True)):
        columns = LISTS[number].columns
        size = st.lists(CELLS, min_size=len(columns), max_size=len(columns))
        sheets.append(Sheet(LISTS[number].sheet, [list(columns), *data.draw(st.lists(size, max_size=4))]))

    totals = _summed(_reading(b"".join(workbook(sheets)), characteristics=characteristics)).totals

    assert totals.adds_up


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20), max_size=14), max_size=4))
def test_any_text_in_any_row(rows: list[list[str]]) -> None:
    """No text in a list's rows stops the reading."""
    columns = LISTS[6].columns
    made = b"".join(workbook([Sheet("List 6", [list(columns), *rows])]))

    assert _summed(_reading(made)).totals.adds_up


# --- values and heads ---


def test_every_code_comes_back_from_its_spelling() -> None:
    """Each code is read from the way in which a list spells it, bare, and with other words behind it."""
    for known in (
        codes.GENDER,
        codes.ETHNICITY,
        codes.SOURCE,
        codes.NEED,
        codes.CLOSURE,
        codes.ABUSE,
    ):
        for code, spelling in known.spellings.items():
            assert [code] * 3 == [codes.code_of(known, text) for text in (spelling, code, f"{code} - whatever follows")]


@pytest.mark.parametrize(
    ("known", "text", "code"),
    [
        (codes.SOURCE, "p1) 5D: LA services", "5D"),
        (codes.SOURCE, "Police", "6"),
        (codes.SOURCE, "q) Police", "6"),
        (codes.ETHNICITY, "t) NOBT", "NOBT"),
        (codes.ETHNICITY, "s) NOBT", "NOBT"),
        (codes.ETHNICITY, "WBRI - White British", "WBRI"),
        (codes.NEED, "N2 - Child's disability", "N2"),
        (codes.CLOSURE, "RC9", "RC9"),
        (codes.ABUSE, "Physical Abuse", "PHY"),
        (codes.GENDER, "c) Not stated/recorded (or unborn)", "U"),
        (codes.GENDER, "Male", "M"),
    ],
)
def test_spellings_of_the_sector(known: codes.Codes, text: str, code: str) -> None:
    """What systems write is read: letters before codes, the codes that came later, plain words."""
    assert code == codes.code_of(known, text)


@pytest.mark.parametrize("text", ["Individual", "b) Health services", "LA services", "z", "1Z", ""])
def test_words_for_several_codes_are_no_guess(text: str) -> None:
    """A word that stands for several codes, or for none, is a problem and not the first that fits."""
    with pytest.raises(ValueError, match="is not one of"):
        codes.code_of(codes.SOURCE, text)


@pytest.mark.parametrize(
    ("head", "number", "column"),
    [
        ("CHILD  UNIQUE id", 3, "Child Unique ID"),
        ("ReferralDate", 3, "Date of referral"),
        ("Number of Referrals in Last 12 Months (before this one)", 3, "Number of Referrals in Last 12 Months"),
        ("Was the child assessed as requiring LA children’s social care support?", 4,
         "Was the child assessed as requiring LA children's social care support?"),
        ("Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months", 7, EMERGENCY),
        ("Shoe size", 3, None),
    ],
)  # fmt: skip
def test_heads_of_the_sector(head: str, number: int, column: str | None) -> None:
    """A head is known whatever its case, spacing and signs, and by the short names of the sector's own extracts."""
    assert column == column_of(head, LISTS[number])


def test_no_list_is_taken_for_another() -> None:
    """Each list's own heads are known as that list's, and its columns as what they are."""
    for listed in LISTS.values():
        reading = _reading(b"".join(workbook([Sheet("x", [list(listed.columns)])])))
        assert [listed.number] == list(reading.lists)
        assert [] == reading.problems


def test_months_end_where_months_do() -> None:
    """Six months before the last of a month that is longer is the last of the other."""
    assert date(2025, 2, 28) == months_before(date(2025, 8, 31), 6)
    assert date(2025, 9, 30) == Period.up_to(date(2026, 3, 31)).since
    assert date.min == months_before(date.min, 12)


# --- what cannot be recorded ---


def _list(number: int, *rows: dict[str, str]) -> Sheet:
    columns = LISTS[number].columns
    return Sheet(LISTS[number].sheet, [list(columns), *[[row.get(column, "") for column in columns] for row in rows]])


CHILD = {"Child Unique ID": "K1", "Date of Birth": "01/06/2015"}
REFERRAL = CHILD | {"Date of referral": "05/01/2026", "Referral Source": "6", "Referral NFA?": "b) No"}
NEED = CHILD | {"CIN Start Date": "05/01/2026", "Primary Need Code": "N1", "Case Status": "d) Open assessment"}
STRATEGY = "Strategy discussion initiating Section 47 Enquiry Start Date"
PLAN = CHILD | {"Child Protection Plan Start Date": "01/02/2026"}

PROBLEMS: dict[str, tuple[list[Sheet], str]] = {
    "no id": ([_list(3, REFERRAL | {"Child Unique ID": ""})], "line 2: List 3, Child Unique ID: is empty"),
    "no reference": ([_list(3, REFERRAL | {"Child Unique ID": "K 1"})], "Child Unique ID: 'K 1' cannot be a ref"),
    "no date": ([_list(3, REFERRAL | {"Date of referral": ""})], "List 3, Date of referral: there is no date"),
    "a year of two digits": ([_list(3, REFERRAL | {"Date of Birth": "5/1/26"})], "Date of Birth: is not a date"),
    "an unknown code": ([_list(6, NEED | {"Primary Need Code": "N77"})], "Primary Need Code: 'N77' is not one of N1"),
    "no referral": (
        [_list(4, CHILD | {"Continuous Assessment Start Date": "05/01/2026"})],
        "List 4, Continuous Assessment Start Date: no referral of the child on or before 2026-01-05",
    ),
    "another of that day": (
        [_list(3, REFERRAL, REFERRAL | {"Referral Source": "9"})],
        "line 3: List 3, Date of referral: repeats row 2, of 2026-01-05, with other content",
    ),
    "another date of birth": (
        [_list(3, REFERRAL), _list(6, NEED | {"Date of Birth": "02/06/2015"})],
        "line 2: List 6, Date of Birth: says otherwise than another row of the child, which is kept",
    ),
    "refused and in need": (
        [_list(3, REFERRAL | {"Referral NFA?": "a) Yes"}), _list(6, NEED)],
        "List 3, Referral NFA?: says yes, but List 6, row 2 tells what followed",
    ),
    "a reason without a closure": (
        [_list(6, NEED | {"Reason for Closure": "RC7"})], "List 6, Reason for Closure: there is no date of closure"),
    "looked after": ([_list(6, NEED | {"Case Status": "a) Looked after child"})], "Case Status: that the child is"),
    "a conference for nothing": (
        [_list(3, REFERRAL), _list(5, CHILD | {STRATEGY: "06/01/2026", "Date of Initial Child Protection Conference":
         "20/01/2026", "Was an Initial Child Protection Conference deemed unnecessary?": "a) Yes"})],
        "deemed unnecessary?: says that no conference was necessary, but its date is there too"),
    "a result without a conference": (
        [_list(3, REFERRAL), _list(5, CHILD | {STRATEGY: "06/01/2026",
         "Did the Initial Child Protection Conference Result in a Child Protection Plan": "a) Yes"})],
        "there is no date of the conference to record it with"),
    "emergency": ([_list(3, REFERRAL), _list(7, PLAN | {EMERGENCY: "a) Yes"})], "since when is not said"),
    "seen alone, but when": (
        [_list(3, REFERRAL), _list(7, PLAN | {"Was the Child Seen Alone?": "a) Yes"})], "there is no date of a visit"),
    "gender": ([_list(3, REFERRAL | {"Gender": "d) Neither"})], "List 3, Gender: is not one of its codes"),
    "an earlier case": (
        [_list(3, REFERRAL), _list(6, NEED | {"CIN Start Date": "05/02/2026"})],
        "line 2: List 3, Date of referral: list 6 has only the child's case of 2026-02-05; when this one ended"),
    "another sheet": ([_list(3, REFERRAL), Sheet("Notes", [["x"]])], "Notes: is no list of Annex A; it is left out"),
    "another column": (
        [Sheet("List 3", [[*LISTS[3].columns, "Shoe size"]])], "line 1: List 3, Shoe size: is no column of List 3"),
}  # fmt: skip


@pytest.mark.parametrize("what", PROBLEMS)
def test_what_cannot_be_recorded_is_told_with_its_place(what: str) -> None:
    """It is one problem that names list, row and column, and every cell is accounted for all the same."""
    sheets, says = PROBLEMS[what]

    reading = _summed(_reading(b"".join(workbook(sheets))))

    (told,) = [str(problem) for _, problem in reading.problems]
    assert says in told
    assert not any(value in told for value in ("5/1/26", "2015-06", "Neither"))
    assert reading.totals.adds_up


def test_a_row_that_stands_twice_counts_once() -> None:
    """The same row again is left out as repeated."""
    reading = _reading(b"".join(workbook([_list(3, REFERRAL, REFERRAL)])))

    assert [("refer", "K1-20260105"), ("decide", "K1-20260105")] == [(e.kind, e.case) for e in _events(reading)]
    assert 5 == reading.totals.left_out["repeated word for word"]


def test_no_list_at_all_is_an_error() -> None:
    """A workbook without any list is unfit as a whole."""
    with pytest.raises(UsageError, match="there is no list of Annex A in it"):
        _reading(b"".join(workbook([Sheet("Notes", [["x"]])])))


def test_a_referral_after_a_refused_one_takes_what_follows() -> None:
    """An assessment belongs to the latest referral that was taken on, not to a later one that was refused."""
    refused = REFERRAL | {"Date of referral": "09/01/2026", "Referral NFA?": "a) Yes"}
    assessed = CHILD | {"Continuous Assessment Start Date": "12/01/2026"}

    events = _events(_reading(b"".join(workbook([_list(3, REFERRAL, refused), _list(4, assessed)]))))

    assert ["K1-20260105"] == [e.case for e in events if e.kind == "assess.start"]


def _drafts(*sheets: Sheet) -> Iterator[Draft]:
    return (draft for e in episodes(_reading(b"".join(workbook(sheets)))) for draft, _ in e.steps)


def test_keys_are_the_same_for_later_lists() -> None:
    """What has happened since the last lists adds only itself: all that was told then keeps its key."""
    first = {draft.key for draft in _drafts(_list(3, REFERRAL), _list(6, NEED))}
    closed = NEED | {"CIN Closure Date": "20/03/2026", "Reason for Closure": "RC7", "Case Status": "e) Closed episode"}
    second = {draft.key: draft.kind for draft in _drafts(_list(6, closed))}

    assert first < set(second)
    assert ["close"] == [second[key] for key in set(second) - first]
