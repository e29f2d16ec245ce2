"""`cinctl demo`: a synthetic authority to try things on."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from cinctl.commands._answer import View, answers
from cinctl.option_types import SEQ
from cinctl.session import Session, pass_session
from cinctl.shell import command
from cinctl.terminal import tell

__all__ = ["command"]

COLUMNS = ("store", "cases", "events")


@command(
    "demo",
    examples=(
        "cinctl demo --protocol bristol --store demo.jsonl --cases 50",
        "cinctl demo --protocol bristol --store demo.jsonl --today 2026-07-01 --seed 7",
    ),
)
@click.option("--cases", type=SEQ, metavar="N", help="How many cases. [default 40]")
@click.option("--events", type=SEQ, metavar="N", help="About how many events in all.")
@click.option("--open", "open_cases", type=SEQ, metavar="N", help="How many of the --cases are open.")
@click.option("--seed", type=SEQ, metavar="N", default=1, help="The same seed gives the same bytes. [default 1]")
@answers(COLUMNS, schema="cinctl/demo/1")
@pass_session
def fill(
    session: Session, view: View, cases: int | None, events: int | None, open_cases: int | None, seed: int
) -> None:
    """Fill a store with a synthetic authority.

    The store must be absent or empty. Dates are relative to --today. No child in it is real.
    """
    from cinctl.demo import generate

    path = Path(session.settings.store)
    _check_is_ours(session, path)
    filled = generate(session.workspace, cases, events, seed, open_cases)
    view.show([{"store": str(path), "cases": filled.cases, "events": filled.events}], one=True)
    if view.for_people:
        again = _again(session)
        tell(f"Look at it: {again} due --overdue")
        tell(f"            {again} audit --fail-on never")


def _check_is_ours(session: Session, path: Path) -> None:
    """Raise StoreError when there is something at *path* that is no store; that it is empty is checked later."""
    if path.exists() and (not path.is_file() or path.stat().st_size):
        session.workspace.book(upto_today=False)


def _again(session: Session) -> str:
    """Return how to call cinctl on the same store: what flags said has to be said again."""
    said = [(name, session.given.get(name)) for name in ("config", "store", "protocol", "today")]
    return shlex.join(["cinctl", *(word for name, value in said if value for word in (f"--{name}", str(value)))])


command = fill
