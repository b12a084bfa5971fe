"""How well a model foretells each time's data from those before it, by reweighting a few fits.

Buerkner, Gabry and Vehtari (2020), Approximate leave-future-out cross-validation for Bayesian time series models,
Journal of Statistical Computation and Simulation 90. Leaving one time out and keeping its future, as plain
cross-validation does, would let a model see what came of what it is to foretell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from reassure.history.scores import psis
from reassure.history.scores.forecast import Array


@dataclass(frozen=True, slots=True)
class LeaveFutureOut:
    """What a model foretold. Of log densities more is better, unlike of scores.

    Attributes:
        times: ``[n]``, the first of the times foretold together.
        elpd: ``[n]``, log density of the data of times t to t + ahead - 1 given all before t, in nats.
        khat: ``[n]``; minus infinity where a fit to just the data before t was at hand.
        limit: the k-hat up to which an estimate is sound.
        ahead: times foretold together.
        refits: the times for which the model was fitted anew.
    """

    times: Array
    elpd: Array
    khat: Array
    limit: float
    ahead: int
    refits: tuple[int, ...]

    @property
    def unsound(self) -> int:
        """How many estimates rest on weights that are not to be trusted."""
        return int((self.khat > self.limit).sum())


def leave_future_out(
    log_density: Array,
    *,
    first: int,
    fitted: int | None = None,
    ahead: int = 1,
    refit: Callable[[int], Array] | None = None,
) -> LeaveFutureOut:
    """Foretell times ``first`` to the last, ``ahead`` of them together, each from those before it.

    Draws fitted to the data before time f stand for the posterior given those before t with weights
    prod p(y_j | y_<j, draw) over f <= j < t, or one over that product over t <= j < f, smoothed. Where the k-hat of
    that is above its limit, the model is fitted anew to the data before t, and from then on whichever fit has the
    lower k-hat is used.

    Args:
        log_density: ``[draws, times]``, log p(y_t | y_<t, draw); NaN in a whole column where nothing was seen.
        first: the first time to be foretold.
        fitted: the draws' posterior is that of the data before this time; None for all.
        ahead: how many times are foretold together.
        refit: gives of a time t the log densities, ``[draws, times]``, under draws fitted to the data before t. Without
            it estimates with a high k-hat stay and are counted by :attr:`LeaveFutureOut.unsound`.

    Raises:
        ValueError: a time out of range, a log density that is no number, or refits that do not fit.
    """
    count = log_density.shape[1]
    fits = [Fitted(log_density, count if fitted is None else fitted)]
    missing = fits[0].missing
    if not (0 <= fits[0].until <= count and 0 <= first <= count - ahead and ahead >= 1):
        raise ValueError(f"the times to be foretold or fitted lie outside the record's {count}")
    limit = psis.khat_limit(len(log_density))
    times, elpd, khat, refits = [], [], [], []
    for time in range(first, count - ahead + 1):
        if missing[time : time + ahead].all():
            continue
        found = min((fit.foretell(time, ahead) for fit in fits), key=lambda pair: pair[1])
        if found[1] > limit and refit is not None:
            fresh = Fitted(refit(time), time)
            if fresh.missing.shape != missing.shape or (fresh.missing != missing).any():
                raise ValueError(
                    f"the refit at {time} does not see the same times as the first fit"
                )
            fits[1:] = [fresh]
            refits.append(time)
            found = fresh.foretell(time, ahead)
        times.append(time)
        elpd.append(found[0])
        khat.append(found[1])
    return LeaveFutureOut(
        np.array(times, int), np.array(elpd), np.array(khat), limit, ahead, tuple(refits)
    )


class Fitted:
    """Log densities under draws of one posterior: that of the data before ``until``.

    Args:
        log_density: ``[draws, times]``, as for :func:`leave_future_out`.
        until: the time before which the data were fitted.

    Raises:
        ValueError: a log density that is no number, or infinite.
    """

    def __init__(self, log_density: Array, until: int) -> None:
        self.missing: Array = np.asarray(np.isnan(log_density).all(0))
        self.log_density = np.where(self.missing, 0.0, log_density)
        self.until = until
        if np.isnan(self.log_density).any() or np.isposinf(self.log_density).any():
            raise ValueError("a log density is not a number, or is infinite")

    def weights(self, time: int) -> psis.Weights | None:
        """Weights, ``[draws, 1]``, with which the draws stand for the posterior of the data before ``time``; None if
        they do not reach where it is."""
        if time >= self.until:
            ratios = self.log_density[:, self.until : time].sum(1)
        else:
            ratios = -self.log_density[:, time : self.until].sum(1)
        if np.isposinf(ratios).any() or np.isneginf(ratios).all():
            return None
        return psis.smooth(ratios[:, None])

    def foretell(self, time: int, ahead: int) -> tuple[float, float]:
        """Log density of the data at ``time`` and the next, and the k-hat of the weights."""
        weights = self.weights(time)
        if weights is None:
            return -np.inf, np.inf
        after = self.log_density[:, time : time + ahead].sum(1)
        return float(logsumexp(weights.logs[:, 0] + after)), float(weights.khat[0])
