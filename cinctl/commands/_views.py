"""Named views of the config: `due @morning` is `due` with the options that `[views.morning]` holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from cinctl.commands._due_table import LATENESS
from cinctl.config import view_named
from cinctl.errors import ConfigError, UsageError
from cinctl.session import Session
from cinctl.shell import usage_line

__all__ = ["fault_of_view", "with_view"]

_VIEW = "cinctl.view"
_NAMES = {"format": "form", "open": "only_open", "all": "idle"}
"""The keys of a view whose parameter is called otherwise."""
_CALENDAR = "ics"
_TABULAR = frozenset({"columns", "sort"})
"""What means nothing to a calendar."""


def with_view(command: click.Command, ctx: click.Context, args: Sequence[str]) -> list[str]:
    """Return *args* without the `@NAME` among them, whose options count where the command line does not say.

    No id of a case begins so. Raises UsageError for a view that there is not, or a second one; ConfigError where the
    config does not hold, or the view has what *command* does not take.
    """
    rest, names, given = _parted(command, ctx, args)
    if not names:
        return rest
    if len(names) > 1:
        raise UsageError(f"one view at a time: @{names[0]} or @{names[1]}")
    session = ctx.ensure_object(Session)
    config = given.get("config") or session.given.get("config")
    path, view = view_named(names[0], config, session.environ)
    params = {param.name for param in command.params}
    for key in view:
        if _NAMES.get(key, key) not in params:
            raise ConfigError(f"{path}: view '{names[0]}': '{ctx.command_path}' takes no '{key}'")
    form = "json" if given.get("as_json") else given.get("form")
    if form is not None:
        view = _in_another_format(view, form)
    elif view.get("format") == _CALENDAR and not _TABULAR.isdisjoint(view):
        raise ConfigError(f"{path}: view '{names[0]}': columns and sort mean nothing to {_CALENDAR}")
    ctx.default_map = {_NAMES.get(key, key): _typed(value) for key, value in view.items()}
    ctx.meta[_VIEW] = (path, names[0])
    return rest


def _in_another_format(view: Mapping[str, Any], form: str) -> dict[str, Any]:
    """Return *view* for the format *form*, which was typed: without what means nothing to it.

    What only tables have is no column of another, and a calendar has neither columns nor their order.
    """
    left = {"format", *(_TABULAR if form == _CALENDAR else ())}
    kept = {key: value for key, value in view.items() if key not in left}
    if form not in ("table", "markdown") and LATENESS in kept.get("columns", ()):
        kept["columns"] = [name for name in kept["columns"] if name != LATENESS]
        if not kept["columns"]:
            del kept["columns"]
    return kept


def _parted(
    command: click.Command, ctx: click.Context, args: Sequence[str]
) -> tuple[list[str], list[str], dict[str, Any]]:
    """Return the words that are no view, the names of the views, and what the options say."""
    kept: list[str] = []
    names: list[str] = []
    given: dict[str, Any] = {}
    left = list(args)
    while left:
        parser = command.make_parser(ctx)
        parser.allow_interspersed_args = False  # so that it stops at the first word that is no option's
        found, words, _ = parser.parse_args(list(left))
        cases = found.pop("cases", None)
        words = list(cases) if isinstance(cases, tuple) else words
        given |= found
        options = left[: len(left) - len(words)]
        kept += options
        if options[-1:] == ["--"]:
            kept += words
            break
        if words:
            word, *words = words
            (names if word.startswith("@") else kept).append(word.removeprefix("@"))
        left = words
    return kept, names, given


def _typed(value: Any) -> Any:
    """Return *value* as it would be typed: a list of names stands with commas."""
    return ",".join(value) if isinstance(value, list) else value


def fault_of_view(ctx: click.Context, fault: UsageError | click.UsageError) -> ConfigError | None:
    """Return *fault* as one of the config, where what is wrong is what the view of this command says; else None."""
    named: tuple[str, str] | None = ctx.meta.get(_VIEW)
    text = (
        usage_line(fault).removeprefix(f"{ctx.command_path}: ") if isinstance(fault, click.UsageError) else str(fault)
    )
    option, colon, told = text.partition(": ")
    view: Mapping[str, Any] = ctx.default_map or {}
    if named is None or not colon:
        return None
    param = next((p.name for p in ctx.command.params if option in p.opts and p.name in view), None)
    if param is None or ctx.get_parameter_source(param) is not click.core.ParameterSource.DEFAULT_MAP:
        return None
    path, name = named
    return ConfigError(f"{path}: view '{name}': {option.removeprefix('--')}: {told}")
