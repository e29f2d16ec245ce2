"""A page about one case for people: who, where it stands, what runs, what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from shlex import quote
from typing import Any, NamedTuple

from cinctl.calendar import weekday_date
from cinctl.case import Case
from cinctl.grid import ALARM, BOLD, CAREFUL, FAINT, Column, card_lines, fitted_lines, painted
from cinctl.happenings import Happening, happenings
from cinctl.lateness import in_words
from cinctl.owed import COLUMNS, Away, Owed, owned_by, rows, unmarked
from cinctl.queries import Book
from cinctl.standing import owed_on
from cinctl.tables import day
from cinctl.terminal import plural, visible
from cinctl.textwidth import fold, width_of

__all__ = ["Page", "page", "page_lines"]

_RECENT = 12
_INDENT = "  "
_LOOKS = {"overdue": ALARM, "due_soon": CAREFUL}


class Running(NamedTuple):
    """One obligation that runs, from its row of `due`; *waived_until* where a waiver keeps it from there today."""

    due: str | None
    status: str
    lateness: str
    rule: str
    what: str
    owner: str
    waived_until: date | None


class Waived(NamedTuple):
    """A waiver in force: of which rule, until which day, approved by whom."""

    rule: str
    until: date
    approved_by: str | None


class Page(NamedTuple):
    """One case as of a day. *facts* is its row of `show`; *since* is when its state began, *led_since* its lead."""

    facts: dict[str, Any]
    since: date | None
    led_since: date | None
    running: list[Running]
    waived: list[Waived]
    happened: list[Happening]


def page(book: Book, id_: str, today: date) -> Page:
    """Gather what is to be told of case *id_* on *today*. Raises UsageError for an unknown id."""
    case, _ = book.folded(id_)
    owed = sorted(owed_on(book, id_), key=lambda one: one.urgency())
    running = [made for one in owed for made in _running(one, today, book.soon(today), book.away_on(today))]
    waived = list(_waived(book, id_, today))
    return Page(book.case_row(id_), _since(book, id_), case.lead_since, running, waived, happenings(book, id_))


def _running(one: Owed, today: date, soon: date, away: Away) -> Iterator[Running]:
    until = date.fromisoformat(one.hidden) if one.hidden else None
    for values in rows((one._replace(hidden=None),), today, soon, away):
        row: dict[str, Any] = dict(zip(COLUMNS, values, strict=True))
        waived = until if until is not None and today <= until else None
        late = in_words(row["status"], row["late_days"], row["late"], row["late_unit"])
        lateness = late if waived is None else f"waived until {weekday_date(waived)}"
        what = unmarked(row["what"])
        yield Running(
            row["due"], row["status"], lateness, row["rule"], what, owned_by(row["owner"], row["covers"]), waived
        )


def _waived(book: Book, id_: str, today: date) -> Iterator[Waived]:
    for event in book.effective(book.track(id_).events):
        if event.base == "waive" and event.get("until") and event.get("rule"):
            until = date.fromisoformat(event.get("until"))
            if today <= until:
                yield Waived(event.get("rule"), until, event.get("approved_by"))


def _since(book: Book, id_: str) -> date | None:
    """Return the day on which the case came into the state that it is in."""
    case, since = Case(id_), None
    for event in book.effective(book.track(id_).events):
        before = case.state
        case.advance(event, book.register)
        if case.state != before:
            since = event.on
    return since


def page_lines(told: Page, width: int, colour: bool) -> list[str]:
    """Return the page as lines of at most *width* columns."""
    facts = told.facts
    id_ = visible(facts["case"])
    return [
        *_title(told, width, colour),
        "",
        *card_lines([(head, text, None) for head, text in _who(told) if text], width, colour),
        "",
        *_runs(told.running, width, colour),
        "",
        *_waivers(told.waived, width, colour),
        *_what_happened(told.happened, id_, width, colour),
    ]


def _title(told: Page, width: int, colour: bool) -> list[str]:
    id_, state = visible(told.facts["case"]), (told.facts["state"] or "").replace("_", " ")
    stands = f"{state} since {weekday_date(told.since)}" if told.since is not None else state
    if width_of(id_) + len(_INDENT) + width_of(stands) <= width:
        return [_heading(id_, colour) + _INDENT + stands]
    return [*(_heading(line, colour) for line in fold(id_, width)), *fold(stands, width)]


def _who(told: Page) -> Iterator[tuple[str, str]]:
    facts = {name: visible(value) if isinstance(value, str) else None for name, value in told.facts.items()}
    family = f"family {facts['family']}" if facts["family"] else None
    yield "child", _listed(facts["child"], family)
    yield "born", day(facts["born"] or "")
    yield "expected", day(facts["expected"] or "")
    yield "need", facts["need"] or ""
    yield "tier", (facts["tier"] or "").replace("_", " ")
    role = (facts["lead_role"] or "").replace("_", " ")
    since = f"since {weekday_date(told.led_since)}" if told.led_since is not None else None
    yield "lead", _listed(facts["lead"], role, since) if facts["lead"] else "nobody"
    yield "supervisor", facts["supervisor"] or ""
    yield "unit", facts["unit"] or ""
    yield "referred", day(facts["referred"] or "")
    yield "ended", day(facts["closed"] or "")


def _listed(*parts: str | None) -> str:
    return ", ".join(filter(None, parts))


def _heading(text: str, colour: bool) -> str:
    return painted(text, BOLD if colour else None)


def _headings(text: str, width: int, colour: bool) -> list[str]:
    return [_heading(line, colour) for line in fold(text, width)]


def _indented(lines: Sequence[str]) -> list[str]:
    return [(_INDENT + line).rstrip() for line in lines]


def _runs(running: Sequence[Running], width: int, colour: bool) -> list[str]:
    if not running:
        return [_heading("Nothing runs.", colour)]
    overdue = sum(one.status == "overdue" and one.waived_until is None for one in running)
    heading = f"What runs: {len(running)}, {overdue} of them overdue" if overdue else f"What runs: {len(running)}"
    looks = [FAINT if one.waived_until is not None else _LOOKS.get(one.status) for one in running]
    due, lateness = [day(one.due or "") for one in running], [one.lateness for one in running]
    both = ["\n".join(filter(None, pair)) for pair in zip(due, lateness, strict=True)]
    what = [f"{visible(one.what)} ({visible(one.rule)})" for one in running]
    owner = [visible(one.owner) for one in running]
    when = Column("due", both, whole=True, styles=looks)
    arrangements = [
        [
            Column("due", due, whole=True, styles=looks),
            Column("lateness", lateness, 12, styles=looks),
            Column("what", what, 24),
            Column("owner", owner),
        ],
        [when, Column("what", what, 20), Column("owner", owner)],
        [when, Column("what", [", ".join(filter(None, pair)) for pair in zip(what, owner, strict=True)])],
    ]
    lines = fitted_lines(arrangements, width - len(_INDENT), colour, heads=False)
    return [*_headings(heading, width, colour), *_indented(lines)]


def _waivers(waived: Sequence[Waived], width: int, colour: bool) -> list[str]:
    if not waived:
        return []
    lines = []
    for one in waived:
        by = f", approved by {visible(one.approved_by)}" if one.approved_by else ""
        lines += fold(f"{visible(one.rule)} until {weekday_date(one.until)}{by}", width - len(_INDENT))
    return [_heading("What is waived", colour), *_indented(lines), ""]


def _what_happened(happened: Sequence[Happening], id_: str, width: int, colour: bool) -> list[str]:
    count = len(happened)
    heading = f"What happened: {count} {plural(count, 'event')}" + (", the latest first" if count > 1 else "")
    recent = list(reversed(happened))[:_RECENT]
    looks = [FAINT if one.void else None for one in recent]
    columns = [
        Column("on", [weekday_date(one.on) for one in recent], whole=True, styles=looks),
        Column("what", [visible(_told(one)) for one in recent], 16, styles=looks),
        Column("by", [visible(one.by or "") for one in recent], styles=looks),
        Column("seq", [f"#{one.seq}" for one in recent], styles=looks),
    ]
    lines = fitted_lines([columns, columns[:3], columns[:2]], width - len(_INDENT), colour, heads=False)
    if count > len(recent):
        lines += fold(f"… {count - len(recent)} more: cinctl history {quote(id_)}", width - len(_INDENT))
    return [*_headings(heading, width, colour), *_indented(lines)]


def _told(one: Happening) -> str:
    what = f"{one.what} ({one.details})" if one.details else one.what
    if one.corrected_by is None:
        return what
    return f"{what} [{'voided' if one.void else 'corrected'} by {one.corrected_by}]"
