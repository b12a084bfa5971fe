"""A constant hazard: the decision comes as likely on any day as it has come so far."""

from __future__ import annotations

import numpy as np

from reassure.history.scores.baselines.past import DRAWS
from reassure.history.scores.forecast import Array, Forecast


def constant_hazard(
    events: int, exposure: float, horizon: float, seed: int = 0, draws: int = DRAWS
) -> Forecast | None:
    """How long until the next, from the events in so many years past, up to a horizon (one target).

    With Jeffreys' prior the rate is Gamma(events + 1/2, exposure), so the wait is Lomax:
    P(wait > t) = (exposure / (exposure + t))^(events + 1/2). A decision never taken in ten years comes within the
    next five with probability 0.18. A wait that outlasts the horizon is the horizon itself, in the draws as in
    what is observed; it has a probability, where earlier waits have a density.

    Args:
        events: how many there were in the past.
        exposure: in how many years.
        horizon: years ahead that are looked at.

    Returns:
        None without exposure: there is no past to tell from.

    Raises:
        ValueError: fewer than no events, a negative exposure, or a horizon that is not above zero.
    """
    if events < 0 or exposure < 0 or not horizon > 0:
        raise ValueError("events and exposure must be from zero up, and the horizon above zero")
    if exposure == 0:
        return None
    shape = events + 0.5
    left = 1 - np.random.default_rng(seed).random((draws, 1))  # in (0, 1]: its log is finite
    waits = exposure * np.expm1(-np.log(left) / shape)

    def log_density(observed: Array) -> Array:
        past_it = -shape * np.log1p(np.minimum(observed, horizon) / exposure)
        rate = np.log(shape) - np.log(exposure + observed)
        return np.asarray(np.where(observed < horizon, past_it + rate, past_it)[None])

    return Forecast(np.minimum(waits, horizon), whole=False, log_density=log_density)
