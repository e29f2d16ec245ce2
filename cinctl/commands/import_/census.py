"""`cinctl import census`: history from a Children in Need census return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from cinctl.commands._answer import View, answers
from cinctl.commands.import_._bringing import (
    AFTER,
    COLUMNS,
    digest,
    event_sums,
    problem_row,
    seekable,
    size_of,
    store_book,
    tell_after,
    tell_conflicts,
)
from cinctl.option_types import PATH
from cinctl.progress import progress
from cinctl.session import Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.formats.census import Problem, Totals
    from cinctl.history import Draft
    from cinctl.workspace import Book, ImportOutcome

__all__ = ["COLUMNS", "command"]


class _Read:
    """One return, open to be read from start to end as often as need be.

    *problems* and *totals* are those of the last reading, *events* how many events there were in it.
    """

    def __init__(self, file: str, stream: BinaryIO, *, characteristics: bool = False) -> None:
        self.name = file
        self._characteristics = characteristics
        self._stream = stream
        self.problems: list[Problem] = []
        self.totals: Totals
        self.events = 0
        self.year: int | None = None
        self.title = ""

    def steps(self) -> Iterator[tuple[Draft, Mapping[str, str]]]:
        """Yield every step of the return with what it refers to."""
        from cinctl.formats.census import Problem, read

        self._stream.seek(0)
        content = read(self._stream, name=self.name, characteristics=self._characteristics)
        self.problems, self.totals, self.events = [], content.totals, 0
        self.year, self.title = content.header.year, content.header.title
        with progress(size_of(self._stream), f"reading {self.name}") as reach:
            for item in content:
                reach(self._stream.tell())
                if isinstance(item, Problem):
                    self.problems.append(item)
                    continue
                for place, draft in enumerate(item.drafts):
                    self.events += 1
                    yield draft, item.refs.get(place, {})

    def about(self, events: int) -> dict[str, Any]:
        """Return what the `import` event is to say of the return, which comes to so many *events*."""
        from cinctl.formats.census import CHARACTERISTICS, SPEAKS

        speaks = SPEAKS | CHARACTERISTICS if self._characteristics else SPEAKS
        return {
            "source": self.title,
            "digest": digest(self._stream),
            "speaks": {kind: sorted(fields) for kind, fields in speaks.items()},
            **_period(self.year),
            "counts": {"children": self.totals.children, "events": events, "unreadable": self.totals.problems},
        }


@made(
    "census",
    examples=(
        "cinctl import census return-2026.xml",
        "cinctl import census return-2025.xml return-2026.xml -f csv > problems.csv",
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.option("--dry-run", is_flag=True, help="Read it, say what is in it, write nothing.")
@click.option("--characteristics", is_flag=True, help="Bring in sex, ethnicity, disability, UPN, date of death too.")
@answers(COLUMNS)
@pass_session
def import_census(session: Session, view: View, files: Sequence[str], dry_run: bool, characteristics: bool) -> None:
    """Bring in Children in Need census returns (XML).

    History is recorded as it is, never refused; `audit` shows what is wrong with it. What cannot be read is listed by
    line on stderr, or as the answer where --format is given. Importing again adds only what is new.
    """
    with ExitStack() as opened:
        returns = [_Read(file, opened.enter_context(seekable(file)), characteristics=characteristics) for file in files]
        for found in returns:
            # What is unfit as a whole is found before anything is recorded.
            for _ in found.steps():
                pass
        rows: list[dict[str, Any]] = []
        recorded = 0
        for found in returns:
            problems, events = _bring_in(session, found, dry_run=dry_run, listed=view.form is None)
            rows += problems
            recorded += events
    if view.form is not None:
        view.show(rows)
    tell_after(session, view, recorded, *AFTER)


command = import_census


def _bring_in(session: Session, found: _Read, *, dry_run: bool, listed: bool) -> tuple[list[dict[str, Any]], int]:
    """Record what *found* holds and say what came of it. Returns a row for each problem, and how many events came."""
    book = store_book(session, dry_run)
    more, clashes = _compare(found, book)
    outcome = None
    if not dry_run:
        about = found.about(found.events + len(more))
        outcome = session.workspace.bring_in(about, chain(found.steps(), ((draft, {}) for draft in more)))
    found.problems += clashes
    _tell_sums(found, outcome, found.events + len(more), listed=listed)
    session.tell_notices()
    tell_conflicts(found, outcome)
    problems = [{"file": found.name, **problem_row(problem)} for problem in found.problems]
    return problems, outcome.events if outcome is not None else 0


def _period(year: int | None) -> dict[str, str]:
    """Return the period that the return of *year* tells of: the year to 31 March (census guide)."""
    return {} if year is None else {"covers_from": f"{year - 1}-04-01", "covers_until": f"{year}-03-31"}


def _compare(found: _Read, book: Book | None) -> tuple[list[Draft], list[Problem]]:
    """Hold *found* against what was recorded before.

    Returns the dates of birth and disabilities that it adds, and as problems what it says otherwise.
    """
    from cinctl.formats.census import Problem, conflict, disability, follow_up

    more: list[Draft] = []
    clashes: list[Problem] = []
    case: str | None = None
    for draft, _ in found.steps() if book is not None else ():
        if book is not None and draft.case != case:
            # They come case by case, and memory need hold no more than one.
            book.let_go(case or "")
            case = draft.case
        before = book.under_key(draft.key) if book is not None and draft.key else None
        if book is None or before is None:  # new, or voided since: whoever did so knew better than the return
            continue
        known = {"at": before.at, "data": before.data}
        added = [step for step in (follow_up(known, draft), disability(known, draft)) if step is not None]
        more += added
        for step, told in ((draft, before), *((step, book.under_key(step.key or "")) for step in added)):
            clash = conflict({"at": told.at, "data": told.data}, step) if told is not None else None
            if clash is not None:
                clashes.append(Problem(line=step.line or 0, where=f"{step.case}, {step.kind}", what=clash))
    return more, clashes


def _tell_sums(found: _Read, outcome: ImportOutcome | None, events: int, *, listed: bool) -> None:
    if listed:
        for problem in found.problems:
            tell(f"{found.name}: {problem}")
    children = found.totals.children
    tell(f"{found.name}: {found.title}: {children:,} {plural(children, 'child', 'children')}")
    for line in found.totals.lines():
        tell(f"  {line}")
    tell(f"  {event_sums(events, outcome)}")
