"""Commands and groups of commands: help with examples, global options on either side, a table instead of imports.

Imports Click and nothing heavier: `cinctl --version` pays for this module too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from cinctl.errors import UsageError, did_you_mean
from cinctl.option_types import DATE, PATH, PROTOCOL
from cinctl.session import Session
from cinctl.terminal import emit

__all__ = ["Command", "Group", "LazyGroup", "command", "global_options", "shown_and_left", "usage_line"]


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
