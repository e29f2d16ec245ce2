"""What concerns staff, the service and the record itself: staff, waive, feedback, fileaudit, govern, correct."""

from __future__ import annotations

from datetime import date
from typing import Any

from cinctl.events import spec as f

_OF = "the event that opened what this belongs to (its seq), where several are open"


@f.kind("waive")
class Waive:
    """Record a departure from one rule on one case."""

    rule: str | None = f.text("the rule departed from", required=True, holds="rule")
    reason: str | None = f.text("the reason, which must be defensible", required=True)
    until: date | None = f.day("the last day on which it holds", required=True)
    approved_by: str | None = f.staff("who approved it", required=True)
    note: str | None = f.text("a note")


@f.kind("dissent")
class Dissent:
    """Record a professional difference."""

    partner: str | None = f.code("agency", "the agency that differs")
    issue: str | None = f.text("what about")
    policy: str | None = f.text("the policy that they were pointed to")
    note: str | None = f.text("a note")


@f.kind("feedback", phases={"received": "is received", "answered": "is answered"})
class Feedback:
    """Record feedback, a compliment or a complaint."""

    of: int | None = f.event(_OF)
    type: str | None = f.code("feedback_type", "compliment, complaint or other feedback")
    from_: str | None = f.code("audience", "who gave it")
    channel: str | None = f.code("channel", "by which route")
    wanted: str | None = f.text("what the person wants to happen")
    answer: str | None = f.text("the answer")
    note: str | None = f.text("a note")


@f.kind(
    "fileaudit",
    phases={"audit": "is audited", "action": "an action is set", "done": "an action is done"},
)
class Fileaudit:
    """Record a case-file audit."""

    of: int | None = f.event(_OF)
    practitioner: str | None = f.staff("whose work was audited")
    owner: str | None = f.staff("who owns the action")
    tags: list[str] | None = f.code("audit_tag", "what it looked at", many=True)
    standards: list[str] | None = f.code("standard", "a practice standard looked at", many=True)
    scope: list[str] | None = f.code("audit_scope", "the kind of work looked at", many=True)
    partners_invited: list[str] | None = f.code("agency", "a partner invited", many=True)
    action: str | None = f.text("the action")
    note: str | None = f.text("a note")


@f.kind(
    "govern",
    phases={
        "locality_meeting": "locality meeting",
        "allocations_meeting": "allocations meeting",
        "thematic_audit": "thematic audit",
        "assurance_visit": "safeguarding assurance visit",
        "practice_week": "practice week",
        "report": "report to a board",
        "framework": "quality assurance framework agreed",
    },
    subject="service",
)
class Govern:
    """Record something the service did as a whole."""

    unit: str | None = f.text("the unit", holds="unit")
    attendees: list[str] | None = f.staff("who attended", many=True)
    board: str | None = f.text("the board reported to")
    scope: list[str] | None = f.code("audit_scope", "the kind of work looked at", many=True)
    reference: str | None = f.text("reference of the paper")
    note: str | None = f.text("a note")


@f.kind(
    "staff",
    phases={
        "join": "takes up post",
        "change": "changes role, unit or credentials",
        "train": "completes training",
        "leave": "leaves",
        "away": "is away",
    },
    subject="staff",
)
class Staff:
    """Keep the staff register."""

    staff: str | None = f.staff("the practitioner's id", required=True)
    role: str | None = f.code("role", "role")
    unit: str | None = f.text("team or unit", holds="unit")
    employer: str | None = f.code("employer", "who employs them; the authority unless told")
    qualified: bool | None = f.flag("holds a social work qualification")
    registered_until: date | None = f.day("registered with the regulator until")
    background: str | None = f.code("background", "field they come from")
    practice_experience: str | None = f.text("experience of practice with children and families")
    service: str | None = f.code("service", "the service they belong to")
    manager: str | None = f.staff("their manager")
    training_plan: str | None = f.text("reference of their training plan")
    topic: list[str] | None = f.code("topic", "a training topic completed", many=True)
    activity: list[str] | None = f.code("activity", "a shadowing or observation activity", many=True)
    shadowed: str | None = f.staff("who was shadowed")
    from_: date | None = f.day("the first day away; the day on which it is told, unless said")
    until: date | None = f.day("the last day away; open-ended, unless said")
    cover: str | None = f.staff("who covers meanwhile")
    note: str | None = f.text("a note")


@f.kind("import", subject="service")
class Import:
    """Say what was imported, from where, and which kinds that source can speak of."""

    source: str | None = f.text("the format and the return, such as census 2026 of authority 899")
    digest: str | None = f.text("SHA-256 of the file")
    speaks: dict[str, Any] | None = f.text("kind to the list of fields it can speak of", mapping=True)
    covers_from: date | None = f.day("the first day of the period that the source tells of")
    covers_until: date | None = f.day("the last day of that period")
    counts: dict[str, Any] | None = f.text("what was read, added, already there and unreadable", mapping=True)


@f.kind("correct")
class Correct:
    """Amend or void an earlier event."""

    of: int | None = f.event("the event corrected (its seq)", required=True)
    set: dict[str, Any] | None = f.text("a field to amend, FIELD=VALUE (also at, by)", mapping=True)
    void: bool | None = f.flag("it never happened")
    reason: str | None = f.text("why", required=True)
    note: str | None = f.text("a note")


@f.kind("redact")
class Redact:
    """Remove the payload of an earlier event, lawfully."""

    of: int | None = f.event("the event redacted (its seq)", required=True)
    reason: str | None = f.text("why", required=True)
    approved_by: str | None = f.staff("who approved it", required=True)
    lines: int | None = f.number("how many lines")
    note: str | None = f.text("a note")
    whole_case: bool | None = f.flag("every event of the case")
