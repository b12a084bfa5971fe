"""An exponentially weighted count: Poisson with a gamma rate whose past is forgotten at a steady pace."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, logsumexp

from reassure.history.scores.baselines.past import DRAWS, Past
from reassure.history.scores.forecast import Array, Forecast

LEAST_SHAPE = 0.5
"""Of the rate's gamma distribution: Jeffreys' prior."""

DISCOUNTS = np.linspace(0.5, 1.0, 26)
"""The discounts among which the past chooses, by period."""


def discounted_count(
    past: Past, ahead: Array, seed: int = 0, draws: int = DRAWS
) -> Forecast | None:
    """Smith's power steady model (1979; West and Harrison 1997, ch. 10 and 14) of counts.

    The rate is Gamma(a, b). A count y makes it Gamma(a + y, b + 1); a period that passes makes it
    Gamma(d a, d b): the mean stays and the spread grows. So the mean is the exponentially weighted mean of the
    counts. It starts from Jeffreys' Gamma(1/2, 0), which its first count makes proper. Forgetting stops where it
    would bring a below the 1/2 of that prior: a smaller shape is not less sure of the rate but ever surer of
    zero, and a row of zeros would all but rule out anything else. Discounts d from 0.5 to 1 are weighed by the
    probability that they gave each past count from those before it, and the forecast is their mixture, so a short
    past leaves the discount open.

    Args:
        ahead: ``[targets]``, the periods to be forecast, all after the last past one.

    Returns:
        None without past values.

    Raises:
        ValueError: the past is not of whole numbers from zero up.
    """
    if not past.whole or past.bounds != (0.0, np.inf):
        raise ValueError("an exponentially weighted count needs counts, whole numbers from zero up")
    if len(past.value) == 0:
        return None
    shape = LEAST_SHAPE + past.value[0] + np.zeros_like(DISCOUNTS)
    rate = np.ones_like(DISCOUNTS)
    evidence = np.zeros_like(DISCOUNTS)
    for gap, count in zip(np.diff(past.period), past.value[1:], strict=True):
        kept = _kept(DISCOUNTS**gap, shape)
        shape, rate = kept * shape, kept * rate
        evidence += _log_probability(count, shape, rate)
        shape, rate = shape + count, rate + 1
    weights = np.exp(evidence - logsumexp(evidence))

    kept = _kept(DISCOUNTS[:, None] ** past.steps(ahead), shape[:, None])
    shapes, rates = kept * shape[:, None], kept * rate[:, None]
    rng = np.random.default_rng(seed)
    picked = rng.choice(len(DISCOUNTS), draws, p=weights)
    drawn = rng.poisson(rng.gamma(shapes[picked], 1 / rates[picked])).astype(float)

    def log_density(observed: Array) -> Array:
        parts = _log_probability(observed, shapes, rates)
        return np.asarray(logsumexp(parts, axis=0, b=weights[:, None])[None])

    return Forecast(drawn, whole=True, log_density=log_density)


def _kept(faded: Array, shape: Array) -> Array:
    """The share of what was known that is kept, so that the shape does not fall below its least."""
    return np.asarray(np.maximum(faded, LEAST_SHAPE / shape))


def _log_probability(count: Array, shape: Array, rate: Array) -> Array:
    """Log probability of a Poisson count whose rate is Gamma(shape, rate): a negative binomial."""
    ways = gammaln(count + shape) - gammaln(shape) - gammaln(count + 1)
    return np.asarray(ways + shape * np.log(rate) - (shape + count) * np.log1p(rate))
