"""The words of the generated pages that no code holds: introductions, and what facts and operators mean."""

from __future__ import annotations

COMMANDS = """
What `-h` prints, command by command. The global options stand before the command or after it.
"""

TOPICS = """
What `cinctl help TOPIC` prints. The tests type every command on these pages, in a store under the protocol `bristol`
with a case R1 and the practitioners csw1, tm1, sm1 and kw1.
"""

RULES = """
`deny` refuses a step, `warn` lets it through with a finding; a row with a limit under `within`, or an owner, is a
clock, which never refuses. `[assumption A-08]` marks a reading of ours: [assumptions.md](assumptions.md) tells it.
""".strip()

ASSUMPTIONS = """
The source documents were written for people, and leave things open that a rule has to settle: what "monthly" is, whose
"immediately". Where a rule of a bundled protocol settles one, it carries a mark, which stands in brackets behind its
words wherever these are printed. Here is what each mark stands for; `cinctl protocol explain RULE` tells it too. An
authority that reads its document otherwise replaces the rule in a protocol of its own
([how](protocol-language.md#extending)).

Three readings hold for every limit and carry no mark. The day on which something starts is day 0, and on the due date
is in time. A limit in working days that starts on a day off counts the next working day as day 1. Any other limit that
ends on a day off stays there, unless a rule says `roll`.
"""

CONFIGURATION = """
A flag wins over the environment, the environment over the config file, and that over the default. Nothing has to be set
but which protocol holds.
"""

CONFIG_FILE = """
`cinctl.toml` in the current folder, else in the nearest folder above it that has one, else in the user's config folder:
`~/.config/cinctl`, or what `XDG_CONFIG_HOME` says; on macOS `~/Library/Application Support/cinctl`, on Windows
`%APPDATA%\\cinctl`. `--config FILE` or `CINCTL_CONFIG` names another. `cinctl init` writes one. Relative paths in it
start from its own folder. An unknown key is an error (exit 5) that names the nearest known one.
"""

CONFIG_KEYS = {
    "store": ("path", "`cases.jsonl`", "`--store`", "`CINCTL_STORE`", "the log of cases"),
    "protocol": (
        "text, or a table",
        "none",
        "`--protocol`",
        "`CINCTL_PROTOCOL`",
        "the id of a bundled protocol, the path of a file (it ends in `.toml` or has a `/`), or a whole protocol",
    ),
    "actor": (
        "text",
        "none",
        "`--by`",
        "`CINCTL_ACTOR`",
        "who acts where a step does not say; whose work `due --mine` lists",
    ),
    "due_soon": (
        "duration",
        "`0 days`",
        "",
        "",
        "what falls due within this time has the status `due_soon`; 0 days is today",
    ),
    "lock_timeout": ("seconds", "30", "`--lock-timeout`", "", "how long to wait while another process writes"),
    "hints": (
        "true or false",
        "`true`",
        "",
        "`CINCTL_HINTS`",
        "whether a terminal is told in one line what to do next",
    ),
    "views": (
        "tables",
        "none",
        "`@NAME`",
        "",
        "named options of `due`, `list` and `caseload`: `[views.morning]` is used as `due @morning`",
    ),
}

CONFIG_PROTOCOL = """
A config with a `[protocol]` table is a whole protocol itself; then these tables may stand in it, as
[protocol-language.md](protocol-language.md) tells them:
"""

CONFIG_EXAMPLE = """
`config.example.toml`, which shows every key, and is a small whole protocol:
"""

ENVIRONMENT = """
The protocol, a store and its answers depend on nothing else in the environment: neither on the time zone nor on the
locale.
"""

EXIT_CODES = """
The same verdict has the same code, whatever the format and the flags. [ci.md](ci.md) says what a job does with them.
Who calls cinctl [from Python](library.md) gets an exception where a command would leave with 2 to 6.
"""

JSON = """
What every command answers with `--json`, and line by line with `-f jsonl`. `cinctl schema COMMAND` prints the JSON
Schema (2020-12); each section below leads to the file of its own. An answer that is one object names its schema in
`schema`, and so does each finding on a line of its own; an array of rows has no place for a name, and `cinctl schema
COMMAND` tells it. Fields stay, with their types: a later version only adds fields, and words to those that take one of
several, unless the number at the end of the schema's id goes up. So take what you know and leave the rest. `--columns`
picks fields, and then no schema is named; a step with `--columns` answers in the columns of its table. Dates are ISO
8601.
"""

EVENTS = """
One line of the log is one event. Its envelope is told in [store.md](store.md); here is what can stand in `data`. A
field is a key of `data` with underscores, and an option of the command with hyphens (`see_child_by`,
`--see-child-by`). A kind with phases carries the phase in the envelope: `assess.start`.
"""

CODES = """
A field of type `code` takes a word of its list where the protocol has that list, and any word where it has not.
"""

CLAUSES = """
One row for each numbered statement of a source, paraphrased, and where each protocol keeps it. `hard` and `soft` are
what the source makes of it; `context` asks nothing. A home in one protocol alone is named with it.

| a home | is | held by |
|---|---|---|
| `gate`, `clock` | a rule, in the pages on rules | every step, `due` and `audit` |
| `role`, `set`, `code` | a word that the protocol has for it | a step that uses another word is not accepted |
| `field`, `kind` | an option of a step, a kind of step: a place to record it | nobody, until somebody records it |
| `report` | a command that shows it: `list`, `caseload`, `audit` | whoever looks |
| `protocol`, `lint` | a key of the protocol, a check of it | `protocol lint` |
| `invariant` | something that no rule may contradict | the tests of cinctl |
| `disabled` | an inherited rule that is taken out, and what stands in its place | |
| `context` | nothing to keep | |
"""

FACTS = """
What a condition of a gate, a clock or a named event may look at. [protocol-language.md](protocol-language.md) is the
guide.
"""

EVENT_FACTS = """
Each field of the kind, as in [events.md](events.md): one that holds a practitioner opens on that person, one that holds
an event opens on that event, and `.PART` of a field with parts is its text. Beside the fields:
"""

PERSON_FACTS = """
As the staff register has them on the date of the step; before joining and after leaving all but `id` are absent.
`training.NAME.done` and `training.NAME.missing` look at a training programme of the protocol.
"""

THREAD_FACTS = """
`on`, `by`, `authors`, `open`, `id`, the latest value of each field of its events, and for each mark `MARK_on` and
`MARK_by`.
"""

OPERATOR_RULES = """
A plain value means equal, a list any of it, a table of operators all of them. `@NAME` is a set, or a fact when it has a
dot in it.
"""

ROOTS = {
    "event": "the step that is judged: each of its fields by name, and the built-in ones below",
    "actor": "who records the step (`--by`), as the staff register has them on its date",
    "to": "the practitioner in the step's `--to`",
    "lead": "the lead practitioner; on `allocate` the outgoing one",
    "previous_lead": "the one who led before the present lead",
    "previous_social_worker": "the latest former lead who was a social worker then, never the present lead",
    "supervisor": "the supervisor of the present lead on this case",
    "subject": 'the practitioner whom a rule with `for = "practitioner"` is about',
    "case": "the case as it stands just before the step; for the step that opens it, as that step says",
    "last": "`last.X.FIELD`: a field of the latest event X of this episode; X is a kind, a phase or a named event",
    "first": "`first.X.FIELD`: the same of the earliest",
    "count": "`count.X`: how many there were in this episode",
    "open": "`open.RULE`: whether a clock of that rule runs on this case",
    "due": "`due.RULE`: the earliest due date of those that run",
    "params": "`params.NAME`: what the authority filled in",
    "service": "of `service` events, `service.open_families`: how many families use that service",
    "assessment": "the assessment that the step belongs to",
    "plan": "the plan that the step belongs to",
    "enquiry": "the section 47 enquiry that the step belongs to",
    "conference": "the child protection conference",
    "escalation": "the escalation that the step belongs to",
    "commission": "the commissioned service that the step belongs to",
    "file_audit": "the case file audit that the step belongs to",
    "complaint": "the feedback or complaint that the step belongs to",
}

PERSON = {
    "id": "their id",
    "role": "their role",
    "unit": "their team",
    "employer": "who employs them; `authority` unless told",
    "qualified": "whether they are social work qualified",
    "registered": "whether `registered_until` is on or after the date",
    "registered_until": "the last day of their registration",
    "background": "their professional background",
    "practice_experience": "what they have done",
    "service": "the service that they work in",
    "manager": "who manages them",
    "training_plan": "their plan for training still to be done",
    "since": "since when they have had this role; of `lead` and `supervisor`, since when on this case",
    "joined": "the day they joined",
    "left": "whether they have left",
}

CASE = {
    "id": "its id",
    "child": "the authority's own reference for the child",
    "family": "what siblings' cases share",
    "state": "`referred`, `open`, `closed` and so on, as in `show`",
    "tier": "the tier of help",
    "outcome": "what was decided on the referral",
    "age": "the child's age in years; -1 before birth",
    "age_months": "the same in months",
    "turns_18": "the 18th birthday",
    "born": "the date of birth",
    "expected": "the expected date of birth",
    "need": "the primary need",
    "source": "where the referral came from",
    "disabled": "whether the child has a disability",
    "agencies": "the agencies that work with the family",
    "scope": "why the child is in scope for a lead who is not a social worker",
    "coworkers": "who co-works the case",
    "lead_roles": "every role that a lead of this case has had",
    "manager": "the manager named at allocation",
    "unit": "the team, as recorded, else the team of who decided",
    "legal_status": "such as looked after, or in pre-proceedings",
    "cp_since": "since when there is a child protection plan",
    "referred": "the date of the referral",
    "received": "when the team received it, where that is recorded, else the date of the referral",
    "ended": "the day it was closed or stepped down",
    "escalated": "whether need was raised in this episode, and not declined",
    "consent.PURPOSE": "the latest answer to that question of consent",
}

EVENT = {
    "on": "the London date on which it happened",
    "by": "who recorded it; opens on that person",
    "kind": "its kind, with its phase",
    "time": "the time of day in London; absent when only a date was given",
    "weekday": "`monday` to `sunday`",
    "working_day": "whether that date is one",
}

OPERATORS = {
    "present": "(always `true`) the fact is there, and not blank",
    "absent": "(always `true`) it is not there, or blank",
    "not": "it is not this value, none of this list, or does not meet these operators",
    "any_of": "it is one of these; a list shares at least one with them",
    "none_of": "it is none of these; a list shares none with them",
    "same_as": "it equals that other fact; between a value and a list: is in it",
    "differs_from": "it does not",
    "on_or_before": "the date is not later than that date or date fact",
    "on_or_after": "the date is not earlier",
    "within": "the date is not after the step's, and at most this duration before it",
    "includes": "the list contains this, or at least one of these",
    "includes_all": "the list contains all of these",
    "at_least": "the number, or the length of the list, is not less",
    "at_most": "it is not more",
}
