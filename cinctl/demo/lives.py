"""What becomes of the cases of a synthetic authority, as steps counted in days from the referral.

A step that the protocol in force refuses is done by somebody else, or with what it lacks, or left out. Where a life has
an *aim*, it is placed in time so that what a step of that kind would finish is due so many days from today.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cinctl.demo.dice import Dice
from cinctl.demo.texts import NOTES, RAISED, TEXTS


@attrs.frozen
class Day:
    """A date in the data of a step, as days from the referral."""

    n: int


@attrs.frozen
class Someone:
    """A person in the data of a step: `lead` or `manager`."""

    who: str


@attrs.frozen
class Step:
    """One step: so many days after the referral, by whom."""

    day: int
    kind: str
    by: str = "lead"
    data: Mapping[str, Any] = {}


Script = list[Step]
Teller = Callable[[Dice], Script]
MANAGER, LEAD = Someone("manager"), Someone("lead")


@attrs.frozen(kw_only=True)
class Life:
    """One sort of life.

    *aim*: the kind that finishes something, and in how many days that is due. *ago*: how many days ago the last step
    was, where there is no aim or nothing to aim at. *social_worker*: who leads, where the protocol leaves the choice.
    *waives*: `clock` for what is overdue at the end, `gate` for what refuses a step. *imported*: the steps told by a
    return of another system, the script being what was typed after it.
    """

    script: Teller
    aim: tuple[str, int] | None = None
    ago: tuple[int, int] = (1, 12)
    social_worker: bool = True
    waives: str | None = None
    imported: Teller | None = None
    sibling: bool = False


# Parts of a life


def referred(dice: Dice) -> Script:
    """A referral, not yet decided on."""
    age = dice.between(200, 5700)
    data: dict[str, Any] = {
        "source": dice.pick(("1A", "1B", "2A", "2A", "3A", "3B", "3E", "4", "5B", "5D", "6", "6", "8")),
        "need": dice.pick(("N1", "N1", "N1", "N2", "N3", "N4", "N5", "N5", "N6")),
        "agencies": [dice.pick(("school", "health_visitor", "gp", "police"))],
    }
    if data["source"] == "5D":
        data["earlier_assessment"] = "early help assessment"
    return [Step(0, "refer", "deputy", data | {"born": Day(-age)})]


def unborn(dice: Dice) -> Script:
    """A referral for a child who is expected, taken on and allocated."""
    data = {"source": "3D", "need": "N4", "agencies": ["midwife", "gp"], "expected": Day(110)}
    return [Step(0, "refer", "deputy", data), *allocated(dice)[1:]]


def _not_taken_on(dice: Dice) -> Script:
    told = {"who": ["family", "referrer"], "about": "referral"}
    decided = {"outcome": "no_further_action", "next_steps": "Signpost to the family hub.", "level": "level_2"}
    return [*referred(dice), Step(1, "decide", "manager", decided), Step(2, "inform", "manager", told)]


def decided(dice: Dice) -> Script:
    """Taken on under section 17, not yet allocated."""
    data = {"outcome": "section_17", "next_steps": TEXTS["next_steps"], "threshold": TEXTS["threshold"]}
    return [*referred(dice), Step(1, "decide", "manager", data)]


def allocated(dice: Dice) -> Script:
    """Mapped, allocated, with a direction for the assessment."""
    on = dice.between(2, 3)
    mapped = {name: TEXTS[name] for name in ("strengths", "needs", "next_steps", "explore", "engage")}
    risk = dice.pick(("none", "none", "possible"))
    to = {"supervisor": MANAGER, "manager": MANAGER, "partners_consulted": ["school"], "s47_risk": risk}
    direction = {"focus": TEXTS["focus"], "see_child_by": Day(on + 9), "complete_by": Day(54)}
    return [
        *decided(dice),
        Step(on, "map", "manager", {**mapped, "partners": ["school"]}),
        Step(on, "allocate", "manager", to),
        Step(on, "direct", "manager", direction),
    ]


def _unmapped(dice: Dice) -> Script:
    """Allocated in a hurry: without a mapping, and with no supervisor named."""
    steps = [step for step in allocated(dice) if step.kind != "map"]
    bare = {"partners_consulted": ["school"], "s47_risk": "none"}
    return [attrs.evolve(step, data=bare) if step.kind == "allocate" else step for step in steps]


def assessing(dice: Dice) -> Script:
    """An assessment begun; the child seen."""
    start = dice.between(4, 6)
    return [
        *allocated(dice),
        Step(start, "assess.start"),
        Step(start + 2, "visit", data={"seen": ["child"], "alone": True}),
        Step(dice.between(12, 15), "visit", data={"seen": ["child", "parent"]}),
        _note(dice, 17),
    ]


def _rushed(dice: Dice) -> Script:
    return [*_unmapped(dice), *assessing(dice)[6:]]


def _supervised(day: int, *, progress: bool) -> Step:
    data: dict[str, Any] = {"with": LEAD, "direction": TEXTS["direction"]}
    return Step(day, "supervise.formal", "manager", data | ({"progress": TEXTS["progress"]} if progress else {}))


def _note(dice: Dice, day: int) -> Step:
    return Step(day, "note", data={"text": dice.pick(NOTES)})


def reviewed(dice: Dice) -> Script:
    """An assessment under way, with one supervision."""
    visit = Step(31, "visit", data={"seen": ["child", "parent"], "alone": True})
    return [*assessing(dice), _supervised(dice.between(23, 26), progress=False), visit]


def assessed(dice: Dice) -> Script:
    """An assessment complete, not yet approved."""
    data: dict[str, Any] = {name: TEXTS[name] for name in ("finding", "decision", "next_steps")}
    data |= {"interviewed": ["child", "family"], "factor": [dice.pick(("3B", "4B", "16A", "2B"))]}
    return [*reviewed(dice), Step(dice.between(36, 39), "assess.complete", data=data)]


def approved(dice: Dice) -> Script:
    """An assessment approved; nobody told yet."""
    return [*assessed(dice), Step(40, "approve.assessment", "manager")]


def told(dice: Dice) -> Script:
    """The outcome of the assessment told to all concerned."""
    data = {"who": ["family", "agencies", "referrer"], "about": "assessment"}
    return [*approved(dice), Step(41, "inform", data=data)]


def drafted(dice: Dice) -> Script:
    """A plan drawn up, not yet approved."""
    part = {"working_well": TEXTS["strengths"], "worries": TEXTS["needs"], "outcomes": "Calm mornings; school."}
    return [*told(dice), Step(43, "plan.draft", data={"part": part, "review_on": Day(130)})]


def planned(dice: Dice) -> Script:
    """A plan approved and begun."""
    return [*drafted(dice), Step(44, "approve.plan", "manager"), Step(47, "plan.start")]


def _month(dice: Dice, month: int) -> Script:
    day = 24 + 28 * month
    visit = {"seen": ["child"], "alone": True}
    steps = [_supervised(day, progress=True), Step(day + 8, "visit", data=visit), _note(dice, day + 13)]
    if month % 3 == 0:
        data = {"attendees": ["family", "agencies"], "threshold_considered": "Still the right threshold."}
        steps.append(Step(day + 14, "review", "manager", data))
    return [*steps, Step(day + 18, "visit", data={"seen": ["child", "parent"]})]


def supported(months: int) -> Teller:
    """Support under a plan, for so many months."""

    def tell(dice: Dice) -> Script:
        return [*planned(dice), *(step for month in range(1, months + 1) for step in _month(dice, month))]

    return tell


def _after(dice: Dice, months: int) -> tuple[Script, int]:
    return supported(months)(dice), 24 + 28 * months + 22


def closed(months: int) -> Teller:
    """Closed after so many months of support."""

    def tell(dice: Dice) -> Script:
        steps, day = _after(dice, months)
        about = {"who": ["family", "agencies"], "about": "close", "reason": TEXTS["reason"]}
        data = {"reason": "RC7", "decision": "Close.", "evidence": TEXTS["evidence"], "early_help": "considered"}
        return [*steps, Step(day, "inform", data=about), Step(day + 1, "close", data={**data, "signed_by": MANAGER})]

    return tell


def _closed_after_assessment(dice: Dice) -> Script:
    about = {"who": ["family", "agencies", "referrer"], "about": "close", "reason": "No support is needed."}
    data = {"reason": "RC8", "decision": "Close.", "evidence": TEXTS["finding"], "early_help": "offered"}
    return [*told(dice), Step(43, "inform", data=about), Step(44, "close", data={**data, "signed_by": MANAGER})]


def stepped_down(months: int) -> Teller:
    """Stepped down after so many months of support."""

    def tell(dice: Dice) -> Script:
        steps, day = _after(dice, months)
        about = {"who": ["family", "agencies"], "about": "stepdown", "reason": TEXTS["reason"]}
        data = {"to": "level_2", "reason": TEXTS["reason"], "early_help": "accepted", "signed_by": MANAGER}
        return [
            *steps,
            Step(day, "inform", data=about),
            Step(day + 2, "stepdown", data={**data, "meeting": Day(day + 1)}),
        ]

    return tell


def _raised(dice: Dice) -> Script:
    """Need has risen, and a manager agrees."""
    data = {"to": MANAGER, "factor": ["risk", "domestic_abuse"], "reason": dice.pick(RAISED)}
    return [
        *supported(1)(dice),
        Step(75, "escalate.raise", data=data),
        Step(76, "escalate.agree", "manager", {"reason": "Agreed: the pattern is new and getting worse."}),
    ]


def _passed_on(dice: Dice) -> Script:
    """Need has risen, a discussion was held, and the family has another lead."""
    data = {"chair": MANAGER, "outcome": "section_17", "agencies": ["police", "school"], "reason": "No harm found."}
    to = {"supervisor": MANAGER, "manager": MANAGER, "partners_consulted": ["police"], "s47_risk": "possible"}
    change = {"who": ["family"], "about": "change_of_lead", "reason": "Risk has risen."}
    return [
        *_raised(dice),
        Step(77, "strategy", "manager", data),
        Step(78, "allocate", "manager", {**to, "continuity": TEXTS["continuity"]}),
        Step(79, "inform", data=change),
        Step(81, "visit", data={"seen": ["child"], "alone": True}),
    ]


def _changed_hands(dice: Dice) -> Script:
    """The lead changed while the plan ran, and a mistake in the record was put right."""
    to = {"supervisor": MANAGER, "manager": MANAGER, "partners_consulted": ["school"], "s47_risk": "none"}
    return [
        *supported(1)(dice),
        Step(71, "correct", data={"set": {"seen": ["child", "parent"]}, "reason": "The parent was there too."}),
        Step(72, "allocate", "manager", {**to, "continuity": TEXTS["continuity"]}),
    ]


def _complained(dice: Dice) -> Script:
    data = {"type": "complaint", "from": "parent", "wanted": "Fewer changes of appointment."}
    return [*supported(1)(dice), Step(73, "feedback.received", "manager", data)]


def _nothing(_dice: Dice) -> Script:
    return []


# What a return of another system tells


def _returned(dice: Dice) -> Script:
    born = {"born": Day(-dice.between(900, 5000)), "source": dice.pick(("2A", "6", "3A")), "need": "N1"}
    return [Step(0, "refer", "", born), Step(0, "decide", "", {"outcome": "section_17"})]


def _returned_assessed(dice: Dice, start: int = 4) -> Script:
    steps = [Step(start, "assess.start", ""), Step(38, "assess.complete", "", {"factor": ["4B"]})]
    return [*_returned(dice), *steps, Step(38, "approve.assessment", "")]


def _returned_whole(dice: Dice) -> Script:
    plan = {"type": "child_in_need"}
    ends = [Step(200, "plan.end", "", plan), Step(200, "close", "", {"reason": "RC7"})]
    return [*_returned_assessed(dice), Step(45, "plan.start", "", plan), *ends]


def _returned_closed_first(dice: Dice) -> Script:
    """A slip in the year: closed before it was referred."""
    return [*_returned(dice), Step(-31, "close", "", {"reason": "RC8"})]


def _returned_assessed_first(dice: Dice) -> Script:
    """An assessment that began before the referral."""
    return [*_returned_assessed(dice, -9), Step(60, "close", "", {"reason": "RC7"})]


def _taken_over(dice: Dice) -> Script:
    """What is typed by hand on a case that a return told of."""
    return [step for step in assessing(dice) if step.kind not in ("refer", "decide")]


MIX: Sequence[Life] = (
    Life(script=referred, aim=("decide", -3)),
    Life(script=referred, aim=("decide", 0)),
    Life(script=supported(1), aim=("supervise.formal", -12), social_worker=False),
    Life(script=reviewed, aim=("assess.complete", 3)),
    Life(script=reviewed, aim=("assess.complete", -8), social_worker=False),
    Life(script=_nothing, imported=_returned_closed_first),
    Life(script=assessing, aim=("assess.complete", -6), waives="clock"),
    Life(script=closed(3), ago=(20, 90), social_worker=False),
    Life(script=supported(2), aim=("supervise.formal", 12)),
    Life(script=_raised, ago=(1, 2), social_worker=False),
    Life(script=assessing, ago=(4, 9)),
    Life(script=stepped_down(2), ago=(15, 60), social_worker=False),
    Life(script=_rushed, ago=(2, 6), waives="gate"),
    Life(script=supported(1), aim=("supervise.formal", 4), social_worker=False),
    Life(script=allocated, ago=(1, 3)),
    Life(script=_nothing, imported=_returned_assessed_first),
    Life(script=referred, aim=("decide", 1)),
    Life(script=supported(3), aim=("supervise.formal", -2), waives="clock"),
    Life(script=_not_taken_on, ago=(3, 30)),
    Life(script=approved, ago=(1, 4)),
    Life(script=drafted, ago=(1, 3), social_worker=False),
    Life(script=supported(4), aim=("supervise.formal", 0)),
    Life(script=closed(2), ago=(60, 200)),
    Life(script=_taken_over, imported=_returned, ago=(2, 9)),
    Life(script=assessing, aim=("assess.complete", 30), social_worker=False),
    Life(script=assessing, aim=("assess.complete", 30), social_worker=False, sibling=True),
    Life(script=supported(2), aim=("supervise.formal", -40)),
    Life(script=_passed_on, ago=(1, 6), social_worker=False),
    Life(script=decided, ago=(0, 1)),
    Life(script=_closed_after_assessment, ago=(10, 120)),
    Life(script=supported(3), aim=("supervise.formal", 18), social_worker=False),
    Life(script=_nothing, imported=_returned_whole),
    Life(script=unborn, ago=(2, 5)),
    Life(script=assessed, ago=(1, 3)),
    Life(script=_changed_hands, ago=(2, 8)),
    Life(script=planned, ago=(1, 9), social_worker=False),
    Life(script=supported(5), aim=("supervise.formal", 9)),
    Life(script=closed(4), ago=(5, 40)),
    Life(script=_complained, ago=(1, 5)),
    Life(script=supported(2), aim=("supervise.formal", 5), social_worker=False),
)


def padded(script: Script, wanted: int, dice: Dice) -> Script:
    """Return *script* with so many contacts put between its steps that it has about *wanted*."""
    last = max((step.day for step in script), default=0)
    first = next((step.day for step in script if step.kind == "assess.start"), None)
    if first is None or last <= first:
        return script
    more = max(0, wanted - len(script))
    extra = [_contact(dice, first + 1 + (last - first - 1) * n // more, n) for n in range(more)]
    return sorted([*script, *extra], key=lambda step: step.day)


def _contact(dice: Dice, day: int, n: int) -> Step:
    if n % 3:
        return _note(dice, day)
    return Step(day, "visit", data={"seen": [dice.pick(("parent", "family", "carer"))]})
