"""Rising and falling need: escalate, strategy, enquire, conference, coregroup, service, stepdown, close, reopen."""

from __future__ import annotations

from datetime import date

from cinctl.events import spec as f

_OF = "the event that opened what this belongs to (its seq), where several are open"


@f.kind(
    "escalate",
    phases={"raise": "need or risk is raised", "agree": "is agreed", "decline": "is declined"},
)
class Escalate:
    """Raise need or risk, and agree or decline to escalate."""

    of: int | None = f.event(_OF)
    to: str | None = f.staff("whom it is raised with")
    factor: list[str] | None = f.code("factor", "a factor of need or risk", many=True)
    reason: str | None = f.text("why")
    requested_by: str | None = f.code("agency", "the agency that asks for it")
    note: str | None = f.text("a note")


@f.kind("strategy")
class Strategy:
    """Record a strategy discussion."""

    chair: str | None = f.staff("who ran it")
    outcome: str | None = f.code("strategy_outcome", "what it decided")
    grounds: str | None = f.text("grounds to suspect significant harm")
    agencies: list[str] | None = f.code("agency", "an agency that took part", many=True, aliases=("--agency",))
    attendees: list[str] | None = f.staff("a practitioner who took part", many=True)
    reason: str | None = f.text("the reasoning")
    note: str | None = f.text("a note")


@f.kind("enquire", phases={"start": "begins", "conclude": "is concluded"})
class Enquire:
    """Start or conclude a section 47 enquiry."""

    of: int | None = f.event(_OF)
    trigger: int | None = f.event("the referral or step-up that led to it (its seq)")
    strategy: int | None = f.event("the strategy discussion that opened it (its seq)")
    conference_target: date | None = f.day("the target date of the initial conference, as recorded")
    conference_needed: bool | None = f.flag("an initial child protection conference is needed")
    outcome: str | None = f.code("enquiry_outcome", "what it found")
    decided_by: str | None = f.staff("the social worker who decided")
    consulted: list[str] | None = f.code("agency", "a practitioner's agency consulted", many=True)
    agencies: list[str] | None = f.code("agency", "an agency involved", many=True, aliases=("--agency",))
    with_police: bool | None = f.flag("joint with the police")
    protection: str | None = f.text("whether immediate protection was considered")
    child_view: str | None = f.text("the child's view")
    adult_history: str | None = f.text("what is known of the adults")
    support: str | None = f.text("support discussed where harm is not substantiated")
    reason: str | None = f.text("the reasoning")
    note: str | None = f.text("a note")


@f.kind("conference", phases={"initial": "initial conference", "review": "review conference"})
class Conference:
    """Record a child protection conference."""

    of: int | None = f.event(_OF)
    enquiry: int | None = f.event("the enquiry that led to it (its seq)")
    chair: str | None = f.staff("who chaired")
    outcome: str | None = f.code("conference_outcome", "what it decided")
    core_group: list[str] | None = f.text("a member of the core group", many=True)
    attendees: list[str] | None = f.code("audience", "who attended", many=True)
    child_absent: str | None = f.text("why the child was not there")
    recommendations: str | None = f.text("recommendations on joint working")
    transfer_in: bool | None = f.flag("transferred in from another authority")
    note: str | None = f.text("a note")


@f.kind("coregroup")
class Coregroup:
    """Record a core group meeting."""

    led_by: str | None = f.staff("who led it")
    agencies: list[str] | None = f.code("agency", "an agency that took part", many=True, aliases=("--agency",))
    tasks: str | None = f.text("tasks and progress")
    note: str | None = f.text("a note")


@f.kind(
    "service",
    phases={
        "refer": "is asked for",
        "answer": "is accepted or declined",
        "start": "begins",
        "end": "ends",
    },
)
class Service:
    """Commission a service from the catalogue."""

    of: int | None = f.event(_OF)
    service: str | None = f.code("service", "which service")
    route: str | None = f.code("route", "by which route")
    requested_by: str | None = f.text("who asked")
    agreed_by: str | None = f.staff("who agreed")
    hub_reference: str | None = f.text("reference of the hub's assessment that identified the need")
    care_risk_today: bool | None = f.flag("the child may come into care today")
    returning_home: bool | None = f.flag("the child is returning home")
    family_involved: bool | None = f.flag("the family took part in making its action plan")
    family_plan: str | None = f.text("reference of the plan that the family made itself")
    answer: str | None = f.code("service_answer", "accepted or declined")
    reason: str | None = f.text("why")
    note: str | None = f.text("a note")


@f.kind("stepdown")
class Stepdown:
    """Step down to a lower tier."""

    to: str | None = f.code("destination", "the level or service stepped down to", required=True)
    meeting: date | None = f.day("the meeting that arranged it")
    reason: str | None = f.code("stepdown_reason", "why")
    signed_by: str | None = f.staff("the manager who signed it off")
    early_help: str | None = f.code("early_help", "whether early help was considered")
    note: str | None = f.text("a note")


@f.kind("close")
class Close:
    """Close the case."""

    reason: str | None = f.code("closure", "why (census code, RC1 to RC9)", tells=(("RC2", "death"),))
    decision: str | None = f.text("the decision")
    evidence: str | None = f.text("what it rests on")
    early_help: str | None = f.code("early_help", "whether early help was considered")
    signed_by: str | None = f.staff("the manager who signed it off")
    review: int | None = f.event("the review at which it was agreed (its seq)")
    consulted: list[str] | None = f.code("agency", "an agency consulted", many=True)
    exception: str | None = f.text("why review or consultation could not be had")
    note: str | None = f.text("a note")


@f.kind("reopen")
class Reopen:
    """Open a closed case again."""

    reason: str | None = f.text("why")
    note: str | None = f.text("a note")


@f.kind("child")
class Child:
    """Record census characteristics of the child."""

    sex: str | None = f.code("sex", "sex", holds="characteristic")
    ethnicity: str | None = f.code("ethnicity", "ethnicity (census code)", holds="characteristic")
    disabilities: list[str] | None = f.code("disability", "disability (census code)", many=True, holds="characteristic")
    upn: str | None = f.text("unique pupil number", holds="upn")
    upn_unknown: str | None = f.code("upn_unknown", "why there is no unique pupil number", holds="characteristic")
    former_upn: str | None = f.text("former unique pupil number", holds="upn")
    died: date | None = f.day("date of death", holds="death")
    previous_plans: int | None = f.number("earlier child protection plans, elsewhere too", holds="characteristic")
    note: str | None = f.text("a note")
