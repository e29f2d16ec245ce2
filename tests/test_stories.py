"""The stories: the bundled protocols' own, and the one that tests the protocol in config.example.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from cinctl.cli import run
from cinctl.config import KEYS
from cinctl.protocol.shape import BESIDE

ROOT = Path(__file__).resolve().parent.parent
STORIES = sorted((ROOT / "tests" / "stories").glob("*.toml"))


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_story(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What should come of each step of the story comes of it."""
    code = run(["protocol", "test", str(story)])

    assert 0 == code, capsys.readouterr().out


@pytest.mark.parametrize("number", ["s01", "s02", "s20"])
def test_worked_story_is_told(number: str) -> None:
    """The worked stories of Bristol's lifecycle are among them."""
    assert [story for story in STORIES if story.stem.startswith(number)]


def test_story_that_goes_otherwise_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A story whose expectation is wrong is exit 1, and says what came instead."""
    text = (ROOT / "tests" / "stories" / "s02a-one-working-day-over-easter.toml").read_text(encoding="utf-8")
    (tmp_path / "s02a.toml").write_text(text.replace("due = 2025-04-22", "due = 2025-04-21"), encoding="utf-8")

    code = run(["protocol", "test", str(tmp_path)])

    assert 1 == code
    assert "2025-04-22" in capsys.readouterr().out


def test_story_of_the_example_config(capsys: pytest.CaptureFixture[str]) -> None:
    """The gates and clocks of config.example.toml do what its story tells."""
    code = run(["protocol", "test", str(ROOT / "examples" / "story.toml")])

    assert 0 == code, capsys.readouterr().out


def test_config_keys_beside_a_protocol_are_no_part_of_it() -> None:
    """A file that is both config and protocol is read as either: the loader knows the config's keys."""
    assert set(KEYS) - {"protocol"} == BESIDE


def test_example_config_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands, it is a config under which lint has nothing to say."""
    code = run(["--config", str(ROOT / "config.example.toml"), "protocol", "lint"])

    assert 0 == code
    assert "" == capsys.readouterr().out
