"""What the record says of a model's parameters, with the latent state integrated out.

The record is told to the program (:mod:`reassure.engine.conditioned`), so that most of what would
be chance is known. What is left is carried as a Gaussian: a cubature Kalman filter (Arasaratnam &
Haykin 2009, Cubature Kalman Filters, IEEE Transactions on Automatic Control 54(6)) moves mean and
covariance of the state through a step at points of equal weight, together with the predictors of
what is told in it; each datum then updates them by the mean and variance of its predictor given
the datum, found by quadrature (assumed density filtering; Ypma & Heskes 2005, Novel approximations
for inference in nonlinear dynamical systems using expectation propagation, Neurocomputing 69).
Where no shock reaches a state, nothing of this is an approximation: the state is a function of the
parameters, and the density is exact.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reassure.engine.differentiable import StepFunction, apart
from reassure.engine.differentiable_games import GAME
from reassure.history.fit.families import LEAST_MEAN, log_density

Array = Any

NODES = 11
"""Of the quadrature over a predictor."""

JITTER = 1e-9
"""Added to variances that are factored: a covariance may have lost rank."""

LEAST_VARIANCE = 1e-14


def run(function: StepFunction, parameters: Array, columns: Array, steps: int) -> Array:
    """Filter the first ``steps`` steps.

    Args:
        function: the step.
        parameters: ``[P]``, internal units.
        columns: of the step function, at least ``steps`` rows.
        steps: how many steps the record covers.

    Returns:
        the log density of each datum at each step given everything before, ``[steps, data]``.
    """
    still, opening = function.begin(parameters, columns[0])
    move = _certain if not function.noisy and not function.shocks else _uncertain
    n = len(function.noisy)
    start = (opening, jnp.zeros((n, n)))

    def step(carry: Any, row: Array) -> Any:
        mean, covariance = carry
        moved, spread, terms = move(function, still, mean, covariance, row)
        return (moved, spread), terms

    # Worked out again on the way back: what a step leaves behind is far larger than its state.
    kept = jax.checkpoint_policies.save_only_these_names(GAME)
    body = jax.checkpoint(step, prevent_cse=False, policy=kept)
    return jax.lax.scan(body, start, columns[:steps])[1]


def _certain(
    function: StepFunction, still: Array, mean: Array, covariance: Array, row: Array
) -> tuple[Array, Array, Array]:
    moved, data = function.step(still, apart(mean), [], row)
    terms = []
    for datum, (h, arguments, value, told) in zip(function.data, data, strict=True):
        terms.append(_term(datum.family, value, h, arguments, told))
    return _stack(moved), covariance, _stack(terms)


def _term(family: str, value: Array, h: Array, arguments: Any, told: Array) -> Array:
    # Where nothing is told the value is a filler; a density of it must not spoil derivatives.
    safe = jnp.where(told, value, _filler(family))
    return jnp.where(told, log_density(family, safe, h, arguments, jnp), 0.0)


def _filler(family: str) -> float:
    return 0.5 if family in ("beta", "logit_normal", "lognormal") else 0.0


def _stack(items: list[Array]) -> Array:
    if not items:
        return jnp.zeros(0)
    return jnp.stack([jnp.asarray(item, dtype=float) for item in items])


def _uncertain(
    function: StepFunction, still: Array, mean: Array, covariance: Array, row: Array
) -> tuple[Array, Array, Array]:
    noisy, shocks = list(function.noisy), list(function.shocks)
    n, size = len(noisy), len(noisy) + len(shocks)
    root = jnp.linalg.cholesky(covariance + JITTER * jnp.eye(n)) if n else covariance
    reach = np.sqrt(size)
    offsets = jnp.concatenate([reach * root, jnp.zeros((n, len(shocks)))], axis=1)
    offsets = jnp.concatenate([offsets, -offsets], axis=1)  # [n, 2 size]
    unit = np.concatenate([np.zeros((len(shocks), n)), reach * np.eye(len(shocks))], axis=1)
    unit = np.concatenate([unit, -unit], axis=1)
    points = 2 * size
    carried: list[Array] = apart(mean)
    for i, slot in enumerate(noisy):
        carried[slot] = mean[slot] + offsets[i]
    at: dict[int, Array] = {shock: jnp.asarray(unit[i]) for i, shock in enumerate(shocks)}
    drawn = [at.get(i, jnp.zeros(())) for i in range(function.source.shocks)]
    moved, data = function.step(still, carried, drawn, row)

    reached = [jnp.broadcast_to(moved[slot], (points,)) for slot in noisy]
    guessed = [jnp.broadcast_to(data[j][0], (points,)) for j in function.noisy_data]
    joint = jnp.stack([*reached, *guessed])  # [n + noisy data, points]
    centre = joint.mean(axis=1)
    away = joint - centre[:, None]
    spread = away @ away.T / points

    terms: list[Array] = []
    for j, (datum, (h, arguments, value, told)) in enumerate(zip(function.data, data, strict=True)):
        if j not in function.noisy_data:
            terms.append(_term(datum.family, value, h, arguments, told))
            continue
        k = n + function.noisy_data.index(j)
        arguments = {
            key: tuple(jnp.mean(item) if jnp.ndim(item) else item for item in items)
            for key, items in arguments.items()
        }
        variance = jnp.maximum(spread[k, k], LEAST_VARIANCE)
        safe = jnp.where(told, value, _filler(datum.family))
        evidence, level, width = _given(datum.family, safe, centre[k], variance, arguments)
        terms.append(jnp.where(told, evidence, 0.0))
        gain = spread[:, k] / variance
        centre = centre + jnp.where(told, gain * (level - centre[k]), 0.0)
        spread = spread + jnp.where(told, jnp.outer(gain, gain) * (width - variance), 0.0)
    full = [centre[noisy.index(i)] if i in noisy else moved[i] for i in range(len(moved))]
    return _stack(full), spread[:n, :n], _stack(terms)


def _given(
    family: str, value: Array, centre: Array, variance: Array, arguments: Any
) -> tuple[Array, Array, Array]:
    """Log evidence of a datum whose predictor is normal, and the predictor's mean and variance
    after it."""
    if family == "normal":
        noise = arguments["sd"][0] ** 2
        total = variance + noise
        away = value - centre
        evidence = -0.5 * (away * away / total + jnp.log(2 * jnp.pi * total))
        return evidence, centre + variance / total * away, variance * noise / total
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    at = centre + jnp.sqrt(variance) * nodes
    if family in ("poisson", "negative_binomial", "hazard", "lognormal"):
        at = jnp.maximum(at, LEAST_MEAN)
    logs = log_density(family, value, at, arguments, jnp) + np.log(weights / weights.sum())
    evidence = jax.scipy.special.logsumexp(logs)
    share = jnp.exp(logs - evidence)
    level = jnp.sum(share * at)
    return evidence, level, jnp.maximum(jnp.sum(share * (at - level) ** 2), LEAST_VARIANCE)
