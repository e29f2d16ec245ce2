"""The command line, run in this process: an empty folder, a small protocol, and nothing of the surrounding shell."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cinctl.cli import run
from cinctl.session import Session

PROTOCOL = """
[protocol]
id = "small"
title = "A small protocol"

[sources.SML]
title = "Small authority's protocol"
short = "Small"

[clauses.SML-1]
source = "SML"
section = "§1"
level = "hard"
says = "a team mapping takes place before allocation"

[clauses.SML-2]
source = "SML"
section = "§2"
level = "soft"
says = "next steps are decided within one working day"

[clauses.SML-3]
source = "SML"
section = "§3"
level = "soft"
says = "the child is seen alone"

[sets]
manager = ["team_manager"]

[roles.team_manager]
title = "Team Manager"

[roles.social_worker]
title = "Social Worker"

[codes.outcome]
section_17 = { title = "Child in Need" }
no_further_action = { title = "No further action" }

[[gate]]
id = "SML-1"
on = "allocate"
require = { "last.map.on" = { on_or_before = "event.on" } }
say = "a team mapping takes place before allocation"

[[gate]]
id = "SML-3"
on = "visit"
level = "warn"
require = { "event.alone" = true }
say = "the child is seen alone"

[[clock]]
id = "SML-2"
starts = "refer"
stops = "decide"
within = "1 working day"
owner = "@manager"
say = "decide next steps"
"""

CAST = (
    "staff join tm1 --role team_manager --unit A --qualified --on 2020-01-06",
    "staff join sw1 --role social_worker --unit A --qualified --on 2024-01-08",
)


class Result(NamedTuple):
    """What one command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer, read as JSON."""
        return json.loads(self.out)


class Desk:
    """A folder to work in, and the command line in it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = monkeypatch

    def run(self, *args: str, stdin: str | bytes = "", session: Session | None = None) -> Result:
        """Run `cinctl ARGS`, each of *args* one argument."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        streams = [io.TextIOWrapper(io.BytesIO(data), encoding="utf-8") for data in (given, b"", b"")]
        with self.patch.context() as patch:
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            code = run(args, session or Session(now=datetime(2026, 3, 2, 9, 30, tzinfo=UTC)))
        for stream in streams[1:]:
            stream.flush()
        out, err = (stream.buffer.getvalue().decode() for stream in streams[1:])
        return Result(code, out, err)

    def type(self, line: str, stdin: str | bytes = "") -> Result:
        """Run one line as typed, its words parted by spaces."""
        return self.run(*line.split(), stdin=stdin)

    def must(self, line: str) -> Result:
        """Run one line that has to be accepted."""
        result = self.type(line)
        assert result.code == 0, result.err
        return result


@pytest.fixture(name="bare")
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty folder: no config, no store, no home of the user's."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("TERM", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return Desk(folder, monkeypatch)


@pytest.fixture(name="desk")
def _desk(bare: Desk) -> Desk:
    """A store under the small protocol, with a manager and a social worker in it."""
    (bare.folder / "small.toml").write_text(PROTOCOL, encoding="utf-8")
    bare.must("init --protocol small.toml")
    for line in CAST:
        bare.must(line)
    return bare


@pytest.fixture(name="case")
def _case(desk: Desk) -> Desk:
    """The same with one case, R1, referred on Monday 23 February 2026."""
    desk.must("refer R1 --source 1A --born 2015-06-01 --need N1 --on 2026-02-23")
    return desk
