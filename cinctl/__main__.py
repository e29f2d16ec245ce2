"""Run cinctl: as `python -m cinctl`, and as the console script."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line and leave with its exit code. Ctrl-C while it still loads is exit 130 too."""
    # What one command makes is needed until it ends: looking for rubbish as often as Python does only slows its start.
    gc.set_threshold(100_000, 50, 50)
    try:
        from cinctl.cli import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    _leave(code)


def _leave(code: int) -> NoReturn:
    """Leave with *code*, at once where nothing waits for the end: taking apart what vanishes anyway costs a sixth."""
    if _something_waits():
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # what could not be written was told, or has nobody to tell
            stream.flush()
    os._exit(code)


def _something_waits() -> bool:
    """Return whether somebody asked to be called at the end, watches what runs, or runs beside it."""
    threading = sys.modules.get("threading")
    beside = threading is not None and threading.active_count() > 1
    return beside or bool(atexit._ncallbacks()) or sys.gettrace() is not None or sys.getprofile() is not None


if __name__ == "__main__":
    main()
