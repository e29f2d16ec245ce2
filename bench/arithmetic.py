"""What is made of samples: rounds in shuffled order, ratios paired by round, medians."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles
from typing import NamedTuple

from bench.process import Sample

Measure = Callable[[], Sample]
Samples = Mapping[str, Sequence[Sample]]


class Ratio(NamedTuple):
    """How many times as much: the median, and between what the middle half lies."""

    median: float
    low: float
    high: float


def rounds(measures: Mapping[str, Measure], count: int, *, seed: int = 1, warm: bool = True) -> dict[str, list[Sample]]:
    """Take every measure once in each of *count* rounds, each in an order of its own; *warm*: in one more, uncounted.

    What drifts on a busy machine drifts for all that stand in one round, and none of them always follows another.
    """
    dice = random.Random(seed)
    taken: dict[str, list[Sample]] = {name: [] for name in measures}
    for turn in range(-1 if warm else 0, count):
        names = sorted(measures)
        dice.shuffle(names)
        for name in names:
            sample = measures[name]()
            if turn >= 0:
                taken[name].append(sample)
    return taken


def paired(ours: Sequence[float], beside: Sequence[float]) -> Ratio:
    """Return how *ours* stand to those *beside* them, round by round."""
    return spread([one / other for one, other in zip(ours, beside, strict=True)])


def spread(values: Sequence[float]) -> Ratio:
    """Return the median of *values* and their quartiles."""
    if len(values) < 2:
        return Ratio(values[0], values[0], values[0])
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Ratio(median(values), low, high)


def walls(samples: Sequence[Sample], less: Sequence[Sample] | None = None) -> list[float]:
    """Return the seconds by the wall of *samples*, in each round without those of *less*."""
    if less is None:
        return [sample.wall for sample in samples]
    return [sample.wall - other.wall for sample, other in zip(samples, less, strict=True)]


def cpus(samples: Sequence[Sample]) -> list[float]:
    """Return the seconds of CPU of *samples*."""
    return [sample.cpu for sample in samples]
