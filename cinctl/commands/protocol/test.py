"""`cinctl protocol test`: the stories that test a protocol, and which of its rules they exercise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._audit_options import words
from cinctl.commands._outputs import PairedCommand, Sink
from cinctl.commands._telling import Telling, put, row_options
from cinctl.errors import UsageError
from cinctl.option_types import RULE
from cinctl.session import Session, pass_session
from cinctl.terminal import emit, plural, tell, visible

if TYPE_CHECKING:
    from cinctl.coverage import Coverage
    from cinctl.outcome import Outcome

__all__ = ["command"]

STORIES = ("file", "title", "passed", "failures")
COVERAGE_TABLE = ("protocol", "rule", "level", "exercised", "refused", "found", "due", "silent")
_REPORTS = ("junit", "tap")
_GROUPS = dict.fromkeys(("coverage", "fail_under", "select", "ignore"), "Coverage") | {"forms": "Output"}


@click.command(
    "test",
    cls=PairedCommand,
    groups={**_GROUPS, "outputs": "Output"},
    examples=(
        "cinctl protocol test tests/stories",
        "cinctl protocol test s01.toml --filter Easter",
        "cinctl protocol test stories -f junit -o stories.xml -f tap",
        "cinctl protocol test stories --coverage --select MIL --fail-under 90",
    ),
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=Path)
@click.option("--filter", "pattern", metavar="REGEX", help="Only stories whose file name or title it matches.")
@click.option("--coverage", is_flag=True, help="Tell the rules instead, and what the stories made them do.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit 1 when the stories exercise fewer of a hundred rules.",
)
@click.option("--select", type=RULE, multiple=True, metavar="RULE,...", help="Count only these rules, or prefixes.")
@click.option("--ignore", type=RULE, multiple=True, metavar="RULE,...", help="Do not count these rules, or prefixes.")
@row_options(_REPORTS)
@pass_session
def test_stories(
    session: Session,
    /,
    paths: Sequence[Path],
    pattern: str | None,
    coverage: bool,
    fail_under: float | None,
    **asked: Any,
) -> None:
    """Run stories: steps on dates, and what should come of each.

    PATH is a story or a folder of stories. Exit 1 when one fails.

    A rule is exercised when it refused a step, when a finding of it came with a step or stood in an audit, or when it
    was due as a story expects, or late. Rules of every protocol that a story names count, and those it inherits; a
    rule that only a story's patch states does not.
    """
    from cinctl.coverage import COVERAGE, Coverage
    from cinctl.selection import Selection
    from cinctl.stories import run

    plain = not (asked["forms"] or asked["outputs"] or asked["as_json"] or asked["columns"] or asked["sort"])
    counted = coverage or fail_under is not None
    selection = Selection(select=words(asked["select"], "--select"), ignore=words(asked["ignore"], "--ignore"))
    if (selection.select or selection.ignore) and not counted:
        raise UsageError("--select and --ignore say which rules to count: add --coverage or --fail-under")
    fields = (COVERAGE, COVERAGE_TABLE) if coverage else (STORIES, STORIES)
    out = Telling(session, asked, *fields, ids="rule" if coverage else "file", reports=_REPORTS)
    outcomes = []
    for outcome in run(paths, pattern):
        outcomes.append(outcome)
        if plain and not coverage:
            emit(_lines(outcome))
    if not outcomes:
        raise UsageError(f"--filter: no story's file name or title matches '{pattern}'")
    made = _counted(outcomes, Coverage(selection)) if counted else None
    _tell(out, outcomes, made if coverage else None, plain=plain)
    code = _remarks(outcomes, made, fail_under, plain=plain and not coverage)
    click.get_current_context().exit(code)


def _counted(outcomes: Sequence[Outcome], coverage: Coverage) -> Coverage:
    for outcome in outcomes:
        if outcome.protocol is not None:
            coverage.add(outcome.protocol, outcome.seen)
    coverage.check()
    return coverage


def _tell(out: Telling, outcomes: Sequence[Outcome], coverage: Coverage | None, *, plain: bool) -> None:
    def report(sink: Sink) -> None:
        from cinctl.formats.stories import rendered

        put(sink.path, rendered(sink.form, outcomes, _summary(outcomes)))

    if coverage is not None:
        out.tell(coverage.rows(), report)
    elif not plain:
        out.tell(map(_row, outcomes), report)


def _row(outcome: Outcome) -> dict[str, object]:
    return {name: getattr(outcome, name) for name in STORIES}


def _summary(outcomes: Sequence[Outcome]) -> str:
    failed = sum(not outcome.passed for outcome in outcomes)
    return f"{len(outcomes)} {plural(len(outcomes), 'story', 'stories')}, {failed} failed"


def _remarks(outcomes: Sequence[Outcome], coverage: Coverage | None, fail_under: float | None, *, plain: bool) -> int:
    """Say on stderr what came of all stories, and return the exit code."""
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if coverage is not None and not plain:
        for line in (line for outcome in failed for line in outcome.lines()):
            tell(line)
    tell(_summary(outcomes))
    short = coverage is not None and fail_under is not None and coverage.falls_short_of(fail_under)
    if coverage is not None:
        tell(coverage.summary() + (f": fewer than --fail-under {fail_under:g}" if short and fail_under else ""))
    return int(bool(failed) or short)


def _lines(outcome: Outcome) -> str:
    return "".join(visible(line) + "\n" for text in outcome.lines() for line in text.split("\n"))


command = test_stories
