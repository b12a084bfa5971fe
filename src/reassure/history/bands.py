"""Weighted futures in a few numbers: bands, and bands over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Band:
    """Mean and quantiles over futures."""

    mean: float
    p05: float
    p25: float
    p50: float
    p75: float
    p95: float

    def as_json(self) -> dict[str, float | None]:
        """By name; None for what is no number."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: value if np.isfinite(value) else None for name, value in found.items()}


@dataclass(frozen=True)
class Fan:
    """Bands step by step.

    Attributes:
        dates: of the steps.
        mean, p05, p25, p50, p75, p95: ``[steps]`` each.
    """

    dates: tuple[str, ...]
    mean: Array
    p05: Array
    p25: Array
    p50: Array
    p75: Array
    p95: Array

    def as_json(self) -> dict[str, list[Any]]:
        """By name; None for what is no number."""
        found: dict[str, list[Any]] = {"dates": list(self.dates)}
        for name in ("mean", "p05", "p25", "p50", "p75", "p95"):
            path = getattr(self, name)
            found[name] = [float(x) if np.isfinite(x) else None for x in path]
        return found


def quantiles(values: Array, weights: Array, levels: Sequence[float] = LEVELS) -> list[float]:
    """The smallest values ``[lanes]`` at which weights ``[lanes]`` of sum 1 reach each level."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    at = np.searchsorted(reached, np.asarray(levels) * reached[-1] * (1 - 1e-12))
    return [float(x) for x in values[order[np.minimum(at, len(order) - 1)]]]


def band(values: Array, weights: Array) -> Band:
    """Of values ``[lanes]`` under weights ``[lanes]`` of sum 1."""
    return Band(float(values @ weights), *quantiles(values, weights))


def share(holds: Array, weights: Array) -> float:
    """The weight of futures in which ``holds [lanes]``, as a whole number of 1e-9."""
    return round(float(np.asarray(holds, dtype=float) @ weights), 9)


def fan(dates: Sequence[str], paths: Array, weights: Array) -> Fan:
    """Of paths ``[steps, lanes]`` under weights ``[lanes]`` of sum 1."""
    table = np.array([quantiles(row, weights) for row in paths]).reshape(len(paths), len(LEVELS))
    return Fan(tuple(dates), paths @ weights, *table.T)
