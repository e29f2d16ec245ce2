"""Imports point one way: commands to workspace to domain and store; the store and the domain to nothing above them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "cinctl"

# What a user meets: these may import anything of ours. All else that is no store, and not the workspace, is the domain.
SHELL = frozenset(
    f"cinctl.{name}"
    for name in (
        "__main__", "cli", "config", "doctor", "option_types", "render", "screen", "serving", "session", "shell",
        "stories", "topics",
    )
)  # fmt: skip
WORKSPACE = "cinctl.workspace"
# The library is a front of the workspace, as the command line is; `cinctl` itself only names what is in it.
LIBRARY = "cinctl.api"
ABOVE_THE_DOMAIN = ("click", "tabulate", WORKSPACE, LIBRARY, "cinctl.commands", "cinctl.store", *SHELL)
CLOCKS = frozenset({"now", "utcnow", "today", "time"})

# Commands that make, fill or check a store as a file rather than read a history.
OPENS_A_STORE = frozenset(
    f"cinctl.commands.{name}" for name in ("init", "verify", "import_._bringing", "seal", "repair")
)


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def _imports(name: str) -> Iterator[str]:
    """Yield what a module imports, wherever in it; of `from a import b`, both `a` and `a.b`."""
    for node in ast.walk(_tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _under(name: str, packages: tuple[str, ...] | frozenset[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _is_demo(name: str) -> bool:
    return _under(name, ("cinctl.demo",))


DOMAIN = [
    name
    for name in MODULES
    if name != "cinctl" and not _under(name, SHELL | {WORKSPACE, LIBRARY, "cinctl.commands", "cinctl.store"})
    if not _is_demo(name)
]
STORE = [name for name in MODULES if _under(name, ("cinctl.store",))]
COMMANDS = [name for name in MODULES if _under(name, ("cinctl.commands",))]


def test_layers_are_what_they_seem() -> None:
    """The lists below are not empty by a slip: each layer has the modules that it is known for."""
    assert {"cinctl.facts", "cinctl.clocks", "cinctl.casebook", "cinctl.formats.census", "cinctl.results"} <= set(
        DOMAIN
    )
    assert "cinctl.store.log" in STORE
    assert "cinctl.commands.due" in COMMANDS


@pytest.mark.parametrize("name", DOMAIN)
def test_domain_knows_nothing_above_it(name: str) -> None:
    """The domain imports no Click, no command, no store, and nothing that prints."""
    assert [] == [found for found in _imports(name) if _under(found, ABOVE_THE_DOMAIN)]


@pytest.mark.parametrize("name", DOMAIN)
def test_domain_prints_nothing_and_has_no_clock(name: str) -> None:
    """No module of the domain asks what time it is, or prints: both are given to it or asked of it."""
    calls = [node.func for node in ast.walk(_tree(name)) if isinstance(node, ast.Call)]
    asked = [f.attr for f in calls if isinstance(f, ast.Attribute) and f.attr in CLOCKS]

    assert [] == asked
    assert "time" not in set(_imports(name))
    assert "print" not in [f.id for f in calls if isinstance(f, ast.Name)]


@pytest.mark.parametrize("name", STORE)
def test_store_knows_errors_only(name: str) -> None:
    """The store imports nothing of ours but itself, the errors, and the digests, which import nothing."""
    ours = [found for found in _imports(name) if _under(found, ("cinctl", "click"))]

    assert [] == [found for found in ours if not _under(found, ("cinctl.store", "cinctl.errors", "cinctl.digests"))]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in OPENS_A_STORE])
def test_command_reaches_the_store_through_the_workspace(name: str) -> None:
    """A command imports no module of the store, but for the few that make or check one."""
    assert [] == [found for found in _imports(name) if _under(found, ("cinctl.store",))]


def test_the_library_knows_no_command() -> None:
    """The library imports no Click and nothing of the command line."""
    above = ("click", "tabulate", "cinctl.commands", *SHELL)

    assert [] == [found for found in _imports(LIBRARY) if _under(found, above)]


def test_every_module_says_what_it_is_for() -> None:
    """Every module that holds anything begins with a docstring."""
    assert [] == [name for name in MODULES if _tree(name).body and not ast.get_docstring(_tree(name))]
