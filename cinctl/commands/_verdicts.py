"""What came of steps: short lines for people, verdicts for programs, refusals and findings on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cinctl.commands._answer import View
from cinctl.errors import SystemRefusedError
from cinctl.terminal import emit, tell, visible

if TYPE_CHECKING:
    from cinctl.session import Session
    from cinctl.workspace import Verdict

__all__ = [
    "COLUMNS",
    "SCHEMA",
    "Recorded",
    "answering",
    "as_object",
    "case_of",
    "exit_code",
    "finding_rows",
    "report",
    "tell_verdict",
]

SCHEMA = "cinctl/step/1"
COLUMNS = ("case", "accepted", "seq", "kind", "at", "by", "rules", "error")


def as_object(verdict: Verdict) -> dict[str, Any]:
    """Return *verdict* as `--json` prints it."""
    return {
        "accepted": verdict.accepted,
        "event": verdict.event,
        "findings": finding_rows(verdict),
        "case": case_of(verdict),
        "error": verdict.error,
    }


def finding_rows(verdict: Verdict) -> list[dict[str, Any]]:
    """Return the findings of *verdict*; those of a step that was not recorded have no place in the log to name."""
    rows = [finding.row() for finding in verdict.findings]
    return rows if verdict.accepted else [{**row, "seq": None} for row in rows]


def case_of(verdict: Verdict) -> str | None:
    """Return the case that *verdict* is about, or None when the step belongs to none."""
    case: str | None = (verdict.event or {}).get("case") or verdict.case
    return case


def _as_row(verdict: Verdict) -> dict[str, Any]:
    event = verdict.event or {}
    return {
        "case": case_of(verdict),
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
    for line in dict.fromkeys(verdict.refusals or verdict.warnings):
        tell(prefix + line)


def report(view: View, verdicts: Sequence[Verdict], *, dry_run: bool, kept: bool, only_id: bool = False) -> None:
    """Print what came of *verdicts* and leave with the exit code. *kept*: the accepted ones stand whatever the rest."""
    code = exit_code(verdicts)
    if code and not kept:
        verdicts = [_not_recorded(verdict) for verdict in verdicts]
    for verdict in verdicts:
        tell_verdict(verdict, f"{verdict.case}: " if len(verdicts) > 1 else "")
    with answering(Recorded(() if dry_run else verdicts)):
        _answer(view, verdicts, dry_run, only_id)
    if code and not kept and len(verdicts) > 1:
        tell("nothing was recorded (--keep-going records the others)")
    if view.form is None and not view.columns and not dry_run and view.session.hints:
        from cinctl.commands._hints import tell_next

        tell_next(view.session, verdicts, opens=only_id)
    click.get_current_context().exit(code)


def _answer(view: View, verdicts: Sequence[Verdict], dry_run: bool, only_id: bool) -> None:
    if view.form is None and not view.columns:
        _say(view, verdicts, dry_run, only_id)
    elif view.form in ("json", "jsonl") and not view.columns:
        view.show([as_object(v) for v in verdicts], one=view.form == "json" and len(verdicts) == 1)
    elif view.form == "ids":
        view.show([_as_row(v) for v in verdicts if v.accepted])
    else:
        view.show([_as_row(v) for v in verdicts], one=view.form == "json" and len(verdicts) == 1)


class Recorded:
    """The places in the log of what was recorded, as they come."""

    def __init__(self, verdicts: Iterable[Verdict] = ()) -> None:
        self._ranges: list[tuple[int, int]] = []
        for verdict in verdicts:
            self.add(verdict)

    def add(self, verdict: Verdict) -> None:
        """Add the place of what came of *verdict*, if anything did."""
        if not verdict.accepted or verdict.event is None:
            return
        first = last = verdict.event["seq"]
        if self._ranges and self._ranges[-1][1] == last - 1:
            first = self._ranges.pop()[0]
        self._ranges.append((first, last))

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __str__(self) -> str:
        return ", ".join(f"{first} to {last}" if first != last else str(first) for first, last in self._ranges)


@contextmanager
def answering(recorded: Recorded) -> Iterator[None]:
    """Write the answer to its end; where that fails, say what was *recorded* all the same."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, SystemRefusedError) as fault:
        if not recorded:
            raise
        why = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
        line = f"recorded as {recorded}, but the answer could not be written: {why.rpartition(': ')[2]}"
        if isinstance(fault, BrokenPipeError):
            tell(line)
            raise
        raise SystemRefusedError(line) from fault


def _not_recorded(verdict: Verdict) -> Verdict:
    """Return an accepted *verdict* as it stands when another step of the batch was refused."""
    return verdict._replace(accepted=False, event=None)


def _say(view: View, verdicts: Sequence[Verdict], dry_run: bool, only_id: bool) -> None:
    for verdict in verdicts:
        if verdict.accepted and verdict.event is not None:
            emit(visible(_sentence(view.session, verdict.event, dry_run, only_id)) + "\n")


def _sentence(session: Session, event: dict[str, Any], dry_run: bool, only_id: bool) -> str:
    from cinctl.calendar import london_date, weekday_date

    if only_id:
        return str(event["case"])
    what = f"{_about(session, event)}: {event['kind']}, {weekday_date(london_date(event['at']))}"
    return f"{what}: would be recorded" if dry_run else f"{what}, recorded as {event['seq']}"


def _about(session: Session, event: dict[str, Any]) -> str:
    """Return whom *event* is about: a case, else a practitioner, else the service."""
    who = event.get("case") or event["data"].get("staff")
    if who is None and event["kind"] == "correct":
        who = session.workspace.book(upto_today=False).register.owner(event["data"]["of"])
    if who is None and event["kind"] == "redact":
        return f"event {event['data']['of']}"
    return str(who or "service")
