"""Working with the child and family: inform, visit, assess, plan, meet, approve, supervise, review, notes."""

from __future__ import annotations

from datetime import date

from cinctl.events import spec as f

_OF = "the event that opened what this belongs to (its seq), where several are open"


@f.kind("inform")
class Inform:
    """Record who was told what, or why they were not."""

    who: list[str] | None = f.code("audience", "who was told", many=True)
    about: str | None = f.code("about", "what it was about")
    agencies: list[str] | None = f.code("agency", "an agency told", many=True, aliases=("--agency",))
    message: str | None = f.code("message", "a message that the notice carried")
    reason: str | None = f.text("the reason that was given for the change")
    casenote: str | None = f.text("reference of the casenote")
    exempt: str | None = f.text("why they were not told: telling would put the child at risk")
    note: str | None = f.text("a note")


@f.kind("summarise")
class Summarise:
    """Refresh the case summary."""

    text: str | None = f.text("the summary, or its reference")
    agencies: list[str] | None = f.code("agency", "an agency that receives it", many=True, aliases=("--agency",))
    note: str | None = f.text("a note")


@f.kind("visit")
class Visit:
    """Record a visit."""

    seen: list[str] | None = f.code("seen", "who was seen", many=True)
    alone: bool | None = f.flag("the child was seen alone")
    attendees: list[str] | None = f.staff("another practitioner who was there", many=True)
    purpose: str | None = f.code("purpose", "what the visit was for")
    supervised_by: str | None = f.staff("who supervised the contact, where it was one")
    note: str | None = f.text("a note")


@f.kind("assess", phases={"start": "begins", "complete": "is complete"})
class Assess:
    """Start or complete an assessment."""

    of: int | None = f.event(_OF)
    direction: int | None = f.event("the management direction that it follows (its seq)")
    finding: str | None = f.text("what was found")
    decision: str | None = f.text("what was decided")
    next_steps: str | None = f.text("next steps")
    interviewed: list[str] | None = f.code("seen", "who was interviewed", many=True)
    sources: list[str] | None = f.code("agency", "a source of information", many=True)
    part: dict[str, str] | None = f.text("a further part of the assessment, PART=TEXT", mapping=True)
    factor: list[str] | None = f.code("assessment_factor", "factor identified (census code)", many=True)
    need_nature: str | None = f.text("the nature of the need")
    need_level: str | None = f.text("the level of the need")
    risk_level: str | None = f.text("the level of risk")
    outcome: str | None = f.code("assessment_outcome", "what follows")
    services: list[str] | None = f.text("a service that follows", many=True)
    earlier: str | None = f.text("reference of an earlier assessment that this builds on")
    note: str | None = f.text("a note")


@f.kind(
    "plan",
    phases={
        "draft": "is drawn up",
        "confirm": "is confirmed at a meeting",
        "start": "begins: first intervention",
        "change": "is changed",
        "end": "ends",
    },
    default_phase="draft",
)
class Plan:
    """Draw up, confirm, start, change or end a plan."""

    of: int | None = f.event(_OF)
    part: dict[str, str] | None = f.text("a part of the plan, PART=TEXT", mapping=True)
    review_on: date | None = f.day("when it will be reviewed")
    agreed_by: str | None = f.staff("who agreed the change")
    meeting: int | None = f.event("the meeting that confirmed it (its seq)")
    type: str | None = f.code("plan_type", "Child in Need plan unless told")
    category: str | None = f.code("abuse", "category of abuse, of a child protection plan")
    latest_category: str | None = f.code("abuse", "latest category of abuse")
    previous_plans: int | None = f.number("earlier child protection plans, elsewhere too")
    reason: str | None = f.text("why it changed or ended")
    note: str | None = f.text("a note")


@f.kind("meet", phases={"planning": "planning meeting", "clinic": "clinic", "other": "another meeting"})
class Meet:
    """Record a meeting about the child."""

    chair: str | None = f.staff("who chaired")
    attendees: list[str] | None = f.code("audience", "who attended", many=True)
    agencies: list[str] | None = f.code("agency", "an agency that attended", many=True, aliases=("--agency",))
    named_by: str | None = f.staff("who named the child")
    note: str | None = f.text("a note")


@f.kind(
    "approve",
    phases={
        "assessment": "approves the assessment",
        "plan": "approves the plan",
        "assessment_returned": "sends the assessment back",
        "plan_returned": "sends the plan back",
    },
)
class Approve:
    """Approve an assessment or a plan, or send it back."""

    of: int | None = f.event(_OF)
    reason: str | None = f.text("why, above all when it is sent back")
    note: str | None = f.text("a note")


@f.kind(
    "supervise",
    phases={"formal": "formal supervision", "informal": "informal consultation"},
    default_phase="formal",
)
class Supervise:
    """Record supervision about a case."""

    with_: str | None = f.staff("the practitioner who was supervised", required=True)
    direction: str | None = f.text("the case direction given, as kept on the child's record")
    progress: str | None = f.text("progress on the plan")
    identified_for: str | None = f.code("identified_for", "what the child was identified for")
    feedback_discussed: bool | None = f.flag("feedback was discussed")
    child_experience: str | None = f.text("the child's daily experience")
    goals: str | None = f.text("development goals")
    note: str | None = f.text("a note")


@f.kind("review")
class Review:
    """Record a Child in Need review meeting."""

    chair: str | None = f.staff("who chaired")
    attendees: list[str] | None = f.code("audience", "who attended", many=True)
    practitioners: list[str] | None = f.staff("a practitioner who attended", many=True)
    agreed_by: list[str] | None = f.code("audience", "who agreed the next review", many=True)
    review_on: date | None = f.day("when the next review is due")
    early: bool | None = f.flag("brought forward")
    effective: bool | None = f.flag("the support has the effect that is needed")
    threshold_considered: str | None = f.text("whether Child in Need is still the right threshold")
    barriers: str | None = f.text("what keeps services from working")
    adjustments: str | None = f.text("how the plan is adjusted")
    note: str | None = f.text("a note")


@f.kind("note")
class Note:
    """Put a note on the record."""

    text: str | None = f.text("the note", required=True)
    type: str | None = f.code("note_type", "type of casenote")


@f.kind("update")
class Update:
    """Update what is known of the child: birth, need, agencies, unit, tier."""

    born: date | None = f.day("date of birth, of a child who was expected", holds="birth")
    need: str | None = f.code("need", "primary need (census code)")
    agencies: list[str] | None = f.code(
        "agency", "an agency involved now; names all of them", many=True, aliases=("--agency",)
    )
    unit: str | None = f.text("the unit that holds the case", holds="unit")
    tier: str | None = f.code("tier", "the tier of help")
    family: str | None = f.text("an id that siblings share", holds="family")
    disabled: bool | None = f.flag("the child is disabled", holds="characteristic")
    note: str | None = f.text("a note")


@f.kind("change")
class Change:
    """Record a significant change in the family."""

    what: str | None = f.text("what changed")
    factor: list[str] | None = f.code("factor", "a factor of need or risk", many=True)
    note: str | None = f.text("a note")


@f.kind("legal", phases={"start": "begins", "end": "ends"})
class Legal:
    """Record a legal status: looked after, interim care order, pre-proceedings."""

    status: str | None = f.code("legal_status", "the legal status")
    fgc_considered: str | None = f.text("whether a family group conference was considered, and why not")
    note: str | None = f.text("a note")
