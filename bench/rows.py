"""A row of the table: one thing that was measured, what beside, its bound, and whether that is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.arithmetic import Ratio, cpus, paired, spread, walls
from bench.process import Sample

TIMES, MEGABYTES, PER_SECOND, MILLISECONDS = "times", "MB", "events/s", "ms"


class Row(NamedTuple):
    """One budget and how it went. *bound* is the most, or with *least* the least, that the figure may come to.

    That is *wall*, or *cpu* where the budget is for one core. Both are in *unit*; *seconds* and *beside_seconds* are
    what one run took by the wall, the median.
    """

    id: str
    what: str
    beside: str
    unit: str
    wall: Ratio
    cpu: Ratio | None = None
    bound: float | None = None
    least: bool = False
    by_cpu: bool = False
    runs: int = 1
    seconds: float | None = None
    beside_seconds: float | None = None

    @property
    def held(self) -> bool | None:
        """Whether the bound is held; None where there is none."""
        if self.bound is None:
            return None
        judged = self.cpu if self.by_cpu and self.cpu is not None else self.wall
        return judged.median >= self.bound if self.least else judged.median <= self.bound

    def record(self, revision: str) -> dict[str, Any]:
        """Return the row as bench/results.json holds it."""
        return {
            "at_least": self.bound if self.least else None,
            "at_most": None if self.least else self.bound,
            "beside": self.beside,
            "beside_seconds": rounded(self.beside_seconds),
            "cpu": figures(self.cpu),
            "held": self.held,
            "id": self.id,
            "judged_by": "cpu" if self.by_cpu else "wall",
            "revision": revision,
            "runs": self.runs,
            "seconds": rounded(self.seconds),
            "unit": self.unit,
            "wall": figures(self.wall),
            "what": self.what,
        }


def figures(ratio: Ratio | None) -> dict[str, float] | None:
    """Return *ratio* by the names of its figures."""
    return None if ratio is None else {name: _round(value) for name, value in ratio._asdict().items()}


def rounded(value: float | None) -> float | None:
    """Return *value* to as many figures as are worth anything."""
    return None if value is None else _round(value)


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def ratio(
    id_: str,
    what: tuple[str, str],
    ours: Sequence[Sample],
    beside: Sequence[Sample],
    bound: float | None = None,
    *,
    less: Sequence[Sample] | None = None,
    by_cpu: bool = False,
) -> Row:
    """Return how *ours* stand to those *beside* them, by the wall (without the time of *less*) and by the CPU.

    *what* names both.
    """
    return Row(
        id_,
        *what,
        TIMES,
        paired(walls(ours, less), walls(beside)),
        paired(cpus(ours), cpus(beside)),
        bound,
        by_cpu=by_cpu,
        runs=len(ours),
        seconds=spread(walls(ours)).median,
        beside_seconds=spread(walls(beside)).median,
    )


def memory(id_: str, what: str, sample: Sample, most: float) -> Row:
    """Return the most memory that a run held, in MB, beside the *most* that it may."""
    held = spread([sample.memory / 1e6])
    return Row(id_, what, "", MEGABYTES, held, bound=most, seconds=sample.wall)


def pace(
    id_: str,
    what: tuple[str, str],
    paces: tuple[Sequence[float], Sequence[float]],
    samples: Sequence[Sample],
    least: float,
    *,
    by_cpu: bool = False,
) -> Row:
    """Return how many events a second there were in each of *samples*, beside the *least* that there should be.

    *paces* are those by the wall and by the CPU.
    """
    wall, cpu = map(spread, paces)
    took = spread(walls(samples)).median
    return Row(id_, *what, PER_SECOND, wall, cpu, least, True, by_cpu, runs=len(samples), seconds=took)
