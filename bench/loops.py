"""The loops that long passes are held to. Each is the least that could be asked, written plainly; run as a script.

python bench/loops.py parse LOG          json.loads of every line
python bench/loops.py digest LOG         the same, and the sha256 of every line
python bench/loops.py rate LOG           print how many lines a second json.loads does, start-up left out
python bench/loops.py dumps SAMPLE N     write N rows with json.dumps, those of SAMPLE over and over
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from itertools import cycle, islice


def parse(path: str) -> None:
    """Decode every line of the log at *path*."""
    loads = json.loads
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            loads(line)


def digest(path: str) -> None:
    """Decode every line of the log at *path*, and hash its bytes."""
    from hashlib import sha256

    loads = json.loads
    with open(path, "rb") as lines:
        for line in lines:
            sha256(line).hexdigest()
            loads(line.decode())


def rate(path: str) -> None:
    """Print how many lines a second json.loads decodes of the log at *path*, by the wall and by the CPU."""
    from time import perf_counter, process_time

    loads = json.loads
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.readlines()
    begun, worked = perf_counter(), process_time()
    for line in lines:
        loads(line)
    told = {"wall": len(lines) / (perf_counter() - begun), "cpu": len(lines) / (process_time() - worked)}
    sys.stdout.write(json.dumps(told) + "\n")


def dumps(path: str, count: str) -> None:
    """Write *count* rows, one a line: those in the JSON array at *path* over and over."""
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    write, dump = sys.stdout.write, json.dumps
    for row in islice(cycle(rows), int(count)):
        write(dump(row) + "\n")


def main(arguments: Sequence[str]) -> None:
    """Run the loop that is named first on what follows."""
    loops: dict[str, Callable[..., None]] = {"parse": parse, "digest": digest, "rate": rate, "dumps": dumps}
    loops[arguments[0]](*arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
