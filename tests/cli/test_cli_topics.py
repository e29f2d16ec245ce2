"""`cinctl help`: the same help as -h, pages about topics, and what stands in them is true and runs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import pytest

import cinctl
from cinctl.cli import COMMANDS
from cinctl.commands.protocol import SUBCOMMANDS
from cinctl.errors import EXIT_CODES
from cinctl.render import FORMATS
from cinctl.topics import TOPICS, page
from cinctl.topics.environment import OTHERS, OURS
from tests.cli.test_cli_help import EVERY
from tests.cli.told import Place, commands_in

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

PACKAGE = Path(cinctl.__file__).parent


@pytest.mark.parametrize("path", [path for path in EVERY if path and path != ("protocol",)], ids=" ".join)
def test_help_of_a_command(bare: Desk, path: tuple[str, ...]) -> None:
    """`help COMMAND` says what `COMMAND -h` says."""
    assert bare.run(*path, "-h") == bare.run("help", *path)


def test_overview(bare: Desk) -> None:
    """Alone it shows the main commands and every topic, in less than a screen."""
    result = bare.run("help")

    assert (0, "") == (result.code, result.err)
    assert result.out.count("\n") < 40
    for topic, line in TOPICS.items():
        assert re.search(rf"^  {topic} +{re.escape(line)}$", result.out, re.MULTILINE)


@pytest.mark.parametrize("topic", TOPICS)
def test_topic(bare: Desk, topic: str) -> None:
    """A page is plain text on stdout, fits 80 columns, and points on."""
    result = bare.run("help", topic)

    assert (0, "") == (result.code, result.err)
    assert result.out == page(topic)
    assert max(map(len, result.out.splitlines())) <= 80
    assert result.out.isascii()
    assert "\nSee also: " in result.out
    assert result.out.endswith("\n")
    assert not result.out.endswith("\n\n")


@pytest.mark.parametrize("topic", TOPICS)
def test_what_a_page_points_to_is_there(topic: str) -> None:
    """Every topic and command that a page names exists."""
    for name in re.findall(r"cinctl help ([a-z-]+)", page(topic)):
        assert name in TOPICS or name in COMMANDS
    seen = page(topic).partition("\nSee also: ")[2]
    for name in re.findall(r"cinctl (?:--\S+ \S+ )?([a-z]+)", "\n".join([*commands_in(page(topic)), seen])):
        assert name in COMMANDS


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("formts", "there is no topic or command 'formts'. Did you mean 'formats'?"),
        ("exit_codes", "Did you mean 'exit-codes'?"),
        ("superwise", "Did you mean 'supervise'?"),
        ("protocol lnt", "'cinctl protocol' has no command 'lnt'. Did you mean 'lint'?"),
        ("due formats", "'cinctl due' has no commands of its own"),
        ("qqqq", "there is no topic or command 'qqqq'. See 'cinctl help'"),
        ("formats due", "there is no topic or command 'formats'"),
    ],
)
def test_unknown(bare: Desk, words: str, told: str) -> None:
    """What there is no help of is wrong usage, with the nearest that there is."""
    result = bare.type(f"help {words}")

    assert (2, "") == (result.code, result.out)
    assert told in result.err


def test_help_completes(bare: Desk) -> None:
    """TAB after `help` offers topics and commands, and after a command those that it has."""
    bare.patch.setenv("_CINCTL_COMPLETE", "bash_complete")
    bare.patch.setenv("COMP_CWORD", "2")
    bare.patch.setenv("COMP_WORDS", "cinctl help p")
    first = bare.run().out.split()
    bare.patch.setenv("COMP_CWORD", "3")
    bare.patch.setenv("COMP_WORDS", "cinctl help protocol li")

    assert ["plain,pipes", "plain,protocol", "plain,plan"] == first
    assert ["plain,list", "plain,lint"] == bare.run().out.split()


# What stands in them is true


def test_formats_are_all_told() -> None:
    """Every format stands in its page."""
    for form in FORMATS:
        assert re.search(rf"^    {form} ", page("formats"), re.MULTILINE)


def test_exit_codes_are_all_told() -> None:
    """Every exit code stands in its page."""
    for code in EXIT_CODES:
        assert re.search(rf"^    {code} ", page("exit-codes"), re.MULTILINE)


def test_commands_of_protocol_are_all_told() -> None:
    """Every subcommand of `protocol` stands in its page."""
    for name in SUBCOMMANDS:
        assert f"    protocol {name} " in page("protocol")


def _constants() -> dict[str, str]:
    """Return every constant of the package that is a text, by its name."""
    return {
        node.targets[0].id: node.value.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def _is_environment(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "environ") or (
        isinstance(node, ast.Attribute) and node.attr == "environ"
    )


def _is_look_up(node: ast.AST) -> TypeGuard[ast.Call]:
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and (function.attr == "getenv" or _is_environment(function.value))


def _read() -> Iterator[str]:
    """Yield the name of every environment variable that the code reads."""
    constants = _constants()

    def name(node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return constants[node.id]
        assert isinstance(node, ast.Constant)
        return str(node.value)

    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and _is_environment(node.value):
                yield name(node.slice)
            elif isinstance(node, ast.Compare) and any(map(_is_environment, node.comparators)):
                yield name(node.left)
            elif _is_look_up(node):
                yield name(node.args[0])


def test_environment_is_all_told() -> None:
    """Every variable that the code reads is in the one table, and of ours none is there that nothing reads."""
    found = set(_read()) - {"_CINCTL_COMPLETE"}  # between the completion script and cinctl
    told = {**OURS, **OTHERS}

    assert {"CINCTL_STORE", "CINCTL_MASK_KEY", "GITHUB_STEP_SUMMARY", "NO_COLOR"} <= found
    assert set() == found - set(told)
    assert set() == set(OURS) - found
    assert all(name.startswith("CINCTL_") for name in OURS)


def test_no_other_variable_is_spoken_of() -> None:
    """Whatever the code, the README or a page calls CINCTL_ is in the table."""
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    named = {name for text in texts for name in re.findall(r"(?<!_)CINCTL_[A-Z]+(?:_[A-Z]+)*", text)}

    assert set() == named - set(OURS)


# It runs


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The place in which pages are typed, made once."""
    return Place(tmp_path_factory.mktemp("told")).fill()


@pytest.mark.skipif(sys.platform == "win32", reason="the pages are for a shell of Unix")
@pytest.mark.parametrize("topic", TOPICS)
def test_commands_of_a_page_run(made: Place, tmp_path: Path, topic: str) -> None:
    """Every command of a page, typed in turn in a store of its own, is done: exit 0."""
    place = made.copy(tmp_path)
    if "-o ours.toml" in page(topic):
        (place.folder / "ours.toml").unlink()
    lines = list(commands_in(page(topic)))

    assert len(lines) > 3
    for line in lines:
        if "jq " in line and place.type("command -v jq").returncode:
            continue
        place.must(line)
