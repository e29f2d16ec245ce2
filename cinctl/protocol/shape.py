"""Give tables the shape of the protocol's classes, by cattrs, and say in plain words where they do not fit.

Nothing is coerced: a number is not text, and a word is not a list. Every fault of a table is found, not only the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from functools import cache, partial
from operator import eq
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args, get_origin

from cinctl.errors import did_you_mean
from cinctl.protocol.model import (
    CalendarSpec,
    CaseloadSpec,
    Clause,
    Clock,
    Code,
    Gate,
    Meta,
    NamedEvent,
    Param,
    Role,
    Source,
    Training,
    Trigger,
)

if TYPE_CHECKING:
    from cattrs import Converter

    from cinctl.protocol.source import Path_

TABLES: dict[str, Any] = {
    "sources": dict[str, Source],
    "clauses": dict[str, Clause],
    "calendar": CalendarSpec,
    "sets": dict[str, list[str]],
    "roles": dict[str, Role],
    "codes": dict[str, dict[str, Code]],
    "params": dict[str, Param],
    "training": dict[str, Training],
    "events": dict[str, NamedEvent],
    "homes": dict[str, str],
    "caseload": CaseloadSpec,
}
"""The tables that a protocol inherits, and what each holds."""

_STANDS = {"protocol": None, "file": None, "line": None}
_KEYS: dict[type, dict[str, str | None]] = {
    Gate: {**_STANDS},
    Clock: {"subject": "for", "from_": "from", **_STANDS},
    NamedEvent: {"name": None},
    Role: {"id": None},
    Source: {"id": None},
    Clause: {"id": None},
    **{shape: {} for shape in (Trigger, Code, Param, Training, CalendarSpec, CaseloadSpec, Meta)},
}
"""The classes that tables are made into: their fields whose key is spelt otherwise, or that no file may set."""

BESIDE = frozenset({"store", "actor", "due_soon", "lock_timeout", "hints", "views"})
"""Keys of a config that may stand in the same file as a protocol; they say nothing of the protocol."""


class Fault(NamedTuple):
    """What is wrong at *path*. *key* is the key below it that is to blame, *missing* the one that should be there.

    *check* is the id of the check that found it.
    """

    path: Path_
    text: str
    key: str | None = None
    missing: str | None = None
    check: str = "wrong-value"

    @property
    def at(self) -> Path_:
        """Where to look in the file."""
        return self.path if self.key is None else (*self.path, self.key)

    def below(self, path: Path_) -> Fault:
        """Return the fault as it is told from further out, where *path* leads to what it was found in."""
        return self._replace(path=(*path, *self.path))


class Unfit(Exception):
    """A value does not have the shape it should. *faults* have paths from that value on."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(fault.text for fault in faults))


def structure(value: Any, shape: Any, path: Path_ = ()) -> tuple[Any, list[Fault]]:
    """Return *value* as a *shape* and no faults, or None and what is wrong, with paths that begin with *path*."""
    from cattrs.errors import BaseValidationError

    try:
        return _converter().structure(value, shape), []
    except (BaseValidationError, Unfit) as error:
        return None, _without_echo(list(_faults(error, path)))


def _without_echo(faults: list[Fault]) -> list[Fault]:
    """Leave out that a key is missing where the same table has a misspelling of it."""
    meant = [(f.path, f.text.rpartition(" Did you mean ")[2]) for f in faults if f.key]
    return [fault for fault in faults if (fault.path, f"'{fault.missing}'?") not in meant]


def is_shape(shape: object) -> bool:
    """Return whether *shape* is one of the classes that tables are made into."""
    return isinstance(shape, type) and shape in _KEYS


def spellings(shape: Any) -> dict[str, str | None]:
    """Return the key of each field of class *shape*; None for a field that the loader fills in."""
    return {name: _KEYS[shape].get(name, name) for name in shape._fields}


def keys_of(shape: type) -> list[str]:
    """Return the keys that a file may give in a table of class *shape*."""
    return [key for key in spellings(shape).values() if key]


def shown(value: Any) -> str:
    """Return *value* as a complaint names it, never long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, date | time):
        return value.isoformat()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}...{text[0]}"


@cache
def _converter() -> Converter:
    from cattrs import Converter
    from cattrs.cols import namedtuple_dict_structure_factory
    from cattrs.gen import override

    converter = Converter(detailed_validation=True)

    def of_class(shape: type) -> Callable[[Any, Any], Any]:
        keys = spellings(shape)
        overrides = {name: override(rename=key) if key else override(omit=True) for name, key in keys.items()}
        fill = namedtuple_dict_structure_factory(shape, converter, True, True, **overrides)
        return lambda value, _: fill(_table(value), shape)

    converter.register_structure_hook_factory(is_shape, of_class)
    for origin, hook in _ORIGINS:
        converter.register_structure_hook_func(partial(_is_of, origin), hook)
    for plain, hook in _PLAIN:
        converter.register_structure_hook(plain, hook)
    for shape, hook in _LISTS:
        converter.register_structure_hook_func(partial(eq, shape), hook)
    return converter


def _is_of(origin: Any, shape: Any) -> bool:
    return get_origin(shape) is origin


def _faults(error: BaseException, path: Path_) -> Iterator[Fault]:
    from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError

    if isinstance(error, ClassValidationError):
        noted, bare = error.group_exceptions()
        for part, note in noted:
            yield from _at_key(part, path, _spelling(error.cl, note.name))
        for whole in bare:
            yield from _faults(whole, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        for key in sorted(error.extra_fields):
            yield Fault(path, unexpected(key, keys_of(error.cl)), key=key, check="unknown-key")
    elif isinstance(error, Unfit):
        for fault in error.faults:
            yield fault.below(path)
    else:
        raise error


def _at_key(error: BaseException, path: Path_, key: str) -> Iterator[Fault]:
    if isinstance(error, KeyError):
        yield Fault(path, f"missing key '{key}'", missing=key, check="missing-key")
    else:
        yield from _faults(error, (*path, key))


def _spelling(shape: type, name: str) -> str:
    return _KEYS[shape].get(name) or name


def unexpected(key: str, allowed: list[str], what: str = "key") -> str:
    """Return the complaint about a key that means nothing where it stands."""
    return f"unexpected {what} '{key}' (allowed: {', '.join(allowed)}).{did_you_mean(key, allowed)}"


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unfit(Fault((), f"must be a table, not {shown(value)}"))
    return value


def _each(parts: Iterator[tuple[str | int, Any]], shape: Any) -> Iterator[tuple[str | int, Any]]:
    """Yield every part as a *shape*; once all are tried, raise what was wrong with any of them."""
    wrong: list[Fault] = []
    for step, part in parts:
        made, faults = structure(part, shape, (step,))
        wrong += faults
        yield step, made
    if wrong:
        raise Unfit(*wrong)


def _mapping(value: Any, shape: Any) -> dict[Any, Any]:
    return dict(_each(iter(_table(value).items()), get_args(shape)[1]))


def _list(value: Any, shape: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unfit(Fault((), f"must be a list, not {shown(value)}"))
    return [made for _, made in _each(iter(enumerate(value)), get_args(shape)[0])]


def _choice(value: Any, shape: Any) -> Any:
    choices = get_args(shape)
    if isinstance(value, str) and value in choices:
        return value
    hint = did_you_mean(value, choices) if isinstance(value, str) else ""
    raise Unfit(Fault((), f"must be {' or '.join(map(repr, choices))}, not {shown(value)}.{hint}"))


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise Unfit(Fault((), f"must be text in quotes, not {shown(value)}"))
    if not value.strip():
        raise Unfit(Fault((), "must not be blank"))
    return value


def _flag(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit(Fault((), f"must be true or false, not {shown(value)}"))
    return value


def _number(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(Fault((), f"must be a whole number, not {shown(value)}"))
    return value


def _day(value: Any, _: Any) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        hint = " (a date has no quotes)" if isinstance(value, str) else ""
        raise Unfit(Fault((), f"must be a date such as 2026-02-24, not {shown(value)}{hint}"))
    return value


def _days(value: Any, _: Any) -> tuple[date, ...]:
    return tuple(_list(value, list[date]))


def _words(value: Any, _: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (_text(value, str),)
    if not isinstance(value, list):
        raise Unfit(Fault((), f"must be text in quotes, or a list of such, not {shown(value)}"))
    return tuple(_list(value, list[str]))


def _triggers(value: Any, _: Any) -> tuple[Trigger, ...]:
    if not isinstance(value, list):
        return (_trigger(value),)
    if value and all(isinstance(one, str) for one in value):
        return (Trigger(on=_words(value, None)),)
    wrong: list[Fault] = []
    made: list[Trigger] = []
    for step, one in enumerate(value):
        try:
            made.append(_trigger(one))
        except Unfit as error:
            wrong += (fault.below((step,)) for fault in error.faults)
    if wrong:
        raise Unfit(*wrong)
    return tuple(made)


def _trigger(value: Any) -> Trigger:
    if isinstance(value, str):
        return Trigger(on=(_text(value, str),))
    if not isinstance(value, dict):
        says = "must be a kind, a named event, a table such as { on = ..., when = ... }, or a list of these"
        raise Unfit(Fault((), f"{says}, not {shown(value)}"))
    made, faults = structure(value, Trigger)
    if faults:
        raise Unfit(*faults)
    assert isinstance(made, Trigger)
    return made


def _condition(value: Any, _: Any) -> tuple[dict[str, Any], ...]:
    tables = value if isinstance(value, list) else [value]
    wrong: list[Fault] = []
    for step, table in enumerate(tables):
        path: Path_ = (step,) if isinstance(value, list) else ()
        if isinstance(table, dict):
            wrong += (fault for fact, test in table.items() for fault in _line(fact, test, path))
        else:
            wrong.append(Fault(path, f"must be a table of facts, or a list of such tables, not {shown(table)}"))
    if wrong:
        raise Unfit(*wrong)
    # A table without lines holds, and so then does the whole list.
    return tuple(tables) if all(tables) else ()


def _line(fact: str, test: Any, path: Path_) -> Iterator[Fault]:
    here = (*path, fact)
    if isinstance(test, dict) and "." not in fact:
        yield Fault(here, f'a fact is one name in quotes, such as "{fact or "event"}.{next(iter(test), "on")}"')
    elif isinstance(test, dict) and not test:
        yield Fault(here, "has no operator")
    elif isinstance(test, list) and any(isinstance(one, dict | list) for one in test):
        yield Fault(here, "a list here holds plain values only")


_Hook = Callable[[Any, Any], Any]
_PLAIN: tuple[tuple[type, _Hook], ...] = ((str, _text), (bool, _flag), (int, _number), (date, _day))
_ORIGINS: tuple[tuple[Any, _Hook], ...] = ((Literal, _choice), (dict, _mapping), (list, _list))
_LISTS: tuple[tuple[Any, _Hook], ...] = (
    (tuple[date, ...], _days),
    (tuple[str, ...], _words),
    (tuple[Trigger, ...], _triggers),
    (tuple[dict[str, Any], ...], _condition),
)
