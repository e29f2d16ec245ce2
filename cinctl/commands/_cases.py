"""Which cases a command is about: ids as arguments, or `-` for ids or JSON lines on stdin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from cinctl.errors import CinctlError, UsageError
from cinctl.shell import Session
from cinctl.terminal import reject_bad_text

__all__ = ["case_arguments", "cases_argument", "named_cases"]

F = TypeVar("F", bound=Callable[..., Any])


def case_arguments(required: bool, metavar: str = "CASE...") -> click.Argument:
    """Return the argument CASE..., whose values are the ids with `-` already read."""
    return click.Argument(
        ["cases"],
        nargs=-1,
        required=required,
        metavar=metavar if required else f"[{metavar}]",
        callback=_read,
        shell_complete=_complete,
    )


def cases_argument(required: bool) -> Callable[[F], F]:
    """Give a command the argument CASE... as *cases*: a list of ids, or None when none was named."""

    def decorate(function: F) -> F:
        function.__dict__.setdefault("__click_params__", []).append(case_arguments(required))
        return function

    return decorate


def _complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids that TAB can complete; none where the store cannot be read."""
    try:
        return [case for case in ctx.ensure_object(Session).workspace.book().case_ids() if case.startswith(incomplete)]
    except CinctlError:
        return []


def _read(
    ctx: click.Context,
    param: click.Parameter,  # noqa: ARG001 - Click calls it so
    values: Sequence[str],
) -> list[str] | None:
    if not values or ctx.resilient_parsing:
        return None
    return named_cases(values, ctx.ensure_object(Session))


def named_cases(values: Sequence[str], session: Session) -> list[str]:
    """Return the ids that *values* name, each once, in order."""
    found: dict[str, None] = {}
    for value in values:
        for case in _from_stdin(session) if value == "-" else [reject_bad_text(value)]:
            found[case] = None
    return list(found)


def _from_stdin(session: Session) -> Iterator[str]:
    text = session.stdin()
    if text.lstrip().startswith("["):
        yield from _from_rows(_decoded(text, "stdin"), "stdin")
        return
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line.startswith("{"):
            yield from _from_rows([_decoded(line, f"stdin, line {number}")], f"stdin, line {number}")
        elif line:
            yield line


def _decoded(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{where}: not valid JSON") from None


def _from_rows(rows: Any, where: str) -> Iterator[str]:
    for row in rows:
        if not isinstance(row, dict) or "case" not in row:
            raise UsageError(f"{where}: there is no 'case' in it")
        if isinstance(row["case"], str):
            yield row["case"]
        elif row["case"] is not None:
            raise UsageError(f"{where}: 'case' is not text")
