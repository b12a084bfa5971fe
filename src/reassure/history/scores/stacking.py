"""Weights of models by how well they foretell (Yao, Vehtari, Simpson and Gelman 2018, Bayesian Analysis 13)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from reassure.history.scores.forecast import Array

REPLICATES = 200
"""Draws of the Bayesian bootstrap."""

CLOSE, CLOSE_ENOUGH = 1e-6, 1e-4
"""How near to the best mean log density, in nats a time, stacking weights come, and those of the bootstrap."""

STEPS = 50_000


@dataclass(frozen=True, slots=True)
class ModelWeights:
    """Weights with sum one, and their standard deviations under the Bayesian bootstrap (Rubin 1981), ``[models]``.

    Attributes:
        stacking: of the mixture of the models that foretells best. It asks what to predict with, so a model that
            adds nothing to another gets none, however good it is alone.
        pseudo_bma: pseudo-BMA+: the share of belief that one of them foretells best, its errors reckoned in.
    """

    stacking: Array
    stacking_error: Array
    pseudo_bma: Array
    pseudo_bma_error: Array


def model_weights(elpd: Array, seed: int = 0) -> ModelWeights:
    """Both kinds of weights, from log predictive densities ``[times, models]``.

    The bootstrap takes times as exchangeable. A time that every model ruled out is left out.

    Raises:
        ValueError: a density that is no number, or no time that any model allows.
    """
    logs = np.asarray(elpd, float)
    if np.isnan(logs).any() or np.isposinf(logs).any():
        raise ValueError("a log density is not a number, or is infinite")
    logs = logs[~np.isneginf(logs).all(1)]
    if len(logs) == 0:
        raise ValueError("there is no time that any of the models allows")
    count = len(logs)
    draws = np.random.default_rng(seed).dirichlet(np.ones(count), REPLICATES)
    stacked = stack(logs, np.full((1, count), 1 / count), CLOSE)[0]
    spread = stack(logs, draws, CLOSE_ENOUGH)
    least = np.where(
        np.isneginf(logs), -1e300 / count, logs
    )  # zero times minus infinity is no number
    belief = softmax(count * (draws @ least), axis=1)
    return ModelWeights(stacked, spread.std(0), belief.mean(0), belief.std(0))


def stack(logs: Array, weights: Array, close: float) -> Array:
    """The mixture of models with the highest weighted mean log density, for each row of time weights.

    Each step multiplies a model's share by its mean density relative to the mixture's (the EM algorithm for
    mixture proportions); the log of the largest such ratio bounds what is still to be gained, which ends it.

    Args:
        logs: ``[times, models]``.
        weights: ``[rows, times]``, each row with sum one.
        close: what may be left to gain, in nats.

    Returns:
        ``[rows, models]``, each row with sum one.
    """
    density = np.exp(logs - logs.max(1, keepdims=True))
    shares = np.full((len(weights), logs.shape[1]), 1 / logs.shape[1])
    for _ in range(STEPS):
        ratio = (weights / (shares @ density.T)) @ density
        if ratio.max() <= 1 + close:
            break
        shares = shares * ratio
    return np.asarray(shares / shares.sum(1, keepdims=True))
