"""Measure, print the table, and write it down."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import budgets, peers, report
from bench.machine import describe
from bench.process import environ
from bench.rows import Row
from bench.stores import ROOT, Shelf

FOLDER = ROOT / "build" / "bench"
RESULTS, README = ROOT / "bench" / "results.json", ROOT / "README.md"
GROUPS: Mapping[str, Callable[[budgets.Bench], list[Row]]] = {
    "start": budgets.start,
    "wide": budgets.wide,
    "passes": budgets.passes,
    "apply": budgets.applied,
    "memory": budgets.memories,
}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure cinctl beside its yardsticks.")
    parser.add_argument("--full", action="store_true", help="five million events too; takes an hour or more")
    parser.add_argument("--only", action="append", choices=[*GROUPS, "peers"], help="only these; default: all")
    parser.add_argument("--rounds", type=int, default=20, help="rounds of short commands, half of it for longer ones")
    parser.add_argument("--passes", type=int, default=3, help="rounds of passes over a log")
    parser.add_argument("--table", action="store_true", help="measure nothing; print the table of the last run")
    parser.add_argument("--peers", action="store_true", help="say which peers are there, and measure beside them only")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    options = _options(arguments)
    if not options.table:
        _measure(options)
    results = report.read(RESULTS)
    if results is None:
        sys.stderr.write(f"there is no {RESULTS.relative_to(ROOT)} yet: make bench\n")
        return 1
    README.write_text(report.put(README.read_text(encoding="utf-8"), results), encoding="utf-8", newline="\n")
    sys.stdout.write(report.table(results))
    return 0


def _measure(options: argparse.Namespace) -> None:
    scripts = Path(sys.executable).parent
    shelf = Shelf(FOLDER / "stores", str(scripts / "cinctl"), environ())
    bench = budgets.Bench(shelf, Path(sys.executable), scripts / "cinctl", options.rounds, options.passes, options.full)
    found = peers.Peers.found(FOLDER, environ())
    sys.stderr.writelines(f"{line}\n" for line in found.told())
    revision = _revision()
    wanted = ["peers"] if options.peers else options.only or [*GROUPS, "peers"]
    for group in wanted:
        begun = time.monotonic()
        rows = GROUPS[group](bench) if group in GROUPS else []
        compared = peers.compare(bench, found) if group == "peers" else []
        records = [row.record(revision) for row in rows], [one.record(revision) for one in compared]
        _keep(revision, *records)
        sys.stderr.write(f"{group}: {time.monotonic() - begun:.0f} s\n")


def _keep(revision: str, rows: Sequence[report.Record], compared: Sequence[report.Record]) -> None:
    """Write down what was measured as soon as it was: a long run may be broken off."""
    results = report.merged(report.read(RESULTS), describe(FOLDER), revision, rows, compared)
    RESULTS.write_text(report.dumped(results), encoding="utf-8", newline="\n")


def _revision() -> str:
    """Return the last commit that changed what is measured, marked where it was changed since; empty without git."""
    measured = ["--", "cinctl", "pyproject.toml"]
    commit = _git("log", "-1", "--format=%h", *measured)
    return f"{commit}-dirty" if commit and _git("status", "--porcelain", *measured) else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
