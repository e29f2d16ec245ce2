"""From what somebody asks for to an event: its kind, date, fields and ids checked and typed, not yet judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cinctl.casebook import Casebook
from cinctl.check import Checker, check_id, full_kind
from cinctl.errors import UsageError, did_you_mean
from cinctl.events import KINDS
from cinctl.history import Draft, Event, day_of


def event_from(book: Casebook, draft: Draft, *, today: date) -> Event:
    """Return the event that *draft* asks for, checked and typed, not yet judged. Raises UsageError."""
    kind = full_kind(draft.kind)
    on = past_day(draft.at, today)
    checker = checker_for(book, on)
    data = checker.data(kind, draft.data)
    by = None if draft.by is None else checker.person(draft.by, "--by")
    _check_birth(data, on)
    case = _subject(book, kind, draft, data)
    if kind == "correct":
        case = _correction(book, data, checker, today)
    if case is not None:
        book.rules.calendar.check(on)
    return Event(
        seq=book.length + 1,
        kind=kind,
        case=case,
        at=draft.at,
        by=by,
        data=data,
        under=f"{book.rules.protocol.id}@{book.rules.protocol.hash[:8]}",
        key=draft.key,
    )


def _check_birth(data: Mapping[str, Any], on: date) -> None:
    if data.get("born", "") > on.isoformat():
        raise UsageError(f"--born {data['born']} lies after {on.isoformat()}; of an unborn child say --expected")


def checker_for(book: Casebook, on: date) -> Checker:
    """Return what checks a step dated *on*: by the code lists in force then, and the register as it stands."""
    return Checker(book.rules.in_force(on) or book.rules.newest, book.register, book.knows)


def past_day(at: str, today: date) -> date:
    """Return the London date of *at*. Raises UsageError when it is none, or lies after *today*."""
    try:
        on = day_of(at)
    except ValueError as fault:
        raise UsageError(str(fault)) from None
    if on > today:
        raise UsageError(f"{at} lies after today, {today.isoformat()}: only what has happened is recorded")
    return on


def _subject(book: Casebook, kind: str, draft: Draft, data: dict[str, Any]) -> str | None:
    base = kind.partition(".")[0]
    if base in ("import", "redact"):
        raise UsageError(f"'{base}' is not recorded as a step")
    if base == "correct":
        return None
    if base == "refer":
        id_ = check_id(draft.case, "a case id") if draft.case is not None else book.next_id()
        if id_ in book.tracks:
            raise UsageError(f"there is a case '{id_}' already; a child's later referral is another case")
        return id_
    if KINDS[base].subject != "case":
        if draft.case is not None:
            raise UsageError(f"'{kind}' belongs to no case")
        if base == "staff":
            _check_staff(book, kind, draft, data)
        return None
    if draft.case is None and base in ("fileaudit", "feedback"):
        return None
    if draft.case is None:
        raise UsageError(f"'{kind}' needs a case")
    return book.require_case(draft.case)


def _check_staff(book: Casebook, kind: str, draft: Draft, data: Mapping[str, Any]) -> None:
    """Raise UsageError when a staff step cannot be: about nobody, about somebody not in post, or saying nothing."""
    if kind != "staff.join":
        Checker(book.rules.newest, book.register, bool).person(data.get("staff"), "--staff")
    person, in_post = data["staff"], book.register.as_of(data["staff"], day_of(draft.at)).in_post
    if kind == "staff.join" and in_post:
        raise UsageError(f"{person} is in post already on {draft.at}; 'cinctl staff change' says what is new")
    if kind in ("staff.change", "staff.leave", "staff.away") and not in_post:
        raise UsageError(f"{person} is not in post on {draft.at}; 'cinctl staff join' comes first")
    if kind in ("staff.change", "staff.train") and not set(data) - {"staff", "note"}:
        raise UsageError(f"'{kind}' of {person} says nothing: name what is new")
    if kind == "staff.away":
        _check_absence(book, data, draft.at)


def _check_absence(book: Casebook, data: Mapping[str, Any], at: str) -> None:
    """Raise UsageError when an absence told on *at* ends before it begins, or nobody who is there is named to cover."""
    person, cover, last = data["staff"], data.get("cover"), data.get("until")
    first = data.get("from") or day_of(at).isoformat()
    if last is not None and last < first:
        begins = f"--from {first}" if "from" in data else f"{first}, the day on which it begins (--from says another)"
        raise UsageError(f"--until {last} lies before {begins}")
    if cover == person:
        raise UsageError(f"--cover: {person} cannot cover for themselves")
    if cover is not None and not book.register.as_of(cover, day_of(at)).in_post:
        raise UsageError(f"--cover: {cover} is not in post on {at}; name somebody who is")


def _correction(book: Casebook, data: dict[str, Any], checker: Checker, today: date) -> str | None:
    """Check a correction against the event that it names, type what it sets, and return that event's case."""
    target = book.find(data["of"])
    if ("set" in data) == bool(data.get("void")):
        raise UsageError("'correct' takes either --set FIELD=VALUE or --void")
    if target.base in ("import", "redact") or (target.base == "correct" and "set" in data):
        raise UsageError(f"event {target.seq} is '{target.kind}', which cannot be amended")
    if data.get("void") and target.base == "refer" and _has_more_than_its_opener(book, target):
        raise UsageError(f"event {target.seq} opened the case, and more has happened since: it cannot be voided")
    if target.base != "correct" and book.current(target.seq) is None:
        raise UsageError(f"event {target.seq} was voided already")
    if "set" in data:
        if target.redacted and set(data["set"]) - {"at", "by"}:
            raise UsageError(f"event {target.seq} is redacted: only its at and by can be amended")
        data["set"] = _amendments(book.current(target.seq) or target, data["set"], checker, today)
        amended = (book.current(target.seq) or target).amended(_change(data["set"]))
        if not target.redacted:
            checker.complete(target.kind, amended.data or {})
        _check_birth(amended.data or {}, amended.on)
        if amended.kind == "staff.away" and not amended.redacted:
            _check_absence(book, amended.data or {}, amended.at)
    return target.case


def _change(fields: Mapping[str, Any]) -> Event:
    return Event(seq=0, kind="correct", case=None, at="2000-01-01", by=None, data={"set": dict(fields)})


def _has_more_than_its_opener(book: Casebook, opener: Event) -> bool:
    events = book.tracks[opener.case].events if opener.case is not None else []
    return any(e.base not in ("refer", "correct") for e in events)


def _amendments(current: Event, changes: Mapping[str, Any], checker: Checker, today: date) -> dict[str, Any]:
    fields = KINDS[current.base].fields
    made: dict[str, Any] = {}
    if not changes:
        raise UsageError("'correct' takes what to set, FIELD=VALUE, or --void")
    for name, value in changes.items():
        if current.base == "staff" and name == "staff":
            raise UsageError("whom a staff event is about cannot be amended; void it and record another")
        if name == "at":
            past_day(str(value), today)
            made[name] = str(value)
        elif name == "by":
            made[name] = checker.person(value, "--set by")
        elif fields.get(part := name.partition(".")[0]) is not None and fields[part].mapping and "." in name:
            made[part] = _with_part(made.get(part, current.get(part)), name.partition(".")[2], value)
        elif name in fields:
            blank = value is None or value == ""
            made[name] = None if blank else checker.value(fields[name], _spread(fields[name].many, value))
        else:
            nearest = " Did you mean 'at'?" if name == "on" else did_you_mean(name, [*fields, "at", "by"])
            raise UsageError(f"'{current.kind}' has no field '{name}'.{nearest}")
    return made


def _with_part(parts: Mapping[str, str] | None, part: str, value: Any) -> dict[str, str]:
    """Return *parts* with one of them set, or taken away where *value* is null or blank."""
    if value is not None and not isinstance(value, str):
        raise UsageError(f"part '{part}' takes text, not {value!r}")
    rest = {name: text for name, text in (parts or {}).items() if name != part.replace("-", "_")}
    return rest | ({part.replace("-", "_"): value} if value else {})


def _spread(many: bool, value: Any) -> Any:
    return value.split(",") if many and isinstance(value, str) else value
