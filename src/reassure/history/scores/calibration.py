"""Calibration: do things come as often as the forecasts say?

Where a forecast is right, what came sits in its distribution at a place that is uniform on [0, 1]: the
probability integral transform (PIT). For whole numbers the place is an interval, from the probability of less
to that of as much (Czado, Gneiting and Held 2009), and so for draws: with n of them the places are n + 1.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from reassure.history.scores.forecast import Array, Forecast

LEVELS = (0.5, 0.8, 0.9)
"""The central intervals whose coverage is told."""

PICKS = 200
"""How often one PIT is picked from each cluster."""

REFERENCE = 20_000
"""Draws of the test's distribution were the forecasts calibrated."""


def pit_ends(forecast: Forecast, observed: Array) -> tuple[Array, Array]:
    """The two ends of each target's PIT, ``[targets]`` each; NaN where nothing was seen.

    The ends are the weight of draws below and up to what came, times n / (n + 1), the high one plus 1 / (n + 1):
    what came and n equal draws of one distribution have every order alike, so that a place drawn uniformly
    between the ends is exactly uniform, however few the draws.

    Raises:
        ValueError: not one observation for each target.
    """
    seen = forecast.against(observed)
    shares = forecast.shares[:, None]
    n = 1 / (shares**2).sum()
    low = (shares * (forecast.draws < seen)).sum(0) * n / (n + 1)
    high = ((shares * (forecast.draws <= seen)).sum(0) * n + 1) / (n + 1)
    missing = np.isnan(seen)
    return np.where(missing, np.nan, low), np.where(missing, np.nan, np.minimum(high, 1.0))


def randomised_pit(ends: tuple[Array, Array], seed: int = 0) -> Array:
    """One place drawn uniformly between the ends of each PIT, ``[targets]``."""
    low, high = ends
    return np.asarray(low + (high - low) * np.random.default_rng(seed).random(np.shape(low)))


def pit_histogram(ends: tuple[Array, Array], bins: int = 10) -> Array:
    """The share of PITs in each of so many equal parts of [0, 1], ``[bins]``, without drawing.

    Each target's PIT is spread evenly between its ends (the mean PIT of Czado, Gneiting and Held 2009, eq. 2).
    Flat is calibrated; high at both ends is too sure; high in the middle is too unsure; high at one end is biased.
    """
    edges = np.linspace(0, 1, bins + 1)
    low, high = (end[~np.isnan(end)][:, None] for end in ends)
    return np.asarray(np.diff(np.clip((edges - low) / (high - low), 0, 1), axis=1).mean(0))


def coverage(ends: tuple[Array, Array], levels: Iterable[float] = LEVELS) -> dict[float, float]:
    """The share of what came that lay in each central interval, by level; NaN where nothing was seen.

    A whole number at the edge of an interval counts by the part of its probability that lies inside, so that a
    calibrated forecast of counts covers exactly the level, not more.
    """
    low, high = (end[~np.isnan(end)] for end in ends)
    found = {}
    for level in levels:
        bottom, top = (1 - level) / 2, (1 + level) / 2
        inside = np.clip(np.minimum(high, top) - np.maximum(low, bottom), 0, None) / (high - low)
        found[level] = float(inside.mean()) if len(inside) else float("nan")
    return found


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a test of calibration found.

    Attributes:
        p: the p-value: small speaks against calibration.
        targets: how many were seen.
        clusters: how many groups that count as independent.
    """

    p: float
    targets: int
    clusters: int

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if self.targets == 0:
            return "nothing was seen, so calibration cannot be told"
        of = f"{self.targets} values in {self.clusters} independent groups"
        if self.p <= 0.05:
            return f"not calibrated: p = {self.p:.2g} from {of}"
        weak = ", too few groups to see more than gross faults" if self.clusters < 10 else ""
        return f"no sign against calibration: p = {self.p:.2g} from {of}{weak}"


def calibration(
    ends: tuple[Array, Array], clusters: Sequence[Hashable] | Array, seed: int = 0
) -> Calibration:
    """Test that PITs are uniform, where those of one cluster (an origin, say) depend on one another in any way.

    One PIT is picked from each cluster: these are independent, and their Anderson-Darling statistic is held
    against its exact distribution for so many uniform numbers (simulated). Twice the mean of the p-values
    over many picks is a p-value, whatever the dependence (Rueschendorf 1982; Vovk and Wang 2020). It is
    conservative: forty targets of four origins say little more than four numbers do, and are not made to say more.

    Args:
        ends: from :func:`pit_ends`.
        clusters: for each target the group that it depends on.

    Raises:
        ValueError: not one cluster for each target.
    """
    places = randomised_pit(ends, seed)
    if len(clusters) != len(places):
        raise ValueError(f"{len(clusters)} clusters do not fit {len(places)} targets")
    seen = ~np.isnan(places)
    groups: dict[Hashable, list[float]] = {}
    for cluster, place, there in zip(clusters, places, seen, strict=True):
        if there:
            groups.setdefault(cluster, []).append(float(place))
    if not groups:
        return Calibration(1.0, 0, 0)
    rng = np.random.default_rng([seed, 1])
    picked = np.stack([rng.choice(group, PICKS) for group in groups.values()], axis=1)
    null = np.sort(_anderson_darling(rng.random((REFERENCE, len(groups)))))
    rank = np.searchsorted(null, _anderson_darling(picked), side="left")
    p = (1 + REFERENCE - rank) / (1 + REFERENCE)
    return Calibration(min(1.0, float(2 * p.mean())), int(seen.sum()), len(groups))


def _anderson_darling(places: Array) -> Array:
    """Anderson and Darling's statistic (1954) of each row against the uniform; it looks hard at the tails."""
    u = np.sort(np.clip(places, 1e-12, 1 - 1e-12), axis=1)
    n = u.shape[1]
    odd = 2 * np.arange(1, n + 1) - 1
    return np.asarray(-n - (odd * (np.log(u) + np.log1p(-u[:, ::-1]))).mean(1))
