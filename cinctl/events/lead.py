"""Who takes the case on and who leads it: refer, decide, consent, map, endorse, allocate, cowork, direct, handover."""

from __future__ import annotations

from datetime import date

from cinctl.events import spec as f


@f.kind("refer")
class Refer:
    """Open a case by recording a referral."""

    source: str | None = f.code("source", "who referred (census code, such as 1A or 6)", required=True)
    born: date | None = f.day("date of birth", holds="birth")
    expected: date | None = f.day("expected date of birth of an unborn child", holds="birth")
    child: str | None = f.text("the authority's own reference, the same across a child's cases", holds="child")
    family: str | None = f.text("an id that siblings share", holds="family")
    need: str | None = f.code("need", "primary need (census code, N1 to N9, N0)")
    received_by_team: date | None = f.day("when the team received it, if later than the authority did")
    referrer: str | None = f.text("who referred, as a role or agency, never a name")
    agencies: list[str] | None = f.code("agency", "an agency involved", many=True, aliases=("--agency",))
    disabled: bool | None = f.flag("the child is disabled", holds="characteristic")
    unit: str | None = f.text("the unit that received it", holds="unit")
    earlier_assessment: str | None = f.text("reference of an earlier early-help assessment that this builds on")
    note: str | None = f.text("a note")


@f.kind("decide")
class Decide:
    """Decide what follows a referral."""

    outcome: str | None = f.code("outcome", "what was decided")
    limb: list[str] | None = f.code(
        "limb", "which limb of the Child in Need test is met", many=True, tells=(("disabled", "characteristic"),)
    )
    next_steps: str | None = f.text("next steps and type of response")
    threshold: str | None = f.text("threshold reference that the decision follows")
    level: str | None = f.code("level", "level of need")
    note: str | None = f.text("a note")


@f.kind(
    "consent",
    phases={
        "assessment": "to the assessment",
        "plan": "to the plan",
        "fgc": "to a family group conference",
    },
)
class Consent:
    """Record consent given, declined or withdrawn."""

    answer: str | None = f.code("answer", "given, declined or withdrawn")
    given_by: str | None = f.code("relation", "who answered, as a relation to the child")
    has_pr: bool | None = f.flag("that person holds parental responsibility")
    reason: str | None = f.text("why, in their words or yours")
    note: str | None = f.text("a note")


@f.kind("map")
class Map:
    """Record a team mapping."""

    strengths: str | None = f.text("the family's strengths")
    needs: str | None = f.text("the needs")
    next_steps: str | None = f.text("next steps")
    explore: str | None = f.text("points to explore in the assessment")
    engage: str | None = f.text("ideas for engaging the family")
    attendees: list[str] | None = f.staff("a practitioner who took part", many=True)
    partners: list[str] | None = f.code("agency", "a partner agency that took part", many=True)
    note: str | None = f.text("a note")


@f.kind("endorse")
class Endorse:
    """Endorse a proposal about who should lead."""

    to: str | None = f.staff("the practitioner proposed as lead")
    rationale: str | None = f.text("why, as management oversight")
    proposed_by: str | None = f.staff("who proposed it")
    note: str | None = f.text("a note")


@f.kind("allocate")
class Allocate:
    """Make someone the lead practitioner."""

    to: str | None = f.staff("who becomes the lead", required=True)
    from_: str | None = f.staff("the present lead, who is replaced")
    supervisor: str | None = f.staff("who will supervise the lead")
    manager: str | None = f.staff("the accountable manager")
    rationale: dict[str, str] | None = f.text("a part of the rationale, PART=TEXT", mapping=True)
    scope: list[str] | None = f.code(
        "scope", "why this child is in scope for a lead who is not a social worker", many=True
    )
    stage: str | None = f.code("stage", "the stage the lead takes over at")
    s47_risk: str | None = f.code("s47_risk", "risk that could need a section 47 response")
    partners_consulted: list[str] | None = f.code("agency", "a partner consulted on who leads best", many=True)
    agreed_by_lead: bool | None = f.flag("the new lead agreed")
    continuity: str | None = f.text("how the lead can stay throughout")
    why_not_previous: str | None = f.text("why the case does not return to its previous social worker")
    unit: str | None = f.text("the unit that holds the case from now on", holds="unit")
    note: str | None = f.text("a note")


@f.kind("cowork", phases={"add": "joins the case", "end": "leaves it"}, default_phase="add")
class Cowork:
    """Add a co-worker to the case, or end co-working."""

    with_: str | None = f.staff("the co-worker", required=True)
    reason: str | None = f.text("why co-working is likely to help the child")
    note: str | None = f.text("a note")


@f.kind("direct")
class Direct:
    """Give management direction for an assessment."""

    focus: str | None = f.text("what the assessment is to focus on")
    see_child_by: date | None = f.day("by when the child is to be seen")
    complete_by: date | None = f.day("by when the assessment is to be complete")
    other: str | None = f.text("any further direction")
    note: str | None = f.text("a note")


@f.kind("handover", phases={"start": "begins", "complete": "is complete"})
class Handover:
    """Hand the case from the outgoing to the incoming lead."""

    meeting: int | None = f.event("the joint visit or review at which it was done (its seq)")
    outstanding: list[str] | None = f.text("support in the plan that is still outstanding", many=True)
    none_outstanding: bool | None = f.flag("no support is outstanding")
    note: str | None = f.text("a note")
