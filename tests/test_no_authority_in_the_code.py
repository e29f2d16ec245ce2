"""Nothing about any one authority is in Python: a new one writes TOML."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import cinctl
from cinctl.protocol import bundled, load

PACKAGE = Path(cinctl.__file__).parent
GENERAL = {"working-together-2023"}
GENERIC = {"social_worker", "manager"}
PROTOCOLS = {name: load(name) for name in bundled()}
NATIONAL = PROTOCOLS["working-together-2023"]


def local_words() -> set[str]:
    """Return the authorities' names, and the roles, sets, params, trainings, services and tags that are theirs."""
    words = set(PROTOCOLS) - GENERAL
    general = {word for codes in NATIONAL.codes.values() for word in codes}
    for protocol in PROTOCOLS.values():
        words |= set(protocol.roles) - GENERIC
        words |= set(protocol.params) | set(protocol.training)
        words |= {w for name in ("service", "audit_tag", "topic") for w in protocol.codes.get(name, {})} - general
        words |= set(protocol.sets) - set(NATIONAL.sets)
    return {word for word in words if word in PROTOCOLS or "_" in word}


def spoken(tree: ast.Module) -> Iterator[str]:
    """Yield the names and texts that a module works with: no docstrings, and no command lines that help shows."""
    docs = {id(doc) for node in ast.walk(tree) if (doc := docstring(node)) is not None}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield "" if re.search(r"cinctl | --", node.value) else node.value


def docstring(node: ast.AST) -> ast.Constant | None:
    """Return the docstring of *node*, when it has one."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return first.value
    return None


def test_the_words_looked_for_are_there() -> None:
    """The search below looks for what the protocols say now."""
    words = local_words()
    assert {"bristol", "torbay", "hampshire", "kw_led"} <= words
    assert {"family_help_key_worker", "community_care_worker", "social_care_practitioner"} <= words
    assert {"consultant_social_worker", "advanced_social_worker"} <= words


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_authority_is_in_the_code(path: Path) -> None:
    """Neither a name nor a text that the code works with names an authority, or a word of its own."""
    said = "\n".join(spoken(ast.parse(path.read_text(encoding="utf-8"))))
    pattern = r"(?i)(?<![a-z0-9])(" + "|".join(sorted(map(re.escape, local_words()))) + r")(?![a-z0-9])"
    assert re.findall(pattern, said) == []
