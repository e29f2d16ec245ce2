"""The options of every command that answers: format, columns, order."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

import click

from cinctl.errors import UsageError
from cinctl.option_types import Choice
from cinctl.render import FORMATS, Row, check_columns, json_lines, pick, plain_json, rendered, sort_rows
from cinctl.session import Session
from cinctl.terminal import emit, is_terminal, tell

__all__ = ["View", "answers", "field_names"]

F = TypeVar("F", bound=Callable[..., Any])

_NARROWEST = 20


class View:
    """How the answer is wanted: *form* is None when nobody said."""

    def __init__(
        self,
        session: Session,
        known: Sequence[str],
        table: Sequence[str],
        form: str | None,
        columns: Sequence[str] | None,
        sort: Sequence[str],
        ids: str,
        schema: str | None = None,
    ) -> None:
        self.session, self.known, self.table = session, known, table
        self.spare: Sequence[str] = ()
        self.form, self.columns, self.sort, self.ids = form, columns, sort, ids
        self.schema = schema

    @property
    def for_people(self) -> bool:
        """True when the answer is a table or the command's own words."""
        return self.form in (None, "table", "markdown")

    def sorted(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Return *rows* in the order that was asked for."""
        return sort_rows(rows, self.sort) if self.sort else rows

    def show(
        self,
        rows: Iterable[Row],
        *,
        one: bool = False,
        empty: str = "",
        width: int | None = None,
        sort: bool = True,
    ) -> None:
        """Print *rows*. *one*: there is one, and it is the whole answer. *empty* goes to stderr when there is none.

        *width*: how wide a table may be that goes to no terminal. *sort*: whether they are still to be sorted.
        """
        wrote = False
        for piece in self.pieces(rows, one=one, width=_width() or width, colour=self.colour, sort=sort):
            wrote = True
            emit(piece)
        if not wrote and empty and self.form in (None, "table"):
            tell(empty)

    def pieces(
        self,
        rows: Iterable[Row],
        *,
        one: bool = False,
        width: int | None = None,
        colour: bool = False,
        sort: bool = True,
    ) -> Iterator[str]:
        """Return *rows* as they would be printed, piece by piece."""
        form = self.form or "table"
        if sort:
            rows = self.sorted(rows)
        if self.columns and form in ("json", "jsonl"):
            rows = (pick(row, self.columns or ()) for row in rows)
        elif one and form == "json" and self.schema is not None:
            # an array has no place for a name; `cinctl schema COMMAND` tells what is in it
            rows = ({"schema": self.schema, **row} for row in rows)
        columns = self.columns or (self.table if form in ("table", "markdown") and not one else self.known)
        spare = None if self.columns else self.spare
        return rendered(rows, form, columns, one=one, ids=self.ids, width=width, colour=colour, spare=spare)

    @property
    def width(self) -> int | None:
        """How wide a table may be: a terminal's width, and no limit in a pipe or a file."""
        return _width()

    @property
    def colour(self) -> bool:
        """Whether a table on stdout is coloured."""
        return self.session.colour(sys.stdout)

    @property
    def is_plain_json(self) -> bool:
        """True when every row is wanted as JSON, whole and in the order in which it comes."""
        return self.form in ("json", "jsonl") and not self.columns and not self.sort

    def show_lines(self, lines: Sequence[str]) -> None:
        """Print rows that are lines of JSON already, where `is_plain_json`."""
        for piece in json_lines(lines, whole=self.form == "json"):
            emit(piece)

    def show_plain(self, rows: Sequence[Sequence[Any]], *, empty: str = "") -> None:
        """Print *rows*, each the values of all fields that are known, in their order; as `show` does."""
        if self.is_plain_json:
            self.show_lines(plain_json(rows, self.known))
        else:
            self.show([dict(zip(self.known, row, strict=True)) for row in rows], empty=empty)


def _width() -> int | None:
    """How wide a table may be: a terminal's width, and no limit in a pipe or a file."""
    if not is_terminal(sys.stdout):
        return None
    import shutil

    return max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST)


def field_names(text: str | None, option: str) -> list[str]:
    """Return the names that *text* lists with commas. Raises UsageError when it lists none."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    if text is not None and not names:
        raise UsageError(f"{option} names no field")
    return names


def answers(
    known: Sequence[str],
    table: Sequence[str] | None = None,
    *,
    ids: str = "case",
    schema: str | None = None,
    forms: Sequence[str] = FORMATS,
    spare: Sequence[str] = (),
    in_words: Sequence[str] = (),
) -> Callable[[F], F]:
    """Give a command `-f`, `--json`, `--columns` and `--sort`, and its function the View *view*.

    *known* are the stable names of its fields, *table* those that a table shows unless told; of these it leaves out
    the *spare* ones, the first first, where a terminal is too narrow. *in_words* are columns that only tables have,
    for people. *schema* is the id of the JSON Schema that an answer of one object names. What *forms* it takes beyond
    those of every command, it prints itself.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(*args: Any, **values: Any) -> Any:
            session = click.get_current_context().ensure_object(Session)
            view = view_from(values, session, known, table or known, ids, schema, in_words)
            view.spare = spare
            return function(*args, view=view, **values)

        params = wrapper.__dict__.setdefault("__click_params__", [])
        params.extend(reversed(output_options(forms)))
        return cast(F, wrapper)

    return decorate


def output_options(forms: Sequence[str] = FORMATS) -> list[click.Option]:
    """Return the options themselves; -f takes any of *forms*."""
    return [
        click.Option(["-f", "--format", "form"], type=Choice(forms), help="How to print the answer."),
        click.Option(
            ["--json", "as_json"], is_flag=True, help="Short for --format json; 'cinctl schema' tells what is in it."
        ),
        click.Option(["--columns"], metavar="A,B,...", help="Only these fields, in this order."),
        click.Option(["--sort"], metavar="A,-B,...", help="Sort by these fields; - for backwards."),
    ]


def view_from(
    values: dict[str, Any],
    session: Session,
    known: Sequence[str],
    table: Sequence[str],
    ids: str = "case",
    schema: str | None = None,
    in_words: Sequence[str] = (),
) -> View:
    """Take the output options out of *values* and return what they add up to."""
    form, as_json = values.pop("form"), values.pop("as_json")
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} exclude each other", click.get_current_context())
    columns, sort = field_names(values.pop("columns"), "--columns"), field_names(values.pop("sort"), "--sort")
    for_people = form in (None, "table", "markdown") and not as_json
    check_columns(columns, (*known, *in_words) if for_people else known, "--columns")
    check_columns([name.removeprefix("-") for name in sort], known, "--sort")
    return View(session, known, table, "json" if as_json else form, columns or None, sort, ids, schema)
