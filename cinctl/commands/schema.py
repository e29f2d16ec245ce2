"""`cinctl schema`: what the JSON of a command looks like."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from cinctl.commands._answer import View, answers
from cinctl.errors import UsageError, did_you_mean
from cinctl.option_types import WORD
from cinctl.shell import command
from cinctl.terminal import emit

__all__ = ["command"]

COLUMNS = ("schema", "commands", "shape", "says")
TABLE = ("schema", "shape", "says")


@command("schema", examples=("cinctl schema", "cinctl schema due > due.schema.json", "cinctl schema protocol list"))
@click.argument("words", metavar="[COMMAND]", nargs=-1, type=WORD)
@answers(COLUMNS, TABLE, ids="schema")
def show_schema(view: View, words: Sequence[str]) -> None:
    """Print the JSON Schema of what a command answers.

    That is what --json prints, unless --columns picks from it. COMMAND is typed as after cinctl; finding, statistics
    and baseline are schemas too. Without one, all are listed. Later versions only add to what is there.
    """
    from cinctl.answers import ANSWERS, answer_of
    from cinctl.schemas import schema_of

    if not words:
        view.show(
            {"schema": a.id, "commands": list(a.commands), "shape": a.shape, "says": a.says} for a in ANSWERS.values()
        )
        return
    if view.form not in (None, "json") or view.columns or view.sort:
        raise UsageError("a schema is JSON as it stands: leave out --format, --columns and --sort")
    name = " ".join(words)
    answer = answer_of(name)
    if answer is None:
        known = {*ANSWERS, *(command for found in ANSWERS.values() for command in found.commands)}
        raise UsageError(f"no command '{name}' answers in JSON.{did_you_mean(name, sorted(known))}")
    emit(json.dumps(schema_of(answer), ensure_ascii=False, indent=2) + "\n")


command = show_schema
