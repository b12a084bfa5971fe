"""Posterior predictive checks: records replicated from the fitted model, against the one that there is.

After Gelman, Meng & Stern (1996), Statistica Sinica 6, 733-807: each statistic of the observed series
is placed among those of the replicated ones.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Replicates:
    """One series as observed and as replicated.

    Attributes:
        observed: ``[T]``, NaN where nothing was observed.
        replicated: ``[draw, T]``.
        dates: of the values, for pictures; may be empty.
    """

    observed: Array
    replicated: Array
    dates: tuple[str, ...] = ()


@runtime_checkable
class Replicating(Protocol):
    """A log density whose record can be drawn again."""

    def replicated(self, scores: Array, rng: np.random.Generator) -> Mapping[str, Replicates]:
        """Records drawn given each of ``scores`` ``[draw, D]``, by measurement."""


def _persistence(x: Array) -> Array:
    """Correlation of successive values, [..]; 0 where nothing varies."""
    centred = x - np.nanmean(x, axis=-1, keepdims=True)
    total = np.nansum(centred**2, axis=-1)
    with np.errstate(all="ignore"):
        found = np.nansum(centred[..., 1:] * centred[..., :-1], axis=-1) / total
    return np.where(total > 0, found, 0.0)


def _trend(x: Array) -> Array:
    """Mean of the second half less that of the first, [..]."""
    half = x.shape[-1] // 2
    found: Array = np.nanmean(x[..., -half:], axis=-1) - np.nanmean(x[..., :half], axis=-1)
    return found


STATISTICS: dict[str, Callable[[Array], Array]] = {
    "mean": lambda x: np.asarray(np.nanmean(x, axis=-1)),
    "spread": lambda x: np.asarray(np.nanstd(x, axis=-1)),
    "largest": lambda x: np.asarray(np.nanmax(x, axis=-1)),
    "smallest": lambda x: np.asarray(np.nanmin(x, axis=-1)),
    "second half less first": _trend,
    "persistence": _persistence,
}
"""What is compared; the last two need four values."""

FEW = 4


def check(series: Mapping[str, Replicates]) -> list[dict[str, Any]]:
    """Where each statistic of each observed series lies among those of its replicates.

    Returns:
        a row a statistic: ``series``, ``statistic``, ``observed``, ``p05`` and ``p95`` of the
        replicates, ``below``: the share of replicates below the observed value, ties counting half.
    """
    rows = []
    for name, item in series.items():
        there = np.isfinite(item.observed)
        observed, replicated = item.observed[there], item.replicated[:, there]
        if not observed.size:
            continue
        for statistic, of in STATISTICS.items():
            if observed.size < FEW and of in (_trend, _persistence):
                continue
            seen = float(of(observed))
            with warnings.catch_warnings():  # a date that comes early leaves half a record empty
                warnings.simplefilter("ignore", RuntimeWarning)
                drawn = of(replicated)
            drawn = drawn[np.isfinite(drawn)]
            if not drawn.size:
                continue
            low, high = np.quantile(drawn, [0.05, 0.95])
            below = np.mean(drawn < seen) + 0.5 * np.mean(drawn == seen)
            rows.append(
                {
                    "series": name,
                    "statistic": statistic,
                    "observed": seen,
                    "p05": float(low),
                    "p95": float(high),
                    "below": float(below),
                }
            )
    return rows
