"""`cinctl audit`: the whole history against the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from cinctl.commands._cases import cases_argument
from cinctl.commands._outputs import PairedCommand
from cinctl.commands._telling import row_options
from cinctl.formats.reports import REPORTS
from cinctl.option_types import DATE, FILE, RULE, UNIT, WORD, Choice
from cinctl.session import Session, pass_session

__all__ = ["command"]

_NARROW = ("select", "ignore", "units", "since", "until", "max_findings")
_VERDICT = ("fail_on", "baseline", "write_baseline", "protocol_hash")
_PRINT = ("forms", "outputs", "as_json", "columns", "sort", "statistics", "masked", "mask_key_file")
_GROUPS = {
    **dict.fromkeys(_NARROW, "Which findings"),
    **dict.fromkeys(_VERDICT, "What fails"),
    **dict.fromkeys(_PRINT, "Output"),
}


@click.command(
    "audit",
    cls=PairedCommand,
    groups=_GROUPS,
    examples=(
        "cinctl audit --fail-on deny",
        "cinctl audit --from 2026-04-01 --until 2026-06-30 --json",
        "cinctl audit --fail-on never -f ids",
        "cinctl audit -f sarif -o audit.sarif -f junit -o audit.xml -f github",
        "cinctl audit --fail-on never --write-baseline known.json",
        "cinctl audit --baseline known.json --mask -f html -o audit.html",
    ),
)
@cases_argument(required=False)
@click.option("--select", "select", type=RULE, multiple=True, metavar="RULE,...", help="Only these rules, or prefixes.")
@click.option("--ignore", "ignore", type=RULE, multiple=True, metavar="RULE,...", help="Not these rules, or prefixes.")
@click.option("--unit", "units", type=UNIT, multiple=True, metavar="UNIT", help="Only findings of this unit.")
@click.option("--from", "--since", "since", type=DATE, metavar="DATE", help="Only findings from this date on.")
@click.option("--until", type=DATE, metavar="DATE", help="Only findings up to this date.")
@click.option("--max-findings", type=click.IntRange(min=0), metavar="N", help="Print so many; all of them count.")
@click.option("--fail-on", type=Choice(("deny", "warn", "never")), default="deny", help="Exit 1 from which level on.")
@click.option("--baseline", type=FILE, metavar="FILE", help="What this file knows does not fail.")
@click.option("--write-baseline", type=FILE, metavar="FILE", help="Write a baseline of what is found now.")
@click.option(
    "--protocol-hash", type=WORD, metavar="HEX", help="Judge by this protocol or not at all; 8 digits or more."
)
@click.option("--statistics", is_flag=True, help="Count by rule, unit and lead.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Judge with N processes. [default all cores]")
@click.option("--mask", "masked", is_flag=True, help="Hash ids of cases and staff. [key: env CINCTL_MASK_KEY]")
@click.option("--mask-key-file", type=FILE, metavar="FILE", help="--mask, with what this file holds as the key.")
@row_options(REPORTS)
@pass_session
def audit_cases(session: Session, /, cases: Sequence[str] | None, fail_on: str, **asked: Any) -> None:
    """Judge the whole history against the protocol.

    CASE... are ids, or - for ids (or JSON lines with a case) from stdin; without any, all cases, the staff register
    and the service. The table's 'who' is the case, else the practitioner, else the unit.

    sarif, junit, tap, github, gitlab, markdown and html are reports: they carry ids and the protocol's words, and
    nothing that was written on a case. Several formats at once: -f sarif -o audit.sarif -f table.
    """
    from cinctl.commands._audit import Telling
    from cinctl.commands._audit_options import Wanted

    telling = Telling(session, Wanted.from_options(session, asked), cases, fail_on)
    telling.judge()
    telling.tell()
    if telling.code:
        click.get_current_context().exit(telling.code)


command = audit_cases
