"""What the bench makes of its samples: pairs, medians, rounds. Nothing here is timed."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from bench.arithmetic import Ratio, cpus, paired, rounds, spread, walls
from bench.budgets import scaled
from bench.process import Sample


def _samples(*pairs: tuple[float, float]) -> list[Sample]:
    return [Sample(wall, cpu) for wall, cpu in pairs]


class TestRatios:
    """Ratios of what ran in the same round."""

    def test_paired(self) -> None:
        """Each is divided by that of its own round, and the median taken after, not before."""
        ours, beside = [2.0, 30.0, 8.0], [1.0, 10.0, 2.0]

        assert 3.0 == paired(ours, beside).median

    def test_unpaired(self) -> None:
        """A round that one of them missed is an error, never left out in silence."""
        with pytest.raises(ValueError, match="zip"):
            paired([1.0, 2.0], [1.0])

    def test_quartiles(self) -> None:
        """The middle half of what was found lies between the two others."""
        assert Ratio(3.0, 2.0, 4.0) == spread([5.0, 1.0, 4.0, 2.0, 3.0])

    def test_even(self) -> None:
        """Of an even number the median is half-way between the two in the middle."""
        assert 2.5 == spread([1.0, 2.0, 3.0, 10.0]).median

    def test_one(self) -> None:
        """One run is all that there is to say."""
        assert Ratio(7.0, 7.0, 7.0) == spread([7.0])

    def test_less(self) -> None:
        """What is taken off is taken off round by round, from the wall alone."""
        ours, sync = _samples((3.0, 1.0), (4.0, 2.0)), _samples((1.0, 0.0), (2.5, 0.0))

        assert [2.0, 1.5] == walls(ours, sync)
        assert [3.0, 4.0] == walls(ours)
        assert [1.0, 2.0] == cpus(ours)

    def test_scaled(self) -> None:
        """Ten thousand events in two seconds, where json.loads does twice what is told, are 2,500 a second there."""
        assert [2500.0, 5000.0] == scaled(10_000, [2.0, 2.0], [1_000_000.0, 500_000.0])


class TestRounds:
    """Who runs when."""

    @staticmethod
    def _order(count: int, *, seed: int = 1, warm: bool = True) -> tuple[list[str], dict[str, list[Sample]]]:
        order: list[str] = []

        def measure(name: str) -> Sample:
            order.append(name)
            return Sample(float(len(order)), 0.0)

        taken = rounds({name: partial(measure, name) for name in "abc"}, count, seed=seed, warm=warm)
        return order, taken

    def test_each_once(self) -> None:
        """In every round each runs once."""
        order, _ = self._order(5, warm=False)

        assert [Counter("abc")] * 5 == [Counter(order[n : n + 3]) for n in range(0, 15, 3)]

    def test_shuffled(self) -> None:
        """The order is not always the same, but that of another run with the same seed."""
        order, _ = self._order(10)

        assert len({tuple(order[n : n + 3]) for n in range(0, len(order), 3)}) > 1
        assert order == self._order(10)[0]
        assert order != self._order(10, seed=2)[0]

    def test_warm(self) -> None:
        """The first round is run and not counted."""
        order, taken = self._order(4)

        assert 15 == len(order)
        assert {"a": 4, "b": 4, "c": 4} == {name: len(samples) for name, samples in taken.items()}
        assert all(sample.wall > 3 for samples in taken.values() for sample in samples)

    def test_paired_by_round(self) -> None:
        """The samples of one place in the lists come from one round."""
        _, taken = self._order(6, warm=False)

        for place in range(6):
            assert {place} == {int(samples[place].wall - 1) // 3 for samples in taken.values()}
