"""Load a protocol by id or path, or from tables, with all that it extends; `core` lies below every one, unasked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cinctl.errors import ProtocolError
from cinctl.protocol.layer import RULES, Layered, build, own_faults, tell
from cinctl.protocol.model import Protocol
from cinctl.protocol.registers import register_files
from cinctl.protocol.shape import Fault
from cinctl.protocol.source import (
    CORE,
    NamingError,
    Path_,
    Place,
    Signature,
    SourceFile,
    bundled_place,
    find,
    read,
    signature,
)

DEEPEST = 40

_loaded: dict[tuple[str, str], Layered] = {}


def load(ref: str | os.PathLike[str], *, base: Path | None = None) -> Protocol:
    """Return the protocol that *ref* names: a bundled id, or a path from *base* (or from here).

    A protocol whose files have not changed is not read again in one process.

    Raises:
        ProtocolError: with every fault of the file and of those it extends.
    """
    return _load(find(ref, base or Path()), ()).protocol


def load_with_sources(ref: str | os.PathLike[str], *, base: Path | None = None) -> tuple[Protocol, tuple[str, ...]]:
    """Return what `load` does, and the files that the protocol and its citations were made from.

    Their paths are absolute, sorted, and real ones; beside a real path stands the path by which the file was come to
    where that goes through a link, so that whoever asks for the same files again sees a link that leads elsewhere.

    Raises what `load` does.
    """
    layered = _load(find(ref, base or Path()), ())
    return layered.protocol, _files(layered)


def load_tables(tables: Mapping[str, Any], *, file: str, base: Path, under: tuple[str, ...] = ()) -> Protocol:
    """Return the protocol that *tables* hold, such as those of a config; paths in it are from *base*.

    *file* is what complaints call it. Where it is the path of a file they name its lines too; *under* is then the
    table of that file in which the protocol stands.

    Raises:
        ProtocolError: with every fault.
    """
    return _from_source(_source(tables, file, base, under), ()).protocol


def load_tables_with_sources(
    tables: Mapping[str, Any], *, file: str, base: Path, under: tuple[str, ...] = ()
) -> tuple[Protocol, tuple[str, ...]]:
    """Return what `load_tables` does, and the files as `load_with_sources` gives them, *file* among them if it is one.

    Raises what `load_tables` does.
    """
    layered = _from_source(_source(tables, file, base, under), ())
    return layered.protocol, _files(layered)


def _files(layered: Layered) -> tuple[str, ...]:
    return tuple(sorted({*layered.signatures, *map(os.path.realpath, register_files())}))


def patch(
    below: str | os.PathLike[str] | Mapping[str, Any],
    tables: Mapping[str, Any],
    *,
    base: Path | None = None,
    file: str = "protocol_patch",
    under: tuple[str, ...] = (),
) -> Protocol:
    """Return the protocol *below* (an id, a path from *base*, or tables) with *tables* laid over it.

    Tables merge key by key, `[protocol]` too. A gate or clock whose id *below* has, changes only the keys that it
    gives; any other is new. *file* and *under* are as `load_tables` has them.

    Raises:
        ProtocolError: with every fault of either.
    """
    here = base or Path()
    if isinstance(below, Mapping):
        layered = _from_source(_source(below, file, here, ()), ())
    else:
        layered = _load(find(below, here), ())
    source = _source(_completed(tables, layered), file, here, under)
    stated = tables.get("protocol", {})
    if isinstance(stated, Mapping) and "extends" in stated:
        raise ProtocolError(tell(source, [Fault(("protocol",), "a patch cannot change 'extends'", key="extends")]))
    if not (isinstance(stated, Mapping) and "supersedes" in stated):
        return build(source, layered, layered.protocol.extends, layered.protocol.supersedes).protocol
    previous, faults = _named(source, "supersedes", ())
    if faults:
        raise ProtocolError([*faults, *own_faults(source)])
    return build(source, layered, layered.protocol.extends, previous.protocol if previous else None).protocol


def _source(tables: Mapping[str, Any], file: str, base: Path, under: tuple[str, ...]) -> SourceFile:
    lines: dict[Path_, int] = {}
    signatures: dict[str, Signature] = {}
    columns: Mapping[int, int] = {}
    with suppress(ProtocolError):
        written = read(Place(path=Path(file), shown=file, base=base))
        lines, signatures, columns = written.lines, written.signatures, written.columns
    deep = len(under)
    below = {path[deep:]: line for path, line in lines.items() if path[:deep] == under}
    return SourceFile(dict(tables), file, base, below, signatures, columns)


def _completed(tables: Mapping[str, Any], layered: Layered) -> dict[str, Any]:
    """Give the rules of a patch the keys that they leave as they are."""
    made = dict(tables)
    stated = tables.get("protocol", {})
    made["protocol"] = {**layered.meta, **stated} if isinstance(stated, Mapping) else stated
    for kind in RULES:
        rules = tables.get(kind)
        if isinstance(rules, list):
            made[kind] = [_over_rule(kind, raw, layered) if isinstance(raw, dict) else raw for raw in rules]
    return made


def _over_rule(kind: str, raw: dict[str, Any], layered: Layered) -> dict[str, Any]:
    known = layered.protocol.rule(raw["id"]) if isinstance(raw.get("id"), str) else None
    if known is None or layered.rules[known.id][0] != kind:
        return raw
    # A limit is one of two keys: to give the one is to take the other away.
    gone = {"within", "every"} if {"within", "every"} & raw.keys() else set()
    return {**{key: value for key, value in layered.rules[known.id][1].items() if key not in gone}, **raw}


def _load(place: Place, ring: tuple[Place, ...]) -> Layered:
    keys = [outer.key for outer in ring]
    if place.key in keys:
        names = [outer.shown for outer in ring[keys.index(place.key) :]]
        raise NamingError([f"goes round in a ring: {' -> '.join([*names, place.shown])}"])
    if len(ring) > DEEPEST:
        raise NamingError([f"goes more than {DEEPEST} files deep"])
    known = _loaded.get((place.key, place.shown))
    if known is None or any(signature(path) != was for path, was in known.signatures.items()):
        known = _loaded[place.key, place.shown] = _from_source(read(place), (*ring, place))
    return known


def _from_source(source: SourceFile, ring: tuple[Place, ...]) -> Layered:
    below, faults = _below(source, ring)
    previous, more = _named(source, "supersedes", ring)
    if faults or more:
        # What the layers below would have given is unknown: only what is wrong in itself can be told besides.
        raise ProtocolError(dict.fromkeys([*faults, *more, *own_faults(source)]))
    chain = (below.protocol.id, *below.protocol.extends) if below else ()
    made = build(source, below, chain, previous.protocol if previous else None)
    return made._replace(signatures={**made.signatures, **previous.signatures}) if previous else made


def _below(source: SourceFile, ring: tuple[Place, ...]) -> tuple[Layered | None, list[str]]:
    """Return what *source* extends (None when it is core itself) or the faults of that."""
    core = bundled_place(CORE)
    if core.key in source.signatures:
        return None, []
    if _naming(source, "extends"):
        return _named(source, "extends", ring)
    try:
        return _load(core, ring), []
    except ProtocolError as error:
        return None, list(error.faults)


def _naming(source: SourceFile, key: str) -> str | None:
    meta = source.tables.get("protocol")
    value = meta.get(key) if isinstance(meta, Mapping) else None
    return value if isinstance(value, str) and value.strip() else None


def _named(source: SourceFile, key: str, ring: tuple[Place, ...]) -> tuple[Layered | None, list[str]]:
    """Return the protocol that `[protocol]` names under *key* (None when it names none) or the faults of that."""
    name = _naming(source, key)
    if name is None:
        return None, []
    path: Path_ = ("protocol", key)
    try:
        return _load(find(name, source.base, source.shown), ring), []
    except NamingError as error:
        return None, tell(source, [Fault(path, text, check="unknown-protocol") for text in error.faults])
    except ProtocolError as error:
        return None, list(error.faults)
