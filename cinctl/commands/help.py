"""`cinctl help`: the help of a command, or a page about a topic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from cinctl.errors import UsageError, did_you_mean
from cinctl.option_types import WORD
from cinctl.shell import command
from cinctl.terminal import emit
from cinctl.topics import TOPICS, page

__all__ = ["command"]


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the topics and commands that TAB offers, or after a command those that it has."""
    words = ctx.params.get(param.name or "") or ()
    found = _context(ctx.find_root(), words)
    known = [*(TOPICS if not words else ()), *(_commands(found) if found is not None else ())]
    return [name for name in dict.fromkeys(known) if name.startswith(incomplete)]


@command("help", examples=("cinctl help", "cinctl help pipes", "cinctl help due", "cinctl help protocol lint"))
@click.argument("words", metavar="[TOPIC|COMMAND...]", nargs=-1, type=WORD, shell_complete=_complete)
@click.pass_context
def show_help(ctx: click.Context, words: Sequence[str]) -> None:
    """Show the help of a command, or a page about a topic.

    Without a word, the main commands and the topics. 'cinctl help due' is the same as 'cinctl due -h'; what is both a
    topic and a command, as 'protocol', is the topic.
    """
    root = ctx.find_root()
    if not words:
        emit("\n".join(_overview(root)) + "\n")
    elif len(words) == 1 and words[0] in TOPICS:
        emit(page(words[0]))
    else:
        found = _context(root, words)
        if found is None:
            raise UsageError(_unknown(root, words))
        emit(found.get_help() + "\n")


command = show_help


def _overview(root: click.Context) -> Iterator[str]:
    from cinctl.cli import Root

    assert isinstance(root.command, Root)
    yield root.command.concise_help(root)
    yield ""
    formatter = root.make_formatter()
    with formatter.section("Topics (cinctl help TOPIC)"):
        formatter.write_dl(list(TOPICS.items()))
    yield formatter.getvalue().rstrip("\n")


def _commands(ctx: click.Context) -> list[str]:
    return ctx.command.list_commands(ctx) if isinstance(ctx.command, click.Group) else []


def _context(root: click.Context, words: Sequence[str]) -> click.Context | None:
    """Return the context in which the command that *words* name would run; None where there is no such command."""
    ctx = root
    for word in words:
        group = ctx.command
        found = group.get_command(ctx, word) if isinstance(group, click.Group) else None
        if found is None:
            return None
        ctx = click.Context(found, parent=ctx, info_name=word)
    return ctx


def _unknown(root: click.Context, words: Sequence[str]) -> str:
    """Return what is wrong with *words*, which name no command and no topic."""
    for count in range(len(words) - 1, -1, -1):
        before = _context(root, words[:count])
        if before is None:
            continue
        word, known = words[count], _commands(before)
        if not count:
            return f"there is no topic or command '{word}'.{did_you_mean(word, [*TOPICS, *known])} See 'cinctl help'"
        if not known:
            return f"'cinctl {' '.join(words[:count])}' has no commands of its own, such as '{word}'"
        return f"'cinctl {' '.join(words[:count])}' has no command '{word}'.{did_you_mean(word, known)}"
    raise AssertionError("no words at all name the root")
