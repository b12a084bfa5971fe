"""Scores turned, moved and stretched so that their posterior is near a standard normal.

A record informs a few combinations of many parameters, some of them sharply: a sampler's step must
suit the sharpest, and its trajectories the widest. At the mode the curvature of the log posterior is
worked out by differences of its slopes, and the scores are written as ``centre + matrix @ w`` with
the inverse root of the curvature: in ``w`` a quadratic log posterior is a standard normal, and
what is left to the sampler is what the curvature does not tell (Girolami & Calderhead 2011, J. R.
Stat. Soc. B 73, with one metric for all places). The first draws then say how wide each ``w`` is in
truth, and it is stretched by that. This changes how long a fit takes, not what it draws from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.lockstep import Slopes
from reassure.history.fit.protocol import Program

Array = NDArray[np.float64]

CLIMBS = 200
"""Most steps to the mode."""

APART = 1e-3
"""Between the places of a difference."""

LEAST, MOST = 0.25, 1e6
"""Curvatures are kept within: nothing is stretched to more than twice what it was."""


FAR = 30.0
"""No ``w`` is further out. A trajectory that gets there has left the energy surface; games at such places
would take many rounds, which all other chains would wait for."""

TRUSTED = 20
"""Draws that the assumed width of a ``w`` counts for, beside those that were made."""


@dataclass(frozen=True)
class Whitening:
    """``scores = centre + matrix @ w``."""

    centre: Array
    matrix: Array

    @staticmethod
    def none(size: int) -> Whitening:
        """Scores as they are."""
        return Whitening(np.zeros(size), np.eye(size))

    def scores(self, w: Array) -> Array:
        """Scores ``[.., D]`` of ``w [.., D]``."""
        return self.centre + w @ self.matrix.T

    def of(self, scores: Array) -> Array:
        """``w [.., D]`` of scores."""
        away = (scores - self.centre)[..., None]
        found: Array = np.linalg.solve(self.matrix, away)[..., 0].astype(np.float64)
        return found

    def log_likelihood(self, w: Array, seen: Array) -> Array:
        """The log likelihood ``[..]`` of what :func:`whitened` gave at ``w``."""
        z = self.scores(w)
        found: Array = seen + 0.5 * np.sum(z * z, axis=-1) - 0.5 * np.sum(w * w, axis=-1)
        return found

    def stretched(self, w: Array) -> Whitening:
        """With each ``w`` as wide and where ``w [draw, D]`` show it to be."""
        share = len(w) / (len(w) + TRUSTED)
        width = np.sqrt(share * w.var(axis=0) + 1 - share)
        return Whitening(self.scores(share * w.mean(axis=0)), self.matrix * width)


@lru_cache(maxsize=8)
def whitened(program: Program) -> Program:
    """A program over ``w`` whose posterior under a standard normal prior is that of the scores."""

    def moved(data: Any, w: jax.Array) -> jax.Array:
        record, centre, matrix = data
        inside = jnp.abs(w).max() < FAR  # false for what is no number
        z = centre + matrix @ jnp.where(inside, w, 0.0)
        found = program(record, z) - 0.5 * jnp.sum(z * z) + 0.5 * jnp.sum(w * w)
        return jnp.where(inside, found, -jnp.inf)

    return moved


def by(lanes: int, slopes: Slopes) -> Slopes:
    """Slopes at any number of places, of a program that takes so many at once."""

    def at(places: Array) -> tuple[Array, Array]:
        values, found = np.empty(len(places)), np.empty(places.shape)
        for first in range(0, len(places), lanes):
            part = places[first : first + lanes]
            whole = np.concatenate([part, np.repeat(part[-1:], lanes - len(part), axis=0)])
            value, slope = slopes(whole)
            values[first : first + len(part)] = value[: len(part)]
            found[first : first + len(part)] = slope[: len(part)]
        return values, found

    return at


def whitening(at: Slopes, size: int) -> Whitening:
    """The whitening of a posterior at its mode.

    Where the record is impossible at the centre of the prior, scores stay as they are.

    Args:
        at: slopes of the potential of the scores, minus their log posterior.
        size: how many scores.
    """
    centre = _mode(at, size)
    if centre is None:
        return Whitening.none(size)
    steps = APART * np.eye(size)
    _, slope = at(np.concatenate([centre + steps, centre - steps]))
    curvature = (slope[:size] - slope[size:]) / (2 * APART)
    if not np.isfinite(curvature).all():
        return Whitening(centre, np.eye(size))
    level, turn = np.linalg.eigh(0.5 * (curvature + curvature.T))
    # Each ``w`` along an axis of the curvature: where the posterior is wider than that tells, it is so
    # along an axis, which can be stretched by itself.
    return Whitening(centre, turn / np.sqrt(np.clip(level, LEAST, MOST)))


def _mode(at: Slopes, size: int) -> Array | None:
    from scipy.optimize import minimize

    best: list[tuple[float, Array]] = []

    def potential(z: Array) -> tuple[float, Array]:
        value, slope = at(z[None])
        if not (np.isfinite(value[0]) and np.isfinite(slope).all()):
            return 1e12, np.zeros(size)
        if not best or value[0] < best[0][0]:
            best[:] = [(float(value[0]), z.copy())]
        return float(value[0]), slope[0]

    potential(np.zeros(size))
    if not best:
        return None
    minimize(potential, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": CLIMBS})
    return best[0][1]
