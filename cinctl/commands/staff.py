"""`cinctl staff`: who acts, in which role, since when."""

from __future__ import annotations

import click

from cinctl.commands._answer import View, answers
from cinctl.commands._step import Shape, step
from cinctl.option_types import STAFF
from cinctl.session import Session, pass_session
from cinctl.shell import Group
from cinctl.shell import command as made

__all__ = ["command"]

COLUMNS = (
    "staff", "role", "unit", "employer", "qualified", "registered_until", "in_post", "since", "training", "away_from",
    "away_until", "cover",
)  # fmt: skip
TABLE = ("staff", "role", "unit", "qualified", "registered_until", "in_post", "since")
_POST = (
    "role", "unit", "employer", "qualified", "registered_until", "background", "practice_experience", "service",
    "manager", "training_plan", "note",
)  # fmt: skip

command = Group(
    "staff",
    help="Keep the staff register.",
    examples=("cinctl staff join csw1 --role consultant_social_worker --unit A --qualified --on 2020-01-06",),
)

_STEPS = {
    "join": ("Record that someone takes up post.", _POST, "kw1 --role family_help_key_worker --unit A --on 2024-01-08"),
    "change": ("Record a change of role, unit or credentials.", _POST, "csw1 --registered-until 2027-11-30"),
    "train": (
        "Record completed training.",
        ("topic", "activity", "shadowed", "note"),
        "kw1 --topic uk_law --topic systemic_practice --on 2024-02-02",
    ),
    "leave": ("Record that someone leaves.", ("note",), "kw1 --on 2026-08-31"),
    "away": (
        "Record an absence, now or to come, and who covers.",
        ("from", "until", "cover", "note"),
        "kw1 --from 2026-05-01 --until 2026-05-14 --cover kw2",
    ),
}

for _phase, (_doc, _fields, _example) in _STEPS.items():
    command.add_command(
        step(
            "staff",
            name=_phase,
            doc=_doc,
            shape=Shape(subject="staff", phase=_phase, fields=_fields),
            examples=(f"cinctl staff {_phase} {_example}",),
        )
    )


@made("list", examples=("cinctl staff list", "cinctl staff list -f csv --columns staff,role,unit"))
@answers(COLUMNS, TABLE, ids="staff", spare=("since", "qualified", "registered_until"))
@pass_session
def list_staff(session: Session, view: View) -> None:
    """List the staff register as it stands today."""
    view.show(session.book().staff_rows(session.workspace.today), empty="There is nobody in the staff register.")


@made("show", examples=("cinctl staff show kw1", "cinctl staff show kw1 --json"))
@click.argument("staff", metavar="STAFF", type=STAFF)
@answers(COLUMNS, ids="staff", schema="cinctl/staff/1")
@pass_session
def show_staff(session: Session, staff: str, view: View) -> None:
    """Show one practitioner as of today."""
    view.show([session.book().staff_row(staff, session.workspace.today)], one=True)


command.add_command(list_staff)
command.add_command(show_staff)
