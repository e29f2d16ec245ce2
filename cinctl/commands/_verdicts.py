"""What came of steps: short lines for people, verdicts for programs, refusals and findings on stderr."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._answer import View
from cinctl.terminal import emit, tell, visible

if TYPE_CHECKING:
    from cinctl.workspace import Verdict

__all__ = ["COLUMNS", "as_object", "exit_code", "report", "tell_verdict"]

COLUMNS = ("case", "accepted", "seq", "kind", "at", "by", "rules", "error")


def as_object(verdict: Verdict) -> dict[str, Any]:
    """Return *verdict* as `--json` prints it."""
    return {
        "accepted": verdict.accepted,
        "event": verdict.event,
        "findings": [finding.row() for finding in verdict.findings],
    }


def _as_row(verdict: Verdict) -> dict[str, Any]:
    event = verdict.event or {}
    return {
        "case": event.get("case") or verdict.case,
        "accepted": verdict.accepted,
        "seq": event.get("seq"),
        "kind": event.get("kind"),
        "at": event.get("at"),
        "by": event.get("by"),
        "rules": [finding.rule for finding in verdict.findings],
        "error": verdict.error,
    }


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """Return 2 when a step means nothing, else 3 when one was refused, else 0."""
    if any(verdict.error for verdict in verdicts):
        return 2
    return 0 if all(verdict.accepted for verdict in verdicts) else 3


def tell_verdict(verdict: Verdict, prefix: str = "") -> None:
    """Say on stderr what was wrong, or what was refused, or what was found all the same."""
    if verdict.error:
        tell(f"cinctl: {prefix}{verdict.error}")
    for line in verdict.refusals or verdict.warnings:
        tell(prefix + line)


def report(view: View, verdicts: Sequence[Verdict], *, dry_run: bool, kept: bool, only_id: bool = False) -> None:
    """Print what came of *verdicts* and leave with the exit code. *kept*: the accepted ones stand whatever the rest."""
    code = exit_code(verdicts)
    if code and not kept:
        verdicts = [_not_recorded(verdict) for verdict in verdicts]
    for verdict in verdicts:
        tell_verdict(verdict, f"{verdict.case}: " if len(verdicts) > 1 else "")
    if view.form is None and not view.columns:
        _say(verdicts, dry_run, only_id)
    elif view.form in ("json", "jsonl") and not view.columns:
        view.show([as_object(v) for v in verdicts], one=view.form == "json" and len(verdicts) == 1)
    elif view.form == "ids":
        view.show([_as_row(v) for v in verdicts if v.accepted])
    else:
        view.show([_as_row(v) for v in verdicts], one=view.form == "json" and len(verdicts) == 1)
    if code and not kept and len(verdicts) > 1:
        tell("nothing was recorded (--keep-going records the others)")
    click.get_current_context().exit(code)


def _not_recorded(verdict: Verdict) -> Verdict:
    """Return an accepted *verdict* as it stands when another step of the batch was refused."""
    import attrs

    return attrs.evolve(verdict, accepted=False, event=None)


def _say(verdicts: Sequence[Verdict], dry_run: bool, only_id: bool) -> None:
    for verdict in verdicts:
        if verdict.accepted and verdict.event is not None:
            emit(visible(_sentence(verdict.event, dry_run, only_id)) + "\n")


def _sentence(event: dict[str, Any], dry_run: bool, only_id: bool) -> str:
    from cinctl.calendar import london_date, weekday_date

    if only_id:
        return str(event["case"])
    about = event.get("case") or event["data"].get("staff") or "service"
    what = f"{about}: {event['kind']}, {weekday_date(london_date(event['at']))}"
    return f"{what}: would be recorded" if dry_run else f"{what}, recorded as {event['seq']}"
