"""`cinctl protocol lint`: what is wrong with a protocol, and what looks wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from cinctl.commands._answer import View, answers
from cinctl.commands.protocol._named import named
from cinctl.errors import ProtocolError
from cinctl.shell import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]

NOTES = ("protocol", "level", "rule", "where", "message")


@made("lint", examples=("cinctl protocol lint ours.toml", "cinctl --protocol bristol protocol lint"))
@click.argument("protocols", metavar="[ID|FILE]...", nargs=-1)
@answers(NOTES, ids="rule")
@pass_session
def lint_protocols(session: Session, view: View, protocols: Sequence[str]) -> None:
    """Check protocols: those named, else the one in force.

    Errors are faults that keep it from loading, and where it contradicts itself; warnings and notes are what may not
    be meant. Everything is told at once. Exit 5 when there is an error.
    """
    from cinctl.explain import lint
    from cinctl.linting import faults_behind
    from cinctl.rules import RuleBook

    rows: list[dict[str, object]] = []
    faults: list[str] = []
    for name in protocols or (None,):
        try:
            protocol = named(session, name)
            notes = lint(RuleBook(protocol).newest)
        except ProtocolError as fault:
            told = list(dict.fromkeys([*fault.faults, *faults_behind(name or session.settings.protocol)]))
            faults += told
            rows += [{"protocol": name, **_fault_row(text)} for text in told]
            continue
        faults += [note.line() for note in notes if note.level == "error"]
        rows += [{"protocol": protocol.id, **note._asdict()} for note in notes]
    view.show(rows, empty="" if faults else "Nothing to say.")
    if faults and view.form == "ids":
        raise ProtocolError(faults)  # what rules they are about does not say what is wrong
    click.get_current_context().exit(ProtocolError.exit_code if faults else 0)


_FAULT = re.compile(r"(?P<where>[^:]+:[0-9]+|[^:]+\.toml): (?P<message>(?:(?:gate|clock) (?P<rule>[^\s:]+): )?.*)")


def _fault_row(text: str) -> dict[str, object]:
    """Return a fault that kept a protocol from loading as a row of lint's answer."""
    found = _FAULT.fullmatch(text)
    parts = found.groupdict() if found else {"rule": None, "where": None, "message": text}
    return {"level": "error", "rule": parts["rule"], "where": parts["where"], "message": parts["message"]}


command = lint_protocols
