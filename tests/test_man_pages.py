"""Manual pages: one for the whole and one for each command, made from the help, in which no reader of roff stumbles."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from cinctl import __version__
from cinctl.errors import EXIT_CODES
from cinctl.topics.environment import OTHERS, OURS
from tests.cli.test_cli_help import EVERY

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "man"
MACROS = {".TH", ".SH", ".SS", ".PP", ".TP", ".nf", ".fi"}
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"]
PAGES = {path: FOLDER / f"{'-'.join(('cinctl', *path))}.1" for path in EVERY}


def _text(path: tuple[str, ...]) -> str:
    return PAGES[path].read_text(encoding="utf-8")


def _tool(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    spec = spec_from_file_location("man_pages", ROOT / "tools" / "man_pages.py")
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_a_page_for_each_command() -> None:
    """Every command has its page, and there is no other."""
    assert sorted(page.name for page in PAGES.values()) == sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: " ".join(path) or "cinctl")
def test_page(path: tuple[str, ...]) -> None:
    """A page is ASCII, uses macros that every reader knows, has the usual sections, and every option and example."""
    text = _text(path)
    lines = text.splitlines()
    requests = {line.split(" ")[0] for line in lines if line.startswith((".", "'")) and not line.startswith('.\\"')}
    plain = text.replace("\\-", "-").replace("\\(aq", "'").replace("\\(ti", "~").replace("\\e", "\\")
    command: Any = EVERY[path]

    assert text.isascii()
    assert requests <= MACROS
    assert [s for s in re.findall(r"(?m)^\.SH (.+)$", text) if s not in ("COMMANDS", "FILES")] == SECTIONS
    assert __version__ in lines[1]
    for param in command.params:
        if not getattr(param, "hidden", True):
            assert all(f"{name}" in plain for name in param.opts), param.opts
    for example in command.examples:
        assert example in plain
    for code in EXIT_CODES:
        assert f"\\fB{code}\\fR" in text


def test_root_tells_the_environment() -> None:
    """The page of the whole lists every variable."""
    for name in OURS | OTHERS:
        assert f"\\fB{name}\\fR" in _text(())


def test_references_are_there() -> None:
    """Every page that another refers to exists."""
    for path in PAGES:
        for name in re.findall(r"\\fB([a-z\\-]+)\\fR\(1\)", _text(path)):
            assert (FOLDER / f"{name.replace(chr(92), '')}.1").is_file(), name


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("--by", "\\-\\-by"),
        (".hidden", "\\&.hidden"),
        ("'x' and `y`", "\\(aqx\\(aq and \\(gay\\(ga"),
        ("a\\b", "a\\eb"),
        ("~/x^2", "\\(ti/x\\(ha2"),
        ("§ 5", "\\[u00A7] 5"),
    ],
)
def test_escapes(monkeypatch: pytest.MonkeyPatch, text: str, made: str) -> None:
    """What roff would act on, or show as another character, is escaped."""
    assert made == _tool(monkeypatch).escaped(text)


def test_date_is_that_of_the_release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The date comes from the changelog, whatever the day: none before the release."""
    tool = _tool(monkeypatch)
    changelog = tmp_path / "CHANGELOG.md"
    monkeypatch.setattr(tool, "CHANGELOG", changelog)
    changelog.write_text(f"## {__version__} - unreleased\n", encoding="utf-8")
    before = dict(tool.pages())["cinctl.1"].splitlines()[1]
    changelog.write_text(f"## {__version__} - 2026-12-01\n", encoding="utf-8")
    after = dict(tool.pages())["cinctl.1"].splitlines()[1]

    assert '"" ' in before
    assert '"2026-12-01"' in after


def _lint(*command: str) -> list[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    pages = map(str, PAGES.values())
    done = subprocess.run([*command, *pages], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return [line for line in (done.stdout + done.stderr).splitlines() if "missing date" not in line]


def test_mandoc_has_nothing_to_say() -> None:
    """The strictest reader finds nothing but that a version which is not released has no date."""
    assert [] == [line for line in _lint("mandoc", "-Tlint") if "longer than 80" not in line]


def test_groff_has_nothing_to_say() -> None:
    """Nor does the reader that most systems use, all warnings asked for."""
    assert [] == _lint("groff", "-man", "-ww", "-z")
