"""Small numbers kept back: whoever knows every number that is shown, and that groups add up, learns no small one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinctl.indicators.suppressing import Counts, Shown, Table, hidden_of_line

LEAST = 3
Parts = tuple[int, ...]
TABLES = st.one_of(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=4),
)


def table(groups: Sequence[Parts], least: int = LEAST) -> Table[int]:
    """Return a table of groups with these parts: how many in time and how many late, or in each band."""
    sums = tuple(sum(column) for column in zip(*groups, strict=True))
    return Table({n: Counts(sum(parts), parts) for n, parts in enumerate(groups)}, Counts(sum(sums), sums), least)


def parted(total: int, number: int) -> Iterator[Parts]:
    """Yield every way to part *total* in so many."""
    if number == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in parted(total - first, number - 1))


def possible(made: Table[int]) -> list[list[Parts]]:
    """Return for each group the parts that it could have, as far as whoever knows all that is shown of *made* can tell.

    That is those with which some parts of the other groups come to what is known of the whole.
    """
    ways = [_alone(made, group) for group in made.groups]
    # What the groups before one, and those behind it, can come to together.
    before, behind = _sums(made, ways), _sums(made, ways[::-1])[::-1]
    known = _known(made, made.whole.parts)
    return [
        [way for way in ways[n] if any(_less(known, _known(made, way), some) in behind[n + 1] for some in before[n])]
        for n in range(len(ways))
    ]


def _alone(made: Table[int], group: int) -> list[Parts]:
    """Return the parts that *group* could have by what is shown of it alone."""
    counts, shown = made.groups[group], made.shown[group]
    if shown is Shown.ALL:
        return [counts.parts]
    most = made.whole.total if made.whole_shown < Shown.NOTHING else 3 * LEAST
    totals = [counts.total] if shown is Shown.TOTAL else range(1, most + 1)
    return [way for total in totals for way in parted(total, len(counts.parts))]


def _known(made: Table[int], parts: Parts) -> Parts:
    """Return what is known of the whole, or what *parts* add to that."""
    return (parts, (sum(parts),), ())[made.whole_shown]


def _sums(made: Table[int], ways: Sequence[Sequence[Parts]]) -> list[set[Parts]]:
    """Return what the first none, one, two... of *ways* can come to."""
    nothing = tuple(0 for _ in _known(made, made.whole.parts))
    found = [{nothing}]
    for some in ways:
        steps = {_known(made, way) for way in some}
        most = _known(made, made.whole.parts)
        sums = {tuple(a + b for a, b in zip(one, step, strict=True)) for one in found[-1] for step in steps}
        found.append({one for one in sums if all(a <= b for a, b in zip(one, most, strict=True))})
    return found


def _less(whole: Parts, *parts: Parts) -> Parts:
    return tuple(n - sum(others) for n, *others in zip(whole, *parts, strict=True))


@settings(deadline=None)
@given(TABLES)
def test_no_small_number_can_be_worked_out(groups: list[Parts]) -> None:
    """Every small number, of a group or of its parts, could as well be another one, and need not be small."""
    made = table(groups)

    for parts, ways in zip(groups, possible(made), strict=True):
        assert parts in ways
        if 0 < sum(parts) < LEAST:
            totals = {sum(way) for way in ways}
            assert len(totals) >= LEAST
            assert max(totals) >= LEAST
        for n, number in enumerate(parts):
            if 0 < number < LEAST:
                assert len({way[n] for way in ways}) >= LEAST


@given(TABLES, st.integers(2, 6))
def test_no_sum_of_what_is_kept_back_is_small(groups: list[Parts], least: int) -> None:
    """Nor is what several groups come to together, which the whole gives away."""
    made = table(groups, least)
    hidden = [parts for n, parts in enumerate(groups) if made.shown[n] >= Shown.TOTAL]
    totals = [sum(parts) for n, parts in enumerate(groups) if made.shown[n] is Shown.NOTHING]

    if made.whole_shown is Shown.ALL:
        assert [] == [some for column in zip(*hidden, strict=True) if 0 < (some := sum(column)) < least]
    assert made.whole_shown is Shown.NOTHING or not 0 < sum(totals) < least


@given(TABLES, st.integers(2, 6))
def test_no_small_number_is_shown(pairs: list[Parts], least: int) -> None:
    """What is shown of a group or of the whole is 0, or not small."""
    made = table(pairs, least)
    shown = [(made.whole, made.whole_shown)] + [(made.groups[g], made.shown[g]) for g in made.groups]

    for counts, how in shown:
        visible = [*((counts.total,) if how < Shown.NOTHING else ()), *(counts.parts if how is Shown.ALL else ())]
        assert [] == [number for number in visible if 0 < number < least]


@given(st.lists(st.tuples(st.integers(6, 40), st.integers(6, 40)), min_size=1, max_size=5))
def test_where_nothing_is_small_everything_is_shown(pairs: list[Parts]) -> None:
    """Nothing is kept back without need."""
    made = table(pairs, 5)

    assert {Shown.ALL} == {made.whole_shown, *made.shown.values()}


@pytest.mark.parametrize(
    ("pairs", "shown", "whole"),
    [
        # One small group: the smallest of the others goes with it, or it would be the rest.
        ([(2, 0), (8, 9), (30, 40)], "NNA", "A"),
        # Nine of ten in time: the one that was not is small, though no number below five is written there.
        ([(9, 1), (10, 10), (30, 40)], "TTA", "A"),
        # Two small groups whose sum gives both away, being one each.
        ([(1, 0), (0, 1), (20, 20)], "NNN", "A"),
        # Everything small: nothing is shown.
        ([(1, 0), (0, 1)], "NN", "N"),
        # Groups of nothing are shown, and hide nobody.
        ([(0, 0), (2, 2), (20, 20)], "ANN", "A"),
    ],
)
def test_what_is_kept_back(pairs: list[Parts], shown: str, whole: str) -> None:
    """N: nothing is shown; T: the total, but not how many were in time; A: all."""
    made = table(pairs, 5)

    assert (shown, whole) == ("".join(made.shown[g].name[0] for g in made.groups), made.whole_shown.name[0])


def test_where_groups_do_not_add_up_only_what_is_small_is_kept_back() -> None:
    """Months of which a case may be in several tell nothing of each other."""
    groups = {n: Counts(sum(pair), pair) for n, pair in enumerate([(2, 0), (8, 9), (30, 40)])}
    made = Table(groups, Counts(80, (36, 44)), 5, totals_add=False, parts_add=False)

    assert [Shown.NOTHING, Shown.ALL, Shown.ALL] == list(made.shown.values())


def test_months_kept_back_take_the_whole_with_them() -> None:
    """Of ten cases in two months six are of the first: so at least four are of the second, and four are small."""

    def whole(*pairs: Parts) -> Shown:
        groups = {n: Counts(sum(pair), pair) for n, pair in enumerate(pairs)}
        return Table(groups, Counts(20, (10, 10)), 5, totals_add=False, parts_add=False).whole_shown

    assert (Shown.NOTHING, Shown.ALL) == (whole((9, 9), (2, 2)), whole((9, 9), (6, 6)))
    assert (Shown.TOTAL, Shown.ALL) == (whole((9, 9), (4, 6)), whole((10, 10), (4, 6)))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(2, 6))
def test_a_line_of_numbers(values: list[int], least: int) -> None:
    """Of a line that adds up, what is kept back is none or several numbers whose sum leaves each of them open."""
    hidden, whole = hidden_of_line(dict(enumerate(values)), sum(values), least, adds=True)

    assert {n for n, value in enumerate(values) if 0 < value < least} <= hidden
    assert whole or not hidden or len(hidden) > 1
    assert whole or not hidden or sum(values[n] for n in hidden) - len(hidden) + 1 >= least
