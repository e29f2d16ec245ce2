"""`cinctl import annex-a`: history from the lists of an inspection."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._answer import View, answers
from cinctl.commands.import_._bringing import (
    AFTER,
    COLUMNS,
    digest,
    event_sums,
    problem_row,
    seekable,
    store_book,
    tell_after,
)
from cinctl.option_types import DATE, PATH
from cinctl.progress import Reach, progress
from cinctl.session import Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.formats.annex_a_cases import Episode
    from cinctl.formats.annex_a_reading import Reading
    from cinctl.formats.census_ledger import Problem
    from cinctl.history import Draft
    from cinctl.workspace import Book, ImportOutcome

__all__ = ["command"]

_Step = tuple["Draft", Mapping[str, str]]
_Told = list[tuple[str, "Problem"]]


@made(
    "annex-a",
    examples=(
        "cinctl import annex-a annex-a.xlsx --dry-run",
        "cinctl import annex-a list-3.csv list-4.csv list-6.csv --made-on 2026-03-31",
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.option("--made-on", type=DATE, metavar="DATE", help="When the lists were made; today unless told.")
@click.option("--characteristics", is_flag=True, help="Record gender, ethnicity and disability too.")
@click.option("--dry-run", is_flag=True, help="Read it, say what is in it, write nothing.")
@answers(COLUMNS)
@pass_session
def import_annex_a(
    session: Session, view: View, files: Sequence[str], made_on: date | None, characteristics: bool, dry_run: bool
) -> None:
    """Bring in the lists of Ofsted's ILACS Annex A: a workbook, or CSV files, which are read as one set; - reads stdin.

    History is recorded as it is, never refused; `audit` shows what is wrong with it. What cannot be read is listed by
    list, row and column on stderr, or as the answer where --format is given. Importing again adds only what is new.
    """
    reading, sum_ = _read(files, characteristics)
    episodes, told = _episodes(reading)
    book = store_book(session, dry_run)
    more, clashes = _compare(episodes, book)
    told += clashes
    events = sum(len(episode.steps) for episode in episodes) + len(more)
    outcome = None
    if not dry_run:
        about = _about(reading, made_on or session.settings.day, characteristics)
        outcome = _bring_in(session, {**about, "digest": sum_}, episodes, more)
    if view.form is None:
        for file, problem in told:
            tell(f"{file}: {problem}")
    _tell_sums(reading, outcome, events)
    session.tell_notices()
    for case in outcome.conflicts if outcome is not None else ():
        tell(f"case {case} was opened by somebody else; nothing was added to it")
    if view.form is not None:
        view.show([{"file": file, **problem_row(problem)} for file, problem in told])
    tell_after(session, view, outcome.events if outcome is not None else 0, *AFTER)


command = import_annex_a


def _read(files: Sequence[str], characteristics: bool) -> tuple[Reading, str]:
    """Return what is in *files*, and one digest of them all."""
    from cinctl.formats.annex_a_reading import Reading

    reading = Reading(characteristics=characteristics)
    sums = []
    for file in files:
        with seekable(file) as stream:
            sums.append(digest(stream))
            stream.seek(0)
            reading.read(stream, name=file)
    return reading, sums[0] if len(sums) == 1 else hashlib.sha256("\n".join(sums).encode()).hexdigest()


def _episodes(reading: Reading) -> tuple[list[Episode], _Told]:
    from cinctl.formats.annex_a_cases import episodes

    found = list(episodes(reading))
    return found, sorted(reading.problems, key=lambda told: (told[0], told[1].where.partition(",")[0], told[1].line))


def _about(reading: Reading, made_on: date, characteristics: bool) -> dict[str, Any]:
    """Return what the `import` event is to say of the lists."""
    from cinctl.formats.annex_a_cases import speaks
    from cinctl.formats.annex_a_rows import Period

    period = Period.up_to(made_on)
    return {
        "source": reading.title,
        "digest": "",
        "speaks": speaks(characteristics),
        "covers_from": period.since.isoformat(),
        "covers_until": period.until.isoformat(),
        "counts": {"children": reading.totals.children, "events": 0, "unreadable": reading.totals.problems},
    }


def _bring_in(
    session: Session, about: Mapping[str, Any], episodes: Sequence[Episode], more: Sequence[Draft]
) -> ImportOutcome:
    """Record *episodes*, and the steps *more* that tell of births.

    Of children without a date of birth, the unborn among them, the lists cannot say how old they are: an import of
    their own says so.
    """
    from cinctl.recording import ImportOutcome

    told = ImportOutcome(events=0, cases=0, already=0)
    for born in (True, False):
        steps: list[_Step] = [step for episode in episodes if episode.born == born for step in episode.steps]
        steps += [(draft, {}) for draft in more if born]
        speaks = dict(about["speaks"])
        if not born:
            speaks["refer"] = [field for field in speaks["refer"] if field != "born"]
        counts = about["counts"] | {"events": len(steps)}
        with progress(len(steps), "recording") as reach:
            made = session.workspace.bring_in({**about, "speaks": speaks, "counts": counts}, _counted(steps, reach))
        told = ImportOutcome(
            events=told.events + made.events,
            cases=told.cases + made.cases,
            already=told.already + made.already,
            conflicts=(*told.conflicts, *made.conflicts),
        )
    return told


def _counted(steps: Sequence[_Step], reach: Reach) -> Iterator[_Step]:
    for done, step in enumerate(steps):
        reach(done)
        yield step


def _compare(episodes: Sequence[Episode], book: Book | None) -> tuple[list[Draft], _Told]:
    """Hold *episodes* against what was recorded before.

    Returns the dates of birth that they add, and as problems what they say otherwise.
    """
    from cinctl.formats.annex_a_cases import conflict, follow_up
    from cinctl.formats.census_ledger import Problem

    births: list[Draft] = []
    clashes: _Told = []
    for episode in episodes if book is not None else ():
        for draft, _ in episode.steps:
            before = book.under_key(draft.key) if book is not None and draft.key else None
            if book is None or before is None:
                continue
            birth = follow_up({"at": before.at, "data": before.data}, draft)
            added = [birth] if birth is not None else []
            births += added
            for step, told in ((draft, before), *((step, book.under_key(step.key or "")) for step in added)):
                clash = conflict({"at": told.at, "data": told.data}, step) if told is not None else None
                if clash is not None:
                    problem = Problem(draft.line or 0, f"{draft.case}, {draft.kind}", clash)
                    clashes.append((episode.files[draft.key or ""], problem))
        if book is not None:
            book.let_go(episode.case)
    return births, clashes


def _tell_sums(reading: Reading, outcome: ImportOutcome | None, events: int) -> None:
    totals = reading.totals
    children = f"{totals.children:,} {plural(totals.children, 'child', 'children')}"
    tell(f"{reading.title}: {sum(reading.lists.values()):,} rows, {children}")
    for line in totals.lines():
        tell(f"  {line.replace('data elements', 'cells')}")
    tell(f"  {event_sums(events, outcome)}")
