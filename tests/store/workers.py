"""Processes that the tests of the store start, and kill: `python workers.py WHAT LOG [MORE]`."""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import signal
import sys
import time
from typing import Any

from cinctl.errors import SystemRefusedError
from cinctl.store.log import Log
from cinctl.store.verify import verify


def event(**data: Any) -> dict[str, Any]:
    """An envelope as a caller hands it in."""
    return {"kind": "note", "case": None, "at": "2026-03-02", "recorded": "r", "by": None, "under": None, "data": data}


def say(text: str) -> None:
    """Write a line that the parent gets at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def hold(path: str) -> None:
    """Hold the lock until stdin ends."""
    with Log.open(path).writing(5):
        say("held")
        sys.stdin.read()


def count(path: str, who: str, times: str) -> None:
    """Append one event at a time, each with the number of lines that it was judged by."""
    log = Log.open(path)
    for number in range(int(times)):
        with log.writing(60) as writer:
            before = sum(1 for _ in writer.read())
            writer.append([event(who=who, n=number, count=before)])


def acknowledge(path: str, who: str, seed: str) -> None:
    """Append for ever, and say the seq of what is on disk: small batches, and now and then one of many pages."""
    chance, log = random.Random(seed), Log.open(path)
    say("ready")
    for number in itertools.count():
        size = 200_000 if chance.random() < 0.1 else 10
        with log.writing(60) as writer:
            batch = [event(who=who, n=number, part=part, text="x" * size) for part in range(chance.choice((1, 1, 3)))]
            written = writer.append(batch)
        say(" ".join(str(line["seq"]) for line in written))
        time.sleep(chance.random() * 0.01)


def read(path: str) -> None:
    """Read over and over until stdin ends; say how often, and of every pass that was not as it must be, why."""
    os.set_blocking(sys.stdin.fileno(), False)
    passes, seen, faults = 0, 0, []
    say("ready")
    while passes < 3 or sys.stdin.buffer.read(1) != b"":
        log = Log.open(path)
        try:
            seqs = [line["seq"] for line in log.read()]
        except Exception as fault:
            faults.append(repr(fault))
            break
        if seqs != list(range(1, len(seqs) + 1)) or len(seqs) < seen:
            faults.append(f"{len(seqs)} lines after {seen}")
        passes, seen = passes + 1, len(seqs)
        faults += log.notices
    say(json.dumps({"passes": passes, "faults": faults}))


def limited(path: str, size: str) -> None:
    """Append under a limit on the size of files, so that the system itself writes short and then fails."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
    with Log.open(path).writing(5) as writer:
        writer.append([event(n=3)])


def fill(path: str) -> None:
    """Append until the system refuses, three times; make a little room, and append once more. Tell what was there."""
    log, refused, acknowledged = Log.create(path), [], 0
    spare = os.path.join(os.path.dirname(path), "spare")
    with open(spare, "wb") as file:
        file.write(b"x" * 4096)
    for number in range(5000):
        try:
            with log.writing(5) as writer:
                writer.append([event(n=number, text="x" * 700)])
            acknowledged += 1
        except SystemRefusedError as error:
            refused.append(str(error))
            if len(refused) == 3:
                break
    read, ok = len(list(log.read())), verify(path).ok
    os.unlink(spare)
    with log.writing(5) as writer:
        writer.append([event(text="x" * 700)])
    after = verify(path).lines
    say(json.dumps({"refused": refused, "acknowledged": acknowledged, "read": read, "ok": ok, "after": after}))


def commands(path: str, protocol: str) -> None:
    """Run the command that each line of stdin gives as a JSON list, and answer with its code and what it said."""
    from cinctl.cli import run

    answers = sys.stdout
    say("ready")
    for line in sys.stdin:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        sys.stdout, sys.stderr = out, err
        code = run(["--store", path, "--protocol", protocol, "--today", "2026-03-02", *json.loads(line)])
        sys.stdout, sys.stderr = answers, sys.__stderr__
        for stream in (out, err):
            stream.flush()
        said = [stream.buffer.getvalue().decode() for stream in (out, err)]
        say(json.dumps([code, *said]))


WORKERS = {f.__name__: f for f in (hold, count, acknowledge, read, limited, fill, commands)}

if __name__ == "__main__":
    WORKERS[sys.argv[1]](*sys.argv[2:])
