"""A log density whose posterior is known: observations that are linear in the scores, with normal noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

NOISE = 0.5
DESIGN = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.3, -0.4, 0.0], [1.0, 0.0, 0.05]])
"""The third score is seen hardly at all."""


def program(data: dict[str, Any], scores: jax.Array) -> jax.Array:
    residual = (data["seen"] - data["design"] @ scores) / data["noise"]
    return -0.5 * jnp.sum(residual**2) - len(DESIGN) * jnp.log(data["noise"])


@dataclass
class Linear:
    """``seen = DESIGN @ scores + NOISE * normal``.

    Attributes:
        noise: what the density takes the noise to be.
    """

    seen: np.ndarray
    noise: float = NOISE
    names: tuple[str, ...] = ("first", "second", "third")
    size: int = 3
    program: Any = field(default=program, repr=False)

    @property
    def data(self) -> dict[str, Any]:
        return {"seen": self.seen, "design": DESIGN, "noise": np.float64(self.noise)}

    def log_likelihood(self, scores: jax.Array) -> jax.Array:
        return program(self.data, scores)

    def terms(self, scores: jax.Array) -> dict[str, jax.Array]:
        residual = (self.seen - DESIGN @ scores) / self.noise
        return {"seen": -0.5 * residual**2 - jnp.log(self.noise)}

    def parameters(self, scores: np.ndarray) -> np.ndarray:
        return 2.0 + 0.5 * scores

    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the scores."""
        precision = np.eye(3) + DESIGN.T @ DESIGN / self.noise**2
        covariance = np.linalg.inv(precision)
        return covariance @ DESIGN.T @ self.seen / self.noise**2, covariance


def simulated(rng: np.random.Generator, noise: float = NOISE) -> tuple[np.ndarray, Linear]:
    """Scores from the prior and a record that they make; the density believes in ``noise``."""
    scores = rng.standard_normal(3)
    seen = DESIGN @ scores + NOISE * rng.standard_normal(len(DESIGN))
    return scores, Linear(seen, noise)
