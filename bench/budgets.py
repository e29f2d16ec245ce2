"""The budgets, one function for those that are measured in the same rounds. Each returns its rows of the table."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from bench.arithmetic import Measure, cpus, rounds, spread, walls
from bench.process import TODAY, Runner, fsync_of
from bench.rows import MILLISECONDS, Row, memory, pace, ratio
from bench.stores import AUTHORITY, COUNTRY, DECADE, PROTOCOL, ROOT, WIDE, Lines, Shelf, Size, Store, stream

LOOPS = ROOT / "bench" / "loops.py"
CENSUS = ROOT / "tools" / "make_census_return.py"
YARDSTICK = '`python -c "import click"`'
MOST_MEMORY = 300.0
"""MB that a pass over five million events may hold."""
_PER_CHILD = 5.69
"""Events that a child of a synthetic census return comes to."""
_REFERENCE = 500_000
"""Lines a second that json.loads does on the machine that the pace of `apply` is told for."""


class Bench(NamedTuple):
    """What a run measures with: the stores, the commands, and how many rounds."""

    shelf: Shelf
    python: Path
    cinctl: Path
    rounds: int
    passes: int
    full: bool

    def loop(self, name: str, *arguments: str | Path) -> list[str | Path]:
        """Return the command that runs one of the loops."""
        return [self.python, LOOPS, name, *arguments]

    def ours(self, store: Store, *arguments: str | Path) -> Measure:
        """Return a measure of cinctl on *store*."""
        return lambda: store.run([self.cinctl, *arguments])

    def scratch(self, name: str) -> Runner:
        """Return what runs commands in a folder that is nobody's."""
        folder = self.shelf.folder / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Runner(folder, self.shelf.environ)

    def warm(self, size: Size) -> Store:
        """Return the store of that size with its cache beside it."""
        store = self.shelf.store(size)
        store.run([self.cinctl, "due", "-f", "ids"])
        return store


def start(bench: Bench) -> list[Row]:
    """What a shell loop feels: start-up, `due`, and one step, on a short and on a long history."""
    store = bench.warm(AUTHORITY)
    long = [bench.warm(size) for size in ((DECADE, COUNTRY) if bench.full else (DECADE,))]
    measures: dict[str, Measure] = {
        "click": lambda: store.run([bench.python, "-c", "import click"]),
        "version": bench.ours(store, "--version"),
        "help": bench.ours(store, "--help"),
        "table": bench.ours(store, "due"),
        "fsync": lambda: fsync_of(store.run.folder),
    }
    for one in (store, *long):
        measures[f"due {one.size.name}"] = bench.ours(one, "due", "--json")
        measures[f"supervise {one.size.name}"] = supervising(bench, one)
    taken = rounds(measures, bench.rounds)
    click, due, step = taken["click"], taken[f"due {AUTHORITY.name}"], taken[f"supervise {AUTHORITY.name}"]
    opened = "1,000 open cases, 50,000 events"
    rows = [
        ratio("version", ("`cinctl --version`", YARDSTICK), taken["version"], click, 1.3),
        ratio("help", ("`cinctl --help`", YARDSTICK), taken["help"], click, 1.3),
        ratio("due", (f"`due --json`, {opened}", YARDSTICK), due, click, 1.6),
        ratio("due_table", ("the same as a table", YARDSTICK), taken["table"], click, 2.5),
        ratio(
            "supervise",
            ("`supervise`, same store, one fsync taken off", YARDSTICK),
            step,
            click,
            2.2,
            less=taken["fsync"],
        ),
    ]
    synced = spread([sample.wall * 1000 for sample in taken["fsync"]])
    rows.append(Row("fsync", "one fsync, as taken off above", "", MILLISECONDS, synced, runs=bench.rounds))
    for one in long:
        of = f"{one.size.cases:,} cases ({one.size.events:,} events), 1,000 of them open"
        for name, command, short in (("due", "due --json", due), ("supervise", "supervise", step)):
            told = (f"`{command}`, {of}", "its time at 1,000 cases")
            here = taken[f"{name} {one.size.name}"]
            rows.append(ratio(f"long_{name}_of_{one.size.events}", told, here, short, 1.3))
    return rows


def supervising(bench: Bench, store: Store) -> Measure:
    """Return a measure of one `supervise`, each time on another case whose lead may be supervised that day."""
    steps = cycle(supervisable(bench, store))

    def step() -> Any:
        event = next(steps)
        data = event["data"]
        said = ["--direction", data["direction"], "--progress", data["progress"], "--by", event["by"]]
        return store.run([bench.cinctl, "supervise", event["case"], "--with", data["with"], *said])

    return step


def supervisable(bench: Bench, store: Store, most: int = 50) -> list[dict[str, Any]]:
    """Return supervisions that the protocol accepts on open cases of *store*; nothing is written."""
    cases = json.loads(store.run([bench.cinctl, "list", "--open", "--json"], keep=True).printed)
    events = [
        {
            "kind": "supervise.formal",
            "case": case["case"],
            "at": TODAY,
            "by": case["supervisor"],
            "data": {"with": case["lead"], "direction": "go on", "progress": "as planned"},
        }
        for case in cases
        if case["lead"] and case["supervisor"]
    ][: 2 * most]
    path = store.run.folder / "supervise.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    told = store.run([bench.cinctl, "apply", "--dry-run", path], keep=True, codes=(0, 3)).printed.splitlines()
    return [event for event, line in zip(events, told, strict=True) if json.loads(line)["accepted"]][:most]


def wide(bench: Bench) -> list[Row]:
    """`due` where everything is open, beside a loop that writes as many rows."""
    store, sample = bench.warm(WIDE), bench.scratch("rows").folder / "rows.json"
    small = bench.warm(AUTHORITY)
    small.run([bench.cinctl, "due", "--json"], into=sample)
    whole = sample.with_name("whole.json")
    store.run([bench.cinctl, "due", "--json"], into=whole)
    with whole.open("rb") as lines:
        count = sum(1 for _ in lines) - 2  # the brackets of the array stand on lines of their own
    taken = rounds(
        {
            "due": bench.ours(store, "due", "--json"),
            "dumps": lambda: store.run(bench.loop("dumps", sample, str(count))),
        },
        bench.rounds // 2,
    )
    told = (f"`due --json`, 100,000 open cases, {count:,} rows", "writing as many rows with `json.dumps`")
    return [ratio("wide_due", told, taken["due"], taken["dumps"], 1.5)]


def passes(bench: Bench) -> list[Row]:
    """What goes through the whole log, beside loops that do, at each size."""
    rows = [row for size in ((DECADE, COUNTRY) if bench.full else (DECADE,)) for row in _passes(bench, size)]
    return [*rows, *demo(bench)]


def _passes(bench: Bench, size: Size) -> list[Row]:
    store = bench.shelf.store(size)
    jobs = ["--jobs", "1"] if "--jobs" in store.run([bench.cinctl, "audit", "--help"], keep=True).printed else []

    def first() -> Any:
        store.forget()
        return store.run([bench.cinctl, "due", "--json"])

    taken = rounds(
        {
            "parse": lambda: store.run(bench.loop("parse", store.log)),
            "digest": lambda: store.run(bench.loop("digest", store.log)),
            "due": first,
            "audit": bench.ours(store, "audit", "--json", "--fail-on", "never", *jobs),
            "verify": bench.ours(store, "verify"),
        },
        bench.passes,
        warm=False,
    )
    of, digest = f"{size.events:,} events", "`json.loads` + sha256 of every line"
    audit = (f"`audit`{' --jobs 1' if jobs else ''}, {of}", digest)
    due = (f"`due` after its cache was deleted, {of}", "`json.loads` of every line")
    verify = (f"`verify`, {of}", digest)
    return [
        ratio(f"first_due_of_{size.events}", due, taken["due"], taken["parse"], 3.0, by_cpu=True),
        ratio(f"audit_of_{size.events}", audit, taken["audit"], taken["digest"], 3.0, by_cpu=True),
        ratio(f"verify_of_{size.events}", verify, taken["verify"], taken["digest"], 1.0, by_cpu=True),
    ]


def demo(bench: Bench) -> list[Row]:
    """How fast logs are made."""
    run = bench.scratch("demo")
    samples = [bench.shelf.demo(run, AUTHORITY) for _ in range(bench.passes)]
    made = json.loads(samples[0].printed)["events"]
    paces = [made / s for s in walls(samples)], [made / s for s in cpus(samples)]
    return [pace("demo", ("`demo`, 50,000 events, a core", ""), paces, samples, 25_000, by_cpu=True)]


def applied(bench: Bench) -> list[Row]:
    """A stream of ten thousand events, each judged, beside the pace of json.loads on the same machine."""
    store = bench.shelf.store(AUTHORITY)
    count, run, events = 10_000, bench.scratch("apply"), bench.scratch("streams").folder / "10000.jsonl"
    with events.open("w", encoding="utf-8") as file:
        file.writelines(stream(Lines(store.log), count))
    measures: dict[str, Measure] = {
        "rate": lambda: run(bench.loop("rate", store.log), keep=True),
        "apply": lambda: applying(bench, run, events),
    }
    taken = rounds(measures, bench.rounds // 2)
    rates = [json.loads(sample.printed) for sample in taken["rate"]]
    by_wall = scaled(count, walls(taken["apply"]), [rate["wall"] for rate in rates])
    by_cpu = scaled(count, cpus(taken["apply"]), [rate["cpu"] for rate in rates])
    told = "`apply` of 10,000 events, scaled to the machine of the budget", f"`json.loads` at {_REFERENCE:,} lines/s"
    return [pace("apply", told, (by_wall, by_cpu), taken["apply"], 5_000)]


def scaled(count: int, seconds: Sequence[float], rates: Sequence[float]) -> list[float]:
    """Return how many of *count* events a second there would be where json.loads does as many lines as is told.

    *rates* are the lines a second that it does here, in the same rounds as the *seconds*.
    """
    return [count / one * _REFERENCE / rate for one, rate in zip(seconds, rates, strict=True)]


def applying(bench: Bench, run: Runner, events: Path) -> Any:
    """Record the stream *events* in a new store; every line must be accepted."""
    renew(bench, run)
    return run([bench.cinctl, "apply", events])


def renew(bench: Bench, run: Runner) -> None:
    """Put a new store in place of what stands where *run* runs."""
    for path in (*run.folder.glob("cases.jsonl*"), *run.folder.glob("cinctl.toml")):
        path.unlink()
    run([bench.cinctl, "init", "--protocol", PROTOCOL])


def memories(bench: Bench) -> list[Row]:
    """The most memory that each pass holds, at each size."""
    sizes = (AUTHORITY, DECADE, COUNTRY) if bench.full else (AUTHORITY, DECADE)
    return [row for size in sizes for row in _memories(bench, size)]


def _memories(bench: Bench, size: Size) -> Iterator[Row]:
    store = bench.shelf.store(size)
    taking: Sequence[tuple[str, Callable[[], Any]]] = (
        ("audit", bench.ours(store, "audit", "--json", "--fail-on", "never")),
        ("verify", bench.ours(store, "verify")),
        ("apply", lambda: applying(bench, bench.scratch("apply"), _whole_stream(bench, store))),
        ("import", lambda: importing(bench, bench.scratch("import"), size)),
    )
    for name, measure in taking:
        if name == "apply" and size != AUTHORITY and not bench.full:
            continue  # it judges every event: of half a million that takes minutes
        told = f"peak memory of `{name}`, {size.events:,} events"
        yield memory(f"memory_{name}_of_{size.events}", told, measure(), MOST_MEMORY)
        sys.stderr.write(f"  {told}\n")


def _whole_stream(bench: Bench, store: Store) -> Path:
    path = bench.scratch("streams").folder / f"{store.size.name}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(stream(Lines(store.log)))
    return path


def importing(bench: Bench, run: Runner, size: Size) -> Any:
    """Import a census return that comes to as many events into a new store."""
    census = bench.scratch("streams").folder / f"{size.name}.xml"
    if not census.is_file():
        children = str(round(size.events / _PER_CHILD))
        run([bench.python, CENSUS, "--children", children, "--output", census], into=run.folder / "said.json")
    renew(bench, run)
    return run([bench.cinctl, "import", "census", census])
