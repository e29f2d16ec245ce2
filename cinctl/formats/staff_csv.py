"""The staff register as CSV, out and in: a row for each thing that happened, or for each person.

The first is what an export writes, the second what personnel systems have; an import takes either. A row is recorded
whole or not at all, so that a corrected file can be brought in again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from cinctl.check import valid_id
from cinctl.errors import UsageError, did_you_mean
from cinctl.events import KINDS, Field
from cinctl.formats.census_ledger import Problem
from cinctl.formats.sheets import Row, csv_rows, day, guarded, name_of, reject_undecoded, word, yes_or_no
from cinctl.history import Draft, Event
from cinctl.rules import Edition

__all__ = ["COLUMNS", "File", "rows"]

_DATA = (
    "role", "unit", "employer", "qualified", "registered_until", "background", "practice_experience", "service",
    "manager", "training_plan", "topic", "activity", "shadowed", "until", "cover", "from",
)  # fmt: skip
_POST = _DATA[: _DATA.index("topic")]
COLUMNS = ("staff", "event", "on", *_DATA)
"""The columns of an export: whom it is about, what happened, when, and what was said of it."""

_FIELDS = KINDS["staff"].fields
_OF = {
    "join": _POST,
    "change": _POST,
    "train": ("topic", "activity", "shadowed"),
    "leave": (),
    "away": ("from", "until", "cover"),
}

_HEADS = {
    "staff": "staff id staffid staffnumber staffno employeeid employeenumber practitioner practitionerid workerid",
    "event": "event",
    "on": "on",
    "role": "role jobrole jobtitle post position",
    "unit": "unit team",
    "employer": "employer",
    "qualified": "qualified socialworkqualified qualifiedsocialworker",
    "registered_until": "registereduntil registrationexpires registrationexpiry registrationexpirydate",
    "background": "background",
    "practice_experience": "practiceexperience",
    "service": "service",
    "manager": "manager linemanager",
    "training_plan": "trainingplan",
    "topic": "topic topics",
    "activity": "activity activities",
    "shadowed": "shadowed",
    "until": "until",
    "cover": "cover",
    "from": "from awayfrom",
    "joined": "joined datejoined joineddate startdate datestarted joinedon",
    "left": "left dateleft leftdate leavingdate enddate lefton dateofleaving",
    "since": "since inrolesince rolesince",
    "training": "training trainingcompleted",
}
_COLUMN = {head: column for column, heads in _HEADS.items() for head in heads.split()}
_PERSON_ONLY = frozenset({"joined", "left", "since", "training"})
_EVENT_ONLY = frozenset(_OF["train"] + _OF["away"])
_TITLE_ROWS = 20


# --- out ---


def rows(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """Yield a row for each of *events*, staff events that count: by person, in order. Notes stay in the log."""
    for event in sorted(events, key=lambda e: (e.get("staff") or "", *e.place())):
        data = {name: event.get(name) for name in _DATA}
        told = {name: _told(value) for name, value in data.items()}
        yield {"staff": event.get("staff"), "event": event.phase, "on": event.on, **told}


def _told(value: Any) -> Any:
    value = "; ".join(value) if isinstance(value, list) else value
    return guarded(value) if isinstance(value, str) else value


# --- in ---


class File:
    """One CSV file: iterating over it yields the staff events that it tells of, and problems.

    *by_person*: its rows tell how people are, not what happened. *speaks*: kind to the fields that its columns tell of;
    what it has no column for, nobody is blamed for. Making it, or reading on, raises a UsageError when the
    file as a whole is no staff register.
    """

    def __init__(self, source: BinaryIO, *, name: str, edition: Edition) -> None:
        self._rows = csv_rows(source, name=name, is_head=lambda cell: name_of(cell) in _COLUMN)
        self._head, columns = _head(self._rows, name)
        self.by_person = "event" not in columns.values()
        self.speaks = _speaks(set(columns.values()), self.by_person)
        self._reader = _Reader(columns, edition, self.by_person)

    def __iter__(self) -> Iterator[Draft | Problem]:
        """Yield what each row tells of, or what is wrong with it."""
        yield from self._reader.heads(self._head)
        for row in self._rows:
            yield from self._reader.row(row)


def _head(found: Iterator[Row], name: str) -> tuple[Row, dict[int, str]]:
    """Return the row of heads, and which column stands where; titles may stand above it."""
    for row, _ in zip(found, range(_TITLE_ROWS), strict=False):
        columns = {i: _COLUMN[head] for i, cell in enumerate(row.cells) if (head := name_of(cell)) in _COLUMN}
        doubled = [column for column, n in Counter(columns.values()).items() if n > 1]
        if "staff" not in columns.values() or len(columns) < 2:
            continue
        if doubled:
            raise UsageError(f"{name}: line {row.number}: there are two columns for {doubled[0]}")
        wanted = {"event", "on"} if "event" in columns.values() else {"joined"}
        if lacking := sorted(wanted - set(columns.values())):
            raise UsageError(f"{name}: line {row.number}: there is no column {' and no column '.join(lacking)}")
        return row, columns
    raise UsageError(
        f"{name}: there is no row of column heads with staff and either joined, or event and on; "
        "'cinctl export staff' writes such a file"
    )


def _speaks(columns: set[str], by_person: bool) -> dict[str, list[str]]:
    told = {phase: ["at", "staff", *(f for f in fields if f in columns)] for phase, fields in _OF.items()}
    if by_person:
        del told["away"]
        told["train"] += ["topic"] if "training" in columns else []
    if len(told["train"]) == 2:
        del told["train"]
    return {f"staff.{phase}": sorted(fields) for phase, fields in told.items()}


class _Reader:
    def __init__(self, columns: Mapping[int, str], edition: Edition, by_person: bool) -> None:
        self._columns = columns
        self._edition = edition
        self._by_person = by_person
        self._marks: Counter[str] = Counter()

    def heads(self, row: Row) -> Iterator[Problem]:
        """Yield a problem for each column that means nothing here."""
        for place, cell in enumerate(row.cells):
            column = self._columns.get(place)
            if cell and (column is None or column in (_EVENT_ONLY if self._by_person else _PERSON_ONLY)):
                yield Problem(row.number, cell, "is not a column of a staff register; what stands in it is left out")

    def row(self, row: Row) -> Iterator[Draft | Problem]:
        """Yield what *row* tells of, or what is wrong with it."""
        cells = {
            column: row.cells[place]
            for place, column in self._columns.items()
            if place < len(row.cells) and row.cells[place]
        }
        reading = _Reading(row.number, cells, self._edition)
        steps = reading.person() if self._by_person else reading.event()
        if reading.problems:
            yield from reading.problems
            return
        for phase, on, data in steps:
            yield self._draft(row.number, phase, on, data)

    def _draft(self, line: int, phase: str, on: str, data: dict[str, Any]) -> Draft:
        stem = f"staff:{data['staff']}:{phase}:{on}"
        if phase == "train":
            # Each thing learnt has its key: a list of trainings that grew adds what is new in it.
            told = json.dumps([data.get("topic"), data.get("activity")], ensure_ascii=True)
            key = f"{stem}:{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        else:
            self._marks[stem] += 1
            key = f"{stem}:{self._marks[stem]}"
        return Draft(kind=f"staff.{phase}", case=None, at=on, data=data, key=key, line=line)


_Step = tuple[str, str, dict[str, Any]]


class _Reading:
    """Reads the cells of one row; *problems* are what could not be read."""

    def __init__(self, line: int, cells: Mapping[str, str], edition: Edition) -> None:
        self.problems: list[Problem] = []
        self._line = line
        self._cells = cells
        self._edition = edition
        self._staff = cells.get("staff", "")
        if not valid_id(self._staff):
            self._fault("staff", f"{word(self._staff)} cannot be a practitioner's id: up to 64 characters, no spaces")
        for column, text in cells.items():
            try:
                reject_undecoded(text)
            except ValueError as fault:
                self._fault(column, f"it {fault}")

    def _fault(self, column: str, what: str) -> None:
        where = f"{self._staff}: {column}" if valid_id(self._staff) and column != "staff" else column
        self.problems.append(Problem(self._line, where, f"the row is not recorded: {what}", len(self._cells)))

    def event(self) -> list[_Step]:
        """Return the one event that a row of our own form is."""
        phase = self._cells.get("event", "").lower()
        on = self._date("on")
        if phase not in _OF:
            self._fault("event", f"{word(phase)} is not one of {', '.join(_OF)}.{did_you_mean(phase, _OF)}")
            return []
        if on is None:
            return []
        for column in self._cells.keys() - {"staff", "event", "on", *_OF[phase]} - _PERSON_ONLY:
            self._fault(column, f"does not belong to '{phase}'")
        data = self._data(_OF[phase])
        if phase in ("change", "train") and not data:
            self._fault("event", f"'{phase}' says nothing: name what is new")
        if phase == "away" and "until" in data and data["until"] < (first := data.get("from", on)):
            self._fault("until", f"{data['until']} is before {first}, on which it begins")
        if phase == "away" and data.get("cover") == self._staff:
            self._fault("cover", f"{self._staff} cannot cover for themselves")
        return [(phase, on, {"staff": self._staff, **data})]

    def person(self) -> list[_Step]:
        """Return what happened to a person, of whom a row says how they are now, or were when they left."""
        joined, since = self._date("joined"), self._date("since", optional=True)
        left = self._date("left", optional=True)
        post, trained = self._data(_POST), self._training()
        if joined is not None and left is not None and left < joined:
            self._fault("left", f"{left} is before they joined, {joined}")
        if joined is None or self.problems:
            return []
        steps: list[_Step] = []
        if since is not None and since > joined:
            # The row tells of the present role; what they were when they joined it does not know.
            steps += [("join", joined, {}), ("change", since, post)] if post else [("join", joined, {})]
        else:
            steps.append(("join", joined, post))
        steps += [("train", on, {"topic": [topic]}) for topic, on in trained]
        if left is not None:
            steps.append(("leave", left, {}))
        return [(phase, on, {"staff": self._staff, **data}) for phase, on, data in steps]

    def _date(self, column: str, *, optional: bool = False) -> str | None:
        text = self._cells.get(column)
        if text is None:
            if not optional:
                self._fault(column, "there is no date")
            return None
        try:
            return day(text).isoformat()
        except ValueError as fault:
            self._fault(column, str(fault))
            return None

    def _data(self, columns: Iterable[str]) -> dict[str, Any]:
        made = {}
        for column in columns:
            text = self._cells.get(column)
            value = self._attempt(column, text) if text is not None else None
            if value not in (None, []):
                made[column] = value
        return made

    def _attempt(self, column: str, text: str) -> Any:
        try:
            return self._value(_FIELDS[column], text)
        except (UsageError, ValueError) as fault:
            self._fault(column, str(fault))
            return None

    def _value(self, field: Field, text: str) -> Any:
        if field.type == "date":
            return day(text).isoformat()
        if field.type == "flag":
            return yes_or_no(text)
        if field.many:
            items = [item.strip() for item in text.split(";")]
            return list(dict.fromkeys(self._code(field, item) for item in items if item))
        if field.type == "staff" and not valid_id(text):
            raise ValueError(f"{word(text)} cannot be a practitioner's id")
        return self._code(field, text) if field.type == "code" else text

    def _code(self, field: Field, text: str) -> str:
        known = self._edition.codes(field.codes or "")
        if not known:
            return text
        spelt = {_title(code, entry): code for code, entry in known.items()}
        spelt |= {name_of(code): code for code in known}
        found = spelt.get(name_of(text))
        if found is None:
            raise ValueError(f"the protocol has no {field.name} {word(text)}.{did_you_mean(text, known)}")
        return found

    def _training(self) -> list[tuple[str, str]]:
        trained = []
        for item in re.split(r"[;,\n]", self._cells.get("training", "")):
            topic, parted, on = item.partition("=")
            if not item.strip():
                continue
            try:
                if not parted:
                    raise ValueError(f"{word(item.strip())} has no date: write topic=2024-02-02, parted by semicolons")
                trained.append((self._code(_FIELDS["topic"], topic.strip()), day(on).isoformat()))
            except ValueError as fault:
                self._fault("training", str(fault))
        return trained


def _title(code: str, entry: Any) -> str:
    title = None if isinstance(entry, str) else getattr(entry, "title", None)
    return name_of(title or code)
