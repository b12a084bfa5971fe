"""What a baseline may know: the values of one series up to an origin, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reassure.history.scores.forecast import Array

DRAWS = 4000
"""Draws of a baseline's forecast, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Past:
    """Past observations of one series. Missing ones may be left out or be NaN.

    Attributes:
        period: ``[n]``, whole numbers that count periods (quarters, say) and rise.
        value: ``[n]``.
        whole: the values are counts or ordered codes; otherwise levels.
        bounds: no value lies outside; whole numbers are never below zero.
        grain: the finest spread that a forecast may have: a series that never moved does not prove that it cannot.
            Where it is not given, whole numbers have that of a Poisson count of their mean (plus 1/2), and levels
            the smallest step between two of them, at most a tenth of their range; where all are the same, 1 percent
            of the value (1 where that is zero). Give it for dates, of which a percent is no small thing.
    """

    period: Array
    value: Array
    whole: bool
    bounds: tuple[float, float] = (-np.inf, np.inf)
    grain: float | None = None

    def __post_init__(self) -> None:
        period, value = np.asarray(self.period), np.asarray(self.value, float)
        if period.shape != value.shape or period.ndim != 1:
            raise ValueError(f"{period.shape} periods do not fit {value.shape} values")
        if not (np.issubdtype(period.dtype, np.integer) or period.size == 0):
            raise ValueError("periods must be whole numbers")
        if (np.diff(period) <= 0).any():
            raise ValueError("periods must rise, each at most once")
        there = ~np.isnan(value)
        period, value = period[there].astype(int), value[there]
        low, high = self.bounds
        if self.whole:
            low = max(low, 0.0)
        if ((value < low) | (value > high)).any():
            raise ValueError(f"a past value lies outside its bounds, {low:g} and {high:g}")
        if self.whole and (value != np.round(value)).any():
            raise ValueError("a past count is not a whole number")
        if self.grain is not None and not self.grain > 0:
            raise ValueError("the grain of a series must be above zero")
        for name, what in (("period", period), ("value", value), ("bounds", (low, high))):
            object.__setattr__(self, name, what)

    @property
    def finest(self) -> float:
        """The grain, given or found."""
        return self.grain if self.grain is not None else _grain(self.value, self.whole)

    def steps(self, ahead: Array) -> Array:
        """How many periods each period to be forecast lies after the last value.

        Raises:
            ValueError: one does not: a baseline would see what it is to forecast.
        """
        steps = np.asarray(ahead) - self.period[-1]
        if steps.ndim != 1 or (steps < 1).any():
            raise ValueError("a period to be forecast does not lie after the last past value")
        return np.asarray(steps, int)


def _grain(value: Array, whole: bool) -> float:
    """The finest spread, where the caller does not know it."""
    if value.size == 0:
        return float("nan")
    if whole:
        return float(np.sqrt(value.mean() + 0.5))
    distinct = np.unique(value)
    if len(distinct) == 1:
        return float(0.01 * abs(distinct[0])) or 1.0
    return float(min(np.diff(distinct).min(), (distinct[-1] - distinct[0]) / 10))
