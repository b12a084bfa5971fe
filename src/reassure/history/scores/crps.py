"""The continuous ranked probability score of draws, and its special case for events, Brier's score.

Both are losses: less is better. Where nothing was seen (NaN) the score is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reassure.history.scores.forecast import Array, Forecast


def crps(forecast: Forecast, observed: Array) -> Array:
    """E|X - y| - E|X - X'| / 2 for each target, ``[targets]``, in the unit of the observations.

    This is the integral of the squared difference between the forecast's distribution function and the step at
    what came (Gneiting and Raftery 2007, eq. 21). The second mean is taken over pairs of *different* draws, so
    that the number of draws does not matter on average (the fair score: Ferro 2014); with weights w the pairs
    are divided by 1 - sum w^2, which is the same when all are equal. It costs a sort: over sorted draws,
    E|X - X'| = 2 sum (x[k+1] - x[k]) C[k] (1 - C[k]) with C the summed weights. A single score can be
    slightly negative; its mean is not.

    For dates of decisions clip draws and observations alike at the end of the horizon: the score is then the
    integral up to there, which is proper (threshold-weighted: Gneiting and Ranjan 2011).

    Raises:
        ValueError: not one observation for each target.
    """
    seen = forecast.against(observed)
    shares = forecast.shares[:, None]
    error = (shares * np.abs(forecast.draws - seen)).sum(0)
    order = np.argsort(forecast.draws, axis=0)
    ranked = np.take_along_axis(forecast.draws, order, axis=0)
    below = np.cumsum(shares[:, 0][order], axis=0)[:-1]
    pairs = 2 * (np.diff(ranked, axis=0) * below * (1 - below)).sum(0)
    return np.asarray(error - pairs / 2 / (1 - (shares**2).sum()))


def brier(forecast: Forecast, observed: Array, event: Callable[[Array], Array]) -> Array:
    """Brier's score of an event, ``[targets]``: the squared difference between probability and fact, fair.

    It is the CRPS of the event's zeros and ones; for M draws of which i show the event, it is
    (i/M - o)^2 - i (M - i) / (M^2 (M - 1)) (Ferro 2014).

    Args:
        event: says of values whether they show the event, as in ``lambda value: value >= 1``.

    Raises:
        ValueError: not one observation for each target.
    """
    seen = forecast.against(observed)
    happened = np.where(np.isnan(seen), np.nan, np.asarray(event(seen), float))
    return crps(replace(forecast, draws=np.asarray(event(forecast.draws), float)), happened)
