"""A command on a terminal of a given width: what it writes there, and what it writes to a pipe beside it."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

STYLE = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(folder: Path, line: str, width: int = 80, **environ: str) -> str:
    """Run `cinctl LINE` in *folder*, all three streams on a terminal *width* wide; return all that it wrote there."""
    pty = pytest.importorskip("pty")
    import fcntl
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "cinctl", *line.split()],
        cwd=folder,
        env={**environment(), "TERM": "xterm", **environ},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    )
    os.close(theirs)
    written = b""
    with process:
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            written += piece
    os.close(ours)
    return written.decode().replace("\r\n", "\n")


def in_a_pipe(folder: Path, line: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `cinctl LINE` in *folder*, its streams pipes."""
    return subprocess.run(
        [sys.executable, "-m", "cinctl", *line.split()],
        cwd=folder,
        env={**environment(), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def environment() -> dict[str, str]:
    """Return the environment of a command: of the surrounding one what finds Python, and the day."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "TERM", "LINES")}
    return {**kept, "CINCTL_TODAY": "2026-03-02", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def columns_of(line: str) -> int:
    """Return how many columns of a terminal *line* takes: colours none, marks on a character none, wide ones two."""
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in STYLE.sub("", line)
    )
