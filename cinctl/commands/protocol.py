"""`cinctl protocol`: list, show, check, explain, compare and test protocols."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cinctl.commands._answer import View, answers
from cinctl.errors import ProtocolError, UsageError, did_you_mean
from cinctl.shell import Group, Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import emit, plural, tell, visible

if TYPE_CHECKING:
    from cinctl.protocol import Protocol
    from cinctl.stories import Outcome

__all__ = ["command"]

SUMMARY = (
    "id", "title", "status", "extends", "effective_from", "supersedes", "agreed_by", "published_on", "review_on",
    "references", "bank_holidays", "gates", "clocks", "roles", "unfilled", "disabled", "hash", "file",
)  # fmt: skip
EXPLAIN = ("rule", "clause", "source", "section", "level", "on", "within", "owner", "say", "satisfy")
CLAUSES = ("clause", "level", "source", "section", "says", "home")
DIFF = ("change", "what", "name", "key", "before", "after")
STORIES = ("file", "title", "passed", "failures")
NOTES = ("protocol", "level", "rule", "where", "message")

command = Group(
    "protocol",
    help="List, show, check, explain, compare and test protocols.",
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
            protocol = _named(session, name)
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


@made("diff", examples=("cinctl protocol diff bristol working-together-2023", "cinctl protocol diff old.toml new.toml"))
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@answers(DIFF, ids="name")
@pass_session
def diff_protocols(session: Session, view: View, before: str, after: str) -> None:
    """Show what protocol B says otherwise than protocol A.

    A and B are ids or files. What only B has is added, what only A has is dropped; of what both have, each key that
    differs is a row: rules, named events, sets, roles, codes, params, training and the rest.
    """
    from cinctl.differences import differences

    view.show(differences(_named(session, before), _named(session, after)), empty="No difference.")


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
    """List every clause of the registers, and where each one lives.

    That is in the protocol in force; else in a bundled one, which is named; or nowhere, being context.
    """
    from cinctl.explain import clause_rows

    settings = session.settings
    chosen = settings.protocol is not None or settings.config_tables is not None
    view.show(clause_rows(session.workspace.protocol if chosen else None))


@made("test", examples=("cinctl protocol test tests/stories", "cinctl protocol test s01.toml --filter Easter"))
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=Path)
@click.option("--filter", "pattern", metavar="REGEX", help="Only stories whose file name or title it matches.")
@answers(STORIES, ids="file")
def test_stories(view: View, paths: Sequence[Path], pattern: str | None) -> None:
    """Run stories: steps on dates, and what should come of each.

    PATH is a story or a folder of stories. Exit 1 when one fails.
    """
    from cinctl.stories import run

    told: list[bool] = []

    def outcomes() -> Iterator[Outcome]:
        for outcome in run(paths, pattern):
            told.append(outcome.passed)
            yield outcome

    if view.form is None and not view.columns and not view.sort:
        for outcome in outcomes():
            emit(_lines(outcome))
    else:
        view.show({name: getattr(outcome, name) for name in STORIES} for outcome in outcomes())
    if not told:
        raise UsageError(f"--filter: no story's file name or title matches '{pattern}'")
    tell(f"{len(told)} {plural(len(told), 'story', 'stories')}, {told.count(False)} failed")
    click.get_current_context().exit(0 if all(told) else 1)


def _lines(outcome: Outcome) -> str:
    return "".join(visible(line) + "\n" for text in outcome.lines() for line in text.split("\n"))


def _named(session: Session, name: str | None) -> Protocol:
    from cinctl.protocol import load

    if name is None:
        in_force: Protocol = session.workspace.protocol
        return in_force
    return load(name)


for _command in (
    *(list_protocols, show_protocol, lint_protocols, explain_rules, list_clauses, diff_protocols, test_stories),
):
    command.add_command(_command)
