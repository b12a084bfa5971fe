"""When something comes first, forecast from the chance that it comes in each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reassure.history.backtest.questions import BEFORE
from reassure.history.scores import Forecast

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Hazards:
    """Expected numbers by step, in worlds in which it has not come before the step.

    Attributes:
        mean: ``[lanes, steps]``, from the origin to the horizon.
        dt: length of a step, years.
        weights: of the lanes; None where they weigh alike.
    """

    mean: Array
    dt: float
    weights: Array | None


def dated(hazards: Hazards, rng: np.random.Generator) -> Forecast:
    """The wait in years, one target; one that outlasts the horizon is the horizon.

    Inside of a step all moments are alike. As with a constant hazard, earlier waits have a density
    and the horizon a probability.
    """
    total = np.maximum(np.nan_to_num(hazards.mean), 0.0).cumsum(axis=1)  # [lanes, steps]
    lanes, steps = total.shape
    horizon = steps * hazards.dt
    reached = -np.log1p(-rng.random(lanes))  # unit exponential: it comes where the total passes it
    step = (total < reached[:, None]).sum(axis=1)
    inside = np.minimum((step + rng.random(lanes)) * hazards.dt, horizon * (1 - BEFORE))
    waits = np.where(step < steps, inside, horizon)
    before = np.concatenate([np.zeros((lanes, 1)), total], axis=1)

    def log_density(observed: Array) -> Array:
        (wait,) = observed
        if wait >= horizon * (1 - BEFORE / 2):
            return -before[:, -1:]
        k = min(int(wait / hazards.dt), steps - 1)
        comes = -np.expm1(before[:, k : k + 1] - before[:, k + 1 : k + 2])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(comes / hazards.dt) - before[:, k : k + 1])

    return Forecast(waits[:, None], False, hazards.weights, log_density)
