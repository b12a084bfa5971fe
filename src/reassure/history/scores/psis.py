"""Pareto smoothed importance sampling: draws of one distribution reweighted to stand for another.

Vehtari, Gelman and Gabry (2017, Statistics and Computing 27) and Vehtari, Simpson, Gelman, Yao and Gabry (2024,
JMLR 25). ArviZ has it too; at two seconds for its import, and column by column, it is not used here, but the
tests hold this one to its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from reassure.history.scores import generalized_pareto
from reassure.history.scores.forecast import Array

FEWEST = 5
"""Draws without which a tail cannot be fitted."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Smoothed importance weights.

    Attributes:
        logs: ``[draws, columns]``; each column's weights add up to one.
        khat: ``[columns]``, the shape of the weights' tail. The weights have a variance below 1/2 and a mean below
            1; above :func:`khat_limit` they are not to be trusted. Minus infinity where they are bounded, infinite
            where there are too few draws or one draw has all the weight.
    """

    logs: Array
    khat: Array


def khat_limit(draws: int) -> float:
    """The k-hat up to which so many draws suffice: min(1 - 1 / log10(draws), 0.7) (Vehtari et al. 2024, eq. 13)."""
    return min(1 - 1 / np.log10(draws), 0.7) if draws > 10 else 0.0


def smooth(log_ratios: Array, efficiency: float = 1.0) -> Weights:
    """Normalised weights whose largest are replaced by the quantiles of a Pareto tail fitted to them.

    The tail is the largest min(0.2 S, 3 sqrt(S / efficiency)) of S draws, rounded up. No smoothed weight exceeds the
    largest raw one.

    Args:
        log_ratios: ``[draws, columns]``, log of target over proposal density, each column up to a constant;
            minus infinity for a draw that the target rules out.
        efficiency: effective over actual draws of the Markov chain that they come from.

    Raises:
        ValueError: a ratio is no number, or all in a column are zero.
    """
    logs = np.asarray(log_ratios, float)
    if np.isnan(logs).any() or np.isposinf(logs).any():
        raise ValueError("a log ratio is not a number, or is infinite")
    top = logs.max(0)
    if np.isneginf(top).any():
        raise ValueError("no draw has a weight above zero")
    logs = logs - top
    size = len(logs)
    tail = int(np.ceil(min(0.2 * size, 3 * np.sqrt(size / efficiency))))
    khat = np.full(logs.shape[1], np.inf)
    if tail >= FEWEST:
        order = np.argsort(logs, axis=0)[size - tail - 1 :]
        largest = np.exp(np.take_along_axis(logs, order, axis=0))
        cutoff, largest = largest[0], largest[1:]
        over = largest - cutoff
        quarter = over[int(tail / 4 + 0.5) - 1]
        khat[over[-1] <= 0] = -np.inf  # the largest weights are all the same
        fits = quarter > np.finfo(float).tiny  # else all but a few draws weigh nothing
        if fits.any():
            shape, scale = generalized_pareto.fit(over[:, fits])
            khat[fits] = shape
            share = ((np.arange(tail) + 0.5) / tail)[:, None]
            smoothed = cutoff[fits] + generalized_pareto.quantile(share, shape, scale)
            columns = np.flatnonzero(fits)
            logs[order[1:, columns], columns] = np.log(np.minimum(smoothed, 1.0))
    return Weights(logs - logsumexp(logs, axis=0), khat)
