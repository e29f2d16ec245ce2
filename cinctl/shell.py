"""What every command shares: the session behind the global options, option types, help with examples.

Imports Click and nothing heavier: `cinctl --version` pays for this module too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

import click

from cinctl.errors import UsageError, did_you_mean
from cinctl.terminal import colour_wanted, emit, read_by_a_person, reject_bad_text, stdin_bytes, tell

if TYPE_CHECKING:
    from cinctl.casebook import Casebook
    from cinctl.workspace import Book, Settings, Workspace

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
    "Command",
    "Group",
    "LazyGroup",
    "Named",
    "Session",
    "clock",
    "pass_session",
]


def clock() -> datetime:
    """Return what time it is. Nobody else asks: a session has the moment at which it began."""
    return datetime.now(UTC)


class Session:
    """One run of the tool: what the global options said, and the workspace that follows from them.

    *workspace* puts a ready one in place of the one that options, environment and config describe.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        now: datetime | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.environ = os.environ if environ is None else environ
        self.now = now or clock()
        self.given: dict[str, Any] = {}
        self._stdin_taken = False
        self._looked = False
        self._workspace = workspace
        if workspace is not None:
            self.__dict__["workspace"] = workspace
            self.__dict__["settings"] = workspace.settings

    def anew(self) -> Session | None:
        """Return a session as this one was at first; None where it has done more than look."""
        if not self._looked or self._stdin_taken:
            return None
        return Session(self.environ, self.now, self._workspace)

    def later(self, now: datetime) -> Session:
        """Return a session with the same options at the moment *now*, which has read nothing yet."""
        session = Session(self.environ, now, self._workspace)
        session.given = self.given
        return session

    @cached_property
    def settings(self) -> Settings:
        """What flags, environment and config add up to."""
        from cinctl.config import settings

        return settings(self.given, self.environ, self.now)

    @cached_property
    def workspace(self) -> Workspace:
        """The store and protocol that this run works on."""
        from cinctl.workspace import Workspace

        return Workspace(self.settings)

    def book(self, upto_today: bool = True, *, quiet: bool = False) -> Book:
        """Look at the whole store, to write nothing.

        What the reader should know of it goes to stderr, unless *quiet*, for who has been told already.
        """
        self._looked = True
        book = self.workspace.book(upto_today)
        if not quiet:
            self.tell(book)
        return book

    def tell(self, book: Casebook) -> None:
        """Say on stderr what the reader of *book* should know of it."""
        for notice in book.notices:
            tell(notice)

    def tell_notices(self) -> None:
        """Say on stderr what writers found out about the log: a torn tail set aside, a file that others can read."""
        for notice in dict.fromkeys(self.workspace.notices):
            tell(notice)
        self.workspace.notices.clear()

    def moment(self) -> str:
        """When a step happens that does not say: the date of `--today`, else the real time in UTC."""
        today = self.settings.today
        return today.isoformat() if today else self.now.isoformat(timespec="seconds")

    def colour(self, stream: TextIO | None) -> bool:
        """Say whether *stream* gets colour."""
        return colour_wanted(stream, self.environ, bool(self.given.get("no_color")))

    @property
    def hints(self) -> bool:
        """Whether a line on stderr may say what to do next: a person reads it, and it is not switched off."""
        return read_by_a_person() and self.settings.hints

    def stdin(self) -> str:
        """Read stdin to its end as text; it can be read for one thing only."""
        if self._stdin_taken:
            raise UsageError("stdin can be read for one thing only: '-' or '@-' stands more than once")
        self._stdin_taken = True
        try:
            return stdin_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            raise UsageError(f"stdin is not valid UTF-8 (byte {fault.start})") from None


pass_session = click.make_pass_decorator(Session, ensure=True)


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


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value == "":
        raise click.BadParameter("must not be empty", ctx, param)
    if value is not None and param.name:
        ctx.ensure_object(Session).given[param.name] = value


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 1e6:
        raise click.BadParameter(f"'{value}' is not a number of seconds", ctx, param)
    _remember(ctx, param, seconds)


def global_options(hidden: bool) -> list[click.Parameter]:
    """Return the options that stand before the command, and are taken after it too."""

    def option(*names: str, **more: Any) -> click.Option:
        more.setdefault("callback", _remember)
        return click.Option(names, hidden=hidden, expose_value=False, **more)

    return [
        option("--store", type=PATH, metavar="PATH", help="The log of cases. [env CINCTL_STORE; default cases.jsonl]"),
        option("--protocol", type=PROTOCOL, metavar="ID|FILE", help="The protocol to hold to. [env CINCTL_PROTOCOL]"),
        option(
            "--config",
            type=PATH,
            metavar="FILE",
            help="The config. [env CINCTL_CONFIG; default cinctl.toml, here or above]",
        ),
        option("--today", type=DATE, metavar="DATE", help="Take this for today's date. [env CINCTL_TODAY]"),
        option("--no-color", is_flag=True, default=None, help="No colour. [env NO_COLOR]"),
        option(
            "--lock-timeout", metavar="SECONDS", callback=_seconds, help="How long to wait for a writer. [default 30]"
        ),
    ]


def shown_and_left(names: Sequence[str], text: str, say: Callable[[click.Context], str]) -> click.Option:
    """Return an option that prints what *say* returns and leaves; *text* is its help."""

    def show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            emit(say(ctx) + "\n")
            ctx.exit()

    return click.Option(names, is_flag=True, is_eager=True, expose_value=False, help=text, callback=show)


_GROUPS = dict.fromkeys(("form", "as_json", "columns", "sort"), "Output") | {"help": "Help"}


class _Helped(click.Command):
    """Adds `-h`, an Examples block, the hidden global options, and options in named groups."""

    def __init__(
        self,
        name: str | None,
        *,
        examples: Iterable[str] = (),
        groups: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(name, context_settings={"help_option_names": ["-h", "--help"]}, **more)
        self.examples = tuple(examples)
        self.groups = {**_GROUPS, **(groups or {})}
        self.params += self.globals()

    def globals(self) -> list[click.Parameter]:
        """Return the global options as this command shows them."""
        return global_options(hidden=True)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option that shows the help. Click's own looks for translations at every start; there are none."""
        names = self.get_help_option_names(ctx)
        if not names or not self.add_help_option:
            return None
        if self._help_option is None:
            self._help_option = shown_and_left(names, "Show this message and exit.", lambda ctx: ctx.get_help())
        return self._help_option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in their groups, in the order in which the groups first appear."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                groups.setdefault(self.groups.get(param.name or "", "Options"), []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, one unwrapped line each."""
        if self.examples:
            formatter.write("\nExamples:\n" + "".join(f"  {example}\n" for example in self.examples))


class Command(_Helped):
    """One command. With *views* it takes `@NAME`, a view that the config names."""

    def __init__(self, name: str | None, *, views: bool = False, **more: Any) -> None:
        super().__init__(name, **more)
        self.views = views

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*, with the options of a view where one is named."""
        if not self.views or not any(arg.startswith("@") for arg in args):
            return super().parse_args(ctx, args)
        from cinctl.commands._views import fault_of_view, with_view

        args = with_view(self, ctx, args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as fault:
            raise fault_of_view(ctx, fault) or fault from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. What is wrong with a view is told as a fault of the config."""
        try:
            return super().invoke(ctx)
        except UsageError as fault:
            if ctx.default_map is None:
                raise
            from cinctl.commands._views import fault_of_view

            raise fault_of_view(ctx, fault) or fault from None


class Group(_Helped, click.Group):
    """A command with commands of its own. Without one it prints its help."""

    def __init__(self, name: str | None, **more: Any) -> None:
        super().__init__(
            name, invoke_without_command=True, no_args_is_help=False, subcommand_metavar="COMMAND ...", **more
        )
        self.callback = self.callback or self._alone

    def _alone(self) -> None:
        ctx = click.get_current_context()
        if ctx.invoked_subcommand is None:
            emit(self.concise_help(ctx) + "\n")

    def concise_help(self, ctx: click.Context) -> str:
        """Return what is printed when no command is named."""
        return self.get_help(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were added."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that *args* begin with; suggest the nearest when there is none."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            known = self.list_commands(ctx)
            raise click.UsageError(f"no such command '{name}'.{did_you_mean(name, known)}", ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """A group that knows its commands from a *table*, and imports from *package* the one that is asked for.

    The table gives for each name the module that has it as `command`, and one line of help.
    """

    def __init__(self, name: str | None, *, package: str, table: Mapping[str, tuple[str, str]], **more: Any) -> None:
        super().__init__(name, **more)
        self.package, self.table = package, table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every name of the table, in its order."""
        return list(self.table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and return the command *name*, or None when there is none."""
        if name not in self.table:
            return None
        found = import_module(f"{self.package}.{self.table[name][0]}").command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that *args* begin with, without importing any other."""
        name = args[0]
        if name not in self.table and not name.startswith("-"):
            raise click.UsageError(f"no such command '{name}'.{did_you_mean(name, self.table)}", ctx)
        return click.Group.resolve_command(self, ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete command names from the table."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=line) for name, (_, line) in self.table.items() if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)


def usage_line(fault: click.UsageError) -> str:
    """Return one line for what Click found wrong: what, where, and the nearest that is allowed."""
    ctx = fault.ctx
    where = ctx.command_path if ctx else "cinctl"
    if isinstance(fault, click.NoSuchOption):
        return f"{where}: no such option '{fault.option_name}'.{_option_hint(fault.option_name, ctx)}"
    if isinstance(fault, click.MissingParameter):
        return f"{where} needs {_name_of(fault.param)}; see '{where} -h'"
    if isinstance(fault, click.BadParameter) and fault.param is not None:
        return f"{where}: {_name_of(fault.param)}: {fault.message}"
    message = fault.format_message().rstrip()
    return f"{where}: {message[:1].lower()}{message[1:]}"


def _name_of(param: click.Parameter | None) -> str:
    if param is None:
        return "more"
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.metavar or (param.name or "").upper()


def _option_hint(name: str, ctx: click.Context | None) -> str:
    known: Sequence[str] = ()
    if ctx is not None:
        known = [name for param in ctx.command.get_params(ctx) for name in (*param.opts, *param.secondary_opts)]
    return did_you_mean(name, [option for option in known if option.startswith("--")])


def command(name: str, *, examples: Iterable[str], **more: Any) -> Callable[[Callable[..., Any]], Command]:
    """Turn a function into the command *name*; its docstring is the help."""
    return click.command(name, cls=Command, examples=tuple(examples), **more)
