"""`cinctl protocol`: list, show, check, explain and test protocols."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cinctl.commands._answer import View, answers
from cinctl.errors import ProtocolError, UsageError, did_you_mean
from cinctl.shell import Group, Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import emit, tell

if TYPE_CHECKING:
    from cinctl.protocol import Protocol

__all__ = ["command"]

SUMMARY = (
    "id", "title", "status", "extends", "effective_from", "supersedes", "agreed_by", "published_on", "review_on",
    "bank_holidays", "gates", "clocks", "roles", "unfilled", "disabled", "hash", "file",
)  # fmt: skip
EXPLAIN = ("rule", "clause", "source", "section", "level", "on", "within", "owner", "say", "satisfy")
CLAUSES = ("clause", "level", "source", "section", "says", "home")
NOTES = ("protocol", "level", "rule", "where", "message")

command = Group(
    "protocol",
    help="List, show, check, explain and test protocols.",
    examples=("cinctl protocol list", "cinctl protocol explain BRI-29", "cinctl protocol test tests/stories"),
)


@made("list", examples=("cinctl protocol list",))
@answers(SUMMARY, ("id", "title", "status", "extends", "gates", "clocks"), ids="id")
def list_protocols(view: View) -> None:
    """List the bundled protocols."""
    from cinctl.explain import summary
    from cinctl.protocol import bundled, load

    view.show(summary(load(name)) for name in bundled())


@made("show", examples=("cinctl protocol show bristol", "cinctl protocol show ours.toml --json"))
@click.argument("name", metavar="[ID|FILE]", required=False)
@answers(SUMMARY, ids="id")
@pass_session
def show_protocol(session: Session, view: View, name: str | None) -> None:
    """Show a protocol: the one named, else the one in force."""
    from cinctl.explain import summary

    view.show([summary(_named(session, name))], one=True)


@made("lint", examples=("cinctl protocol lint ours.toml", "cinctl --protocol bristol protocol lint"))
@click.argument("protocols", metavar="[ID|FILE]...", nargs=-1)
@answers(NOTES, ids="rule")
@pass_session
def lint_protocols(session: Session, view: View, protocols: Sequence[str]) -> None:
    """Check protocols: those named, else the one in force.

    Every fault is told at once. Exit 5 when there is one; warnings and notes are no faults.
    """
    from cinctl.explain import lint
    from cinctl.rules import RuleBook

    rows: list[dict[str, object]] = []
    faults: list[str] = []
    for name in protocols or (None,):
        try:
            protocol = _named(session, name)
            notes = lint(RuleBook(protocol).newest)
        except ProtocolError as fault:
            faults += fault.faults
            continue
        rows += [{"protocol": protocol.id, **note._asdict()} for note in notes]
    view.show(rows, empty="" if faults else "Nothing to say.")
    if faults:
        raise ProtocolError(faults)


@made("explain", examples=("cinctl protocol explain BRI-29", "cinctl protocol explain -f markdown > rules.md"))
@click.argument("rules", metavar="[RULE]...", nargs=-1)
@answers(EXPLAIN, ("rule", "level", "on", "within", "owner", "say", "satisfy"), ids="rule")
@pass_session
def explain_rules(session: Session, view: View, rules: Sequence[str]) -> None:
    """Explain rules: those named (by rule or clause), else all."""
    from cinctl.explain import all_rules, explain_rows

    edition = session.workspace.rules.newest
    protocol = edition.protocol
    clauses = {rule.id: (rule.id, *rule.clauses) for rule in all_rules(protocol)}
    known = {name for names in clauses.values() for name in names}
    for name in rules:
        if name not in known:
            raise UsageError(f"{protocol.id} has no rule or clause '{name}'.{did_you_mean(name, sorted(known))}")
    wanted = set(rules) or known
    view.show(row for row in explain_rows(edition) if wanted & set(clauses[row["rule"]]))


@made("clauses", examples=("cinctl protocol clauses", "cinctl protocol clauses -f csv > register.csv"))
@answers(CLAUSES, ids="clause")
@pass_session
def list_clauses(session: Session, view: View) -> None:
    """List the clauses of the protocol's sources, and where each one lives."""
    from cinctl.explain import clause_rows

    view.show(clause_rows(session.workspace.protocol))


@made("test", examples=("cinctl protocol test tests/stories", "cinctl protocol test s01.toml --filter Easter"))
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=Path)
@click.option("--filter", "pattern", metavar="REGEX", help="Only stories whose file name or title it matches.")
def test_stories(paths: Sequence[Path], pattern: str | None) -> None:
    """Run stories: steps on dates, and what should come of each.

    PATH is a story or a folder of stories. Exit 1 when one fails.
    """
    from cinctl.stories import run

    failed = 0
    outcomes = 0
    for outcome in run(paths, pattern):
        outcomes += 1
        failed += not outcome.passed
        emit("\n".join(outcome.lines()) + "\n")
    tell(f"{outcomes} stories, {failed} failed")
    click.get_current_context().exit(1 if failed else 0)


def _named(session: Session, name: str | None) -> Protocol:
    from cinctl.protocol import load

    in_force: Protocol = load(name) if name else session.workspace.protocol
    return in_force


for _command in (list_protocols, show_protocol, lint_protocols, explain_rules, list_clauses, test_stories):
    command.add_command(_command)
