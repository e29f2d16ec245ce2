"""Rows that answer questions about a casebook: due, list and show, history, next, caseload, staff.

Field names are stable and documented; dates are ISO text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from cinctl.calendar import Duration
from cinctl.case import Case
from cinctl.casebook import Casebook
from cinctl.errors import UsageError, did_you_mean
from cinctl.events import KINDS, Kind
from cinctl.facts import Moment
from cinctl.history import Event, live_corrections
from cinctl.owed import COLUMNS, Away, Name, Owed, Plain, named_rows, rows
from cinctl.owed import Row as DueRow
from cinctl.rules import Edition, GateRule, RuleBook
from cinctl.shelf import OPEN, Load, Shelf
from cinctl.standing import owed_by_office, owed_on
from cinctl.threads import THREAD_OF, THREADS
from cinctl.words import satisfy, satisfy_lines, why

Row = dict[str, Any]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


# What is due


def due_rows(book: Casebook, today: date, soon: date) -> list[Row]:
    """Return what runs on *today*, a row each, most overdue first; *soon* is the last day of `due_soon`."""
    return [dict(zip(COLUMNS, row, strict=True)) for row in due(book, today, soon)]


def due(book: Casebook, today: date, soon: date) -> list[DueRow]:
    """Return the same as plain rows, their fields in the order of `owed.COLUMNS`."""
    return list(rows(_owed(book, today), today, soon, _away_on(book, today)))


def _away_on(book: Casebook, today: date) -> Away:
    from cinctl.absences import away_on

    return away_on(book, today)


def _owed(book: Casebook, today: date) -> list[Owed]:
    """Return all that runs, most overdue first."""
    owed = [one for id_ in book.case_ids() for one in owed_on(book, id_)]
    owed += owed_by_office(book, today)
    owed.sort(key=Owed.urgency)
    return owed


# Cases


CASE_COLUMNS = (
    "case", "child", "family", "born", "expected", "state", "tier", "need", "lead", "lead_role", "supervisor", "unit",
    "referred", "closed",
)  # fmt: skip


def case_row(book: Casebook, id_: str) -> Row:
    """Return case *id_* as `list` and `show` print it. Raises UsageError for an unknown id."""
    case, _ = book.folded(id_)
    last = book.track(id_).last_place
    role = book.register.as_of(case.lead, last[1]).role if case.lead and last else None
    return {
        "case": id_,
        "child": case.child,
        "family": case.family,
        "born": _iso(case.born),
        "expected": _iso(case.expected),
        "state": case.state,
        "tier": case.tier,
        "need": case.need,
        "lead": case.lead,
        "lead_role": role,
        "supervisor": case.supervisor,
        "unit": case.unit,
        "referred": _iso(case.referred),
        "closed": _iso(case.ended_on),
    }


def history_rows(book: Casebook, id_: str) -> list[Row]:
    """Return every event of case *id_* in the order of the log, corrected ones as they were first recorded."""
    events = book.track(id_).events
    corrected: dict[int, int] = {c.get("of"): c.seq for c in live_corrections(events)}
    return [
        {
            "seq": e.seq,
            "kind": e.kind,
            "at": e.at,
            "recorded": e.recorded,
            "by": e.by,
            "case": e.case,
            "data": e.data,
            "corrected_by": corrected.get(e.seq),
        }
        for e in events
    ]


def without_characteristics(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield *rows*, those about a child's characteristics without their data, corrections of them too."""
    private: set[int] = set()
    for row in rows:
        data = row["data"] or {}
        if row["kind"] == "child" or data.get("of") in private:
            private.add(row["seq"])
            kept = {key: data[key] for key in ("of", "void") if key in data}
            row = {**row, "data": kept or None}
        yield row


# Staff


def staff_rows(book: Casebook, today: date) -> list[Row]:
    """Return everybody in the staff register as of *today*."""
    return [staff_row(book, id_, today) for id_ in book.register]


def staff_row(book: Casebook, id_: str, today: date) -> Row:
    """Return practitioner *id_* as of *today*. Raises UsageError for an unknown id."""
    if id_ not in book.register:
        hint = did_you_mean(id_, book.register) or " See 'cinctl staff list'."
        raise UsageError(f"'{id_}' is not in the staff register.{hint}")
    from cinctl.absences import away_fields

    person = book.register.as_of(id_, today)
    return {
        "staff": id_,
        "role": person.role,
        "unit": person.unit,
        "employer": person.employer,
        "qualified": person.qualified,
        "registered_until": _iso(person.registered_until),
        "in_post": person.in_post,
        "since": _iso(person.since),
        "training": sorted(person.training) if person.in_post else [],
        **away_fields(book, person, today),
    }


# What can be done next

_NOT_STEPS = frozenset({"refer", "import", "correct", "redact", "child"})


def next_rows(book: Casebook, id_: str, today: date) -> list[Row]:
    """Return for each step whether it would be refused today whatever it says, by which rules, and what it must say."""
    case, tracker = book.folded(id_)
    edition = book.rules.in_force(today) or book.rules.newest
    rows = []
    for kind in KINDS.values():
        if kind.subject == "case" and kind.name not in _NOT_STEPS:
            for full in kind.full_names():
                tries = []
                for named in _threads_to_name(case, kind, full):
                    event = Event(seq=book.length + 1, kind=full, case=id_, at=today.isoformat(), by=None, data=named)
                    tries.append(_next_row(edition, full, book.moment(event, case, tracker, edition=edition), named))
                rows.append(next((row for row in tries if not row["refused"]), tries[0]))
    return rows


def _threads_to_name(case: Case, kind: Kind, full: str) -> list[dict[str, int]]:
    """Return the ways in which a step may name what it belongs to: by default, else each thread there is."""
    ways: list[dict[str, int]] = [{}]
    root = THREAD_OF.get(full)
    if root is not None and full not in THREADS[root].opens and "of" in kind.fields:
        ways += [{"of": t.seq} for t in case.threads.get(root, ())]
    for field in kind.fields:
        if field in THREADS:
            ways += [{field: t.seq} for t in case.threads.get(field, ())]
    return ways


def _next_row(edition: Edition, full: str, moment: Moment, named: dict[str, int]) -> Row:
    rules, reasons = [], []
    wanted = [f"--{field} is {seq}" for field, seq in named.items()]
    for rule in edition.gates.get(full, ()):
        applies = rule.when.certainly(moment)
        held = rule.require.certainly(moment)
        if rule.gate.level != "deny" or applies is False or held is True:
            continue
        if applies and held is False:
            rules.append(rule.gate.id)
            reasons.append(_reason(rule, moment))
        else:
            wanted.append(_asked(rule, conditional=applies is None))
    return {
        "step": full,
        "refused": bool(rules),
        "rules": rules,
        "why": "; ".join(dict.fromkeys(reasons)),
        "satisfy": "; ".join(dict.fromkeys(wanted)),
    }


def _reason(rule: GateRule, moment: Moment) -> str:
    lines = [line for line in rule.require.lines if not line.own and not line.holds(moment)]
    told = ", ".join(dict.fromkeys(why(line, moment) for line in lines))
    return f"{rule.gate.say} ({told})" if rule.gate.say else told


def _asked(rule: GateRule, *, conditional: bool) -> str:
    asked = satisfy(rule.require)
    if not conditional:
        return asked
    return f"where {satisfy_lines(line for line in rule.when.lines if line.own)}: {asked}"


class Book(Casebook):
    """A casebook that answers questions as of one day."""

    def __init__(self, rules: RuleBook, until: date | None, due_soon: str, shelf: Shelf | None = None) -> None:
        super().__init__(rules, until, shelf)
        self._due_soon = Duration.parse(due_soon)

    def soon(self, today: date) -> date:
        """Return the last day of what is due soon on *today*."""
        return self._due_soon.after(today, self.rules.calendar)

    def case_row(self, id_: str) -> Row:
        """Return case *id_* as `list` and `show` print it. Raises UsageError for an unknown id."""
        kept = self._shelf.row(id_) if self._shelf is not None and not self.changed else None
        return dict(zip(CASE_COLUMNS, kept, strict=True)) if kept is not None else case_row(self, id_)

    def case_rows(self) -> Iterator[Row]:
        """Yield every case as `list` prints it, by id. No more than one is held at a time."""
        kept = self._shelf.rows() if self._shelf is not None and not self.changed else None
        if kept is not None:
            yield from (dict(zip(CASE_COLUMNS, row, strict=True)) for row in kept)
            return
        for id_ in self.case_ids():
            yield case_row(self, id_)
            self.let_go(id_)

    def due(self, today: date) -> list[DueRow]:
        """Return what runs on *today*, most overdue first, as plain rows."""
        owed, away = self._owed_on(today)
        return list(rows(owed, today, self.soon(today), away))

    def due_named(self, today: date) -> list[tuple[DueRow, Name]]:
        """Return the same, each with what names its obligation for good."""
        owed, away = self._owed_on(today)
        return list(named_rows(owed, today, self.soon(today), away))

    def _owed_on(self, today: date) -> tuple[Iterable[Plain], Away]:
        """Return all that runs, most overdue first, and who is away."""
        if self._shelf is not None and not self.changed:
            with self._shelf.at_once():
                kept, away = self._shelf.owed(), self._shelf.away_on(today)
            if kept is not None and away is not None:
                return kept, away
        return _owed(self, today), _away_on(self, today)

    def away_on(self, today: date) -> Away:
        """Return who is away on *today*."""
        kept = self._shelf.away_on(today) if self._shelf is not None and not self.changed else None
        return _away_on(self, today) if kept is None else kept

    def due_rows(self, today: date) -> list[Row]:
        """Return what runs on *today*, most overdue first."""
        return [dict(zip(COLUMNS, row, strict=True)) for row in self.due(today)]

    def history_rows(self, id_: str) -> list[Row]:
        """Return every event of case *id_*. Raises UsageError for an unknown id."""
        return history_rows(self, id_)

    def next_rows(self, id_: str, today: date) -> list[Row]:
        """Return what can be done to case *id_* today, and what would be refused. Raises UsageError."""
        return next_rows(self, id_, today)

    def caseload_rows(self, today: date, by: str = "lead", *, idle: bool = False) -> list[Row]:
        """Return how many open cases each practitioner leads, or *by* unit, and what is overdue on them.

        *idle*: also of those in post who lead none.
        """
        from cinctl.caseload import caseload_rows

        loads, owed, away = self._load_on(today)
        return caseload_rows(self, loads, rows(owed, today, self.soon(today), away), today, by, idle=idle)

    def _load_on(self, today: date) -> tuple[Iterable[Load], Iterable[Plain], Away]:
        """Return who leads each open case, all that runs, and who is away, as of one moment."""
        if self._shelf is not None and not self.changed:
            with self._shelf.at_once():
                loads, owed, away = self._shelf.loads(), self._shelf.owed(), self._shelf.away_on(today)
            if loads is not None and owed is not None and away is not None:
                return loads, owed, away
        folded = (self.folded(id_)[0] for id_ in self.case_ids())
        open_ = [Load(case.lead, case.unit, len(case.former_leads)) for case in folded if case.state in OPEN]
        return open_, _owed(self, today), _away_on(self, today)

    def staff_rows(self, today: date) -> list[Row]:
        """Return the staff register as of *today*."""
        return staff_rows(self, today)

    def staff_row(self, id_: str, today: date) -> Row:
        """Return practitioner *id_* as of *today*. Raises UsageError for an unknown id."""
        return staff_row(self, id_, today)
