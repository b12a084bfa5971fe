"""The log density of a record by particles: what the filter approximates, estimated without bias.

A bootstrap particle filter (Gordon, Salmond & Smith 1993, IEE Proceedings F 140(2)) with
systematic resampling runs the program itself, draws and all: nothing is smoothed, and its
likelihood estimate is unbiased (Del Moral 2004, Feynman-Kac Formulae), so that the logarithm's
spread says how far to trust it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp

from reassure.engine import random as generator
from reassure.engine.conditioned import Conditioned
from reassure.engine.lanes import Lanes, Moment
from reassure.engine.scalars import orders
from reassure.history.conditioning import Conditioning
from reassure.history.fit.families import log_density
from reassure.model.checked import Arm

Array = Any


@dataclass(frozen=True)
class ParticleEstimate:
    """What particles say of a record.

    Attributes:
        log_likelihood: the estimate.
        terms: by measurement, the log density of its data given all before.
    """

    log_likelihood: float
    terms: dict[str, float]


def particle_filter(
    conditioning: Conditioning,
    parameters: Array,
    *,
    particles: int = 1024,
    seed: int = 0,
    policy: str = "",
) -> ParticleEstimate:
    """Estimate the log density of a record at given parameters.

    Args:
        parameters: ``[P]`` in internal units, those of courses' errors included.
        policy: of levers without a course.
    """
    source = conditioning.program()
    given, told = conditioning.tables(source.program.steps + 1)
    index = np.arange(particles)
    words = generator.future_words(seed, "particles", np.zeros(particles, dtype=int), index)
    table = np.repeat(np.asarray(parameters, dtype=float)[:, None], particles, axis=1)
    ordered = orders(source.model, source.program, Arm(policy=policy))
    lanes = Lanes(source, ordered, given, told, table, words)
    rng = np.random.default_rng(seed)
    weights = np.full(particles, -np.log(particles))  # logarithms, of one sum
    terms = dict.fromkeys((datum.name for datum in source.data), 0.0)
    for _ in range(conditioning.steps):
        moment = lanes.advance()
        for name, logs in measured(source, moment):
            weights = weights + logs
            total = float(logsumexp(weights))
            terms[name] += total
            if not np.isfinite(total):
                return ParticleEstimate(-np.inf, terms)
            weights = weights - total
        if 1.0 / np.sum(np.exp(2 * weights)) < particles / 2:
            lanes.keep(systematic(np.exp(weights), rng.random()))
            weights = np.full(particles, -np.log(particles))
    return ParticleEstimate(float(sum(terms.values())), terms)


def measured(source: Conditioned, moment: Moment) -> Iterator[tuple[str, Array]]:
    """Of each measurement that is told at a moment, the log density ``[lanes]`` of its value; minus
    infinity where it has none."""
    for datum, (h, arguments, value, is_told) in zip(source.data, moment.data(), strict=True):
        if is_told:
            with np.errstate(all="ignore"):
                logs = log_density(datum.family, value, h, arguments, np)
            yield datum.name, np.broadcast_to(np.where(np.isfinite(logs), logs, -np.inf), h.shape)


def systematic(weights: Array, start: float) -> Array:
    """Indices drawn by weights that sum to 1, with one uniform for all (Kitagawa 1996)."""
    count = len(weights)
    at = (np.arange(count) + start) / count
    return np.minimum(np.searchsorted(np.cumsum(weights), at), count - 1)
