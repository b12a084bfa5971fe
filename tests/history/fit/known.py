"""Draws of a fit beside a posterior that is known, and records made for the purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import kstest

import reassure
from reassure.history.fit.diagnostics import effective
from reassure.history.fit.posterior import Posterior
from reassure.history.ledger.adding import new_ledger

Array = np.ndarray

MODEL, LEDGER = "model.yaml", "own"
"""Names of what :func:`fitted` writes, beside the folder of the fit."""

ERRORS = 4.0
"""Monte Carlo standard errors by which an estimate may miss."""

KOLMOGOROV = 2.2
"""What the distance times the root of the effective draws exceeds once in eight thousand times."""


@dataclass(frozen=True)
class Known:
    """A marginal distribution: its mean, standard deviation and cumulative probabilities."""

    mean: float
    sd: float
    cumulative: Callable[[Array], Array]


def fitted(
    folder: Path, text: str, series: Mapping[str, Mapping[str, float]], **plan: int
) -> Posterior:
    """Write a model and a ledger of its own, and fit the one to the other.

    Args:
        text: of the model.
        series: values by period (``2000-03``, ``2000-Q1``, ``2000``), by series.
    """
    first, last = "2000", max(period[:4] for rows in series.values() for period in rows)
    ledger = folder / LEDGER
    new_ledger(ledger, title="Own", actors={"A": "a", "B": "b"}, start=first, end=last)
    described, rows = ["series:"], ["series,actor,partner,period,value,known,marks,source,url"]
    for name, values in series.items():
        size = {4: "year", 7: "month" if "Q" not in next(iter(values)) else "quarter"}
        described.append(
            f"  {name}: {{about: x, unit: x, period: {size[len(next(iter(values)))]}, source: x,"
            f" coverage: {{from: '{min(values)}', to: '{max(values)}'}}, terms: x, lag_days: 0}}"
        )
        rows += [f"{name},,,{period},{value!r},,,," for period, value in values.items()]
    (ledger / "series.yaml").write_text("\n".join(described) + "\n")
    (ledger / "series.csv").write_text("\n".join(rows) + "\n")
    (folder / MODEL).write_text(text)
    found = reassure.load(folder / MODEL).fit(folder / "fit", ledger=ledger, **plan)
    assert found.converged, found.diagnostics.problems
    return found


def months(values: Sequence[float]) -> dict[str, float]:
    """By the month, from January 2000."""
    return {f"{2000 + k // 12}-{k % 12 + 1:02d}": float(v) for k, v in enumerate(values)}


def quarters(values: Sequence[float]) -> dict[str, float]:
    """By the quarter, from that which begins in January 2000."""
    return {f"{2000 + k // 4}-Q{k % 4 + 1}": float(v) for k, v in enumerate(values)}


def years(values: Sequence[float]) -> dict[str, float]:
    """By the year, from 2000."""
    return {f"{2000 + k}": float(v) for k, v in enumerate(values)}


def column(found: Posterior, name: str) -> Array:
    """Draws of a parameter, ``[chain, draw]``."""
    return found.values[..., found.names.index(name)]


def missed(x: Array, mean: float) -> float:
    """By how many of its Monte Carlo standard errors the mean of ``x`` ``[chain, draw]`` misses."""
    return float(abs(x.mean() - mean) / (x.std() / np.sqrt(_effective(x))))


def assert_matches(found: Posterior, name: str, known: Known) -> None:
    """Mean, standard deviation, percentiles and the whole distribution of a parameter."""
    x = column(found, name)
    assert missed(x, known.mean) < ERRORS, (name, x.mean(), known.mean)
    assert missed((x - known.mean) ** 2, known.sd**2) < ERRORS, (name, x.std(), known.sd)
    u = known.cumulative(x)
    for share in (0.05, 0.5, 0.95):
        assert missed((u <= share).astype(float), share) < ERRORS, (name, share)
    distance = kstest(u.ravel(), "uniform").statistic
    assert distance * np.sqrt(_effective(u)) < KOLMOGOROV, (name, distance)


def assert_correlated(found: Posterior, one: str, other: str, means: Array, rho: float) -> None:
    """The correlation of two parameters of known means; ``rho`` is what it should be."""
    u, v = (column(found, name) - mean for name, mean in zip((one, other), means, strict=True))
    # The influence of a draw on the sample's correlation.
    u, v = u / u.std(), v / v.std()
    r = float((u * v).mean())
    each = u * v - r * (u * u + v * v) / 2
    error = each.std() / np.sqrt(_effective(each))
    assert abs(r - rho) < ERRORS * error, (one, other, r, rho)


def _effective(x: Array) -> float:
    """Effective draws, and no more than there are: chains that swing about the mean say so of
    means alone."""
    return float(min(effective(x), x.size))
