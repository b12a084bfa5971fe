"""Models compared by what they foretold, with errors; no winner is declared within them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reassure.history.scores.forecast import Array
from reassure.history.scores.leave_future_out import LeaveFutureOut
from reassure.history.scores.stacking import model_weights

FEWEST = 30
"""Times without which nothing is said: the error of a difference is then itself uncertain by an eighth or more."""

ERRORS = 2.0
"""Standard errors by which a difference must exceed zero to count."""

LEAST = 4.0
"""Nats below which a difference never counts: its error is then too small as computed (Sivula et al. 2020)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One model's line of the table.

    Attributes:
        name: of the model.
        elpd, elpd_error: sum of log predictive densities over the times, in nats, and its standard error.
        difference, difference_error: that of this model less that of the best, and its error; the best has zeros.
        stacking, stacking_error, pseudo_bma, pseudo_bma_error: see :class:`ModelWeights`.
        unsound: times whose estimate rests on weights with too high a k-hat.
    """

    name: str
    elpd: float
    elpd_error: float
    difference: float
    difference_error: float
    stacking: float
    stacking_error: float
    pseudo_bma: float
    pseudo_bma_error: float
    unsound: int

    @property
    def apart(self) -> bool:
        """Whether the difference from the best is beyond errors. NaN is not."""
        return bool(-self.difference > max(ERRORS * self.difference_error, LEAST))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models with the best first, over so many ``times``."""

    rows: tuple[Row, ...]
    times: int

    @property
    def winner(self) -> str:
        """The model that foretells best beyond errors, or ''."""
        best, *rest = self.rows
        told = self.times >= FEWEST and not any(row.unsound for row in self.rows)
        return best.name if rest and told and all(row.apart for row in rest) else ""

    @property
    def sentence(self) -> str:
        """What can be said, and no more."""
        best, *rest = self.rows
        if not rest:
            return f"{best.name} stands alone: there is nothing to compare it with"
        if self.times < FEWEST:
            return f"cannot be told: {self.times} times are too few ({FEWEST} are needed)"
        unsound = [row for row in self.rows if row.unsound]
        if unsound:
            names = _listed([f"{row.name} ({row.unsound})" for row in unsound])
            return (
                f"cannot be told: k-hat is too high at some of the {self.times} times for {names}"
            )
        behind = [row for row in rest if row.apart]
        level = [row.name for row in rest if not row.apart]
        if level:
            far = (
                f"; beyond errors behind: {_listed([row.name for row in behind])}" if behind else ""
            )
            return f"{_listed([best.name, *level])} cannot be told apart within errors{far}"
        second = rest[0]
        return (
            f"{best.name} foretells best: {-second.difference:.1f} nats ahead of {second.name}, "
            f"with a standard error of {second.difference_error:.1f}"
        )


def compare(models: Mapping[str, LeaveFutureOut], seed: int = 0) -> Comparison:
    """Set models side by side that foretold the same times.

    The standard error of a sum of n differences is sqrt(n) times their standard deviation where one time is foretold
    at once. Where M are, neighbours overlap, and the autocovariances up to lag M - 1 are added, with the
    small-sample factor of Harvey, Leybourne and Newbold (1997) on Diebold and Mariano (1995); it is never less
    than without them.

    Raises:
        ValueError: no model, or models that foretold different times.
    """
    if not models:
        raise ValueError("there is no model to compare")
    found = list(models.values())
    times, ahead = found[0].times, found[0].ahead
    if len(times) == 0:
        raise ValueError("there is no time that was foretold")
    for name, model in models.items():
        if model.ahead != ahead or not np.array_equal(model.times, times):
            raise ValueError(f"{name} foretold other times than {next(iter(models))}")
    elpd = np.stack([model.elpd for model in found], axis=1)
    totals = elpd.sum(0)
    best = int(totals.argmax())
    weights = model_weights(elpd, seed)
    rows = [
        Row(
            name,
            float(totals[k]),
            error_of_sum(elpd[:, k], ahead),
            0.0 if k == best else float(totals[k] - totals[best]),
            0.0 if k == best else error_of_sum(elpd[:, k] - elpd[:, best], ahead),
            float(weights.stacking[k]),
            float(weights.stacking_error[k]),
            float(weights.pseudo_bma[k]),
            float(weights.pseudo_bma_error[k]),
            model.unsound,
        )
        for k, (name, model) in enumerate(models.items())
    ]
    order = np.argsort(-totals, kind="stable")
    return Comparison(tuple(rows[k] for k in order), len(times))


def error_of_sum(values: Array, ahead: int) -> float:
    """Standard error of the sum of values whose neighbours nearer than ``ahead`` overlap; NaN if it has none."""
    n = len(values)
    if n <= ahead or not np.isfinite(values).all():
        return float("nan")
    rest = values - values.mean()
    own = float(rest @ rest)
    overlap = 2 * sum(float(rest[lag:] @ rest[:-lag]) for lag in range(1, ahead))
    factor = n / (n + 1 - 2 * ahead + ahead * (ahead - 1) / n)
    return float(np.sqrt(max(own + overlap, own) * factor))


def _listed(names: list[str]) -> str:
    *early, last = names
    return f"{', '.join(early)} and {last}" if early else last
