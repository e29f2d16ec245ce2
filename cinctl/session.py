"""One run of the tool: what its global options said, and the workspace, the moment and the streams that follow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

import click

from cinctl.errors import UsageError
from cinctl.terminal import colour_wanted, read_by_a_person, stdin_bytes, tell

if TYPE_CHECKING:
    from cinctl.casebook import Casebook
    from cinctl.workspace import Book, Settings, Workspace

__all__ = ["Session", "clock", "pass_session"]


def clock() -> datetime:
    """Return what time it is. Nobody else asks: a session has the moment at which it began."""
    return datetime.now(UTC)


class Session:
    """One run of the tool: what the global options said, and the workspace that follows from them.

    *workspace* puts a ready one in place of the one that options, environment and config describe.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        now: datetime | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.environ = os.environ if environ is None else environ
        self.now = now or clock()
        self.given: dict[str, Any] = {}
        self._stdin_taken = False
        self._looked = False
        self._workspace = workspace
        if workspace is not None:
            self.__dict__["workspace"] = workspace
            self.__dict__["settings"] = workspace.settings

    def anew(self) -> Session | None:
        """Return a session as this one was at first; None where it has done more than look."""
        if not self._looked or self._stdin_taken:
            return None
        return Session(self.environ, self.now, self._workspace)

    def later(self, now: datetime) -> Session:
        """Return a session with the same options at the moment *now*, which has read nothing yet."""
        session = Session(self.environ, now, self._workspace)
        session.given = self.given
        return session

    @cached_property
    def settings(self) -> Settings:
        """What flags, environment and config add up to."""
        from cinctl.config import settings

        return settings(self.given, self.environ, self.now)

    @cached_property
    def workspace(self) -> Workspace:
        """The store and protocol that this run works on."""
        from cinctl.workspace import Workspace

        return Workspace(self.settings)

    def book(self, upto_today: bool = True, *, quiet: bool = False) -> Book:
        """Look at the whole store, to write nothing.

        What the reader should know of it goes to stderr, unless *quiet*, for who has been told already.
        """
        self._looked = True
        book = self.workspace.book(upto_today)
        if not quiet:
            self.tell(book)
        return book

    def tell(self, book: Casebook) -> None:
        """Say on stderr what the reader of *book* should know of it."""
        for notice in book.notices:
            tell(notice)

    def tell_notices(self) -> None:
        """Say on stderr what writers found out about the log: a torn tail set aside, a file that others can read."""
        for notice in dict.fromkeys(self.workspace.notices):
            tell(notice)
        self.workspace.notices.clear()

    def moment(self) -> str:
        """When a step happens that does not say: the date of `--today`, else the real time in UTC."""
        today = self.settings.today
        return today.isoformat() if today else self.now.isoformat(timespec="seconds")

    def colour(self, stream: TextIO | None) -> bool:
        """Say whether *stream* gets colour."""
        return colour_wanted(stream, self.environ, bool(self.given.get("no_color")))

    @property
    def hints(self) -> bool:
        """Whether a line on stderr may say what to do next: a person reads it, and it is not switched off."""
        return read_by_a_person() and self.settings.hints

    def stdin(self) -> str:
        """Read stdin to its end as text; it can be read for one thing only."""
        if self._stdin_taken:
            raise UsageError("stdin can be read for one thing only: '-' or '@-' stands more than once")
        self._stdin_taken = True
        try:
            return stdin_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            raise UsageError(f"stdin is not valid UTF-8 (byte {fault.start})") from None


pass_session = click.make_pass_decorator(Session, ensure=True)
