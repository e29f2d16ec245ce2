"""What a step still lacks: read off the gates that found fault with it, so that any protocol gets what it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cinctl.demo.texts import text_for, text_for_part
from cinctl.events import KINDS, Field
from cinctl.gates import Finding
from cinctl.rules import Edition

Data = dict[str, Any]
_NAMING = ("includes_all", "includes", "any_of")


def granted(edition: Edition, kind: str, data: Data, findings: Iterable[Finding], on: str, someone: str | None) -> Data:
    """Return *data* with what the gates of *findings* miss in it; *data* itself where nothing can be added.

    *on* stands in for a date, *someone* for a person. What is there already stays, but for a code that is refused.
    """
    made: dict[str, Any] = dict(data)
    fields = KINDS[kind.partition(".")[0]].fields
    for finding in findings:
        gate = edition.protocol.gates.get(finding.rule)
        # What was decided is the story; where a step goes is not.
        instead = finding.denies and kind != "decide"
        for table in gate.require if gate is not None else ():
            before = dict(made)
            for line in table.items():
                _grant(edition, fields, made, line, on, someone, instead)
            if made != before:
                break
    return data if made == dict(data) else made


def _grant(
    edition: Edition,
    fields: Mapping[str, Field],
    made: dict[str, Any],
    line: tuple[str, Any],
    on: str,
    someone: str | None,
    instead: bool,
) -> None:
    """Put into *made* what one *line* of a condition asks for; with *instead* another word for one that is refused."""
    fact, wanted = line
    root, _, rest = fact.partition(".")
    name, _, part = rest.partition(".")
    field = fields.get(name)
    if root != "event" or field is None or _refuses(wanted):
        return
    if field.mapping:
        have = dict(made.get(name) or {})
        for word in [part] if part else _words(edition, wanted):
            have.setdefault(word, text_for_part(word))
        made[name] = have
    elif name not in made or (instead and _is_other(field, made[name], list(_words(edition, wanted)))):
        value = _value(edition, field, wanted, on, someone)
        if value is not None:
            made[name] = value


def _is_other(field: Field, word: Any, named: list[str]) -> bool:
    return field.type == "code" and not field.many and bool(named) and word not in named


def _refuses(wanted: Any) -> bool:
    return isinstance(wanted, Mapping) and bool({"absent", "not", "none_of", "differs_from"} & set(wanted))


def _value(edition: Edition, field: Field, wanted: Any, on: str, someone: str | None) -> Any:
    if field.type == "flag":
        return wanted if isinstance(wanted, bool) else True
    if field.type in ("date", "staff", "text"):
        value = {"date": on, "staff": someone, "text": text_for(field.name)}[field.type]
        return [value] if field.many and value is not None else value
    if field.type != "code":
        return None
    words = list(_words(edition, wanted)) or list(edition.codes(field.codes or ""))[:1] or ["other"]
    if not field.many:
        return words[0]
    return words if isinstance(wanted, Mapping) and "includes_all" in wanted else words[:1]


def _words(edition: Edition, wanted: Any) -> Iterator[str]:
    """Yield the words that a line of a condition names, sets spelt out."""
    if isinstance(wanted, Mapping):
        for operator in _NAMING:
            yield from _words(edition, wanted.get(operator, ()))
    elif isinstance(wanted, str):
        yield from edition.protocol.sets.get(wanted[1:], ()) if wanted.startswith("@") else (wanted,)
    elif isinstance(wanted, list | tuple):
        for one in wanted:
            yield from _words(edition, one)
