"""Help, the table of commands, and what starting up imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import click
import pytest

import cinctl
from cinctl.cli import COMMANDS, SECTIONS, cli
from cinctl.option_types import Choice
from cinctl.shell import global_options

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

FOLDER = Path(cinctl.__file__).parent / "commands"


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command) as ctx:
            for name in command.list_commands(ctx):
                found = command.get_command(ctx, name)
                assert found is not None
                yield from _walk(found, (*path, name))


EVERY = dict(_walk(cli, ()))
LEAVES = {path: command for path, command in EVERY.items() if not isinstance(command, click.Group)}


def _named(path: tuple[str, ...]) -> str:
    return " ".join(path) or "cinctl"


@pytest.mark.parametrize("path", EVERY, ids=_named)
def test_every_command_has_help_with_an_example(bare: Desk, path: tuple[str, ...]) -> None:
    """`-h` and `--help` exit 0, say the same, and hold an example that names the command."""
    short, long = bare.run(*path, "-h"), bare.run(*path, "--help")

    assert (short.code, short.err) == (0, "")
    assert short == long
    assert "\nExamples:\n" in short.out
    assert f"cinctl {' '.join(path)}".strip() in short.out.partition("\nExamples:\n")[2]


@pytest.mark.parametrize("path", LEAVES, ids=_named)
def test_examples_parse(path: tuple[str, ...]) -> None:
    """No example uses an option or a choice that its command does not have."""
    known = {name for param in LEAVES[path].params for name in (*param.opts, *param.secondary_opts)}
    for example in LEAVES[path].examples:  # type: ignore[attr-defined]
        part = next(piece for piece in example.split("|") if f"cinctl {path[0]}" in piece or "cinctl --" in piece)
        words = [word.rstrip(")") for word in part.split("#")[0].split()]
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert set() == used - known, example


@pytest.mark.parametrize("name", COMMANDS)
def test_table_is_true(name: str) -> None:
    """The table's line of help is the first line of the command's own."""
    command = EVERY[(name,)]

    assert name == command.name
    assert COMMANDS[name][1] == (command.help or "").partition("\n")[0]


def test_table_is_complete() -> None:
    """Every module of a command, or package of its subcommands, is in the table."""
    modules = {module.name for module in iter_modules([str(FOLDER)]) if not module.name.startswith("_")}

    assert modules == {module for module, _ in COMMANDS.values()}


def test_every_subcommand_of_protocol_is_in_its_group() -> None:
    """Each module beside the group holds one of its commands, of that name; the table has its first line."""
    modules = {m.name.rstrip("_") for m in iter_modules([str(FOLDER / "protocol")]) if not m.name.startswith("_")}
    group = import_module("cinctl.commands.protocol").command

    assert modules == set(group.table)
    for name, (module, line) in group.table.items():
        found = import_module(f"cinctl.commands.protocol.{module}").command
        assert (name, line) == (found.name, found.help.partition("\n")[0])


def test_seven_named_commands_come_first() -> None:
    """The seven that the toolkit is named for head the help, in their order."""
    first = next(iter(SECTIONS.values()))

    assert list(first) == ["refer", "allocate", "supervise", "escalate", "stepdown", "due", "audit"]


def test_help_shows_every_section(bare: Desk) -> None:
    """The full help names every section, command and exit code."""
    out = bare.run("-h").out

    for title in SECTIONS:
        assert f"\n{title}:\n" in out
    for name, (_, line) in COMMANDS.items():
        assert f"  {name} " in out
        assert line.split()[0] in out
    assert "141" in out


def test_no_arguments_gives_concise_help(bare: Desk) -> None:
    """Without a command, half a screen on stdout and exit 0."""
    result = bare.run()

    assert (result.code, result.err) == (0, "")
    assert result.out.count("\n") < 20
    assert "refer" in result.out
    assert "cinctl -h" in result.out


@pytest.mark.parametrize("group", ["staff", "protocol", "import"])
def test_group_alone_shows_its_commands(bare: Desk, group: str) -> None:
    """A command that has commands shows them when none is named."""
    result = bare.run(group)

    assert result.code == 0
    assert "Commands:" in result.out


@pytest.mark.parametrize("path", LEAVES, ids=_named)
def test_global_options_stand_after_the_command_too(path: tuple[str, ...]) -> None:
    """Every command takes the global options, hidden."""
    hidden = {param.name for param in LEAVES[path].params if isinstance(param, click.Option) and param.hidden}

    assert {option.name for option in global_options(hidden=True)} <= hidden


@pytest.mark.parametrize("path", EVERY, ids=_named)
def test_choices_suggest(path: tuple[str, ...]) -> None:
    """Every closed choice is one that suggests the nearest."""
    for param in EVERY[path].params:
        if isinstance(param.type, click.Choice):
            assert isinstance(param.type, Choice)


LIGHT = {f"cinctl.{name}" for name in ("cli", "errors", "option_types", "session", "shell", "terminal")} | {"cinctl"}


def test_version(bare: Desk) -> None:
    """`--version` prints name and version."""
    assert f"cinctl {cinctl.__version__}\n" == bare.run("--version").out


@pytest.mark.parametrize("args", [["--version"], ["--help"], []], ids=["version", "help", "nothing"])
def test_start_up_imports_little(args: list[str]) -> None:
    """Neither a command, nor attrs, nor a parser or printer is imported to print version or help."""
    script = (
        "import sys; from cinctl.cli import run; code = run(sys.argv[1:]); "
        "print('\\n'.join(sys.modules), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *args], capture_output=True, text=True, check=True, env=dict(os.environ)
    )

    heavy = {"attr", "attrs", "cattrs", "tomllib", "tomli_w", "tabulate", "csv", "json", "hashlib", "sqlite3", "xml"}
    loaded = set(done.stderr.split())
    assert set() == heavy & loaded
    assert [name for name in loaded if name.startswith("cinctl.commands")] == []
    assert {name for name in loaded if name.startswith("cinctl")} == LIGHT


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(bare: Desk, shell: str) -> None:
    """Each shell gets a script that asks cinctl for words."""
    result = bare.run("completion", shell)

    assert result.code == 0
    assert "_CINCTL_COMPLETE" in result.out
    assert f"{shell}_complete" in result.out


def test_completion_of_commands(bare: Desk) -> None:
    """TAB after `cinctl st` offers the commands that begin so."""
    bare.patch.setenv("_CINCTL_COMPLETE", "bash_complete")
    bare.patch.setenv("COMP_WORDS", "cinctl st")
    bare.patch.setenv("COMP_CWORD", "1")

    result = bare.run()

    assert {"plain,stepdown", "plain,strategy", "plain,staff"} == set(result.out.split())
