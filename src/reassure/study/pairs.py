"""Paired replications of one contrast: an interval in each scenario, and how many would settle
it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from reassure.study.intervals import WEIGHTS, betting_interval, student_interval

Array = NDArray[np.float64]

OFF_MODE = 8
"""How many differences must depart from the commonest one before Student's t is trusted."""


@dataclass(frozen=True, slots=True)
class Paired:
    """What paired replications say of one contrast, ``[scenario]`` each.

    Attributes:
        low, high: the interval; infinite where nothing can be said.
        mean: of the differences.
        slope, floor: with n replications the interval's half-width is about ``slope / sqrt(n) +
            floor / n``.
    """

    low: Array
    high: Array
    mean: Array
    slope: Array
    floor: Array

    def needed(self, delta: float) -> Array:
        """How many replications would settle each scenario: a plan, not a promise.

        It takes the mean for the effect; the interval must then fit between it and the nearer edge
        at ``delta``. Infinite where the mean sits on an edge or nothing is known.
        """
        known = np.isfinite(self.low) & np.isfinite(self.high)
        room = np.where(known, np.abs(np.abs(self.mean) - delta), 0.0)
        slope, floor = np.where(known, self.slope, 0.0), np.where(known, self.floor, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            root = (slope + np.sqrt(slope**2 + 4.0 * room * floor)) / (2.0 * room)
        return np.where(known & (room > 0), np.ceil(root**2), np.inf)


def paired_interval(
    differences: Array,
    present: NDArray[np.bool_],
    *,
    bounds: tuple[float, float] | None,
    discrete: bool,
    alpha: float,
    stages: int,
    rounding: Array | float = 0.0,
) -> Paired:
    """An interval for the mean of one contrast in each scenario.

    Discrete differences of bounded outcomes (of truth values above all) take the exact interval.
    Others take Student's t if at least ``OFF_MODE`` of them depart from the commonest value; below
    that, what is seldom seen could be large, and the exact interval over ``bounds`` is taken
    instead.

    Args:
        differences: ``[scenario, replication]``.
        present: which of them count.
        bounds: between which every difference must lie; None when nothing is known.
        discrete: whether the differences take few values, all known to lie within ``bounds``.
        alpha: chance of missing the mean, over all stages.
        stages: how many looks are planned.
        rounding: how far differences that are the same may come out apart, ``[scenario]``. Where a
            cause always does the same, rounding must not pass for chance.
    """
    count = present.sum(axis=1).astype(np.float64)
    mean = np.where(present, differences, 0.0).sum(axis=1) / np.maximum(count, 1.0)
    spread = np.where(present, differences - mean[:, None], 0.0)
    deviation = np.sqrt((spread**2).sum(axis=1) / np.maximum(count - 1.0, 1.0))
    off = count - _commonest(differences, present, rounding)
    trusted = np.zeros(len(count), dtype=bool) if discrete else off >= OFF_MODE
    low, high = student_interval(mean, deviation, count, alpha / stages)
    slope = float(ndtri(1.0 - alpha / stages / 2)) * deviation
    floor = np.zeros(len(count))
    rest = ~trusted
    low[rest], high[rest] = -np.inf, np.inf
    if bounds is not None and rest.any():
        low[rest], high[rest] = _exact(differences[rest], present[rest], bounds, alpha)
        # Of a mixture's wealth: the exponent of a gambler on the right fraction, and of one who
        # bets all.
        odds = float(np.log(2.0 / alpha))
        slope[rest] = np.sqrt(2.0 * odds) * deviation[rest]
        floor[rest] = (odds - np.log(WEIGHTS[0])) * (bounds[1] - bounds[0]) / 2
    return Paired(low, high, mean, slope, floor)


def _exact(
    differences: Array, present: NDArray[np.bool_], bounds: tuple[float, float], alpha: float
) -> tuple[Array, Array]:
    low, high = bounds
    if not low < high:
        count = len(differences)
        return np.full(count, low), np.full(count, high)
    values, counts = _tally(np.clip(differences, low, high), present)
    return betting_interval(values, counts, low, high, alpha)


def _tally(differences: Array, present: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Values seen in each scenario and how often, ``[scenario, value]``, padded with zeros.

    Few values are shared by all scenarios or, where one value is common, the rest are few in each.
    """
    rows = [
        np.unique(row[there], return_counts=True)
        for row, there in zip(differences, present, strict=True)
    ]
    width = max((len(values) for values, _ in rows), default=1)
    tallied = np.zeros((2, len(rows), max(width, 1)))
    for index, (values, counts) in enumerate(rows):
        tallied[0, index, : len(values)] = values
        tallied[1, index, : len(values)] = counts
    return tallied[0], tallied[1]


def _commonest(
    differences: Array, present: NDArray[np.bool_], rounding: Array | float
) -> NDArray[np.int64]:
    """How many differences of each scenario are alike, at most."""
    found = np.zeros(len(differences), dtype=np.int64)
    widths = np.broadcast_to(2.0 * np.asarray(rounding), found.shape)
    for index, (row, there, width) in enumerate(zip(differences, present, widths, strict=True)):
        values = np.sort(row[there])
        alike = np.searchsorted(values, values + width, side="right") - np.arange(len(values))
        found[index] = alike.max(initial=0)
    return found
