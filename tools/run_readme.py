"""Run every command that README.md, or another page, shows, and put what it prints under it.

    python tools/run_readme.py [--check] [--also NAME] [README]

The commands stand in ```console blocks, one after each `$ `; what belongs to a << 'END' stands behind `> `. They run in
one shell, in one new folder that holds the examples and config.example.toml. With `--check` nothing is written, and the
exit code is 1 when an output differs. `--also shell-session` runs those blocks as well: so a page keeps apart what
needs a tool that is not everywhere.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_HERE = re.compile(r"<< '(\w+)'$", re.MULTILINE)
_END = "-- end of output --"


def blocks(also: Sequence[str] = ()) -> re.Pattern[str]:
    """Return what finds a console block, or one of the other languages *also*: its language and what stands in it."""
    return re.compile(rf"^```({'|'.join(('console', *also))})\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text: str, also: Sequence[str] = ()) -> Iterator[str]:
    """Yield each command of the console blocks of *text*, with the lines of it that a backslash or a << goes on to."""
    for _, block in blocks(also).findall(text):
        lines = iter(block.splitlines())
        for line in lines:
            if line.startswith("$ "):
                command = line[2:]
                while command.endswith("\\"):
                    command += "\n" + next(lines)
                if here := _HERE.search(command):
                    command += "".join(f"\n{line.removeprefix('> ')}" for line in _until(f"> {here[1]}", lines))
                yield command


def _until(last: str, lines: Iterator[str]) -> Iterator[str]:
    """Yield *lines* up to the one that is *last*, and that one."""
    for line in lines:
        yield line
        if line == last:
            return


def outputs(wanted: Sequence[str], folder: Path) -> list[str]:
    """Run the commands *wanted* in one shell in *folder*; return what each wrote to stdout and stderr."""
    for name in ("examples", "config.example.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    script = "".join(f"{{ {command}\n}} 2>&1 < /dev/null\necho '{_END}'\n" for command in wanted)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CINCTL_")}
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, env={**kept, "PATH": path}, capture_output=True, text=True, check=False
    )
    found = done.stdout.split(f"{_END}\n")
    if done.returncode or len(found) != len(wanted) + 1:
        raise RuntimeError(f"the shell did not come to its end: {done.stderr}{found[-1]}")
    return found[:-1]


def refreshed(text: str, folder: Path, also: Sequence[str] = ()) -> str:
    """Return *text* with what its commands print now."""
    wanted = list(commands(text, also))
    found = iter(zip(wanted, outputs(wanted, folder), strict=True))

    def block(match: re.Match[str]) -> str:
        here = [next(found) for _ in commands(match[0], also)]
        return f"```{match[1]}\n" + "".join(f"$ {_shown(command)}\n{_ended(said)}" for command, said in here) + "```"

    return blocks(also).sub(block, text)


def _shown(command: str) -> str:
    """Return *command* as it stands on a page: the lines of a << stand behind `> `."""
    here = _HERE.search(command)
    return command[: here.end()] + command[here.end() :].replace("\n", "\n> ") if here else command


def _ended(output: str) -> str:
    return output if not output or output.endswith("\n") else output + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or with `--check` compare it, and return the exit code."""
    parser = argparse.ArgumentParser(description="Run what the README shows.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when an output differs")
    parser.add_argument(
        "--also", metavar="NAME", action="append", default=[], help="run the blocks of this language too"
    )
    parser.add_argument("path", nargs="?", type=Path, default=ROOT / "README.md", help="default: README.md")
    options = parser.parse_args(arguments)
    path: Path = options.path
    before = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="cinctl-readme-") as folder:
        after = refreshed(before, Path(folder), options.also)
    if not options.check:
        path.write_text(after, encoding="utf-8", newline="\n")
        return 0
    sys.stderr.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "README.md", "now"))
    return int(after != before)


if __name__ == "__main__":
    sys.exit(main())
