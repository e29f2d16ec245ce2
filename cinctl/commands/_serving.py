"""A page that is made anew whenever its store has changed, on a server of its own; an old one never looks fresh."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from time import monotonic
from typing import Protocol

from cinctl.calendar import london_date, london_time, weekday_date
from cinctl.ending import Ending
from cinctl.formats.html import FOOT, STYLE, head
from cinctl.formats.report import xml_text
from cinctl.serving import Page, Server
from cinctl.session import Session, clock
from cinctl.terminal import emit, tell, visible
from cinctl.workspace.watching import Trouble, Watched

__all__ = ["serve_page", "trouble_page"]

_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"\r\n]*)">')


class Note(Protocol):
    """Takes one line that the reader should know."""

    def __call__(self, line: str, /) -> None:
        """Take it."""


class Maker(Protocol):
    """Makes a page of what a session works with; *live* is what the page goes by to see that there is a newer one."""

    def __call__(self, session: Session, /, *, live: str, note: Note) -> Iterable[str]:
        """Make it. Raises what any command does that cannot answer."""


def serve_page(session: Session, make: Maker, port: int) -> None:
    """Serve what *make* makes, print where, and go on until a signal ends it.

    Raises:
        SystemRefusedError: the *port* cannot be had.
        CinctlError: there is no page to begin with.
    """
    said: set[str] = set()

    def note(line: str) -> None:
        if line not in said:
            said.add(line)
            tell(line)

    def made(later: Session) -> Page:
        mark = str(watched.times + 1)
        body = "".join(make(later, live=mark, note=note)).encode("utf-8", "backslashreplace")
        return Page(body, _policy(body), mark)

    def current() -> Page | float:
        wait = watched.renew()
        if wait:
            return wait
        if watched.answer is not None:
            return watched.answer
        assert watched.trouble is not None
        return trouble_page(watched.trouble, str(watched.times))

    watched = Watched(session.later, made, clock=clock, timer=monotonic)
    with Ending():
        server = Server(current, port=port)
        try:
            watched.renew()
            if watched.trouble is not None:
                raise watched.trouble.error
            emit(f"{server.address}\n")
            if sys.stdout is not None:
                sys.stdout.flush()
            tell("Ctrl-C ends it; whoever has this address can read the page")
            server.run()
        finally:
            server.close()


def trouble_page(trouble: Trouble, mark: str) -> Page:
    """Return what stands for a page that cannot be made: what is wrong, and since when; nothing of any case."""
    since = trouble.since.isoformat()
    when = f"{london_time(since)} on {weekday_date(london_date(since))}"
    told = "".join(f'<p class="deny">{xml_text(visible(line))}</p>\n' for line in trouble.lines)
    after = f"<p>Since {when}. The board comes back by itself once this is put right.</p>\n"
    body = f"{head('What is due is not known', STYLE)}{told}{after}{FOOT}".encode()
    return Page(body, _policy(body), mark, 503)


def _policy(body: bytes) -> str:
    """Return the policy that a page says it keeps to, and that no other page may frame it, which only a header says."""
    found = _POLICY.search(body)
    assert found is not None
    return f"{found[1].decode('ascii')}; frame-ancestors 'none'"
