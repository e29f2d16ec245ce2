"""Facts about threads: one assessment, plan, enquiry, from its opener to its close."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from cinctl.case import Case
from cinctl.events import KINDS
from cinctl.facts.model import Fact, Get, Moment, Scope, present, unknown
from cinctl.facts.people import person_fact
from cinctl.facts.recorded import field_type, fields_of, parts
from cinctl.history import Event
from cinctl.threads import MARKS, THREAD_OF, THREADS, Thread


def _thread_of(moment: Moment, root: str) -> Thread | None:
    case = moment.case
    if case is None:
        return None
    if THREAD_OF.get(moment.event.kind) == root:
        return case.thread_for(moment.event) or _just_opened(case, root, moment.event)
    named = moment.event.get(root)
    return case.thread_named(root, named if isinstance(named, int) else None)


def _just_opened(case: Case, root: str, event: Event) -> Thread | None:
    """Return the thread that *event* itself opened, which a clock sees and a gate does not yet."""
    return next((t for t in case.threads.get(root, ()) if t.seq == event.seq), None)


def thread_fact(name: str, root: str, rest: str, scope: Scope) -> Fact:
    """Compile a fact about the event's thread of kind *root*. Raises FactError."""
    kind = THREADS[root]
    kinds = sorted(kind.opens | kind.joins)
    marks = {mark: full for full, mark in MARKS.items() if full in kinds}

    def via(of: Callable[[Thread], Any]) -> Get:
        def get(moment: Moment) -> Any:
            thread = _thread_of(moment, root)
            return None if thread is None else of(thread)

        return get

    first, _, deeper = rest.partition(".")
    if rest == "on":
        return Fact(name, "date", via(lambda t: t.on), frozenset((k, "at") for k in kind.opens))
    if rest == "open":
        return Fact(name, "flag", via(lambda t: t.open), frozenset((k, "at") for k in kinds))
    if rest == "authors":
        return Fact(name, "list", via(lambda t: t.authors), frozenset((k, "by") for k in kind.authors))
    if rest == "id":
        return Fact(name, "event", via(lambda t: t.seq), frozenset((k, "at") for k in kind.opens))
    mark, _, what = first.rpartition("_")
    if mark in marks and what == "on" and not deeper:
        return Fact(name, "date", via(lambda t: t.marks.get(mark, (None,))[0]), frozenset({(marks[mark], "at")}))
    if first == "by" or (mark in marks and what == "by"):
        who = via((lambda t: t.by) if first == "by" else (lambda t: t.marks.get(mark, (None, None))[1]))
        reads = frozenset((k, "by") for k in (kind.opens if first == "by" else (marks[mark],)))
        if deeper:
            return person_fact(name, deeper, scope, who, reads, own=False)
        return Fact(name, "person", who, reads)
    return _thread_field(name, first, deeper, kinds, marks, via, scope)


def _thread_field(
    name: str,
    key: str,
    deeper: str,
    kinds: list[str],
    marks: Mapping[str, str],
    via: Callable[[Callable[[Thread], Any]], Get],
    scope: Scope,
) -> Fact:
    found = fields_of(kinds, key)
    if not found:
        known = {k for full in kinds for k in KINDS[full.partition(".")[0]].fields}
        raise unknown(name, key, [*known, "on", "by", "authors", *(f"{m}_on" for m in marks)])
    reads = frozenset((full, key) for full in found)
    field = next(iter(found.values()))
    type_ = field_type(field)

    def value(thread: Thread) -> Any:
        raw = thread.fields.get(key)
        if field.type == "date" and isinstance(raw, str):
            return date.fromisoformat(raw)
        return parts(raw) if field.mapping else present(raw)

    get = via(value)
    if not deeper:
        return Fact(name, type_, get, reads, codes=field.codes)
    if type_ == "map":
        return Fact(name, "text", lambda m: (get(m) or {}).get(deeper), reads)
    if type_ == "person":
        return person_fact(name, deeper, scope, get, reads, own=False)
    raise unknown(name, deeper, [])
