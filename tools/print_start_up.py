"""Print, as JSON, which modules of ours the commands import that are run in loops: what tests/test_start_up.py holds.

Whoever slims a command down, or has to let it import more, writes the list anew and looks at the difference:

    python tools/print_start_up.py > tests/data/start_up.json
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

COMMANDS = {
    "--version": ["--version"],
    "--help": ["--help"],
    "due --json": ["due", "--json"],
    "supervise": ["supervise", "R1", "--with", "sw1", "--by", "tm1", "--direction", "x"],
}
BEFORE = (
    ["init", "--protocol", "bristol"],
    ["staff", "join", "tm1", "--role", "team_manager", "--unit", "A", "--qualified", "--on", "2020-01-06"],
    ["staff", "join", "sw1", "--role", "social_worker", "--unit", "A", "--qualified", "--on", "2024-01-08"],
    ["refer", "R1", "--source", "1A", "--born", "2015-06-01", "--need", "N1", "--on", "2026-02-23"],
    ["due"],
)
_RUN = """
import atexit, sys
bare = set(sys.modules)

def tell():
    with open("modules", "w", encoding="utf-8") as file:
        file.write("\\n".join(sorted(set(sys.modules) - bare)))

atexit.register(tell)
from cinctl.__main__ import main
sys.argv[0] = "cinctl"
main()
"""


def run(folder: Path, arguments: list[str]) -> list[str]:
    """Run one command line in *folder* in a process of its own; return the modules that it imported."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join(filter(None, (root, *sys.path)))
    keep = {name: value for name, value in os.environ.items() if not name.startswith("CINCTL_")}
    environment = {**keep, "PYTHONPATH": paths, "CINCTL_TODAY": "2026-03-02", "HOME": str(folder)}
    command = [sys.executable, "-c", _RUN, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return (folder / "modules").read_text(encoding="utf-8").splitlines()


def imported() -> dict[str, list[str]]:
    """Return, for each of the commands, every module that it imports where the cache is warm."""
    with tempfile.TemporaryDirectory() as name:
        for arguments in BEFORE:
            run(Path(name), arguments)
        return {what: run(Path(name), arguments) for what, arguments in COMMANDS.items()}


def ours(modules: list[str]) -> list[str]:
    """Return those of *modules* that are part of cinctl."""
    return [module for module in modules if module.partition(".")[0] == "cinctl"]


if __name__ == "__main__":
    sys.stdout.write(json.dumps({what: ours(modules) for what, modules in imported().items()}, indent=2) + "\n")
