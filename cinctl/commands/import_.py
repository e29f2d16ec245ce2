"""`cinctl import`: history from another system's return."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import click

from cinctl.commands._answer import View, answers
from cinctl.shell import Group, Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import open_input, plural, tell

if TYPE_CHECKING:
    from cinctl.formats.census import Problem, Totals
    from cinctl.history import Draft
    from cinctl.workspace import Book, ImportOutcome

__all__ = ["command"]

COLUMNS = ("file", "line", "where", "what", "elements")

command = Group(
    "import",
    help="Bring in history from another system's return.",
    examples=("cinctl import census return-2026.xml",),
)


class _Read(NamedTuple):
    """One return, read to its end."""

    name: str
    about: dict[str, Any]
    drafts: list[tuple[Draft, Mapping[str, str]]]
    problems: list[Problem]
    totals: Totals


@made(
    "census",
    examples=(
        "cinctl import census return-2026.xml",
        "cinctl import census return-2025.xml return-2026.xml -f csv > problems.csv",
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Read it, say what is in it, write nothing.")
@answers(COLUMNS)
@pass_session
def import_census(session: Session, view: View, files: Sequence[str], dry_run: bool) -> None:
    """Bring in Children in Need census returns (XML).

    History is recorded as it is, never refused; `audit` shows what is wrong with it. What cannot be read is listed by
    line on stderr, or as the answer where --format is given. Importing again adds only what is new.
    """
    returns = [_read(file) for file in files]
    rows: list[dict[str, Any]] = []
    for found in returns:
        _compare(found, _book(session, dry_run))
        outcome = None if dry_run else session.workspace.bring_in(found.about, found.drafts)
        _tell_sums(found, outcome, listed=view.form is None)
        session.tell_notices()
        _tell_conflicts(found, outcome)
        rows += [{"file": found.name, **_problem_row(problem)} for problem in found.problems]
    if view.form is not None:
        view.show(rows)


command.add_command(import_census)


def _digest(stream: BinaryIO) -> str:
    sum_ = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        sum_.update(chunk)
    stream.seek(0)
    return sum_.hexdigest()


def _read(file: str) -> _Read:
    from cinctl.formats.census import SPEAKS, Problem, read

    problems: list[Problem] = []
    drafts: list[tuple[Draft, Mapping[str, str]]] = []
    with open_input(file) as stream:
        digest = _digest(stream)
        content = read(stream, name=file)
        for item in content:
            if isinstance(item, Problem):
                problems.append(item)
            else:
                drafts += [(draft, item.refs.get(place, {})) for place, draft in enumerate(item.drafts)]
    about = {
        "source": content.header.title,
        "digest": digest,
        "speaks": {kind: sorted(fields) for kind, fields in SPEAKS.items()},
        **_period(content.header.year),
        "counts": {"children": content.totals.children, "events": len(drafts), "unreadable": content.totals.problems},
    }
    return _Read(file, about, drafts, problems, content.totals)


def _period(year: int | None) -> dict[str, str]:
    """Return the period that the return of *year* tells of: the year to 31 March (census guide)."""
    return {} if year is None else {"covers_from": f"{year - 1}-04-01", "covers_until": f"{year}-03-31"}


def _tell_conflicts(found: _Read, outcome: ImportOutcome | None) -> None:
    for case in outcome.conflicts if outcome is not None else ():
        tell(f"{found.name}: case {case} was opened by somebody else; nothing was added to it")


def _book(session: Session, dry_run: bool) -> Book | None:
    """Return what the store holds; make the store where there is none."""
    from cinctl.store.log import Log

    path = session.settings.store
    if os.path.exists(path) and (os.path.isdir(path) or os.path.getsize(path)):
        return session.workspace.book(upto_today=False)
    if not dry_run:
        Log.create(path)
    return None


def _compare(found: _Read, book: Book | None) -> None:
    """Hold *found* against what was recorded before: births are added, what says otherwise becomes a problem."""
    from cinctl.formats.census import Problem, conflict, follow_up

    for draft, _ in list(found.drafts) if book is not None else ():
        seq = book.keys.get(draft.key) if book is not None and draft.key else None
        if book is None or seq is None:
            continue
        before = book.current(seq)
        if before is None:  # voided since: whoever did so knew better than the return
            continue
        known = {"at": before.at, "data": before.data}
        birth, clash = follow_up(known, draft), conflict(known, draft)
        if birth is not None:
            found.drafts.append((birth, {}))
        if clash is not None:
            found.problems.append(Problem(line=draft.line or 0, where=f"{draft.case}, {draft.kind}", what=clash))


def _tell_sums(found: _Read, outcome: ImportOutcome | None, *, listed: bool) -> None:
    if listed:
        for problem in found.problems:
            tell(f"{found.name}: {problem}")
    children = found.totals.children
    tell(f"{found.name}: {found.about['source']}: {children:,} {plural(children, 'child', 'children')}")
    for line in found.totals.lines():
        tell(f"  {line}")
    tell(f"  {_event_sums(len(found.drafts), outcome)}")


def _event_sums(read: int, outcome: ImportOutcome | None) -> str:
    if outcome is None:
        return f"{read:,} {plural(read, 'event')} read, none recorded (--dry-run)"
    return (
        f"{read:,} {plural(read, 'event')} read: {outcome.events:,} recorded "
        f"({outcome.cases:,} new {plural(outcome.cases, 'case')}), "
        f"{outcome.already:,} recorded before"
    )


def _problem_row(problem: Problem) -> Mapping[str, Any]:
    names: Iterable[str] = COLUMNS[1:]
    return {name: getattr(problem, name) for name in names}
