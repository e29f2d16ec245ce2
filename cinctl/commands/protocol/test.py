"""`cinctl protocol test`: the stories that test a protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cinctl.commands._answer import View, answers
from cinctl.errors import UsageError
from cinctl.shell import command as made
from cinctl.terminal import emit, plural, tell, visible

if TYPE_CHECKING:
    from cinctl.stories import Outcome

__all__ = ["command"]

STORIES = ("file", "title", "passed", "failures")


@made("test", examples=("cinctl protocol test tests/stories", "cinctl protocol test s01.toml --filter Easter"))
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=Path)
@click.option("--filter", "pattern", metavar="REGEX", help="Only stories whose file name or title it matches.")
@answers(STORIES, ids="file")
def test_stories(view: View, paths: Sequence[Path], pattern: str | None) -> None:
    """Run stories: steps on dates, and what should come of each.

    PATH is a story or a folder of stories. Exit 1 when one fails.
    """
    from cinctl.stories import run

    told: list[bool] = []

    def outcomes() -> Iterator[Outcome]:
        for outcome in run(paths, pattern):
            told.append(outcome.passed)
            yield outcome

    if view.form is None and not view.columns and not view.sort:
        for outcome in outcomes():
            emit(_lines(outcome))
    else:
        view.show({name: getattr(outcome, name) for name in STORIES} for outcome in outcomes())
    if not told:
        raise UsageError(f"--filter: no story's file name or title matches '{pattern}'")
    tell(f"{len(told)} {plural(len(told), 'story', 'stories')}, {told.count(False)} failed")
    click.get_current_context().exit(0 if all(told) else 1)


def _lines(outcome: Outcome) -> str:
    return "".join(visible(line) + "\n" for text in outcome.lines() for line in text.split("\n"))


command = test_stories
