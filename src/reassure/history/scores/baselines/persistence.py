"""Persistence: things stay as they are, give or take what they have changed in so long a time before."""

from __future__ import annotations

import numpy as np

from reassure.history.scores.baselines.mixture import LEAST_DF, Base, urn
from reassure.history.scores.baselines.past import DRAWS, Past
from reassure.history.scores.forecast import Array, Forecast

FEWEST = 3
"""Stretches of time that must fit into the past, side by side, to tell how much changes in one."""


def persistence(past: Past, ahead: Array, seed: int = 0, draws: int = DRAWS) -> Forecast | None:
    """The last value plus or minus one of the past's changes over as many periods, or, as often as one more, none.

    Changes count in both directions: persistence knows no trend, and those over a long time, which overlap, often
    all go the same way. Where the past is not three times as long as the time ahead, changes over the longest time
    that fits into it three times (or over the shortest that there is) stand in, times the square root of the ratio
    of times, as in a random walk. What is like none comes from a Student distribution round the last value with the
    root mean square of the changes; those that overlap count once for its degrees of freedom, which are 2 at least.

    Args:
        ahead: ``[targets]``, the periods to be forecast, all after the last past one.

    Returns:
        None where the past cannot tell: without values, or of levels with a single one.
    """
    if len(past.value) < (1 if past.whole else 2):
        return None
    later, earlier = np.tril_indices(len(past.value), -1)
    gap = past.period[later] - past.period[earlier]
    change = past.value[later] - past.value[earlier]
    last = float(past.value[-1])
    atoms, bases = [], []
    for step in past.steps(ahead):
        stretch = _stretch(gap, int(step))
        growth = float(np.sqrt(step / stretch))
        changes = change[gap == stretch] * growth
        square = float((changes**2).mean()) if len(changes) else 0.0
        scale = max(float(np.sqrt(square)), past.finest * growth)
        values = last + np.concatenate([changes, -changes])
        atoms.append(np.round(values) if past.whole else values)
        n = len(changes)
        bases.append(Base(last, scale, max(n // stretch, LEAST_DF), 1 / (n + 1)))
    return urn(past, atoms, bases).forecast(past, seed, draws)


def _stretch(gap: Array, step: int) -> int:
    """The length of time over which changes are taken, for a forecast so many periods ahead."""
    lengths = np.unique(gap)
    fit = lengths[(lengths <= step) & (lengths * FEWEST <= gap.max(initial=0))]
    if len(fit):
        return int(fit.max())
    return int(lengths.min()) if len(lengths) else step
