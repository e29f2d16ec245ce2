"""Which cases a command is about: ids as arguments, or `-` for ids or JSON lines on stdin."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from cinctl.errors import UsageError
from cinctl.option_types import Named
from cinctl.session import Session
from cinctl.terminal import reject_bad_text

__all__ = ["CASE", "any_number", "case_arguments", "cases_argument", "named_cases"]

CASE = Named("case")
F = TypeVar("F", bound=Callable[..., Any])

_FROM_STDIN = "cinctl.cases_from_stdin"
_LINE = r"[^\n]+"
_decode = json.JSONDecoder().raw_decode


def case_arguments(required: bool, metavar: str = "CASE...") -> click.Argument:
    """Return the argument CASE..., whose values are the ids with `-` already read."""
    return click.Argument(
        ["cases"],
        nargs=-1,
        required=required,
        metavar=metavar if required else f"[{metavar}]",
        callback=_read,
        type=CASE,
    )


def cases_argument(required: bool) -> Callable[[F], F]:
    """Give a command the argument CASE... as *cases*: a list of ids, or None when none was named."""

    def decorate(function: F) -> F:
        function.__dict__.setdefault("__click_params__", []).append(case_arguments(required))
        return function

    return decorate


def _read(
    ctx: click.Context,
    param: click.Parameter,  # noqa: ARG001 - Click calls it so
    values: Sequence[str],
) -> list[str] | None:
    if not values or ctx.resilient_parsing:
        return None
    ctx.meta[_FROM_STDIN] = "-" in values
    return named_cases(values, ctx.ensure_object(Session))


def any_number(cases: Sequence[str]) -> bool:
    """Say whether the command line could have been about any number of cases: `-`, or more than one id."""
    return len(cases) != 1 or bool(click.get_current_context().meta.get(_FROM_STDIN))


def named_cases(values: Sequence[str], session: Session) -> list[str]:
    """Return the ids that *values* name, each once, in order."""
    found: dict[str, None] = {}
    for value in values:
        for case in _from_stdin(session) if value == "-" else [reject_bad_text(value)]:
            found[case] = None
    return list(found)


def _from_stdin(session: Session) -> Iterator[str]:
    """Yield the cases of what stands on stdin: ids, a line each, and JSON as any command answers it."""
    text = session.stdin()
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
        elif text[place] in "{[":
            found, place = _decoded(text, place)
            yield from found
        else:
            line = re.compile(_LINE).match(text, place)
            assert line is not None
            yield line.group().strip()
            place = line.end()


def _decoded(text: str, place: int) -> tuple[list[str], int]:
    """Return the cases of the JSON value that begins at *place*, and where it ends."""
    try:
        value, end = _decode(text, place)
        return list(_cases_in(value)), end
    except (ValueError, RecursionError):
        fault = "not valid JSON"
    except UsageError as error:
        fault = str(error)
    line = text.count("\n", 0, place) + 1
    raise UsageError(f"stdin, line {line}: {fault}")


def _cases_in(value: Any) -> Iterator[str]:
    """Yield the cases of a row, an array of rows or ids, what a step answers, or an audit; nulls are left out."""
    if isinstance(value, list):
        for item in value:
            yield from _cases_in(item)
    elif isinstance(value, str):
        yield value
    elif value is not None:
        yield from _case_of(value)


def _case_of(row: Any) -> Iterator[str]:
    if not isinstance(row, dict):
        raise UsageError("there is no 'case' in it")
    if row.get("case") is None and isinstance(row.get("event"), dict):
        row = row["event"]
    if "case" in row:
        if isinstance(row["case"], str):
            yield row["case"]
        elif row["case"] is not None:
            raise UsageError("'case' is not text")
    elif isinstance(row.get("findings"), list):
        yield from _cases_in(row["findings"])
    else:
        raise UsageError("there is no 'case' in it")
