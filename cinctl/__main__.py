"""Run cinctl: as `python -m cinctl`, and as the console script."""

from __future__ import annotations

import gc
import sys
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
    sys.exit(code)


if __name__ == "__main__":
    main()
