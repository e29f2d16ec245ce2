"""A new protocol, as a commented file: tables by tomli-w, with comments placed between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tomli_w

from cinctl.errors import UsageError
from cinctl.protocol import Protocol

__all__ = ["Role", "Wanted", "blank_params", "role", "written"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_WORD = re.compile(r"[A-Za-z0-9_]+")


class Role(NamedTuple):
    """A role of the new protocol: its word, and its title for people."""

    id: str
    title: str


class Wanted(NamedTuple):
    """What a new protocol is to be. *leads* may lead a case, *managers* may decide, beside those of what it extends.

    *params* are values for what the protocol below leaves to be filled in.
    """

    id: str
    title: str
    extends: str | None
    leads: tuple[Role, ...] = ()
    managers: tuple[Role, ...] = ()
    params: Mapping[str, Any] = {}

    def check(self) -> None:
        """Raise UsageError for a word that no protocol file may hold."""
        if not _ID.fullmatch(self.id):
            raise UsageError(f"--id: '{self.id}' is not an id: letters, digits, '-', '_' and '.' only")
        titles = (("--title", self.title), *(("--role", one.title) for one in (*self.leads, *self.managers)))
        for option, title in titles:
            if not title.strip() or not title.isprintable():
                raise UsageError(f"{option} must be text on one line, without characters that hide")


def role(text: str, option: str) -> Role:
    """Return the role that *text* spells as ID or ID=TITLE. Raises UsageError."""
    id_, equals, title = text.partition("=")
    id_ = id_.strip().replace("-", "_")
    if not _WORD.fullmatch(id_):
        raise UsageError(f"{option}: '{text}' is not ID or ID=TITLE, with an ID of letters, digits and underscores")
    return Role(id_, title.strip() if equals else id_.replace("_", " "))


def blank_params(below: Protocol | None) -> dict[str, str]:
    """Return what *below* leaves to be filled in, each with what it means."""
    return {} if below is None else {name: p.say or p.type for name, p in below.params.items() if p.value is None}


def written(wanted: Wanted, below: Protocol | None) -> str:
    """Return the file of a protocol that is *wanted*, laid over *below*."""
    return "\n".join(_parts(wanted, below)).rstrip() + "\n"


def _parts(wanted: Wanted, below: Protocol | None) -> Iterator[str]:
    yield "# A protocol of cinctl; docs/protocol-language.md is the guide to what may stand here. After each change:"
    yield "#     cinctl protocol lint FILE"
    yield "#     cinctl protocol test STORIES\n"
    meta = {"id": wanted.id, "title": wanted.title, **({"extends": wanted.extends} if wanted.extends else {})}
    yield tomli_w.dumps({"protocol": meta}).rstrip()
    yield "# Say what it is once it is that, and lint asks for what then belongs to it:"
    yield '# status = "interim"             # or "agreed", "guide"; an interim one has a review date'
    yield "# review_on = 2027-04-01"
    yield '# agreed_by = ["the partnership"]'
    yield "# effective_from = 2026-04-01    # absent: in force for all dates\n"
    yield "# [sources.X] and [clauses.X-1] say where rules come from; a rule of the id X-1 then cites it.\n"
    yield from _roles(wanted, below)
    if wanted.params:
        yield "# What the protocol below leaves to the authority; its rules on this are not checked without a value."
        yield tomli_w.dumps({"params": dict(wanted.params)})
    yield from _EXAMPLES


def _roles(wanted: Wanted, below: Protocol | None) -> Iterator[str]:
    roles = {one.id: {"title": one.title} for one in (*wanted.leads, *wanted.managers)}
    if not roles:
        yield "# Roles describe; only gates refuse. Sets name them: @lead may lead, @manager decides.\n"
        return
    yield "# Roles describe; only gates refuse."
    yield tomli_w.dumps({"roles": roles})
    yield '# Named lists, used as "@lead" and "@manager"; a list replaces the inherited one, and so repeats it.'
    sets = {"lead": wanted.leads, "manager": wanted.managers}
    yield tomli_w.dumps({"sets": {name: _members(name, own, below) for name, own in sets.items() if own}})


def _members(name: str, own: Sequence[Role], below: Protocol | None) -> list[str]:
    inherited = below.sets.get(name, ()) if below is not None else ()
    return list(dict.fromkeys((*inherited, *(one.id for one in own))))


_EXAMPLES = (
    "# A gate says what must be true when something is recorded; level deny, the default, refuses the step:",
    "#",
    "# [[gate]]",
    '# id = "X-1"',
    '# on = "visit"',
    '# level = "warn"',
    '# require = { "event.alone" = true }',
    '# say = "the child is seen alone"',
    "",
    "# A clock says what must follow something, and by when. Being late is never refused: it is a finding:",
    "#",
    "# [[clock]]",
    '# id = "X-2"',
    '# starts = "allocate"',
    '# stops = "visit"',
    '# within = "5 working days"',
    '# owner = "lead"',
    '# say = "visit the child"',
    "",
    "# An inherited rule that does not hold here is taken out with a reason:",
    "#",
    "# [disable]",
    '# "WT-49" = "X-2 says by when the child is seen"',
)
