"""A model of a disk with a cache: what a power cut could leave of what the store did, at every moment of it."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cinctl.store import platform

Contents = dict[str, bytes | None]


class File:
    """One file. *may* holds each content that it may have after a power cut, the latest last; a sync leaves that one.

    A write may be there down to any byte, or have its length but NULs in place of the rest. Where it took the place of
    something that was cut off since the last sync, the rest may be what stood there before.
    """

    def __init__(self, content: bytes | None) -> None:
        self.may: list[bytes | None] = [content]
        self._cut_off = b""

    def sync(self) -> None:
        """All that was done is on the disk."""
        del self.may[:-1]
        self._cut_off = b""

    def write(self, content: bytes) -> None:
        """Append *content*."""
        before = self.may[-1] or b""
        for cut in range(len(content)):
            short = before + content[:cut]
            self.may += [short, short + b"\0" * (len(content) - cut)]
            if self._cut_off[cut:]:
                self.may.append(short + self._cut_off[cut:])
        self.may.append(before + content)

    def truncate(self, length: int) -> None:
        """Cut it off after *length* bytes."""
        before = self.may[-1] or b""
        self._cut_off = before[length:]
        self.may.append(before[:length])


class Disk:
    """Watches what is done to the files of one folder, the log among them, and what is promised meanwhile."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.before: Contents = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.done: list[tuple[str, str, Any]] = []
        self._watch_open(patch)
        self._watch(patch, os, "write", lambda written, content: bytes(content[:written]))
        self._watch(patch, os, "ftruncate", lambda done, length: length)
        for place, name in ((os, "fsync"), (os, "fdatasync"), (platform, "sync")):
            if hasattr(place, name):
                self._watch(patch, place, name, lambda done: None)

    def promise(self, what: Any) -> None:
        """Note that somebody was told *what*: a power cut from now on must not make it untrue."""
        self.done.append(("promise", "", what))

    def _watch_open(self, patch: pytest.MonkeyPatch) -> None:
        real = os.open

        def call(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            new = flags & os.O_CREAT and not os.path.exists(path)
            fd = real(path, flags, *rest, **more)
            if new and Path(path).parent == self.folder:
                self.done.append(("create", Path(path).name, None))
            return fd

        patch.setattr(os, "open", call)

    def _watch(self, patch: pytest.MonkeyPatch, place: Any, name: str, take: Callable[..., Any]) -> None:
        real = getattr(place, name)

        def call(fd: int, *rest: Any) -> Any:
            done = real(fd, *rest)
            if (file := self._name_of(fd)) is not None:
                self.done.append(("sync" if "sync" in name else name, file, take(done, *rest)))
            return done

        patch.setattr(place, name, call)

    def _name_of(self, fd: int) -> str | None:
        """Return the name of an open file of the folder, or nothing for the folder itself."""
        state = os.fstat(fd)
        if stat.S_ISDIR(state.st_mode):
            return "" if os.path.samestat(state, self.folder.stat()) else None
        return next((p.name for p in self.folder.iterdir() if os.path.samestat(p.stat(), state)), None)

    def crashes(self, log: str) -> Iterator[tuple[Contents, Any]]:
        """Yield what the folder may hold after a power cut at each moment, and what was last promised by then.

        The content of a new file counts for something only once the folder was synced after it was made: until then
        its name may be gone. The lock's file is left out: nobody promises anything of it.
        """
        files = {name: File(content) for name, content in self.before.items()}
        loose: set[str] = set()
        promised: Any = None
        for what, name, how in self.done:
            if what == "promise":
                promised = how
            elif what == "create":
                files[name] = File(b"")
                loose.add(name)
            elif what == "sync" and not name:
                loose.clear()
            elif what == "sync":
                files[name].sync()
            elif what == "write":
                files[name].write(how)
            else:
                files[name].truncate(how)
            if not name.endswith(".lock"):
                yield from ((contents, promised) for contents in self._states(files, loose, name or log))

    @staticmethod
    def _states(files: dict[str, File], loose: set[str], active: str) -> Iterator[Contents]:
        """Yield every content of the file *active*, beside the first and the last of each other."""
        choices: list[list[tuple[str, bytes | None]]] = []
        for name, file in files.items():
            if not name.endswith(".lock"):
                may = file.may if name == active else [file.may[0], file.may[-1]]
                gone: list[bytes | None] = [None] if name in loose else []
                choices.append([(name, content) for content in dict.fromkeys([*gone, *may])])
        yield from map(dict, itertools.product(*choices))
