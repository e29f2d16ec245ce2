"""`cinctl due`: what is due on which case, and whose it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._cases import cases_argument
from cinctl.errors import CalendarError, UsageError, did_you_mean
from cinctl.option_types import STAFF, Named
from cinctl.owed import CASE, CLAUSE, COLUMNS, COVERS, DUE, LEAD, OWNER, RULE, STATUS, UNIT, WHAT
from cinctl.render import FORMATS
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import emit, is_terminal, plural, tell

if TYPE_CHECKING:
    from cinctl.workspace import Book

__all__ = ["command"]

CALENDAR = "ics"
TABLE = ("case", "rule", "what", "owner", "due", "status", "lateness")


@command(
    "due",
    examples=(
        "cinctl due --overdue",
        "cinctl due --within 5wd --unit A",
        "cinctl due --overdue -f ids | cinctl show -",
        "cinctl due --overdue --exit-code > late.txt; test $? = 1 && echo overdue",
        "cinctl due --unit A -f ics > duty.ics",
        "cinctl due --unit A --watch",
        "cinctl due @morning",
    ),
    views=True,
)
@cases_argument(required=False)
@click.option("--overdue", is_flag=True, help="Only what is overdue.")
@click.option("--within", metavar="5d|5wd|2w", help="Only what falls due within this time, or is overdue.")
@click.option("--lead", type=STAFF, metavar="STAFF", help="Only cases that this practitioner leads.")
@click.option("--unit", type=Named("unit"), metavar="UNIT", help="Only cases of this unit.")
@click.option("--rule", type=Named("clock"), metavar="ID", help="Only obligations under this rule or clause.")
@click.option(
    "--owner",
    type=Named("owner"),
    metavar="STAFF|ROLE",
    help="Only what this person, or this role, owes, or another for them.",
)
@click.option("--mine", is_flag=True, help="Only what CINCTL_ACTOR owes, or another for them.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when something in the answer is overdue.")
@click.option("--watch", is_flag=True, help="Draw the table again whenever something changes; q or Ctrl-C ends it.")
@answers(COLUMNS, TABLE, forms=(*FORMATS, CALENDAR), in_words=("lateness",))
@pass_session
def list_due(
    session: Session, /, view: View, cases: Sequence[str] | None, exit_code: bool, watch: bool, **wanted: Any
) -> None:
    """List what is due, most overdue first.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin; without any, all cases. @NAME takes the
    options of [views.NAME] in the config, where the command line does not say otherwise. A table says in words how
    late: its column lateness, which rows for programs have in numbers.

    While somebody is away, who covers owns what they owe and is due by their return, overdue or without a limit.

    ics is a calendar to subscribe to: an all-day entry on each due date, with the case, the rule and its words.
    """
    if watch:
        from cinctl.commands._watching import watch_rows

        if exit_code:
            raise UsageError("--exit-code is about one answer, and --watch gives one after another")

        def find(later: Session, note: Callable[[str], None]) -> Sequence[Plain]:
            rows = _rows(later, view, cases, _tests(later, **wanted), wanted, note)
            for line in _uncovered(later, rows):
                note(line)
            return rows

        watch_rows(session, view, find)
        return
    if view.form == CALENDAR:
        _check_plain(view)
    tests = list(_tests(session, **wanted))
    if cases is None and not tests and view.is_plain_json:
        told = session.workspace.due_lines()
        if told is not None:
            (lines, overdue), notices = told
            _show_lines(view, lines, overdue, notices, exit_code=exit_code)
            return
    rows = _rows(session, view, cases, tests, wanted, tell)
    if view.form == CALENDAR:
        _show_calendar(session, rows)
    elif view.for_people:
        _show_table(view, rows)
    else:
        view.show_plain(rows)
    if exit_code and any(row[STATUS] == "overdue" for row in rows):
        click.get_current_context().exit(1)


command = list_due


def _show_table(view: View, rows: Sequence[Plain]) -> None:
    """Print *rows* for people; on a terminal, and beside it on stderr, how much there is."""
    from cinctl.commands._due_table import summary, table_lines, worded

    if any(row[COVERS] is not None for row in rows):
        view.table = (*view.table, "covers")
    if view.form == "markdown":
        view.show(worded(rows))
        return
    lines = table_lines(view, rows, view.width, view.colour)
    if lines:
        emit("\n".join(lines) + "\n")
    else:
        tell("Nothing is due.")
    if lines and view.width is not None and is_terminal(sys.stderr):
        tell(summary(rows))
        for line in _uncovered(view.session, rows):
            tell(line)


def _show_lines(view: View, lines: Sequence[str], overdue: bool, notices: Sequence[str], *, exit_code: bool) -> None:
    for notice in notices:
        tell(notice)
    view.show_lines(lines)
    if exit_code and overdue:
        click.get_current_context().exit(1)


def _rows(
    session: Session,
    view: View,
    cases: Sequence[str] | None,
    tests: Iterable[Test],
    wanted: dict[str, Any],
    note: Callable[[str], None],
) -> Sequence[Plain]:
    """Return the rows that pass all *tests*; *note* is told what the reader should know of the log."""
    rows, notices = _found(session, view)
    for notice in notices:
        note(notice)
    if cases is not None:
        _check_cases(session, cases, rows)
        tests = (*tests, _among(CASE, cases))
    _check_names(session, rows, wanted)
    for test in tests:
        rows = [row for row in rows if test(row)]
    return rows


def _uncovered(session: Session, rows: Sequence[Plain]) -> Iterable[str]:
    """Yield a line for each who is away and owns some of *rows* all the same, since nobody covers."""
    from cinctl.calendar import weekday_date
    from cinctl.owed import NO_LIMIT

    away = session.workspace.away()
    on_cases = [row for row in rows if row[CASE] is not None]
    for person in dict.fromkeys(row[OWNER] for row in on_cases if row[OWNER] in away):
        theirs = [row for row in on_cases if row[OWNER] == person and (row[DUE] or "") <= away[person].last]
        if theirs:
            owned = f"{len(theirs)} {plural(len(theirs), 'obligation')}"
            last = away[person].last
            until = "" if last == NO_LIMIT else f" until {weekday_date(date.fromisoformat(last))}"
            yield f"{person} is away{until}, and nobody who is there covers: {owned} (cinctl staff show {person})"


def _found(session: Session, view: View) -> tuple[Sequence[Plain], list[str]]:
    """Return what is due, and what to say of the log; for a calendar each row ends with what names its obligation."""
    if view.form != CALENDAR:
        return session.workspace.due()
    named, notices = session.workspace.due_named()
    return [(*row, name) for row, name in named], notices


def _check_plain(view: View) -> None:
    if view.columns or view.sort:
        raise UsageError(f"--columns and --sort mean nothing to {CALENDAR}")


def _show_calendar(session: Session, rows: Sequence[Plain]) -> None:
    """Print *rows* as a calendar. What has no due date, or one that would tell a birthday, is counted on stderr."""
    from datetime import UTC, datetime, time

    from cinctl.clocks import fingerprint
    from cinctl.discretion import vital_rules
    from cinctl.formats.icalendar import Deadline, calendar

    dated = [row for row in rows if row[DUE] is not None]
    if len(dated) < len(rows):
        left = len(rows) - len(dated)
        tell(f"{left} {plural(left, 'obligation')} without a due date left out")
    by_life = vital_rules(session.workspace.rules)
    shown = [row for row in dated if row[RULE] not in by_life]
    if len(shown) < len(dated):
        left = len(dated) - len(shown)
        tell(f"{left} {plural(left, 'obligation')} left out whose due date would tell a day of birth or death")
    settings = session.settings
    stamp = datetime.combine(settings.today, time(), UTC) if settings.today else settings.now.astimezone(UTC)
    deadlines = (
        Deadline(
            uid=f"{fingerprint(*row[-1])}@cinctl",
            due=date.fromisoformat(row[DUE]),
            reference=row[CASE] or row[OWNER] or "",
            rule=row[RULE],
            what=row[WHAT],
        )
        for row in shown
    )
    for piece in calendar(deadlines, f"Deadlines ({session.workspace.protocol.id})", stamp):
        emit(piece)


Plain = tuple[Any, ...]
Test = Callable[[Plain], bool]


def _tests(
    session: Session,
    overdue: bool,
    within: str | None,
    lead: str | None,
    unit: str | None,
    rule: str | None,
    owner: str | None,
    mine: bool,
) -> Iterable[Test]:
    """Yield one test for each option that narrows the answer."""
    if overdue:
        yield lambda row: row[STATUS] == "overdue"
    if within is not None:
        yield _by(_horizon(session, within))
    if lead is not None:
        yield lambda row: row[LEAD] == lead
    if unit is not None:
        yield lambda row: row[UNIT] == unit
    if rule is not None:
        _check_rule(session, rule)
        yield lambda row: rule in (row[RULE], row[CLAUSE])
    if owner is not None:
        yield _owed_by(owner)
    if mine:
        me = _me(session)
        yield lambda row: me in (row[OWNER], row[COVERS])


def _by(last: date) -> Test:
    day = last.isoformat()
    return lambda row: row[DUE] is not None and str(row[DUE]) <= day


def _among(column: int, values: Sequence[str]) -> Test:
    allowed = frozenset(values)
    return lambda row: row[column] in allowed


def _owed_by(owner: str) -> Test:
    """Return a test for what a person owes, or a role: that one is printed with the unit of the case.

    What another owns while a person is away is found by the name of either.
    """
    role = _role(owner)
    names = (owner, role)
    return lambda row: row[OWNER] in names or row[COVERS] in names or str(row[OWNER]).startswith(f"{role}, unit ")


def _role(owner: str) -> str:
    return owner.removeprefix("@").replace("-", "_")


def _me(session: Session) -> str:
    actor: str | None = session.settings.actor
    if not actor:
        raise UsageError("--mine needs to know who you are: set CINCTL_ACTOR, or actor in the config")
    return actor


def _horizon(session: Session, within: str) -> date:
    from cinctl.calendar import Duration

    try:
        span = Duration.parse_short(within)
    except ValueError as fault:
        raise UsageError(f"--within: {fault}") from None
    try:
        return span.after(session.workspace.today, session.workspace.rules.calendar)
    except CalendarError as fault:
        if span.in_working_days:
            raise
        raise UsageError(f"--within: {fault}") from None


def _check_cases(session: Session, cases: Sequence[str], rows: Sequence[Plain]) -> None:
    """Raise UsageError for a case that is not there; one that owes something is."""
    owing = {row[CASE] for row in rows}
    if not owing.issuperset(cases):
        book = session.book(quiet=True)
        for case in cases:
            book.require_case(case)


def _check_names(session: Session, rows: Sequence[Plain], wanted: dict[str, Any]) -> None:
    """Raise UsageError for a practitioner, role or unit that nobody knows; what some row names is known."""
    lead, owner, unit = wanted["lead"], wanted["owner"], wanted["unit"]
    if lead is not None and not any(row[LEAD] == lead for row in rows):
        _check_known("--lead", lead, session.book(quiet=True).register, "in the staff register")
    if owner is not None and not any(map(_owed_by(owner), rows)):
        offices = set(_offices(session))
        known = [owner] if _role(owner) in offices else [*session.book(quiet=True).register, *offices]
        _check_known("--owner", owner, known, "a practitioner, a role or a set of roles")
    if unit is not None and not any(row[UNIT] == unit for row in rows):
        _check_known("--unit", unit, _units(session, session.book(quiet=True)), "the unit of any case or practitioner")


def _check_known(option: str, name: str, known: Iterable[str], what: str) -> None:
    known = sorted(set(known))
    if name not in known:
        raise UsageError(f"{option}: '{name}' is not {what}.{did_you_mean(name, known)}")


def _offices(session: Session) -> Iterable[str]:
    """Yield what may owe something and is no practitioner's id: roles, sets of them, and a case's own people."""
    for edition in session.workspace.rules.editions:
        protocol = edition.protocol
        yield from protocol.roles
        yield from protocol.sets
        yield from (clock.owner.removeprefix("@") for clock in protocol.clocks.values() if clock.owner)
    yield from ("lead", "supervisor", "manager", "service")


def _units(session: Session, book: Book) -> Iterable[str]:
    cases = (book.folded(case)[0].unit for case in book.case_ids())
    staff = (book.register.as_of(person, session.workspace.today).unit for person in book.register)
    return (unit for unit in (*cases, *staff) if unit is not None)


def _check_rule(session: Session, rule: str) -> None:
    protocol = session.workspace.protocol
    known = [*protocol.clocks, *(clause for clock in protocol.clocks.values() for clause in clock.clauses)]
    if rule not in known:
        raise UsageError(f"--rule: no clock of {protocol.id} is called '{rule}'.{did_you_mean(rule, known)}")
