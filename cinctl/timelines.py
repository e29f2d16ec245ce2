"""A case over time: what happened to it, and every clock that ran on it, as rows and as the lanes of a chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from cinctl.calendar import weekday_date
from cinctl.drawing import Lane, Span
from cinctl.happenings import happenings, sort_in_words
from cinctl.lateness import in_words
from cinctl.obligations import NOT_JUDGED, Duty, duties_of
from cinctl.owed import COLUMNS as DUE_COLUMNS
from cinctl.owed import Owed, rows, unmarked
from cinctl.queries import Book
from cinctl.terminal import visible

__all__ = ["COLUMNS", "days_of", "lanes", "timeline_rows", "within"]

COLUMNS = (
    "case", "kind", "seq", "what", "rule", "clause", "who", "start", "due", "finished", "status", "late_days", "late",
    "late_unit", "waived_until",
)  # fmt: skip
EVENT, CLOCK = "event", "clock"
WAIVED = "waived"
LATE = "late"
RUNNING = ("pending", "due_soon", "overdue", "outstanding")

Row = dict[str, Any]


def timeline_rows(book: Book, id_: str, today: date, kept_back: Iterable[str]) -> tuple[list[Row], int]:
    """Return the events and clocks of case *id_*, by the day on which each began; and how many clocks are left out.

    Those are of the rules *kept_back*, whose dates would tell what is not told. What the record cannot speak of is
    absent, as it is from `due`. Raises UsageError for an unknown id.
    """
    hidden = frozenset(kept_back)
    soon = book.soon(today)
    duties = [duty for duty in duties_of(book, id_, today, soon) if duty.status != NOT_JUDGED]
    shown = [duty for duty in duties if duty.label.rule not in hidden]
    told = [_event_row(id_, one.seq, one.kind, one.on, one.by) for one in happenings(book, id_) if not one.void]
    told += [_clock_row(duty, today, soon) for duty in shown]
    told.sort(key=lambda row: (row["start"], row["kind"] == CLOCK, row["seq"] or 0, row["rule"] or ""))
    return told, len(duties) - len(shown)


def _event_row(id_: str, seq: int, kind: str, on: date, by: str | None) -> Row:
    row: Row = dict.fromkeys(COLUMNS)
    return row | {"case": id_, "kind": EVENT, "seq": seq, "what": kind, "who": by, "start": on.isoformat()}


def _clock_row(duty: Duty, today: date, soon: date) -> Row:
    row: Row = {
        "case": duty.case,
        "kind": CLOCK,
        "seq": duty.begun,
        "what": duty.label.what,
        "rule": duty.label.rule,
        "clause": duty.label.clause,
        "who": duty.owner or duty.owner_role,
        "start": duty.start.isoformat(),
        "due": _iso(duty.due),
        "finished": _iso(duty.finished),
        "status": duty.status,
        "late_days": duty.late_days,
        "late": None,
        "late_unit": None,
        "waived_until": _iso(duty.waived_until),
    }
    if duty.status in RUNNING:
        owed = Owed(duty.case, duty.label, None, None, None, None, row["due"])
        as_due = dict(zip(DUE_COLUMNS, next(rows((owed,), today, soon)), strict=True))
        row |= {name: as_due[name] for name in ("late_days", "late", "late_unit")}
    return row


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def within(told: Iterable[Row], since: date | None, until: date | None, today: date) -> list[Row]:
    """Return the rows of *told* that fall, at least in part, into the days from *since* until *until*."""
    first, last = (since or date.min).isoformat(), (until or date.max).isoformat()
    return [row for row in told if row["start"] <= last and _end(row, today) >= first]


def _end(row: Row, today: date) -> str:
    """Return the last day that belongs to *row*: of a running clock today, or its due date where that is later."""
    if row["kind"] == EVENT:
        return str(row["start"])
    return str(row["finished"] or max(row["due"] or "", today.isoformat()))


def days_of(told: Iterable[Row], since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """Return the first and the last day of a chart of *told*: those asked for, else from the first thing on.

    Unless told, it ends a while after today: a third again of the time gone by, and four weeks at least, or when all
    is done where that is before.
    """
    found = list(told)
    first = since or date.fromisoformat(min((row["start"] for row in found), default=(until or today).isoformat()))
    if until is not None:
        return first, max(first, until)
    last = date.fromisoformat(max((_end(row, today) for row in found), default=today.isoformat()))
    ahead = today + timedelta(max(28, (today - first).days // 3))
    return first, max(first, min(last, ahead), today)


# Lanes


def lanes(told: Sequence[Row], today: date) -> tuple[list[Lane], list[Lane]]:
    """Return the lanes of events, one for each sort of event, and those of clocks, one for each rule.

    Two clocks of one rule that ran at the same time have a lane each. Lanes stand in the order in which they begin.
    """
    events: dict[str, list[Row]] = {}
    clocks: dict[str, list[list[Row]]] = {}
    for row in told:
        if row["kind"] == EVENT:
            events.setdefault(row["what"].partition(".")[0], []).append(row)
        else:
            _place(row, clocks.setdefault(row["rule"], []))
    return (
        [_event_lane(base, found) for base, found in events.items()],
        [_clock_lane(found, today) for several in clocks.values() for found in several],
    )


def _place(row: Row, several: list[list[Row]]) -> None:
    """Put *row* into the first of *several* lanes of its rule that is free by then."""
    for lane in several:
        if lane[-1]["finished"] is not None and lane[-1]["finished"] <= row["start"]:
            lane.append(row)
            return
    several.append([row])


def _event_lane(base: str, found: Sequence[Row]) -> Lane:
    days = [date.fromisoformat(row["start"]) for row in found]
    return Lane(sort_in_words(base), weekday_date(days[-1]), "", None, days, [])


def _clock_lane(found: Sequence[Row], today: date) -> Lane:
    spans = [
        Span(
            date.fromisoformat(row["start"]),
            _day(row["due"]),
            _day(row["finished"]),
            WAIVED if _is_waived(row, today) else row["status"],
        )
        for row in found
    ]
    # what still runs says more than what ended since
    last = next((row for row in reversed(found) if row["status"] in RUNNING), found[-1])
    label = f"{visible(last['rule'])} {visible(unmarked(last['what']))}"
    long, short = _standing(last, today)
    return Lane(label, long, short, None if short == WAIVED else last["status"], [], spans)


def _is_waived(row: Row, today: date) -> bool:
    """Return whether a waiver covers the clock: while it runs it is not in `due` today, done late it is no finding."""
    until, day = row["waived_until"], row["finished"] or today.isoformat()
    return row["status"] in (*RUNNING, LATE) and until is not None and bool(day <= until)


def _standing(row: Row, today: date) -> tuple[str, str]:
    """Return how a clock stands, in words and in a word."""
    status = row["status"]
    if status in RUNNING:
        if _is_waived(row, today):
            return f"waived until {weekday_date(date.fromisoformat(row['waived_until']))}", WAIVED
        told = in_words(status, row["late_days"], row["late"], row["late_unit"])
        return told, {"overdue": "overdue", "outstanding": "no date"}.get(status, "runs")
    day = weekday_date(date.fromisoformat(row["finished"]))
    if status == LATE:
        days = row["late_days"]
        told = f"done {days} {'day' if days == 1 else 'days'} late" if days else f"not done by {day}"
        return (f"{told}, waived", WAIVED) if _is_waived(row, today) else (told, LATE)
    return f"{status} {day}", status
