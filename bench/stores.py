"""The synthetic stores that are measured on, made by `cinctl demo` and kept: the same sizes are made once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.process import Runner, Sample

ROOT = Path(__file__).resolve().parent.parent
PROTOCOL = "bristol"
_OWN = ("v", "seq", "recorded", "under", "salt", "hash")
"""What the log puts into a line; an event for `apply` is without it."""


class Size(NamedTuple):
    """What demo is asked for. With --open lives come to other lengths: *asked* is what gives about *events*."""

    name: str
    cases: int
    open: int
    events: int
    asked: int | None


SMALL = Size("small", 100, 100, 5_000, 5_300)
AUTHORITY = Size("authority", 1_000, 1_000, 50_000, 47_000)
DECADE = Size("decade", 10_000, 1_000, 500_000, 615_000)
COUNTRY = Size("country", 100_000, 1_000, 5_000_000, 6_354_000)
BUSY = Size("busy", 10_000, 10_000, 160_000, None)
WIDE = Size("wide", 100_000, 100_000, 1_600_000, None)


class Store(NamedTuple):
    """A store in a folder of its own, with the config that `init` writes. *made* is what demo said of it."""

    size: Size
    run: Runner
    made: dict[str, Any]

    @property
    def log(self) -> Path:
        """Where the log is."""
        return self.run.folder / "cases.jsonl"

    def forget(self) -> None:
        """Take away the cache beside the log."""
        for path in self.run.folder.glob("cases.jsonl.cache*"):
            path.unlink()

    def restore(self) -> None:
        """Take off the log what was appended since it was made, and the cache, which another cinctl may have made."""
        os.truncate(self.log, self.made["bytes"])
        self.forget()


class Shelf(NamedTuple):
    """Makes stores in a folder, with the command *cinctl*."""

    folder: Path
    cinctl: str
    environ: dict[str, str]

    def store(self, size: Size) -> Store:
        """Return the store of that size, made now unless one made the same way stands there."""
        folder = self.folder / size.name
        run = Runner(folder, self.environ)
        note, stamp = folder / "made.json", self._stamp(size)
        if not (note.is_file() and json.loads(note.read_text())["stamp"] == stamp):
            note.write_text(json.dumps({**self._fill(run, size), "stamp": stamp}))
        store = Store(size, run, json.loads(note.read_text()))
        store.restore()
        return store

    def _fill(self, run: Runner, size: Size) -> dict[str, Any]:
        sample = self.demo(run, size)
        made = json.loads(sample.printed)
        return {"events": made["events"], "cases": made["cases"], "bytes": (run.folder / "cases.jsonl").stat().st_size}

    def demo(self, run: Runner, size: Size) -> Sample:
        """Make a store of that size anew where *run* runs; return what demo took, and what it said."""
        shutil.rmtree(run.folder, ignore_errors=True)
        run.folder.mkdir(parents=True, mode=0o700)
        run([self.cinctl, "init", "--protocol", PROTOCOL])
        asked = [] if size.asked is None else ["--events", str(size.asked)]
        sizes = ["--cases", str(size.cases), "--open", str(size.open), *asked]
        return run([self.cinctl, "demo", *sizes, "--json"], keep=True)

    def _stamp(self, size: Size) -> str:
        """Return a digest of all that makes the bytes of a store."""
        parts = [
            *sorted((ROOT / "cinctl" / "demo").glob("*.py")),
            *sorted((ROOT / "cinctl" / "protocols").glob("*.toml")),
        ]
        told = hashlib.sha256(repr((size, sorted(self.environ.items()))).encode())
        for path in [*parts, ROOT / "cinctl" / "store" / "envelope.py"]:
            told.update(path.read_bytes())
        return told.hexdigest()


def stream(lines: Iterable[bytes], most: int | None = None) -> Iterator[str]:
    """Yield the events of a log as `apply` takes them, staff first; *lines* is gone through more than once.

    Cases of which another system told are left out: who appends cannot tell such history. An event that names another
    by its `seq` names it by the one that it gets in a new store.
    """
    told, named = _not_ours(lines)
    seq = 0
    for of_staff in (True, False):
        for event in map(json.loads, lines):
            if (event["case"] is None) is not of_staff or event["case"] in told or event["kind"] == "import":
                continue
            if seq == most:
                return
            seq += 1
            if event["seq"] in named:
                named[event["seq"]] = seq
            kept = {name: value for name, value in event.items() if name not in _OWN}
            if "of" in event["data"]:
                kept["data"] = {**event["data"], "of": named[event["data"]["of"]]}
            yield json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"


def _not_ours(lines: Iterable[bytes]) -> tuple[set[str], dict[int, int]]:
    """Return the cases of which another system told, and the `seq` of every event that another one names."""
    told, named = set(), {}
    for event in map(json.loads, lines):
        if event.get("key"):
            told.add(event["case"])
        if "of" in event["data"]:
            named[event["data"]["of"]] = 0
    return told, named


class Lines:
    """The lines of a file, to be gone through as often as need be; it is never held whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            yield from file
