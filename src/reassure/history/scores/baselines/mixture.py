"""Mixtures of Student distributions: the form of the baselines whose shape comes from past values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp, stdtr, stdtrit

from reassure.history.scores.baselines.past import Past
from reassure.history.scores.forecast import Array, Forecast
from reassure.history.scores.log_score import spreads

POINT = 0.01
"""The scale of a component that stands for one whole number: half a step is fifty of it."""

LEAST_DF = 2.0
"""The fewest degrees of freedom: with one a Student distribution has no mean, and a forecast of it no CRPS."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture for each target, kept within bounds, rounded where the values are whole.

    Attributes:
        weight: ``[components, targets]``, each column with sum one.
        location, scale: ``[components, targets]``.
        df: ``[components, targets]``, degrees of freedom; infinite for a normal.
    """

    weight: Array
    location: Array
    scale: Array
    df: Array

    def forecast(self, past: Past, seed: int, draws: int) -> Forecast:
        """Draws, and the exact density that they are draws of; each component is cut off at the bounds."""
        edges = np.asarray(past.bounds) + (np.array([-0.5, 0.5]) if past.whole else 0.0)
        low, high = (self._below(edge) for edge in edges)
        rng = np.random.default_rng(seed)
        size = (draws, self.weight.shape[1])
        picked = (rng.random(size)[:, None] > np.cumsum(self.weight, 0)[:-1]).sum(1)
        part = (picked, np.arange(size[1]))
        place = low[part] + (high - low)[part] * rng.random(size)
        drawn = self.location[part] + self.scale[part] * stdtrit(self.df[part], place)
        drawn = np.clip(np.round(drawn) if past.whole else drawn, *past.bounds)

        def log_density(observed: Array) -> Array:
            if past.whole:
                part = self._below(observed + 0.5) - self._below(observed - 0.5)
            else:
                z = (observed - self.location) / self.scale
                part = np.exp(_log_student(z, self.df)) / self.scale
            part = np.where((observed > edges[0]) & (observed < edges[1]), part, 0.0)
            with np.errstate(divide="ignore"):
                return np.asarray(
                    logsumexp(np.log(part / (high - low)), axis=0, b=self.weight)[None]
                )

        return Forecast(drawn, past.whole, log_density=log_density)

    def _below(self, value: Array | float) -> Array:
        return np.asarray(stdtr(self.df, (value - self.location) / self.scale))


@dataclass(frozen=True, slots=True)
class Base:
    """What a target may be if it is like none of the past: a Student distribution with a share of the mixture."""

    location: float
    scale: float
    df: float
    share: float


def urn(past: Past, atoms: list[Array], bases: list[Base]) -> Mixture:
    """For each target a mixture of past values (``atoms``) and a broad ``base``, which counts as one of them.

    With n past values the next is one of them with probability n / (n + 1), else a draw of the base, whose share is
    the rest: the predictive distribution of a Dirichlet process with precision one (Ferguson 1973; Blackwell and
    MacQueen 1973). Levels are spread round each atom by a kernel with Silverman's bandwidth, or the grain where that
    is wider.
    """
    rows = max(map(len, atoms)) + 1
    weight = np.zeros((rows, len(atoms)))
    location, scale, df = (np.ones_like(weight) for _ in range(3))
    for target, (values, base) in enumerate(zip(atoms, bases, strict=True)):
        n = len(values)
        weight[: n + 1, target] = [base.share, *[(1 - base.share) / max(n, 1)] * n]
        location[: n + 1, target] = np.clip([base.location, *values], *past.bounds)
        scale[: n + 1, target] = [base.scale, *[_kernel(past, values)] * n]
        df[: n + 1, target] = [base.df, *[np.inf] * n]
    return Mixture(weight, location, scale, df)


def _kernel(past: Past, values: Array) -> float:
    if past.whole:
        return POINT
    if len(values) < 2:
        return past.finest
    # Silverman's rule: zero, and so the grain, where most values are the same, as in a staircase
    sd, robust = spreads(values[:, None], np.full(len(values), 1 / len(values)))
    width = 0.9 * min(float(sd[0]), float(robust[0])) * float(len(values) ** -0.2)
    return max(width, past.finest)


def _log_student(z: Array, df: Array) -> Array:
    """Log density of the standard Student distribution; the normal's for infinite degrees of freedom."""
    finite = np.where(np.isinf(df), 1.0, df)
    scale = gammaln((finite + 1) / 2) - gammaln(finite / 2) - np.log(finite * np.pi) / 2
    student = scale - (finite + 1) / 2 * np.log1p(z**2 / finite)
    return np.asarray(np.where(np.isinf(df), -(z**2) / 2 - np.log(2 * np.pi) / 2, student))
