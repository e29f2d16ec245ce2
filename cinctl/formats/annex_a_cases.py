"""The rows of Annex A about one child as the steps of cases: a case for each referral that a list dates.

A key names what happened in words that a later set of lists will use again: child, referral, kind and the date that
begins it. So the same lists again add nothing, and what has happened since adds only itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from cinctl.formats.annex_a_reading import Line, Reading
from cinctl.formats.census_cases import UNSAID, case_id, unsaid
from cinctl.history import Draft

__all__ = ["SPEAKS", "Episode", "conflict", "episodes", "follow_up", "speaks"]

SPEAKS: dict[str, list[str]] = {
    "refer": ["at", "child", "born"],
    "update": ["at", "born"],
    "decide": ["outcome"],
    "assess.start": ["at"],
    "assess.complete": ["at"],
    "approve.assessment": ["at"],
    "plan.start": ["at", "type", "category", "latest_category", "previous_plans"],
    "plan.end": ["at", "type"],
    "enquire.start": ["at"],
    "enquire.conclude": ["conference_needed"],
    "conference.initial": ["at"],
    "close": ["at", "reason"],
}
"""Kind to the fields that the lists can speak of, `at` for its date.

Visits and review conferences are not among them: only the last of each is listed, so that nobody is blamed for those
before it. Nor are the source and the need of a referral, which one list each tells, and not of all referrals.
"""
_OF_CHARACTERISTICS: dict[str, list[str]] = {"update": ["at", "born", "disabled"], "child": ["sex", "ethnicity"]}

_ORDER = (
    "refer", "child", "update", "decide", "assess.start", "assess.complete", "approve.assessment", "enquire.start",
    "enquire.conclude", "conference.initial", "conference.review", "plan.end", "plan.start", "visit", "close",
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}
_COMPARED: Mapping[str, tuple[str, ...]] = {
    "refer": ("source", "child", "born", "need"),
    "decide": ("outcome",),
    "enquire.conclude": ("conference_needed",),
    "conference.initial": ("outcome",),
    "plan.start": ("type", "category", "latest_category", "previous_plans"),
    "visit": ("alone",),
    "close": ("reason",),
    "child": ("sex", "ethnicity"),
    "update": ("born", "disabled"),
}
_UNDATED = frozenset({"decide", "enquire.conclude", "child", "update"})

_REFERRED, _CIN_START = "Date of referral", "CIN Start Date"
_ASSESSED, _AUTHORISED = "Continuous Assessment Start Date", "Continuous Assessment Date of Authorisation"
_STRATEGY = "Strategy discussion initiating Section 47 Enquiry Start Date"
_SPARED = "Was an Initial Child Protection Conference deemed unnecessary?"
_CONFERENCE = "Date of Initial Child Protection Conference"
_RESULT = "Did the Initial Child Protection Conference Result in a Child Protection Plan"
_PLANNED, _PLAN_END = "Child Protection Plan Start Date", "Child Protection Plan End Date"
_EMERGENCY = "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)"
_BEGINS: Mapping[int, str] = {4: _ASSESSED, 5: _STRATEGY, 7: _PLANNED}
_TEAMS_OF = (6, 7, 3, 5, 4)  # who holds the case now comes before who took in the referral


@attrs.frozen
class Episode:
    """One referral of one child: the case that it makes, and its steps as `Workspace.bring_in` takes them.

    *files* are those that the steps come from, by key.
    """

    case: str
    steps: tuple[tuple[Draft, Mapping[str, str]], ...]
    files: Mapping[str, str]

    @property
    def born(self) -> bool:
        """Whether the lists say when the child was born."""
        return any(draft.kind == "refer" and "born" in draft.data for draft, _ in self.steps)


def speaks(characteristics: bool) -> dict[str, list[str]]:
    """Return kind to the fields that the lists speak of, with or without the child's characteristics."""
    told = SPEAKS | (_OF_CHARACTERISTICS if characteristics else {})
    return {kind: sorted(fields) for kind, fields in told.items()}


def episodes(reading: Reading) -> Iterator[Episode]:
    """Yield the cases that the lists tell of, child by child, and list in *reading* what cannot be recorded."""
    for child in sorted(reading.lines):
        lines = reading.lines[child]
        yield from _Child(reading, child, lines).episodes()
        reading.close(lines)
        del reading.lines[child]


def follow_up(existing: Mapping[str, Any], draft: Draft) -> Draft | None:
    """Return the step that tells of a date of birth which the referral *existing* lacked and *draft* knows."""
    before, born = existing.get("data"), draft.data.get("born")
    if draft.kind != "refer" or before is None or born is None or before.get("born"):
        return None
    at = max(born, draft.at)
    return Draft(kind="update", case=draft.case, at=at, data={"born": born}, key=f"{draft.key}:born", line=draft.line)


def conflict(existing: Mapping[str, Any], draft: Draft) -> str | None:
    """Return how *draft* departs from what the log holds under its key, or None when it says the same or nothing."""
    faults = []
    if draft.kind not in _UNDATED and existing["at"][:10] != draft.at:
        faults.append(f"with another date, {existing['at'][:10]}, not {draft.at}")
    before = existing.get("data")
    for field in _COMPARED.get(draft.kind, ()) if before is not None else ():
        value = draft.data.get(field)
        if value is not None and before is not None and before.get(field) != value:
            if field == "born" and not before.get("born"):
                continue
            said = f"with {field} {before.get(field, 'none')}, not {value}"
            faults.append(unsaid(field, before, draft.data) if field in UNSAID else said)
    return "recorded before " + " and ".join(faults) if faults else None


@attrs.define
class _Case:
    """A referral: its day, the rows that tell of it, and those that belong to what followed."""

    referred: date
    referral: Line | None = None
    need: Line | None = None
    others: list[Line] = attrs.field(factory=list)

    @property
    def refused(self) -> bool:
        """Whether nothing was to follow."""
        return self.referral is not None and self.referral.values.get("Referral NFA?") is True

    @property
    def lines(self) -> list[Line]:
        """Every row of the case."""
        return [line for line in (self.referral, self.need, *self.others) if line is not None]


class _Child:
    """Parts the rows about one child into cases."""

    def __init__(self, reading: Reading, child: str, lines: Sequence[Line]) -> None:
        self._reading = reading
        self._child = child
        self._lines = lines
        self._cases: dict[date, _Case] = {}

    def episodes(self) -> Iterator[Episode]:
        """Yield the cases, by date of referral."""
        for line in self._lines:
            if line.number in (3, 6):
                self._open(line)
        for line in self._lines:
            if line.number not in (3, 6):
                self._attach(line)
        self._remark_on_ends()
        for referred in sorted(self._cases):
            yield _Steps(self._reading, self._child, self._cases[referred]).episode(self._lines)

    def _open(self, line: Line) -> None:
        column = _REFERRED if line.number == 3 else _CIN_START
        referred = line.get(column)
        if referred is None:
            self._reading.lose(line, column, "there is no date that could be read; nothing in the row can be recorded")
            return
        case = self._cases.setdefault(referred, _Case(referred))
        before = case.referral if line.number == 3 else case.need
        if before is not None:
            self._reading.lose(line, column, f"repeats row {before.row}, of {referred}, with other content")
        elif line.number == 3:
            case.referral = line
        else:
            case.need = line

    def _remark_on_ends(self) -> None:
        """Say of which cases no list tells how they ended: list 6 has only the latest of a child."""
        latest = max((case.referred for case in self._cases.values() if case.need is not None), default=None)
        for case in self._cases.values():
            if latest is not None and case.referred < latest and case.need is None and not case.refused:
                assert case.referral is not None
                what = (
                    f"list 6 has only the child's case of {latest}; when this one ended is not said, so it stays open"
                )
                self._reading.remark(case.referral, _REFERRED, what)

    def _attach(self, line: Line) -> None:
        column = _BEGINS[line.number]
        begun = line.values.get(column)
        if begun is None:
            self._reading.lose(line, column, "there is no date that could be read; nothing in the row can be recorded")
            return
        earlier = [case for day, case in sorted(self._cases.items()) if day <= begun]
        if not earlier:
            what = f"no referral of the child on or before {begun} is in lists 3 and 6; the row is not recorded"
            self._reading.lose(line, column, what)
            return
        next((case for case in reversed(earlier) if not case.refused), earlier[-1]).others.append(line)


class _Steps:
    """Collects the steps of one case."""

    def __init__(self, reading: Reading, child: str, case: _Case) -> None:
        self._reading = reading
        self._child = child
        self._of = case
        self._case = case_id(child, case.referred)
        self._prefix = f"annex-a:{child}:{case.referred.isoformat()}"
        self._steps: list[tuple[tuple[date, int, int], Draft, dict[str, str]]] = []
        self._files: dict[str, str] = {}
        self._marks: Counter[str] = Counter()
        self._visits: dict[date, tuple[Line, dict[str, Any]]] = {}

    def episode(self, about: Sequence[Line]) -> Episode:
        """Read everything, *about* the child in general too, and put it in order."""
        case = self._of
        self._referral(about)
        self._characteristics(about)
        self._decision()
        readers = {4: self._assessment, 5: self._enquiry, 7: self._plan}
        for line in sorted(case.others, key=lambda found: found.number):
            readers[line.number](line)
        if case.need is not None:
            self._in_need(case.need)
        for on, (line, data) in self._visits.items():
            self._add(line, f"visit:{on}", on, data)
        steps = sorted(self._steps, key=lambda step: step[0])
        return Episode(self._case, tuple((draft, refs) for _, draft, refs in steps), self._files)

    # --- the steps ---

    def _first(self, column: str, lines: Sequence[Line]) -> Any:
        """Return what the first of *lines* that tells says in *column*; one that says otherwise is a problem.

        All that is asked for so is the child's own, so the problem repeats no value.
        """
        found = None
        for line in lines:
            value = line.get(column)
            if value is not None and found is not None and value != found:
                self._reading.fault(line, column, "says otherwise than another row of the child, which is kept")
            found = value if found is None else found
        return found

    def _referral(self, about: Sequence[Line]) -> None:
        case = self._of
        line = case.referral or case.need
        assert line is not None
        ranked = sorted(case.lines, key=lambda found: _TEAMS_OF.index(found.number))
        team = next((found.values["Allocated Team"] for found in ranked if "Allocated Team" in found.values), None)
        for found in ranked:
            if found.values.get("Allocated Team") == team:  # an earlier team is not told since when, so it is left out
                found.get("Allocated Team")
        data = {
            "source": case.referral.get("Referral Source") if case.referral is not None else None,
            "child": self._child,
            "born": _iso(self._first("Date of Birth", about)),
            "need": case.need.get("Primary Need Code") if case.need is not None else None,
            "unit": team,
        }
        self._add(line, "refer", case.referred, data, first=True)

    def _characteristics(self, about: Sequence[Line]) -> None:
        line = self._of.referral or self._of.need
        assert line is not None
        data = {"sex": self._first("Gender", about), "ethnicity": self._first("Ethnicity", about)}
        if any(data.values()):
            self._add(line, "child", self._of.referred, data)
        disabled = self._first("Does the Child have a Disability", about)
        if disabled is not None:
            self._add(line, "update:disabled", self._of.referred, {"disabled": disabled})

    def _decision(self) -> None:
        case = self._of
        line = case.referral or case.need
        assert line is not None
        refused = case.referral.get("Referral NFA?") if case.referral is not None else None
        if refused and (case.need is not None or case.others):
            told = next(found for found in (case.need, *case.others) if found is not None)
            self._reading.fault(
                line, "Referral NFA?", f"says yes, but {told.place}, row {told.row} tells what followed"
            )
            refused = False
        # A child in need, or one whom something followed for, was taken on, whether or not the referral's row is there.
        if refused is not None or case.need is not None or case.others:
            self._add(line, "decide", case.referred, {"outcome": "no_further_action" if refused else "section_17"})

    def _assessment(self, line: Line) -> None:
        start, done = line.get(_ASSESSED), line.get(_AUTHORISED)
        mark = self._mark("assess", start)
        seen = line.get("Child Seen During Continuous Assessment")
        needed = line.get("Was the child assessed as requiring LA children's social care support?")
        told = {"child_seen": _word(seen), "support_required": _word(needed)}
        parts = {name: answer for name, answer in told.items() if answer is not None}
        opened = self._add(line, f"assess.start:{mark}", start, {"part": None if done else parts})
        if done:
            self._add(line, f"assess.complete:{mark}", done, {"part": parts}, of=opened)
            self._add(line, f"approve.assessment:{mark}", done, of=opened)

    def _enquiry(self, line: Line) -> None:
        start, held, spared = line.get(_STRATEGY), line.get(_CONFERENCE), line.get(_SPARED)
        mark = self._mark("enquire", start)
        opened = self._add(line, f"enquire.start:{mark}", start)
        if held and spared:
            self._reading.fault(line, _SPARED, "says that no conference was necessary, but its date is there too")
            spared = False
        if held or spared is not None:
            needed = bool(held) or not spared
            self._add(line, f"enquire.conclude:{mark}", held or start, {"conference_needed": needed}, of=opened)
        if not held:
            if line.values.get(_RESULT) is not None:
                self._reading.fault(line, _RESULT, "there is no date of the conference to record it with")
            return
        result = line.get(_RESULT)
        outcome = None if result is None else "cp_plan" if result else "no_plan"
        self._add(line, f"conference.initial:{mark}", held, {"outcome": outcome}, enquiry=opened)

    def _plan(self, line: Line) -> None:
        start, end = line.get(_PLANNED), line.get(_PLAN_END)
        mark = self._mark("plan", start)
        data = {
            "type": "child_protection",
            "category": line.get("Initial Category of Abuse"),
            "latest_category": line.get("Latest Category of Abuse"),
            "previous_plans": line.get("Number of Previous Child Protection Plans"),
        }
        opened = self._add(line, f"plan.start:{mark}", start, data)
        if end:
            self._add(line, f"plan.end:{mark}", end, {"type": "child_protection"}, of=opened)
        review = line.get("Date of latest review conference")
        if review:
            self._add(line, f"conference.review:{start}:{review}", review, of=self._conference_on(start))
        self._visit(line)
        if line.values.get(_EMERGENCY):
            self._reading.fault(line, _EMERGENCY, "since when is not said, so it is not recorded")

    def _visit(self, line: Line) -> None:
        on, alone = line.get("Date of the Last Statutory Visit"), line.get("Was the Child Seen Alone?")
        if on:
            told = {"seen": ["child"] if alone else None, "alone": alone}
            self._visits[on] = line, self._visits.get(on, (line, {}))[1] | told
        elif alone is not None:
            self._reading.fault(line, "Was the Child Seen Alone?", "there is no date of a visit to record it with")

    def _in_need(self, line: Line) -> None:
        seen = line.get("Date Child Was Last Seen")
        if seen:
            first, told = self._visits.get(seen, (line, {}))
            self._visits[seen] = first, told | {"seen": ["child"]}
        closed, reason = line.get("CIN Closure Date"), line.get("Reason for Closure")
        if closed:
            self._add(line, "close", closed, {"reason": reason})
        elif reason is not None:
            self._reading.fault(line, "Reason for Closure", "there is no date of closure to record it on")
        if line.values.get("Case Status") == "looked_after":
            what = "that the child is looked after is not recorded, for since when is not said"
            self._reading.fault(line, "Case Status", what)

    # --- keys and order ---

    def _conference_on(self, day: date) -> str | None:
        """Return the key of the initial conference at which a plan began: it is held on the same day."""
        held = (draft for _, draft, _ in self._steps if draft.kind == "conference.initial")
        return next((draft.key for draft in held if draft.at == day.isoformat()), None)

    def _mark(self, what: str, on: date) -> str:
        """Return what tells this thing from others of its sort in the case: its first date and, if alike, a number."""
        self._marks[f"{what} {on}"] += 1
        return f"{on}:{self._marks[f'{what} {on}']}"

    def _add(
        self,
        line: Line,
        tail: str,
        on: date,
        data: Mapping[str, Any] | None = None,
        *,
        first: bool = False,
        **refs: str | None,
    ) -> str:
        """Add a step, of the kind with which *tail* begins, and return its key."""
        kind, key = tail.partition(":")[0], f"{self._prefix}:{tail}"
        told = {name: value for name, value in (data or {}).items() if value not in (None, [], {})}
        named = {field: other for field, other in refs.items() if other is not None}
        order = (date.min if first else on, _RANK[kind], 0)
        # A wrong date may put an end before its beginning; the log still needs the beginning first, to name it.
        for place, draft, _ in self._steps:
            if draft.key in named.values():
                order = max(order, (*place[:2], place[2] + 1))
        draft = Draft(kind=kind, case=self._case, at=on.isoformat(), data=told, key=key, line=line.row)
        self._steps.append((order, draft, named))
        self._files[key] = line.file
        return key


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _word(answer: bool | None) -> str | None:
    return None if answer is None else "yes" if answer else "no"
