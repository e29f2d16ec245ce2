"""What a command imports is a choice: the commands that are run in loops hold to a list.

The list of our own modules is tests/data/start_up.json. `python tools/print_start_up.py > tests/data/start_up.json`
writes it anew: shorter is welcome, longer is to be seen in a review.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
LISTED = ROOT / "tests" / "data" / "start_up.json"

NEVER = frozenset(
    {
        "argparse", "ast", "asyncio", "attr", "attrs", "cattr", "cattrs", "concurrent", "csv", "ctypes", "dataclasses",
        "decimal", "difflib", "dis", "email", "hypothesis", "importlib.metadata", "importlib.resources", "logging",
        "multiprocessing", "pathlib", "pickle", "pprint", "random", "socket", "sqlite3", "ssl", "subprocess",
        "tabulate", "tempfile", "threading", "tomli_w", "tomllib", "traceback", "typing_extensions", "unicodedata",
        "unittest", "urllib", "xml", "zipfile",
    }
)  # fmt: skip
"""What costs time. None of the commands imports any of it, where Click does not, but for what is allowed below."""

ALLOWED = {
    "--version": frozenset[str](),
    "--help": frozenset[str](),
    # The cache is SQLite.
    "due --json": frozenset({"sqlite3"}),
    "supervise": frozenset({"sqlite3"}),
}


OF_A_TERMINAL = frozenset(
    {"bz2", "compression", "encodings", "fnmatch", "locale", "lzma", "shutil", "textwrap", "zlib"}
)
"""What Click imports once it writes: how wide the terminal is, and in which encoding."""


def _tool() -> Any:
    spec = spec_from_file_location("print_start_up", ROOT / "tools" / "print_start_up.py")
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module", name="tool")
def _the_tool() -> Any:
    """The tool that writes the list."""
    return _tool()


@pytest.fixture(scope="module", name="imported")
def _imported(tool: Any) -> dict[str, list[str]]:
    """Every module that each of the commands imports."""
    found: Callable[[], dict[str, list[str]]] = tool.imported
    return found()


@pytest.fixture(scope="module", name="of_click")
def _of_click() -> frozenset[str]:
    """What `import click` imports, and the help of a command of Click's own."""
    asked = (
        "import sys, click, click.shell_completion\nclick.Command('x').get_help(click.Context(click.Command('x')))\n"
    )
    done = subprocess.run([sys.executable, "-c", f"{asked}print(*sys.modules)"], capture_output=True, check=True)
    return frozenset(done.stdout.decode().split())


def test_our_own_modules(tool: Any, imported: dict[str, list[str]]) -> None:
    """Each command imports those modules of ours that are listed for it, and no other."""
    listed = json.loads(LISTED.read_text(encoding="utf-8"))

    assert listed == {what: tool.ours(modules) for what, modules in imported.items()}


@pytest.mark.parametrize("command", sorted(ALLOWED))
def test_nothing_that_costs_time(command: str, imported: dict[str, list[str]], of_click: frozenset[str]) -> None:
    """No command imports what is slow to import, but for what it is allowed."""
    found = {module for module in imported[command] if module not in of_click and not module.startswith("cinctl")}
    slow = {name for module in found for name in (module, module.partition(".")[0]) if name in NEVER}

    assert sorted(ALLOWED[command]) == sorted(slow)


@pytest.mark.parametrize("command", ["--version", "--help"])
def test_nothing_but_click(command: str, imported: dict[str, list[str]], of_click: frozenset[str]) -> None:
    """What answers without a store imports little beside Click: where the terminal's encoding is asked for."""
    found = {m.partition(".")[0].lstrip("_") for m in imported[command] if m not in of_click}

    # gc is part of the interpreter: nothing is loaded for it.
    assert found <= OF_A_TERMINAL | {"cinctl", "click", "gc"}
