"""A folder in which what help, man pages and topics show can be typed as it stands, and a shell to type it in."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from cinctl.cli import run
from cinctl.topics import page

TODAY = "2026-09-10"
MOST = 70
"""So many lines the store has, so that an example may name an event."""
_REGISTERED = "--unit A --qualified --registered-until 2027-11-30 --on 2020-01-06"
CAST = (
    f"staff join csw1 --role consultant_social_worker {_REGISTERED}",
    f"staff join tm1 --role team_manager {_REGISTERED}",
    f"staff join sm1 --role service_manager {_REGISTERED}",
    f"staff join sw1 --role social_worker {_REGISTERED}",
    "staff join kw1 --role family_support_worker --unit A --on 2024-01-08",
    "staff join kw2 --role family_support_worker --unit A --on 2024-01-08",
    "staff join fs1 --role family_support_worker --unit A --on 2024-01-08",
    f"staff join cc1 --role social_worker {_REGISTERED}",
)
_LIFE = (
    "refer R1 --source 1A --born 2015-06-01 --need N1 --on 2026-02-23",
    "decide R1 --outcome section-17 --limb disabled --level level-4 --next-steps assess --by csw1 --on 2026-02-24",
    "map R1 --strengths T --needs T --next-steps T --explore T --engage T --partners school --by csw1 --on 2026-02-24",
    "allocate R1 --to sw1 --supervisor csw1 --rationale skills_experience=T --rationale need_and_best_placed=T "
    "--rationale s47_risk=T --continuity T --by csw1 --on 2026-02-24",
    "visit R1 --seen child --alone --by sw1 --on 2026-02-27",
)
"""What happened to R1: its allocation is event 12, a visit 13; 14 and those after it are notes."""
_MADE = (
    "cinctl apply many.jsonl > done.txt && cinctl due > due.txt && rm many.jsonl done.txt due.txt",
    "mkdir backup && cp cases.jsonl backup && head -c 32 /dev/urandom > key",
    "cinctl seal -o today.seal",
    "cinctl audit --fail-on never --write-baseline known.json > audit.txt && rm audit.txt",
    "cinctl export staff -o staff.csv",
    "cinctl export annex-a -o annex-a.xlsx && cinctl export annex-a --folder lists",
    "for n in 3 4 6; do cp lists/annex-a-list-$n.csv list-$n.csv; done",
    "cinctl export census --year 2026 --la 899 -o return-2026.xml 2> counts.txt && cp return-2026.xml return-2025.xml",
)
"""What examples read, made by cinctl itself."""
_PROTOCOL = """
[protocol]
id = "ours"
title = "Ours"
extends = "working-together-2023"

[sources.MIL]
title = "Millbrook's procedures"

[clauses.MIL-7]
source = "MIL"
section = "7"
level = "soft"
says = "the child is seen alone"

[[gate]]
id = "MIL-7"
on = "visit"
level = "warn"
require = { "event.alone" = true }
say = "the child is seen alone"
"""

_OWN = """
title = "A visit at which the child is not alone"
protocol = "../ours.toml"

[staff.sw1]
role = "social_worker"
unit = "A"
qualified = true
joined = 2020-01-06

[[step]]
on = 2026-02-23
run = "refer R1 --source 1A --born 2015-06-01"

[[step]]
on = 2026-02-23
run = "visit R1 --seen child --by sw1"
expect = { accepted = ["MIL-7"] }
"""


class Place:
    """A folder with a store under *protocol*: a cast, a case R1, files such as examples name, and *cinctl* in PATH."""

    def __init__(self, folder: Path, protocol: str = "bristol") -> None:
        self.folder = folder / "work"
        self.folder.mkdir(parents=True)
        for name in (".local/share/bash-completion/completions", ".config/fish/completions"):
            (folder / name).mkdir(parents=True)
        bin_ = folder / "bin"
        bin_.mkdir()
        paths = os.pathsep.join(filter(None, sys.path))
        (bin_ / "cinctl").write_text(f'#!/bin/sh\nPYTHONPATH="{paths}" exec "{sys.executable}" -m cinctl "$@"\n')
        (bin_ / "cinctl").chmod(0o755)
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("CINCTL_", "XDG_"))}
        path = f"{bin_}{os.pathsep}{os.environ['PATH']}"
        self.environ = {**keep, "PATH": path, "HOME": str(folder), "CINCTL_TODAY": TODAY}
        self.protocol = protocol

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run *line* as a shell does; a fault anywhere in a pipe is a fault."""
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail\n{line}"],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def run(self, line: str) -> tuple[int, str]:
        """Run *line* as `type` does, in this process where that takes no shell. Returns the exit code and stderr."""
        if re.search(r"[|&<>$;~]|^(?!cinctl )", line):
            done = self.type(line)
            return done.returncode, done.stderr
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as inside, redirect_stderr(said), redirect_stdout(io.StringIO()):
            inside.chdir(self.folder)
            for name in [name for name in os.environ if name.startswith("CINCTL_")]:
                inside.delenv(name)
            for name in ("HOME", "CINCTL_TODAY"):
                inside.setenv(name, self.environ[name])
            inside.setattr(sys, "stdin", io.StringIO())
            code = run(shlex.split(line)[1:])
        return code, said.getvalue()

    def must(self, line: str) -> None:
        """Run *line*, which has to be done."""
        code, said = self.run(line)
        assert 0 == code, f"{line}: {said}"

    def fill(self) -> Place:
        """Make the store and the files."""
        self.must(f"cinctl init --protocol {self.protocol}")
        with (self.folder / "cinctl.toml").open("a", encoding="utf-8") as config:
            config.write('[views.morning]\nwithin = "5wd"\n')
        for line in CAST:
            self.must(f"cinctl {line}")
        for line in _LIFE if self.protocol == "bristol" else _LIFE[:1]:
            self.must(f"cinctl {line}")
        self._write("events.jsonl", _notes(2))
        self._write("many.jsonl", _notes(MOST))
        for name in ("letter.txt", "finding.txt", "summary.txt", "note.txt"):
            self._write(name, "as agreed\n")
        for folder in ("stories/", "tests/stories/"):
            self._write(f"{folder}s01.toml", _story())
        self._write("s01.toml", _story().replace("A referral", "Easter: a referral"))
        self._write("stories/own.toml", _OWN)
        for name in ("ours", "old", "new"):
            self._write(f"{name}.toml", _PROTOCOL.replace("ours", name))
        for line in _MADE:
            self.must(line)
        return self

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def copy(self, folder: Path) -> Place:
        """Return a copy of it in *folder*."""
        made = Place(folder, self.protocol)
        shutil.copytree(self.folder, made.folder, dirs_exist_ok=True)
        return made


def _notes(count: int) -> str:
    lines = (f'{{"kind":"note","case":"R1","by":"kw1","data":{{"text":"{n}"}}}}\n' for n in range(count))
    return "".join(lines)


def _story() -> str:
    """Return the story that `cinctl help stories` shows."""
    block = page("stories").partition("\n    title = ")[2].partition("\nA step has")[0]
    return re.sub("(?m)^    ", "", f"title = {block}")


def commands_in(text: str) -> Iterator[str]:
    """Yield each command that stands in *text*, indented; one that goes on after a backslash is one."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    yield from (line.strip() for line in lines if line.startswith("    ") and _is_command(line))


def _is_command(line: str) -> bool:
    return re.search(r"(^|[;|(&=] ?|[A-Z]=\S+ )cinctl ", line.strip()) is not None
