"""Every check of `protocol lint` by its id, which does not change: what it holds to, how to put right what it finds."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CHECKS", "Check"]


class Check(NamedTuple):
    """One check. *level* is the worst that it finds: an error, a warning or a note."""

    level: str
    holds: str
    mend: str


CHECKS: dict[str, Check] = {
    # What keeps a protocol from loading
    "unreadable-file": Check("error", "the file can be read", "name a protocol file that is there"),
    "syntax": Check("error", "the file is TOML", "mend the line; a text needs its quotes, a table its brackets"),
    "unknown-protocol": Check(
        "error",
        "what a protocol extends or supersedes is there",
        "name a bundled protocol (cinctl protocol list) or the path of a file",
    ),
    "unknown-key": Check("error", "every key means something", "take the key out, or spell it as the language does"),
    "missing-key": Check("error", "every table has the keys that it needs", "add the key"),
    "wrong-value": Check("error", "every value is of its kind", "give a value of the kind that the message names"),
    "version": Check("error", "versions follow one another", "give effective_from, after that of what is superseded"),
    "rule-id": Check("error", "an id is one word", "use letters, digits, '-', '_' and '.' only"),
    "duplicate-rule": Check("error", "an id is of one rule", "give one of the two another id"),
    "gate-parts": Check("error", "a gate listens to kinds and requires something", "name its kinds in 'on'"),
    "clock-events": Check("error", "a clock listens to events that there are", "name kinds or named events"),
    "clock-limit": Check("error", "a clock has one limit or none", "write it as '5 working days', or name a date fact"),
    "clock-owner": Check("error", "what a clock starts is somebody's", "name lead, supervisor, manager or a @SET"),
    "event-names": Check("error", "a named event has a name and events of its own", "name kinds or other named events"),
    "spelling": Check("error", "names are spelt plainly", "use letters, digits and underscores only"),
    "param-value": Check("error", "a param's value is of its type", "give it a value of that type, or none"),
    "training": Check("error", "a training has topics and times", "list its topics; write times as '4 weeks'"),
    "clause-source": Check("error", "a clause comes from a source", "add the source under [sources]"),
    "calendar": Check("error", "the calendar covers its closures", "name a bundled list; closures lie in its years"),
    "caseload": Check("error", "a limit of cases is a count", "give a whole number, 0 or more"),
    "locked-rule": Check("error", "a locked rule stands as it is", "give your rule an id of its own"),
    "disabled-rule": Check("error", "what is disabled is there and may be", "name a rule of the protocol below"),
    "unknown-fact": Check("error", "a condition looks at facts that there are", "docs/facts.md lists them all"),
    "condition": Check("error", "a condition can be compiled", "use an operator and a value that suit the fact"),
    # Where a protocol contradicts itself
    "gate-never-holds": Check("error", "a gate can be satisfied", "take out one of the lines that exclude each other"),
    "gate-never-asked": Check("warning", "a gate can come to be asked", "mend its 'when', or take the gate out"),
    "clock-never-stops": Check("error", "something stops every clock", "name in 'stops' what is waited for"),
    "clock-never-starts": Check("error", "something starts every clock", "mend 'starts' and 'when', or give a date"),
    "limits-in-a-ring": Check("error", "no clock is due when it is due itself", "give one of them a duration"),
    # Words that mean nothing
    "unknown-role": Check("error", "a set of roles holds roles", "declare the role under [roles], or mend the set"),
    "unknown-code": Check("error", "a set of codes holds codes of the list", "add the word under [codes]"),
    "unknown-clause": Check("warning", "a clause that is cited is known", "add it under [clauses]"),
    # What is not judged, or holds of nothing
    "blank-param": Check("warning", "every param that a rule rests on is filled in", "give it a value under [params]"),
    "absent-fact": Check("warning", "what is required cannot hold of nothing", "say present = true beside it"),
    # What the clauses ask of the file itself
    "unnamed": Check("error", "a protocol names whom and what the guidance asks for", "add the table or the rule"),
    "unsaid": Check("warning", "a protocol says who agreed it, and when", "add the key under [protocol]"),
    "speechless": Check("note", "every rule says in words what it asks", "add 'say'"),
}
