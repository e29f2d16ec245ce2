"""`cinctl export census`: the year's Children in Need return as XML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from cinctl.commands._telling import put
from cinctl.commands.export._destination import check_output, output_option
from cinctl.errors import UsageError
from cinctl.option_types import FILE, WORD
from cinctl.render import rendered
from cinctl.session import Session, pass_session
from cinctl.shell import command as made
from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.formats.census_return import Outgoing

__all__ = ["command"]

_LOWEST = 201
_FIRST = 2025
"""The return of 2023-24 and those before it had other elements for a child's sex."""


@made(
    "census",
    examples=(
        "cinctl export census --year 2026 --la 899 -o return-2026.xml",
        "cinctl export census --year 2026 --la 899 --characteristics -o return-2026.xml --problems problems.csv",
    ),
)
@click.option("--year", type=WORD, required=True, metavar="YEAR", help="The year in which it ends: 2026 ends in March.")
@click.option("--la", "authority", type=WORD, required=True, metavar="NUMBER", help="The authority's three digits.")
@click.option("--characteristics", is_flag=True, help="Tell sex, ethnicity, disability, UPN: what `child` recorded.")
@click.option(
    "--problems", type=FILE, metavar="FILE", help="List what it lacks here, - for stdout: CSV, or JSON by the ending."
)
@output_option()
@pass_session
def export_census(
    session: Session, year: str, authority: str, characteristics: bool, problems: str | None, output: str | None
) -> None:
    """Write the Children in Need census return (XML) of the year to 31 March.

    What the census needs and the log lacks is counted on stderr and listed with --problems, never made up.
    """
    _check_authority(authority)
    number = _year(session, year)
    _check_files(session, output, problems)
    from cinctl.formats.census_return import Outgoing

    outgoing = Outgoing(session.book(), year=number, authority=authority, characteristics=characteristics)
    _write(session, outgoing, output)
    _tell_sums(outgoing, characteristics=characteristics, listed=problems)
    if problems is not None:
        _list(outgoing, problems)


command = export_census


def _check_authority(text: str) -> None:
    """Raise UsageError for what cannot be an authority's number: the City of London's is the lowest."""
    if not re.fullmatch("[0-9]{3}", text):
        raise UsageError(f"--la {text}: an authority's number has three digits, such as 899")
    if int(text) < _LOWEST:
        raise UsageError(f"--la {text}: no authority has that number; they begin with {_LOWEST}")


def _year(session: Session, text: str) -> int:
    """Return the year that *text* spells. Raises UsageError for one that no return can be made of."""
    number = int(text) if re.fullmatch("[0-9]{4}", text) else 0
    if number < _FIRST:
        raise UsageError(f"--year {text}: name the year in which the return's year ends, {_FIRST} or a later one")
    today = session.settings.day.isoformat()
    if today < f"{number - 1}-04-01":
        raise UsageError(f"--year {number}: that year begins on {number - 1}-04-01, and today is {today}")
    if today < f"{number}-03-31":
        tell(f"the year ends on {number}-03-31: this is how far it has come by {today}")
    return number


def _check_files(session: Session, output: str | None, problems: str | None) -> None:
    check_output(session, output)
    if problems == "-" and output is None:
        raise UsageError("stdout takes the return or its problems, not both: name a file with -o or --problems")
    if problems in (None, "-"):
        return
    check_output(session, problems)
    import os

    if output is not None and problems is not None and os.path.realpath(output) == os.path.realpath(problems):
        raise UsageError("-o and --problems name the same file; the return needs one of its own")


def _write(session: Session, outgoing: Outgoing, output: str | None) -> None:
    from cinctl import __version__
    from cinctl.progress import progress

    with progress(outgoing.length, "writing") as reach:
        put(output, outgoing.pieces(release=__version__, made=_moment(session), reach=reach))


def _moment(session: Session) -> str:
    """When the return is made, as XML has it: the start of `--today`, else the real time in UTC, to the second."""
    from datetime import UTC

    today = session.settings.today
    if today is not None:
        return f"{today.isoformat()}T00:00:00"
    return session.now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _list(outgoing: Outgoing, problems: str) -> None:
    from cinctl.formats.census_return import COLUMNS

    form = next((form for form in ("json", "jsonl", "tsv") if problems.endswith(f".{form}")), "csv")
    put(None if problems == "-" else problems, rendered(outgoing.gaps(), form, COLUMNS, one=False, ids="case"))


def _tell_sums(outgoing: Outgoing, *, characteristics: bool, listed: str | None) -> None:
    sums = outgoing.sums
    told = f"{sums.children:,} {plural(sums.children, 'child', 'children')}, {sums.referrals:,} "
    others = f"{sums.other_years:,} {plural(sums.other_years, 'case of another year', 'cases of other years')}"
    tell(f"{outgoing.title}: {told}{plural(sums.referrals, 'referral')}; {others}")
    if not characteristics:
        tell(
            "  without --characteristics: no sex, ethnicity, disability, UPN or date of death in it. The census "
            f"requires them (4180, 4220, 8540, 8770Q); {sums.disabled:,} of the children are recorded as disabled"
        )
    for line in sums.lines():
        tell(f"  {line}")
    if sums.gaps and listed is None:
        tell("  --problems FILE lists them with child and case")
