"""One command as a whole process: how long it took by the wall clock and by the CPU, and the most memory it held."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from io import BufferedRandom
from pathlib import Path
from typing import IO, NamedTuple

_KIB = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of ru_maxrss, which counts no lower than what the parent held: so this one stays small."""


class Sample(NamedTuple):
    """What one run took: seconds by the wall and by the CPU, bytes at most, and what it printed, if that was kept."""

    wall: float
    cpu: float
    memory: int = 0
    printed: str = ""


class CommandFailed(Exception):
    """A command ended with a code that was not expected: measuring it would measure an error."""


class Runner(NamedTuple):
    """Runs commands in one folder with one environment and nothing else of what surrounds it."""

    folder: Path
    environ: Mapping[str, str]

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        keep: bool = False,
        into: Path | None = None,
        codes: Sequence[int] = (0,),
    ) -> Sample:
        """Run *command* to its end; *keep* what it prints, or write it *into* a file.

        Raises:
            CommandFailed: its exit code is none of *codes*.
        """
        with ExitStack() as stack:
            said = stack.enter_context(tempfile.TemporaryFile())
            printed = stack.enter_context(tempfile.TemporaryFile() if into is None else into.open("wb+"))  # noqa: SIM115 - the stack closes it
            out = printed if keep or into else subprocess.DEVNULL
            begun = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environ, stdin=subprocess.DEVNULL, stdout=out, stderr=said
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begun
            process.returncode = code = os.waitstatus_to_exitcode(status)
            if code not in codes:
                said.seek(0)
                told = said.read(2000).decode(errors="replace")
                raise CommandFailed(f"exit {code} of {' '.join(map(str, command))}: {told}")
            text = _read(printed) if keep else ""
        return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _KIB, text)


def _read(file: IO[bytes] | BufferedRandom) -> str:
    file.seek(0)
    return file.read().decode()


def environ() -> dict[str, str]:
    """Return what a measured command sees: nothing that keeps Python from its compiled files, no settings of cinctl."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "CINCTL_TODAY": TODAY}


TODAY = "2026-07-01"
"""The day on which the synthetic authority is looked at."""


def fsync_of(folder: Path, times: int = 5) -> Sample:
    """Return what writing a line and syncing it costs in *folder*, the median of *times*."""
    took = []
    path = folder / "fsync.tmp"
    with path.open("ab", buffering=0) as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(b"x" * 400 + b"\n")
            os.fsync(file.fileno())
            took.append(time.perf_counter() - begun)
    path.unlink()
    return Sample(sorted(took)[times // 2], 0.0)
