"""Where settings come from, and which of them wins."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from cinctl.config import FILE_NAME, KEYS, PROTOCOL_TABLES, find, load, parsed, settings, user_folder
from cinctl.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A folder with nothing above it that could be a config."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def _write(folder: Path, text: str, name: str = FILE_NAME) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults(folder: Path) -> None:
    """With nothing said, the store is cases.jsonl here, and no protocol is chosen."""
    found = settings({}, {}, NOW, folder)

    assert str(folder / "cases.jsonl") == found.store
    assert (found.protocol, found.config_tables, found.actor, found.today) == (None, None, None, None)
    assert (found.lock_timeout, found.due_soon, found.now) == (30.0, "0 days", NOW)


def test_config_is_found_above(folder: Path) -> None:
    """The config of a parent folder holds; its relative paths start from its own folder."""
    _write(folder, 'store = "data/log.jsonl"\nprotocol = "ours/p.toml"\nactor = "kw1"\nlock_timeout = 5\n')
    below = folder / "a" / "b"
    below.mkdir(parents=True)

    found = settings({}, {}, NOW, below)

    assert str(folder / "data" / "log.jsonl") == found.store
    assert str(folder / "ours" / "p.toml") == found.protocol
    assert (str(folder / FILE_NAME), "kw1", 5) == (found.config, found.actor, found.lock_timeout)


def test_bundled_id_is_no_path(folder: Path) -> None:
    """A protocol that looks like no path stays an id."""
    _write(folder, 'protocol = "bristol"\n')

    assert settings({}, {}, NOW, folder).protocol == "bristol"


def test_nearest_config_wins(folder: Path) -> None:
    """A config here hides one above."""
    _write(folder, 'protocol = "above"\n')
    here = folder / "here"
    _write(here, 'protocol = "near"\n')

    assert str(here / FILE_NAME) == find(here, {})


def test_config_of_the_user(folder: Path, tmp_path: Path) -> None:
    """Without one here or above, the user's config folder is asked, absolute XDG_CONFIG_HOME first."""
    path = _write(tmp_path / "xdg" / "cinctl", 'protocol = "bristol"\n')

    assert str(path) == find(folder, {"XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    assert find(folder, {"XDG_CONFIG_HOME": "xdg"}) is None
    assert find(folder, {}) is None


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"HOME": "/home/k"}, "/home/k/.config/cinctl"),
        ("darwin", {"HOME": "/Users/k"}, "/Users/k/Library/Application Support/cinctl"),
        ("win32", {"APPDATA": "C:/Users/k/AppData"}, "C:/Users/k/AppData/cinctl"),
        ("win32", {}, None),
        ("linux", {}, None),
    ],
)
def test_user_folder_by_platform(
    monkeypatch: pytest.MonkeyPatch, platform: str, environ: dict[str, str], expected: str | None
) -> None:
    """Each platform has its own place."""
    monkeypatch.setattr("sys.platform", platform)
    found = user_folder(environ)

    assert expected == (Path(found).as_posix() if found else None)


CONFIG = 'store = "c.jsonl"\nprotocol = "of-config"\nactor = "of-config"\nlock_timeout = 1\n'
ENVIRON = {
    "CINCTL_STORE": "e.jsonl",
    "CINCTL_PROTOCOL": "of-env",
    "CINCTL_ACTOR": "of-env",
    "CINCTL_TODAY": "2026-01-02",
}
FLAGS: dict[str, Any] = {"store": "f.jsonl", "protocol": "of-flag", "today": date(2026, 1, 3), "lock_timeout": 3.0}


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        ({}, {}, ("c.jsonl", "of-config", "of-config", None, 1)),
        ({}, ENVIRON, ("e.jsonl", "of-env", "of-env", date(2026, 1, 2), 1)),
        (FLAGS, ENVIRON, ("f.jsonl", "of-flag", "of-env", date(2026, 1, 3), 3.0)),
        ({}, dict.fromkeys(ENVIRON, ""), ("c.jsonl", "of-config", "of-config", None, 1)),
    ],
    ids=["config", "environment", "flags", "empty environment"],
)
def test_precedence(folder: Path, given: dict[str, Any], environ: dict[str, str], expected: tuple[Any, ...]) -> None:
    """Flags win over the environment, that over the config, that over the defaults; an empty variable says nothing."""
    _write(folder, CONFIG)

    found = settings(given, environ, NOW, folder)

    assert expected == (Path(found.store).name, found.protocol, found.actor, found.today, found.lock_timeout)


@pytest.mark.parametrize("how", ["flag", "environment"])
def test_config_by_name(folder: Path, how: str) -> None:
    """--config and CINCTL_CONFIG name the file; one that is not there is an error."""
    path = _write(folder, 'actor = "kw1"\n', "other.toml")

    def named(name: str) -> Any:
        return settings(*(({"config": name}, {}) if how == "flag" else ({}, {"CINCTL_CONFIG": name})), NOW, folder)

    assert (str(path), "kw1") == (named("other.toml").config, named("other.toml").actor)
    with pytest.raises(ConfigError, match=r"there is no config 'nowhere\.toml'"):
        named("nowhere.toml")


def test_whole_protocol_in_the_config(folder: Path) -> None:
    """With a [protocol] table the file is a whole protocol, without the keys that are the config's own."""
    _write(folder, 'store = "s"\n[protocol]\nid = "x"\n[sets]\nlead = ["a"]\n')

    found = settings({}, {}, NOW, folder)

    assert found.protocol is None
    assert found.config_tables == {"protocol": {"id": "x"}, "sets": {"lead": ["a"]}}


def test_flag_sets_the_protocol_of_the_config_aside(folder: Path) -> None:
    """--protocol wins over a whole protocol in the config too."""
    _write(folder, '[protocol]\nid = "x"\n')

    found = settings({"protocol": "bristol"}, {}, NOW, folder)

    assert (found.protocol, found.config_tables) == ("bristol", None)


BAD = [
    ('stor = "x"', "unknown key 'stor'. Did you mean 'store'?"),
    ("store = 3", "'store' must be text on one line"),
    ('store = " "', "'store' must be text on one line"),
    ('store = "a\\u0000b"', "'store' must be text on one line"),
    ("protocol = 3", "'protocol' must be text on one line"),
    ("actor = []", "'actor' must be text on one line"),
    ("lock_timeout = -1", "'lock_timeout' must be a number of seconds"),
    ("lock_timeout = true", "'lock_timeout' must be a number of seconds"),
    ("lock_timeout = nan", "'lock_timeout' must be a number of seconds"),
    ('due_soon = "soon"', "'due_soon' must be a duration"),
    ("due_soon = 3", "'due_soon' must be text such as \"3 days\""),
    ('[sets]\nlead = ["a"]', "'sets' belongs to a protocol"),
    ("store = ", "not valid TOML"),
    ('[clok]\na = 1\n[protocol]\nid = "x"', "Did you mean 'clock'?"),
]


@pytest.mark.parametrize(("text", "words"), BAD, ids=[text for text, _ in BAD])
def test_bad_config(folder: Path, text: str, words: str) -> None:
    """Each fault names the file and says what is wrong."""
    path = _write(folder, text)

    with pytest.raises(ConfigError) as caught:
        load(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_all_faults_of_a_config_at_once(folder: Path) -> None:
    """Three faults are three lines."""
    path = _write(folder, 'stor = "x"\nactor = 3\nlock_timeout = "long"\n')

    with pytest.raises(ConfigError) as caught:
        load(path)

    assert len(str(caught.value).splitlines()) == 3


_NEARLY = st.sampled_from(
    [
        *(
            'a = "b"',
            'a="b"',
            'ab_c = ""',
            "# a",
            "",
            " ",
            'a = "b" # c',
            'a = "\\n"',
            'a = """',
            "a = 'b'",
            "a = 1",
            "[a]",
        ),
        *(
            'é = "b"',
            '1 = "b"',
            'a.b = "c"',
            'a = "b"\r',
            "# \x7f",
            'a = "\x00"',
            'a = "b" "c"',
            '"a" = "b"',
            'a = "é"',
        ),
    ]
)
_ANY_LINE = st.tuples(st.sampled_from("abc"), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)).map(
    lambda pair: f'{pair[0]} = "{pair[1]}"'
)


@any_of(st.lists(_NEARLY | _ANY_LINE, max_size=4).map("\n".join))
def test_a_config_is_toml_however_it_is_read(text: str) -> None:
    """Plain lines are read without a parser: they mean what TOML says, and what TOML refuses is refused."""
    try:
        expected: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        expected = ValueError
    try:
        found: object = parsed(text)
    except ValueError:
        found = ValueError

    assert expected == found


def test_plain_lines_take_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `init` writes is read at once."""
    monkeypatch.setattr(tomllib, "loads", None)

    assert {"protocol": "bristol", "store": "cases.jsonl"} == parsed(
        '# a\nprotocol = "bristol"\nstore = "cases.jsonl"\n'
    )


def test_config_that_is_not_utf_8(folder: Path) -> None:
    """Bytes that are no UTF-8 are told as such."""
    path = folder / FILE_NAME
    path.write_bytes(b'actor = "\xff"\n')

    with pytest.raises(ConfigError, match="not valid TOML"):
        load(path)


def test_bad_day_in_the_environment(folder: Path) -> None:
    """CINCTL_TODAY that is no date is wrong usage and names itself."""
    with pytest.raises(UsageError, match="CINCTL_TODAY"):
        settings({}, {"CINCTL_TODAY": "today"}, NOW, folder)


def test_keys_are_told_apart() -> None:
    """No key is both the config's own and a table of a protocol."""
    assert not set(KEYS) & set(PROTOCOL_TABLES)


def test_bad_config_is_exit_5(case: Desk) -> None:
    """Through the command line a bad config is exit 5, whatever the command."""
    _write(case.folder, 'stor = "x"\n')

    result = case.type("list")

    assert (result.code, result.out) == (5, "")
    assert result.err.endswith("Did you mean 'store'?\n")


def test_global_options_before_and_after(case: Desk) -> None:
    """A global option may stand on either side of the command; the later one wins."""
    case.must("--store other.jsonl init --store other.jsonl --protocol small.toml --config other.toml")

    before, after = case.type("--store other.jsonl list --json"), case.type("list --json --store other.jsonl")
    both = case.type("--store other.jsonl list --json --store cases.jsonl")

    assert (before.json, after.json) == ([], [])
    assert [row["case"] for row in both.json] == ["R1"]


def test_actor_of_the_environment(case: Desk) -> None:
    """Who acts: --by, else CINCTL_ACTOR, else the config, else nobody."""
    case.must("note R1 --text T")
    case.patch.setenv("CINCTL_ACTOR", "sw1")
    case.must("note R1 --text T")
    case.must("note R1 --text T --by tm1")

    assert [row["by"] for row in case.type("history R1 --json").json][1:] == [None, "sw1", "tm1"]


def test_example_config_shows_every_key() -> None:
    """config.example.toml loads as it stands, is a whole protocol, and speaks of every key of a config."""
    path = Path(__file__).parents[2] / "config.example.toml"
    text = path.read_text(encoding="utf-8")

    found = load(path)

    assert isinstance(found["protocol"], dict)
    for key in KEYS:
        assert f"\n{key} = " in text or f"\n# {key} = " in text or f"\n[{key}." in text, key
