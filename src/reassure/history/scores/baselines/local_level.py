"""An exponentially weighted level: a random walk seen through noise."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from reassure.history.scores.baselines.mixture import LEAST_DF, Mixture
from reassure.history.scores.baselines.past import DRAWS, Past
from reassure.history.scores.forecast import Array, Forecast

RATIOS = np.array([0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0])
"""Variance of a period's move over that of the noise, among which the past chooses."""


def local_level(past: Past, ahead: Array, seed: int = 0, draws: int = DRAWS) -> Forecast | None:
    """The local level model (Muth 1960; Durbin and Koopman 2012, ch. 2): its mean is an exponentially weighted one.

    y = level + noise; the level moves by a normal step each period, of variance q V where V is that of the
    noise. For given q the Kalman filter starts at the first value; V has the prior 1/V, so that with S the sum of
    squared errors over their variances in units of V, the forecast h periods ahead is a Student distribution with
    n - 1 degrees of freedom (2 at least) and the squared scale (P + q h + 1) S / (n - 1), with P V the level's
    variance. Ratios q from 0 to 100 are weighed by their marginal likelihood, prod Q^(-1/2) S^(-(n-1)/2), with Q V
    the variance of each error, and mixed. S is widened by the square of the values' grain, so that a series that
    never moved is not thought immovable.

    Args:
        ahead: ``[targets]``, the periods to be forecast, all after the last past one.

    Returns:
        None with fewer than two past values.

    Raises:
        ValueError: the past is of whole numbers.
    """
    if past.whole:
        raise ValueError("an exponentially weighted level needs levels, not counts")
    n = len(past.value)
    if n < 2:
        return None
    level = np.full_like(RATIOS, past.value[0])
    variance = np.ones_like(RATIOS)
    squares = np.full_like(RATIOS, past.finest**2)
    logs = np.zeros_like(RATIOS)
    for gap, value in zip(np.diff(past.period), past.value[1:], strict=True):
        variance = variance + RATIOS * gap
        spread, error = variance + 1, value - level
        level = level + variance / spread * error
        variance = variance / spread
        squares = squares + error**2 / spread
        logs -= np.log(spread) / 2
    evidence = logs - (n - 1) / 2 * np.log(squares)
    weights = np.exp(evidence - logsumexp(evidence))

    steps = past.steps(ahead)
    spread = variance[:, None] + RATIOS[:, None] * steps + 1
    shape = spread.shape
    return Mixture(
        np.broadcast_to(weights[:, None], shape),
        np.broadcast_to(np.clip(level, *past.bounds)[:, None], shape),
        np.sqrt(spread * squares[:, None] / (n - 1)),
        np.full(shape, max(n - 1, LEAST_DF)),
    ).forecast(past, seed, draws)
