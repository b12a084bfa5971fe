"""Intervals for a mean from paired replications, valid while replications are added in stages.

Two methods, for two kinds of differences ``d_1 .. d_n`` (independent, same distribution):

**Betting**, exact at any number of replications and at any rule of stopping, for differences with
known bounds [low, high]. A gambler who doubts that the mean is ``m`` starts with 1 and bets in each
replication a fixed fraction ``f`` of what she may; with ``x = (d - low) / (high - low)`` and ``m``
on the same scale, her wealth is ``prod(1 - f + f x / m)`` when she bets that the mean is higher,
and is a non-negative supermartingale if it is not. So is a weighted mean over fractions, and by
Ville's inequality it ever exceeds ``2 / alpha`` with probability at most ``alpha / 2``. The lower
bound is the smallest ``m`` not refuted so; the upper bound is its mirror image. Wealth depends only
on *which* differences were seen, not on their order. (Waudby-Smith & Ramdas 2024, "Estimating means
of bounded random variables by betting", Journal of the Royal Statistical Society B 86(1), section
4, with the fractions on a fixed grid instead of predicted.) "Exact" is meant as for Clopper and
Pearson's interval: it covers at least as often as it says, at any sample size.

**Student's t**, for differences without known bounds. Its assumption is that the mean of n
differences is near normal. Over K planned stages each uses ``alpha / K`` (Bonferroni), so that the
chance of any error at any stage is at most ``alpha``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, stdtrit

Array = NDArray[np.float64]

FRACTIONS: Array = np.array(
    [1.0, 0.9, 0.75, 0.6, 0.45, 0.35, 0.25, 0.18, 0.13, 0.09, 0.06, 0.04, 0.025, 0.015]
)
"""What part of the largest allowed bet each gambler stakes, from all to next to nothing."""

WEIGHTS: Array = np.array([0.2] + [0.8 / 13] * 13)
"""How much of the starting wealth each has. Betting all is best where chance moves little."""

_BISECTIONS = 30  # the bounds are then exact to one part in 10^9 of the range


def betting_interval(
    values: Array, counts: Array, low: float, high: float, alpha: float
) -> tuple[Array, Array]:
    """Bounds on the mean of bounded differences, one interval a scenario.

    Args:
        values: differences seen, ``[scenario, value]``, or ``[value]`` shared by all scenarios.
        counts: how often each was seen, ``[scenario, value]``; a row of zeros gives [low, high].
        low, high: bounds of a difference; ``low < high`` and all values with a count lie within.
        alpha: chance of ever missing the mean, however many looks are taken.

    Returns:
        Lower and upper bounds, each ``[scenario]``.

    Raises:
        ValueError: the bounds do not enclose the values.
    """
    seen = np.where(counts > 0, np.broadcast_to(values, counts.shape), (low + high) / 2)
    if not low < high or seen.min(initial=low) < low or seen.max(initial=high) > high:
        raise ValueError(f"differences do not lie within [{low}, {high}]")
    x = (seen - low) / (high - low)
    threshold = np.log(2.0 / alpha)
    lower = _lower_bound(x, counts, threshold)
    upper = 1.0 - _lower_bound(1.0 - x, counts, threshold)
    return low + lower * (high - low), low + upper * (high - low)


def _lower_bound(x: Array, counts: Array, threshold: float) -> Array:
    """The least mean not refuted, where ``x`` in [0, 1] is ``[scenario, value]``."""
    refuted = np.zeros(x.shape[0])
    open_ = np.ones(x.shape[0])
    for _ in range(_BISECTIONS):
        middle = (refuted + open_) / 2
        beaten = _log_wealth(x, counts, middle) >= threshold
        refuted = np.where(beaten, middle, refuted)
        open_ = np.where(beaten, open_, middle)
    return refuted


def _log_wealth(x: Array, counts: Array, mean: Array) -> Array:
    """Logarithm of the mixture's wealth against means of at most ``mean``, ``[scenario]``."""
    gain = x / mean[:, None] - 1.0  # at least -1
    stakes = np.multiply.outer(FRACTIONS, gain)
    with np.errstate(divide="ignore"):
        logs = np.where(counts > 0, np.log1p(np.maximum(stakes, -1.0)), 0.0)
    totals = (np.where(counts > 0, counts, 0.0) * logs).sum(axis=-1)
    return np.asarray(logsumexp(totals, axis=0, b=WEIGHTS[:, None]))


def student_interval(
    mean: Array, deviation: Array, count: Array, alpha: float
) -> tuple[Array, Array]:
    """Student's t interval, elementwise; the whole line where ``count`` is below 2.

    Args:
        mean, deviation: of the differences, with ``deviation`` the root of the unbiased variance.
        count: how many differences.
        alpha: chance of missing the mean at this one look.
    """
    enough = count >= 2
    n = np.where(enough, count, 2.0)
    half = stdtrit(n - 1.0, 1.0 - alpha / 2) * deviation / np.sqrt(n)
    half = np.where(enough, half, np.inf)
    return mean - half, mean + half


def share_interval(count: int, total: int, alpha: float = 0.05) -> tuple[float, float]:
    """Clopper and Pearson's interval for a share of which ``count`` in ``total`` were drawn.

    It takes scenarios for independent draws; a Sobol' design spreads them more evenly, so that the
    interval is, if anything, too wide (Clopper & Pearson 1934, Biometrika 26).
    """
    from scipy.special import betaincinv

    if total == 0:
        return 0.0, 1.0
    low = 0.0 if count == 0 else float(betaincinv(count, total - count + 1, alpha / 2))
    high = 1.0 if count == total else float(betaincinv(count + 1, total - count, 1 - alpha / 2))
    return low, high
