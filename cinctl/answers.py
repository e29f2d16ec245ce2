"""Every answer that a command prints as JSON: its fields, in their order, and what each holds."""

from __future__ import annotations

from typing import Any

from cinctl.events import KINDS
from cinctl.schemas import Answer, Field, Fields

__all__ = ["ANSWERS", "answer_of"]

_TEXT: dict[str, Any] = {"type": "string"}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
_MOMENT: dict[str, Any] = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$"}
_NUMBER: dict[str, Any] = {"type": "integer"}
_AMOUNT: dict[str, Any] = {"type": "number"}
_FLAG: dict[str, Any] = {"type": "boolean"}
_WORDS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_LIST: dict[str, Any] = {"type": "array"}
_TABLE: dict[str, Any] = {"type": "object"}
_ANY: dict[str, Any] = {}
_HASH: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def _one_of(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


def _only(fields: Fields, *names: str, **other: Field) -> dict[str, Field]:
    return {**{name: fields[name] for name in names}, **other}


_LEVEL = _one_of("deny", "warn")
_FILE = Field("the file", _TEXT)

_CASE: Fields = {
    "case": Field("its id", _TEXT),
    "child": Field("the authority's own reference for the child", _TEXT, null=True),
    "family": Field("what siblings' cases share", _TEXT, null=True),
    "born": Field("date of birth", _DAY, null=True),
    "expected": Field("expected date of birth", _DAY, null=True),
    "state": Field("how it stands", _one_of("referred", "open", "no_further_action", "stepped_down", "closed")),
    "tier": Field("the tier of need, a code of the protocol", _TEXT, null=True),
    "need": Field("the primary need, a code of the protocol", _TEXT, null=True),
    "lead": Field("who leads", _TEXT, null=True),
    "lead_role": Field("in which role", _TEXT, null=True),
    "supervisor": Field("who supervises the lead on it", _TEXT, null=True),
    "unit": Field("the team that holds it", _TEXT, null=True),
    "referred": Field("the day of the latest referral", _DAY, null=True),
    "closed": Field("the day on which it ended", _DAY, null=True),
}

_DUE: Fields = {
    "case": Field("the case; null for what a practitioner or the service owes", _TEXT, null=True),
    "rule": Field("the clock's rule", _TEXT),
    "clause": Field("its first clause", _TEXT, null=True),
    "what": Field("what is to be done", _TEXT),
    "owner": Field("who owes it: a person where one is determined, else a role", _TEXT, null=True),
    "lead": Field("who leads the case", _TEXT, null=True),
    "unit": Field("the team that holds the case", _TEXT, null=True),
    "start": Field("the day on which the clock started", _DAY, null=True),
    "due": Field("the last day on which it is in time; null where there is no limit", _DAY, null=True),
    "status": Field("how it stands", _one_of("pending", "due_soon", "overdue", "outstanding")),
    "late_days": Field("calendar days late, negative while there is time left", _NUMBER, null=True),
    "late": Field("the same in the unit of the limit", _NUMBER, null=True),
    "late_unit": Field("that unit", _one_of("days", "working days"), null=True),
    "covers": Field("for whom the owner stands in while they are away", _TEXT, null=True),
}

_FINDING: Fields = {
    "rule": Field("the rule that was departed from", _TEXT),
    "clause": Field("its first clause", _TEXT, null=True),
    "clauses": Field("all of its clauses", _WORDS),
    "level": Field("how much it counts", _LEVEL),
    "case": Field("the case; null for one about a practitioner or the service", _TEXT, null=True),
    "seq": Field("the event that departs, or that started the clock; null where none is recorded", _NUMBER, null=True),
    "at": Field("when that event happened, as it was given", _MOMENT, null=True),
    "message": Field("what departs, in words; may quote the record", _TEXT),
    "due": Field("the last day on which it was in time", _DAY, null=True),
    "late_days": Field("calendar days late", _NUMBER, null=True),
    "waived": Field("whether a waiver covers it", _FLAG),
    "hindsight": Field("whether only what was recorded later shows it", _FLAG),
    "fingerprint": Field("what tells it from others, the same next time", _TEXT),
    "staff": Field("the practitioner it is about", _TEXT, null=True, when="where the case is null"),
    "unit": Field("their unit", _TEXT, null=True, when="where the case is null"),
}
_KNOWN = Field("whether the baseline knows it", _FLAG, when="with --baseline")

_EVENT: Fields = {
    "seq": Field("its line in the log; of a dry run, what it would be", _NUMBER),
    "kind": Field("what happened, with its phase", _TEXT),
    "case": Field("the case; null where it belongs to none", _TEXT, null=True),
    "at": Field("when it happened, as it was given", _MOMENT),
    "recorded": Field("when it was written down, in UTC", _TIME),
    "by": Field("who did it", _TEXT, null=True),
    "under": Field("the protocol that it was judged by; null for what was imported", _TEXT, null=True),
    "key": Field("what makes a repeated line count as done", _TEXT, when="where `apply` was given one"),
    "data": Field("its fields, as docs/events.md has them; null once redacted", _TABLE, null=True),
}

_HISTORY: Fields = _only(
    _EVENT,
    *("seq", "kind", "at", "recorded", "by", "case"),
    data=Field("its fields; null once redacted, and of `child` unless --characteristics", _TABLE, null=True),
    corrected_by=Field("the event that corrects it", _NUMBER, null=True),
)

_TIMELINE: Fields = {
    "case": Field("the case", _TEXT),
    "kind": Field("what the row is of", _one_of("event", "clock")),
    "seq": Field("the event, or the one that started the clock", _NUMBER, null=True),
    "what": Field("of an event its kind, with its phase; of a clock what is to be done", _TEXT),
    "rule": Field("the clock's rule; null for an event", _TEXT, null=True),
    "clause": Field("its first clause", _TEXT, null=True),
    "who": Field("who did it, or owes it: a person where one is determined, else a role", _TEXT, null=True),
    "start": Field("the day of the event, or on which the clock started", _DAY),
    "due": Field("the last day on which it is in time; null where there is no limit", _DAY, null=True),
    "finished": Field("the day on which it was done, or ended with nothing done; null while it runs", _DAY, null=True),
    "status": Field(
        "how it stands; `late` was done late, or was to be done and ended undone",
        _one_of("pending", "due_soon", "overdue", "outstanding", "done", "late", "ended"),
        null=True,
    ),
    "late_days": Field(
        "calendar days late: of what runs negative while there is time left, of what is done null if in time",
        _NUMBER,
        null=True,
    ),
    "late": Field("the same of what runs, in the unit of the limit", _NUMBER, null=True),
    "late_unit": Field("that unit", _one_of("days", "working days"), null=True),
    "waived_until": Field("the last day of a waiver of its rule", _DAY, null=True),
}

_STEP: Fields = {
    "accepted": Field("whether it was recorded; in a dry run, whether it would be", _FLAG),
    "event": Field("the event as the log has it; null where none is recorded", _TABLE, null=True, parts=_EVENT),
    "findings": Field("what refused it, or was found all the same", _LIST, of=_FINDING),
    "case": Field("the case", _TEXT, null=True),
    "error": Field("why the step means nothing", _TEXT, null=True),
}

_LINE: Fields = {
    "line": Field("its line of the input", _NUMBER),
    "case": Field("the case", _TEXT, null=True),
    "accepted": Field("whether it was recorded", _FLAG),
    "seq": Field("its line in the log", _NUMBER, null=True),
    "findings": Field("what refused it, or was found all the same", _LIST, of=_FINDING),
    "error": Field("why it means nothing", _TEXT, null=True),
}

_NEXT: Fields = {
    "case": Field("the case", _TEXT),
    "step": Field("the kind, with its phase", _TEXT),
    "refused": Field("whether a rule refuses it whatever it says", _FLAG),
    "rules": Field("which rules", _WORDS),
    "why": Field("why; empty where it is not refused", _TEXT),
    "satisfy": Field("what it must say; empty where nothing is asked", _TEXT),
}

_CASELOAD: Fields = {
    "lead": Field("who leads; null for open cases without a lead, and by unit", _TEXT, null=True),
    "role": Field("in which role", _TEXT, null=True),
    "unit": Field("in which team; by unit, the team that holds the cases", _TEXT, null=True),
    "cases": Field("open cases", _NUMBER),
    "overdue": Field("obligations overdue on them", _NUMBER),
    "due_soon": Field("obligations due soon", _NUMBER),
    "outstanding": Field("obligations without a limit", _NUMBER),
    "lead_changes": Field("how often these cases went from one lead to another", _NUMBER),
    "leads": Field("how many practitioners lead them", _NUMBER),
    "limit": Field("the most open cases, by the protocol's [caseload]; null where it sets none", _NUMBER, null=True),
    "over": Field("how many cases are above it; null where there is no limit", _NUMBER, null=True),
    "away_from": Field("the first day of the lead's present absence, else of the next", _DAY, null=True),
    "away_until": Field("its last day; null where that is open", _DAY, null=True),
    "cover": Field("who covers meanwhile", _TEXT, null=True),
}

_STAFF: Fields = {
    "staff": Field("their id", _TEXT),
    "role": Field("their role", _TEXT, null=True),
    "unit": Field("their team", _TEXT, null=True),
    "employer": Field("who employs them", _TEXT, null=True),
    "qualified": Field("whether they are social work qualified", _FLAG, null=True),
    "registered_until": Field("the last day of their registration", _DAY, null=True),
    "in_post": Field("whether they are in post", _FLAG),
    "since": Field("since when they have had this role", _DAY, null=True),
    "training": Field("topics completed", _WORDS),
    "away_from": Field("the first day of their present absence, else of the next", _DAY, null=True),
    "away_until": Field("its last day; null where that is open", _DAY, null=True),
    "cover": Field("who covers meanwhile", _TEXT, null=True),
}

_REPORT: Fields = {
    "indicator": Field("its name, as docs/report.md has it", _TEXT),
    "band": Field("which group of working days; null for the indicator itself", _TEXT, null=True),
    "by": Field("what the row is of", _one_of("all", "month", "unit", "lead", "rule")),
    "group": Field("which month, unit, lead or rule; null for all, and for none", _TEXT, null=True),
    "from": Field("the first day of the period", _DAY, null=True),
    "until": Field("the last day of the period", _DAY, null=True),
    "numerator": Field("how many; of an indicator in working days, all of these together", _NUMBER, null=True),
    "denominator": Field("of how many", _NUMBER, null=True),
    "value": Field("what that comes to; null where there is nothing to count", _AMOUNT, null=True),
    "unit": Field("the unit of the value", _one_of("%", "working days", "per case")),
    "median": Field("the median of the working days", _AMOUNT, null=True),
    "not_judged": Field("what would have counted, had the record spoken of it", _NUMBER, null=True),
    "previous_from": Field("the first day of the earlier period; null without one", _DAY, null=True),
    "previous_until": Field("its last day", _DAY, null=True),
    "previous_numerator": Field("as numerator, in that period", _NUMBER, null=True),
    "previous_denominator": Field("as denominator, in that period", _NUMBER, null=True),
    "previous_value": Field("as value, in that period", _AMOUNT, null=True),
    "previous_median": Field("as median, in that period", _AMOUNT, null=True),
    "previous_not_judged": Field("as not_judged, in that period", _NUMBER, null=True),
    "rules": Field("the clocks that it is read from; empty for what is read from events", _WORDS),
    "suppressed": Field("the fields that --suppress keeps back, which are null", _WORDS),
}

_COUNTS: Fields = {
    "cases": Field("cases judged", _NUMBER),
    "events": Field("events judged", _NUMBER),
    "deny": Field("denials that stand", _NUMBER),
    "warn": Field("warnings that stand", _NUMBER),
    "waived": Field("findings that a waiver covers", _NUMBER),
    "hindsight": Field("findings that only later lines show", _NUMBER),
    "not_judged": Field("what the record cannot speak of", _NUMBER),
    "known": Field("findings that the baseline knows", _NUMBER, when="with --baseline"),
}

_STATISTICS: Fields = {
    "by": Field("what is counted by", _one_of("rule", "unit", "lead")),
    "name": Field("which one; null for none", _TEXT, null=True),
    "findings": Field("findings in all", _NUMBER),
    **_only(_COUNTS, "deny", "warn", "waived", "known"),
}

_FILTERS: Fields = {
    "cases": Field("the cases asked for", _WORDS, when="where cases were named"),
    "select": Field("--select", _WORDS, when="where given"),
    "ignore": Field("--ignore", _WORDS, when="where given"),
    "unit": Field("--unit", _WORDS, when="where given"),
    "from": Field("--from or --since", _DAY, when="where given"),
    "until": Field("--until", _DAY, when="where given"),
    "left_out": Field(
        "findings that these left out, by standing",
        _TABLE,
        when="where any but cases is given",
        parts=_only(_COUNTS, "deny", "warn", "waived", "known"),
    ),
}

_KNOWN_ENTRY: Fields = {
    "fingerprint": _FINDING["fingerprint"],
    "rule": _FINDING["rule"],
    "case": _FINDING["case"],
}

_AUDIT: Fields = {
    "today": Field("the day as of which it was judged", _DAY),
    "protocol": Field(
        "what it was judged by",
        _TABLE,
        parts={"id": Field("its id", _TEXT), "hash": Field("the SHA-256 of its content", _HASH)},
    ),
    "calendar": Field("the list of bank holidays", _TEXT),
    "store": Field(
        "the log that was judged",
        _TABLE,
        parts={"head": Field("the hash of its last line", _HASH), "length": Field("its lines", _NUMBER)},
    ),
    "filters": Field("what narrowed the audit", _TABLE, parts=_FILTERS),
    "counts": Field("how much of everything", _TABLE, parts=_COUNTS),
    "baseline": Field(
        "how it compares",
        _TABLE,
        when="with --baseline",
        parts={
            "protocol": Field("the protocol that the baseline is of", _TEXT),
            "known": Field("findings that it knows", _NUMBER),
            "new": Field("findings that stand and that it does not know", _NUMBER),
            "vanished": Field("what it knows and is no longer found", _LIST, of=_KNOWN_ENTRY),
        },
    ),
    "statistics": Field("counts by rule, unit and lead", _LIST, when="with --statistics", of=_STATISTICS),
    "not_shown": Field("findings left out by --max-findings", _NUMBER, when="where there are any"),
    "findings": Field("the findings, in order", _LIST, of={**_FINDING, "known": _KNOWN}),
}

_BASELINE: Fields = {
    "protocol": Field("the protocol that it is of", _TEXT),
    "mask": Field("tells by which key ids were hashed", _TEXT, when="with --mask"),
    "fingerprints": Field(
        "what is known, sorted",
        _LIST,
        of={**_KNOWN_ENTRY, "message": Field("what it is, in the protocol's words", _TEXT)},
    ),
}

_STORE = Field("the log's path", _TEXT)
_HEAD = Field("the hash of the last line that holds", _HASH)

_VERIFY: Fields = {
    "store": _STORE,
    "ok": Field("whether it holds", _FLAG),
    "lines": Field("lines that hold", _NUMBER),
    "head": _HEAD,
    "torn": Field("bytes of a torn line at the end", _NUMBER, null=True),
    "fault_line": Field("the first line that does not hold", _NUMBER, null=True),
    "fault": Field("why it does not", _TEXT, null=True),
}

_SEAL: Fields = {
    "file": Field("where the seal was written", _TEXT),
    "store": _STORE,
    "format": Field("the version of the log's format", _NUMBER),
    "lines": Field("lines sealed", _NUMBER),
    "head": Field("the hash of the last of them", _HASH),
    "bytes": Field("bytes of the log", _NUMBER),
    "sealed": Field("when, in UTC", _TIME),
    "cinctl": Field("by which version", _TEXT),
    "signature": Field("the file of the signature", _TEXT, null=True),
}

_REPAIR: Fields = {
    "store": _STORE,
    "repaired": Field("whether anything was set aside", _FLAG),
    "offset": Field("the byte at which the torn line begins", _NUMBER, null=True),
    "removed": Field("bytes that are, or would be, set aside", _NUMBER),
    "kept": Field("the file that holds them now", _TEXT, null=True),
    "cleared": Field("files that a redaction cut short had left", _WORDS),
}

_INIT: Fields = {
    "config": Field("the config's path", _TEXT),
    "store": _STORE,
    "protocol": Field("the protocol's id", _TEXT),
    "created": Field("which of the two are new", {"type": "array", "items": _one_of("config", "store")}),
}

_DEMO: Fields = {
    "store": _STORE,
    "cases": Field("cases made", _NUMBER),
    "events": Field("events made", _NUMBER),
}

_PROBLEM: Fields = {
    "file": Field("the return", _TEXT),
    "line": Field("the line in it", _NUMBER),
    "where": Field("which child or element", _TEXT),
    "what": Field("what could not be read or recorded", _TEXT),
    "elements": Field("data elements lost with it", _NUMBER),
}

_PROTOCOL: Fields = {
    "id": Field("its id", _TEXT),
    "title": Field("its title", _TEXT),
    "status": Field("what it is", _one_of("statutory", "agreed", "interim", "guide"), null=True),
    "extends": Field("what it inherits from, nearest first", _WORDS),
    "effective_from": Field("from which day on it holds", _DAY, null=True),
    "supersedes": Field("the protocol before it", _TEXT, null=True),
    "agreed_by": Field("who agreed it", _WORDS),
    "published_on": Field("when it was published", _DAY, null=True),
    "review_on": Field("when it is to be reviewed", _DAY, null=True),
    "references": Field("documents it refers to", _WORDS),
    "bank_holidays": Field("its list of bank holidays", _TEXT),
    "gates": Field("how many gates", _NUMBER),
    "clocks": Field("how many clocks", _NUMBER),
    "roles": Field("its roles", _WORDS),
    "unfilled": Field("params without a value", _WORDS),
    "disabled": Field(
        "inherited rules that are off, and why", {"type": "object", "additionalProperties": {"type": "string"}}
    ),
    "hash": Field("the SHA-256 of its content", _HASH),
    "file": _FILE,
    "caseload": Field(
        "the most open cases: practitioner, roles.ROLE, unit, units.NAME; empty where it sets no limit",
        {"type": "object", "additionalProperties": {"type": "integer"}},
    ),
}

_NOTE: Fields = {
    "protocol": Field("the protocol's id, or the file as it was named", _TEXT, null=True),
    "level": Field("how bad it is", _one_of("error", "warning", "note")),
    "rule": Field("the rule or clause that it is about", _TEXT, null=True),
    "where": Field("file and line", _TEXT, null=True),
    "message": Field("what is amiss", _TEXT),
    "check": Field("the check that found it", _TEXT),
    "file": Field("the file", _TEXT, null=True),
    "line": Field("the line, from 1", _NUMBER, null=True),
    "column": Field("the column, from 1", _NUMBER, null=True),
    "hint": Field("what to do", _TEXT, null=True),
}

_EXPLAINED: Fields = {
    "rule": Field("its id", _TEXT),
    "clause": Field("its first clause", _TEXT, null=True),
    "source": Field("the document that the clause is in", _TEXT, null=True),
    "section": Field("where in it", _TEXT, null=True),
    "level": Field("whether it refuses", _LEVEL),
    "on": Field("the steps that a gate judges, or that start a clock", _WORDS),
    "within": Field("the limit of a clock", _TEXT, null=True),
    "owner": Field("who owes it", _TEXT, null=True),
    "say": Field("what it says", _TEXT),
    "satisfy": Field("what satisfies it", _TEXT),
    "kind": Field("what it is", _one_of("gate", "clock")),
    "says": Field("what its first clause says, paraphrased", _TEXT, null=True),
    "clauses": Field("all of its clauses", _WORDS),
    "when": Field("when it applies, in words; null for always", _TEXT, null=True),
    "listens": Field("the kinds of event that it hears", _WORDS),
    "facts": Field("the facts that it looks at", _WORDS),
    "params": Field("the params that it uses", _WORDS),
    "stops": Field("what stops a clock", _WORDS),
    "resumes": Field("what makes a finished clock run again", _WORDS),
    "until": Field("what ends a clock", _WORDS),
    "external": Field("the source outside the documents that it rests on", _TEXT, null=True),
    "assumption": Field("the reading of ours that it rests on", _TEXT, null=True),
    "reading": Field("what a mark of the bundled protocols such as A-08 stands for, in words", _TEXT, null=True),
    "locked": Field("whether it stands as it is", _FLAG),
    "protocol": Field("the protocol that states it", _TEXT),
    "where": Field("file and line", _TEXT),
}

_CLAUSE: Fields = {
    "clause": Field("its id", _TEXT),
    "level": Field("what the source makes of it", _one_of("hard", "soft", "context")),
    "source": Field("the id of the source document", _TEXT),
    "section": Field("where in it", _TEXT),
    "says": Field("what it says, paraphrased", _TEXT),
    "home": Field("where it lives; empty for nowhere", _WORDS),
}

_DIFFERENCE: Fields = {
    "change": Field("what happened to it", _one_of("added", "dropped", "changed")),
    "what": Field("the sort of part: gate, clock, role and so on", _TEXT),
    "name": Field("which one", _TEXT),
    "key": Field("which key of it; null for the whole", _TEXT, null=True),
    "before": Field("what it was, of any type", _ANY),
    "after": Field("what it is, of any type", _ANY),
    "was": Field("what it was, in words", _TEXT, null=True),
    "now": Field("what it is, in words", _TEXT, null=True),
}

_STORY: Fields = {
    "file": Field("the story's file", _TEXT),
    "title": Field("its title", _TEXT),
    "passed": Field("whether it went as told", _FLAG),
    "failures": Field("what went otherwise", _WORDS),
}

_COVERED: Fields = {
    "protocol": Field("the protocol that states the rule", _TEXT),
    "rule": Field("its id", _TEXT),
    "clause": Field("its first clause", _TEXT, null=True),
    "level": Field("whether it refuses", _LEVEL),
    "exercised": Field("whether any story made it refuse, find or fall due", _FLAG),
    "refused": Field("how many stories made it refuse", _NUMBER),
    "found": Field("how many stories made it find something", _NUMBER),
    "due": Field("how many stories expected something of it to be due, or saw it late", _NUMBER),
    "silent": Field("how many stories were told under it and heard nothing of it", _NUMBER),
    "say": Field("what it says", _TEXT),
}

_SCHEMA: Fields = {
    "schema": Field("the schema's id", _TEXT),
    "commands": Field("the commands that print it", _WORDS),
    "shape": Field("how the things in it come", _one_of("array", "object", "either", "line")),
    "says": Field("what it is", _TEXT),
}

_CHECKED: Fields = {
    "check": Field("what was looked at", _TEXT),
    "status": Field("how it is", _one_of("ok", "warn", "fail")),
    "found": Field("what was found; no id of a case or person, the home folder as ~", _TEXT),
    "advice": Field("what to do about it", _TEXT, null=True),
}

_STEPS = (
    *(name for name in KINDS if name not in ("staff", "import", "redact")),
    "redact",
    *(f"staff {phase}" for phase in KINDS["staff"].phases),
)


def _named(answer: Answer) -> Answer:
    """Return *answer* with the field that names its schema, where it is, or can be, one object."""
    if answer.shape not in ("object", "either"):
        return answer
    when = "unless in an array, a line or with --columns" if answer.shape == "either" else None
    return answer._replace(
        fields={"schema": Field("names this schema", {"const": answer.id}, when=when), **answer.fields}
    )


ANSWERS: dict[str, Answer] = {
    answer.name: _named(answer)
    for answer in (
        Answer("step", "What came of a step.", _STEP, _STEPS, "either"),
        Answer("apply", "What came of each line; with -f jsonl, the default, one a line.", _LINE, ("apply",)),
        Answer("due", "What is due, most overdue first.", _DUE, ("due",)),
        Answer("audit", "An audit.", _AUDIT, ("audit",), "object"),
        Answer(
            "finding",
            "A finding, as 'audit -f jsonl' prints one a line.",
            {"schema": Field("names this schema", {"const": "cinctl/finding/1"}), **_FINDING, "known": _KNOWN},
            shape="line",
        ),
        Answer("statistics", "Counts, as 'audit --statistics -f jsonl' prints one a line.", _STATISTICS, shape="line"),
        Answer("baseline", "What 'audit --write-baseline' writes.", _BASELINE, shape="object"),
        Answer("case", "A case as it stands.", _CASE, ("list", "show"), "either"),
        Answer("history", "What happened to a case.", _HISTORY, ("history",)),
        Answer("timeline", "What happened to a case, and each clock that ran.", _TIMELINE, ("timeline",)),
        Answer("next", "What can be done to a case now.", _NEXT, ("next",)),
        Answer("caseload", "Who leads how many open cases.", _CASELOAD, ("caseload",)),
        Answer("report", "An indicator.", _REPORT, ("report",)),
        Answer("staff", "A practitioner as of today.", _STAFF, ("staff list", "staff show"), "either"),
        Answer("init", "What 'init' made.", _INIT, ("init",), "object"),
        Answer("demo", "What 'demo' made.", _DEMO, ("demo",), "object"),
        Answer(
            "import",
            "What could not be read or recorded.",
            _PROBLEM,
            ("import census", "import annex-a", "import staff"),
        ),
        Answer("verify", "Whether the log holds.", _VERIFY, ("verify",), "object"),
        Answer("seal", "A seal.", _SEAL, ("seal",), "object"),
        Answer("repair", "What a repair did.", _REPAIR, ("repair",), "object"),
        Answer("protocol", "What a protocol is.", _PROTOCOL, ("protocol list", "protocol show"), "either"),
        Answer("lint", "What looks wrong in a protocol.", _NOTE, ("protocol lint",)),
        Answer("explain", "What a rule asks.", _EXPLAINED, ("protocol explain",)),
        Answer("clauses", "Where a clause lives.", _CLAUSE, ("protocol clauses",)),
        Answer("diff", "What two protocols say otherwise.", _DIFFERENCE, ("protocol diff",)),
        Answer("stories", "How a story went.", _STORY, ("protocol test",)),
        Answer("coverage", "How stories exercise a rule: 'protocol test --coverage'.", _COVERED),
        Answer("schema", "What answers there are.", _SCHEMA, ("schema",)),
        Answer("doctor", "How an installation is.", _CHECKED, ("doctor",)),
    )
}

_BY_COMMAND = {command: answer for answer in ANSWERS.values() for command in answer.commands}


def answer_of(command: str) -> Answer | None:
    """Return what *command*, as typed after `cinctl`, prints as JSON, or the answer of that name; None for neither."""
    return _BY_COMMAND.get(command) or ANSWERS.get(command)
