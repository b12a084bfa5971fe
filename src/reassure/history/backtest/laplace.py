"""A normal approximation to what the record says of a model's parameters, without derivatives.

The density is that of :class:`reassure.history.fit.density.Density` with chance that the record
does not tell taken at its mean; here it is worked out by NumPy, for many sets of parameters side
by side. So all differences that a step of Gauss and Newton's method needs are one run, nothing is
compiled, and a fit of some two hundred parameters to a record of ten years takes seconds. The
curvature at the mode is the prior's, the identity, plus the record's expected information
(Fisher scoring: Osborne 1992, Fisher's method of scoring, International Statistical Review 60(1)).
Nuisance parameters of likelihoods, such as a dispersion, keep their prior's spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reassure.engine.lanes import Lanes
from reassure.engine.random import future_words
from reassure.engine.scalars import orders
from reassure.history.backtest.information import information
from reassure.history.conditioning import Conditioning
from reassure.history.fit.density import Scores
from reassure.history.fit.families import log_density
from reassure.history.scores.psis import khat_limit, smooth
from reassure.model.checked import Arm

Array = np.ndarray[Any, Any]

STEP = 0.02
"""Of the differences, in scores."""

MOST = 15
"""Steps toward the mode."""

LEAST_GAIN = 0.02
"""Nats of the last step, below which the mode is reached."""

SHORTER = (1.0, 0.5, 0.25, 0.1, 0.03, 0.01)
"""Parts of a step that are tried."""

FARTHEST = 5.0
"""Scores beyond which no mode is looked for."""

BOUND = 600
"""Lanes side by side."""


@dataclass(frozen=True)
class Normal:
    """What was learnt, as a normal distribution of scores.

    Attributes:
        names: of the parameters.
        mean: ``[D]``, the mode.
        root: ``[D, D]``; draws are ``mean + root @ standard normal``.
        gain: log likelihood at the mode less that at the prior's middle, nats.
        settled: whether the last step gained next to nothing.
        rounds: steps taken.
    """

    names: tuple[str, ...]
    mean: Array
    root: Array
    gain: float
    settled: bool
    rounds: int

    def log_density(self, scores: Array) -> Array:
        """Log density of ``scores [n, D]``, without a constant."""
        apart = np.linalg.solve(self.root, (scores - self.mean).T)
        return np.asarray(-0.5 * (apart**2).sum(0))


class Target:
    """The log density of a record, and the predictors, for many sets of scores."""

    def __init__(self, conditioning: Conditioning) -> None:
        self.conditioning = conditioning
        self.source = conditioning.program(smooth=True, averaged=True)
        self.scores = Scores(self.source.model)
        self.names = self.scores.names
        self.tables = conditioning.tables(self.source.program.steps + 1)
        self.orders = orders(self.source.model, self.source.program, Arm())

    def terms(self, scores: Array) -> tuple[Array, Array, Array]:
        """Log density, predictor and information of each datum, ``[n, data]`` each."""
        parts = [self._run(scores[i : i + BOUND]) for i in range(0, len(scores), BOUND)]
        logs, predictors, sharp = (np.concatenate(rows) for rows in zip(*parts, strict=True))
        return logs, predictors, sharp

    def log_likelihood(self, scores: Array) -> Array:
        """Of ``scores [n, D]``; minus infinity where the model breaks."""
        total = self.terms(scores)[0].sum(axis=1)
        return np.where(np.isnan(total), -np.inf, total)

    def _run(self, scores: Array) -> tuple[Array, Array, Array]:
        count = len(scores)
        parameters = self.scores.exact(scores).T
        words = future_words(0, "sobol", np.arange(count), np.zeros(count, dtype=int))
        lanes = Lanes(self.source, self.orders, *self.tables, parameters, words)
        columns: list[tuple[Array, Array, Array]] = []
        for _ in range(self.conditioning.steps):
            moment = lanes.advance()
            for datum, (h, arguments, value, told) in zip(
                self.source.data, moment.data(), strict=True
            ):
                if told:
                    with np.errstate(all="ignore"):
                        logs = log_density(datum.family, value, h, arguments, np)
                        sharp = information(datum.family, h, arguments)
                    columns.append((np.broadcast_to(logs, h.shape), h, sharp))
        logs, predictors, sharp = (np.stack(rows, axis=1) for rows in zip(*columns, strict=True))
        return logs, predictors, sharp


def laplace(target: Target) -> Normal:
    """The normal distribution at the mode of the posterior of ``target``'s scores."""
    size = len(target.names)
    at = np.zeros(size)
    value = start = float(target.log_likelihood(at[None])[0])
    settled, rounds = False, 0
    while not settled and rounds < MOST:
        slope, curvature = _expanded(target, at)
        way = np.linalg.solve(curvature, slope)
        tried = np.clip(at + np.multiply.outer(SHORTER, way), -FARTHEST, FARTHEST)
        values = target.log_likelihood(tried)
        worth = values - 0.5 * (tried**2).sum(1)
        best = int(np.argmax(worth))
        gained = float(worth[best] - (value - 0.5 * at @ at))
        rounds += 1
        settled = not gained > LEAST_GAIN
        if gained > 0:
            at, value = tried[best], float(values[best])
    _, curvature = _expanded(target, at)
    low = np.linalg.cholesky(curvature)
    root = np.linalg.solve(low.T, np.eye(size))  # root @ root.T is the inverse of the curvature
    return Normal(target.names, at, root, value - start, settled, rounds)


def _expanded(target: Target, at: Array) -> tuple[Array, Array]:
    """Slope and curvature of the log posterior at ``at``, the latter without its sign."""
    size = len(at)
    moved = np.concatenate([at + STEP * np.eye(size), at - STEP * np.eye(size), at[None]])
    logs, predictors, sharp = target.terms(moved)

    def slope_of(table: Array) -> Array:
        found = (table[:size] - table[size : 2 * size]) / (2 * STEP)
        return np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0)

    slope = slope_of(logs).sum(axis=1) - at
    jacobian = slope_of(predictors)  # [D, data]
    weight = np.nan_to_num(sharp[-1], nan=0.0, posinf=0.0, neginf=0.0)
    return slope, np.eye(size) + (jacobian * weight) @ jacobian.T


@dataclass(frozen=True)
class Drawn:
    """Draws of a normal approximation, weighed to the density that it approximates.

    Attributes:
        scores: ``[n, D]``.
        weights: ``[n]`` with sum one; None where they are not to be trusted, and all weigh alike.
        khat: the tail of the weights; see :func:`reassure.history.scores.khat_limit`.
    """

    scores: Array
    weights: Array | None
    khat: float


def drawn(target: Target, normal: Normal, count: int, seed: int) -> Drawn:
    """Draws of ``normal``, weighed by Pareto smoothed importance where that is sound."""
    rng = np.random.default_rng([seed, 71])
    noise = rng.standard_normal((count, len(normal.names)))
    scores = normal.mean + noise @ normal.root.T
    worth = target.log_likelihood(scores) - 0.5 * (scores**2).sum(1)
    ratios = worth - normal.log_density(scores)
    if not np.isfinite(ratios).any():
        return Drawn(scores, None, float("inf"))
    weights = smooth(ratios[:, None])
    khat = float(weights.khat[0])
    sound = khat <= khat_limit(count)
    return Drawn(scores, np.exp(weights.logs[:, 0]) if sound else None, khat)
