"""Reductions: right, and the same to the last bit in whatever order the batches come."""

from __future__ import annotations

import math
import random
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reassure.study.summary import BINS, Moments, Quantiles

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.95, 1.0)


def _pieces(count: int, cuts: list[int]) -> list[tuple[int, int]]:
    edges = sorted({0, count, *(cut % (count + 1) for cut in cuts)})
    return list(pairwise(edges))


# -- moments --------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    count=st.integers(1, 300),
    cuts=st.lists(st.integers(0, 10**6), max_size=12),
    order=st.randoms(use_true_random=False),
    offset=st.sampled_from([0.0, 1e9]),
)
def test_moments_do_not_depend_on_batches(
    count: int, cuts: list[int], order: random.Random, offset: float
) -> None:
    values = np.random.default_rng(count).normal(offset, 1, (count, 3))
    whole = Moments()
    whole.add(0, values)
    pieces = _pieces(count, cuts)
    order.shuffle(pieces)
    apart = [Moments(), Moments()]
    for i, (first, last) in enumerate(pieces):
        apart[i % 2].add(first, values[first:last])
    apart[0].merge(apart[1])
    assert np.array_equal(whole.mean, apart[0].mean)
    assert np.array_equal(whole.variance, apart[0].variance, equal_nan=True)
    assert whole.count == apart[0].count == count
    assert whole.mean == pytest.approx(values.mean(axis=0), rel=1e-14)
    if count > 1:
        assert whole.variance == pytest.approx(values.var(axis=0, ddof=1), rel=1e-6)


def test_a_plain_running_sum_would_depend_on_batches() -> None:
    """What the tree is for: the same numbers added in another order differ in the last digits."""
    values = np.random.default_rng(0).normal(size=1000)
    assert sum(values.tolist()) != sum(values[::-1].tolist())


def test_moments_with_gaps_and_without_anything() -> None:
    part = Moments()
    part.add(5, [1.0, 3.0])
    part.add(100, [5.0])
    assert (part.count, float(part.mean), float(part.variance)) == (3, 3.0, 4.0)
    one = Moments()
    one.add(7, [[2.0, 4.0]])
    assert one.mean.tolist() == [2.0, 4.0]
    assert np.isnan(one.variance).all()
    assert math.isnan(float(Moments().mean))
    with pytest.raises(ValueError, match="twice"):
        part.add(100, [6.0])


def test_moments_are_small() -> None:
    moments = Moments()
    for first in range(0, 10**6, 1000):
        moments.add(first, np.ones(1000))
    assert len(moments._nodes) < 25
    assert float(moments.mean) == 1.0


def test_a_future_that_is_not_finite_shows() -> None:
    moments = Moments()
    moments.add(0, [1.0, math.inf, 2.0])
    assert not np.isfinite(moments.mean)


# -- quantiles ------------------------------------------------------------------------------------

SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(0, 2, n),
    "far from zero": lambda rng, n: 1e6 + rng.uniform(size=n),
    "few values": lambda rng, n: rng.integers(0, 17, n) / 16,
    "one value": lambda rng, n: np.full(n, 0.1),
    "tiny and negative": lambda rng, n: -1e-300 * rng.uniform(size=n),
    "huge": lambda rng, n: rng.uniform(-4e307, 4e307, n),
    "zero": lambda rng, n: np.zeros(n),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_many_numbers_have_their_quantiles_within_the_stated_error(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(2), 50_000)
    sketch = Quantiles(exact=1000)
    for part in np.array_split(values, 23):
        sketch.add(part)
    found = np.array(sketch.quantiles(LEVELS))
    truth = np.quantile(values, LEVELS)
    assert np.all(np.abs(found - truth) <= sketch.error * (1 + 1e-9))
    span = values.max() - values.min()
    assert sketch.error <= 2 * span / BINS or span == 0
    assert len(sketch._cells) <= BINS


@settings(max_examples=60, deadline=None)
@given(
    shape=st.sampled_from(list(SHAPES)),
    count=st.integers(1, 3000),
    exact=st.sampled_from([1, 100, 10_000]),
    cuts=st.lists(st.integers(0, 10**6), max_size=9),
    order=st.randoms(use_true_random=False),
)
def test_quantiles_do_not_depend_on_the_order_of_merging(
    shape: str, count: int, exact: int, cuts: list[int], order: random.Random
) -> None:
    values = SHAPES[shape](np.random.default_rng(count), count)
    whole = Quantiles(exact)
    whole.add(values)
    parts = []
    for first, last in _pieces(count, cuts):
        part = Quantiles(exact)
        part.add(values[first:last])
        parts.append(part)
    order.shuffle(parts)
    while len(parts) > 1:
        into, other = order.randrange(len(parts) - 1), parts.pop()
        if order.random() < 0.3:
            other.quantiles(LEVELS)  # looking in between changes nothing
        parts[into].merge(other)
    assert parts[0].quantiles(LEVELS) == whole.quantiles(LEVELS)
    assert parts[0].error == whole.error
    assert parts[0].count == count
    if count <= exact:
        assert whole.error == 0
        assert whole.quantiles(LEVELS) == np.quantile(values, LEVELS).tolist()


def test_numbers_that_are_not_finite_are_counted() -> None:
    sketch = Quantiles()
    sketch.add([1.0, math.nan, math.inf])
    assert sketch.missing == 2
    assert math.isnan(sketch.quantiles([0.5])[0])
    assert math.isnan(Quantiles().quantiles([0.5])[0])


def test_memory_does_not_grow_with_the_numbers() -> None:
    rng = np.random.default_rng(0)

    def peak(batches: int) -> int:
        sketch = Quantiles(exact=1000)
        tracemalloc.start()
        for _ in range(batches):
            sketch.add(rng.normal(size=4096))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    few, many = peak(50), peak(500)
    assert many < 1.3 * few
