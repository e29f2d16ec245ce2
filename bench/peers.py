"""Tools that people would use otherwise, where they are installed, asked as nearly the same as they can be."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bench.arithmetic import Measure, Ratio, cpus, paired, rounds, spread, walls
from bench.budgets import Bench
from bench.process import TODAY, CommandFailed, Runner, Sample
from bench.rows import figures, rounded
from bench.stores import AUTHORITY, BUSY, DECADE, ROOT, SMALL, Lines, Size, Store

LOOPS = ROOT / "bench" / "peer_loops.py"
_LAST = "reduce (inputs | select(.case != null)) as $e ({}; .[$e.case] = $e) | .[]"

INSTALL = {
    "task": "apt install taskwarrior",
    "hledger": "apt install hledger",
    "jq": "apt install jq",
    "duckdb": "python3 -m venv build/bench/peers && build/bench/peers/bin/pip install duckdb",
    "pm4py": "python3 -m venv build/bench/peers && build/bench/peers/bin/pip install pm4py pyarrow",
}
NAMES = {"task": "Taskwarrior", "hledger": "hledger", "jq": "jq", "duckdb": "DuckDB", "pm4py": "pm4py"}


class Comparison(NamedTuple):
    """What a peer took beside what cinctl took: *wall* and *cpu* say how many times as long the peer takes."""

    id: str
    peer: str
    version: str
    asked: str
    ours: str
    wall: Ratio
    cpu: Ratio
    peer_samples: Sequence[Sample]
    our_samples: Sequence[Sample]

    def record(self, revision: str) -> dict[str, Any]:
        """Return the comparison as bench/results.json holds it."""
        return {
            "asked": self.asked,
            "cpu": figures(self.cpu),
            "id": self.id,
            "memory_mb": rounded(max(s.memory for s in self.our_samples) / 1e6),
            "ours": self.ours,
            "peer": self.peer,
            "peer_memory_mb": rounded(max(s.memory for s in self.peer_samples) / 1e6),
            "peer_seconds": rounded(spread(walls(self.peer_samples)).median),
            "revision": revision,
            "runs": len(self.our_samples),
            "seconds": rounded(spread(walls(self.our_samples)).median),
            "version": self.version,
            "wall": figures(self.wall),
        }


class Peers(NamedTuple):
    """The peers that were found, with their versions."""

    python: Path
    versions: Mapping[str, str]

    @classmethod
    def found(cls, folder: Path, environ: dict[str, str]) -> Peers:
        """Look for all of them; those of Python in an environment of their own under *folder*."""
        python, run = folder / "peers" / "bin" / "python", Runner(folder, environ)
        asked: dict[str, list[str | Path]] = {name: [name, "--version"] for name in ("task", "hledger", "jq")}
        asked |= {name: [python, LOOPS, "version", name] for name in ("duckdb", "pm4py")}
        said = {name: _version(run, command) for name, command in asked.items() if shutil.which(command[0])}
        return cls(python, {name: version for name, version in said.items() if version})

    def told(self) -> Iterator[str]:
        """Yield a line for each: its version, or how to install it."""
        for name, how in INSTALL.items():
            version = self.versions.get(name)
            yield f"{NAMES[name]:<12} " + (f"{version} found" if version else f"not found; install it with: {how}")


def _version(run: Runner, command: Sequence[str | Path]) -> str | None:
    """Return the version that *command* prints. Another program of the same name prints something else."""
    try:
        found = re.match(r"(?:hledger |jq-)?(\d+(?:\.\d+)+)", run(command, keep=True).printed)
    except CommandFailed:
        return None
    return found[1] if found else None


def compare(bench: Bench, peers: Peers) -> list[Comparison]:
    """Return how every peer that was found stands to cinctl."""
    made: list[Comparison] = []
    if "task" in peers.versions:
        for size in (SMALL, AUTHORITY, BUSY):
            made += _overdue(bench, peers, size)
    for size in (AUTHORITY, DECADE):
        made += _logs(bench, peers, size)
    return made


def _overdue(bench: Bench, peers: Peers, size: Size) -> list[Comparison]:
    """What is overdue, of as many items as `due` has rows."""
    store, run = bench.warm(size), bench.scratch("task")
    count = _items(bench, store, run)
    task: Measure = lambda: run(["task", f"rc:{run.folder / 'taskrc'}", "overdue"], codes=(0, 1))  # noqa: E731
    taken = rounds({"ours": bench.ours(store, "due", "--overdue"), "task": task}, bench.rounds // 2)
    told = (f"`task overdue`, {count:,} items", "`due --overdue`")
    return [_compared(f"task_{size.name}", "task", peers, told, taken["task"], taken["ours"])]


def _items(bench: Bench, store: Store, run: Runner) -> int:
    """Put what is due in *store* into a new list of Taskwarrior, dated so that as much is overdue; return how much."""
    shutil.rmtree(run.folder)
    (run.folder / "data").mkdir(parents=True, mode=0o700)
    (run.folder / "taskrc").write_text(f"data.location={run.folder / 'data'}\nconfirmation=off\n", encoding="utf-8")
    rows, tasks = run.folder / "rows.jsonl", run.folder / "tasks.jsonl"
    store.run([bench.cinctl, "due", "-f", "jsonl"], into=rows)
    shift, count = date.today() - date.fromisoformat(TODAY), 0
    with tasks.open("w", encoding="utf-8") as file:
        for row in map(json.loads, Lines(rows)):
            count += 1
            file.write(json.dumps(_task(row, shift)) + "\n")
    run(["task", f"rc:{run.folder / 'taskrc'}", "import", tasks])
    return count


def _task(row: Mapping[str, Any], shift: timedelta) -> dict[str, Any]:
    task = {"description": row["what"], "project": row["case"] or "office", "status": "pending"}
    if row["due"] is not None:
        task["due"] = (date.fromisoformat(row["due"]) + shift).strftime("%Y%m%dT120000Z")
    return task


def _logs(bench: Bench, peers: Peers, size: Size) -> list[Comparison]:
    """What can be asked of the log itself: the last event of every case, and whether the rules were kept to."""
    store = bench.warm(size)
    asked = {name: question for name, question in _questions(bench, peers, store).items() if name in peers.versions}
    measures: dict[str, Measure] = {name: measure for name, (measure, *_) in asked.items()}
    measures["list"] = bench.ours(store, "list", "--json")
    measures["audit"] = bench.ours(store, "audit", "--json", "--fail-on", "never")
    taken = rounds(measures, bench.passes, warm=False)
    return [
        _compared(
            f"{name}_{size.name}", name, peers, (f"{told}, {size.events:,} events", ours), taken[name], taken[key]
        )
        for name, (_, told, ours, key) in asked.items()
    ]


def _questions(bench: Bench, peers: Peers, store: Store) -> dict[str, tuple[Measure, str, str, str]]:
    run, log = bench.scratch("peers"), store.log
    asked = {
        "jq": (lambda: run(["jq", "-cn", _LAST, log]), "last event of every case", "`list --json`", "list"),
        "duckdb": (
            lambda: run([peers.python, LOOPS, "duckdb", log]),
            "`read_json`, last event of every case",
            "`list --json`",
            "list",
        ),
        "pm4py": (
            lambda: run([peers.python, LOOPS, "pm4py", log]),
            "DECLARE, two rules, read by pyarrow",
            "`audit`, every rule and the chain",
            "audit",
        ),
    }
    if store.size == AUTHORITY and "hledger" in peers.versions:
        journal = _journal(run.folder / "log.journal", log)
        asked["hledger"] = (
            lambda: run(["hledger", "-f", journal, "check"]),
            "`hledger check`",
            "`audit`, every rule and the chain",
            "audit",
        )
    return asked


def _journal(path: Path, log: Path) -> Path:
    """Write a journal with an entry for each event of *log*."""
    with path.open("w", encoding="utf-8") as file:
        for event in map(json.loads, Lines(log)):
            case = event["case"] or "office"
            file.write(f"{event['at'][:10]} {event['kind']}\n    case:{case}  1\n    events\n\n")
    return path


def _compared(
    id_: str, name: str, peers: Peers, told: tuple[str, str], theirs: Sequence[Sample], ours: Sequence[Sample]
) -> Comparison:
    wall, cpu = paired(walls(theirs), walls(ours)), paired(cpus(theirs), cpus(ours))
    sys.stderr.write(f"  {NAMES[name]}: {told[0]}\n")
    return Comparison(id_, NAMES[name], peers.versions[name], *told, wall, cpu, theirs, ours)
