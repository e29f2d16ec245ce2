"""Where answers go: each -f with the -o that follows it, to files and at most one to stdout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import click

from cinctl.errors import UsageError
from cinctl.formats.reports import REPORTS
from cinctl.option_types import FILE, Choice
from cinctl.render import FORMATS
from cinctl.shell import Command

__all__ = ["FORMS", "PairedCommand", "Sink", "paired_options", "sinks"]

FORMS = tuple(dict.fromkeys((*FORMATS, *REPORTS)))
_ORDER = "cinctl.order_of_outputs"


class Sink(NamedTuple):
    """One answer: its format, and the file that it goes to; None for stdout."""

    form: str
    path: str | None


class PairedCommand(Command):
    """A command whose -f and -o belong together in the order in which they were typed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*, and keep in which order the options came."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta[_ORDER] = [param.name for param in order]
        return super().parse_args(ctx, args)


def paired_options(forms: Sequence[str] = FORMS) -> list[click.Option]:
    """Return the options: -f, which takes any of *forms*, -o and --json."""
    return [
        click.Option(
            ["-f", "--format", "forms"], type=Choice(forms), multiple=True, help="How to print the answer; repeatable."
        ),
        click.Option(
            ["-o", "--output", "outputs"],
            type=FILE,
            metavar="FILE",
            multiple=True,
            help="Write the -f before it to this file, - for stdout; repeatable.",
        ),
        click.Option(
            ["--json", "as_json"], is_flag=True, help="Short for --format json; 'cinctl schema' tells what is in it."
        ),
    ]


def sinks(values: dict[str, Any]) -> list[Sink]:
    """Take -f, -o and --json out of *values* and return what they add up to. Raises UsageError when they cross."""
    forms, outputs = iter(values.pop("forms")), iter(values.pop("outputs"))
    values.pop("as_json")
    found: list[list[str | None]] = []
    early: str | None = None
    for name in click.get_current_context().meta[_ORDER]:
        if name in ("forms", "as_json"):
            found.append([next(forms) if name == "forms" else "json", None])
        elif name == "outputs":
            path = next(outputs)
            if found and found[-1][1] is None:
                found[-1][1] = path
            elif found or early is not None:
                raise UsageError(f"-o {path} has no -f of its own: write each -f before its -o")
            else:
                early = path
    return _checked(_with_early(found, early))


def _with_early(found: list[list[str | None]], early: str | None) -> list[Sink]:
    """Return *found* with the -o that came before any -f, which can only be meant for a single one."""
    found = found or [["table", None]]
    if early is not None:
        if len(found) > 1 or found[0][1] is not None:
            raise UsageError(f"-o {early} stands before any -f: write each -f before its -o")
        found[0][1] = early
    return [Sink(form or "table", None if path == "-" else path) for form, path in found]


def _checked(found: Iterable[Sink]) -> list[Sink]:
    unique = list(dict.fromkeys(found))
    printed = [sink.form for sink in unique if sink.path is None]
    if len(printed) > 1:
        raise UsageError(f"{' and '.join(printed)} cannot both go to stdout: write -o FILE after all but one -f")
    _each_once([sink.path for sink in unique if sink.path is not None])
    return unique


def _each_once(paths: Sequence[str]) -> None:
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"-o {path} is named twice: two answers cannot be one file")
