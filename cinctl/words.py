"""Rules in plain words: why a condition does not hold, and what would satisfy it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from cinctl.conditions import Conditions, Line
from cinctl.facts import Moment

_PEOPLE = {
    "actor": "--by",
    "event.by": "--by",
    "to": "--to",
    "lead": "the lead",
    "supervisor": "the supervisor",
    "previous_lead": "the previous lead",
    "previous_social_worker": "the previous social worker",
    "subject": "the practitioner",
}


def _option(field: str) -> str:
    return "--" + field.replace("_", "-")


def _word(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: Any) -> str:
    from cinctl.calendar import weekday_date

    if isinstance(value, date):
        return weekday_date(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list | tuple | frozenset | set):
        return ", ".join(sorted(str(v) for v in value)) or "none"
    return str(value)


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def why(line: Line, moment: Moment) -> str:
    """Return, in a few words, what stands in the way of *line*: `kw1 is a family_help_key_worker`."""
    fact = line.fact
    value = fact.get(moment)
    root, _, rest = fact.name.partition(".")
    if fact.holder is not None:
        return _why_person(line, moment, value)
    if root == "event":
        return _why_field(line, moment, rest, value)
    if root in ("last", "first"):
        return _why_past(rest, value) + ("" if value is None else _against(line, moment))
    if root == "case":
        return f"the case's {_word(rest)} is {'not recorded' if value is None else _shown(value)}"
    if root in ("open", "due"):
        return f"{rest} is {'running' if value else 'not running'}"
    if root == "count":
        return f"it counts {value} {_word(rest)}"
    if root in ("actor", "to", "lead", "supervisor", "previous_lead", "previous_social_worker", "subject"):
        who = _PEOPLE.get(root, root)
        return f"{who} is {'not given' if value is None else value}"
    if value is None and rest in ("on", "id", "by", "open", "authors"):
        return f"no {_word(root)} is on record"
    if value is None and rest.endswith(("_on", "_by")):
        return f"no {_word(rest[:-3])} {_word(root)} is on record"
    if value is None:
        return f"the {_word(root)} has no {_word(rest)}"
    return f"the {_word(root)}'s {_word(rest)} is {_shown(value)}{_against(line, moment)}"


def _why_person(line: Line, moment: Moment, value: Any) -> str:
    fact = line.fact
    assert fact.holder is not None
    person = fact.holder(moment)
    holder, _, attr = fact.name.rpartition(".")
    if ".training." in fact.name:
        holder, _, attr = fact.name.partition(".training.")
    if person is None:
        return (
            f"{_holder(holder)} is not given"
            if holder.startswith(("event", "actor", "to"))
            else f"there is no {_word(holder)}"
        )
    if not moment.person(person).in_post:
        return f"{person} is not in post on {_shown(moment.event.on)}"
    if attr == "role":
        return f"{person} is {_article(str(value))}" if value else f"{person} has no role"
    if attr == "qualified":
        return f"{person} is {'social work qualified' if value else 'not social work qualified'}"
    if attr == "registered":
        return f"{person} is {'registered' if value else 'not registered'} on {_shown(moment.event.on)}"
    if attr.endswith((".done", ".missing")):
        programme = attr.partition(".")[0]
        lacking = (fact.missing(moment) if fact.missing is not None else None) or []
        return (
            f"{person} lacks {programme} topics, or they have run out: {', '.join(lacking)}"
            if lacking
            else f"{person} has done {programme}"
        )
    if attr == "id":
        return f"it is {person}"
    return f"{person}'s {_word(attr)} is {'not recorded' if value is None else _shown(value)}"


def _holder(name: str) -> str:
    if name in _PEOPLE:
        return _PEOPLE[name]
    root, _, field = name.partition(".")
    return _option(field) if root == "event" else _word(name)


def _why_field(line: Line, moment: Moment, rest: str, value: Any) -> str:
    if rest == "on":
        return f"it is dated {_shown(value)}{_against(line, moment)}"
    if rest in ("time", "weekday", "kind", "working_day"):
        return _why_moment(rest, value)
    if rest == "by":
        return "--by is not given" if value is None else f"--by is {value}"
    field, _, part = rest.partition(".")
    if part:
        return (
            f"{_option(field)} {part} is not given" if value is None else f"{_option(field)} {part} is {_shown(value)}"
        )
    if value is None:
        return f"{_option(field)} is not given"
    if line.operator == "includes_all":
        have = set(value)
        lacking = sorted(x for x in _literals(line) if x not in have)
        return f"{_option(field)} lacks {', '.join(lacking)}"
    return f"{_option(field)} is {_shown(value)}{_against(line, moment)}"


def _why_moment(what: str, value: Any) -> str:
    """Return what is known of when the step is, or what it is, which no option says."""
    if value is None:
        return "it has no time of day: say it with --at" if what == "time" else f"its {_word(what)} is not known"
    if what == "working_day":
        return "it is on a working day" if value else "it is not on a working day"
    return {"time": f"it is at {value}", "weekday": f"it is on a {value}", "kind": f"it is {value}"}[what]


def _literals(line: Line) -> Iterable[str]:
    operand = line.operand
    if isinstance(operand, str) and not operand.startswith("@"):
        return [operand]
    if isinstance(operand, list):
        return [str(o) for o in operand]
    return []


def _against(line: Line, moment: Moment) -> str:
    """Return what a date is held against, such as `, before the referral of Mon 23 Feb 2026`."""
    if line.operator not in ("on_or_before", "on_or_after"):
        return ""
    side = "after" if line.operator == "on_or_before" else "before"
    if line.other is None:
        return f", {side} {_shown(line.operand)}"
    bound = line.other.get(moment)
    what = _fact_words(line.other.name)
    return f", and {what} is not on record" if bound is None else f", {side} {what} ({_shown(bound)})"


def _why_past(rest: str, value: Any) -> str:
    name, _, field = rest.rpartition(".")
    if value is None:
        return f"no {_word(name)} is on record" if field == "on" else f"the last {_word(name)} has no {_word(field)}"
    if field == "on":
        return f"the {_word(name)} on record is of {_shown(value)}"
    return f"the {_word(field)} of the last {_word(name)} is {_shown(value)}"


# What would satisfy a rule

_OF_THE_STEP = {
    "on": "the date of the step",
    "time": "the time of the step",
    "weekday": "the weekday of the step",
    "working_day": "a working day",
    "kind": "the kind of the step",
}
_CASE_WORDS = {"referred": "the referral", "received": "the day the team received it", "ended": "the day it ended"}


def satisfy(conditions: Conditions) -> str:
    """Return what *conditions* ask for, in plain words."""
    return "; or ".join(satisfy_lines(table) for table in conditions.tables)


def satisfy_lines(lines: Iterable[Line]) -> str:
    """Return what *lines* ask for, in plain words."""
    lines = list(lines)
    told_of = {line.fact.name for line in lines if line.operator != "present"}
    kept = (line for line in lines if line.operator != "present" or line.fact.name not in told_of)
    return ", ".join(dict.fromkeys(_wanted(line) for line in kept))


def _fact_words(name: str) -> str:
    root, _, rest = name.removeprefix("@").partition(".")
    if root == "event":
        if rest in _OF_THE_STEP:
            return _OF_THE_STEP[rest]
        field, _, deeper = rest.partition(".")
        if deeper and field not in ("rationale", "part"):
            return f"{_word(deeper)} of {'--by' if field == 'by' else _option(field)}"
        return f"{_option(field)} {deeper}" if deeper else _option(field)
    if root == "actor":
        return f"{_word(rest)} of --by" if rest else "--by"
    if root == "to":
        return f"{_word(rest)} of --to" if rest else "--to"
    if root in ("last", "first"):
        what, _, field = rest.rpartition(".")
        return (
            f"the date of the {root} {_word(what)}" if field == "on" else f"{_word(field)} of the {root} {_word(what)}"
        )
    if root == "count":
        return f"the number of {_word(rest)} events"
    if root in ("open", "due"):
        return f"{rest} {'running' if root == 'open' else 'due date'}"
    if not rest:
        return f"the {_word(root)}"
    if root == "case" and rest in _CASE_WORDS:
        return _CASE_WORDS[rest]
    if rest.endswith("_on"):
        return f"the day the {_word(root)} was {_word(rest[:-3])}"
    return f"{_word(rest)} of the {_word(root)}"


_IS = {"qualified": "social work qualified", "registered": "registered on that date"}


def _wanted_of_person(line: Line) -> str | None:
    """Return what *line* asks of a practitioner, or None when it is not about one."""
    holder, _, attr = line.fact.name.rpartition(".")
    if line.fact.holder is None or line.operator not in ("is", "any_of", "present"):
        return None
    who = _holder(holder) if holder.startswith(("event", "actor", "to")) or holder in _PEOPLE else _fact_words(holder)
    if attr in _IS and isinstance(line.operand, bool):
        return f"{who} is {'' if line.operand else 'not '}{_IS[attr]}"
    if attr != "role":
        return None
    if line.operator == "present":
        return f"{who} is in post"
    if isinstance(line.operand, str) and line.operand.startswith("@"):
        return f"{who} holds a {_word(line.operand[1:])} role"
    roles = line.operand if isinstance(line.operand, list) else [line.operand]
    return f"{who} is {' or '.join(_article(str(role)) for role in roles)}"


def _wanted(line: Line) -> str:
    of_person = _wanted_of_person(line)
    if of_person is not None:
        return of_person
    what = _fact_words(line.fact.name)
    operand = line.operand
    if line.operator == "not" and isinstance(operand, dict):
        inner = (line._replace(operator=operator, operand=value) for operator, value in operand.items())
        return "not: " + ", ".join(_wanted(one) for one in inner)
    told = _fact_words(operand) if isinstance(operand, str) and "." in operand else _shown(operand)
    if isinstance(operand, str) and operand.startswith("@") and "." not in operand:
        told = f"one of {_word(operand[1:])}"
    if line.operator == "is" and isinstance(operand, bool):
        return what if operand else f"no {what}"
    phrase = {
        "is": f"{what} is {told}",
        "any_of": f"{what} is one of: {told}" if isinstance(operand, list) else f"{what} is {told}",
        "none_of": f"{what} is none of: {told}",
        "not": f"{what} is not {told}",
        "present": f"{what} is given" if what.startswith("--") else f"{what} is on record",
        "absent": f"{what} is not given" if what.startswith("--") else f"{what} is not on record",
        "same_as": f"{what} is the same as {told}",
        "differs_from": f"{what} is not {told}",
        "on_or_before": f"{what} is on or before {told}",
        "on_or_after": f"{what} is on or after {told}",
        "within": f"{what} is at most {told} before the step",
        "includes": f"{what} includes {told}",
        "includes_all": f"{what} includes all of: {told}",
        "at_least": f"{what} is at least {told}",
        "at_most": f"{what} is at most {told}",
    }
    return phrase[line.operator]
