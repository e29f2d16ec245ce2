"""`cinctl protocol explain`: what a rule asks, when, of whom, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cinctl.commands._answer import View, answers
from cinctl.errors import UsageError, did_you_mean
from cinctl.option_types import Named
from cinctl.session import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]

EXPLAIN = (
    "rule", "clause", "source", "section", "level", "on", "within", "owner", "say", "satisfy", "kind", "says",
    "clauses", "when", "listens", "facts", "params", "stops", "resumes", "until", "external", "assumption", "reading",
    "locked", "protocol", "where",
)  # fmt: skip


@made(
    "explain",
    examples=(
        "cinctl protocol explain BRI-29",
        "cinctl --protocol ours.toml protocol explain MIL-7 --json",
        "cinctl protocol explain -f markdown > rules.md",
    ),
)
@click.argument("rules", metavar="[RULE]...", nargs=-1, type=Named("clause"))
@answers(EXPLAIN, ("rule", "level", "on", "within", "owner", "say", "satisfy"), ids="rule")
@pass_session
def explain_rules(session: Session, view: View, rules: Sequence[str]) -> None:
    """Explain rules: those named (by rule or clause), else all.

    What it asks, when and of whom, the clause and source that it comes from, what would satisfy it, the events that it
    listens to and the facts and params that it looks at. A single rule is told whole.
    """
    from cinctl.explain import explain_rows
    from cinctl.notes import rules_of

    edition = session.workspace.rules.newest
    protocol = edition.protocol
    clauses = {rule.id: (rule.id, *rule.clauses) for rule in rules_of(protocol)}
    known = {name for names in clauses.values() for name in names}
    for name in rules:
        if name not in known:
            raise UsageError(f"{protocol.id} has no rule or clause '{name}'.{did_you_mean(name, sorted(known))}")
    wanted = set(rules) or known
    found = [row for row in explain_rows(edition) if wanted & set(clauses[row["rule"]])]
    view.show(found, one=len(found) == 1 and view.form in (None, "table") and not view.columns)


command = explain_rules
