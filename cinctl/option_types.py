"""What options and arguments take: dates, moments, ids, codes, text and files; what TAB offers for each."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cinctl.errors import UsageError, did_you_mean
from cinctl.session import Session
from cinctl.terminal import reject_bad_text

__all__ = [
    "DATE",
    "FILE",
    "FOLDER",
    "MOMENT",
    "PATH",
    "PROTOCOL",
    "RULE",
    "SEQ",
    "STAFF",
    "TEXT",
    "UNIT",
    "WORD",
    "Choice",
    "Named",
    "read_text",
]

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # older versions of Click cannot be subscribed


class _Date(_ParamType):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date that *value* spells as YYYY-MM-DD."""
        if isinstance(value, date):
            return value
        from cinctl.calendar import parse_date

        try:
            return parse_date(value)
        except ValueError:
            self.fail(f"'{value}' is not a date: write it as YYYY-MM-DD, such as 2026-02-24", param, ctx)


class _Moment(_ParamType):
    name = "datetime"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value*, an ISO date-time with its offset, as it was given."""
        from cinctl.calendar import london_date

        given = value
        try:
            london_date(value)
        except ValueError:
            value = ""
        if "T" not in value:
            self.fail(f"'{given}' is not a date-time with an offset, such as 2026-02-24T09:30:00+00:00", param, ctx)
        return str(value)


class _Seq(_ParamType):
    name = "seq"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the whole number that *value* spells."""
        if isinstance(value, int):
            return value
        if not re.fullmatch(r"[0-9]{1,15}", value):
            self.fail(f"'{value}' is not a whole number", param, ctx)
        return int(value)


class _Word(_ParamType):
    name = "text"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Return *value*, an id or a code, as the text that its bytes spell."""
        return reject_bad_text(value)


class Named(_Word):
    """An id or a code. TAB offers what there is of that *sort*: `case`, `staff`, `unit`, `rule`, or a code list."""

    def __init__(self, sort: str) -> None:
        self.sort = sort

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return what begins with *incomplete*."""
        from cinctl.commands._completing import offered

        return offered(ctx, self.sort, incomplete)


class _File(_ParamType):
    """The name of a file, or of a folder, for which TAB does what it does in that shell."""

    name = "text"

    def __init__(self, sort: str) -> None:
        self.sort = sort

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the mark by which the shell completes the name itself."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.sort)]


class _NewFile(_File):
    """The name of a file that is written, or told of again: it has to be text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value* as the text that its bytes spell."""
        return reject_bad_text(value)


class _ProtocolName(_File):
    """The id of a protocol, or its file."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the ids that begin with *incomplete*; files where none does."""
        from cinctl.commands._completing import offered

        return offered(ctx, "protocol", incomplete) or super().shell_complete(ctx, param, incomplete)


class _Text(_ParamType):
    name = "text"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Return *value*, or what the file or stdin that it names (`@FILE`, `@-`) holds."""
        return read_text(value, ctx)


def read_text(value: str, ctx: click.Context | None) -> str:
    """Return *value*; `@FILE` and `@-` are read, and `@@` stands for a plain `@`."""
    if value.startswith("@@"):
        return reject_bad_text(value[1:])
    if value == "@-" and ctx is not None:
        return ctx.ensure_object(Session).stdin().rstrip("\r\n")
    if value.startswith("@") and len(value) > 1:
        return _file_text(value[1:]).rstrip("\r\n")
    return reject_bad_text(value)


def _file_text(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        fault = f"there is no file '{path}'"
    except IsADirectoryError:
        fault = f"'{path}' is a folder, not a file"
    except ValueError:  # a NUL in its name, or bytes in it that are no UTF-8
        fault = f"'{path}' cannot be read as UTF-8 text"
    raise UsageError(f"{fault} (a leading @ names a file; @@ is a plain @)")


DATE = _Date()
MOMENT = _Moment()
SEQ = _Seq()
TEXT = _Text()
WORD = _Word()
STAFF = Named("staff")
UNIT = Named("unit")
RULE = Named("rule")
PATH = _File("file")
PROTOCOL = _ProtocolName("file")
FILE = _NewFile("file")
FOLDER = _NewFile("dir")


class Choice(click.Choice[str]):
    """One of a fixed list, with a suggestion for a misspelt one."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Say what is allowed instead of *value*."""
        known = ", ".join(self.choices)
        return f"'{value}' is not one of {known}.{did_you_mean(str(value), self.choices)}"
