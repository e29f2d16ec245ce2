"""What came of a run: bench/results.json, and the table that is made from nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SCHEMA = "cinctl-bench/1"
START, END = "<!-- bench: start -->", "<!-- bench: end -->"

Record = dict[str, Any]


def merged(
    before: Record | None,
    machine: Mapping[str, Any],
    revision: str,
    rows: Sequence[Record],
    peers: Sequence[Record],
) -> Record:
    """Return the results of a run that measured *revision*, with what it found: *rows* and *peers*.

    What the run did not measure again stays as it was *before*; but what another kind of machine measured is dropped:
    figures of two machines do not stand in one table.
    """
    kept: Record = before if before and before["schema"] == SCHEMA and before["machine"] == machine else {}
    return {
        "machine": dict(machine),
        "peers": _over(kept.get("peers", []), peers),
        "revision": revision,
        "rows": _over(kept.get("rows", []), rows),
        "schema": SCHEMA,
    }


def _over(before: Iterable[Record], now: Iterable[Record]) -> list[Record]:
    known = {record["id"]: record for record in before} | {record["id"]: record for record in now}
    return [known[id_] for id_ in sorted(known)]


def dumped(results: Mapping[str, Any]) -> str:
    """Return the text of bench/results.json."""
    return json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def table(results: Mapping[str, Any]) -> str:
    """Return what the README shows: the machine, every budget, and the peers."""
    return "\n".join([*_machine(results["machine"]), "", *_budgets(results), "", *_peers(results)]).rstrip() + "\n"


def _machine(machine: Mapping[str, Any]) -> Iterator[str]:
    told = [machine["cpu"], f"{machine['cores']} cores", machine["python"], machine["system"], machine["file_system"]]
    yield f"Measured on: {', '.join(map(str, told))}. Times of whole processes, as ratios to what ran beside them."


ORDER = (
    "version", "help", "due", "due_table", "supervise", "fsync", "long_due", "long_supervise", "wide_due", "first_due",
    "audit", "verify", "apply", "demo", "memory_audit", "memory_verify", "memory_apply", "memory_import",
)  # fmt: skip
"""What the rows are about, in the order of the table."""


def _place(record: Record) -> tuple[int, int]:
    """Return where a row stands: by what it is about, then by the number of events, which may end its id."""
    about, _, size = record["id"].partition("_of_")
    return ORDER.index(about), int(size or 0)


def _budgets(results: Mapping[str, Any]) -> Iterator[str]:
    yield "| what | beside | budget | wall | CPU | took | beside it | held |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in sorted(results["rows"], key=_place):
        figures = [_cell(row["wall"], row["unit"]), _cell(row["cpu"], row["unit"])]
        took = [_seconds(row["seconds"]), _seconds(row["beside_seconds"])]
        held = {True: "yes", False: "**no**", None: ""}[row["held"]]
        what = _what(row["what"], row, results)
        yield f"| {' | '.join([what, row['beside'], _bound(row), *figures, *took, held])} |"


def _what(told: str, record: Record, results: Mapping[str, Any]) -> str:
    """Return what was measured, and of which commit where that is not the one of the last run."""
    return told if record["revision"] == results["revision"] else f"{told} (measured at {record['revision']})"


def _bound(row: Record) -> str:
    if row["at_least"] is not None:
        return f"at least {_figure(row['at_least'], row['unit'])}"
    return "" if row["at_most"] is None else f"at most {_figure(row['at_most'], row['unit'])}"


def _cell(ratio: Mapping[str, float] | None, unit: str) -> str:
    return "" if ratio is None else _figure(ratio["median"], unit)


def _figure(value: float, unit: str) -> str:
    return f"{value:.2f} {'×' if unit == 'times' else unit}" if unit in ("times", "ms") else f"{value:,.0f} {unit}"


def _peers(results: Mapping[str, Any]) -> Iterator[str]:
    if not results["peers"]:
        return
    yield "| beside | asked | ours | they took | ours took | theirs / ours, wall | CPU | memory, theirs and ours |"
    yield "|---|---|---|---|---|---|---|---|"
    peers = sorted(results["peers"], key=lambda peer: (peer["peer"], peer["peer_seconds"]))
    for peer in peers:
        told = [
            f"{peer['peer']} {peer['version']}",
            _what(peer["asked"], peer, results),
            peer["ours"],
            _seconds(peer["peer_seconds"]),
            _seconds(peer["seconds"]),
            _figure(peer["wall"]["median"], "times"),
            _figure(peer["cpu"]["median"], "times"),
            f"{peer['peer_memory_mb']:,.0f} and {peer['memory_mb']:,.0f} MB",
        ]
        yield f"| {' | '.join(told)} |"
    yield ""
    yield _ahead(peers)


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _ahead(peers: Sequence[Record]) -> str:
    """Return in plain words where peers are ahead."""
    ahead = [f"{peer['peer']} ({peer['asked']})" for peer in peers if peer["wall"]["median"] < 1]
    return f"Ahead of cinctl: {'; '.join(ahead)}." if ahead else "None of them is ahead here."


def put(page: str, results: Mapping[str, Any]) -> str:
    """Return *page* with the table of *results* between its markers.

    Raises:
        ValueError: the page has no such markers.
    """
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"there is no place between {START} and {END}")
    return f"{before}{START}\n{table(results)}{END}{after}"


def read(path: Path) -> Record | None:
    """Return the results that stand at *path*, None where there are none."""
    if not path.is_file():
        return None
    found: Record = json.loads(path.read_text(encoding="utf-8"))
    return found
