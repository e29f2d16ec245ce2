"""What to do next, in one line on stderr: told on a terminal alone, and only what is known to be so."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cinctl.terminal import plural, tell

if TYPE_CHECKING:
    from cinctl.session import Session
    from cinctl.workspace import Verdict

__all__ = ["tell_explain", "tell_lines", "tell_next", "typed"]

_MOST = 200
"""Of so many cases at once a hint looks up what they owe; of more it would take longer than it is worth."""
_NAMED = 3
"""So many cases a hint names."""
_ASIDE = r"(?: \[[^\]]*\])+$"
"""What the words of a rule may end in: where they come from, and what was assumed."""


def typed(session: Session, *words: str, known: Collection[str] = ()) -> str:
    """Return the command line *words*, with what was said of store, protocol, config and day but is not *known*."""
    import shlex

    given = session.given
    options = [
        part
        for name in ("store", "protocol", "config", "today")
        if given.get(name) is not None and name not in known
        for part in (f"--{name}", str(given[name]))
    ]
    return shlex.join(["cinctl", *options, *words])


def tell_lines(session: Session, *lines: Sequence[str], known: Collection[str] = ()) -> None:
    """Say which command *lines*, each given as its words, come next; they need not say the options *known*."""
    _tell(lambda: f"next: {', '.join(typed(session, *words, known=known) for words in lines)}")


def tell_next(session: Session, verdicts: Sequence[Verdict], *, opens: bool = False) -> None:
    """Say what follows steps that came to *verdicts*; *opens*: they were to open a case, so it may not be there."""
    refused = next((finding for verdict in verdicts for finding in verdict.findings if finding.denies), None)
    if refused is not None:
        tell_explain(session, [refused.rule], None if opens else refused.case)
        return
    cases = list(dict.fromkeys(v.event["case"] for v in verdicts if v.event is not None and v.event.get("case")))
    if 0 < len(cases) <= _MOST:
        _tell(lambda: _owed(session, cases))


def tell_explain(session: Session, rules: Iterable[str], case: str | None = None) -> None:
    """Say how to read what the first of *rules* asks, and how to see what can be done to *case*."""
    _tell(lambda: _explained(session, rules, case))


def _tell(make: Callable[[], str | None]) -> None:
    """Say the line that *make* returns. What was done is done: a hint that cannot be made is none, and no failure."""
    try:
        line = make()
    except Exception:
        return
    if line:
        tell(line)


def _explained(session: Session, rules: Iterable[str], case: str | None) -> str | None:
    known = set(session.workspace.rules.newest.rule_ids())
    rule = next((rule for rule in rules if rule in known), None)
    told = []
    if rule is not None:
        told.append(f"what {rule} asks: {typed(session, 'protocol', 'explain', rule)}")
    if case is not None:
        told.append(f"what can be done now: {typed(session, 'next', case)}")
    return f"next: {'; '.join(told)}" if told else None


def _owed(session: Session, cases: Sequence[str]) -> str | None:
    """Return what is most urgent of what *cases* owe today, or None where nothing is, or where that is not known."""
    from cinctl.discretion import vital_rules
    from cinctl.owed import CASE, RULE

    rows = session.workspace.due_on(cases)
    # Nobody asked for a hint: it tells no date by which a child was born or died.
    vital = vital_rules(session.workspace.rules) if rows else frozenset()
    rows = [row for row in rows if row[RULE] not in vital]
    if not rows:
        return None
    first, owing = rows[0], len({row[CASE] for row in rows})
    if len(cases) == 1:
        return f"next on {cases[0]}: {_what(first)}: {typed(session, 'next', cases[0])}"
    named = typed(session, "due", *(cases if len(cases) <= _NAMED else ()))
    return f"next, of {owing} {plural(owing, 'case')} first on {first[CASE]}: {_what(first)}: {named}"


def _what(row: Sequence[Any]) -> str:
    """Return what a *row* of `due` asks: what, by when or how late, whose, by which rule."""
    from datetime import date

    from cinctl.calendar import weekday_date
    from cinctl.lateness import in_words
    from cinctl.owed import COVERS, DUE, OWNER, RULE, STATUS, WHAT, owned_by

    what = re.sub(_ASIDE, "", row[WHAT])
    whose = ", ".join(part for part in (row[RULE], owned_by(row[OWNER], row[COVERS])) if part)
    if row[DUE] is None:
        return f"{what} ({whose})"
    by = "was due" if row[STATUS] == "overdue" else "by"
    told = in_words(row[STATUS], *row[STATUS + 1 : COVERS])
    return f"{what}, {by} {weekday_date(date.fromisoformat(row[DUE]))}, {told} ({whose})"
