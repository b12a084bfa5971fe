"""Climatology: the future is a draw of the past."""

from __future__ import annotations

import numpy as np

from reassure.history.scores.baselines.mixture import LEAST_DF, Base, urn
from reassure.history.scores.baselines.past import DRAWS, Past
from reassure.history.scores.forecast import Array, Forecast


def climatology(past: Past, ahead: Array, seed: int = 0, draws: int = DRAWS) -> Forecast | None:
    """Every period to come is like one of the past, or, as often as one more of them, like none.

    What is like none comes from a Student distribution with the past's mean and spread, s sqrt(1 + 1/n), and
    n - 1 degrees of freedom (2 at least). The forecast is the same for every period.

    Args:
        ahead: ``[targets]``, the periods to be forecast, all after the last past one.

    Returns:
        None where the past cannot tell: without values, or of levels with a single one.
    """
    n = len(past.value)
    if n < (1 if past.whole else 2):
        return None
    targets = len(past.steps(ahead))
    spread = max(float(past.value.std(ddof=1)) if n > 1 else 0.0, past.finest)
    base = Base(
        float(past.value.mean()), spread * np.sqrt(1 + 1 / n), max(n - 1, LEAST_DF), 1 / (n + 1)
    )
    return urn(past, [past.value] * targets, [base] * targets).forecast(past, seed, draws)
