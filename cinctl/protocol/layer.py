"""One layer of a protocol: a file's tables laid over what it extends, shaped, checked and made into a `Protocol`.

Tables merge with those below, key by key at all depths; lists and rules replace; `[disable]` takes rules out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from typing import Any, NamedTuple, get_args, get_origin

from cinctl.errors import ProtocolError, did_you_mean
from cinctl.protocol import checks
from cinctl.protocol.model import CaseloadSpec, Clock, Gate, Meta, NamedEvent, Protocol, Rule, Trigger
from cinctl.protocol.shape import BESIDE, TABLES, Fault, is_shape, structure, unexpected
from cinctl.protocol.source import Path_, Signature, SourceFile

RULES: dict[str, type[Gate] | type[Clock]] = {"gate": Gate, "clock": Clock}
TOP = ["protocol", *TABLES, *RULES, "disable"]

_UNTIL: dict[str, tuple[Trigger, ...]] = {
    "case": (Trigger(on=("close", "stepdown")),),
    "practitioner": (Trigger(on=("staff.leave",)),),
    "service": (),
}
_UNHASHED = frozenset({"file", "line", "protocol", "hash", "extends"})
_CAME_LATER: dict[str, Any] = {"caseload": CaseloadSpec()}
"""What a protocol holds that does without a table that the language lacked once: it keeps the hash that it had."""
_NEVER = object()


class Layered(NamedTuple):
    """A protocol, and what another needs to be laid over it: tables and rules as written, and the files behind it."""

    protocol: Protocol
    meta: dict[str, Any]
    tables: dict[str, Any]
    rules: dict[str, tuple[str, dict[str, Any]]]
    signatures: dict[str, Signature]


class _Shaped(NamedTuple):
    """What a source says, as classes as far as it fits them. *raw* are its tables laid over those below."""

    meta: Meta | None
    raw: dict[str, Any]
    tables: dict[str, Any]
    rules: dict[Path_, Rule]
    disable: dict[str, str]
    faults: list[Fault]


def build(source: SourceFile, below: Layered | None, chain: tuple[str, ...], previous: Protocol | None) -> Layered:
    """Lay *source* over *below*. *chain* are the ids of what it extends, *previous* is what it supersedes.

    Raises:
        ProtocolError: with every fault of *source*.
    """
    shaped = _shape(source, below)
    faults = [*shaped.faults, *_between(source, shaped, below, previous)]
    if faults or shaped.meta is None:
        raise ProtocolError(tell(source, faults))
    meta, tables = shaped.meta, shaped.tables
    gates, clocks, disabled = _laid(shaped, below)
    made = Protocol(
        id=meta.id,
        title=meta.title or meta.id,
        status=meta.status,
        effective_from=meta.effective_from,
        extends=chain,
        supersedes=previous,
        agreed_by=meta.agreed_by,
        published_on=meta.published_on,
        review_on=meta.review_on,
        references=meta.references,
        sets={name: tuple(members) for name, members in tables["sets"].items()},
        **{name: value for name, value in tables.items() if name != "sets"},
        gates=gates,
        clocks=clocks,
        disabled=disabled,
        file=source.shown,
    )
    return Layered(
        protocol=made._replace(hash=fingerprint(made)),
        meta=dict(source.tables["protocol"]),
        tables=shaped.raw,
        rules={**(below.rules if below else {}), **{raw["id"]: (kind, raw) for kind, raw in _raw_rules(source)}},
        signatures={**source.signatures, **(below.signatures if below else {})},
    )


def own_faults(source: SourceFile) -> list[str]:
    """Return what is wrong with *source* in itself, whatever it is laid over."""
    faults = _shape(source, None).faults
    return tell(source, [f for f in faults if not (f.missing and f.path and f.path[0] in TABLES)])


def tell(source: SourceFile, faults: list[Fault]) -> list[str]:
    """Return *faults* as a user reads them, in the order of the file, each once."""
    ordered = sorted(faults, key=lambda fault: source.line(fault.at))
    return list(
        dict.fromkeys(source.fault(fault.at, _labelled(source.tables, fault), fault.check) for fault in ordered)
    )


def fingerprint(protocol: Protocol) -> str:
    """Return the SHA-256 of what the protocol says, in hex: the same whatever the order of keys or the file's name."""
    from hashlib import sha256

    text = json.dumps(_said(protocol), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _said(part: Any) -> dict[str, Any]:
    """Return a protocol, or a part of one, as the plain table that is hashed."""
    named = zip(part._fields, part, strict=True)
    said = {name: value for name, value in named if name not in _UNHASHED}
    return {name: _plain(value) for name, value in said.items() if value != _CAME_LATER.get(name, _NEVER)}


def _plain(value: Any) -> Any:
    if isinstance(value, Protocol):
        return value.hash or _said(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return _said(value) if is_shape(type(value)) else [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _labelled(tables: Mapping[str, Any], fault: Fault) -> str:
    if not fault.path:
        return fault.text
    head, rest = _head(tables, fault.path)
    parts = [head, *([_dotted(rest)] if rest else []), fault.text]
    return ": ".join(parts)


def _head(tables: Mapping[str, Any], path: Path_) -> tuple[str, Path_]:
    top = path[0]
    if top in RULES and len(path) > 1:
        raw = tables[str(top)][path[1]]
        name = raw.get("id") if isinstance(raw, dict) else None
        return (f"{top} {name}" if isinstance(name, str) else f"{top} number {int(path[1]) + 1}"), path[2:]
    deep = 2 if get_origin(TABLES.get(str(top))) is dict and top != "sets" else 1
    return f"[{_dotted(path[:deep])}]", path[deep:]


def _dotted(path: Path_) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f"{'.' if text else ''}{step if '.' not in step else repr(step)}"
    return text


def _shape(source: SourceFile, below: Layered | None) -> _Shaped:
    faults = list(_unknown(source.tables))
    stated = {name: source.tables[name] for name in TABLES if name in source.tables}
    raw = merged(below.tables if below else {}, _values_of_params(stated))
    tables = {name: _structured(name, raw.get(name, {}), faults) for name in TABLES}
    meta, wrong = structure(source.tables.get("protocol", {}), Meta, ("protocol",))
    disable, wrong_too = structure(source.tables.get("disable", {}), dict[str, str], ("disable",))
    faults += wrong + wrong_too
    if "protocol" not in source.tables:
        faults = [
            Fault((), "missing table [protocol]", check="missing-key"),
            *(f for f in faults if f.path[:1] != ("protocol",)),
        ]
    return _Shaped(
        meta=meta,
        raw=raw,
        tables=tables,
        rules=dict(_rules(source, meta.id if meta else "", faults)),
        disable=disable or {},
        faults=faults,
    )


def _unknown(tables: Mapping[str, Any]) -> Iterator[Fault]:
    for name, value in tables.items():
        if name in BESIDE:
            continue
        if name not in TOP:
            yield Fault(
                (),
                unexpected(name, TOP, "table" if isinstance(value, dict | list) else "key"),
                key=name,
                check="unknown-key",
            )
        elif name in RULES and not isinstance(value, list):
            yield Fault((), f"'{name}' must be a list of tables, each written [[{name}]]", key=name)


def merged(under: Any, over: Any) -> Any:
    """Return *over* laid over *under*: tables key by key at all depths, anything else replaced."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return {**under, **{key: merged(under.get(key), value) for key, value in over.items()}}


def _values_of_params(tables: dict[str, Any]) -> dict[str, Any]:
    """A param given a plain value is given its `value`: `[params] inception = 2025-09-01` fills it in."""
    params = tables.get("params")
    if not isinstance(params, dict):
        return tables
    filled = {name: param if isinstance(param, dict) else {"value": param} for name, param in params.items()}
    return {**tables, "params": filled}


def _structured(name: str, value: Any, faults: list[Fault]) -> Any:
    """Return the table *name* as its classes; what does not fit is left out and added to *faults*."""
    shape = TABLES[name]
    if get_origin(shape) is not dict or not isinstance(value, dict):
        made, wrong = structure(value, shape, (name,))
        faults += wrong
        return made if made is not None else ({} if get_origin(shape) is dict else shape())
    entries = {}
    for key, entry in value.items():
        made, wrong = structure(entry, get_args(shape)[1], (name, key))
        faults += wrong
        if not wrong:
            entries[key] = _called(made, key)
    return entries


def _called(made: Any, key: str) -> Any:
    """Fill in what a table is called, where its class has a place for that."""
    for attribute in ("id", "name"):
        if is_shape(type(made)) and hasattr(made, attribute):
            return made._replace(**{attribute: key})
    return made


def _raw_rules(source: SourceFile) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in RULES:
        yield from ((kind, raw) for raw in source.tables.get(kind, []))


def _rules(source: SourceFile, protocol_id: str, faults: list[Fault]) -> Iterator[tuple[Path_, Rule]]:
    for kind, shape in RULES.items():
        stated = source.tables.get(kind)
        for number, raw in enumerate(stated if isinstance(stated, list) else []):
            path: Path_ = (kind, number)
            made, wrong = structure(raw, shape, path)
            faults += wrong
            if not wrong:
                yield path, _finished(made, raw, protocol_id, source, path)


def _finished(rule: Rule, raw: dict[str, Any], protocol_id: str, source: SourceFile, path: Path_) -> Rule:
    """Fill in what depends on more than one key, and where the rule stands."""
    stands: dict[str, Any] = {"protocol": protocol_id, "file": source.shown, "line": source.line(path)}
    clauses = rule.clauses or (rule.id.partition(".")[0],)
    if isinstance(rule, Clock):
        until = rule.until if "until" in raw else _UNTIL[rule.subject]
        return rule._replace(clauses=clauses, until=until, **stands)
    return rule._replace(clauses=clauses, **stands)


def _between(source: SourceFile, shaped: _Shaped, below: Layered | None, previous: Protocol | None) -> Iterator[Fault]:
    """Yield what is wrong between the parts of a protocol that have their shape."""
    names = _names(shaped, below)
    if shaped.meta:
        found = checks.versions(shaped.meta.id, shaped.meta.effective_from, previous)
        yield from _of("version", found)
    for id_, table_check in checks.TABLE_CHECKS.items():
        yield from _of(id_, table_check(names))
    for path, rule in shaped.rules.items():
        for id_, check in checks.RULE_CHECKS.items():
            yield from (fault.below(path) for fault in _of(id_, check(rule)))
        for id_, name_check in checks.NAME_CHECKS.items():
            yield from (fault.below(path) for fault in _of(id_, name_check(rule, names)))
    yield from _twice(source, shaped)
    yield from _against_below(shaped, below)


def _of(check: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    return (fault._replace(check=check) for fault in faults)


def _names(shaped: _Shaped, below: Layered | None) -> checks.Names:
    """Return the names that rules may use: also of what does not fit its class, so that one fault does not make two."""

    def stated(table: str) -> dict[str, Any]:
        found = shaped.raw.get(table, {})
        return found if isinstance(found, dict) else (below.tables.get(table, {}) if below else {})

    events = {**{name: NamedEvent(on=()) for name in stated("events")}, **shaped.tables["events"]}
    return checks.Names(events=events, sets=stated("sets"), tables=shaped.tables)


def _twice(source: SourceFile, shaped: _Shaped) -> Iterator[Fault]:
    first: dict[str, Path_] = {}
    for path, rule in shaped.rules.items():
        before = first.setdefault(rule.id, path)
        if before != path:
            where = f", on line {line}" if (line := source.line(before)) else ""
            yield Fault(path, f"there is a {before[0]} of that id already{where}", key="id", check="duplicate-rule")


def _against_below(shaped: _Shaped, below: Layered | None) -> Iterator[Fault]:
    """Locked rules stand as they are; only rules that exist can be disabled, and not while they are restated."""
    yield from _of("locked-rule", _restated(shaped, below))
    yield from _of("disabled-rule", _wrongly_disabled(shaped, below))


def _known(below: Layered | None) -> dict[str, Rule]:
    return {**below.protocol.gates, **below.protocol.clocks} if below else {}


def _restated(shaped: _Shaped, below: Layered | None) -> Iterator[Fault]:
    known = _known(below)
    for path, rule in shaped.rules.items():
        if rule.id in known and known[rule.id].locked:
            yield Fault(path, f"restates a locked rule, which stands as it is ({_where(known[rule.id])})", key="id")


def _wrongly_disabled(shaped: _Shaped, below: Layered | None) -> Iterator[Fault]:
    known, own = _known(below), {rule.id for rule in shaped.rules.values()}
    for rule_id in shaped.disable:
        if rule_id in known and known[rule_id].locked:
            yield Fault(("disable", rule_id), f"a locked rule cannot be disabled ({_where(known[rule_id])})")
        elif rule_id in own:
            yield Fault(("disable", rule_id), "the same file states this rule: leave out one or the other")
        elif rule_id not in known and not (below and rule_id in below.protocol.disabled):
            yield Fault(("disable", rule_id), f"there is no such rule to disable.{did_you_mean(rule_id, known)}")


def _where(rule: Rule) -> str:
    return f"{rule.file}:{rule.line}" if rule.line else rule.file


def _laid(shaped: _Shaped, below: Layered | None) -> tuple[dict[str, Gate], dict[str, Clock], dict[str, str]]:
    own = {rule.id: rule for rule in shaped.rules.values()}
    under = below.protocol if below else None
    out = own.keys() | shaped.disable.keys()
    gates = {key: gate for key, gate in under.gates.items() if key not in out} if under else {}
    clocks = {key: clock for key, clock in under.clocks.items() if key not in out} if under else {}
    gates |= {key: rule for key, rule in own.items() if isinstance(rule, Gate)}
    clocks |= {key: rule for key, rule in own.items() if isinstance(rule, Clock)}
    disabled = {**(under.disabled if under else {}), **shaped.disable}
    return gates, clocks, {key: why for key, why in disabled.items() if key not in own}
