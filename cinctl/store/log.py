"""The log: created, opened, read, and appended to under its lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from cinctl.errors import StoreError, SystemRefusedError, UsageError
from cinctl.store import platform
from cinctl.store.envelope import compose, look, parse
from cinctl.store.faults import examine, exposure, line_errors, refusals, store_errors, why
from cinctl.store.files import create_beside, create_private, folder_of, make_folders, write_all
from cinctl.store.lock import locked
from cinctl.store.position import Position
from cinctl.store.staging import Staging
from cinctl.store.walk import Take, Torn, Walk, patiently, patiently_in

if TYPE_CHECKING:
    from cinctl.store.redact import Redacted
    from cinctl.store.survey import Survey

T = TypeVar("T")
_BATCH = 1 << 17

Salts = Callable[[], bytes]


def random_salt() -> bytes:
    """Sixteen bytes that nobody can guess."""
    return os.urandom(16)


class Log:
    """The log at *path*. Make one by `Log.create` or `Log.open`.

    `notices` gathers lines that the user should see. *salts* gives sixteen bytes for each line; only a
    demonstration has a reason to give its own.
    """

    def __init__(self, path: str, salts: Salts = random_salt) -> None:
        self.path = path
        self.salts = salts
        self.notices: list[str] = []
        self.inode = 0
        """That of the file when it was opened."""
        self._walk = Walk()

    @classmethod
    def create(cls, path: str | os.PathLike[str], salts: Salts = random_salt) -> Log:
        """Make an empty store, private to its owner, and the folders that it needs; an empty file will do as it is.

        That it lies on a network drive is among its `notices`. Raises:
            UsageError: there is a store there already.
            StoreError: something else is there.
            SystemRefusedError: the system said no.
        """
        name = os.fspath(path)
        with refusals(name, "cannot be created"):
            make_folders(folder_of(name))
            try:
                create_private(name)
            except FileExistsError:
                if examine(name).st_size:
                    raise UsageError(f"{name} holds something already; a store is made where there is none") from None
        from cinctl.store.drives import network_drive

        log = cls.open(name, salts)
        kind = network_drive(os.path.realpath(folder_of(name)))
        if kind is not None:
            log.notices.append(
                f"{name} is on a network drive ({kind}): let one machine write, and back it up elsewhere"
            )
        return log

    @classmethod
    def open(cls, path: str | os.PathLike[str], salts: Salts = random_salt) -> Log:
        """Open a store for reading, and for writing by `writing`.

        Raises:
            StoreError: there is none, or the file is no store, or a newer version wrote it.
            SystemRefusedError: it cannot be read.
        """
        log = cls(os.fspath(path), salts)
        with store_errors(log.path, "cannot be read"), line_errors(log.path, log._walk):
            log.inode = examine(log.path).st_ino
            with open(log.path, "rb") as file:
                look(file.read(64))
            exposed = exposure(log.path)
        if exposed:
            log._notice(exposed)
        return log

    @property
    def length(self) -> int:
        """How many lines were read or written so far."""
        return self._walk.length

    @property
    def head(self) -> str:
        """The hash of the last of them, 64 zeros when there is none."""
        return self._walk.head.decode()

    @property
    def torn(self) -> Torn | None:
        """What the last pass found torn at the end of the log, unless a writer has set it aside since."""
        return self._walk.torn

    @property
    def position(self) -> Position:
        """Where the log ends, as far as it was read."""
        return Position(self._walk.end, self._walk.length, self._walk.head.decode())

    @property
    def begun(self) -> int:
        """The byte at which the line begins that was given last."""
        return self._walk.begun

    def read(self, since: Position | None = None) -> Iterator[dict[str, Any]]:
        """Yield every whole line, in order, its place in the chain checked; `data` is None where it was redacted.

        With *since*, a position up to which the log is known to hold, only those after it.

        Raises:
            StoreError: a line does not hold; none after it is given.
            SystemRefusedError: the log cannot be read.
        """
        yield from self._pass(parse, since)

    def survey(self, survey: Survey) -> os.stat_result:
        """Let *survey* take in every line, as `read` yields them. Returns the state of the file that was read."""
        with store_errors(self.path, "cannot be read"):
            before = os.stat(self.path)
        self._walk = walk = Walk()
        with (
            store_errors(self.path, "cannot be read"),
            line_errors(self.path, walk),
            open(self.path, "rb", buffering=0) as file,
        ):
            _run(file.fileno(), walk, survey)
            for _ in patiently_in(file.fileno(), walk, survey.take):
                pass
            after = os.fstat(file.fileno())
        self._tell_torn("left out")
        return after if after.st_size == walk.end else before

    def _pass(self, take: Take[T], since: Position | None) -> Iterator[T]:
        known = (since.end, since.length, since.head.encode()) if since is not None else ()
        self._walk = walk = Walk(*known)
        with store_errors(self.path, "cannot be read"), line_errors(self.path, walk):
            yield from patiently(self.path, walk, take)
        self._tell_torn("left out")

    @contextmanager
    def writing(self, timeout: float) -> Iterator[Writer]:
        """Hold the lock for reading, judging and appending, after waiting for it at most *timeout* seconds.

        Raises:
            SystemRefusedError: it did not come, or the log cannot be written.
        """
        with locked(self.path, timeout) as fd:
            yield Writer(self, fd)
        self._tell_torn("left out")

    def _tell_torn(self, what: str) -> None:
        if torn := self._walk.torn:
            self._notice(
                f"{self.path} ends in a torn line, never acknowledged "
                f"({torn.length} bytes from byte {torn.offset} on): {what}"
            )

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)


def _run(fd: int, walk: Walk, survey: Survey) -> None:
    """Take *walk* over the usual lines, many at a time; what it stops at, if anything, is for a closer look."""
    with open(fd, "rb", closefd=False) as file:
        file.seek(0)
        while lines := file.readlines(_BATCH):
            count, size, head = survey.run(lines, walk.length + 1, walk.head)
            walk.advance(size, head, count)
            if count < len(lines):
                return


class Writer:
    """The log while its lock is held. Made by `Log.writing`.

    Lines are staged first, in memory or when there are many in a file without a name, and reach the log by `commit`,
    all or none of them.
    """

    def __init__(self, log: Log, fd: int) -> None:
        self._log = log
        self._fd = fd
        self._staged = Staging(folder_of(log.path))
        self._start()

    @property
    def path(self) -> str:
        """Where the log stands."""
        return self._log.path

    @property
    def begun(self) -> int:
        """The byte at which the line begins that was given last."""
        return self._walk.begun

    @property
    def position(self) -> Position:
        """Where the log ends, as far as it was read or written."""
        return Position(self._walk.end, self._walk.length, self._walk.head.decode())

    def state(self) -> os.stat_result:
        """Return the state of the file."""
        return os.fstat(self._fd)

    def read(self, since: Position | None = None) -> Iterator[dict[str, Any]]:
        """Yield every whole line, as `Log.read` does, or those after *since*, up to which the log is known to hold.

        Nothing is changed: a torn tail is set aside by `commit`.
        """
        yield from self._pass(parse, since)

    def survey(self, survey: Survey) -> os.stat_result:
        """Let *survey* take in every line, as `read` yields them. Returns the state of the file."""
        walk = self._start()
        with store_errors(self._log.path, "cannot be read"), line_errors(self._log.path, walk):
            _run(self._fd, walk, survey)
            for _ in patiently_in(self._fd, walk, survey.take):
                pass
        return self.state()

    def _pass(self, take: Take[T], since: Position | None) -> Iterator[T]:
        walk, path = self._start(since), self._log.path
        with (
            store_errors(path, "cannot be read"),
            line_errors(path, walk),
            open(self._fd, "rb", closefd=False) as file,
        ):
            walk.stand(file)
            yield from walk.lines(file, take)

    def append(self, envelopes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Write *envelopes* (without `v`, `seq`, `salt` and `hash`) as one batch, all of it or nothing.

        Returns them completed, once they would survive a power cut. Raises as `stage` and `commit` do.
        """
        try:
            made = [complete for _, complete in self.stage(envelopes)]
        except BaseException:
            self.discard()
            raise
        self.commit()
        return made

    def stage(self, envelopes: Iterable[Mapping[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
        """Make *envelopes* into lines that follow those before. Returns for each the byte where it will begin.

        Raises:
            StoreError: a line of the log does not hold.
            UsageError: something in an envelope cannot be written as JSON.
        """
        if not self._walk.done:
            for _ in self.read():
                pass
        walk, staged = self._walk, self._staged
        if not staged.lines:
            staged.begin(walk.end + walk.unterminated, walk.length, walk.head)
        made = []
        for envelope in envelopes:
            line, head, complete = compose(envelope, staged.length + 1, staged.head, self._log.salts())
            with refusals(self._log.path, "not stored"):
                made.append((staged.add(line, head), complete))
        return made

    def staged_line(self, place: int) -> bytes | None:
        """Return the staged line that will begin at byte *place*, or None where that is in the log already."""
        return self._staged.line(place)

    def discard(self) -> None:
        """Forget what was staged."""
        self._staged.clear()

    def commit(self) -> None:
        """Write what was staged; when this returns it would survive a power cut.

        Raises:
            SystemRefusedError: the system said no; the log is as it was.
        """
        staged, walk = self._staged, self._walk
        if not staged.lines:
            return
        try:
            self._settle()
            self._put(staged, b"\n" if walk.unterminated else b"")
            walk.advance(staged.end - walk.end, staged.head, staged.lines)
        finally:
            staged.clear()

    def confirm(self) -> None:
        """Return once all that was read would survive a power cut: who wrote it may have died before seeing to that.

        Raises:
            SystemRefusedError: the system said no.
        """
        with refusals(self._log.path, "what it holds could not be synced"):
            platform.sync(self._fd)

    def redact(self, seqs: Collection[int], envelopes: Sequence[Mapping[str, Any]]) -> Redacted:
        """Take the payloads of lines *seqs* out of the log and append *envelopes*: both, or neither.

        Raises:
            StoreError: a line of the log does not hold.
            SystemRefusedError: the system said no; the log is as it was.
            UsageError: the log goes by another name too.
        """
        from cinctl.store.redact import Place, rewrite

        self.settle()
        made = rewrite(Place(self._log.path, self._fd, self._walk, self._log.salts), seqs, envelopes)
        # It is another file now: whoever goes on writes after its end, which is to be found first.
        self._start()
        return made

    def settle(self) -> str | None:
        """Set aside what is torn at the end of the log; return where it is kept, None when nothing is torn.

        Raises:
            StoreError: a line of the log does not hold; it is left as it is.
            SystemRefusedError: the system said no.
        """
        if not self._walk.done:
            for _ in self.read():
                pass
        return self._settle()

    def _start(self, since: Position | None = None) -> Walk:
        known = (since.end, since.length, since.head.encode()) if since is not None else ()
        self._walk = self._log._walk = Walk(*known)
        return self._walk

    def stand_at(self, position: Position) -> None:
        """Go on from *position*, where the log is known to end."""
        for _ in self.read(position):
            raise StoreError(f"{self._log.path} goes on after line {position.length}; nothing was stored")

    def _settle(self) -> str | None:
        """Leave the last whole line at the end of the log, and what is torn after it in the file that is returned."""
        walk, path = self._walk, self._log.path
        with refusals(path, "not stored"):
            state = os.fstat(self._fd)
            seen = walk.end + (walk.torn.length if walk.torn else 0)
            if state.st_size != seen or not os.path.samestat(state, os.stat(path)):
                raise StoreError(f"{path} was changed by something that does not heed its lock; nothing was stored")
            if not walk.torn:
                return None
            aside = self._copy_aside(walk.torn)
            walk.done = False  # until the system has agreed: a second try looks again
            os.ftruncate(self._fd, walk.end)
            os.fsync(self._fd)
            walk.done = True
            self._log._tell_torn(f"set aside as {aside}")
            walk.torn = None
            return aside

    def _copy_aside(self, torn: Torn) -> str:
        with open(self._fd, "rb", closefd=False) as file:
            file.seek(torn.offset)
            return create_beside(f"{os.path.realpath(self._log.path)}.torn-{torn.offset}", file.read(torn.length))

    def _put(self, staged: Staging, before: bytes) -> None:
        try:
            for piece in staged.pieces():
                write_all(self._fd, before + piece)
                before = b""
            platform.sync(self._fd)
        except BaseException as error:
            left = self._roll_back()
            if isinstance(error, OSError):
                raise SystemRefusedError(f"{self._log.path}: not stored: {why(error)}{left}") from error
            raise

    def _roll_back(self) -> str:
        """Cut off what was written of a batch; where even that fails, return what to tell of it."""
        self._walk.done = False
        try:
            os.ftruncate(self._fd, self._walk.end)
        except OSError as error:
            return f"; what was written of it, from byte {self._walk.end} on, could not be removed: {why(error)}"
        with suppress(OSError):
            os.fsync(self._fd)
        return ""
