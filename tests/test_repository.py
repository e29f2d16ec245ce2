"""The repository itself, as cloned: its links, and what its files must not speak of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Split, so that this file does not hold them itself.
UNWANTED = (
    f"{ROOT}/",
    f"{Path.home()}/",
    "file" + "s.python" + "hosted.org",
    "py" + "pi.org",
    "index" + "-url",
)


def _files() -> list[str]:
    """Return the files that are in the repository, or would be once added."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in found.stdout.splitlines() if (ROOT / name).is_file() and not name.endswith(".xml")]


@pytest.mark.parametrize("name", ["commands", "store"])
def test_link_resolves(name: str) -> None:
    """The top-level `commands` and `store` are relative links to the packages that hold them."""
    link = ROOT / name

    assert link.is_symlink()
    assert f"cinctl/{name}" == str(link.readlink())
    assert (ROOT / "cinctl" / name).resolve() == link.resolve(strict=True)
    assert (link / "__init__.py").is_file()


def test_linter_does_not_walk_the_links() -> None:
    """Ruff sees each module once."""
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    seen = [Path(name).relative_to(ROOT).as_posix() for name in found]

    assert "cinctl/commands/due.py" in seen
    assert [] == [name for name in seen if name.startswith(("commands/", "store/"))]


def test_no_file_speaks_of_a_machine() -> None:
    """No path of anybody's machine, and no package host, stands in a file of the repository."""
    names = _files()
    found = []
    for name in names:
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        found += [f"{name}: {word}" for word in UNWANTED if word in text]

    assert "README.md" in names
    assert [] == found


def test_there_is_no_lock_file() -> None:
    """No file pins where packages are to be had."""
    assert [] == [name for name in _files() if name.endswith((".lock", "requirements.txt"))]


def test_ci_is_executable() -> None:
    """.ci/run can be run as it is."""
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
