"""A forecast: draws of what will be seen, the only form in which models and baselines are scored.

A forecast is made from the past alone and knows nothing of what came; a score sets it against what came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Draws of the observations to come, one column a target.

    Attributes:
        draws: ``[draws, targets]``, in the unit of the observations; two draws at least.
        whole: the targets are whole numbers (counts, ordered codes); otherwise they are levels.
        weights: ``[draws]``, from zero up, with any sum; None where all draws weigh the same.
        log_density: gives, of observations ``[targets]``, the log density (for whole numbers the log
            probability) that each draw's world gives them, ``[draws, targets]``, or ``[1, targets]`` where it is
            known with the draws integrated out. None where nothing is known but the draws.
    """

    draws: Array
    whole: bool
    weights: Array | None = None
    log_density: Callable[[Array], Array] | None = None

    def __post_init__(self) -> None:
        if self.draws.ndim != 2 or len(self.draws) < 2:
            raise ValueError(
                f"draws have the shape {self.draws.shape}; a forecast needs [draws, targets], two draws at least"
            )
        if not np.isfinite(self.draws).all():
            raise ValueError("a forecast's draws are not all finite numbers")
        if self.weights is not None:
            if self.weights.shape != self.draws.shape[:1]:
                raise ValueError(f"{self.weights.shape} weights do not fit {len(self.draws)} draws")
            if not (np.isfinite(self.weights).all() and (self.weights >= 0).all()):
                raise ValueError("a weight is not a finite number from zero up")
            if np.count_nonzero(self.weights) < 2:
                raise ValueError("a forecast needs two draws that weigh something")

    @property
    def shares(self) -> Array:
        """The weights with sum one, ``[draws]``."""
        if self.weights is None:
            return np.full(len(self.draws), 1 / len(self.draws))
        return np.asarray(self.weights / self.weights.sum())

    def against(self, observed: Array) -> Array:
        """What came, as an array that fits the targets; NaN where nothing was seen.

        Raises:
            ValueError: not one value for each target.
        """
        seen = np.asarray(observed, float)
        if seen.shape != self.draws.shape[1:]:
            raise ValueError(
                f"observations of the shape {seen.shape} do not fit {self.draws.shape[1]} targets"
            )
        return seen
