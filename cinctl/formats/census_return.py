"""The Children in Need return of one year, made from a casebook: the DfE's XML, child by child, and what it lacks.

Memory holds the ids of the cases and one child's cases at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import attrs

from cinctl.formats.census_details import read_case
from cinctl.formats.census_xml import FOOT, Child, child_xml, head
from cinctl.formats.census_year import (
    DERIVED,
    DOUBTFUL,
    INVALID,
    LEFT_OUT,
    MISSING,
    Gap,
    Tell,
    Year,
    contradictions,
    overlaps,
)
from cinctl.history import Event
from cinctl.queries import Book

__all__ = ["COLUMNS", "Outgoing", "Sums"]

COLUMNS = ("child", "case", "element", "on", "problem", "rule", "what")
"""The fields of a row about a gap."""

_ORDER = (MISSING, INVALID, DOUBTFUL, LEFT_OUT, DERIVED)
_CHARACTERISTICS = ("sex", "ethnicity", "disabilities", "upn", "upn_unknown", "former_upn", "died", "previous_plans")


@attrs.frozen
class _Cases:
    """The cases of one child: those that may belong to the year, and those that were closed before it."""

    own_reference: bool
    now: list[str] = attrs.field(factory=list)
    before: list[str] = attrs.field(factory=list)


@attrs.define
class Sums:
    """What a return came to. *gaps* counts them by problem, element, why and rule."""

    children: int = 0
    referrals: int = 0
    other_years: int = 0
    disabled: int = 0
    gaps: Counter[tuple[str, str, str, str | None]] = attrs.field(factory=Counter)

    def lines(self) -> list[str]:
        """Return the gaps as lines for a person, the gravest sort first and the most frequent of each sort."""
        found = sorted(self.gaps.items(), key=lambda item: (_ORDER.index(item[0][0]), -item[1], item[0][1:3]))
        return [
            f"{problem.replace('_', ' ')}: {element} {n:,} {'time' if n == 1 else 'times'}: {what}"
            + (f" ({rule})" if rule else "")
            for (problem, element, what, rule), n in found
        ]


class Outgoing:
    """The return of the *year* of *authority* from what *book* holds; *characteristics* says whether to tell them.

    `pieces` and `gaps` each read the book anew, as often as they are asked.
    """

    def __init__(self, book: Book, *, year: int, authority: str, characteristics: bool = False) -> None:
        self.year = year
        self.authority = authority
        self.sums = Sums()
        self._book = book
        self._span = Year.ending(year)
        self._characteristics = characteristics
        self._unnamed: list[str] = []
        self._elsewhere = self._besides = 0
        self._index = self._indexed()

    @property
    def title(self) -> str:
        """The return in a few words, as an import of it would name it."""
        return f"census {self.year} of authority {self.authority}"

    def pieces(self, *, release: str, made: str, reach: Callable[[int], None] = lambda _: None) -> Iterator[str]:
        """Yield the return, made at *made* by the *release* of this tool; *reach* is told how many children are done.

        *sums* are complete at the end.
        """
        self.sums = sums = Sums()
        self._besides = 0
        yield head(year=self.year, authority=self.authority, release=release, made=made)
        for done, (child, text, gaps) in enumerate(self._told()):
            sums.gaps.update((gap.problem, gap.element, gap.what, gap.rule) for gap in gaps)
            if child is not None:
                sums.children += 1
                sums.referrals += len(child.details)
                sums.disabled += child.disabled
                yield text
            reach(done)
        sums.other_years = self._elsewhere + self._besides
        yield FOOT

    def gaps(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each gap, child by child."""
        for _, _, gaps in self._told():
            for gap in gaps:
                row = attrs.asdict(gap) | {"on": gap.on.isoformat() if gap.on else None}
                yield {name: row[name] for name in COLUMNS}

    @property
    def length(self) -> int:
        """How many children there are to look at."""
        return len(self._index)

    # --- which cases are whose ---

    def _indexed(self) -> dict[str, _Cases]:
        index: dict[str, _Cases] = {}
        without: list[tuple[str, bool]] = []
        for id_ in self._book.case_ids():
            row = self._book.case_row(id_)
            self._book.let_go(id_)
            if self._begins_later(row):
                self._elsewhere += 1
                continue
            child = row["child"]
            if child is None or not child.strip() or not child.isprintable():
                without.append((id_, self._was_before(row)))
            else:
                self._file(index.setdefault(child, _Cases(own_reference=True)), id_, self._was_before(row))
        self._file_under_case(index, without)
        return {child: cases for child, cases in sorted(index.items()) if cases.now}

    def _file(self, cases: _Cases, id_: str, before: bool) -> None:
        (cases.before if before else cases.now).append(id_)
        self._elsewhere += before

    def _file_under_case(self, index: dict[str, _Cases], without: list[tuple[str, bool]]) -> None:
        """File cases without a reference of the child's own under their own id, as the census can spell it."""
        for id_, before in sorted(without, key=lambda one: (not one[0].isalnum(), one[0])):
            spelt = "".join(character for character in id_ if character.isascii() and character.isalnum())
            name = next((name for name in (spelt, id_) if name and name not in index), None)
            if name is None:
                self._unnamed.append(id_)
            else:
                self._file(index.setdefault(name, _Cases(own_reference=False)), id_, before)

    def _begins_later(self, row: dict[str, Any]) -> bool:
        return row["referred"] is not None and row["referred"] > self._span.last.isoformat()

    def _was_before(self, row: dict[str, Any]) -> bool:
        first = self._span.first.isoformat()
        return row["closed"] is not None and row["closed"] < first and (row["referred"] or "") < first

    # --- child by child ---

    def _told(self) -> Iterator[tuple[Child | None, str, list[Gap]]]:
        """Yield each child with its XML, None where nothing of it is this year's, and what was found on the way."""
        for id_ in self._unnamed:
            what = "no reference of the child's own is recorded, and the case's id is taken by another"
            yield None, "", [Gap(id_, id_, "LAchildID", LEFT_OUT, what, "8510")]
        for name, cases in self._index.items():
            gaps: list[Gap] = []
            child = self._child(name, cases, gaps.append)
            text = child_xml(child, gaps.append) if child is not None else ""
            yield child, text, gaps

    def _child(self, name: str, cases: _Cases, tell: Tell) -> Child | None:
        child, about = Child(name), dict[str, Any]()
        told: list[Event] = []
        for id_ in cases.now:
            events = self._events(id_)
            whole = read_case(id_, events, self._span.last)
            if events and not whole:
                tell(Gap(name, id_, "CINdetails", LEFT_OUT, "the case has no referral that counts"))
            found = [one for one in whole if self._span.keeps(one)]
            self._besides += bool(whole) and not found
            child.details += found
            told += self._of_characteristics(events)
            if found:
                self._birth(child, events, tell)
                child.disabled = child.disabled or any(
                    event.get("disabled") for event in events if event.on <= self._span.last
                )
        if not child.details:
            return None
        if not cases.own_reference:
            tell(Gap(name, child.details[0].case, "LAchildID", DERIVED, "no reference of the child's own is recorded"))
        if self._characteristics:
            told += [event for id_ in cases.before for event in self._of_characteristics(self._events(id_))]
            about = _latest(told)
            child.about = about
            child.died = self._by_the_last_day(about.get("died"))
        self._fit(child, about, tell)
        return child

    def _fit(self, child: Child, about: dict[str, Any], tell: Tell) -> None:
        """Cut the referrals of *child* down to the year, in order, and tell what is wrong with them."""
        child.details.sort(key=lambda one: (one.referred, one.case))
        for details in child.details:
            self._span.narrow(child.id, details, tell)
            contradictions(child.id, details, tell)
            for plan in details.protections:
                if plan.previous is None:
                    plan.previous = about.get("previous_plans")
        overlaps(child.id, child.details, tell)

    def _events(self, id_: str) -> list[Event]:
        events = self._book.effective(self._book.track(id_).events)
        self._book.let_go(id_)
        return events

    def _of_characteristics(self, events: list[Event]) -> list[Event]:
        """Return those of *events* that tell of characteristics as of the year's last day."""
        return [event for event in events if event.kind == "child" and event.on <= self._span.last]

    def _birth(self, child: Child, events: list[Event], tell: Tell) -> None:
        """Take from *events* when the child was born or is expected; a birth after the year is none yet."""
        for event in (e for e in events if e.base in ("refer", "update")):
            born = self._by_the_last_day(event.get("born"))
            if born is not None and child.born not in (None, born):
                what = "the child's cases tell of more than one date of birth; the last is written"
                tell(Gap(child.id, event.case, "PersonBirthDate", DOUBTFUL, what))
            child.born = born or child.born
            if event.get("expected") is not None:
                child.expected = date.fromisoformat(event.get("expected"))
                if event.get("born") is not None:
                    what = "a date of birth is recorded with it"
                    tell(Gap(child.id, event.case, "ExpectedPersonBirthDate", LEFT_OUT, what, "8525Q"))

    def _by_the_last_day(self, text: str | None) -> date | None:
        day = None if text is None else date.fromisoformat(text)
        return day if day is not None and day <= self._span.last else None


def _latest(told: list[Event]) -> dict[str, Any]:
    """Return what the `child` events *told* say of a child, each field as the last of them has it."""
    about: dict[str, Any] = {}
    for event in sorted(told, key=lambda event: (event.on, event.seq)):
        about.update({name: event.get(name) for name in _CHARACTERISTICS if event.get(name) is not None})
    return about
