"""`protocol new`: a file that lints clean, says what was asked for, and never takes another's place."""

from __future__ import annotations

import io
import stat
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from cinctl.cli import run
from cinctl.protocol import bundled

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

FILLED = {"bristol": ("--param", "inception=2025-01-06")}


@pytest.mark.parametrize("roles", [(), ("--role", "family-worker=Family worker", "--manager", "boss")])
@pytest.mark.parametrize("below", ["", *bundled()])
def test_it_lints_clean(bare: Desk, below: str, roles: tuple[str, ...]) -> None:
    """Over nothing and over each bundled protocol, with roles and without, lint has nothing to say of it."""
    extends = ("--extends", below) if below else ()
    result = bare.run("protocol", "new", "--id", "mine", *extends, *roles, *FILLED.get(below, ()), "-o", "mine.toml")

    assert (0, "") == (result.code, result.out)
    assert (0, "", "Nothing to say.\n") == bare.type("protocol lint mine.toml")
    assert 0o600 == stat.S_IMODE((bare.folder / "mine.toml").stat().st_mode)


def test_it_says_what_was_asked_for(bare: Desk) -> None:
    """Tables as given, inherited leads before the new one; comments between; on stdout without -o."""
    text = bare.run(
        *("protocol", "new", "--id", "mill", "--title", 'Mill "Brook"', "--extends", "bristol"),
        *("--role", "family-worker=Family worker", "--param", "inception=2025-01-06"),
    ).out
    tables = tomllib.loads(text)

    assert {"id": "mill", "title": 'Mill "Brook"', "extends": "bristol"} == tables["protocol"]
    assert {"family_worker": {"title": "Family worker"}} == tables["roles"]
    assert ["social_worker", "family_help_key_worker", "family_worker"] == tables["sets"]["lead"]
    assert "2025-01-06" == tables["params"]["inception"].isoformat()
    assert text.startswith("# ")
    assert "# [[gate]]" in text


def test_comments_are_rules_that_hold(bare: Desk) -> None:
    """Taken out of their comments, the gate, the clock and the disabled rule that it shows lint clean too."""
    text = bare.type("protocol new --id mine --extends working-together-2023").out
    head, mark, shown = text.partition("# A gate says")
    assert mark
    lines = (line.removeprefix("# ") for line in shown.split("\n") if line.startswith("# ") and not line.endswith(":"))
    (bare.folder / "mine.toml").write_text("\n".join([head, *lines]), encoding="utf-8")

    assert bare.type("protocol lint mine.toml").code == 0
    assert {"X-1", "X-2"} <= set(bare.type("--protocol mine.toml protocol explain -f ids").out.split())


def test_it_may_extend_a_file(bare: Desk) -> None:
    """A path to extend is written as it is found from the new file's folder."""
    (bare.folder / "base.toml").write_text('[protocol]\nid = "base"\nextends = "hampshire"\n', encoding="utf-8")
    (bare.folder / "sub").mkdir()
    bare.must("protocol new --id mine --extends base.toml -o sub/mine.toml")

    assert "../base.toml" == tomllib.loads((bare.folder / "sub" / "mine.toml").read_text())["protocol"]["extends"]
    assert 0 == bare.type("protocol lint sub/mine.toml").code


def test_nothing_is_overwritten(bare: Desk) -> None:
    """A file, or a link to nowhere, that is there already stays as it is: exit 2."""
    (bare.folder / "mine.toml").write_text("mine", encoding="utf-8")
    (bare.folder / "link.toml").symlink_to("nowhere.toml")

    for name in ("mine.toml", "link.toml"):
        result = bare.type(f"protocol new --id mine -o {name}")
        assert 2 == result.code
        assert "is there already" in result.err
    assert "mine" == (bare.folder / "mine.toml").read_text(encoding="utf-8")
    assert not (bare.folder / "nowhere.toml").exists()


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ((), 2, "without a terminal nothing is asked"),
        (("--id", "two words"), 2, "is not an id"),
        (("--id", "x", "--title", "a\u202eb"), 2, "characters that hide"),
        (("--id", "x", "--title", "two\nlines"), 2, "characters that hide"),
        (("--id", "x", "--role", "a b"), 2, "is not ID or ID=TITLE"),
        (("--id", "x", "--role", "a="), 2, "--role must be text"),
        (("--id", "x", "--extends", "bristl"), 5, "Did you mean 'bristol'?"),
        (("--id", "x", "--extends", "bristol"), 2, "inception (first day of the Key Worker posts)"),
        (("--id", "x", "--extends", "bristol", "--param", "inception=soon"), 2, "'soon' is not a date"),
        (("--id", "x", "--param", "inception=soon"), 2, "is not NAME=VALUE of a param below"),
        (("--id", "x", "-o", "no/such.toml"), 2, "there is no folder 'no'"),
    ],
)
def test_what_cannot_be_written(bare: Desk, args: tuple[str, ...], code: int, says: str) -> None:
    """What means nothing is told in a line, and no file is left behind."""
    result = bare.run("protocol", "new", *args)

    assert (code, "") == (result.code, result.out)
    assert says in result.err
    assert [] == list(bare.folder.iterdir())


class _Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        """Say that somebody is there."""
        return True


def test_it_asks_on_a_terminal(bare: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Id, title, what it extends, roles, and what that leaves to be filled in; the questions go to stderr."""
    answers = ["mill", "Mill", "bristol", "family_worker=Family worker", "2025-01-06"]
    monkeypatch.setattr(sys, "stdin", _Terminal("\n".join(answers) + "\n"))

    assert 0 == run(["protocol", "new"])
    told = capsys.readouterr()
    tables = tomllib.loads(told.out)
    assert ("mill", "Mill", "bristol") == tuple(tables["protocol"].values())
    assert {"family_worker": {"title": "Family worker"}} == tables["roles"]
    assert "inception" in tables["params"]
    assert "Extends" in told.err
