"""`cinctl import staff`: the staff register from CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._answer import View, answers
from cinctl.commands.import_._bringing import COLUMNS, digest, problem_row, seekable, store_book, tell_after
from cinctl.option_types import PATH
from cinctl.session import Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.formats.census_ledger import Problem
    from cinctl.formats.staff_sifting import Register
    from cinctl.history import Draft
    from cinctl.workspace import Book

__all__ = ["command"]


@made("staff", examples=("cinctl import staff staff.csv --dry-run", "cinctl import staff staff.csv"))
@click.argument("file", metavar="FILE", type=PATH)
@click.option("--dry-run", is_flag=True, help="Read it, say what is in it, write nothing.")
@answers(COLUMNS)
@pass_session
def import_staff(session: Session, view: View, file: str, dry_run: bool) -> None:
    """Bring in the staff register from CSV; - reads stdin.

    Either a row for each thing that happened, as 'cinctl export staff' writes it, or a row for each person with staff,
    role, unit and joined. A row that cannot be read, or says otherwise than the register, is listed by line on stderr,
    or as the answer where --format is given. Importing again adds only what is new.
    """
    from cinctl.formats.staff_csv import File

    with seekable(file) as stream:
        sum_ = digest(stream)
        stream.seek(0)
        found = File(stream, name=file, edition=session.workspace.rules.newest)
        drafts, problems = _parted(found)
    register = _register(session, store_book(session, dry_run), found.by_person)
    sifted = register.sift(drafts)
    problems += sifted.problems
    recorded, already = 0, sifted.already
    if not dry_run:
        counts = {"events": len(sifted.new), "unreadable": len(problems)}
        about = {"source": "staff register", "digest": sum_, "speaks": found.speaks, "counts": counts}
        outcome = session.workspace.bring_in(about, ((draft, {}) for draft in sifted.new))
        recorded, already = outcome.events, already + outcome.already
    if view.form is None:
        for problem in problems:
            tell(f"{file}: {problem}")
    _tell(file, len(drafts), "none recorded (--dry-run)" if dry_run else f"{recorded:,} recorded", already, problems)
    session.tell_notices()
    if view.form is not None:
        view.show([{"file": file, **problem_row(problem)} for problem in problems])
    tell_after(session, view, recorded, ("staff", "list"))


command = import_staff


def _parted(found: Iterable[Draft | Problem]) -> tuple[list[Draft], list[Problem]]:
    from cinctl.history import Draft

    drafts: list[Draft] = []
    problems: list[Problem] = []
    for item in found:
        if isinstance(item, Draft):
            drafts.append(item)
        else:
            problems.append(item)
    return drafts, problems


def _register(session: Session, book: Book | None, by_person: bool) -> Register:
    """Return what is recorded of the staff."""
    from datetime import date

    from cinctl.formats.staff_sifting import Register

    if book is None:
        return Register((), None)
    known, today = book, session.settings.day

    def now(person: str, field: str) -> Any:
        value = getattr(known.register.as_of(person, today), field, None)
        return value.isoformat() if isinstance(value, date) else value

    events = (event for event in book.effective(book.office) if event.base == "staff")
    return Register(events, now if by_person else None)


def _tell(file: str, read: int, what: str, already: int, problems: Sequence[Problem]) -> None:
    tell(f"{file}: {read:,} {plural(read, 'event')} read: {what}, {already:,} recorded before")
    if problems:
        tell(f"  {len(problems):,} {plural(len(problems), 'problem')}")
