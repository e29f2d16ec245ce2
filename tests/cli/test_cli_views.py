"""Named views: `due @morning` is `due` with the options of `[views.morning]` in the config."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinctl.cli import cli
from cinctl.commands._views import _NAMES
from cinctl.config import VIEW_KEYS

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

TAKE_VIEWS = ("due", "list", "caseload")
NO_VIEW_HOLDS = frozenset({"cases", "exit_code", "watch", "as_json"})
"""What is no matter of a view: cases, and what is asked for with each call: an exit code, JSON, to keep watch."""


@pytest.fixture(name="views")
def _views(case: Desk) -> Desk:
    """A case, and a config with views."""
    config = case.folder / "cinctl.toml"
    config.write_text(
        config.read_text(encoding="utf-8")
        + """
[views.morning]
within = "5d"
columns = ["case", "due"]
sort = ["-due", "case"]
format = "csv"

[views.late]
overdue = true
format = "ids"

[views.open]
open = true
columns = ["case", "state"]
format = "tsv"
""",
        encoding="utf-8",
    )
    return case


def _add(desk: Desk, text: str) -> None:
    config = desk.folder / "cinctl.toml"
    config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_view_is_its_options(views: Desk) -> None:
    """The answer is that of the options typed out."""
    typed = views.type("due --within 5d --columns case,due --sort -due,case -f csv")

    assert typed == views.type("due @morning")
    assert typed.out.startswith("case,due\nR1,")


def test_what_is_typed_wins(views: Desk) -> None:
    """An option on the command line counts in place of the view's, and --json in place of its format."""
    assert views.type("due --within 5d --columns case --sort -due,case -f csv") == views.type(
        "due --columns case @morning"
    )
    assert ["R1"] == [row["case"] for row in views.type("due @morning --json").json]
    assert views.type("list --open --columns case,state -f tsv") == views.type("list @open")


def test_a_view_for_people_in_a_format_for_programs(views: Desk) -> None:
    """How late in words is a column of tables: where another format is typed, the rest of the view's columns stay."""
    _add(views, '[views.people]\ncolumns = ["case", "lateness"]\n[views.words]\ncolumns = ["lateness"]\n')

    assert ["case", "lateness"] == views.type("due @people").out.splitlines()[0].split()
    assert [["case"]] == [list(row) for row in views.type("due @people --json").json]
    assert "R1\n" == views.type("due @people -f ids").out
    assert "case\nR1\n" == views.type("due @people -f csv").out
    assert views.type("due --json") == views.type("due @words --json")


def test_a_view_as_a_calendar(views: Desk) -> None:
    """A calendar has no columns and no order of them: the view's are left aside where it is typed."""
    expected = views.type("due --within 5d -f ics")

    assert (0, "BEGIN:VCALENDAR") == (expected.code, expected.out[:15])
    assert expected == views.type("due @morning -f ics")
    assert (2, "") == views.type("due @morning -f ics --columns case")[:2]


def test_a_view_beside_cases(views: Desk) -> None:
    """Cases narrow a view, wherever it stands among them; after -- every word is a case."""
    expected = views.type("due R1 --within 5d --columns case,due --sort -due,case -f csv")

    assert expected == views.type("due R1 @morning")
    assert expected == views.type("due @morning R1")
    assert expected == views.type("due @morning -- R1")
    assert (2, "") == views.type("due -- @morning")[:2]
    assert "@morning" in views.type("due -- @morning").err


def test_a_set_of_roles_is_no_view(views: Desk) -> None:
    """The value of an option may begin with @: it is no view."""
    assert views.type("due --owner manager --json") == views.type("due --owner @manager --json")


def test_of_another_config(views: Desk) -> None:
    """The view is that of the config which --config names, on either side of the command, or CINCTL_CONFIG."""
    other = views.folder / "other.toml"
    other.write_text('protocol = "small.toml"\n[views.mine]\nformat = "ids"\n', encoding="utf-8")
    expected = "R1\n"

    assert expected == views.type("--config other.toml due @mine").out
    assert expected == views.type("due @mine --config other.toml").out
    assert expected == views.type("due --config=other.toml @mine").out
    views.patch.setenv("CINCTL_CONFIG", "other.toml")
    assert expected == views.type("due @mine").out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("due @mornin", ["no view '@mornin'", "Did you mean 'morning'?", "@late, @morning, @open"]),
        ("due @morning @late", ["one view at a time: @morning or @late"]),
    ],
)
def test_no_such_view(views: Desk, line: str, words: list[str]) -> None:
    """A view that there is not is wrong usage; the message says which there are."""
    result = views.type(line)

    assert (2, "") == result[:2]
    for word in words:
        assert word in result.err


def test_without_a_config(bare: Desk) -> None:
    """Without a config there is no view, and the message says where it would stand."""
    result = bare.type("due @morning")

    assert (2, "") == result[:2]
    assert "[views.morning]" in result.err


def test_what_the_command_does_not_take(views: Desk) -> None:
    """A view of another command is a fault of the config."""
    result = views.type("list @late")

    assert (5, "") == result[:2]
    assert "view 'late': 'cinctl list' takes no 'overdue'" in result.err


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ('format = "tabel"', "view 'bad': format: 'tabel' is not one of"),
        ('within = "5q"', "view 'bad': within: "),
        ('format = "ics"\ncolumns = ["case"]', "view 'bad': columns and sort mean nothing to ics"),
        ('format = "ics"\nsort = ["case"]', "view 'bad': columns and sort mean nothing to ics"),
        ('columns = ["cas"]', "view 'bad': columns: there is no column 'cas'. Did you mean 'case'?"),
        ('sort = ["-cas"]', "view 'bad': sort: there is no column 'cas'."),
        ('lead = "nobody"', "view 'bad': lead: 'nobody' is not in the staff register."),
        ('unit = "Z"', "view 'bad': unit: 'Z' is not the unit"),
        ('rule = "SML-9"', "view 'bad': rule: no clock of small"),
    ],
)
def test_a_bad_value_is_a_fault_of_the_config(views: Desk, held: str, words: str) -> None:
    """What is wrong with a value is exit 5, and names config, view and key."""
    _add(views, f"[views.bad]\n{held}\n")

    result = views.type("due @bad")

    assert (5, "") == result[:2]
    assert words in result.err
    assert "cinctl.toml" in result.err


def test_a_bad_value_that_was_typed_is_wrong_usage(views: Desk) -> None:
    """Beside a view, what the command line says wrongly is the command line's fault."""
    assert 2 == views.type("due @morning --columns cas").code
    assert 2 == views.type("due @morning --within 5q").code
    assert 2 == views.type("due @morning -f tabel").code
    assert 2 == views.type("due @morning R9").code


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("views = 3\n", "'views' must be tables, such as [views.morning]"),
        ("[views]\nmorning = 3\n", "'views.morning' must be a table"),
        ('[views."a b"]\n', "'views.a b': a view's name is letters"),
        ("[views.x]\noverdu = true\n", "unknown key 'views.x.overdu'. Did you mean 'overdue'?"),
        ('[views.x]\nactor = "sw1"\n', "'actor' is no option of a view: put it at the top of the file"),
        ('[views.x]\noverdue = "yes"\n', "'views.x.overdue' must be true or false"),
        ("[views.x]\nwithin = 5\n", "'views.x.within' must be text"),
        ('[views.x]\nwithin = ""\n', "'views.x.within' must be text"),
        ('[views.x]\ncolumns = "case"\n', "'views.x.columns' must be a list of names"),
        ('[views.x]\ncolumns = ["case,due"]\n', "'views.x.columns' must be a list of names"),
        ("[views.x]\nsort = []\n", "'views.x.sort' must be a list of names"),
    ],
)
def test_views_are_checked_when_the_config_is_read(bare: Desk, table: str, words: str) -> None:
    """A view that cannot be meant so is told by every command that reads the config."""
    (bare.folder / "cinctl.toml").write_text(table, encoding="utf-8")

    result = bare.type("list")

    assert (5, "") == result[:2]
    assert words in result.err


@pytest.mark.parametrize("name", TAKE_VIEWS)
def test_every_option_can_stand_in_a_view(name: str) -> None:
    """A view may hold each option of the commands that take one, but for those that are named here."""
    with click.Context(cli) as ctx:
        command = cli.get_command(ctx, name)
    assert command is not None
    params = {p.name for p in command.params if getattr(p, "expose_value", True)} - NO_VIEW_HOLDS

    assert set() == params - {_NAMES.get(key, key) for key in VIEW_KEYS}


def test_every_key_is_an_option() -> None:
    """No view can hold what no command takes."""
    with click.Context(cli) as ctx:
        commands = [cli.get_command(ctx, name) for name in TAKE_VIEWS]
    params = {p.name for command in commands if command is not None for p in command.params}

    assert set() == {_NAMES.get(key, key) for key in VIEW_KEYS} - params


WORDS = st.sampled_from(["R1", "@morning", "--overdue", "--owner", "@manager", "-f", "csv", "--", "@", "--unit=A", "-"])


@given(st.lists(WORDS, max_size=5))
def test_words_are_parted_as_they_are_parsed(words: list[str]) -> None:
    """Whatever stands where: without its views a command line is what it was, and no option's value is taken."""
    from cinctl.commands._views import _parted

    with click.Context(cli) as ctx:
        command = cli.get_command(ctx, "due")
        assert command is not None
        try:
            kept, names, _ = _parted(command, click.Context(command), words)
        except click.UsageError:
            return
        found, _, _ = command.make_parser(click.Context(command)).parse_args(list(kept))
        whole, _, _ = command.make_parser(click.Context(command)).parse_args(list(words))

    def cases(of: dict[str, object]) -> list[str]:
        said = of.get("cases")
        return list(said) if isinstance(said, tuple) else []

    assert {k: v for k, v in whole.items() if k != "cases"} == {k: v for k, v in found.items() if k != "cases"}
    assert len(cases(whole)) == len(cases(found)) + len(names)
