"""What TAB offers where an id or a code stands. Whatever goes wrong here, `cinctl.cli` lets it offer nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from cinctl.session import Session

__all__ = ["carried", "offered"]

_MARKS = frozenset("_-./+")
_LONGEST = 60


def carried(text: str) -> bool:
    """Return whether every shell can carry *text* to its command line and back as what it is.

    The scripts of Click hand over what is offered without quotes: bash would run `$(...)`, open `*`, part words at `:`
    and `=`; fish ends a word at a comma. What holds any of these is to be typed, in quotes.
    """
    return bool(text) and text[0] not in "-.+" and all(mark.isalnum() or mark in _MARKS for mark in text)


def offered(ctx: click.Context, sort: str, incomplete: str) -> list[CompletionItem[str]]:
    """Return what there is of a *sort* that begins with *incomplete*.

    A sort is `case`, `staff`, `unit`, `owner` (staff and roles), `rule`, `clause` (rules too), `clock` (the same, of
    clocks alone), `protocol`, or else a code list.
    """
    session = ctx.ensure_object(Session)
    return [_item(word, about) for word, about in _of(session, sort, incomplete) if carried(word)]


def _item(word: str, about: str) -> CompletionItem[str]:
    told = "".join(mark for mark in about if mark.isprintable())
    return CompletionItem(word, help=told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}\u2026")


def _of(session: Session, sort: str, incomplete: str) -> Iterator[tuple[str, str]]:
    from cinctl.workspace import completing

    settings = session.settings
    if sort == "protocol":
        from cinctl.protocol import bundled

        yield from ((id_, "") for id_ in bundled() if id_.startswith(incomplete))
    if sort in ("case", "staff", "unit", "owner"):
        find = {"case": completing.cases, "unit": completing.units}.get(sort, completing.staff)
        yield from ((id_, "") for id_ in find(settings, incomplete))
    if sort not in ("case", "staff", "unit", "protocol"):
        yield from _words(session, sort, incomplete)


def _words(session: Session, sort: str, incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield words of the protocol, each with what it stands for."""
    from cinctl.workspace import completing

    protocol = completing.protocol(session.settings)
    if protocol is None:
        return
    if sort in ("rule", "clause", "clock"):
        from cinctl.notes import rules_of

        rules = [rule for rule in rules_of(protocol) if sort != "clock" or rule.id in protocol.clocks]
        yield from _beginning(((rule.id, rule.say or "") for rule in rules), incomplete)
        if sort != "rule":
            of_rules = {clause for rule in rules for clause in rule.clauses} - {rule.id for rule in rules}
            yield from _beginning(((clause, "") for clause in sorted(of_rules)), incomplete)
    else:
        from cinctl.rules import Edition

        codes = Edition(protocol, vetted=True).codes("role" if sort == "owner" else sort)
        yield from _spelt(codes, incomplete)


def _beginning(words: Iterable[tuple[str, str]], incomplete: str) -> Iterator[tuple[str, str]]:
    return ((word, about) for word, about in words if word.startswith(incomplete))


def _spelt(codes: Mapping[str, Any], incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield codes as they are typed: with hyphens, unless underscores were begun with."""
    for code, meaning in codes.items():
        word = code if "_" in incomplete else code.replace("_", "-")
        if word.startswith(incomplete):
            yield word, str(getattr(meaning, "title", "") or "")
