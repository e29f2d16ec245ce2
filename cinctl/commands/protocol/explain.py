"""`cinctl protocol explain`: what a rule asks, when, of whom, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cinctl.commands._answer import View, answers
from cinctl.errors import UsageError, did_you_mean
from cinctl.shell import Session, pass_session
from cinctl.shell import command as made

__all__ = ["command"]

EXPLAIN = ("rule", "clause", "source", "section", "level", "on", "within", "owner", "say", "satisfy")


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


command = explain_rules
