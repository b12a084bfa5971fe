"""The logarithmic score: minus the log of the probability that was given to what came. Less is better."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from reassure.history.scores.forecast import Array, Forecast


def log_score(forecast: Forecast, observed: Array) -> Array:
    """-log p(y) for each target, ``[targets]``, in nats; NaN where nothing was seen.

    Where the forecast knows a density for each draw, p is their weighted mean (a mixture over draws: Krueger et
    al. 2021 call it the mixture-of-parameters estimator, and it is by far the steadiest). Where it has draws
    alone, p is for whole numbers the smoothed share of draws: n draws count for n, and one more is spread as a
    geometric distribution with the draws' mean, so that p(y) = (n f(y) + g(y)) / (n + 1), and no
    number that could be seen has probability zero. For levels it is a Gaussian kernel density with Silverman's
    bandwidth, 0.9 min(sd, IQR/1.349) n^(-1/5), which is rough in the tails. n is the effective number 1 / sum w^2.

    Compare two forecasts by log score only where both have densities, or neither: the smoothing puts a floor
    under an ensemble's probability that a density does not have.

    Raises:
        ValueError: not one observation for each target, or levels whose draws are all the same.
    """
    seen = forecast.against(observed)
    missing = np.isnan(seen)
    if forecast.log_density is not None:
        # NaN is kept out of densities that a user may have written without thought of it
        at = np.where(missing, forecast.draws[0], seen)
        logs = np.asarray(forecast.log_density(at), float)
        shares = forecast.shares[:, None] if len(logs) == len(forecast.draws) else 1.0
        with np.errstate(divide="ignore"):  # a world that rules out what came counts for nothing
            found = logsumexp(logs, axis=0, b=shares)
    else:
        found = _share(forecast, seen) if forecast.whole else _kernel(forecast, seen)
    return np.where(missing, np.nan, -found)


def _share(forecast: Forecast, seen: Array) -> Array:
    shares = forecast.shares[:, None]
    n = 1 / (shares**2).sum()
    mean = (shares * forecast.draws).sum(0)
    same = (shares * (forecast.draws == seen)).sum(0)
    geometric = (mean / (1 + mean)) ** seen / (1 + mean)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log((n * same + geometric) / (n + 1)))


def _kernel(forecast: Forecast, seen: Array) -> Array:
    shares, draws = forecast.shares, forecast.draws
    sd, robust = spreads(draws, shares)
    if (sd <= 0).any():
        raise ValueError("the draws of a target are all the same: they have no density")
    width = 0.9 * np.where(robust > 0, np.minimum(sd, robust), sd) * (shares**2).sum() ** 0.2
    z = (seen - draws) / width
    return np.asarray(
        logsumexp(-(z**2) / 2, axis=0, b=shares[:, None]) - np.log(width) - np.log(2 * np.pi) / 2
    )


def spreads(draws: Array, shares: Array) -> tuple[Array, Array]:
    """Standard deviation and IQR / 1.349 of each column of draws with these weights, ``[targets]`` each."""
    w = shares[:, None]
    mean = (w * draws).sum(0)
    sd = np.sqrt((w * (draws - mean) ** 2).sum(0))
    every = np.broadcast_to(w, draws.shape)
    low, high = np.quantile(draws, [0.25, 0.75], axis=0, method="inverted_cdf", weights=every)
    return np.asarray(sd), np.asarray((high - low) / 1.349)
