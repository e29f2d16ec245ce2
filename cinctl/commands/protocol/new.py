"""`cinctl protocol new`: a commented protocol file to begin with."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cinctl import outfile
from cinctl.errors import SystemRefusedError, UsageError, did_you_mean
from cinctl.option_types import FILE, WORD
from cinctl.shell import command as made
from cinctl.terminal import emit, tell

if TYPE_CHECKING:
    from cinctl.founding import Wanted
    from cinctl.protocol import Protocol

__all__ = ["command"]


@made(
    "new",
    examples=(
        "cinctl protocol new",
        "cinctl protocol new --id ours --extends working-together-2023 --role key_worker -o ours.toml",
    ),
)
@click.option("--id", "id_", type=WORD, metavar="ID", help="Its id, which the log holds beside each step.")
@click.option("--title", type=WORD, metavar="TEXT", help="Its title. [default: the id]")
@click.option("--extends", type=WORD, metavar="ID|FILE", help="The protocol that it is laid over. [default: none]")
@click.option(
    "--role", "roles", type=WORD, multiple=True, metavar="ID[=TITLE]", help="A role that may lead; repeatable."
)
@click.option(
    "--manager", "managers", type=WORD, multiple=True, metavar="ID[=TITLE]", help="A role that decides; repeatable."
)
@click.option(
    "--param", "params", type=WORD, multiple=True, metavar="NAME=VALUE", help="What the one below leaves to fill in."
)
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write it to this new file, - for stdout.")
def found_protocol(output: str | None, **asked: Any) -> None:
    """Write a new protocol file, with comments.

    Without --id it asks, on a terminal; elsewhere it asks nothing. The file lints as clean as what it extends. One that
    is there already is never overwritten.
    """
    from cinctl.founding import written

    path = None if output in (None, "-") else output
    if path is not None:
        outfile.check_target(path, "-o", ())
        if os.path.lexists(path):
            raise UsageError(f"-o {path} is there already, and is left as it is: name a new file")
    folder = Path(os.path.dirname(path or "") or ".")
    wanted, below = _wanted(folder, **_asking(asked))
    text = written(wanted, below)
    _check(text, path or f"{wanted.id}.toml", folder)
    if path is None:
        emit(text)
        return
    _create(path, text)
    tell(f"{path}: check it with 'cinctl protocol lint {path}'")


def _asking(asked: dict[str, Any]) -> dict[str, Any]:
    """Return *asked* with what a person at a terminal answers to what it lacks."""
    if asked["id_"] is not None:
        return asked
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("say --id ID: without a terminal nothing is asked")
    told = dict(asked)
    told["id_"] = click.prompt("Id, such as millbrook", err=True)
    told["title"] = asked["title"] or click.prompt("Title", default=told["id_"], err=True)
    extends = asked["extends"] or click.prompt("Extends", default="working-together-2023", err=True)
    told["extends"] = extends
    if not asked["roles"]:
        said = click.prompt("Roles that may lead besides, with commas (ID or ID=TITLE)", default="", err=True)
        told["roles"] = tuple(one.strip() for one in said.split(",") if one.strip())
    told["params"] = (*asked["params"], *_asked_params(extends, asked["params"]))
    return told


def _asked_params(extends: str, given: Sequence[str]) -> list[str]:
    from cinctl.founding import blank_params
    from cinctl.protocol import load

    said = {text.partition("=")[0] for text in given}
    blank = blank_params(load(extends))
    return [f"{name}={click.prompt(f'{name}: {say}', err=True)}" for name, say in blank.items() if name not in said]


def _wanted(
    folder: Path,
    *,
    id_: str,
    title: str | None,
    extends: str | None,
    roles: Sequence[str],
    managers: Sequence[str],
    params: Sequence[str],
) -> tuple[Wanted, Protocol | None]:
    """Return what is wanted, and the protocol that it is laid over. Raises UsageError for what means nothing."""
    from cinctl.founding import Wanted, role
    from cinctl.protocol import bundled, load

    below = load(extends) if extends else None
    if extends and extends not in bundled():
        extends = Path(os.path.relpath(extends, folder)).as_posix()
    wanted = Wanted(
        id_,
        title or id_,
        extends,
        tuple(role(one, "--role") for one in roles),
        tuple(role(one, "--manager") for one in managers),
        _params(params, below),
    )
    wanted.check()
    return wanted, below


def _params(given: Sequence[str], below: Protocol | None) -> dict[str, Any]:
    """Return the values of *given*. Raises UsageError when *below* leaves more to fill in, or has no such param."""
    from cinctl.founding import blank_params

    blank = blank_params(below)
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        known = below.params if below is not None else {}
        if not equals or name not in known:
            raise UsageError(f"--param: '{text}' is not NAME=VALUE of a param below.{did_you_mean(name, known)}")
        found[name] = _typed(known[name].type, value, name)
    lacking = [f"{name} ({say})" for name, say in blank.items() if name not in found]
    if lacking:
        raise UsageError(f"the protocol below leaves to be filled in: {', '.join(lacking)}; say --param NAME=VALUE")
    return found


def _typed(type_: str, value: str, name: str) -> Any:
    from cinctl.calendar import parse_date

    try:
        if type_ == "date":
            return parse_date(value)
        if type_ == "number":
            return int(value)
        if type_ == "flag":
            return {"true": True, "false": False}[value.lower()]
    except (ValueError, KeyError):
        raise UsageError(f"--param {name}: '{value}' is not a {type_}") from None
    return value


def _check(text: str, file: str, folder: Path) -> None:
    """Raise ProtocolError where the file would not load: what was typed does not go together."""
    import tomllib

    from cinctl.protocol import load_tables
    from cinctl.rules import RuleBook

    RuleBook(load_tables(tomllib.loads(text), file=file, base=folder))


def _create(path: str, text: str) -> None:
    """Write *text* to *path*, which must not be there yet."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="\n") as f:
            f.write(text)
    except FileExistsError:
        raise UsageError(f"-o {path} is there already, and is left as it is: name a new file") from None
    except OSError as fault:
        raise SystemRefusedError(f"{path}: {fault.strerror or type(fault).__name__}") from fault


command = found_protocol
