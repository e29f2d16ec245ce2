"""What the records of a synthetic authority say: plain sentences that belong to no real family."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "action": "Update the chronology.",
    "child_experience": "Mornings are calmer; bedtime is still hard.",
    "continuity": "The lead is in post for the whole plan and knows the family's school.",
    "decision": "Support goes on under section 17.",
    "direction": "See the child alone before the next session and update the chronology.",
    "engage": "Meet at school first, at a time that suits the shifts of the parent.",
    "evidence": "Goals of the plan were met and held for three months.",
    "explore": "Who helps at weekends; what the child makes of the change.",
    "finding": "The child is safe at home; routines slip when the parent is unwell.",
    "focus": "Daily care, school attendance, and what the parents need in order to cope.",
    "needs": "Steady routines, help with debt, time with a trusted adult.",
    "next_steps": "Visit within the week, speak with school and health, and plan with the family.",
    "practice_experience": "Six years of direct work with children and families.",
    "progress": "Two of three goals are on track; attendance is up.",
    "reason": "The goals of the plan were met and the family manages with universal services.",
    "strengths": "A parent who asks for help, and grandparents nearby.",
    "text": "Telephone call with school: attendance this half-term is better.",
    "threshold": "Threshold document, section on children in need.",
    "training_plan": "TP-2",
}

NOTES = (
    "Telephone call with school: attendance this half-term is better.",
    "Message left for the parent about Thursday's visit.",
    "Health visitor reports weight and speech as expected.",
    "Housing confirms that the repairs are booked.",
    "Parent cancelled, new time agreed for the same week.",
    "Email to the family hub about the holiday club.",
)

RAISED = (
    "A parent has stopped taking medication and the child was alone twice this week.",
    "School reports two nights away from home that nobody can account for.",
)

WAIVED = "The practitioner who must act is on sick leave; a colleague of the unit holds the case meanwhile."


def text_for(field: str) -> str:
    """Return something to write in the text field *field*."""
    return TEXTS.get(field, "Considered, and recorded on the child's file.")


def text_for_part(part: str) -> str:
    """Return something to write under *part* of a field that has several."""
    return f"{part.replace('_', ' ').capitalize()}: weighed with the family and the practitioners involved."
