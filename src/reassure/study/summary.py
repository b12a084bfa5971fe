"""Reductions that do not depend on the order or the size of batches.

:class:`Moments` adds numbers along one fixed binary tree over their indices; :class:`Quantiles`
keeps numbers as they are while they are few, and integer counts on a dyadic grid when they are
many. Both take batches in any order and merge, to the last bit, into what one batch would have
given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

EXACT = 200_000
"""Up to how many numbers quantiles are exact, unless said otherwise."""

BINS = 2**16
"""Cells of the grid between the least and the greatest number; their width is the error."""

_BUFFER = 2**16

_Node = tuple[int, Array, Array]  # count, sum, sum of squared deviations from the mean


class Moments:
    """Mean and variance of arrays by index, added pairwise.

    The sum of indices ``[p * 2**l, (p + 1) * 2**l)`` is the sum of its two halves, and the squared
    deviations are joined as in Chan, Golub & LeVeque (1983, The American Statistician 37(3), eq.
    2.1). Indices that were never added count as absent. Memory grows with the logarithm of the
    number of indices and with the number of gaps between them.
    """

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, int], _Node] = {}

    def add(self, first: int, values: ArrayLike) -> None:
        """Take in the arrays of indices ``first`` and following: values of shape [count, ...]."""
        rest = np.asarray(values, dtype=np.float64)
        while len(rest):
            level = len(rest).bit_length() - 1
            if first:
                level = min(level, (first & -first).bit_length() - 1)
            size = 1 << level
            self._insert(level, first >> level, _reduced(rest[:size]))
            first, rest = first + size, rest[size:]

    def merge(self, other: Moments) -> None:
        """Take in what another one has of other indices."""
        for (level, position), node in other._nodes.items():
            self._insert(level, position, node)

    @property
    def count(self) -> int:
        """How many indices have been added."""
        return sum(node[0] for node in self._nodes.values())

    @property
    def mean(self) -> Array:
        """The mean over the indices, of the shape of one element; nan where there are none."""
        if not self._nodes:
            return np.array(math.nan)
        count, total, _ = self._whole()
        return np.asarray(total / count)

    @property
    def variance(self) -> Array:
        """The unbiased variance over the indices; nan where there are fewer than two."""
        if self.count < 2:
            return np.full_like(self.mean, math.nan)
        count, _, squares = self._whole()
        return np.asarray(squares / (count - 1))

    def _insert(self, level: int, position: int, node: _Node) -> None:
        if (level, position) in self._nodes:
            raise ValueError(f"indices from {position << level} on were added twice")
        while (level, position ^ 1) in self._nodes:
            other = self._nodes.pop((level, position ^ 1))
            node = _joined(other, node) if position & 1 else _joined(node, other)
            level, position = level + 1, position >> 1
        self._nodes[level, position] = node

    def _whole(self) -> _Node:
        nodes = dict(self._nodes)
        while len(nodes) > 1:
            level, position = min(nodes)
            node = nodes.pop((level, position))
            other = nodes.pop((level, position ^ 1), None)
            if other is not None:
                node = _joined(other, node) if position & 1 else _joined(node, other)
            nodes[level + 1, position >> 1] = node
        return next(iter(nodes.values()))


def _reduced(values: Array) -> _Node:
    node = (1, values, np.zeros_like(values))
    while len(node[1]) > 1:
        count, total, squares = node
        node = _joined((count, total[0::2], squares[0::2]), (count, total[1::2], squares[1::2]))
    return node[0], node[1][0].copy(), node[2][0].copy()


def _joined(a: _Node, b: _Node) -> _Node:
    count = a[0] + b[0]
    with np.errstate(invalid="ignore", over="ignore"):  # a future that is not finite stays so
        apart = b[1] / b[0] - a[1] / a[0]
        return count, a[1] + b[1], a[2] + b[2] + apart * apart * (a[0] * b[0] / count)


class Quantiles:
    """Quantiles of a collection of numbers.

    Up to ``exact`` numbers they are those of the numbers themselves (linear between neighbours, as
    NumPy's default). Beyond, each number counts in the cell ``floor(x / 2**e)`` of a grid, where e
    is the least exponent with which at most :data:`BINS` cells lie between the least and the
    greatest number. Making a grid coarser joins whole cells, so the grid depends on the numbers
    alone and not on
    the order in which they came, and a quantile is off by less than one cell: at most 2 / ``BINS``
        of
    the range.

    Numbers that are not finite are only counted, in ``missing``; with any, every quantile is nan.
    """

    def __init__(self, exact: int = EXACT) -> None:
        self.exact = exact
        self.missing = 0
        self.count = 0
        self._low, self._high = math.inf, -math.inf
        self._exponent: int | None = None
        self._cells: Counts = np.zeros(0, dtype=np.int64)
        self._counts: Counts = np.zeros(0, dtype=np.int64)
        self._buffer: list[Array] = []
        self._buffered = 0

    def add(self, values: ArrayLike) -> None:
        """Take in numbers, of any shape."""
        flat = np.asarray(values, dtype=np.float64).ravel()
        finite = flat[np.isfinite(flat)]
        self.missing += flat.size - finite.size
        if not finite.size:
            return
        self.count += finite.size
        self._low = min(self._low, float(finite.min()))
        self._high = max(self._high, float(finite.max()))
        self._buffer.append(finite.copy())
        self._buffered += finite.size
        if self.count > self.exact and (self._buffered > _BUFFER or self._exponent is None):
            self._flush()

    def merge(self, other: Quantiles) -> None:
        """Take in all that ``other`` has, which stays as it is."""
        self.missing += other.missing
        if not other.count:
            return
        self.count += other.count
        self._low, self._high = min(self._low, other._low), max(self._high, other._high)
        self._buffer += other._buffer
        self._buffered += other._buffered
        if other._exponent is not None:
            self._flush()
            assert self._exponent is not None
            cells = other._cells >> (self._exponent - other._exponent)
            self._tally(cells, other._counts)
        elif self.count > self.exact:
            self._flush()

    def quantiles(self, levels: Sequence[float]) -> list[float]:
        """The values with shares ``levels`` of the numbers at or below them."""
        if self.missing or not self.count:
            return [math.nan] * len(levels)
        if self.count <= self.exact:
            return [float(q) for q in np.quantile(np.concatenate(self._buffer), levels)]
        self._flush()
        return [self._at(level * (self.count - 1)) for level in levels]

    @property
    def error(self) -> float:
        """How far a quantile can be off: 0 where they are exact, else the width of a cell."""
        if self.count <= self.exact:
            return 0.0
        self._flush()
        assert self._exponent is not None
        return math.ldexp(1.0, self._exponent)

    def _flush(self) -> None:
        """Count what is buffered, on the grid that all numbers so far call for."""
        exponent = _exponent(self._low, self._high)
        if self._exponent is not None and exponent > self._exponent:
            self._cells = self._cells >> (exponent - self._exponent)
            self._tally(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        self._exponent = exponent
        if self._buffered:
            values = np.concatenate(self._buffer)
            self._buffer, self._buffered = [], 0
            cells = np.floor(np.ldexp(values, -exponent)).astype(np.int64)
            self._tally(cells, np.ones(len(cells), dtype=np.int64))

    def _tally(self, cells: Counts, counts: Counts) -> None:
        together = np.concatenate([self._cells, cells])
        self._cells, place = np.unique(together, return_inverse=True)
        weights = np.concatenate([self._counts, counts])
        self._counts = np.zeros(len(self._cells), dtype=np.int64)
        np.add.at(self._counts, place, weights)

    def _at(self, rank: float) -> float:
        """The number of a rank from 0, between two ranks in proportion."""
        below = math.floor(rank)
        low = self._ranked(below)
        return low + (rank - below) * (self._ranked(min(below + 1, self.count - 1)) - low)

    def _ranked(self, rank: int) -> float:
        """The number of a rank, taken as evenly spread in its cell."""
        assert self._exponent is not None
        after = np.cumsum(self._counts)
        i = int(np.searchsorted(after, rank, side="right"))
        inside = (rank - int(after[i] - self._counts[i]) + 0.5) / int(self._counts[i])
        value = math.ldexp(float(self._cells[i]) + inside, self._exponent)
        return min(max(value, self._low), self._high)


def _exponent(low: float, high: float) -> int:
    """The least e with at most BINS cells of width 2**e from ``low`` to ``high``.

    No finer than the numbers' own last digits, so that a cell's number is an exact integer.
    """
    finest = math.frexp(max(abs(low), abs(high)))[1] - 53
    width = high / BINS - low / BINS  # in this order it cannot overflow
    exponent = max(finest, math.frexp(width)[1] - 2 if width > 0 else finest, -1074)
    while math.floor(math.ldexp(high, -exponent)) - math.floor(math.ldexp(low, -exponent)) >= BINS:
        exponent += 1
    return exponent
