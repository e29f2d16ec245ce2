"""Run cinctl as `python -m cinctl`."""

from __future__ import annotations

from cinctl.cli import main

if __name__ == "__main__":
    main()
