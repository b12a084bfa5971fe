"""The generalized Pareto distribution, fitted to exceedances over a threshold."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from reassure.history.scores.forecast import Array

PRIOR_SHAPE, PRIOR_DRAWS = 0.5, 10
"""The shape is drawn towards 0.5 with the weight of ten draws (Vehtari et al. 2024, appendix)."""


def fit(exceedances: Array) -> tuple[Array, Array]:
    """Shape and scale of each column, ``[columns]`` each, by Zhang and Stephens' estimate (2009).

    The density is (1 + k x / s)^(-1/k - 1) / s. With b = -k/s the likelihood has one unknown, as k(b) =
    mean log(1 - b x); b is its posterior mean on a grid of quantiles of a data-dependent prior. The shape,
    but not the scale, is then regularised.

    Args:
        exceedances: ``[draws, columns]``, from zero up, sorted upwards, five at least; the last and the one at
            the first quartile above zero.
    """
    x = np.asarray(exceedances, float)
    n = len(x)
    grid = 30 + int(np.sqrt(n))
    quantile = 1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))
    b = quantile[:, None] / (3 * x[int(n / 4 + 0.5) - 1]) + 1 / x[-1]
    k = np.stack([np.log1p(-row * x).mean(0) for row in b])
    likelihood = n * (np.log(-b / k) - k - 1)
    weights = np.exp(likelihood - logsumexp(likelihood, axis=0))
    mean = (weights * b).sum(0)
    shape = np.log1p(-mean * x).mean(0)
    scale = -shape / mean
    return (n * shape + PRIOR_DRAWS * PRIOR_SHAPE) / (n + PRIOR_DRAWS), scale


def quantile(share: Array, shape: Array, scale: Array) -> Array:
    """The value below which the given share lies."""
    safe = np.where(shape == 0, 1.0, shape)
    tail = -np.log1p(-share)
    return np.asarray(scale * np.where(shape == 0, tail, np.expm1(shape * tail) / safe))
